"""One daemon, whoever starts it and however often; how it ends; what the command line does without one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.harness import DEADLINE, Daemon, Start, eventually, free_port, running

VOX = str(Path(sys.executable).parent / "vox")


def vox(*arguments: str, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [VOX, *arguments],
        env={**os.environ, **environment},
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        timeout=DEADLINE * 2,
        check=False,
    )


def seconds_of(path: Path) -> float:
    with wave.open(str(path)) as file:
        return float(file.getnframes() / file.getframerate())


def pid_of(home: Path) -> int:
    return int((home / "daemon.pid").read_text())


# Without a daemon


def test_the_first_words_need_no_daemon_and_leave_none(tmp_path: Path, home: Path) -> None:
    done = vox("Hello world, this is vox.", "-o", str(tmp_path / "x.wav"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert 1.0 < seconds_of(tmp_path / "x.wav") < 4.0
    assert not (home / "run" / "vox.sock").exists()


def test_one_shot_speaks_a_heavy_engine_too(tmp_path: Path) -> None:
    done = vox("-b", "tone", "abcdefghij", "-o", str(tmp_path / "x.wav"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["daemon"] is False
    assert seconds_of(tmp_path / "x.wav") == pytest.approx(0.2)


def test_text_from_a_pipe_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text("abcdefghij")
    article = str(tmp_path / "article.txt")
    assert vox("-b", "tone", "-o", str(tmp_path / "a.wav"), text="abcdefghij").returncode == 0
    assert vox("-b", "tone", "-f", article, "-o", str(tmp_path / "b.wav")).returncode == 0
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_without_a_device_it_says_so_in_one_line() -> None:
    done = vox("Hello.")
    assert done.returncode == 1
    assert "no audio output device" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-b", "kokro", "x"], 1, "unknown engine 'kokro'; did you mean kokoro?"),
        (["-v", "en-uss", "x"], 1, "did you mean"),
        (["-l", "xx", "x"], 1, "xx"),
        (["--format", "mp4", "x"], 1, "mp3"),
        (["-s", "9", "x"], 1, "0.25"),
        ([""], 1, "no text"),
        (["-b", "tone", "--nonsense", "x"], 2, "--nonsense"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    done = vox(*arguments, "-o", str(tmp_path / "x.wav"))
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == code, "one line; wrong usage has a second that points to the help"
    assert not (tmp_path / "x.wav").exists()


# Starting


def test_fifty_at_once_make_one_daemon_and_fifty_answers(home: Path, tmp_path: Path) -> None:
    vox("config", "set", "daemon", "true")
    (home / "run").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(home / "run" / "vox.sock"))  # nobody listens there
    (home / "daemon.pid").write_text("1\n")
    with ThreadPoolExecutor(50) as pool:
        done = list(pool.map(lambda n: vox("-b", "tone", "abc", "-o", str(tmp_path / f"{n}.wav")), range(50)))
    assert [(d.returncode, d.stderr) for d in done if d.returncode] == []
    assert len({(tmp_path / f"{n}.wav").read_bytes() for n in range(50)}) == 1
    status = json.loads(vox("daemon", "status", "--json").stdout)
    assert status["pid"] == pid_of(home)
    assert _gateways(home) == [pid_of(home)]
    assert vox("daemon", "stop").returncode == 0
    eventually(lambda: not _gateways(home), "the daemon's end")


def _gateways(home: Path) -> list[int]:
    """Processes of `python -m vox.gateway` that live in `home`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path("/proc", pid, "cmdline").read_bytes()
            environment = Path("/proc", pid, "environ").read_bytes()
        except OSError:
            continue
        if b"vox.gateway" in command and f"VOX_HOME={home}".encode() in environment and running(int(pid)):
            found.append(int(pid))
    return found


def test_a_light_engine_never_starts_a_daemon(home: Path, tmp_path: Path) -> None:
    vox("config", "set", "daemon", "true")
    assert vox("Hello.", "-o", str(tmp_path / "x.wav")).returncode == 0
    assert not (home / "daemon.pid").exists()


def test_a_running_daemon_is_used_whatever_the_engine(start: Start, tmp_path: Path) -> None:
    daemon = start()
    assert vox("Hello.", "-o", str(tmp_path / "x.wav")).returncode == 0
    assert "espeak" in daemon.workers()
    done = vox("--no-daemon", "-b", "tone", "abc", "-o", str(tmp_path / "y.wav"))
    assert done.returncode == 0
    assert "tone" not in daemon.workers()


def test_a_second_daemon_is_refused_and_the_first_not_disturbed(start: Start, home: Path) -> None:
    first = start()
    second = Daemon(home, 0)
    assert (second.word, second.process.wait(DEADLINE)) == (b"L", 0)
    second.end()
    assert first.speak("abc").status_code == 200


def test_the_socket_is_private(start: Start, home: Path) -> None:
    start()
    assert (home / "run" / "vox.sock").stat().st_mode & 0o777 == 0o600
    assert (home / "run").stat().st_mode & 0o777 == 0o700


