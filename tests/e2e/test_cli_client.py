"""The command line as a user runs it: real processes, real sockets, against a gateway without engines."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import stat
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import eventually
from vox import __version__

FAKE = Path(__file__).parents[1] / "stand_in_gateway.py"
PATIENCE = 20.0
"""Seconds, a deadline only: nothing here takes one."""
START = (
    "import sys; sys.executable = sys.argv.pop(1); from vox.client.cli import main; raise SystemExit(main())"
)


class Home:
    """One `VOX_HOME`, the command line in it, and the fake gateway that stands in for the interpreter."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.interpreter = directory / "python"
        self.interpreter.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} "$@"\n')
        self.interpreter.chmod(0o700)
        self.socket = directory / "run" / "vox.sock"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("VOX_", "XDG_"))}
        self.environment["VOX_HOME"] = str(directory)

    def start(self, *argv: str | bytes, **options: Any) -> subprocess.Popen[bytes]:
        environment = self.environment | options.pop("env", {})
        command = [sys.executable, "-W", "error", "-c", START, str(self.interpreter), *argv]
        for stream in ("stdin", "stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command, env=environment, cwd=self.directory, **options
        )
        return process

    def vox(self, *argv: str | bytes, text: bytes = b"", **options: Any) -> tuple[int, bytes, str]:
        """Exit code, standard output and standard error."""
        with self.start(*argv, **options) as process:
            out, err = process.communicate(text, timeout=PATIENCE)
            return process.returncode, out, (err or b"").decode()

    def faults(self, **faults: object) -> None:
        (self.directory / "fake.json").write_text(json.dumps(faults))

    def config(self, text: str) -> None:
        (self.directory / "config.toml").write_text(text)

    def asked(self, key: str = "path") -> list[dict[str, Any]]:
        """What the gateway noted, of the notes that have `key`."""
        try:
            lines = (self.directory / "asked").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [note for note in map(json.loads, lines) if key in note]

    def body(self) -> Any:
        return self.asked("body")[-1]["body"]

    def left_behind(self) -> list[str]:
        return [path.name for path in self.directory.glob("*.part")] + [
            path.name for path in self.directory.glob(".vox*")
        ]

    def stop(self) -> None:
        """End every gateway that was started here."""
        for note in self.asked("started"):
            try:
                os.kill(note["pid"], signal.SIGKILL)
            except ProcessLookupError:
                continue


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    place = Home(tmp_path)
    yield place
    place.stop()


@pytest.fixture
def daemon(home: Home) -> Home:
    code, _, err = home.vox("daemon", "start")
    assert code == 0, err
    return home


# Saving


def test_saves_a_wav_whose_sizes_are_true(daemon: Home) -> None:
    code, out, err = daemon.vox("hello", "world", "-o", "x.wav")
    assert (code, out, err) == (0, b"", "")
    with wave.open(str(daemon.directory / "x.wav")) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (24_000, 48_000)
    data = (daemon.directory / "x.wav").read_bytes()
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert daemon.asked("body")[-1]["path"] == "/v1/audio/speech"
    assert daemon.asked("body")[-1]["type"] == "application/json"
    assert daemon.body() == {"input": "hello world", "response_format": "wav"}
    assert daemon.left_behind() == []


def test_sends_what_was_given_and_nothing_else(daemon: Home) -> None:
    daemon.vox("say", "stop", "-b", "kokoro/82m", "-vaf_bella", "--lang=en-gb", "-s", "1.5", "-o", "x.OGG")
    assert daemon.body() == {
        "model": "kokoro/82m",
        "input": "stop",
        "voice": "af_bella",
        "lang": "en-gb",
        "speed": 1.5,
        "response_format": "opus",
    }
    daemon.vox("--keep-alive", "-1", "--no-cache", "--format", "g711_ulaw", "-o", "call", "--", "-5 degrees")
    assert daemon.body() == {
        "input": "-5 degrees",
        "keep_alive": "-1",
        "cache": False,
        "response_format": "g711_ulaw",
    }


