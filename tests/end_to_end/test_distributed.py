"""Training by several processes: `mpirun -n 2 hangtag train …` against one process."""

import csv
import os
import signal
import subprocess
import time

import pytest
from program import ENVIRONMENT, HANGTAG, drawn_data, epochs, run

# For whatever machine the tests run on: as root, with fewer cores than processes, and without a network.
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "btl", "self,vader", "-n", "2"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn_data(tmp_path_factory.mktemp("distributed"), 60)


def train(data, out, *options, passes=2):
    return [HANGTAG, "-q", "train", "--from-scratch", "tiny", "--method", "full", "--data", data, "--out", out, "--epochs", str(passes),
            "--learning-rate", "0.001", *map(str, options)]


def losses(out):
    return [(epoch["train_loss_mean"], epoch["validation_loss"]) for epoch in epochs(out)]


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
    command = [*MPIRUN, *train(data, out, "--batch-size", 16, "--save-every", "0.2", passes=200)]
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
    resumed = run(*train(data, out, "--batch-size", 16, "--resume", passes=200), check=False)
    assert resumed.returncode == 2 and "batches_a_step" in resumed.stderr, "one process alone takes half as many batches a step"
    # Two processes go on, then one that does the work of both.
    for again in [*command, "--resume"], train(data, out, "--batch-size", 16, "--resume", "--accumulate", 2, passes=200):
        before = len(losses(out))
        job = subprocess.Popen(again, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT)
        while len(losses(out)) < before + 2:
            assert time.monotonic() < deadline and job.poll() is None, job.stdout.read()
            time.sleep(0.1)
        job.send_signal(signal.SIGTERM)
        output, _ = job.communicate(timeout=60)
        assert "--resume goes on" in output
    numbers = [epoch["epoch"] for epoch in epochs(out)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_error_is_said_and_ends_all_processes(data, tmp_path):
    rows = list(csv.reader((data / "products.csv").open()))
    (tmp_path / "empty").mkdir()
    result = run(*MPIRUN, *train(data, tmp_path / "run", "--images", tmp_path / "empty"), check=False)
    assert result.returncode != 0
    assert any(row[2] in result.stderr for row in rows[1:]), "names a photo that is not there"
