#!/usr/bin/env python3
"""How well attributes are read off real photos: hangtag beside simpler ways, and how far the labels can be trusted.

    bench/benchmark.py --data DATA [--model NAME=CKPT …] [--leaky-cnn] [--json FILE] [--markdown FILE]

DATA is what `hangtag prepare` wrote of Kaggle's Fashion Product Images; no test photo of it has a twin, another product
that shows the same picture, in training. Training's products of --types teach and test's are asked:

  majority   always training's most frequent value of the attribute
  k-NN       the vote of the photos with the most similar colours, cell by cell, weighted by similarity; the number of
             neighbours is chosen on validation, per attribute
  CNN        a small ResNet with a head for each attribute, trained from random weights on the photos in 60x80 pixels,
             mirrored and shifted at random; answers are the mean over a photo and its mirror image
  NAME       `hangtag evaluate` of CKPT, for every --model

As hangtag, the k-NN and the CNN answer only with values that taxonomy.json lists for the product's type.

Per attribute: n, accuracy with its 95 % interval (Wilson), macro-F1 and calibration error, all as src/evaluate defines
them. Two more tables say what the catalogue does to such figures:

  the leak   k-NN, and with --leaky-cnn the CNN, on splits that let twins of test photos into training, as they are and
             with these twins taken out of training; the test photos are the same
  the noise  how often two products that show the same picture carry different values

Progress goes to standard error.
"""

import argparse
import csv
import itertools
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

ROOT = Path(__file__).resolve().parent.parent
ATTRIBUTES = "Fabric,Fit,Collar,Pattern,Sleeve Length,Sleeve Styling,Neck,baseColour"
SPLITS = ["train", "validation", "test"]
TRAIN, VALIDATION, TEST = range(3)
WIDTH, HEIGHT = 60, 80  # of the catalogue's small photos
COLUMNS, ROWS, LEVELS = 3, 4, 4  # of a photo's cells; per colour channel. Finer ones were no better on validation.
NEIGHBOURS = [1, 3, 5, 8, 12, 16, 24, 32, 48, 64]
RANDOM_SPLITS = 5  # the k-NN's leak is a mean over as many: one split has few test photos with a twin
BATCH, RATE, WEIGHT_DECAY, SHIFT = 64, 0.003, 0.05, 4


def log(text):
    print(text, file=sys.stderr, flush=True)


# --- The data set ---


@dataclass
class Catalogue:
    """All products that `hangtag prepare` kept, by id."""

    products: dict  # rows of products.csv
    labels: dict  # attribute → value
    split: dict  # index into SPLITS
    taxonomy: dict  # type → attribute → values
    images: Path


@dataclass
class Products:
    """What is learnt from and asked: a row a product, a column an attribute. A product's label is known where >= 0."""

    attributes: list
    values: list  # per attribute, sorted
    labels: torch.Tensor  # [products, attributes] indices into values
    split: torch.Tensor  # [products, attributes] indices into SPLITS: which part a label belongs to
    group: torch.Tensor  # [products]: the same number, the same picture
    judged: torch.Tensor  # [products] whether it is of the types that are judged; the others only teach
    allowed: list  # per attribute: bool [products, values], the values listed for the product's type
    pixels: torch.Tensor  # [products, 3, HEIGHT, WIDTH] bytes


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def read_catalogue(folder, images):
    products = {row["id"]: row for row in read_rows(folder / "products.csv")}
    labels, split = defaultdict(dict), {}
    for part, name in enumerate(SPLITS):
        for row in read_rows(folder / f"{name}.csv"):
            if split.setdefault(row["id"], part) != part:
                sys.exit(f"{folder}: product {row['id']} is in two splits; expected a split by product")
            attribute, _, value = row["Answer"].partition(": ")
            labels[row["id"]][attribute] = value
    types = json.loads((folder / "taxonomy.json").read_text(encoding="utf-8"))["types"]
    taxonomy = {kind: {attribute: {one["value"] for one in values} for attribute, values in attributes.items()}
                for kind, attributes in types.items()}  # fmt: skip
    images = images or json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["images"]
    return Catalogue(products, labels, split, taxonomy, Path(images))


def read_photo(path):
    with Image.open(path) as photo:
        return numpy.asarray(photo.convert("RGB").resize((WIDTH, HEIGHT)))


