"""Pulling models, with the real client in a real environment, from a stand-in for the hub on loopback."""

from __future__ import annotations

import hashlib
import os
import pty
import subprocess
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.mini_engine import ADMIN, admin
from tests.pulling import BLOCK, FILES, change, pulled, record, spec
from tests.stand_in_hub import Hub
from vox.config import Config
from vox.errors import NotInstalled
from vox.gateway.fleet import envs, weights


def test_a_pull_brings_what_the_header_asks_for_and_records_it(home: Path, hub: Hub, model: Path) -> None:
    with pytest.raises(NotInstalled, match="run: vox pull mini/big") as failure:
        weights.directory(spec(), "big", Config())
    assert failure.value.code == "not_pulled"
    assert admin("pull", "MINI").stderr.endswith("model 'mini/big' is pulled\n")
    assert pulled()
    assert weights.directory(spec(), "big", Config()) == str(model)
    wanted = {name: content for name, content in FILES.items() if name != "README.md"}
    assert {name: (model / name).read_bytes() for name in wanted} == wanted
    assert not (model / "README.md").exists() and not (model / ".parts").exists()
    found = record(model)
    assert (found["hub"], found["revision"], found["commit"]) == ("owner/mini", "main", "c" * 40)
    assert found["endpoint"] == hub.address
    assert found["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in wanted.items()
    }


def test_on_a_terminal_a_bar_shows_the_progress(home: Path, hub: Hub) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (25, 80))
    with open(ours, "rb", buffering=0) as terminal:
        with subprocess.Popen([*ADMIN, "pull", "mini"], stderr=theirs) as child:
            os.close(theirs)
            seen = b""
            with suppress(OSError):  # how a terminal ends on Linux
                while block := terminal.read(4096):
                    seen += block
        assert child.returncode == 0
    assert b"model.onnx: 100%" in seen


def test_a_second_pull_verifies_and_asks_the_hub_for_nothing(home: Path, hub: Hub) -> None:
    admin("pull", "mini/big")
    hub.asked.clear()
    assert "3 files are there, as they were when first pulled" in admin("pull", "mini/big").stderr
    assert hub.asked == []


def test_a_cut_transfer_goes_on_where_it_broke(home: Path, hub: Hub, model: Path) -> None:
    content = os.urandom(BLOCK + 1000)
    (hub.root / "owner/mini/model.onnx").write_bytes(content)
    hub.cut_at = BLOCK + 500
    command = [*ADMIN, "pull", "mini"]
    first = subprocess.run(command, check=False, capture_output=True, text=True)
    if first.returncode:  # clients before 2.0 don't try again by themselves
        assert "what has arrived is kept: pull again" in first.stderr
        admin("pull", "mini")
    assert (model / "model.onnx").read_bytes() == content
    assert [asked.range for asked in hub.downloads()[:2]] == [None, f"bytes={BLOCK}-"]


def test_a_killed_pull_counts_for_nothing_and_is_resumed_by_the_next(
    home: Path, hub: Hub, model: Path
) -> None:
    content = os.urandom(2 * BLOCK)
    (hub.root / "owner/mini/model.onnx").write_bytes(content)
    hub.hold_at = BLOCK + 500
    with subprocess.Popen(
        [*ADMIN, "pull", "mini"], stderr=subprocess.DEVNULL, start_new_session=True
    ) as child:
        assert hub.holding.wait(30)
        part = model / ".parts" / ("c" * 40) / "model.onnx"
        deadline = time.monotonic() + 30
        while not part.exists() or part.stat().st_size < BLOCK:
            assert child.poll() is None and time.monotonic() < deadline
        os.killpg(child.pid, 9)
    assert not pulled()
    hub.hold_at = None
    hub.asked.clear()
    admin("pull", "mini")
    assert (model / "model.onnx").read_bytes() == content
    assert hub.downloads()[0].range == f"bytes={BLOCK}-"
    assert pulled()


def test_a_transfer_that_arrives_damaged_is_not_kept(home: Path, hub: Hub, model: Path) -> None:
    hub.damage = True
    said = admin("pull", "mini", expect=1).stderr.splitlines()[-1]
    assert said.startswith("vox: model 'mini/big' was not pulled: model.onnx arrived damaged")
    assert not (model / "model.onnx").exists()
    assert not pulled()
    hub.damage = False
    admin("pull", "mini")
    assert (model / "model.onnx").read_bytes() == FILES["model.onnx"]


def test_a_file_that_changed_on_disk_is_named_and_comes_back_when_deleted(
    home: Path, hub: Hub, model: Path
) -> None:
    admin("pull", "mini")
    path = model / "voices" / "ann.bin"
    path.write_bytes(b"xnn's voice")
    assert f"{path} has changed since it was pulled" in admin("pull", "mini", expect=1).stderr
    path.unlink()
    assert not pulled()
    hub.asked.clear()
    admin("pull", "mini")
    assert path.read_bytes() == b"ann's voice"
    assert len(hub.downloads()) == 1
    assert pulled()


