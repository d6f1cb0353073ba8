"""A small engine with a model to pull, for the tests of `vox pull`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from vox import paths
from vox.gateway.fleet import catalog, weights

FILES = {
    "model.onnx": os.urandom(1 << 17),
    "voices/ann.bin": b"ann's voice",
    "voices/bob.bin": b"bob's voice",
    "README.md": b"not asked for",
}
"""What the hub has of the model."""
BLOCK = 10 << 20
"""Bytes that the hub's client takes before it writes any: what arrives of one is lost with the process."""
HEADER = """# /// script
# dependencies = ["huggingface-hub>=0.30"]
# [tool.vox]
# title = "Mini"
# license = "MIT"
# environment = "own"
# sample-rate = 8000
# [tool.vox.models.big]
# bytes = 200_000
# hub = "owner/mini"
# files = ["model.onnx", "voices/*.bin"]
# [tool.vox.models.none]
# ///
class Mini: ...
ENGINE = Mini
"""


def spec() -> catalog.EngineSpec:
    return catalog.read(os.path.join(paths.private_engines_dir(), "mini.py"), private=True)


def pulled() -> bool:
    return weights.pulled(spec(), "big")


def change(old: str, new: str) -> None:
    """Edit the engine's header."""
    path = Path(paths.private_engines_dir()) / "mini.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def add(toml: str) -> None:
    """Say more of the model."""
    lines = "".join(f"# {line}\n" for line in toml.strip().splitlines())
    change("# [tool.vox.models.none]\n", f"{lines}# [tool.vox.models.none]\n")


def record(model: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((model / ".vox-model.json").read_text())
    return found
