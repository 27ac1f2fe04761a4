"""hangtag's tokenizer against transformers: the same ids and the same text back, without a single exception.

HANGTAG_BIN     folder of the built executables (default: build/bin)
HANGTAG_SHARED  folder with data/t5-tokenizer (default: ../shared); tests that need it skip where it is absent
HANGTAG_FASHION folder with styles.csv; its product names are used where it is set
"""

import csv
import io
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
import sentencepiece
import tokenizers
from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("HANGTAG_BIN", ROOT / "build" / "bin"))
T5 = Path(os.environ.get("HANGTAG_SHARED", ROOT.parent / "shared")) / "data" / "t5-tokenizer"
FASHION = os.environ.get("HANGTAG_FASHION")

PROMPTS = [
    "Question: What is the fabric of the clothing in this picture? Answer: ",
    "Question: What is the sleeve length of the clothing in this picture? Answer: ",
    "Fabric: Cotton",
    "Sleeve Length: Long Sleeves",
]
CORPUS = PROMPTS + [
    f"{adjective} {colour} {garment} for {who}, {fabric}"
    for adjective in ("Striped", "Checked", "Plain", "Printed", "Café-style")
    for colour in ("Navy Blue", "Off White", "Grey Melange", "Burgundy")
    for garment in ("Shirt", "T-shirt", "Polo", "Kurta")
    for who in ("Men", "Women", "Boys", "Girls")
    for fabric in ("100% cotton", "linen", "modal & viscose")
]
CORNERS = [
    "", " ", "   ", "\t", "\n", "\0", "a\0b", "  leading", "trailing  ", "two  spaces", "a \u2581 b", "\u2581", "\u2581\u2581x",
    "<extra_id_0>", "a<extra_id_0>b <extra_id_1> c", "  <extra_id_99>  ", "<extra_id_100>", "<extra_id_1", "</s>", "x</s>",
    "<pad> <unk>", "<unk", "<image>", "e\u0301", "\u00e9", "A\u030a", "\ufdfa", "\ufb01ne", "\u2460\u0301", "\u00aa\u0301",
    "\u0e33", "\r\n", "a\r\nb", "\u200b", "a\u200db", "\u00ad", "\u0085", "\u2028", "\u3000x\u3000", "\ufeffx", "\ufffd",
    "👩‍👩‍👧‍👦", "🇪🇸🇫🇷", "👍🏽", "कर्म", "가각", "각", "שלום", "مرحبا", "日本語のテキスト", "ＦＵＬＬ", "½ ² ™", "10 €", "n't don't I'm we've you're he's",
    "Hello , world . What ? Yes ! it ' s", "x" * 3000, "日" * 500, "é" * 500, "word " * 500, "\U0010ffff\ue000",
]
ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    " .,;:!?'\"-_/&%()[]<>@#",
    " \t\n\r\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u0085",
    "áàâäãåæçéèêëíñóöøœßúüýÿşğİıłżŁđĐþÞðÐªº¹²³¼½¾",
    "\u0300\u0301\u0302\u0308\u030a\u0327\u0328\u0338\u20d0\u20e3\ufe0f\ufe0e\u200d\u200c\u200b\u00ad\u2060\ufeff",
    "日本語中文한국어カタカナひらがなｶﾀｶﾅ①②③㍿㌔ﬁﬂﷺﷲ𝒜𝟘𐍈",
    "😀😍👍🏽🏿👩👨👧❤🇪🇸🇫🇷",
    "\0\x01\x07\x1b\x7f\u0080\u009f",
    "привет мир שלום مرحبا नमस्ते สวัสดี",
    "\u2581",
]
SPECIALS = ["<extra_id_0>", "<extra_id_17>", "<pad>", "</s>", "<unk>", "<image>", "<extra_id_", "</s", "  "]


def random_texts(count, seed=20260101):
    rng = random.Random(seed)
    texts = []
    for _ in range(count):
        alphabets = rng.sample(ALPHABETS, rng.randint(1, 4))
        parts = []
        for _ in range(rng.randint(1, 40)):
            kind = rng.random()
            if kind < 0.05:
                parts.append(rng.choice(SPECIALS))
            elif kind < 0.1:
                parts.append(chr(rng.choice([rng.randrange(0x20, 0xD800), rng.randrange(0xE000, 0x30000)])))
            elif kind < 0.2:
                parts.append(rng.choice(["cotton", "shirt", " the", " Sleeve", " Length"]))
            else:
                parts.append(rng.choice(rng.choice(alphabets)))
        texts.append("".join(parts))
    return texts


def graphemes():
    """Every character of the basic plane behind one that only a grapheme of its own lets be replaced."""
    return [f"\u00aa{chr(c)}b" for c in range(1, 0x10000) if not 0xD800 <= c < 0xE000]


def product_names():
    if not FASHION:
        return []
    text = (Path(FASHION) / "styles.csv").read_text(encoding="utf-8", errors="replace")
    return [row[9] for row in csv.reader(io.StringIO(text), quoting=csv.QUOTE_NONE) if len(row) > 9]


def run(tokenizer_path, texts, encode, decode, folder, save=None):
    """Lets hangtag's own test compare; returns its output."""
    cases = folder / "cases.jsonl"
    with cases.open("w", encoding="utf-8") as lines:
        for text in texts:
            ids = encode(text)
            line = {"text": text, "ids": ids, "decoded": decode(ids, True), "decoded_special": decode(ids, False)}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    program = BIN / "text_test"
    assert program.exists(), f"{program} is not built; set HANGTAG_BIN"
    environment = dict(os.environ, HANGTAG_TOKENIZER=str(tokenizer_path), HANGTAG_TOKENIZER_CASES=str(cases))
    if save:
        environment["HANGTAG_TOKENIZER_SAVE"] = str(save)
    result = subprocess.run(
        [program, "--gtest_filter=TokenizerParity.*"], env=environment, capture_output=True, text=True, errors="replace"
    )
    output = result.stdout + result.stderr
    print(output)
    assert result.returncode == 0, output
    assert "SKIPPED" not in output, output
    assert f"{len(texts)} strings, 0 differ" in output, output


