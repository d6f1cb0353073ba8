"""An engine that is installed, a stand-in for the hub, and the place of the model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mini_engine import admin
from tests.pulling import FILES, HEADER
from tests.stand_in_hub import Hub

CACHED = Path(os.environ.get("VOX_TEST_ENVS") or Path(__file__).parents[3] / ".venv-engines") / "hub"
"""A home of vox whose only use is the environment in it, which is kept from run to run."""


@pytest.fixture(scope="session")
def environment() -> Path:
    """An environment with the hub's client in it, as `vox engine install` makes it."""
    (CACHED / "engines").mkdir(parents=True, exist_ok=True)
    (CACHED / "engines" / "mini.py").write_text(HEADER)
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("VOX_HOME", str(CACHED))
        admin("engine", "install", "mini")
    return CACHED / "data" / "envs" / "mini"


@pytest.fixture
def home(tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which the engine is installed and nothing is pulled."""
    home = tmp_path / "home"
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "mini.py").write_text(HEADER)
    (home / "data" / "envs").mkdir(parents=True)
    (home / "data" / "envs" / "mini").symlink_to(environment)
    monkeypatch.setenv("VOX_HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE", "VOX_HUB"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def hub(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The stand-in with one repository, where HF_ENDPOINT points."""
    for name, content in FILES.items():
        path = tmp_path / "hub" / "owner" / "mini" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with Hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        yield hub


@pytest.fixture
def model(home: Path) -> Path:
    """Where the model's files go."""
    return home / "data" / "models" / "mini" / "big"
