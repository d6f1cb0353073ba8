"""What the engine needs, and that it keeps its promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.cosyvoice_tried import CHECKOUT, ENGINE, Tried, files
from vox.gateway.fleet import envs
from vox.workers.check import Check
from vox.workers.engine import EngineError, Model
from vox.workers.plugins import load_engine


def failing(directory: str | None, device: str = "cpu", **options: str) -> EngineError:
    engine = load_engine("cosyvoice", ENGINE)
    with pytest.raises(EngineError) as refused:
        engine.load(Model("cosyvoice2-0.5b", directory, device, options), lambda share, stage: None)
    return refused.value


def test_the_checkout_is_asked_for(tmp_path: Path) -> None:
    directory = files(tmp_path / "model")
    error = failing(directory)
    assert error.code == "not_installed"
    assert "vox config set engines.cosyvoice.option.source" in str(error)
    assert "no checkout" in str(failing(directory, source=str(tmp_path)))
    (tmp_path / "cosyvoice/cli").mkdir(parents=True)
    (tmp_path / "cosyvoice/cli/cosyvoice.py").touch()
    error = failing(directory, source=str(tmp_path))
    assert f"git -C {tmp_path} submodule update --init" in str(error)


def test_files_that_are_missing_or_broken(alone: None, tmp_path: Path) -> None:
    source = str(CHECKOUT)
    assert failing(None, source=source).code == "not_installed"
    assert "has no cosyvoice2.yaml or cosyvoice3.yaml" in str(failing(str(tmp_path), source=source))
    directory = files(tmp_path / "model", 2, **{"llm.pt": "broken"})
    error = failing(directory, source=source)
    assert error.code == "model_broken"
    assert "loading state_dict" in str(error)
    (tmp_path / "model" / "hift.pt").unlink()
    assert "has no hift.pt; run: vox pull cosyvoice/cosyvoice2-0.5b" in str(failing(directory, source=source))


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there(alone: None, tmp_path: Path, device: str) -> None:
    error = failing(files(tmp_path / "model"), device, source=str(CHECKOUT))
    assert error.code == "not_installed"


def test_upstream_does_not_get_the_root_logger() -> None:
    script = (
        "import logging, sys; from pathlib import Path; from vox.workers import cosyvoice_package as package;"
        f"package.bring(package.checkout({str(CHECKOUT)!r})); root = logging.getLogger();"
        "print(root.level == logging.WARNING, root.handlers, 'modelscope' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=envs.environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "[]", "False"]


def test_it_keeps_the_contract(two: Tried, tmp_path: Path) -> None:
    said: list[str] = []
    request = {
        "name": "cosyvoice", "path": ENGINE, "model": "cosyvoice2-0.5b", "device": "cpu",
        "directory": files(tmp_path / "model"), "options": {"source": str(CHECKOUT)},
        "sample_rate": 24_000, "voice": "", "voices": [],
        "language": "en", "deterministic": False, "samples": True, "clones": True, "utterances": 3,
    }  # fmt: skip
    check = Check(request, said.append)
    check.run()
    assert not check.failed, "\n".join(said)
    assert len(said) >= 12
