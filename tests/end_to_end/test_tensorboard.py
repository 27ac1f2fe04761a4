"""The curves are there for TensorBoard's own reader."""

import json

import pytest
from program import drawn_data, hangtag
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def test_tensorboard_reads_what_metrics_say(tmp_path):
    data, run = drawn_data(tmp_path, 60), tmp_path / "run"
    options = ["--from-scratch", "tiny", "--method", "full", "--data", data, "--out", run, "--batch-size", 8, "--epochs", 3]
    hangtag("train", *options)
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for event, key in [("step", "train_loss"), ("step", "learning_rate"), ("epoch", "validation_loss"), ("epoch", "validation_exact")]:
        expected = [line[key] for line in lines if line["event"] == event]
        scalars = events.Scalars(f"{event}/{key}")
        assert expected and [scalar.value for scalar in scalars] == pytest.approx(expected, rel=1e-6)
    assert [scalar.step for scalar in events.Scalars("step/train_loss")] == [line["step"] for line in lines if line["event"] == "step"]
