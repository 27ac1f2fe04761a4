#!/usr/bin/env python3
"""hangtag beside transformers and PEFT on the same machine, in the same run.

    bench/compare.py --model CKPT --int8 CKPT8 [--dtypes bfloat16,float32] [--json FILE]
    bench/compare.py --small CKPT --photos FOLDER --taxonomy FILE [--json FILE]

The first form times one product with eight attributes and a LoRA step; CKPT8 is what `hangtag quantize` made of CKPT. The
second times many small photos, decoding included. Every measurement is the shortest of some rounds after one to warm up;
each side runs in a process of its own, hangtag before and after transformers, so that a machine that slows down shows.
Transformers is run in every dtype that is named, and the ratios are against its quickest.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEW_TOKENS = 8  # "Sleeve Length: Long Sleeves" and the end, in Flan-T5's tokens
LORA_BATCH = 4
ATTRIBUTES = ["fabric", "fit", "collar", "pattern", "sleeve length", "sleeve styling", "neck", "base colour"]
PROMPTS = [f"Question: What is the {name} of the clothing in this picture? Answer: " for name in ATTRIBUTES]


def shortest(rounds, work):
    work()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def load(folder, dtype):
    import torch
    from transformers import Blip2ForConditionalGeneration, PreTrainedTokenizerFast

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json", pad_token="<pad>", eos_token="</s>")
    return torch, model, tokenizer


def inputs_for(torch, model, tokenizer, prompts):
    """The prompts behind the image tokens, if the checkpoint has any."""
    encoded = tokenizer(prompts, return_tensors="pt", padding=True, return_token_type_ids=False)
    token = model.config.image_token_index
    if token is None:
        return dict(encoded)
    front = torch.full((len(prompts), model.config.num_query_tokens), token)
    return {
        "input_ids": torch.cat([front, encoded["input_ids"]], 1),
        "attention_mask": torch.cat([torch.ones_like(front), encoded["attention_mask"]], 1),
    }


def transformers_product(folder, dtype, rounds):
    torch, model, tokenizer = load(folder, dtype)
    side = model.config.vision_config.image_size
    photo = torch.randn(1, 3, side, side, dtype=model.dtype)

    def generate(prompts):
        model.generate(
            pixel_values=photo.expand(len(prompts), -1, -1, -1),
            **inputs_for(torch, model, tokenizer, prompts),
            max_new_tokens=NEW_TOKENS,
            min_new_tokens=NEW_TOKENS,
            do_sample=False,
            num_beams=1,
        )

    with torch.inference_mode():
        result = {
            "vision_tower_seconds": shortest(rounds, lambda: model.vision_model(photo)),
            "one_question_seconds": shortest(rounds, lambda: generate(PROMPTS[:1])),
            "one_by_one_seconds": shortest(1, lambda: [generate([prompt]) for prompt in PROMPTS]),
            "one_batch_seconds": shortest(rounds, lambda: generate(PROMPTS)),
        }
    result["peak_memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return result


def transformers_lora(folder, dtype, rounds):
    from peft import LoraConfig, get_peft_model

    torch, model, tokenizer = load(folder, dtype)
    side = model.config.vision_config.image_size
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=32, lora_dropout=0.05, target_modules=["q", "v"]))
    model.train()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    inputs = inputs_for(torch, model.base_model.model, tokenizer, PROMPTS[:LORA_BATCH])
    inputs["pixel_values"] = torch.randn(LORA_BATCH, 3, side, side, dtype=getattr(torch, dtype))
    answers = ["Fabric: Cotton", "Fit: Regular Fit", "Collar: Spread Collar", "Pattern: Solid"]
    labels = tokenizer(answers, return_tensors="pt", padding=True).input_ids
    inputs["labels"] = labels.masked_fill(labels == tokenizer.pad_token_id, -100)

    def step():
        optimizer.zero_grad()
        model(**inputs).loss.backward()
        optimizer.step()

    return {
        "lora_seconds_per_example": shortest(rounds, step) / LORA_BATCH,
        "lora_peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def transformers_small(folder, dtype, photos, batch=32):
    """Photos a second with eight questions each: decoded by Pillow, each photo encoded once, answered in batches."""
    torch, model, tokenizer = load(folder, dtype)
    from PIL import Image
    from transformers import BlipImageProcessor

    processor = BlipImageProcessor.from_pretrained(folder)
    text = tokenizer(PROMPTS, return_tensors="pt", padding=True, return_token_type_ids=False)
    embeddings = model.get_input_embeddings()(text["input_ids"])
    front = torch.ones(len(PROMPTS), model.config.num_query_tokens, dtype=torch.int64)
    mask = torch.cat([front, text["attention_mask"]], 1)
    layers = model.config.text_config
    # transformers sizes its cache by the encoder's layers: a decoder with more has to do without.
    cache = layers.num_decoder_layers <= layers.num_layers

    def run(paths):
        for begin in range(0, len(paths), batch):
            images = [Image.open(path).convert("RGB") for path in paths[begin : begin + batch]]
            pixels = processor(images, return_tensors="pt")["pixel_values"].to(model.dtype)
            features = model.get_image_features(pixels).pooler_output.repeat_interleave(len(PROMPTS), 0)
            model.language_model.generate(
                inputs_embeds=torch.cat([features, embeddings.repeat(len(images), 1, 1)], 1),
                attention_mask=mask.repeat(len(images), 1),
                max_new_tokens=NEW_TOKENS,
                do_sample=False,
                num_beams=1,
                use_cache=cache,
            )

    with torch.inference_mode():
        run(photos[:batch])
        start = time.perf_counter()
        run(photos)
        return {"photos_per_second": len(photos) / (time.perf_counter() - start)}


def in_own_process(function, *arguments):
    """Its result; memory and threads of one measurement do not reach the next."""
    code = (
        f"import sys, json; sys.path.insert(0, {str(Path(__file__).parent)!r}); import compare; "
        f"print(json.dumps(compare.{function.__name__}(*json.loads(sys.argv[1]))))"
    )
    done = subprocess.run([sys.executable, "-c", code, json.dumps(arguments)], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{function.__name__} failed")
    return json.loads(done.stdout.strip().splitlines()[-1])


def hangtag_bench(binary, model, rounds):
    done = subprocess.run(
        [binary, "-q", "bench", "--model", model, "--rounds", str(rounds), "--lora", "--json"],
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def hangtag_small(binary, model, dtype, taxonomy, photos):
    def run(paths):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            subprocess.run(
                [binary, "-q", "predict", "--model", model, "--taxonomy", taxonomy, "--dtype", dtype, "--out",
                 f"{folder}/out.jsonl", *map(str, paths)],
                check=True,
            )  # fmt: skip
            return time.perf_counter() - start

    start_up = run(photos[:1])
    return {"photos_per_second": (len(photos) - 1) / (run(photos) - start_up)}


def print_table(rows):
    print(f"{'':44} {'transformers':>14} {'hangtag':>12} {'ratio':>8}")
    for name, theirs, ours, ratio in rows:
        print(f"{name:44} {theirs:>14.3f} {ours:>12.3f} {ratio:>7.1f}x")


def compare_product(arguments):
    theirs = {}
    before = hangtag_bench(arguments.hangtag, arguments.int8, arguments.rounds)
    for dtype in arguments.dtypes.split(","):
        theirs[dtype] = in_own_process(transformers_product, arguments.model, dtype, arguments.rounds)
        if dtype == "bfloat16":  # float32 with gradients does not fit beside a full-size model
            theirs[dtype] |= in_own_process(transformers_lora, arguments.model, dtype, arguments.rounds)
        print(f"transformers {dtype}: {json.dumps(theirs[dtype])}", file=sys.stderr)
    after = hangtag_bench(arguments.hangtag, arguments.int8, arguments.rounds)
    ours = {key: min(before[key], after[key]) for key in before if key.endswith("_seconds") or key.endswith("_example")}

    def quickest(key):
        return min(side[key] for side in theirs.values() if key in side)

    rows = [
        (name, quickest(key), ours[own], quickest(key) / ours[own])
        for name, key, own in [
            ("eight attributes, one by one (s)", "one_by_one_seconds", "product_seconds"),
            ("eight attributes, in one batch (s)", "one_batch_seconds", "product_seconds"),
            ("vision tower (s)", "vision_tower_seconds", "vision_tower_seconds"),
            ("LoRA, features kept (s an example)", "lora_seconds_per_example", "lora_seconds_per_example"),
        ]
        if any(key in side for side in theirs.values())
    ]
    memory = quickest("peak_memory_bytes") / 1e9, before["peak_memory_bytes"] / 1e9
    rows.append(("peak memory (GB)", *memory, memory[0] / memory[1]))
    print_table(rows)
    print(f"vision tower: {before['vision_tower_share_of_int8_peak']:.0%} of the 8-bit product's own speed")
    return {"transformers": theirs, "hangtag": [before, after], "rows": rows}


def compare_small(arguments):
    photos = sorted(Path(arguments.photos).iterdir())[: arguments.count]
    theirs = {
        dtype: in_own_process(transformers_small, arguments.small, dtype, [str(photo) for photo in photos])
        for dtype in arguments.dtypes.split(",")
    }
    ours = {dtype: hangtag_small(arguments.hangtag, arguments.small, dtype, arguments.taxonomy, photos)
            for dtype in ("float32", "int8")}  # fmt: skip
    quickest = max(side["photos_per_second"] for side in theirs.values())
    rows = [(f"photos a second, hangtag in {dtype}", quickest, side["photos_per_second"], side["photos_per_second"] / quickest)
            for dtype, side in ours.items()]  # fmt: skip
    print_table(rows)
    return {"transformers": theirs, "hangtag": ours, "photos": len(photos)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hangtag", default=str(ROOT / "build/release/bin/hangtag"), help="the program")
    parser.add_argument("--model", help="a checkpoint, as transformers loads it")
    parser.add_argument("--int8", help="what `hangtag quantize` made of it")
    parser.add_argument("--small", help="a small checkpoint")
    parser.add_argument("--photos", help="a folder of photos for it")
    parser.add_argument("--count", type=int, default=512, help="how many of them")
    parser.add_argument("--taxonomy", help="the values for it")
    parser.add_argument("--dtypes", default="bfloat16,float32", help="of transformers")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", help="write every figure here")
    arguments = parser.parse_args()
    if arguments.model and arguments.int8:
        result = compare_product(arguments)
    elif arguments.small and arguments.photos and arguments.taxonomy:
        result = compare_small(arguments)
    else:
        parser.error("give --model and --int8, or --small, --photos and --taxonomy")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