def test_the_environment_speaks_where_no_option_does(daemon: Home) -> None:
    environment = {"VOX_ENGINE": "kokoro", "VOX_VOICE": "bf_emma", "VOX_LANG": "en-gb", "VOX_SPEED": "2"}
    daemon.vox("x", "-v", "af_bella", "-o", "x.mp3", env=environment)
    assert daemon.body() == {
        "model": "kokoro",
        "input": "x",
        "voice": "af_bella",
        "lang": "en-gb",
        "speed": 2.0,
        "response_format": "mp3",
    }


def test_text_comes_from_a_pipe_or_a_file(daemon: Home) -> None:
    article = daemon.directory / "article.txt"
    article.write_bytes(b"\xef\xbb\xbf" + "Grüße\r\n\N{MOUSE FACE}".encode())
    assert daemon.vox("-f", "article.txt", "-o", "x.wav")[0] == 0
    assert daemon.body()["input"] == "Grüße\r\n\N{MOUSE FACE}"
    for words in ([], ["-f", "-"], ["-"]):
        assert daemon.vox(*words, "-o", "x.wav", text=b"piped \xff in\n")[0] == 0
        assert daemon.body()["input"] == "piped � in\n"


def test_an_argument_that_is_not_unicode_is_spoken_without_its_wrong_bytes(daemon: Home) -> None:
    assert daemon.vox(b"caf\xe9 ol\xc3\xa9", "-o", "x.wav")[0] == 0
    assert daemon.body()["input"] == "caf� olé"


def test_a_file_that_is_no_text_is_refused(daemon: Home) -> None:
    (daemon.directory / "image").write_bytes(b"\x89PNG\0\0")
    assert daemon.vox("-f", "image", "-o", "x.wav") == (1, b"", "vox: 'image' is not text\n")
    code, _, err = daemon.vox("-f", "nowhere", "-o", "x.wav")
    assert (code, err) == (1, "vox: can't read 'nowhere': No such file or directory\n")


def test_standard_output_gets_the_stream_as_it_is(daemon: Home) -> None:
    code, out, err = daemon.vox("x", "-o", "-")
    assert (code, err) == (0, "")
    assert out[:8] == b"RIFF\xff\xff\xff\xff"
    assert len(out) == 44 + 96_000
    assert len(daemon.vox("x", "-o", "-", "--format", "pcm")[1]) == 96_000


def test_a_reader_that_leaves_is_no_news(daemon: Home) -> None:
    daemon.faults(more=1_000_000)
    with daemon.start("x", "-o", "-") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == 1


def test_a_list_that_nobody_reads_is_no_news(home: Home) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert home.vox("config", "list", stdout=writing)[::2] == (1, "")
    finally:
        os.close(writing)


def test_the_gateways_refusal_is_one_line_and_leaves_no_file(daemon: Home) -> None:
    refusal = {"message": "unknown voice 'bela'; did you mean af_bella?", "type": "t", "param": "voice"}
    daemon.faults(error=refusal)
    code, out, err = daemon.vox("x", "-v", "bela", "-o", "x.wav")
    assert (code, out, err) == (1, b"", f"vox: {refusal['message']}\n")
    code, out, err = daemon.vox("x", "-v", "bela", "--json")
    assert (code, err) == (1, f"vox: {refusal['message']}\n")
    assert json.loads(out) == {"ok": False, "error": {**refusal, "code": None}}
    assert not (daemon.directory / "x.wav").exists()
    assert daemon.left_behind() == []


def test_a_broken_stream_leaves_the_old_file(daemon: Home) -> None:
    (daemon.directory / "x.wav").write_text("old")
    daemon.faults(**{"break": True})
    code, _, err = daemon.vox("x", "-o", "x.wav")
    assert code == 1
    assert err.startswith("vox: the answer broke off")
    assert str(daemon.directory / "log" / "daemon.log") in err
    assert (daemon.directory / "x.wav").read_text() == "old"
    assert daemon.left_behind() == []


def test_a_file_is_replaced_where_its_link_points_and_keeps_its_mode(daemon: Home) -> None:
    real = daemon.directory / "real.wav"
    real.touch()
    real.chmod(0o600)
    link = daemon.directory / "link.wav"
    link.symlink_to(real)
    assert daemon.vox("x", "-o", "link.wav")[0] == 0
    assert link.is_symlink()
    assert real.stat().st_size == 44 + 96_000
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_devices_and_pipes_are_written_directly(daemon: Home) -> None:
    assert daemon.vox("x", "-o", "/dev/null") == (0, b"", "")
    code, _, err = daemon.vox("x", "-o", "/dev/full")
    assert (code, err) == (1, "vox: can't write '/dev/full': No space left on device\n")
    os.mkfifo(daemon.directory / "pipe")
    with daemon.start("x", "-o", "pipe") as process:
        assert len((daemon.directory / "pipe").read_bytes()) == 44 + 96_000
        assert process.wait(PATIENCE) == 0