def select(catalogue, types, train_types, attributes, limit):
    """Products of `types`, and those of `train_types` that train."""
    ids, taken = [], Counter()
    for name, part in catalogue.split.items():
        kind = catalogue.products[name]["type"]
        if (kind in types or (part == TRAIN and kind in train_types)) and (not limit or taken[part] < limit):
            ids.append(name)
            taken[part] += 1
    rows = [catalogue.products[name] for name in ids]
    known = [catalogue.labels[name] for name in ids]
    judged = [row["type"] in types for row in rows]
    log(f"reading {len(ids)} photos, {sum(judged)} of them of the types judged")

    # Values that only other types carry are never right: no labels here.
    values = [sorted({labels[attribute] for labels, own in zip(known, judged) if own and attribute in labels})
              for attribute in attributes]  # fmt: skip
    index = [{value: number for number, value in enumerate(own)} for own in values]
    allowed = []
    for attribute, own in zip(attributes, values):
        by_type = {kind: [value in listed.get(attribute, ()) for value in own]
                   for kind, listed in catalogue.taxonomy.items()}  # fmt: skip
        allowed.append(torch.tensor([by_type[row["type"]] for row in rows]))
    groups = {}
    photos = numpy.stack([read_photo(catalogue.images / row["photo"]) for row in rows])
    products = Products(
        attributes,
        values,
        torch.tensor([[own.get(labels.get(name), -1) for name, own in zip(attributes, index)] for labels in known]),
        torch.tensor([[catalogue.split[name]] * len(attributes) for name in ids]),
        torch.tensor([groups.setdefault(row["group"], len(groups)) for row in rows]),
        torch.tensor(judged),
        allowed,
        torch.from_numpy(photos).permute(0, 3, 1, 2).contiguous(),
    )
    for column, attribute in enumerate(attributes):
        for part, name in enumerate(SPLITS):
            if not held(products, products.split, part)[products.judged, column].any():
                sys.exit(f"no product of {', '.join(types)} in {name}.csv has a label for {attribute}")
    return products


def held(products, split, part):
    """Which labels a part holds, [products, attributes]. Only training holds any of types that are not judged."""
    return (products.labels >= 0) & (split == part) & (products.judged[:, None] | (split == TRAIN))


# --- Measures, as src/evaluate/metrics.h and calibration.h define them ---


def wilson_interval(right, n):
    z = 1.959963984540054
    share, scale = right / n, 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    return [max(0.0, centre - half), min(1.0, centre + half)]


def macro_f1(truth, answer):
    """The mean of F1 over the values present in truth or answers; no answer (-1) is not a value."""
    scores = []
    for value in torch.cat([truth, answer[answer >= 0]]).unique():
        right = ((truth == value) & (answer == value)).sum().item()
        scores.append(2 * right / ((truth == value).sum() + (answer == value).sum()).item())
    return sum(scores) / len(scores)


def calibration_error(right, confidence, bins=15):
    place = (confidence.double() * bins).long().clamp(max=bins - 1)
    gap = torch.zeros(bins, dtype=torch.float64).index_add(0, place, right.double() - confidence.double())
    return (gap.abs().sum() / len(right)).item()


def mean_over_attributes(attributes, key):
    return sum(one[key] for one in attributes.values()) / len(attributes)


def judge(products, asked, answers, confidences=None):
    """Of the labels asked, [products, attributes]: accuracy and the rest per attribute, and the means over them."""
    attributes = {}
    for column, name in enumerate(products.attributes):
        rows = asked[:, column]
        truth, answer = products.labels[rows, column], answers[rows, column]
        if len(truth) == 0:
            continue
        right = answer == truth
        attributes[name] = {
            "n": len(truth),
            "accuracy": right.double().mean().item(),
            "accuracy_interval": wilson_interval(right.sum().item(), len(truth)),
            "macro_f1": macro_f1(truth, answer),
        }
        if confidences is not None:
            attributes[name]["calibration_error"] = calibration_error(right, confidences[rows, column])
    result = {"attributes": attributes}
    result |= {key: mean_over_attributes(attributes, key) for key in ("accuracy", "macro_f1")}
    if confidences is not None:
        result["mean_calibration_error"] = mean_over_attributes(attributes, "calibration_error")
        result["calibration_error"] = calibration_error((answers == products.labels)[asked], confidences[asked])
    return result


