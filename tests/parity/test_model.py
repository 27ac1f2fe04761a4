"""hangtag's model against transformers and PEFT, on small random BLIP-2 checkpoints that transformers writes.

The three checkpoints differ in every size, and in how they lie on disk. See probe.py for the environment.
"""

import io
import json
from dataclasses import dataclass, field

import pytest
import sentencepiece
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image
from probe import probe
from random_weights import fill
from safetensors.torch import load_file
from transformers import (
    AutoTokenizer,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    Blip2QFormerConfig,
    Blip2VisionConfig,
    T5Config,
)

# fp32: both sides add the same numbers in another order.
TOLERANCE = 1e-4
# Half precision: the norm of the difference against the norm of the logits. bf16 keeps 8 bits, fp16 11.
RELATIVE_TOLERANCE = {torch.bfloat16: 0.03, torch.float16: 0.004}
MAX_NEW_TOKENS = 12
PAD, EOS = 0, 1

PROMPTS = [
    "Question: What is the fabric of the clothing in this picture? Answer: ",
    "Fabric: ",
    "Question: What is the sleeve length? Answer: ",
    "Describe the clothing in this picture, its neck, its fabric and its pattern: ",
]
ANSWERS = ["Cotton", "Sleeve Length: Long Sleeves", "Linen", "Fabric: Cotton, Long Sleeves"]


@dataclass
class Shape:
    """A checkpoint to make. Without `image_token`, as older processors had it: config.json does not know "<image>"."""

    name: str
    vision: dict
    qformer: dict
    text: dict
    num_query_tokens: int
    image_token: bool
    tied: bool
    dtype: torch.dtype
    targets: list | str
    lora: dict
    seed: int  # this and `end_scale` are such that the answers differ in length
    end_scale: float  # of the end token's row in the last layer: how often it is chosen
    save: dict = field(default_factory=dict)

    def __str__(self):
        return self.name


SHAPES = [
    Shape(
        name="sharded-untied",
        vision=dict(hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=3, image_size=28,
                    patch_size=7),
        qformer=dict(hidden_size=20, intermediate_size=28, num_hidden_layers=3, num_attention_heads=2,
                     cross_attention_frequency=2),
        text=dict(vocab_size=331, d_model=32, d_kv=6, d_ff=44, num_layers=2, num_decoder_layers=3, num_heads=4,
                  relative_attention_num_buckets=8, relative_attention_max_distance=16, feed_forward_proj="gated-gelu",
                  scale_decoder_outputs=False),
        num_query_tokens=5, image_token=True, tied=False, dtype=torch.float32, targets=["q", "v"],
        lora=dict(r=3, lora_alpha=7, rank_pattern={r"block\.1\.layer\.0\.SelfAttention\.q": 2, "EncDecAttention.v": 5},
                  alpha_pattern={"EncDecAttention.v": 11}, modules_to_save=["language_projection"]), seed=9, end_scale=2, save=dict(max_shard_size="30KB"),
    ),
    Shape(
        name="old-fp16",
        vision=dict(hidden_size=30, intermediate_size=50, num_hidden_layers=3, num_attention_heads=5, image_size=30,
                    patch_size=8, qkv_bias=False, layer_norm_eps=1e-5),
        qformer=dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
                     cross_attention_frequency=1),
        text=dict(vocab_size=317, d_model=28, d_kv=10, d_ff=60, num_layers=3, num_decoder_layers=2, num_heads=2,
                  relative_attention_num_buckets=12, relative_attention_max_distance=20, feed_forward_proj="relu",
                  scale_decoder_outputs=True, layer_norm_epsilon=1e-5),
        num_query_tokens=7, image_token=False, tied=True, dtype=torch.float16,
        targets=r"language_model\.decoder\..*(SelfAttention|EncDecAttention)\.(q|k|o)|language_projection|.*\.wi",
        lora=dict(r=5, lora_alpha=4, use_rslora=True), seed=8, end_scale=3,
    ),
    Shape(
        name="tied-bf16",
        vision=dict(hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, image_size=48,
                    patch_size=16, hidden_act="gelu_pytorch_tanh"),
        qformer=dict(hidden_size=36, intermediate_size=22, num_hidden_layers=4, num_attention_heads=6,
                     cross_attention_frequency=3, hidden_act="relu"),
        text=dict(vocab_size=352, d_model=40, d_kv=7, d_ff=24, num_layers=1, num_decoder_layers=4, num_heads=5,
                  relative_attention_num_buckets=16, relative_attention_max_distance=24, feed_forward_proj="gated-silu",
                  scale_decoder_outputs=False),
        num_query_tokens=3, image_token=True, tied=True, dtype=torch.bfloat16,
        targets=["qkv", "projection", "fc1", "query", "dense", "language_projection", "o", "wi_0", "wi_1", "wo"],
        lora=dict(r=2, lora_alpha=5), seed=12, end_scale=2,
    ),
]  # fmt: skip


