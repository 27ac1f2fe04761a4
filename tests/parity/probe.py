"""Runs parity_probe: what hangtag computes of a checkpoint, as tensors by name.

HANGTAG_BIN     folder of the built executables (default: build/release/bin)
"""

import json
import os
import subprocess
from pathlib import Path

from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("HANGTAG_BIN", ROOT / "build" / "release" / "bin")) / "parity_probe"


def probe(model, inputs, folder, **request):
    """See parity_probe.cpp for `inputs` and for the fields of a request."""
    assert PROGRAM.exists(), f"{PROGRAM} is not built; set HANGTAG_BIN"
    paths = {name: str(Path(folder) / f"probe_{name}.safetensors") for name in ("inputs", "outputs")}
    save_file({name: tensor.contiguous() for name, tensor in inputs.items()}, paths["inputs"])
    path = Path(folder) / "probe.json"
    path.write_text(json.dumps({"model": str(model), **paths, **request}, default=str))
    result = subprocess.run([PROGRAM, path], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return load_file(paths["outputs"])