# --- Majority and nearest neighbours ---


def majority(products):
    """The first in the alphabet among equals, as everywhere in hangtag."""
    train = held(products, products.split, TRAIN) & products.judged[:, None]
    most = [labels[rows].bincount().argmax() for labels, rows in zip(products.labels.T, train.T)]
    return torch.stack(most).expand_as(products.labels)


def colour_histograms(pixels):
    """Square roots of each cell's shares of colours, so that a product of two rows is their similarity, in [0, 1]
    (Bhattacharyya's coefficient)."""
    colour = torch.zeros(1, dtype=torch.int64)
    for channel in range(3):
        colour = colour * LEVELS + pixels[:, channel].long() * LEVELS // 256
    rows = torch.arange(HEIGHT) * ROWS // HEIGHT
    columns = torch.arange(WIDTH) * COLUMNS // WIDTH
    code = colour + (rows[:, None] * COLUMNS + columns) * LEVELS**3
    counts = torch.zeros(len(pixels), ROWS * COLUMNS * LEVELS**3)
    counts.scatter_add_(1, code.flatten(1), torch.ones(1).expand(len(pixels), HEIGHT * WIDTH))
    return (counts / (HEIGHT * WIDTH)).sqrt()


def nearest_neighbours(products, histograms, split, without_twins=False):
    """Answers [products, attributes], -1 where not asked, and the number of neighbours per attribute."""
    answers, chosen = torch.full_like(products.labels, -1), {}
    train = held(products, split, TRAIN)
    asked = held(products, split, VALIDATION) | held(products, split, TEST)
    for column, name in enumerate(products.attributes):
        teachers, pupils = train[:, column].nonzero().flatten(), asked[:, column].nonzero().flatten()
        similarity = histograms[pupils] @ histograms[teachers].T
        if without_twins:
            similarity[products.group[pupils, None] == products.group[teachers]] = 0
        nearest = similarity.topk(min(NEIGHBOURS[-1], len(teachers)))
        labels = functional.one_hot(products.labels[teachers, column][nearest.indices], len(products.values[column]))
        votes = (labels * nearest.values[..., None]).cumsum(1)  # [asked, neighbours so far, values]
        votes[(~products.allowed[column][pupils])[:, None].expand_as(votes)] = -1
        counts = [count for count in NEIGHBOURS if count <= len(teachers)]
        by_count = votes[:, [count - 1 for count in counts]].argmax(2)
        right = by_count == products.labels[pupils, column, None]
        best = right[split[pupils, column] == VALIDATION].double().mean(0).argmax()
        answers[pupils, column] = by_count[:, best]
        chosen[name] = counts[best]
    return answers, chosen


# --- The CNN ---


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after),
        )  # fmt: skip
        self.skip = nn.Identity()
        if stride > 1 or before != after:
            self.skip = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, features):
        return torch.relu(self.body(features) + self.skip(features))


