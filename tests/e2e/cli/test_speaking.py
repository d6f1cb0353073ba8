"""Speech without a file: played, interrupted, refused."""

from __future__ import annotations

import json
import os
import pty
import signal

import pytest

from tests.e2e.cli.home import PATIENCE, Home
from tests.harness import eventually


def test_without_a_file_the_daemon_plays_it(daemon: Home) -> None:
    assert daemon.vox("hello", "-b", "kokoro", "-s", "0.5") == (0, b"", "")
    assert daemon.asked("body")[-1]["path"] == "/speak"
    assert daemon.body() == {"backend": "kokoro", "text": "hello", "speed": 0.5}
    code, out, _ = daemon.vox("hello", "--json")
    assert code == 0
    assert json.loads(out) == {
        "ok": True,
        "seconds": 2.0,
        "first_audio_ms": 12.5,
        "output": None,
        "daemon": True,
    }


def test_ctrl_c_silences_it(daemon: Home) -> None:
    daemon.faults(hang=True)
    with daemon.start("hello") as process:
        eventually(lambda: daemon.asked("hung"), "the request")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert eventually(lambda: daemon.asked("left"), "the cancel")[0]["left"] is True


def test_an_error_never_lands_on_standard_output(home: Home) -> None:
    assert home.vox("-f", "nowhere", preexec_fn=lambda: os.close(2))[:2] == (1, b"")


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_works_with_a_standard_stream_closed(daemon: Home, closed: int) -> None:
    code, _, _ = daemon.vox("x", "-o", "x.wav", "--json", preexec_fn=lambda: os.close(closed))
    assert code == 0
    assert (daemon.directory / "x.wav").stat().st_size == 96_044


def test_audio_for_a_closed_standard_output_is_an_error(daemon: Home) -> None:
    code, _, err = daemon.vox("x", "-o", "-", preexec_fn=lambda: os.close(1))
    assert (code, err) == (1, "vox: the standard output is closed\n")


def test_nothing_to_say_is_an_error(daemon: Home) -> None:
    assert daemon.vox(" ", "-o", "x.wav") == (1, b"", "vox: there is no text to speak\n")
    assert daemon.vox("-o", "x.wav") == (1, b"", "vox: there is no text to speak\n")


def test_on_a_terminal_without_text_it_shows_the_usage(home: Home) -> None:
    terminal, theirs = pty.openpty()
    try:
        code, _, err = home.vox(stdin=theirs)
    finally:
        os.close(terminal)
        os.close(theirs)
    assert code == 2
    assert err.startswith("usage: vox")