def test_another_address_needs_a_key(home: Path) -> None:
    refused = Daemon(home, free_port(), "--host", "0.0.0.0")
    assert refused.word.startswith(b"Erefusing to listen on 0.0.0.0 without an API key")
    assert refused.process.wait(DEADLINE) == 1
    assert "Traceback" not in refused.end()


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = Daemon(home, port)
    assert f"port {port} on 127.0.0.1 is taken".encode() in refused.word
    refused.end()
    assert not (home / "run" / "vox.sock").exists()


def test_a_taken_port_costs_an_auto_started_daemon_only_its_port(start: Start, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        daemon = start("--lazy", port=other.getsockname()[1])
    assert daemon.speak("abc").status_code == 200
    assert daemon.http.get("/health").json()["address"] is None
    assert "no TCP: port" in daemon.end()


def test_new_rules_hold_from_the_next_request_on(start: Start, home: Path) -> None:
    daemon = start(tcp=True)
    for key in ("one", "two"):
        (home / "config.toml").write_text(f'api_keys = ["{key}"]\npublic_discovery = "never"\n')
        assert httpx.get(f"{daemon.url}/v1/models").status_code == 401
        keyed = {"authorization": f"Bearer {key}"}
        assert httpx.get(f"{daemon.url}/v1/models", headers=keyed).status_code == 200


def test_a_broken_configuration_is_named_and_a_broken_edit_changes_nothing(start: Start, home: Path) -> None:
    home.mkdir()
    config = home / "config.toml"
    config.write_text("prot = 1")
    refused = Daemon(home, 0)
    assert b"unknown setting 'prot'" in refused.word
    refused.end()
    config.write_text('[aliases.tone]\nmine = "tone-900"\n')
    daemon = start()
    assert daemon.speak("abc", voice="mine").status_code == 200
    config.write_text("prot = 1")
    assert daemon.speak("abc", voice="mine").status_code == 200
    config.write_text('[aliases.tone]\nyours = "tone-900"\n')
    assert daemon.speak("abc", voice="mine").status_code == 400
    assert daemon.speak("abc", voice="yours").status_code == 200
    assert "kept the old configuration" in daemon.end()


# Ending


def test_a_lazy_daemon_leaves_when_idle_and_a_started_one_stays(home: Path, start: Start) -> None:
    lazy = start("--lazy", VOX_IDLE_EXIT="0.3", VOX_KEEP_ALIVE="0.1")
    assert lazy.speak("abc").status_code == 200
    lazy.http.close()
    assert lazy.process.wait(DEADLINE) == 0
    assert not (home / "run" / "vox.sock").exists()
    assert not (home / "daemon.pid").exists()
    stays = start(VOX_IDLE_EXIT="0.01")
    assert stays.speak("abc").status_code == 200
    assert stays.process.poll() is None


def test_stop_finishes_what_runs_and_takes_nothing_new(start: Start, home: Path) -> None:
    daemon = start(VOX_CACHE="false")
    whole = daemon.speak("abcdefghij" * 4, response_format="pcm").content
    with daemon.stream("abcdefghij" * 4, options={"pace": 1}) as answer:
        heard = next(chunks := answer.iter_bytes(960))
        done = daemon.http.post("/stop", json={})
        assert done.json() == {"status": "stopping", "speaking": True, "pid": daemon.process.pid}
        eventually(lambda: not (home / "run" / "vox.sock").exists(), "the socket's end")
        heard += b"".join(chunks)
    assert heard == whole
    daemon.http.close()
    assert daemon.process.wait(DEADLINE) == 0


def test_a_second_signal_does_not_wait(start: Start, home: Path) -> None:
    daemon = start(VOX_CACHE="false")
    with daemon.stream("abcdefghij" * 40, options={"pace": 1}) as answer:
        next(chunks := answer.iter_bytes(960))
        worker = daemon.workers()["tone"]["pid"]
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: not (home / "run" / "vox.sock").exists(), "the drain")
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(DEADLINE) == 128 + signal.SIGTERM
        eventually(lambda: not running(worker), "the worker's end")
        with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|closed|peer"):
            list(chunks)


def test_verbs_of_the_daemon(home: Path, tmp_path: Path) -> None:
    assert vox("daemon", "status").returncode == 1
    assert vox("daemon", "start").returncode == 0
    pid = pid_of(home)
    assert vox("daemon", "start").returncode == 0
    assert pid_of(home) == pid
    assert vox("-b", "tone", "abc", "-o", str(tmp_path / "x.wav")).returncode == 0
    listed = vox("ps").stdout
    assert "tone" in listed and "ready" in listed
    assert "tone" in vox("daemon", "status").stdout
    assert vox("daemon", "restart").returncode == 0
    assert pid_of(home) != pid
    assert vox("daemon", "stop").returncode == 0
    assert not _gateways(home)
