"""The program as a user runs it.

HANGTAG_BIN     folder of the built executables (default: build/release/bin)
"""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HANGTAG = Path(os.environ.get("HANGTAG_BIN", ROOT / "build" / "release" / "bin")) / "hangtag"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def run(*command, check=True):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=ENVIRONMENT, timeout=300)
    assert not check or result.returncode == 0, result.stdout + result.stderr
    return result


def hangtag(*arguments, check=True):
    return run(HANGTAG, "-q", *arguments, check=check)


def drawn_data(folder, products):
    """A data set of drawn garments."""
    hangtag("sample", "--out", folder / "catalogue", "--products", products)
    hangtag("prepare", "--catalog", folder / "catalogue", "--out", folder / "data")
    return folder / "data"


def epochs(run_folder):
    lines = [json.loads(line) for line in (run_folder / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == "epoch"]