def make_checkpoint(shape, tokenizer, folder):
    config = Blip2Config(
        vision_config=Blip2VisionConfig(**shape.vision).to_dict(),
        qformer_config=Blip2QFormerConfig(**shape.qformer).to_dict(),
        text_config=T5Config(decoder_start_token_id=PAD, pad_token_id=PAD, eos_token_id=EOS, **shape.text).to_dict(),
        num_query_tokens=shape.num_query_tokens,
        image_token_index=len(tokenizer) if shape.image_token else None,
    )
    model = Blip2ForConditionalGeneration(config)
    if not shape.tied:
        model.language_model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.language_model.shared.weight))
    fill(model, seed=shape.seed)
    model.get_output_embeddings().weight.data[EOS] *= shape.end_scale
    model.to(shape.dtype).save_pretrained(folder, **shape.save)

    side = shape.vision["image_size"]
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"image_processor_type": "BlipImageProcessor", "size": {"height": side, "width": side}})
    )
    if shape.image_token:
        image_token = {"image_token": "<image>"}
        tokenizer = AutoTokenizer.from_pretrained(tokenizer.name_or_path, extra_special_tokens=image_token)
    else:
        path = folder / "config.json"
        config = json.loads(path.read_text())
        config.pop("image_token_index", None)
        path.write_text(json.dumps(config))
    tokenizer.save_pretrained(folder)
    return folder


class Reference:
    """A checkpoint as transformers has it."""

    def __init__(self, shape, folder, tokenizer):
        self.shape = shape
        self.folder = folder
        torch.manual_seed(7)
        side = shape.vision["image_size"]
        prompts = tokenizer(PROMPTS, padding=True, return_tensors="pt")
        answers = tokenizer(ANSWERS, padding=True, return_tensors="pt")
        self.inputs = {
            "pixel_values": torch.randn(len(PROMPTS), 3, side, side),
            "input_ids": prompts.input_ids,
            "attention_mask": prompts.attention_mask,
            "labels": answers.input_ids.masked_fill(answers.attention_mask == 0, -100),
        }
        assert 0 in self.inputs["attention_mask"] and -100 in self.inputs["labels"]

    def load(self, dtype=torch.float32, folder=None):
        return Blip2ForConditionalGeneration.from_pretrained(folder or self.folder, dtype=dtype).eval()

    def sequence(self, model):
        """What transformers' model takes: placeholders in front of the text, or, of old, the embeddings themselves."""
        mask = self.inputs["attention_mask"]
        front = torch.ones(len(mask), self.shape.num_query_tokens, dtype=mask.dtype)
        mask = torch.cat([front, mask], 1)
        if self.shape.image_token:
            ids = torch.cat([front * model.config.image_token_index, self.inputs["input_ids"]], 1)
            return model, {"pixel_values": self.inputs["pixel_values"], "input_ids": ids, "attention_mask": mask}
        embeddings = model.get_input_embeddings()(self.inputs["input_ids"])
        features = self.features(model).to(embeddings.dtype)
        return model.language_model, {"inputs_embeds": torch.cat([features, embeddings], 1), "attention_mask": mask}

    def features(self, model):
        return model.get_image_features(self.inputs["pixel_values"]).pooler_output

    def forward(self, model):
        """`model` may be wrapped by PEFT."""
        target, inputs = self.sequence(model.get_base_model() if isinstance(model, PeftModel) else model)
        outputs = target(**inputs, labels=self.inputs["labels"])
        outputs.logits = of_answers(outputs.logits, self.inputs["labels"])
        return outputs

    @torch.no_grad()
    def generate(self, model, num_beams):
        target, inputs = self.sequence(model)
        # Without a cache: transformers makes one with as many layers as the encoder has, and the decoder may have more.
        ids = target.generate(
            **inputs, max_new_tokens=MAX_NEW_TOKENS, num_beams=num_beams, do_sample=False, length_penalty=1.0,
            early_stopping=False, pad_token_id=PAD, eos_token_id=EOS, decoder_start_token_id=PAD, use_cache=False,
        )  # fmt: skip
        return [until_end(row[1:]) for row in ids.tolist()]

    def probe(self, folder, inputs=None, **request):
        request = {"model": self.folder, "max_new_tokens": MAX_NEW_TOKENS, **request}
        inputs = inputs or self.inputs
        ours = probe(inputs=inputs, folder=folder, **request)
        ours["logits"] = of_answers(ours["logits"], inputs["labels"])
        return ours


