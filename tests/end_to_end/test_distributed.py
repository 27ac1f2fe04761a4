"""Training by several processes: `mpirun -n 2 hangtag train …` against one process.

HANGTAG_BIN     folder of the built executables (default: build/release/bin)
"""

import csv
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HANGTAG = Path(os.environ.get("HANGTAG_BIN", ROOT / "build" / "release" / "bin")) / "hangtag"
# For whatever machine the tests run on: as root, with fewer cores than processes, and without a network.
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "btl", "self,vader", "-n", "2"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def run(*command, check=True):
    result = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=300)
    assert not check or result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("distributed")
    run(HANGTAG, "-q", "sample", "--out", folder / "catalogue", "--products", "60")
    run(HANGTAG, "-q", "prepare", "--catalog", folder / "catalogue", "--out", folder / "data")
    return folder / "data"


def train(data, out, *options, epochs=2):
    return [HANGTAG, "-q", "train", "--from-scratch", "tiny", "--method", "full", "--data", data, "--out", out, "--epochs", str(epochs),
            "--learning-rate", "0.001", *map(str, options)]


def losses(out):
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [(line["train_loss_mean"], line["validation_loss"]) for line in lines if line["event"] == "epoch"]


def test_two_processes_train_as_one_with_twice_the_batch(data, tmp_path):
    run(*MPIRUN, *train(data, tmp_path / "two", "--batch-size", 16))
    run(*train(data, tmp_path / "one", "--batch-size", 32))
    two, one = losses(tmp_path / "two"), losses(tmp_path / "one")
    assert len(one) == 2
    for ours, theirs in zip(two, one, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_augmented_photos_are_the_same_whichever_process_takes_them(data, tmp_path):
    run(*MPIRUN, *train(data, tmp_path / "two", "--batch-size", 16, "--augment"))
    run(*train(data, tmp_path / "one", "--batch-size", 16, "--accumulate", 2, "--augment"))
    for ours, theirs in zip(losses(tmp_path / "two"), losses(tmp_path / "one"), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_lora_encodes_each_photo_in_one_process(data, tmp_path):
    run(*train(data, tmp_path / "base", "--batch-size", 32))
    lora = ["--model", tmp_path / "base" / "last", "--data", data, "--epochs", "2", "--lora-dropout", "0"]
    run(*MPIRUN, HANGTAG, "-q", "train", *lora, "--batch-size", "16", "--out", tmp_path / "two")
    run(HANGTAG, "-q", "train", *lora, "--batch-size", "32", "--out", tmp_path / "one")
    for ours, theirs in zip(losses(tmp_path / "two"), losses(tmp_path / "one"), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_a_process_that_dies_ends_the_job_and_leaves_a_run_to_resume(data, tmp_path):
    out = tmp_path / "run"
    command = [*MPIRUN, *train(data, out, "--batch-size", 16, "--save-every", "0.2", epochs=200)]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT)
    deadline = time.monotonic() + 120
    while not (out / "metrics.jsonl").exists() or not losses(out):
        assert time.monotonic() < deadline and job.poll() is None, job.stdout.read()
        time.sleep(0.1)
    children = subprocess.run(["pgrep", "-P", str(job.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) == 2
    os.kill(int(children[1]), signal.SIGKILL)
    output, _ = job.communicate(timeout=60)
    assert job.returncode != 0
    assert "signal 9" in output
    resumed = run(*train(data, out, "--batch-size", 16, "--resume", epochs=200), check=False)
    assert resumed.returncode == 2 and "batches_a_step" in resumed.stderr, "one process alone takes half as many batches a step"
    # Two processes go on, then one that does the work of both.
    for again in [*command, "--resume"], train(data, out, "--batch-size", 16, "--resume", "--accumulate", 2, epochs=200):
        before = len(losses(out))
        job = subprocess.Popen(again, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT)
        while len(losses(out)) < before + 2:
            assert time.monotonic() < deadline and job.poll() is None, job.stdout.read()
            time.sleep(0.1)
        job.send_signal(signal.SIGTERM)
        output, _ = job.communicate(timeout=60)
        assert "--resume goes on" in output
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    epochs = [line["epoch"] for line in lines if line["event"] == "epoch"]
    assert epochs == list(range(1, len(epochs) + 1))


def test_an_error_is_said_and_ends_all_processes(data, tmp_path):
    rows = list(csv.reader((data / "products.csv").open()))
    (tmp_path / "empty").mkdir()
    result = run(*MPIRUN, *train(data, tmp_path / "run", "--images", tmp_path / "empty"), check=False)
    assert result.returncode != 0
    assert any(row[2] in result.stderr for row in rows[1:]), "names a photo that is not there"