def network(outputs, widths=(32, 64, 128, 256)):
    """80x60 → 40x30 → 20x15 → 10x8 → 5x4, two blocks each; 2.8 million weights."""
    layers = [nn.BatchNorm2d(3), nn.Conv2d(3, widths[0], 5, 2, 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    for before, after in zip(widths[:1] + widths, widths):
        layers += [Block(before, after, 1 if before == after else 2), Block(after, after, 1)]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(widths[-1], outputs)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def as_input(pixels):
    return (pixels.float() / 255).contiguous(memory_format=torch.channels_last)


def augmented(pixels, random):
    """Each photo shifted by up to SHIFT pixels, its border continued, and mirrored every other time. Colours stay."""
    padded = functional.pad(pixels.float(), [SHIFT] * 4, mode="replicate")
    down, right = torch.randint(0, 2 * SHIFT + 1, (2, len(pixels)), generator=random).tolist()
    shifted = torch.stack([photo[:, y : y + HEIGHT, x : x + WIDTH] for photo, y, x in zip(padded, down, right)])
    mirror = torch.rand(len(pixels), generator=random) < 0.5
    return torch.where(mirror[:, None, None, None], shifted.flip(3), shifted)


def train_cnn(products, train, options, name):
    """A network taught the labels in `train`, [products, attributes]."""
    torch.manual_seed(options.seed)
    random = torch.Generator().manual_seed(options.seed)
    counts = [len(values) for values in products.values]
    model = network(sum(counts)).train()
    teachers = train.any(1).nonzero().flatten()
    labels = torch.where(train, products.labels, -1)
    steps = max(1, len(teachers) // BATCH)  # a last, smaller batch would upset the norms
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps * options.epochs)
    for epoch in range(options.epochs):
        start, total = time.perf_counter(), 0.0
        for batch in teachers[torch.randperm(len(teachers), generator=random)].split(BATCH)[:steps]:
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
                logits = model(as_input(augmented(products.pixels[batch], random)))
            # Attributes count the same, however few of the batch's photos have a label.
            loss = sum(
                functional.cross_entropy(own, truth, ignore_index=-1, reduction="sum") / max(1, (truth >= 0).sum())
                for own, truth in zip(logits.float().split(counts, 1), labels[batch].T)
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = time.perf_counter() - start
        log(f"{name}: epoch {epoch + 1} of {options.epochs}, loss {total / steps:.3f}, {seconds:.0f} s")
    return model.eval()


@torch.inference_mode()
def ask_cnn(products, model, asked):
    """Answers, -1 where not asked, and confidences, both [products, attributes]."""
    answers, confidences = torch.full_like(products.labels, -1), torch.zeros(products.labels.shape)
    counts = [len(values) for values in products.values]
    for batch in asked.any(1).nonzero().flatten().split(256):
        photos = as_input(products.pixels[batch])
        both = torch.stack([model(photos), model(photos.flip(3))])
        for column, logits in enumerate(both.split(counts, 2)):
            logits = logits.masked_fill(~products.allowed[column][batch], -math.inf)
            best = logits.softmax(2).mean(0).max(1)
            answers[batch, column], confidences[batch, column] = best.indices, best.values
    return answers, confidences


def cnn(products, split, options, name, train=None):
    """Trained on what `split` trains with, or on `train`: answers and confidences of the test's labels."""
    start = time.perf_counter()
    model = train_cnn(products, held(products, split, TRAIN) if train is None else train, options, name)
    asked = held(products, split, VALIDATION)
    validation = judge(products, asked, ask_cnn(products, model, asked)[0])
    seconds = time.perf_counter() - start
    log(f"{name}: {validation['accuracy']:.1%}, macro-F1 {validation['macro_f1']:.3f} on validation; {seconds:.0f} s")
    return ask_cnn(products, model, held(products, split, TEST))


# --- hangtag ---


def hangtag(options, model, attributes, expected):
    """What `hangtag evaluate` measures, in the form of judge()."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.hangtag, "evaluate", "--model", model, "--data", options.data, "--split", "test",
                   "--types", options.types, "--out", f"{folder}/report"]  # fmt: skip
        if options.images:
            command += ["--images", options.images]
        log(shlex.join(command))
        if subprocess.run(command, stdout=sys.stderr).returncode:
            sys.exit("hangtag evaluate failed")
        metrics = json.loads(Path(folder, "report/metrics.json").read_text())
    result = {"attributes": {}, "metrics": metrics}
    for name in attributes:
        own = metrics["attributes"].get(name, {"n": 0})
        if own["n"] != expected["attributes"][name]["n"]:
            wanted = expected["attributes"][name]["n"]
            sys.exit(f"hangtag evaluate judged {own['n']} answers of {name}, expected {wanted}")
        keys = "n", "accuracy", "accuracy_interval", "macro_f1", "calibration_error"
        result["attributes"][name] = {key: own[key] for key in keys}
    result |= {key: mean_over_attributes(result["attributes"], key) for key in ("accuracy", "macro_f1")}
    result["mean_calibration_error"] = mean_over_attributes(result["attributes"], "calibration_error")
    if set(metrics["attributes"]) == set(attributes):  # else it is over other answers than the CNN's
        result["calibration_error"] = metrics["calibration_error"]
    return result


# --- The leak ---


def twins_in_training(products, split):
    """Test photos; how many of them training knows, from a twin or from their own other labels; and which of the
    test's labels a twin has in training, [products, attributes]."""
    train, test = held(products, split, TRAIN), held(products, split, TEST)
    taught = torch.zeros(products.group.max() + 1, train.shape[1]).index_add(0, products.group, train.float())
    taught = taught[products.group] > 0
    return test.any(1).sum().item(), (test.any(1) & taught.any(1)).sum().item(), test & taught


def leak(products, split, answers, without_twins=None):
    photos, known, twins = twins_in_training(products, split)
    right = answers == products.labels
    result = {"test_photos": photos, "known_photos": known, "twin_answers": twins.sum().item(),
              "accuracy": judge(products, held(products, split, TEST), answers)["accuracy"],
              "twin_right": right[twins].sum().item()}  # fmt: skip
    if without_twins is not None:
        result["accuracy_without_twins"] = judge(products, held(products, split, TEST), without_twins)["accuracy"]
        result["twin_right_without_twins"] = (without_twins == products.labels)[twins].sum().item()
    return result


def leaky_splits(products, random):
    """Parts as large as they are, handed out by photo however many twins it has; or, as the original project did, by
    label, so that most test photos are known from training by their other labels."""
    own = products.judged.nonzero().flatten()
    by_photo, by_label = products.split.clone(), products.split.clone()
    by_photo[own] = products.split[own[torch.randperm(len(own), generator=random)]]
    for column in range(products.split.shape[1]):
        by_label[own, column] = products.split[own[torch.randperm(len(own), generator=random)], column]
    return {"at random, by photo": by_photo, "inside each product": by_label}


def measure_leak(products, histograms, options, clean):
    """Rows of the table: split, method, and leak()'s figures, means over the splits drawn."""
    rows = [{"split": "hangtag prepare", "method": method, "splits": 1} | leak(products, products.split, answers)
            for method, answers in clean.items()]  # fmt: skip
    random = torch.Generator().manual_seed(options.seed)
    draws = [leaky_splits(products, random) for _ in range(RANDOM_SPLITS)]
    for name in draws[0]:
        measured = []
        for draw in draws:
            kept, _ = nearest_neighbours(products, histograms, draw[name])
            struck, _ = nearest_neighbours(products, histograms, draw[name], without_twins=True)
            measured.append(leak(products, draw[name], kept, struck))
        means = {key: sum(one[key] for one in measured) / len(measured) for key in measured[0]}
        rows.append({"split": name, "method": "k-NN", "splits": RANDOM_SPLITS} | means)
        log(f"k-NN, split {name}: {means['accuracy']:.1%}, {means['accuracy_without_twins']:.1%} without twins")
        if not options.leaky_cnn:
            continue
        split = draws[0][name]
        kept, _ = cnn(products, split, options, f"CNN, split {name}")
        struck = None
        if name == "at random, by photo":  # the other way, nearly every photo of training is in the test too
            tested = products.group[held(products, split, TEST).any(1)].unique()
            others = held(products, split, TRAIN) & ~torch.isin(products.group, tested)[:, None]
            struck, _ = cnn(products, split, options, f"CNN, split {name}, without twins", others)
        rows.append({"split": name, "method": "CNN", "splits": 1} | leak(products, split, kept, struck))
    return rows


# --- The noise ---


def label_noise(catalogue, attributes, types):
    """Per attribute, over all pairs of products that show the same picture and both carry a value: how many differ."""
    groups = defaultdict(list)
    for name, product in catalogue.products.items():
        if types is None or product["type"] in types:
            groups[product["group"]].append(name)
    result = {}
    for attribute in attributes:
        pairs = differ = used = 0
        for members in groups.values():
            values = [catalogue.labels[name][attribute] for name in members if attribute in catalogue.labels[name]]
            used += len(values) > 1
            for one, other in itertools.combinations(values, 2):
                pairs += 1
                differ += one != other
        result[attribute] = {"groups": used, "pairs": pairs, "differ": differ}
        if pairs:
            share = differ / pairs
            error_rate = (1 - math.sqrt(1 - 2 * share)) / 2 if share <= 0.5 else None  # d = 2e(1 - e)
            result[attribute] |= {"share": share, "interval": wilson_interval(differ, pairs), "error_rate": error_rate}
    return result


# --- Tables ---


def percent(share):
    return "" if share is None else f"{share:.1%}"


def with_interval(share, interval):
    return f"{share:.1%} ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"


def table(header, rows):
    """The first column is text, the others are figures; a row may end early."""
    texts = [[str(cell) for cell in row] + [""] * (len(header) - len(row)) for row in [header, *rows]]
    widths = [max(3, *(len(row[column]) for row in texts)) for column in range(len(header))]
    lines = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in texts]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def accuracy_table(methods):
    first = methods["majority"]["attributes"]
    rows = [[name, one["n"], *(with_interval(method["attributes"][name]["accuracy"],
                                             method["attributes"][name]["accuracy_interval"])
                               for method in methods.values())] for name, one in first.items()]  # fmt: skip
    total = sum(one["n"] for one in first.values())
    rows.append(["mean", total, *(percent(method["accuracy"]) for method in methods.values())])
    return table(["accuracy", "n", *methods], rows)


def figure_rows(methods, key, mean_key):
    names = next(iter(methods.values()))["attributes"]
    rows = [[name, *(f"{method['attributes'][name][key]:.3f}" for method in methods.values())] for name in names]
    return [*rows, ["mean", *(f"{method[mean_key]:.3f}" for method in methods.values())]]


def macro_f1_table(methods):
    return table(["macro-F1", *methods], figure_rows(methods, "macro_f1", "macro_f1"))


def calibration_table(methods):
    methods = {name: method for name, method in methods.items() if "mean_calibration_error" in method}
    rows = figure_rows(methods, "calibration_error", "mean_calibration_error")
    together = (method.get("calibration_error") for method in methods.values())
    rows.append(["all answers together", *("" if error is None else f"{error:.3f}" for error in together)])
    return table(["calibration error", *methods], rows)


def leak_table(measured):
    rows = []
    for row in measured:
        answers = row["twin_answers"]
        right = [row.get(key) for key in ("twin_right_without_twins", "twin_right")]
        on_twins = [percent(one / answers) if one is not None and answers else "" for one in right]
        rows.append([row["split"], row["method"], f"{row['test_photos']:.0f}", f"{row['known_photos']:.0f}",
                     percent(row.get("accuracy_without_twins")), percent(row["accuracy"]), f"{answers:.0f}",
                     *on_twins])  # fmt: skip
    return table(["split", "method", "test photos", "known from training", "accuracy, twins out", "accuracy",
                  "answers with a twin", "of these, twins out", "of these"], rows)  # fmt: skip


def noise_table(noise, types):
    rows = []
    for name in noise["all"]:
        cells = [name]
        for scope in ("types", "all"):
            one = noise[scope][name]
            cells += [one["pairs"], with_interval(one["share"], one["interval"]) if one["pairs"] else "",
                      percent(one.get("error_rate"))]  # fmt: skip
        rows.append(cells)
    return table(["attribute", f"pairs of {types}", "differ", "labels wrong",
                  "pairs of all types", "differ", "labels wrong"], rows)  # fmt: skip


def markdown(result, options):
    methods, photos = result["methods"], result["photos"]
    types, teachers = (text.replace(",", ", ") for text in (options.types, options.train_types))
    parts = [
        f"```sh\n{result['command']}\n```",
        f"{types}: {photos['test']:,} products test, {photos['validation']:,} validate, {photos['train']:,} train the "
        f"k-NN and the CNN (types: {teachers}). Accuracy and its 95 % interval; the mean counts each attribute alike.",
        accuracy_table(methods),
        macro_f1_table(methods),
        "Expected calibration error, 15 bins:",
        calibration_table(methods),
        "The leak. Mean accuracy over the attributes where training knows twins of the test's photos, and with these "
        "twins taken out of training; then over the answers alone whose photo has a twin with that label in training. "
        "Each split has other test photos, so figures compare within a row. The k-NN's on random splits are means over "
        f"{RANDOM_SPLITS} of them.",
        leak_table(result["leak"]),
        "The noise. Pairs of products that show the same picture and carry different values, with the 95 % interval "
        "(pairs of one group of more than two are not independent, which the interval does not know). The share of "
        "wrong labels e follows from the share d that differs by d = 2e(1 − e), if labels go wrong independently and "
        "two wrong ones are the same. Twins whose label was copied with the photo make it too low; photos that show "
        "several things, or that differ in little but a shade, too high.",
        noise_table(result["noise"], types),
    ]
    return "\n\n".join(parts) + "\n"


def write(path, text):
    beside = Path(f"{path}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="the folder that `hangtag prepare` wrote")
    parser.add_argument("--images", help="where the photos are now, if not where dataset.json says")
    parser.add_argument("--types", default="Shirts,Tshirts", help="product types judged (default: %(default)s)")
    parser.add_argument("--train-types", help="product types that the k-NN and the CNN learn from, or all: what a "
                        "hangtag trained on the whole catalogue has seen (default: those of --types)")  # fmt: skip
    parser.add_argument("--attributes", default=ATTRIBUTES, help="default: %(default)s")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=CKPT", help="a checkpoint of hangtag's; as "
                        "often as wanted")  # fmt: skip
    parser.add_argument("--hangtag", default=str(ROOT / "build/release/bin/hangtag"), help="the program")
    parser.add_argument("--epochs", type=int, default=14, help="of the CNN (default: %(default)s)")
    parser.add_argument("--bfloat16", action="store_true", help="the CNN's products in bfloat16, nearly twice as quick "
                        "on a CPU with AVX512-BF16 or AMX, and slower on others")  # fmt: skip
    parser.add_argument("--leaky-cnn", action="store_true", help="the leak on the CNN too: three more trainings")
    parser.add_argument("--limit", type=int, help="the first N products of each split alone, to try the script")
    parser.add_argument("--seed", type=int, default=1, help="of the CNN and of the leaky splits (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="default: %(default)s")
    parser.add_argument("--json", help="write every figure here")
    parser.add_argument("--markdown", help="write the tables here (default: standard output)")
    options = parser.parse_args()
    if wrong := [model for model in options.model if "=" not in model]:
        parser.error(f"--model {wrong[0]}: expected NAME=CHECKPOINT")
    options.train_types = options.train_types or options.types
    torch.set_num_threads(options.threads)

    attributes, types = options.attributes.split(","), options.types.split(",")
    catalogue = read_catalogue(Path(options.data), options.images)
    every_type = {product["type"] for product in catalogue.products.values()}
    train_types = every_type if options.train_types == "all" else set(options.train_types.split(","))
    if unknown := (set(types) | train_types) - every_type:
        parser.error(f"{options.data} has no products of {', '.join(sorted(unknown))}")
    products = select(catalogue, types, train_types, attributes, options.limit)
    photos = {name: held(products, products.split, part).any(1).sum().item() for part, name in enumerate(SPLITS)}
    test = held(products, products.split, TEST)
    if known := twins_in_training(products, products.split)[1]:
        sys.exit(f"{options.data}: {known} test photos have a twin in training; expected a split by `hangtag prepare`")

    methods = {"majority": judge(products, test, majority(products))}
    # First, since it may fail; shown last.
    models = dict(model.split("=", 1) for model in options.model)
    ours = {name: hangtag(options, model, attributes, methods["majority"]) for name, model in models.items()}
    histograms = torch.cat([colour_histograms(part) for part in products.pixels.split(500)])
    by_neighbours, chosen = nearest_neighbours(products, histograms, products.split)
    methods["k-NN"] = judge(products, test, by_neighbours) | {"neighbours": chosen}
    log(f"k-NN: mean accuracy {methods['k-NN']['accuracy']:.1%}")
    start = time.perf_counter()
    by_cnn, confidences = cnn(products, products.split, options, "CNN")
    methods["CNN"] = judge(products, test, by_cnn, confidences) | {"seconds": time.perf_counter() - start}
    methods |= ours

    result = {
        "command": shlex.join(["bench/benchmark.py", *sys.argv[1:]]),
        "options": vars(options),
        "torch": torch.__version__,
        "photos": photos,
        "methods": methods,
        "leak": measure_leak(products, histograms, options, {"k-NN": by_neighbours, "CNN": by_cnn}),
        "noise": {"types": label_noise(catalogue, attributes, types), "all": label_noise(catalogue, attributes, None)},
    }
    if options.json:
        write(options.json, json.dumps(result, indent=1) + "\n")
    if options.markdown:
        write(options.markdown, markdown(result, options))
    else:
        print(markdown(result, options), end="")


if __name__ == "__main__":
    main()
