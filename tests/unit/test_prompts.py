"""Compiled voice prompts: made once, kept in memory and on disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from vox.workers import prompts as module
from vox.workers.engine import EngineError, Model, Prompt, Reference
from vox.workers.prompts import Prompts


class Enroller:
    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, reference: Reference) -> Prompt:
        self.made.append(reference.id[0])
        codes = np.arange(6, dtype=np.int64).reshape(2, 3)
        return {"codes": codes, "text": np.array("so it was said"), "half": np.ones(4, np.float16)}


def reference(digit: str = "a", language: str = "en") -> Reference:
    return Reference(digit * 64, __file__, "hello", language)


@pytest.fixture
def enroll() -> Enroller:
    return Enroller()


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    path = tmp_path / "engine.py"
    path.write_text("1")
    return path


def prompts(
    place: Path, engine: Path, model: str = "m", directory: Path | None = None, **limits: int
) -> Prompts:
    return Prompts(str(place), str(engine), Model(model, str(directory or place / "no"), "cpu", {}), **limits)


def test_it_is_made_then_remembered_then_read(tmp_path: Path, engine: Path, enroll: Enroller) -> None:
    first = prompts(tmp_path / "p", engine)
    assert [first.of(reference(), enroll)[1] for _ in range(2)] == ["made", "memory"]
    prompt, source = prompts(tmp_path / "p", engine).of(reference(), enroll)
    assert (source, enroll.made) == ("disk", ["a"])
    made = enroll(reference())
    assert {name: (value.dtype, value.tolist()) for name, value in prompt.items()} == {
        name: (value.dtype, value.tolist()) for name, value in made.items()
    }


@pytest.mark.parametrize("change", ["sound", "language", "model", "engine", "weights"])
def test_it_is_made_anew_for_another(tmp_path: Path, engine: Path, enroll: Enroller, change: str) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.bin").write_text("1")
    prompts(tmp_path / "p", engine, directory=weights).of(reference(), enroll)
    wanted = reference("b" if change == "sound" else "a", "de" if change == "language" else "en")
    if change == "engine":
        engine.write_text("2")
    if change == "weights":
        (weights / "model.bin").write_text("22")
    other = prompts(tmp_path / "p", engine, "n" if change == "model" else "m", weights)
    assert other.of(wanted, enroll)[1] == "made"


def test_a_damaged_file_is_made_anew(
    tmp_path: Path, engine: Path, enroll: Enroller, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts(tmp_path / "p", engine).of(reference(), enroll)
    (file,) = (tmp_path / "p").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes()[:100])
    assert prompts(tmp_path / "p", engine).of(reference(), enroll)[1] == "made"
    assert "can't be read" in capsys.readouterr().err
    assert prompts(tmp_path / "p", engine).of(reference(), enroll)[1] == "disk"


def test_pickles_are_never_read(tmp_path: Path, engine: Path, enroll: Enroller) -> None:
    prompts(tmp_path / "p", engine).of(reference(), enroll)
    (file,) = (tmp_path / "p").iterdir()
    with file.open("wb") as out:
        np.savez(out, codes=np.array([Enroller()], dtype=object))
    assert prompts(tmp_path / "p", engine).of(reference(), enroll)[1] == "made"


def test_the_one_unused_for_longest_leaves_the_memory(tmp_path: Path, engine: Path, enroll: Enroller) -> None:
    kept = prompts(tmp_path / "p", engine, most=2)
    order = "abacab"
    sources = [kept.of(reference(digit), enroll)[1] for digit in order]
    assert sources == ["made", "made", "memory", "made", "memory", "disk"]
    small = prompts(tmp_path / "q", engine, most_bytes=1)
    assert [small.of(reference(digit), enroll)[1] for digit in "aaba"] == ["made", "memory", "made", "disk"]


def test_a_place_that_cant_be_written_costs_no_speech(
    tmp_path: Path, engine: Path, enroll: Enroller, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    kept = prompts(tmp_path / "file" / "p", engine)
    assert [kept.of(reference(), enroll)[1] for _ in range(2)] == ["made", "memory"]
    assert "can't be kept" in capsys.readouterr().err


def test_who_has_a_prompt_does_not_wait_for_one_that_is_made(
    tmp_path: Path, engine: Path, enroll: Enroller
) -> None:
    kept = prompts(tmp_path / "p", engine)
    kept.of(reference("a"), enroll)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(reference: Reference) -> Prompt:
        begun.set()
        assert go_on.wait(30)
        return enroll(reference)

    sources: list[str] = []
    makers = [
        threading.Thread(target=lambda: sources.append(kept.of(reference("b"), slowly)[1])) for _ in range(2)
    ]
    for maker in makers:
        maker.start()
    assert begun.wait(30)
    assert kept.of(reference("a"), enroll)[1] == "memory"
    go_on.set()
    for maker in makers:
        maker.join(30)
    assert (sorted(sources), enroll.made) == (["made", "memory"], ["a", "b"])


def test_a_recording_that_was_removed_leaves_nothing_and_says_so(
    tmp_path: Path, engine: Path, enroll: Enroller
) -> None:
    gone = reference()._replace(path=str(tmp_path / "sample.wav"))

    def read(reference: Reference) -> Prompt:
        with open(reference.path, "rb"):
            return {}

    with pytest.raises(EngineError, match="was removed") as caught:
        prompts(tmp_path / "p", engine).of(gone, read)
    assert caught.value.code == "unknown_voice"
    prompts(tmp_path / "p", engine).of(gone, enroll)  # removed while it was compiled
    assert list((tmp_path / "p").iterdir()) == []


def test_those_unused_for_longest_leave_the_disk(
    tmp_path: Path, engine: Path, enroll: Enroller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ON_DISK", 2)
    for age, digit in ((3, "a"), (2, "b")):
        prompts(tmp_path / "p", engine).of(reference(digit), enroll)
        (file,) = (tmp_path / "p").glob(f"{digit}*")
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    assert prompts(tmp_path / "p", engine).of(reference("a"), enroll)[1] == "disk"
    prompts(tmp_path / "p", engine).of(reference("c"), enroll)
    assert sorted(file.name[0] for file in (tmp_path / "p").iterdir()) == ["a", "c"]
