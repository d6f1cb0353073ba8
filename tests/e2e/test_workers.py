"""The life of real worker processes behind a real daemon, with the faults of the `tone` engine."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.harness import Daemon, Start, error_of, eventually, running

TONE_MS = 20
"""Milliseconds of sound that `tone` makes of one character, at 24 kHz: 960 bytes."""
PER_CHARACTER = 960
TEXT = "abcdefghij"


def pcm_of(response: httpx.Response) -> bytes:
    assert response.status_code == 200, response.read()
    return response.content


def expected(daemon: Daemon, text: str = TEXT) -> bytes:
    """What the engine says to `text` when all is well."""
    return pcm_of(daemon.speak(text, response_format="pcm"))


# Idle


def test_a_worker_leaves_after_its_keep_alive_and_comes_back(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_KEEP_ALIVE="0.2")
    first = expected(daemon)
    pid = daemon.workers().get("tone", {}).get("pid")
    eventually(lambda: not daemon.workers(), "the worker's leaving")
    assert pid is None or not running(pid)
    assert expected(daemon) == first


def test_keep_alive_of_a_request_wins(start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    daemon.speak("abc", keep_alive=-1)
    assert daemon.workers()["tone"]["expires_in"] is None
    daemon.speak("abc", keep_alive="30m")
    assert 1700 < daemon.workers()["tone"]["expires_in"] <= 1800
    daemon.speak("abc", keep_alive=0)
    eventually(lambda: not daemon.workers(), "the worker's leaving")


def test_nobody_is_lost_at_the_deadline(start: Start) -> None:
    """Requests that arrive just when the worker is about to leave; `bench/idle.py` does this 1,500 times."""
    daemon = start(VOX_CACHE="false", VOX_KEEP_ALIVE="0.005")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: daemon.speak("ab").status_code, range(40)))
    assert answers == [200] * 40


def test_a_process_names_its_engine(daemon: Daemon) -> None:
    daemon.speak("abc")
    pid = daemon.workers()["tone"]["pid"]
    assert Path(f"/proc/{pid}/comm").read_text() == "vox:tone\n"
    assert b"-m\0vox.workers\0tone\0" in Path(f"/proc/{pid}/cmdline").read_bytes()


# Death


def test_workers_die_with_a_killed_gateway_and_so_do_their_children(start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    daemon.home.mkdir(exist_ok=True)
    (daemon.home / "config.toml").write_text("[engines.tone.option]\nfork = 1\n")
    daemon.speak("abc")
    pid = daemon.workers()["tone"]["pid"]
    group = [p for p in map(int, filter(str.isdigit, os.listdir("/proc"))) if _group(p) == pid]
    assert len(group) == 2, "the worker and the child that it forked"
    daemon.kill()
    eventually(lambda: not any(map(running, group)), "the end of the worker and its child")


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def test_a_worker_that_never_lets_go_of_the_interpreter_dies_with_the_gateway_too(start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    daemon.speak("abc")
    pid = daemon.workers()["tone"]["pid"]
    os.kill(pid, signal.SIGSTOP)  # deaf to everything but the kernel's SIGKILL
    daemon.kill()
    eventually(lambda: not running(pid), "the end of the stopped worker")


def test_a_worker_killed_between_requests_is_replaced(daemon: Daemon) -> None:
    before = expected(daemon)
    pid = daemon.workers()["tone"]["pid"]
    os.kill(pid, signal.SIGKILL)
    assert expected(daemon) == before
    assert daemon.workers()["tone"]["pid"] != pid


def test_a_worker_killed_in_mid_speech_costs_nobody_anything(daemon: Daemon) -> None:
    """`tone` repeats itself exactly, so that a second process can take over at the very sample."""
    text = "abcdefghijklmnopqrst" * 4
    whole = expected(daemon, text)
    with daemon.stream(text, options={"pace": 2}) as answer:
        chunks = answer.iter_bytes(PER_CHARACTER)
        heard = next(chunks)
        os.kill(daemon.workers()["tone"]["pid"], signal.SIGKILL)
        heard += b"".join(chunks)
    assert heard == whole


def test_an_engine_that_crashes_every_time_never_looks_whole(daemon: Daemon) -> None:
    answer = daemon.speak(TEXT, options={"crash_at": 0})
    assert answer.status_code == 500
    assert "tone died" in error_of(answer)["message"]
    with pytest.raises(httpx.RemoteProtocolError):
        daemon.speak(TEXT, options={"crash_at": 3 * PER_CHARACTER, "pace": 1})
    assert daemon.speak(TEXT).status_code == 200


def test_an_engine_that_fails_in_mid_speech_never_looks_whole(daemon: Daemon) -> None:
    assert daemon.speak(TEXT, options={"fail_at": 0}).status_code == 500
    with pytest.raises(httpx.RemoteProtocolError):
        daemon.speak(TEXT, options={"fail_at": 3 * PER_CHARACTER, "pace": 1})
    assert daemon.speak(TEXT).status_code == 200


# Cancel


def test_a_caller_that_leaves_frees_the_engine(daemon: Daemon) -> None:
    expected(daemon)
    with daemon.stream("abcdefgh" * 50, options={"pace": 1}) as answer:
        chunks = answer.iter_bytes(PER_CHARACTER)
        next(chunks)
        assert daemon.workers()["tone"]["running"] == 1
    eventually(lambda: daemon.workers()["tone"]["running"] == 0, "the cancel")
    assert expected(daemon) == expected(daemon)


def test_a_caller_that_leaves_the_queue_never_reaches_the_engine(daemon: Daemon) -> None:
    with daemon.stream("abcdefgh" * 50, options={"pace": 1}) as answer:
        chunks = answer.iter_bytes(PER_CHARACTER)
        next(chunks)
        with pytest.raises(httpx.ReadTimeout):
            body = {"model": "tone", "input": "x", "options": {"crash_at": 0}}
            daemon.http.post("/v1/audio/speech", json=body, timeout=0.1)
        eventually(lambda: daemon.http.get("/health").json()["queue"] == 0, "leaving the queue")
        pid = daemon.workers()["tone"]["pid"]
    eventually(lambda: daemon.workers()["tone"]["running"] == 0, "the cancel")
    expected(daemon)
    assert daemon.workers()["tone"]["pid"] == pid


def test_an_engine_that_ignores_a_cancel_is_killed_and_replaced(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_CANCEL_TIMEOUT="0.2")
    expected(daemon)
    pid = daemon.workers()["tone"]["pid"]
    with daemon.stream(TEXT, options={"ignore_cancel": 1, "hang_at": PER_CHARACTER}) as answer:
        chunks = answer.iter_bytes(PER_CHARACTER)
        next(chunks)
    eventually(lambda: not running(pid), "the end of the stubborn worker")
    assert expected(daemon)


# Time limits


def test_a_silent_engine_is_killed_and_said_so(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_SPEAK_STALL="0.3")
    answer = daemon.speak(TEXT, options={"hang_at": 0})
    assert answer.status_code == 500
    assert error_of(answer)["code"] == "engine_stalled"
    with pytest.raises(httpx.RemoteProtocolError):
        daemon.speak(TEXT, options={"hang_at": 3 * PER_CHARACTER, "pace": 1})
    assert daemon.speak(TEXT).status_code == 200


def options(daemon: Daemon, **tone: float | str) -> None:
    daemon.home.mkdir(exist_ok=True)
    lines = [f"{key} = {value!r}" for key, value in tone.items()]
    (daemon.home / "config.toml").write_text("\n".join(["[engines.tone.option]", *lines]) + "\n")


def test_a_slow_load_that_moves_is_waited_for(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_LOAD_STALL="0.6")
    options(daemon, load_seconds=1.5)
    assert daemon.speak(TEXT).status_code == 200


def test_a_load_without_progress_fails_and_cools_down(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_LOAD_STALL="0.6")
    options(daemon, load_hang=1)
    first = daemon.speak(TEXT)
    assert (first.status_code, "no progress" in error_of(first)["message"]) == (500, True)
    second = daemon.speak(TEXT)
    assert second.status_code == 503
    assert error_of(second)["code"] == "cooling_down"
    assert int(second.headers["retry-after"]) >= 1
    assert daemon.speak("Hello.", model="espeak").status_code == 200


def test_a_load_that_dies_says_what_it_said_last(start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    options(daemon, exit_at_load=1)
    answer = daemon.speak(TEXT)
    assert answer.status_code == 500
    assert "exited with code" in error_of(answer)["message"]


def test_everybody_waits_for_one_load_and_health_for_none(start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    options(daemon, load_seconds=0.8)
    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(daemon.speak, TEXT) for _ in range(10)]
        eventually(lambda: daemon.workers().get("tone", {}).get("state") == "loading", "loading")
        assert daemon.http.get("/health").json()["loaded_models"] == []
        assert {answer.result().status_code for answer in answers} == {200}
    assert daemon.http.get("/health").json()["loaded_models"] == ["tone"]


def test_who_waits_too_long_is_told_when_to_come_back(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_QUEUE_TIMEOUT="0.3")
    expected(daemon)
    with daemon.stream("abcdefgh" * 50, options={"pace": 1}) as answer:
        chunks = answer.iter_bytes(PER_CHARACTER)
        next(chunks)
        late = daemon.speak(TEXT)
    assert (late.status_code, error_of(late)["code"]) == (503, "queue_timeout")
    assert int(late.headers["retry-after"]) >= 1


# Company


def test_callers_never_hear_each_other(daemon: Daemon) -> None:
    texts = [letter * 60 for letter in "abcdefghijklmnop"]
    alone = {text: expected(daemon, text) for text in texts}
    assert len(set(alone.values())) == len(texts)
    with ThreadPoolExecutor(16) as pool:
        together = dict(zip(texts, pool.map(lambda text: expected(daemon, text), texts), strict=True))
    assert together == alone


def test_a_long_text_does_not_hold_up_a_short_one(daemon: Daemon) -> None:
    sentence = "abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz. "
    with daemon.stream(sentence * 40, options={"pace": 20}) as long:
        next(chunks := long.iter_bytes(PER_CHARACTER))
        assert daemon.speak("abc").status_code == 200
        assert sum(map(len, chunks)) > 20 * len(sentence) * PER_CHARACTER