def test_a_bad_path_costs_no_synthesis(daemon: Home) -> None:
    code, _, err = daemon.vox("x", "-o", "no/where.wav")
    assert (code, err) == (1, "vox: can't write 'no/where.wav': No such file or directory\n")
    assert daemon.asked("body") == []


def test_json_tells_what_was_done(daemon: Home) -> None:
    code, out, _ = daemon.vox("x", "-o", "x.wav", "--json")
    assert code == 0
    assert json.loads(out) == {
        "ok": True,
        "output": "x.wav",
        "format": "wav",
        "bytes": 96_044,
        "seconds": 2.0,
        "daemon": True,
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_call_cancels_and_leaves_nothing(daemon: Home, number: signal.Signals) -> None:
    daemon.faults(hang=True)
    with daemon.start("x", "-o", "x.wav") as process:
        eventually(lambda: daemon.asked("hung"), "the request")
        process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert eventually(lambda: daemon.asked("left"), "the cancel")[0]["left"] is True
    assert daemon.left_behind() == []
    assert not (daemon.directory / "x.wav").exists()


# Speaking


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


# Without a daemon


def test_without_a_daemon_a_gateway_runs_for_one_call(home: Home) -> None:
    code, out, err = home.vox("x", "-o", "x.wav", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["daemon"] is False
    assert (home.directory / "x.wav").stat().st_size == 96_044
    [started] = home.asked("started")
    assert started["started"][:3] == ["-m", "vox.gateway", "--one-shot"]
    assert started["cwd"] == "/"
    assert started["own_session"] is True


def test_no_daemon_leaves_a_running_one_alone(daemon: Home) -> None:
    code, out, _ = daemon.vox("x", "-o", "x.wav", "--no-daemon", "--json")
    assert code == 0
    assert json.loads(out)["daemon"] is False


def test_a_relative_home_means_the_same_place_to_the_gateway(home: Home) -> None:
    assert home.vox("x", "-o", "x.wav", env={"VOX_HOME": "."})[0] == 0
    assert len(home.asked("started")) == 1


@pytest.mark.parametrize("fault", ["crash", "die"])
def test_a_gateway_that_dies_is_told_in_one_line_with_its_log(home: Home, fault: str) -> None:
    home.faults(**{fault: True})
    code, _, err = home.vox("x", "-o", "x.wav")
    log = home.directory / "log" / "daemon.log"
    assert (code, err) == (1, f"vox: the answer broke off before it was complete; its log: {log}\n")
    assert ("no reason given" in log.read_text()) is (fault == "crash")


def test_a_terminal_is_told_why_a_heavy_engine_is_slow(home: Home) -> None:
    terminal, theirs = pty.openpty()
    try:
        code, _, _ = home.vox("x", "-b", "tone/a", "-o", "x.wav", stderr=theirs)
        assert code == 0
        os.set_blocking(terminal, False)
        hint = os.read(terminal, 4096).decode()
        assert hint.startswith("vox: no daemon; starting tone for this call only (vox config set daemon true")
        assert hint.count("\n") == 1
        home.vox("x", "-b", "espeak", "-o", "x.wav", stderr=theirs)
        with pytest.raises(BlockingIOError):
            os.read(terminal, 4096)
    finally:
        os.close(terminal)
        os.close(theirs)


def test_a_daemon_that_left_before_it_read_the_request_costs_nothing(home: Home) -> None:
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home.socket))
        listener.listen()
        listener.settimeout(PATIENCE)

        def leave() -> None:
            connection, _ = listener.accept()
            select.select([connection], [], [], PATIENCE)
            home.socket.unlink()
            listener.close()
            connection.close()

        leaving = threading.Thread(target=leave)
        leaving.start()
        code, out, err = home.vox("x", "-o", "x.wav", "--json")
        leaving.join(PATIENCE)
    assert (code, err) == (0, "")
    assert json.loads(out)["daemon"] is False


