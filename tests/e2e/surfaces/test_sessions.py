"""What all conversations have from the session behind them, seen through Deepgram's protocol."""

from __future__ import annotations

import json
import os
import signal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.surfaces.deepgram import A, line, say, until
from tests.harness import Daemon, Start, eventually
from tests.sounds import from_pcm, peak

WRITER = '''# /// script
# [tool.vox]
# title = "Says how it got its text"
# license = "Apache-2.0"
# environment = "base"
# sample-rate = 8000
# languages = ["en"]
# streams-text = true
# streams-audio = true
# normalize = "all"
# [tool.vox.voices]
# en = ["one"]
# ///
from vox.workers.engine import Ready, nothing


class Writer:
    """Each character is 10 ms of a constant: the number of its delta, or 0 in a whole text."""

    cancel = close = nothing

    def load(self, model, progress):
        return Ready(8000, [{"id": "one", "name": "One", "language": "en"}])

    def speak(self, segment):
        deltas = [segment.text] if segment.deltas is None else segment.deltas
        for number, delta in enumerate(deltas, 0 if segment.deltas is None else 1):
            yield (number * 100).to_bytes(2, "little") * 80 * len(delta)


ENGINE = Writer
'''


def tuned(start: Start, home: Path, options: dict[str, str], **environment: str) -> Daemon:
    """A daemon with these options of tone."""
    home.mkdir()
    lines = "".join(f'option.{name} = "{value}"\n' for name, value in options.items())
    (home / "config.toml").write_text("[engines.tone]\n" + lines)
    return start(tcp=True, VOX_CACHE="false", **environment)


def test_opening_a_session_starts_its_engine(start: Start) -> None:
    daemon = start(tcp=True)
    with line(daemon):
        eventually(lambda: "tone" in daemon.workers(), "the worker")


def test_a_session_that_is_silent_holds_no_engine(start: Start) -> None:
    daemon = start(tcp=True, VOX_CACHE="false", VOX_KEEP_ALIVE="0.2")
    with line(daemon) as ws:
        for _ in range(2):
            say(ws, type="Speak", text="aaa")
            say(ws, type="Flush")
            assert len(until(ws, "Flushed")[0]) / 48 == 60
            eventually(lambda: "tone" not in daemon.workers(), "the worker's leave")


def test_the_first_sentence_is_heard_while_the_second_is_written(start: Start) -> None:
    with line(start(tcp=True, VOX_CACHE="false")) as ws:
        say(ws, type="Speak", text="This is it.")
        sound = b""
        while len(sound) < 11 * 960 - 240:  # all but what may overlap with the next
            sound += bytes(ws.recv(timeout=20))  # type: ignore[arg-type]
        say(ws, type="Speak", text=" And more")
        say(ws, type="Flush")
        assert 20 * 960 - 480 <= len(sound + until(ws, "Flushed")[0]) <= 20 * 960


def test_what_was_spoken_once_comes_from_the_cache(start: Start) -> None:
    daemon = start(tcp=True, VOX_KEEP_ALIVE="0.2")
    with line(daemon) as ws:
        say(ws, type="Speak", text="aaaaa")
        say(ws, type="Flush")
        first, _ = until(ws, "Flushed")
        eventually(lambda: "tone" not in daemon.workers(), "the worker's leave")
        say(ws, type="Speak", text="aaaaa")
        say(ws, type="Flush")
        assert until(ws, "Flushed")[0] == first
        assert "tone" not in daemon.workers()


def test_a_worker_that_is_killed_in_mid_speech_costs_nothing(start: Start, home: Path) -> None:
    daemon = tuned(start, home, {"pace": "4"})
    with line(daemon, "model=tone:tone-400&encoding=linear16&sample_rate=24000") as ws:
        say(ws, type="Speak", text="a" * 100)
        say(ws, type="Flush")
        begun = bytes(ws.recv(timeout=20))  # type: ignore[arg-type]
        os.kill(daemon.workers()["tone"]["pid"], signal.SIGKILL)
        sound = begun + until(ws, "Flushed")[0]
        assert len(sound) / 48 == 2000
        assert peak(from_pcm(sound), 24000) == pytest.approx(A, abs=2)