def test_a_record_that_can_not_be_read_is_not_passed_over(home: Path, hub: Hub, model: Path) -> None:
    admin("pull", "mini")
    (model / ".vox-model.json").write_text("{")
    assert not pulled()
    assert f"delete {model} and pull again" in admin("pull", "mini", expect=1).stderr


def test_another_file_under_the_same_revision_is_refused(home: Path, hub: Hub, model: Path) -> None:
    admin("pull", "mini")
    (model / "voices" / "ann.bin").unlink()
    (hub.root / "owner/mini/voices/ann.bin").write_bytes(b"eve's voice")
    said = admin("pull", "mini", expect=1).stderr
    assert "owner/mini now gives another voices/ann.bin" in said and str(model) in said
    assert not (model / "voices" / "ann.bin").exists()
    assert not pulled()


def test_a_branch_that_moves_changes_nothing(home: Path, hub: Hub, model: Path) -> None:
    admin("pull", "mini")
    hub.revisions["main"] = "d" * 40
    (model / "voices" / "ann.bin").unlink()
    admin("pull", "mini")
    assert f"/resolve/{'c' * 40}/" in hub.downloads()[-1].path


def test_a_header_that_asks_for_more_is_pulled_again_for_what_is_missing(home: Path, hub: Hub) -> None:
    admin("pull", "mini")
    change('"voices/*.bin"', '"voices/*.bin", "*.md"')
    assert not pulled()
    hub.asked.clear()
    admin("pull", "mini")
    assert [asked.path.rpartition("/")[2] for asked in hub.downloads()] == ["README.md"]
    assert pulled()


def test_another_revision_is_another_model(home: Path, hub: Hub, model: Path) -> None:
    admin("pull", "mini")
    change('hub = "owner/mini"', 'hub = "owner/mini"\n# revision = "v2"')
    assert not pulled()
    assert f"owner/mini at {hub.address} has no revision 'v2'" in admin("pull", "mini", expect=1).stderr
    hub.revisions["v2"] = "e" * 40
    (hub.root / "owner/mini/voices/ann.bin").write_bytes(b"a new voice")
    admin("pull", "mini")
    assert (model / "voices" / "ann.bin").read_bytes() == b"a new voice"
    assert pulled()


def test_a_mirror_in_the_configuration_is_asked_and_nothing_else(
    home: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    (home / "config.toml").write_text(f'hub = "{hub.address}/"\n')
    admin("pull", "mini")
    assert len(hub.downloads()) == 3
    assert pulled()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("owner/mini", "owner/mani", "there is no owner/mani at {address}"),
        ("owner/mini", "owner/closed", "owner/closed asks you to accept its terms first, at {address}"),
        ('"model.onnx"', '"modell.onnx"', "owner/mini@main has no file 'modell.onnx'"),
        ('"huggingface-hub>=0.30"', '"six"', "vox engine install mini"),
    ],
)
def test_what_can_not_be_pulled_is_one_clear_sentence(
    home: Path, hub: Hub, old: str, new: str, sentence: str
) -> None:
    (hub.root / "owner" / "closed").mkdir()
    (hub.root / "owner" / "closed" / "GATED").touch()
    change(old, new)
    last = admin("pull", "mini", expect=1).stderr.splitlines()[-1]
    assert last.startswith("vox: ")
    assert sentence.format(address=hub.address) in last
    assert not pulled()


def test_a_hub_out_of_reach_is_one_clear_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9 can't be reached" in admin("pull", "mini", expect=1).stderr.splitlines()[-1]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE forbids" in admin("pull", "mini", expect=1).stderr.splitlines()[-1]


def test_nothing_is_pulled_where_there_is_no_room(home: Path, hub: Hub) -> None:
    change("200_000", "1_000_000_000_000_000")
    said = admin("pull", "mini", expect=1).stderr
    assert "model 'mini/big' needs about 1,000,000,000 MB" in said
    assert hub.asked == []


def test_a_model_without_files_needs_no_pull(home: Path) -> None:
    assert "nothing to pull" in admin("pull", "mini/none").stderr
    assert weights.pulled(spec(), "none")
    assert weights.directory(spec(), "none", Config()) is None


def test_a_configured_directory_stands_for_the_pulled_one(home: Path, tmp_path: Path) -> None:
    config = Config(engines={"mini": {"directory": str(tmp_path)}})
    assert weights.directory(spec(), "big", config) == str(tmp_path)
    config = Config(engines={"mini": {"directory": str(tmp_path / "nowhere")}})
    with pytest.raises(NotInstalled, match="nowhere, which is not a directory"):
        weights.directory(spec(), "big", config)


def test_a_pull_needs_the_engine(home: Path) -> None:
    (home / "data" / "envs" / "mini").unlink()
    assert not envs.installed(spec())
    assert "run: vox engine install mini" in admin("pull", "mini", expect=1).stderr
