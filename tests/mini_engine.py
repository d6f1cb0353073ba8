"""A small engine of the user's own, for tests that install, pull and check one."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from vox.gateway.fleet import catalog

ADMIN = [sys.executable, "-m", "vox.gateway.admin"]
ENGINE = """
import array, itertools
from vox.workers.engine import EngineError, Ready, nothing

class Mini:
    def load(self, model, progress):
        return Ready(8000, [{"id": "ann", "name": "Ann", "language": "en-us"}])

    def speak(self, segment):
        if segment.voice != "ann":
            raise EngineError("no such voice", code="unknown_voice", param="voice")
        for _ in range(10):
            yield array.array("h", [3000, -3000] * 400).tobytes()

    cancel = close = nothing

ENGINE = Mini
"""


def wheel(directory: Path, name: str, requires: str = "", version: str = "1.0", files: str = "") -> str:
    """Make a small package, of which `files` are further (empty) files; returns the requirement that names
    it."""
    path = directory / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", f"NAME, VERSION = {name!r}, {version!r}\n")
        for more in files.split():
            file.writestr(more, "")
        file.writestr(f"{info}/METADATA", metadata)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return f"{name} @ file://{path}"


def publish(index: Path, name: str, requires: str = "", version: str = "1.0", files: str = "") -> None:
    """Put a small package into a package index, which is a directory."""
    page = index / name.replace("_", "-") / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    wheel(page.parent, name, requires, version, files)
    wheels = sorted(path.name for path in page.parent.glob("*.whl"))
    links = [f'<a href="{wheel}">{wheel}</a>' for wheel in wheels]
    page.write_text(f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>")


def write(
    home: Path, name: str = "mini", *, needs: tuple[str, ...] = (), facts: str = "", body: str = ENGINE
) -> catalog.EngineSpec:
    """Put an engine of the user's own into place and return what its header says."""
    path = home / "engines" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = f'environment = "own"\n{facts}' if "environment" not in facts else facts
    header = f"""requires-python = ">=3.10"
dependencies = {json.dumps(list(needs))}
[tool.vox]
title = "Mini"
license = "MIT"
sample-rate = 8000
{facts}"""
    lines = [f"# {line}".rstrip() for line in header.splitlines()]
    path.write_text("\n".join(["# /// script", *lines, "# ///", body]))
    return catalog.read(str(path), private=True)


def admin(*arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*ADMIN, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def listed(name: str = "mini") -> dict[str, Any]:
    engines = json.loads(admin("engines", "--json").stdout)
    return next(engine for engine in engines if engine["name"] == name)