def of_answers(logits, labels):
    """Zero behind the end of an answer, where logits mean nothing and hangtag does not compute them."""
    return logits.masked_fill((labels == -100).unsqueeze(-1), 0)


def until_end(ids):
    return ids[: ids.index(EOS) + 1] if EOS in ids else ids


def answers_of(ids):
    """parity_probe's rows, with -1 behind their ends."""
    return [[id for id in row if id != -1] for row in ids.tolist()]


def difference(ours, theirs):
    assert ours.shape == theirs.shape
    return (ours.float() - theirs.float()).abs().max().item()


def relative_difference(ours, theirs):
    assert ours.shape == theirs.shape
    return ((ours.float() - theirs.float()).norm() / theirs.float().norm()).item()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(PROMPTS + ANSWERS), model_writer=model, vocab_size=150, hard_vocab_limit=False,
        model_type="unigram", pad_id=PAD, eos_id=EOS, unk_id=2, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    (folder / "spiece.model").write_bytes(model.getvalue())
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer"}')
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def reference(request, tokenizer, tmp_path_factory):
    folder = make_checkpoint(request.param, tokenizer, tmp_path_factory.mktemp(request.param.name))
    return Reference(request.param, folder, tokenizer)


def test_checkpoints_are_what_they_should_be(reference):
    shape, config = reference.shape, json.loads((reference.folder / "config.json").read_text())
    assert ("image_token_index" in config) == shape.image_token
    shards = sorted(reference.folder.glob("*.safetensors"))
    assert (len(shards) > 1) == bool(shape.save)
    tensors = {name: tensor for shard in shards for name, tensor in load_file(shard).items()}
    assert ("language_model.lm_head.weight" in tensors) == (not shape.tied)
    assert {tensor.dtype for tensor in tensors.values()} == {shape.dtype}
    assert shape.text["d_kv"] * shape.text["num_heads"] != shape.text["d_model"]


@torch.no_grad()
def test_logits_loss_and_answers(reference, tmp_path):
    model = reference.load()
    expected = reference.forward(model)
    ours = reference.probe(tmp_path)
    worst = {
        "features": difference(ours["features"], reference.features(model)),
        "logits": difference(ours["logits"], expected.logits),
        "loss": difference(ours["loss"], expected.loss),
    }
    print(worst, f"logits up to {expected.logits.abs().max():.1f}")
    assert max(worst.values()) <= TOLERANCE
    # What differs between photos, and between their texts, is far above the tolerance.
    assert difference(ours["features"][0], ours["features"][1]) > 0.1
    assert difference(expected.logits[0, 0], expected.logits[1, 0]) > 0.1

    for name, num_beams in {"greedy": 1, "beam3": 3}.items():
        answers = reference.generate(model, num_beams)
        print(name, [len(answer) for answer in answers])
        assert answers_of(ours[name]) == answers
        assert len({len(answer) for answer in answers}) > 1 and any(EOS in answer for answer in answers)


def test_batch_equals_its_rows(reference, tmp_path):
    batch = reference.probe(tmp_path)
    worst = 0
    for i, length in enumerate(reference.inputs["attention_mask"].sum(1)):
        row = {name: tensor[i : i + 1] for name, tensor in reference.inputs.items()}
        row["input_ids"], row["attention_mask"] = row["input_ids"][:, :length], row["attention_mask"][:, :length]
        alone = reference.probe(tmp_path, row)
        worst = max(worst, difference(alone["logits"][0], batch["logits"][i]))
        for name in ("greedy", "beam3"):
            assert answers_of(alone[name])[0] == answers_of(batch[name])[i]
    print(f"logits {worst:.1e}")
    assert worst <= TOLERANCE


