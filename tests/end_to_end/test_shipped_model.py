"""models/hangtag-small: it loads in both, and reads what it should off pictures that it was not trained on."""

import json

from program import ROOT, hangtag
from transformers import AutoTokenizer, Blip2ForConditionalGeneration

MODEL = ROOT / "models" / "hangtag-small"


def test_transformers_loads_it_whole():
    _, info = Blip2ForConditionalGeneration.from_pretrained(MODEL, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    assert tokenizer.unk_token_id not in tokenizer("Question: What is the fit of the clothing in this picture? Answer: ").input_ids


def test_it_reads_colours_off_drawn_garments(tmp_path):
    hangtag("sample", "--out", tmp_path / "catalogue", "--products", 80)
    products = json.loads((tmp_path / "catalogue" / "truth.json").read_text())["products"]
    colours = {product["id"]: product["baseColour"] for product in products}
    photos = sorted((tmp_path / "catalogue" / "images").glob("*.jpg"))
    predictions = [json.loads(line) for line in hangtag("predict", "--model", MODEL, *photos).stdout.splitlines()]
    assert len(predictions) == len(photos)
    right = 0
    for prediction in predictions:
        attributes = prediction["attributes"]
        assert next(iter(attributes)) == "articleType", "where the type is not known it is asked first"
        right += attributes["baseColour"]["value"] == colours[prediction["id"]]
    assert right > len(photos) / 3, f"{right} of {len(photos)} colours"
