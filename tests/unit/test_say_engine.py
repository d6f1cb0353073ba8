"""macOS's `say`, played by a script of the same name on PATH."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vox.workers.engine import EngineError, Model, Segment
from vox.workers.engines.say import Say, command, parse_voices, voice_id

LISTED = """\
Albert              en_US    # Hello! My name is Albert.
Amélie              fr_CA    # Bonjour! Je m’appelle Amélie.
Bad News            en_US    # Hello! My name is Bad News.
Eddy (German (Germany)) de_DE    # Hallo! Ich heiße Eddy.
Majed               ar_001   # مرحبًا! اسمي ماجد.
Fiona               en_GB_U_SD@sd=gbsct # Hello, my name is Fiona.
Tingting            zh_CN    # 你好！我叫婷婷。

not a voice
"""

SCRIPT = """\
#!{python}
import json, os, sys, time, wave
if sys.argv[1:] == ["-v", "?"]:
    print({listed!r}, end="")
    sys.exit(0)
text = sys.stdin.read()
with open(os.environ["SAID"], "w") as file:
    json.dump([sys.argv[1:], text], file)
if text == "hang":
    time.sleep(1000)
if text == "fail":
    print("Opening output file failed: fmt?", file=sys.stderr)
    sys.exit(3)
with wave.open(sys.argv[sys.argv.index("-o") + 1], "wb") as speech:
    speech.setparams((1, 2, 22050, 0, "NONE", ""))
    speech.writeframes(bytes(range(256)) * 300)
"""


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the script leaves its arguments and its input, as JSON."""
    script = tmp_path / "bin" / "say"
    script.parent.mkdir()
    script.write_text(SCRIPT.format(python=sys.executable, listed=LISTED), encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SAID", str(tmp_path / "said.json"))
    monkeypatch.setenv("PYTHONUTF8", "1")
    return tmp_path / "said.json"


@pytest.fixture
def engine(said: Path) -> Say:
    return loaded()[0]


def loaded() -> tuple[Say, Any]:
    engine = Say()
    return engine, engine.load(Model("default", None, "auto", {}), lambda share, stage: None)


def segment(text: str, voice: str = "default", speed: float = 1.0) -> Segment:
    return Segment(text, voice, "en-us", speed, None, {})


def test_the_list_of_voices_is_understood() -> None:
    assert list(parse_voices(LISTED)) == [
        ("Albert", "en-us"),
        ("Amélie", "fr-ca"),
        ("Bad News", "en-us"),
        ("Eddy (German (Germany))", "de-de"),
        ("Majed", "ar-001"),
        ("Fiona", "en-gb-u-sd"),
        ("Tingting", "zh-cn"),
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Bad News", "bad-news"), ("Amélie", "amelie"), ("Eddy (German (Germany))", "eddy-german-germany")],
)
def test_a_voice_is_known_by_a_plain_id(name: str, wanted: str) -> None:
    assert voice_id(name) == wanted


@pytest.mark.parametrize(
    ("name", "speed", "more"),
    [("", 1.0, []), ("Bad News", 1.0, ["-v", "Bad News"]), ("", 2.0, ["-r", "350"])],
)
def test_the_command_line_asks_for_16_bit_samples(name: str, speed: float, more: list[str]) -> None:
    line = command(Path("/x/speech.wav"), name, speed)
    fixed = ["say", "-f", "-", "-o", "/x/speech.wav", "--file-format=WAVE", "--data-format=LEI16@22050"]
    assert line == fixed + more


def test_loading_lists_the_systems_voice_and_all_others(said: Path) -> None:
    ready = loaded()[1]
    assert ready.sample_rate == 22050
    assert [voice["id"] for voice in ready.voices][:3] == ["default", "albert", "amelie"]
    assert ready.voices[4] == {
        "id": "eddy-german-germany", "name": "Eddy (German (Germany))", "language": "de-de",
    }  # fmt: skip


def test_speech_is_the_samples_of_the_file_without_its_header(engine: Say, said: Path) -> None:
    pieces = list(engine.speak(segment("-n Hello [[slnc 5000]]\r\nyou", "Bad-News", 1.5)))
    assert b"".join(pieces) == bytes(range(256)) * 300
    assert len(pieces) > 1
    arguments, text = json.loads(said.read_text())
    assert text == "-n Hello [slnc 5000]]\nyou"
    assert arguments[-4:] == ["-v", "Bad News", "-r", "262"]
    assert not Path(arguments[arguments.index("-o") + 1]).exists()


def test_nothing_to_say_starts_no_program(engine: Say, said: Path) -> None:
    assert list(engine.speak(segment(" \x00 "))) == []
    assert not said.exists()


def test_an_unknown_voice_is_refused_with_those_like_it(engine: Say) -> None:
    with pytest.raises(EngineError, match="did you mean albert") as caught:
        engine.speak(segment("x", "alberto"))
    assert (caught.value.code, caught.value.param) == ("unknown_voice", "voice")


def test_a_failure_has_the_programs_own_words(engine: Say) -> None:
    with pytest.raises(EngineError, match="code 3: Opening output file failed"):
        list(engine.speak(segment("fail")))


def test_a_cancel_kills_the_program(engine: Say, said: Path) -> None:
    until(said, engine.speak(segment("hang")), engine.cancel)
    assert b"".join(engine.speak(segment("hello"))) == bytes(range(256)) * 300


def until(said: Path, pieces: Any, then: Callable[[], None]) -> None:
    """Run `pieces` in a thread, `then` once the script has read its input, and wait for the end."""
    heard: list[bytes] = []
    thread = threading.Thread(target=heard.extend, args=(pieces,))
    thread.start()
    while not said.exists():
        assert thread.is_alive()
        thread.join(0.01)
    then()
    thread.join(10)
    assert not thread.is_alive() and heard == []


def test_a_cancel_that_comes_first_counts(engine: Say, said: Path) -> None:
    pieces = engine.speak(segment("hang"))
    engine.cancel()
    assert list(pieces) == []


def test_elsewhere_than_on_macos_the_engine_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="only macOS has it") as caught:
        loaded()
    assert caught.value.code == "not_installed"