def check_folder(tokenizer_path, texts, folder, save=None):
    """The folder as transformers loads it."""
    reference = AutoTokenizer.from_pretrained(tokenizer_path)
    run(
        tokenizer_path, texts, lambda text: reference.encode(text),
        lambda ids, skip: reference.decode(ids, skip_special_tokens=skip), folder, save,
    )  # fmt: skip
    return reference


@pytest.fixture(scope="module")
def texts():
    return PROMPTS + CORNERS + random_texts(8000) + product_names()


@pytest.fixture
def trained(tmp_path):
    """A folder with a small spiece.model, made by the Python package."""
    folder = tmp_path / "trained"
    folder.mkdir()
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=300, hard_vocab_limit=False, model_type="unigram",
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    (folder / "spiece.model").write_bytes(model.getvalue())
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer"}')
    return folder


def test_trained_model(trained, texts, tmp_path):
    check_folder(trained, texts, tmp_path)


def test_model_without_sentinels(trained, texts, tmp_path):
    config = {"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "additional_special_tokens": ["<image>"]}
    (trained / "tokenizer_config.json").write_text(json.dumps(config))
    check_folder(trained, texts, tmp_path)


def test_saved_folder_loads_in_transformers(trained, texts, tmp_path):
    reference = check_folder(trained, texts, tmp_path, save=tmp_path / "saved")
    assert (tmp_path / "saved" / "spiece.model").read_bytes() == (trained / "spiece.model").read_bytes()
    again = check_folder(tmp_path / "saved", texts, tmp_path)
    assert type(again) is type(reference) and len(again) == len(reference)
    assert [again.encode(text) for text in texts] == [reference.encode(text) for text in texts]
    raw = tokenizers.Tokenizer.from_file(str(tmp_path / "saved" / "tokenizer.json"))
    assert [raw.encode(text).ids for text in texts] == [reference.encode(text) for text in texts]


@pytest.fixture
def t5(tmp_path):
    if not T5.exists():
        pytest.skip(f"{T5} is absent; set HANGTAG_SHARED")
    return T5


def test_t5_folder(t5, texts, tmp_path):
    check_folder(t5, texts, tmp_path)


def test_t5_graphemes(t5, tmp_path):
    check_folder(t5, graphemes(), tmp_path)


def test_t5_sentencepiece(t5, texts, tmp_path):
    folder = tmp_path / "sentencepiece"
    folder.mkdir()
    shutil.copyfile(t5 / "spiece.rebuilt.model", folder / "spiece.model")
    shutil.copyfile(t5 / "tokenizer_config.json", folder / "tokenizer_config.json")
    check_folder(folder, texts, tmp_path)


def test_t5_file_word_for_word(t5, texts, tmp_path):
    path = t5 / "tokenizer.json"
    reference = tokenizers.Tokenizer.from_file(str(path))
    run(
        path, texts, lambda text: reference.encode(text).ids,
        lambda ids, skip: reference.decode(ids, skip_special_tokens=skip), tmp_path,
    )  # fmt: skip


@pytest.mark.parametrize("listed_in_config", [True, False])
def test_t5_with_image_token(t5, texts, tmp_path, listed_in_config):
    """As newer BLIP-2 checkpoints have it. transformers goes by tokenizer_config.json where that lists added tokens."""
    folder = tmp_path / "image"
    folder.mkdir()
    token = {"content": "<image>", "special": True, "normalized": False}
    token |= {"single_word": False, "lstrip": False, "rstrip": False}
    definition = json.loads((t5 / "tokenizer.json").read_text())
    definition["added_tokens"].append({"id": 32100, **token})
    config = json.loads((t5 / "tokenizer_config.json").read_text())
    if listed_in_config:
        config["added_tokens_decoder"]["32100"] = token
    (folder / "tokenizer.json").write_text(json.dumps(definition))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    reference = check_folder(folder, texts, tmp_path, save=tmp_path / "saved")
    assert len(reference) == (32101 if listed_in_config else 32100)
    again = AutoTokenizer.from_pretrained(tmp_path / "saved")
    assert len(again) == len(reference)
    assert [again.encode(text) for text in texts] == [reference.encode(text) for text in texts]


def test_t5_token_that_takes_spaces_along(t5, texts, tmp_path):
    """Added tokens of the other kinds: they strip, and they are looked for in the normalised text."""
    path = tmp_path / "tokenizer.json"
    definition = json.loads((t5 / "tokenizer.json").read_text())
    for id, (content, flags) in enumerate(
        {"<image>": {"lstrip": True, "rstrip": True}, "ﬁne": {"normalized": True, "special": False}}.items(), 32100
    ):
        token = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        definition["added_tokens"].append({"id": id, "content": content, **token, **flags})
    path.write_text(json.dumps(definition))
    reference = tokenizers.Tokenizer.from_file(str(path))
    texts = texts + ["a <image> b", "<image>  <image>", "so fine", "ﬁne", " \u00a0<image>\n", "a\u0300<image> ﬁneﬁne x"]
    run(
        path, texts, lambda text: reference.encode(text).ids,
        lambda ids, skip: reference.decode(ids, skip_special_tokens=skip), tmp_path,
    )  # fmt: skip