def test_an_engine_that_ignores_a_clear_is_replaced(start: Start, home: Path) -> None:
    daemon = tuned(start, home, {"hang_at": "9600", "ignore_cancel": "1"}, VOX_CANCEL_TIMEOUT="0.3")
    with line(daemon) as ws:
        say(ws, type="Speak", text="a" * 100)
        say(ws, type="Flush")
        ws.recv(timeout=20)
        old = daemon.workers()["tone"]["pid"]
        say(ws, type="Clear")
        until(ws, "Cleared")
        say(ws, type="Speak", text="bbb")
        say(ws, type="Flush")
        sound, _ = until(ws, "Flushed")
        assert len(sound) / 48 == 60
        assert daemon.workers()["tone"]["pid"] != old


def test_a_slow_reader_holds_up_nobody(start: Start) -> None:
    daemon = start(tcp=True, VOX_CACHE="false")
    with line(daemon) as slow, line(daemon, "model=tone:tone-400&encoding=linear16&sample_rate=24000") as ws:
        for _ in range(40):
            say(slow, type="Speak", text="a" * 390 + ". ")
        say(slow, type="Flush")
        for _ in range(5):
            say(ws, type="Speak", text="bbb")
            say(ws, type="Flush")
            assert len(until(ws, "Flushed")[0]) / 48 == 60
        sound, _ = until(slow, "Flushed")
        assert len(sound) > 40 * 390 * 900


def test_what_waits_is_bounded(start: Start, home: Path) -> None:
    daemon = tuned(start, home, {"load_seconds": "2"}, VOX_MAX_TEXT="1000")
    with line(daemon) as ws:
        for _ in range(5):
            say(ws, type="Speak", text="a" * 399 + " ")
        warning = json.loads(ws.recv(timeout=20))
        assert (warning["type"], warning["code"]) == ("Warning", "TEXT_TOO_LONG")


def test_an_engine_that_takes_text_as_it_is_written_gets_it_so(start: Start, home: Path) -> None:
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "writer.py").write_text(WRITER)
    daemon = start(tcp=True, VOX_CACHE="false")
    with line(daemon, "model=writer:one&encoding=linear16&sample_rate=8000") as ws:
        say(ws, type="Speak", text="Hel")
        say(ws, type="Speak", text="lo the")
        sound = b""
        while len(sound) < 6 * 160 - 80:  # one word is enough to begin, all but what may overlap
            sound += bytes(ws.recv(timeout=20))  # type: ignore[arg-type]
        say(ws, type="Speak", text="re, it is ")
        say(ws, type="Speak", text="5, or 6. Bye")
        say(ws, type="Flush")
        sound += until(ws, "Flushed")[0]
        values = [value // 100 for value in memoryview(sound).cast("h")[::80]]
        runs = [(number, values.count(number)) for number in sorted(set(values))]
        words = ["Hello ", "there, it is ", "five, or six. ", "Bye"]
        assert runs == [(number, len(word)) for number, word in enumerate(words, 1)]


def test_a_long_text_leaves_turns_to_others(start: Start, home: Path) -> None:
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "writer.py").write_text(WRITER)
    daemon = start(tcp=True, VOX_CACHE="false")
    query = "model=writer:one&encoding=linear16&sample_rate=8000"
    with line(daemon, query) as ws:
        say(ws, type="Speak", text="It goes on and on, and so it does. " * 40)
        say(ws, type="Flush")
        sound, _ = until(ws, "Flushed")
        assert len(sound) == 40 * 35 * 160
        values = [value // 100 for value in memoryview(sound).cast("h")[::80]]
        assert sum(after < before for before, after in pairwise(values)) >= 2, "one turn"


def test_an_engine_is_not_kept_for_a_writer_who_has_stopped(start: Start, home: Path) -> None:
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "writer.py").write_text(WRITER)
    daemon = start(tcp=True, VOX_CACHE="false")
    query = "model=writer:one&encoding=linear16&sample_rate=8000"
    with line(daemon, query) as ws, line(daemon, query) as other:
        say(ws, type="Speak", text="One moment ")
        eventually(lambda: daemon.workers().get("writer", {}).get("running"), "the first one's turn")
        say(other, type="Speak", text="Me")
        say(other, type="Flush")
        assert len(until(other, "Flushed")[0]) == 2 * 160
        say(ws, type="Speak", text="please")
        say(ws, type="Flush")
        assert len(until(ws, "Flushed")[0]) == 17 * 160
