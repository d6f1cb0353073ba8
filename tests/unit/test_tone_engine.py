"""The test engine: its tones, and each fault that other tests ask it for."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import threading
from array import array
from itertools import pairwise
from typing import Any

import pytest

from vox.workers.engine import EngineError, Model, Segment
from vox.workers.engines import tone

STEP = 960


def loaded(**options: Any) -> tone.Tone:
    engine = tone.Tone()
    engine.load(Model("default", None, "auto", options), lambda share, stage: None)
    return engine


def segment(text: str, voice: str = "default", speed: float = 1.0, **options: Any) -> Segment:
    return Segment(text, voice, "en-us", speed, None, options)


def spoken(text: str, voice: str = "default", speed: float = 1.0, **options: Any) -> bytes:
    return b"".join(loaded().speak(segment(text, voice, speed, **options)))


def strength(sound: bytes, hertz: int) -> float:
    """The amplitude of one frequency, 1.0 being full scale (Goertzel's sum, written out)."""
    samples = array("h", sound)
    turns = (2 * math.pi * hertz * k / tone.SAMPLE_RATE for k in range(len(samples)))
    pairs = [(s * math.cos(turn), s * math.sin(turn)) for s, turn in zip(samples, turns, strict=True)]
    return 2 * math.hypot(sum(x for x, _ in pairs), sum(y for _, y in pairs)) / len(samples) / 32767


@pytest.mark.parametrize(("voice", "base"), [("default", 400), ("tone-440", 440), ("TONE-1000", 1000)])
def test_each_character_is_a_tone_of_its_own(voice: str, base: int) -> None:
    sound = spoken("az!", voice)
    assert len(sound) == 3 * STEP
    for place, character in enumerate("az!"):
        part = sound[place * STEP : (place + 1) * STEP]
        assert strength(part, tone.frequency(character, base)) == pytest.approx(0.3, abs=0.02)
        assert strength(part, tone.frequency("m", base)) < 0.1


def test_the_phase_runs_on_from_character_to_character() -> None:
    samples = array("h", spoken("a" * 10 + "b" * 10, "tone-443", speed=1.7))
    highest = tone.frequency("b", 443)
    steepest = 0.3 * 32767 * 2 * math.pi * highest / tone.SAMPLE_RATE + 2
    assert max(abs(b - a) for a, b in pairwise(samples)) <= steepest


@pytest.mark.parametrize("speed", [0.25, 0.7, 1.3, 2.0, 4.0])
def test_speed_divides_the_duration(speed: float) -> None:
    assert len(spoken("x" * 50, speed=speed)) == 2 * round(50 * 480 / speed)


def test_sound_comes_in_steps_of_20_ms() -> None:
    steps = list(loaded().speak(segment("hello", speed=1.5)))
    assert [len(step) for step in steps[:-1]] == [STEP] * 3
    assert 0 < len(steps[-1]) <= STEP


@pytest.mark.parametrize("voice", ["", "tone", "tone-99", "tone-6001", "tone-x", "alloy"])
def test_an_unknown_voice_is_refused(voice: str) -> None:
    with pytest.raises(EngineError) as caught:
        loaded().speak(segment("x", voice))
    assert (caught.value.code, caught.value.param) == ("unknown_voice", "voice")


def test_a_slow_load_reports_its_progress() -> None:
    shares: list[float] = []
    engine = tone.Tone()
    options = {"load_seconds": "0.12"}
    engine.load(Model("default", None, "auto", options), lambda share, stage: shares.append(share))
    assert len(shares) >= 2 and shares == sorted(shares) and shares[-1] < 1


def test_a_load_fails_with_the_message_asked_for() -> None:
    with pytest.raises(EngineError, match="out of luck") as caught:
        loaded(load_fail="out of luck")
    assert caught.value.code == "model_broken"


def test_a_load_that_hangs_reports_nothing_and_ends_when_cancelled() -> None:
    shares: list[float] = []
    engine = tone.Tone()
    model = Model("default", None, "auto", {"load_hang": "1"})
    thread = threading.Thread(target=engine.load, args=(model, lambda share, stage: shares.append(share)))
    thread.start()
    assert thread.is_alive() and not shares
    engine.cancel()
    thread.join(10)
    assert not thread.is_alive()


def test_a_grandchild_stays_when_it_is_asked_for() -> None:
    grandchild = loaded(fork=1)._grandchild
    assert grandchild.poll() is None
    grandchild.kill()
    assert grandchild.wait() == -signal.SIGKILL


def test_memory_leaks_by_the_segment() -> None:
    engine = loaded(leak_mb=1)
    for _ in range(3):
        list(engine.speak(segment("x")))
    assert sum(map(len, engine._leaked)) == 3 * 2**20


@pytest.mark.parametrize("at", [0, 1, STEP, 1500])
def test_an_error_comes_after_exactly_the_bytes_asked_for(at: int) -> None:
    heard = b""
    with pytest.raises(EngineError, match=f"after {at} bytes"):
        for step in loaded().speak(segment("hello", fail_at=str(at))):
            heard += step
    assert heard == spoken("hello")[:at]


def test_a_fault_beyond_the_end_does_not_happen() -> None:
    assert spoken("hi", fail_at=10**6) == spoken("hi")


@pytest.mark.parametrize(("options", "speak"), [({"exit_at_load": 7}, {}), ({}, {"crash_at": 1000})])
def test_the_process_dies_where_it_was_asked_to(options: dict[str, Any], speak: dict[str, Any]) -> None:
    script = f"""
import sys
from vox.workers.engine import Model, Segment
from vox.workers.engines.tone import ENGINE
engine = ENGINE()
engine.load(Model("default", None, "auto", {options!r}), print)
for step in engine.speak(Segment("hello", "default", "en", 1.0, None, {speak!r})):
    sys.stdout.buffer.write(step)
    sys.stdout.buffer.flush()
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode == (7 if options else -signal.SIGKILL), ended.stderr
    assert ended.stdout == (b"" if options else spoken("hello")[:1000])


def test_a_hang_ends_by_a_cancel() -> None:
    engine = loaded()
    steps = engine.speak(segment("hello", hang_at=STEP))
    assert len(next(steps)) == STEP
    engine.cancel()
    assert list(steps) == []


def test_a_cancel_that_comes_before_the_first_step_counts() -> None:
    engine = loaded()
    steps = engine.speak(segment("hello", step_seconds=1000))
    engine.cancel()
    assert list(steps) == []
    assert b"".join(engine.speak(segment("hi"))) == spoken("hi")


def test_a_slow_step_is_cut_short_by_a_cancel() -> None:
    engine = loaded(step_seconds=1000)
    heard: list[bytes] = []
    thread = threading.Thread(target=heard.extend, args=(engine.speak(segment("hello")),))
    thread.start()
    engine.cancel()
    thread.join(10)
    assert not thread.is_alive() and heard == []


def test_a_step_that_ignores_a_cancel_runs_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("vox.workers.engines.tone.time.sleep", slept.append)
    engine = loaded()
    steps = engine.speak(segment("hello", step_seconds=1000, ignore_cancel="1"))
    assert len(next(steps)) == STEP
    engine.cancel()
    assert list(steps) == [] and slept == [1000, 1000]


def test_a_paced_segment_is_due_in_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr("vox.workers.engines.tone.time.sleep", sleep)
    monkeypatch.setattr("vox.workers.engines.tone.time.monotonic", lambda: clock[0])
    times = [clock[0] for _ in loaded().speak(segment("hello", pace=2, ignore_cancel=1))]
    assert times == pytest.approx([100.0, 100.01, 100.02, 100.03, 100.04])


def test_an_option_that_is_no_number_is_refused() -> None:
    with pytest.raises(EngineError, match="'pace' of tone is a number") as caught:
        list(loaded().speak(segment("x", pace="fast")))
    assert caught.value.code == "invalid_value"
