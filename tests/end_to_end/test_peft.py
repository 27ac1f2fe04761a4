"""Training goes on where the other left off: an adapter of ours under PEFT, and PEFT's here, with the same losses."""

import csv
import math

import pytest
import torch
from peft import PeftModel
from PIL import Image
from program import drawn_data, epochs, hangtag
from torch.nn import functional
from transformers import AutoTokenizer, Blip2ForConditionalGeneration

RATE = 3e-3
EPOCHS = 4
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def train(data, model, out, *options):
    # One batch an epoch, so that the order does not matter.
    hangtag("train", "--model", model, "--data", data, "--out", out, "--epochs", EPOCHS, "--batch-size", 100000, "--optimizer", "adam",
            "--learning-rate", RATE, "--warmup", 0, "--max-gradient-norm", 1e9, *options)  # fmt: skip
    return [epoch["train_loss_mean"] for epoch in epochs(out)]


def pixels_of(path, side):
    photo = Image.open(path).convert("RGB")
    photo = photo.resize((side, photo.height), Image.Resampling.BICUBIC).resize((side, side), Image.Resampling.BICUBIC)
    values = torch.frombuffer(bytearray(photo.tobytes()), dtype=torch.uint8).view(side, side, 3) / 255
    return ((values - torch.tensor(MEAN)) / torch.tensor(STD)).permute(2, 0, 1)


def batch_of(data, folder):
    """All training examples."""
    rows = list(csv.DictReader((data / "train.csv").open()))
    photo = {row["id"]: data.parent / "catalogue" / "images" / row["photo"] for row in csv.DictReader((data / "products.csv").open())}
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompts = tokenizer([f"Question: {row['Question']} Answer: " for row in rows], padding=True, return_tensors="pt")
    answers = tokenizer([row["Answer"] for row in rows], padding=True, return_tensors="pt")
    ids = sorted({row["id"] for row in rows})
    return {
        "pixels": torch.stack([pixels_of(photo[name], 64) for name in ids]),
        "photo": torch.tensor([ids.index(row["id"]) for row in rows]),
        "prompts": prompts,
        "labels": answers.input_ids.masked_fill(answers.attention_mask == 0, -100),
    }


def train_with_peft(folder, adapter, out, batch):
    model = PeftModel.from_pretrained(Blip2ForConditionalGeneration.from_pretrained(folder), adapter, is_trainable=True).eval()
    base = model.get_base_model()
    with torch.no_grad():
        features = base.get_image_features(batch["pixels"]).pooler_output[batch["photo"]]
        text = base.get_input_embeddings()(batch["prompts"].input_ids)
    mask = torch.cat([torch.ones(features.shape[:2], dtype=torch.int64), batch["prompts"].attention_mask], 1)
    optimizer = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=RATE)
    losses = []
    for step in range(EPOCHS):
        optimizer.param_groups[0]["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * step / EPOCHS))
        logits = base.language_model(inputs_embeds=torch.cat([features, text], 1), attention_mask=mask, labels=batch["labels"]).logits
        loss = functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.save_pretrained(out)
    return losses


def test_training_goes_on_both_ways(tmp_path):
    torch.set_num_threads(1)
    data = drawn_data(tmp_path, 24)
    hangtag("train", "--from-scratch", "tiny", "--method", "full", "--data", data, "--out", tmp_path / "base", "--epochs", 1)
    base = tmp_path / "base" / "last"
    first = train(data, base, tmp_path / "ours", "--lora-dropout", 0)
    batch = batch_of(data, base)

    adapter = tmp_path / "ours" / "last"
    theirs = train_with_peft(base, adapter, tmp_path / "theirs", batch)
    ours = train(data, base, tmp_path / "on", "--adapter", adapter)
    assert theirs == pytest.approx(ours, abs=1e-4)
    assert ours[-1] < ours[0] < first[0], "each goes on where the last one stopped"

    again_theirs = train_with_peft(base, tmp_path / "theirs", tmp_path / "theirs2", batch)
    again_ours = train(data, base, tmp_path / "on2", "--adapter", tmp_path / "theirs")
    assert again_theirs == pytest.approx(again_ours, abs=1e-4)
