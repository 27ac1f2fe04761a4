"""The fact check against texts with planted faults, which were written without knowledge of it."""

import importlib.util
import json

from program import HANGTAG, ROOT, hangtag

spec = importlib.util.spec_from_file_location("fact_check", ROOT / "bench" / "fact_check.py")
fact_check = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fact_check)


def shares(monkeypatch, name):
    """The share of texts that are stopped: of contradictions, of inventions, of true ones."""
    monkeypatch.setenv("HANGTAG", str(HANGTAG))
    cases = list(map(json.loads, (ROOT / "tests" / "claims" / name).read_text().splitlines()))
    verdicts = fact_check.check(cases)
    stopped = [(case["class"], not verdict["passes"]) for case, verdict in zip(cases, verdicts, strict=True)]

    def share(classes):
        hits = [hit for name, hit in stopped if name in classes]
        return sum(hits) / len(hits)

    return share(fact_check.CONTRADICTIONS), share(fact_check.INVENTIONS), share(["true"])


def test_texts_that_the_lexicons_were_tuned_on(monkeypatch):
    contradictions, inventions, true = shares(monkeypatch, "texts.jsonl")
    assert contradictions >= 0.99 and inventions >= 0.98 and true <= 0.1


def test_texts_that_were_held_out(monkeypatch):
    contradictions, inventions, true = shares(monkeypatch, "held_out.jsonl")
    assert contradictions >= 0.99 and inventions >= 0.95 and true <= 0.14


def test_texts_of_an_editor_who_saw_neither(monkeypatch):
    contradictions, inventions, true = shares(monkeypatch, "other_editor.jsonl")
    assert contradictions >= 0.98 and inventions >= 0.95 and true <= 0.6


def test_a_verdict_names_places(tmp_path):
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id":"1","type":"Shirts","attributes":{"Fabric":"Cotton"},"title":"Cotton Shirt","description":"Café? A silk shirt."}\n')
    done = hangtag("check", texts, check=False)
    assert done.returncode == 3
    verdict = json.loads(done.stdout)
    contradiction, missing = verdict["problems"]
    assert (contradiction["kind"], contradiction["attribute"], contradiction["start"], contradiction["end"]) == ("contradiction", "Fabric", 8, 12)
    assert (missing["kind"], missing["attribute"]) == ("missing", "Fabric")
    texts.write_text('{"id":"1","attributes":{"Fabric":"Cotton"}}\n')
    done = hangtag("check", texts, check=False)
    assert done.returncode == 1 and "line 1: no text" in done.stderr
