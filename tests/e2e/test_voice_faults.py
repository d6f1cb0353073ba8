"""What goes wrong with recorded voices: while others speak, in their files, in what is sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.harness import Daemon, Start, error_of, eventually
from tests.sounds import pitch, tones

TEXT = "ŀ" * 40
LOW, HIGH = tones((440, 3)), tones((1000, 3))


def add(daemon: Daemon, name: str, sound: bytes = LOW, **fields: str) -> int:
    form = {"name": name} | fields
    return daemon.http.post("/v1/audio/voices", data=form, files={"audio_sample": sound}).status_code


def heard(daemon: Daemon, text: str = TEXT, **fields: str) -> int:
    """Hz of what is spoken, to the nearest 20."""
    answer = daemon.speak(text, **fields)
    assert answer.status_code == 200, answer.text
    return round(pitch(answer.content) / 20) * 20


def cloned(daemon: Daemon, sound: bytes) -> int:
    form = {"input": TEXT, "model": "tone", "response_format": "wav", "normalize": "false"}
    return daemon.http.post("/v1/audio/speech/clone", data=form, files={"audio_sample": sound}).status_code


def test_of_several_that_add_a_name_at_once_one_has_it(daemon: Daemon) -> None:
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(lambda sound: add(daemon, "anna", sound), [LOW, HIGH, LOW, HIGH]))
    assert sorted(answers) == [200, 409, 409, 409]
    assert heard(daemon, voice="anna") in (440, 1000)


def test_recordings_stay_as_long_as_requests_wait_for_their_turn(home: Path, start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    (home / "config.toml").write_text('cache = false\n[engines.tone]\n"option.load_seconds" = 3\n')
    with ThreadPoolExecutor(60) as several:
        answers = list(several.map(lambda n: cloned(daemon, tones((300 + 10 * n, 1.2))), range(60)))
    assert answers == [200] * 60
    assert cloned(daemon, HIGH) == 200
    assert len(list((home / "cache" / "references").iterdir())) <= 51  # none is needed any more


def test_a_voice_removed_before_it_was_compiled_says_so_and_leaves_nothing(
    home: Path, daemon: Daemon
) -> None:
    add(daemon, "anna")
    (home / "config.toml").write_text('cache = false\n[engines.tone]\n"option.load_seconds" = 1\n')
    with ThreadPoolExecutor(1) as other:
        speaking = other.submit(daemon.speak, TEXT, voice="anna")
        eventually(lambda: "tone" in daemon.workers(), "a load")
        assert daemon.http.delete("/v1/audio/voices/anna").status_code == 200
        refused = speaking.result()
    assert (refused.status_code, error_of(refused)["code"]) == (400, "unknown_voice")
    assert "removed" in error_of(refused)["message"]
    assert daemon.http.get("/v1/audio/prompts").json() == {"prompts": []}


def test_a_voice_with_a_damaged_file_can_be_removed_as_it_says(home: Path, daemon: Daemon) -> None:
    add(daemon, "anna")
    (home / "data" / "voices" / "anna" / "voice.json").write_text("{")
    assert "vox voices rm anna" in error_of(daemon.speak(TEXT, voice="anna"))["message"]
    assert daemon.http.delete("/v1/audio/voices/anna").json()["deleted"] is True
    assert add(daemon, "anna", HIGH) == 200
    assert heard(daemon, voice="anna") == 1000


@pytest.mark.parametrize("settings", ['engine = "tone"', "[engines.tone]"])
def test_a_recorded_voice_may_be_the_usual_one(home: Path, daemon: Daemon, settings: str) -> None:
    add(daemon, "anna")
    (home / "config.toml").write_text(f'cache = false\n{settings}\nvoice = "anna"\n')
    assert heard(daemon) == 440
    assert heard(daemon, voice="tone-600") == 600


def test_a_recorded_voice_does_not_hide_a_name_where_it_cant_speak(daemon: Daemon) -> None:
    add(daemon, "alloy")
    assert daemon.speak("Hello.", model="espeak", voice="alloy").status_code == 200
    assert heard(daemon, voice="alloy") == 440


def test_the_language_of_a_recording_is_part_of_what_is_remembered(start: Start) -> None:
    daemon = start()
    for language in ("en", "fr"):
        add(daemon, "anna", language=language)
        assert heard(daemon, voice="anna", lang="en") == 440
        daemon.http.delete("/v1/audio/voices/anna")
    eventually(lambda: len(sounds(daemon)) == 4, "two answers and two segments")


def sounds(daemon: Daemon) -> list[Path]:
    return [path for path in (daemon.home / "cache" / "audio").rglob("*") if len(path.name) == 38]


def test_a_text_that_is_all_markup_is_refused(daemon: Daemon) -> None:
    refused = daemon.speak("<!-- nothing -->", normalize=True)
    assert (refused.status_code, error_of(refused)["param"]) == (400, "input")
    assert "nothing to say" in error_of(refused)["message"]
    assert daemon.speak("<!-- nothing -->", normalize=False).status_code == 200


@pytest.mark.parametrize("worker", ["text", "decoder"])
def test_a_worker_that_dies_of_something_else_is_replaced(daemon: Daemon, worker: str) -> None:
    def use() -> int:
        if worker == "decoder":
            return cloned(daemon, LOW)
        return daemon.speak("<b>5 %</b>", normalize=True).status_code

    assert use() == 200
    pid = daemon.workers()[worker]["pid"]
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as other:
        using = other.submit(use)
        eventually(lambda: daemon.workers()[worker]["running"], "a job")
        os.kill(pid, signal.SIGKILL)
        assert using.result() == 200


@pytest.mark.parametrize(
    ("field", "value"), [("consent", "x" * 2001), ("ref_text", "x" * 2001), ("language", "kling on")]
)
def test_facts_that_are_none_are_refused(daemon: Daemon, field: str, value: str) -> None:
    form = {"name": "anna", field: value}
    refused = daemon.http.post("/v1/audio/voices", data=form, files={"audio_sample": LOW})
    assert (refused.status_code, error_of(refused)["param"]) == (400, field)
    assert len(refused.content) < 500


def test_an_error_does_not_repeat_a_book(daemon: Daemon) -> None:
    assert len(daemon.speak(TEXT, voice="x" * 1_000_000).content) < 1000


def test_uploads_leave_no_memory_behind(daemon: Daemon) -> None:
    def resident() -> int:
        lines = Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmRSS"))

    sound = tones((440, 20), rate=192_000)
    add(daemon, "first", sound)
    add(daemon, "junk", os.urandom(len(sound)))
    before = resident()
    for number in range(4):
        assert add(daemon, f"voice-{number}", sound) == 200
        assert add(daemon, "junk", os.urandom(len(sound))) == 400
    assert resident() - before < len(sound) >> 18  # four of them, in MB: eight went through


def test_all_of_the_manner_of_speaking_is_taken_by_synthesize(daemon: Daemon) -> None:
    def said(**manner: object) -> int:
        body = {"text": "a" * 10 + " 5 %", "voice": "tone-600", "model": "tone"} | manner
        return len(daemon.http.post("/synthesize", json=body).content)

    assert said(normalize=True) > said(normalize=False)
    failing = {"text": TEXT, "voice": "tone-600", "model": "tone", "options": {"fail_at": 0}}
    assert daemon.http.post("/synthesize", json=failing).status_code == 500


def archive(path: Path, facts: str, sound: bytes) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("voice.json", facts)
        file.writestr("sample.wav", sound)
    return str(path)


def verb(daemon: Daemon, *words: str) -> tuple[int, str]:
    """Exit code and stderr of `vox voices ...`, with the standard input closed."""
    command = [str(Path(sys.executable).with_name("vox")), "voices", *words]
    environment = {**os.environ, "VOX_HOME": str(daemon.home)}
    done = subprocess.run(
        command, env=environment, capture_output=True, check=False, preexec_fn=lambda: os.close(0)
    )
    return done.returncode, done.stderr.decode(errors="replace")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["add", "x", "--audio", "-"], "standard input is closed"),
        (["add", "x", "--audio", "/dev/zero"], "longer than"),
        (["add", "x\udcff", "--audio", __file__], "not UTF-8"),
        (["show", "x\udcff"], "unknown voice"),
        (["import", __file__], "no voice that vox exported"),
        (["import", "DEEP"], "no voice that vox exported"),
        (["import", "BOMB"], "over 20,971,520 bytes"),
    ],
    ids=["closed", "endless", "name", "unknown", "no archive", "deep", "bomb"],
)
def test_the_command_line_says_in_a_line_what_is_wrong(
    daemon: Daemon, tmp_path: Path, words: list[str], reason: str
) -> None:
    facts = '{"name": "b", "ref_text": "", "language": "", "consent": ""}'
    made = {
        "DEEP": archive(tmp_path / "deep", "[" * 100_000, LOW),
        "BOMB": archive(tmp_path / "bomb", facts, bytes(30 << 20)),
    }
    code, printed = verb(daemon, *[made.get(word, word) for word in words])
    assert (code, printed.count("\n")) == (1, 1), printed
    assert reason in printed and "unexpected" not in printed