@torch.no_grad()
@pytest.mark.parametrize("dtype", RELATIVE_TOLERANCE, ids=str)
def test_half_precision(reference, dtype, tmp_path):
    name = str(dtype).removeprefix("torch.")
    ours = reference.probe(tmp_path, dtype=name)["logits"]
    expected = reference.forward(reference.load(dtype)).logits
    assert ours.dtype == expected.dtype == dtype
    relative = relative_difference(ours, expected)
    rounding = relative_difference(expected, reference.forward(reference.load()).logits)
    print(f"{name}: logits {relative:.1e} of their norm; transformers' own rounding {rounding:.1e}")
    assert relative <= RELATIVE_TOLERANCE[dtype]


def test_saved_checkpoint_loads_in_transformers(reference, tokenizer, tmp_path):
    shape = reference.shape
    name = str(shape.dtype).removeprefix("torch.")
    folder = tmp_path / "saved"
    reference.probe(tmp_path, save=folder, dtype=name)
    model, info = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not any(info.values()), info
    original = reference.load()
    for section in ("vision_config", "qformer_config", "text_config"):
        assert getattr(model.config, section).to_dict() == getattr(original.config, section).to_dict()
    for key, weight in original.state_dict().items():
        assert torch.equal(weight, model.state_dict()[key]), key
    with torch.no_grad():
        assert torch.equal(reference.forward(model.eval()).logits, reference.forward(original).logits)

    processor = Blip2Processor.from_pretrained(folder)
    text = PROMPTS[0] + ANSWERS[0]
    inputs = processor(images=Image.new("RGB", (50, 70), "teal"), text=text, return_tensors="pt")
    images = [model.config.image_token_index] * shape.num_query_tokens if shape.image_token else []
    assert inputs.input_ids[0].tolist() == images + tokenizer.encode(text)
    assert inputs.pixel_values.shape == reference.inputs["pixel_values"][:1].shape


@pytest.fixture
def adapted(reference, tmp_path):
    """The model under a LoRA adapter that PEFT made and saved, and the adapter's folder."""
    torch.manual_seed(11)
    config = LoraConfig(target_modules=reference.shape.targets, lora_dropout=0.0, **reference.shape.lora)
    model = get_peft_model(reference.load(), config).eval()
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data.normal_(std=weight.shape[1] ** -0.5 / 4)
        if "modules_to_save" in name:
            weight.data += torch.randn_like(weight) / 10
    model.save_pretrained(tmp_path / "adapter")
    return model, tmp_path / "adapter"


def test_adapter(reference, adapted, tmp_path):
    model, adapter = adapted
    expected = reference.forward(model)
    expected.loss.backward()
    gradients = {
        name.replace(".modules_to_save.default", "").replace(".default.", "."): weight.grad for name, weight in model.named_parameters() if weight.requires_grad
    }
    assert gradients.keys() == load_file(adapter / "adapter_model.safetensors").keys()

    ours = reference.probe(tmp_path, adapter=adapter, gradients=True)
    assert {name for name in ours if name.startswith("base_model.")} == gradients.keys()
    worst = {
        "logits": difference(ours["logits"], expected.logits),
        "loss": difference(ours["loss"], expected.loss),
        "gradients": max(difference(ours[name], gradient) for name, gradient in gradients.items()),
    }
    plain = reference.probe(tmp_path)
    effect = difference(plain["logits"], expected.logits)
    largest = max(gradient.abs().max().item() for gradient in gradients.values())
    print(worst, f"{len(gradients)} gradients up to {largest:.2g}, the adapter's effect {effect:.2g}")
    assert max(worst.values()) <= TOLERANCE
    assert effect > 0.1 and largest > 0.01 and all(gradient.any() for gradient in gradients.values())


@torch.no_grad()
def test_merged_adapter(reference, adapted, tmp_path):
    model, adapter = adapted
    folder = tmp_path / "merged"
    ours = reference.probe(tmp_path, adapter=adapter, merge=True, save=folder)
    merged = reference.forward(model.merge_and_unload()).logits
    again = reference.forward(reference.load(folder=folder)).logits
    worst = {"merged": difference(ours["logits"], merged), "saved": difference(again, merged)}
    print(worst)
    assert max(worst.values()) <= TOLERANCE


@torch.no_grad()
def test_saved_adapter_loads_in_peft(reference, adapted, tmp_path, recwarn):
    model, adapter = adapted
    saved = tmp_path / "saved_adapter"
    reference.probe(tmp_path, adapter=adapter, save_adapter=saved)
    recwarn.clear()
    again = PeftModel.from_pretrained(reference.load(), saved).eval()
    assert not [str(warning.message) for warning in recwarn if "adapter" in str(warning.message)]
    assert torch.equal(reference.forward(again).logits, reference.forward(model).logits)
