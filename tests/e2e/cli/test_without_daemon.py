"""No daemon answers: one call only, or an automatic start."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import threading

import pytest

from tests.e2e.cli.home import PATIENCE, Home
from tests.harness import eventually


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