# Auto-start


def test_a_heavy_engine_starts_the_daemon_once(home: Home) -> None:
    home.config("daemon = true\n")
    for _ in range(2):
        code, out, err = home.vox("x", "-b", "tone", "-o", "x.wav", "--json")
        assert (code, err) == (0, "")
        assert json.loads(out)["daemon"] is True
    [started] = home.asked("started")
    assert started["started"][:4] == ["-m", "vox.gateway", "--lazy", "--ready-fd"]
    assert (started["cwd"], started["own_session"]) == ("/", True)


def test_a_light_engine_never_starts_the_daemon(home: Home) -> None:
    home.config('daemon = true\nengine = "tone"\n')
    home.vox("x", "-b", "kokoro", "-o", "x.wav")
    home.vox("x", "-o", "x.wav", env={"VOX_LIGHT": "tone"})
    assert [note["started"][2] for note in home.asked("started")] == ["--one-shot"] * 2


def test_fifty_calls_at_once_start_one_daemon_and_get_fifty_answers(home: Home) -> None:
    home.config('daemon = true\nengine = "tone"\n')
    home.faults(slow=0.5)
    calls = [home.start("x", "-o", f"{number}.wav") for number in range(50)]
    for call in calls:
        with call:
            _, err = call.communicate(timeout=3 * PATIENCE)
            assert (call.returncode, err) == (0, b"")
    assert len(home.asked("body")) == 50
    assert all((home.directory / f"{number}.wav").stat().st_size == 96_044 for number in range(50))
    assert len(home.asked("started")) == 1


