"""What the import rules can't see: what is loaded at run time, and how large things get."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for folder in ("src", "tests", "bench", "docs") for path in (ROOT / folder).rglob("*.py")]
OLDEST_WORKER = (3, 10)


def loaded(program: str) -> set[str]:
    """The modules that `program` leaves loaded in a fresh interpreter."""
    code = f"{program}\nimport sys; print(*(name for name, module in sys.modules.items() if module))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, node.name


def test_the_gateway_loads_nothing_heavy() -> None:
    modules = loaded("import sys; sys.modules['ssl'] = None; import vox.gateway.run")
    heavy = "ssl _ssl _hashlib numpy av soxr miniaudio tempfile argparse urllib.request http.client tomlkit"
    assert "vox.gateway.app" in modules
    assert modules.isdisjoint(heavy.split())
    assert not any(name.startswith(("vox.workers", "vox.client")) for name in modules)


def test_a_worker_loads_nothing_of_the_gateway() -> None:
    modules = loaded("import vox.workers.host, vox.workers.plugins")
    ours = {name for name in modules if name.startswith("vox.")}
    assert ours and all(name.startswith(("vox.wire", "vox.workers")) for name in ours)
    assert modules.isdisjoint({"numpy", "asyncio", "msgspec", "av"})


@pytest.mark.parametrize("folder", ["wire", "workers"])
def test_worker_code_is_written_for_the_oldest_python_of_an_engine(folder: str) -> None:
    for path in (ROOT / "src" / "vox" / folder).rglob("*.py"):
        ast.parse(path.read_text(), feature_version=OLDEST_WORKER)
