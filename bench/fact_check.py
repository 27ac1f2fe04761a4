#!/usr/bin/env python3
"""How well the fact check of descriptions works.

    bench/fact_check.py                    on tests/claims/held_out.jsonl: true texts, and texts with one planted fault each;
                                           --texts tests/claims/texts.jsonl for those that the lexicons were tuned on,
                                           tests/claims/other_editor.jsonl for those of somebody who never saw either
    bench/fact_check.py --real CATALOG     on the descriptions of a catalogue in Kaggle's layout: which share of what they
                                           claim do the product's attributes support?

Prints Markdown; a true text counts as one with a fault where anything that it says is taken for one, and as stopped also where it
leaves out an attribute. Needs nothing but Python and the program (build/release/bin/hangtag, or HANGTAG).
"""

import argparse
import collections
import html
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTRADICTIONS = ["colour", "fibre", "sleeve", "neck_collar", "pattern", "fit", "audience", "season_occasion", "negation"]
INVENTIONS = ["feature", "property", "number", "price", "certificate", "health", "origin", "other_product", "promise",
              "brand_fact_twisted"]


def check(lines):
    """The verdict of each line, in order."""
    program = os.environ.get("HANGTAG", ROOT / "build/release/bin/hangtag")
    done = subprocess.run([program, "-q", "check", "-"], input="\n".join(map(json.dumps, lines)), text=True,
                          stdout=subprocess.PIPE)
    if done.returncode not in (0, 3):
        raise SystemExit(f"hangtag check failed with exit code {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def interval(hits, n, z=1.96):
    """Wilson's 95 % interval of a share."""
    if not n:
        return 0.0, 0.0
    share = hits / n
    middle, half = share + z * z / (2 * n), z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def overlaps(problem, text, planted):
    begin = text.find(planted)
    return problem["field"] == "text" and problem["start"] < begin + len(planted) and problem["end"] > begin


def is_caught(case, verdict):
    """Whether a problem is named where the fault was planted; in a true text, whether one is named of what it says."""
    problems = verdict["problems"]
    if case["class"] == "true":
        return any(p["kind"] != "missing" for p in problems)
    if case["class"] == "missing":
        return any(p["kind"] == "missing" and p.get("attribute") == case["missing"] for p in problems)
    if case["class"] == "banned":
        return any(p["kind"] == "banned" for p in problems)
    return any(overlaps(p, case["text"], case["planted"]) for p in problems)


def planted(path, show):
    cases = list(map(json.loads, path.read_text().splitlines()))
    tally = collections.defaultdict(lambda: [0, 0, 0])
    for case, verdict in zip(cases, check(cases), strict=True):
        name = case["class"]
        groups = [name] + ["contradictions"] * (name in CONTRADICTIONS) + ["inventions"] * (name in INVENTIONS)
        caught = is_caught(case, verdict)
        for group in groups:
            tally[group][0] += caught
            tally[group][1] += not verdict["passes"]
            tally[group][2] += 1
        if show and caught == (name == "true"):
            told = [(p["kind"], p["text"]) for p in verdict["problems"]]
            print(f"- {case['id']}: {case['text']}\n    planted: {case.get('planted')}; attributes {case['attributes']}; told: {told}")
    print("| texts | n | fault named in its place | text stopped | 95 % |\n| --- | ---: | ---: | ---: | ---: |")
    for name in ["contradictions", *CONTRADICTIONS, "inventions", *INVENTIONS, "missing", "banned", "true"]:
        caught, stopped, n = tally[name]
        if not n:
            continue
        low, high = interval(stopped, n)
        label = f"**{name}**" if name in ("contradictions", "inventions", "true") else name
        print(f"| {label} | {n} | {caught / n:.1%} | {stopped / n:.1%} | {low:.1%} to {high:.1%} |")


def real(catalog):
    lines = []
    for path in sorted((catalog / "styles").glob("*.json")):
        data = json.loads(path.read_text())["data"]
        described = ((data.get("productDescriptors") or {}).get("description") or {}).get("value") or ""
        text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", described))).strip()
        kind = (data.get("articleType") or {}).get("typeName")
        if not text or kind not in ("Shirts", "Tshirts"):
            continue
        attributes = {k: v for k, v in (data.get("articleAttributes") or {}).items() if v and v != "NA"}
        attributes |= {"baseColour": data.get("baseColour"), "Gender": data.get("gender"), "Season": data.get("season"),
                       "Usage": data.get("usage")}
        lines.append({"id": str(data["id"]), "type": kind, "attributes": attributes, "text": text,
                      "brand_facts": [data["brandName"]] if data.get("brandName") else []})
    verdicts = check(lines)
    count, told, attributes = collections.Counter(), collections.Counter(), 0
    by_attribute = collections.Counter()
    for line, verdict in zip(lines, verdicts, strict=True):
        count["supported"] += sum(c["by"] == "attribute" for c in verdict["claims"])
        for problem in verdict["problems"]:
            count[problem["kind"]] += 1
            if problem["kind"] == "contradiction":
                by_attribute[problem["attribute"]] += 1
        told["passes"] += verdict["passes"]
        attributes += sum(bool(v) and v != "NA" for v in line["attributes"].values())
    claims = count["supported"] + count["contradiction"] + count["invention"]
    print(f"{len(lines)} descriptions, {claims} statements: {count['supported'] / claims:.1%} rest on an attribute, "
          f"{count['contradiction'] / claims:.1%} contradict one, {count['invention'] / claims:.1%} rest on none. "
          f"{1 - count['missing'] / attributes:.1%} of the {attributes} attributes are told. {told['passes']} texts pass.")
    print("Contradictions by attribute: " + ", ".join(f"{k} {n}" for k, n in by_attribute.most_common(10)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=pathlib.Path, default=ROOT / "tests/claims/held_out.jsonl")
    parser.add_argument("--show", action="store_true", help="name each text that is judged wrongly")
    parser.add_argument("--real", type=pathlib.Path, metavar="CATALOG")
    options = parser.parse_args()
    if options.real:
        real(options.real)
    else:
        planted(options.texts, options.show)


if __name__ == "__main__":
    main()