def test_what_a_killed_daemon_left_blocks_no_start(daemon: Home) -> None:
    os.kill(daemon.asked("started")[0]["pid"], signal.SIGKILL)
    (daemon.directory / "daemon.pid").write_text("1\n")
    daemon.config('daemon = true\nengine = "tone"\n')
    code, out, err = daemon.vox("x", "-o", "x.wav", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["daemon"] is True


def test_waits_for_a_daemon_that_another_is_starting(home: Home) -> None:
    import fcntl

    home.config('daemon = true\nengine = "tone"\n')
    home.socket.parent.mkdir(mode=0o700)
    with open(home.directory / "run" / "vox.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with home.start("x", "-o", "x.wav") as call:
            eventually(lambda: home.asked("started"), "the start")
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(home.socket))
                listener.listen()
                listener.settimeout(PATIENCE)
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nRIFF")
                assert call.communicate(timeout=PATIENCE) == (b"", b"")
            assert call.returncode == 0
    assert (home.directory / "x.wav").read_bytes() == b"RIFF"


def test_a_daemon_that_cannot_start_says_why(home: Home) -> None:
    home.config('daemon = true\nengine = "tone"\n')
    home.faults(refuse="port 8869 is taken; vox config set port NUMBER")
    assert home.vox("x", "-o", "x.wav") == (1, b"", "vox: port 8869 is taken; vox config set port NUMBER\n")
    home.faults(crash=True)
    code, _, err = home.vox("daemon", "start")
    log = home.directory / "log" / "daemon.log"
    assert (code, err) == (1, f"vox: the daemon ended before it was ready; its log: {log}\n")


# Verbs


def test_daemon_start_status_stop(home: Home) -> None:
    assert home.vox("daemon", "status")[0] == 1
    code, out, _ = home.vox("daemon", "status", "--json")
    assert (code, json.loads(out)) == (1, {"running": False})
    code, out, err = home.vox("daemon", "start", "--port", "0", "--host", "::1")
    assert (code, err) == (0, "")
    [started] = home.asked("started")
    assert started["started"][:6] == ["-m", "vox.gateway", "--host", "::1", "--port", "0"]
    assert "--lazy" not in started["started"]
    assert out.decode() == f"the daemon is running (pid {started['pid']})\n"
    assert (
        home.vox("daemon", "start")[1].decode() == f"the daemon is already running (pid {started['pid']})\n"
    )
    code, out, _ = home.vox("daemon", "status")
    assert code == 0
    assert f"pid {started['pid']}, version {__version__}, up 2 min" in out.decode()
    assert "kokoro/82m  4711  ready  412 MB  0     4 min" in out.decode()
    status = json.loads(home.vox("daemon", "status", "--json")[1])
    assert status["running"] is True
    assert (status["queue"], status["workers"][0]["rss"]) == (0, 412_000_000)
    assert home.vox("daemon", "stop") == (0, b"the daemon has stopped\n", "")
    assert not home.socket.exists()
    assert home.vox("daemon", "stop") == (0, b"the daemon is not running\n", "")


def test_daemon_restart_is_another_process(daemon: Home) -> None:
    assert daemon.vox("daemon", "restart")[0] == 0
    first, second = (note["pid"] for note in daemon.asked("started"))
    assert first != second


def test_ps_lists_what_is_loaded(daemon: Home) -> None:
    code, out, _ = daemon.vox("ps")
    heading, worker = out.decode().splitlines()
    assert heading.split() == ["NAME", "PID", "STATE", "RAM", "VRAM", "LEAVES", "IN"]
    assert worker.split() == ["kokoro/82m", "4711", "ready", "412", "MB", "0", "4", "min"]
    assert json.loads(daemon.vox("ps", "--json")[1])["workers"][0]["pid"] == 4711
    daemon.vox("daemon", "stop")
    code, _, err = daemon.vox("ps")
    assert (code, err) == (1, "vox: the daemon is not running; vox daemon start\n")


def test_voices_are_listed_by_engine_and_language(daemon: Home) -> None:
    code, out, _ = daemon.vox("voices", "kokoro/82m", "--lang", "EN", "--json")
    assert code == 0
    assert [voice["id"] for voice in json.loads(out)] == ["af_bella", "bf_emma"]
    assert daemon.asked()[-1]["path"] == "/v1/audio/voices?model=kokoro%2F82m"
    code, out, _ = daemon.vox("voices", env={"PYTHONIOENCODING": "ascii"})
    assert (code, len(out.splitlines())) == (0, 4)
    assert daemon.asked()[-1]["path"] == "/v1/audio/voices"
    assert daemon.vox("voices", "--lang", "tlh")[0] == 1


def test_voices_need_no_daemon(home: Home) -> None:
    code, out, _ = home.vox("voices", "kokoro", "--json")
    assert (code, len(json.loads(out))) == (0, 3)


@pytest.mark.parametrize("words", [["engines"], ["engine", "check", "tone"], ["models"], ["pull", "kokoro"]])
def test_what_concerns_the_disk_is_handed_on_word_for_word(home: Home, words: list[str]) -> None:
    home.faults(engines=["done"])
    assert home.vox(*words, "--json") == (0, b'["done"]\n', "")
    assert home.asked("started")[0]["started"] == ["-P", "-m", "vox.gateway.admin", *words, "--json"]


def test_serve_becomes_the_gateway(home: Home) -> None:
    with home.start("serve", "--port", "0") as process:
        [started] = eventually(lambda: home.asked("started"), "the start")
        assert started["started"] == ["-m", "vox.gateway", "--port", "0"]
        assert (started["pid"], started["cwd"]) == (process.pid, "/")
        process.kill()


def test_config_changes_the_file_and_keeps_its_comments(home: Home) -> None:
    home.config("# mine\nspeed = 1.5  # brisk\n\n[engines.kokoro]\nvoice = 'af_bella'\n")
    assert home.vox("config", "set", "daemon", "yes") == (0, b"", "")
    assert home.vox("config", "set", "keep_alive", "30m") == (0, b"", "")
    assert home.vox("config", "set", "light", "espeak,say") == (0, b"", "")
    assert home.vox("config", "set", "engines.piper.option.steps", "4") == (0, b"", "")
    assert home.vox("config", "unset", "engines.kokoro.voice") == (0, b"", "")
    text = (home.directory / "config.toml").read_text()
    assert text.startswith("# mine\nspeed = 1.5  # brisk\n")
    assert stat.S_IMODE((home.directory / "config.toml").stat().st_mode) == 0o600
    values = {"daemon": "true", "keep_alive": "1800", "light": "espeak,say", "speed": "1.5", "port": "8869"}
    for key, value in {**values, "engines.piper.option.steps": "4", "engines.kokoro.voice": ""}.items():
        assert home.vox("config", "get", key) == (0, f"{value}\n".encode(), ""), key
    assert 'keep_alive = "30m"' in text


def test_config_list_says_where_a_value_comes_from(home: Home) -> None:
    home.config("port = 9000\n[aliases.kokoro]\nme = 'af_bella'\n")
    out = home.vox("config", "list", "--json", env={"VOX_SPEED": "2"})[1]
    found = {line["key"]: line for line in json.loads(out)}
    assert (found["port"]["value"], found["port"]["source"]) == (9000, "file")
    assert (found["speed"]["value"], found["speed"]["source"]) == (2.0, "environment")
    assert (found["queue"]["value"], found["queue"]["source"]) == (256, "default")
    assert found["aliases.kokoro.me"]["value"] == "af_bella"
    assert all(line["help"] for line in found.values())
    assert "port" in home.vox("config", "list")[1].decode()


def test_config_refuses_what_is_wrong_and_leaves_the_file(home: Home) -> None:
    home.config("port = 9000\nprot = 1\n")
    code, _, err = home.vox("config", "set", "prot", "1")
    assert (code, err) == (1, "vox: unknown setting 'prot'; did you mean port or host?\n")
    assert home.vox("config", "set", "port", "many")[0] == 1
    assert home.vox("config", "get", "port")[0] == 1
    assert home.vox("config", "unset", "prot")[0] == 0
    assert (home.directory / "config.toml").read_text() == "port = 9000\n"
    home.config("port = \n")
    code, _, err = home.vox("config", "set", "port", "1")
    assert code == 1
    assert str(home.directory / "config.toml") in err


def test_config_set_reminds_of_what_does_not_follow(daemon: Home) -> None:
    _, _, err = daemon.vox("config", "set", "port", "8870", env={"VOX_PORT": "0"})
    assert "vox daemon restart" in err
    assert "VOX_PORT in the environment wins" in err
    assert daemon.vox("config", "set", "speed", "2") == (0, b"", "")


def test_edits_at_once_lose_none(home: Home) -> None:
    keys = ["port", "queue", "queue_all", "max_text", "cache_mb", "cache_days"]
    edits = [home.start("config", "set", key, "7") for key in keys]
    for edit in edits:
        with edit:
            edit.communicate(timeout=PATIENCE)
    text = (home.directory / "config.toml").read_text()
    assert sorted(text.split()) == sorted(" = 7 ".join([*keys, ""]).split())


def test_doctor_finds_what_is_wrong(home: Home) -> None:
    model = {"name": "82m", "pulled": False}
    home.faults(
        engines=[
            {
                "name": "espeak",
                "installed": True,
                "why_not": None,
                "models": [{"name": "ng", "pulled": True}],
            },
            {"name": "kokoro", "installed": True, "why_not": None, "models": [model]},
        ]
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    code, out, err = home.vox("doctor", "--json", env={"VOX_PORT": port})
    found = {line["what"]: line for line in json.loads(out)}
    assert (code, err) == (0, ""), out
    assert found["daemon"]["state"] == "ok"
    assert found["engine espeak"]["detail"] == "ready"
    assert "vox pull kokoro/82m" in found["engine kokoro"]["detail"]
    code, out, _ = home.vox("doctor", "--json", env={"VOX_PORT": port, "VOX_ENGINE": "kokoro"})
    found = {line["what"]: line for line in json.loads(out)}
    assert (code, found["engine kokoro"]["state"]) == (1, "fail")


def test_doctor_sees_a_taken_port_a_stale_pid_file_and_an_old_daemon(daemon: Home) -> None:
    daemon.faults(version="0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = daemon.vox("doctor", env={"VOX_PORT": port})
    assert found[0] == 1
    lines = {line[6:18].strip(): line for line in found[1].decode().splitlines()}
    assert lines["port"].startswith("fail")
    assert lines["daemon"].startswith("warn")
    daemon.vox("daemon", "stop")
    (daemon.directory / "daemon.pid").write_text("1\n")
    (daemon.directory / "config.toml").write_text("nonsense = 1\n")
    lines = {line[6:18].strip(): line for line in daemon.vox("doctor")[1].decode().splitlines()}
    assert lines["pid file"].startswith("warn")
    assert lines["settings"].startswith("fail")
