"""Where the files of a model can come from, besides the hub: a directory, the user's own cache of the hub."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mini_engine import admin
from tests.pulling import FILES, change, pulled, record
from tests.stand_in_hub import Hub

WANTED = {name: content for name, content in FILES.items() if name != "README.md"}
Fill = Callable[..., dict[str, Path]]


@pytest.fixture
def mirror(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the repository, and no hub."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    path = tmp_path / "mirror"
    for name, content in {**FILES, ".git/objects/x.bin": b"x", "voices/.old/eve.bin": b"x"}.items():
        file = path / "owner" / "mini" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}"])
def test_a_directory_can_stand_for_the_hub(home: Path, mirror: Path, model: Path, form: str) -> None:
    (home / "config.toml").write_text(f'hub = "{form.format(mirror)}"\n')
    said = admin("pull", "mini").stderr
    assert f"model.onnx: 0.1 MB, from {mirror}\n" in said
    assert {name: (model / name).read_bytes() for name in WANTED} == WANTED
    found = record(model)
    assert (found["endpoint"], found["commit"], set(found["files"])) == (str(mirror), "main", set(WANTED))
    assert pulled()
    (mirror / "owner/mini/voices/ann.bin").write_bytes(b"eve's voice")
    assert (model / "voices/ann.bin").read_bytes() == b"ann's voice"
    (model / "voices/ann.bin").unlink()
    assert "owner/mini now gives another voices/ann.bin" in admin("pull", "mini", expect=1).stderr


def test_what_a_directory_has_not_is_one_clear_sentence(home: Path, mirror: Path) -> None:
    config = home / "config.toml"
    config.write_text(f'hub = "{mirror}"\n')
    change("owner/mini", "owner/mani")
    assert f"there is no owner/mani in {mirror}" in admin("pull", "mini", expect=1).stderr
    for wrong in (f"{mirror}/nowhere", "hf-mirror.example"):
        config.write_text(f'hub = "{wrong}"\n')
        said = admin("pull", "mini", expect=1).stderr
        assert said == f"vox: hub is {wrong}, which is neither an http address nor a directory\n"


@pytest.fixture
def fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fill:
    """`fill(files)` puts a repository into the user's cache, as the hub's client lays it out."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))

    def put(files: dict[str, bytes] = WANTED, commit: str = "c" * 40) -> dict[str, Path]:
        folder = cache / "models--owner--mini"
        blobs = {}
        for name, content in files.items():
            blobs[name] = folder / "blobs" / hashlib.sha256(content).hexdigest()
            link = folder / "snapshots" / commit / name
            for path in (blobs[name], link):
                path.parent.mkdir(parents=True, exist_ok=True)
            blobs[name].write_bytes(content)
            link.symlink_to(os.path.relpath(blobs[name], link.parent))
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(commit)
        return blobs

    return put


def test_what_the_users_cache_has_is_not_downloaded(home: Path, hub: Hub, model: Path, fill: Fill) -> None:
    blobs = fill({name: WANTED[name] for name in ("model.onnx", "voices/ann.bin")})
    said = admin("pull", "mini").stderr
    assert "model.onnx: 0.1 MB, from " in said and str(blobs["model.onnx"].parents[2]) in said
    assert [asked.path.rpartition("/")[2] for asked in hub.downloads()] == ["bob.bin"]
    assert os.path.samefile(model / "model.onnx", blobs["model.onnx"])
    assert not (model / "model.onnx").is_symlink()
    assert record(model)["files"]["model.onnx"]["sha256"] == blobs["model.onnx"].name
    assert pulled()


def test_a_cache_with_another_revision_or_a_damaged_file_is_passed_over(
    home: Path, hub: Hub, model: Path, fill: Fill
) -> None:
    fill(commit="d" * 40)
    blobs = fill({"model.onnx": WANTED["model.onnx"]})
    blobs["model.onnx"].write_bytes(b"damaged")
    admin("pull", "mini")
    assert len(hub.downloads()) == 3
    assert {name: (model / name).read_bytes() for name in WANTED} == WANTED
    assert blobs["model.onnx"].read_bytes() == b"damaged"


def test_offline_the_cache_is_enough(
    home: Path, hub: Hub, model: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = admin("pull", "mini", expect=1).stderr
    assert "HF_HUB_OFFLINE forbids to pull" in said and "has no owner/mini@main" in said
    fill()
    admin("pull", "mini")
    assert {name: (model / name).read_bytes() for name in WANTED} == WANTED
    assert pulled() and hub.asked == []


def test_an_engine_that_works_offline_is_pulled_all_the_same(home: Path, hub: Hub) -> None:
    change('# license = "MIT"', '# license = "MIT"\n# variables = { HF_HUB_OFFLINE = "1" }')
    admin("pull", "mini")
    assert pulled()
    (home / "config.toml").write_text('[engines.mini.env]\nHF_HUB_OFFLINE = "1"\n')
    change('"voices/*.bin"', '"voices/*.bin", "*.md"')
    assert "HF_HUB_OFFLINE forbids" in admin("pull", "mini", expect=1).stderr
