"""hangtag against transformers on a checkpoint of BLIP-2 Flan-T5-XL's size with random weights, in fp32 and in bf16.

Needs 8 GB of disk for temporary files (TMPDIR), 20 GB of memory and some minutes; ctest runs it under the label "full".
HANGTAG_SHARED  folder whose reference/ lists the published checkpoint's tensors; compared where it exists
"""

import gc
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import torch
from probe import ROOT, probe
from random_weights import fill
from safetensors import safe_open
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2QFormerConfig,
    Blip2VisionConfig,
    T5Config,
    T5Tokenizer,
)

# Sizes of BLIP-2 Flan-T5-XL.
VISION = dict(hidden_size=1408, intermediate_size=6144, num_hidden_layers=39, num_attention_heads=16, image_size=224,
              patch_size=14)  # fmt: skip
QFORMER = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
               cross_attention_frequency=2)  # fmt: skip
TEXT = dict(vocab_size=32128, d_model=2048, d_kv=64, d_ff=5120, num_layers=24, num_decoder_layers=24, num_heads=32,
            feed_forward_proj="gated-gelu", scale_decoder_outputs=False, decoder_start_token_id=0)  # fmt: skip
QUERY_TOKENS = 32
IMAGE_TOKEN = 32100

# The norm of the difference against the norm of the logits, in fp32. In bf16 both sides round to 8 bits after every
# operation, in another order, through 99 layers of random weights, so they are far from each other; what can be asked
# is that ours is as near to the fp32 result as transformers' is.
TOLERANCE = 1e-3
AS_NEAR = 1.25

TENSORS = Path(os.environ.get("HANGTAG_SHARED", ROOT.parent / "shared")) / "reference" / "blip2-flan-t5-xl.tensors.tsv"
EMBEDDING_COPIES = {f"language_model.{side}.embed_tokens.weight" for side in ("encoder", "decoder")}


class Stopwatch:
    def __init__(self):
        self.start = time.monotonic()

    def print(self, what):
        print(f"{what}: {time.monotonic() - self.start:.0f} s", flush=True)
        self.start = time.monotonic()


def write_checkpoint(folder):
    config = Blip2Config(
        vision_config=Blip2VisionConfig(**VISION).to_dict(),
        qformer_config=Blip2QFormerConfig(**QFORMER).to_dict(),
        text_config=T5Config(**TEXT).to_dict(),
        num_query_tokens=QUERY_TOKENS,
        image_token_index=IMAGE_TOKEN,
    )
    # Without memory at first, so that there is never a copy in fp32.
    with torch.device("meta"):
        model = Blip2ForConditionalGeneration(config)
    model.to(torch.bfloat16).to_empty(device="cpu")
    model.tie_weights()
    embedding = model.language_model.shared.weight
    model.language_model.lm_head.weight = torch.nn.Parameter(torch.empty_like(embedding))
    fill(model, seed=1)
    model.save_pretrained(folder)

    side = VISION["image_size"]
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": {"height": side, "width": side}}))
    # The texts are given as ids, so any tokenizer will do.
    T5Tokenizer().save_pretrained(folder)


def check_tensors(folder):
    """Names and shapes are the published ones, but for copies of the embedding that transformers 5 leaves out."""
    if not TENSORS.exists():
        print(f"{TENSORS} is absent: names and shapes not compared")
        return
    expected = {}
    for line in TENSORS.read_text().splitlines():
        name, shape = line.split("\t")
        expected[name] = json.loads(shape)
    written = {}
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            written |= {name: file.get_slice(name).get_shape() for name in file.keys()}
    for name in EMBEDDING_COPIES - written.keys():
        expected.pop(name, None)
    assert written == expected, sorted(written.items() ^ expected.items())[:5]
    print(f"{len(written)} tensors, as published")


def make_inputs():
    torch.manual_seed(2)
    mask = torch.ones(2, 20, dtype=torch.int64)
    mask[1, 12:] = 0
    labels = torch.randint(2, IMAGE_TOKEN, (2, 8))
    labels[0, 5:] = -100
    side = VISION["image_size"]
    return {
        "pixel_values": torch.randn(2, 3, side, side),
        "input_ids": torch.randint(2, IMAGE_TOKEN, (2, 20)) * mask,
        "attention_mask": mask,
        "labels": labels,
    }


@torch.no_grad()
def transformers_logits(folder, inputs, dtype):
    model = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
    front = torch.ones(2, QUERY_TOKENS, dtype=torch.int64)
    outputs = model(
        pixel_values=inputs["pixel_values"],
        input_ids=torch.cat([front * IMAGE_TOKEN, inputs["input_ids"]], 1),
        attention_mask=torch.cat([front, inputs["attention_mask"]], 1),
        labels=inputs["labels"],
    )
    return outputs.logits.float()


def main():
    with tempfile.TemporaryDirectory(prefix="hangtag-full-size-") as temporary:
        folder = Path(temporary) / "checkpoint"
        watch = Stopwatch()
        write_checkpoint(folder)
        gc.collect()
        watch.print("written")
        check_tensors(folder)
        inputs = make_inputs()
        theirs, ours = {}, {}
        for dtype in ("float32", "bfloat16"):
            theirs[dtype] = transformers_logits(folder, inputs, dtype)
            gc.collect()
            watch.print(f"transformers, {dtype}")
        for dtype in ("float32", "bfloat16"):
            ours[dtype] = probe(folder, inputs, temporary, dtype=dtype, max_new_tokens=2)["logits"].float()
            watch.print(f"hangtag, {dtype}, with two tokens of an answer, greedy and by three beams")

    # Behind the end of an answer logits mean nothing, and hangtag does not compute them.
    answer = inputs["labels"] != -100
    theirs, ours = ({dtype: logits[answer] for dtype, logits in side.items()} for side in (theirs, ours))
    exact = theirs["float32"]

    def distance(logits):
        return ((logits - exact).norm() / exact.norm()).item()

    def same(logits):
        return (logits.argmax(-1) == exact.argmax(-1)).float().mean().item()

    print(f"logits up to {exact.abs().max():.1f}; distance to those of transformers in fp32, and the same best token:")
    for name, side in (("transformers", theirs), ("hangtag", ours)):
        for dtype, logits in side.items():
            print(f"  {name:12} {dtype:8} {distance(logits):.2g} of their norm, {same(logits):.0%}")
    equal = distance(ours["float32"]) <= TOLERANCE
    near = distance(ours["bfloat16"]) <= AS_NEAR * distance(theirs["bfloat16"])
    return 0 if equal and near else 1


if __name__ == "__main__":
    sys.exit(main())
