"""What is wrong with upstream's model, as it is and as the engine meets it; and how it is cancelled."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.models.cosyvoice_tried import END, PER_CHARACTER, SAMPLES, SENTENCE, STEPS, TEXT, Tried, letters
from vox.workers.engine import Prompt, Reference


@contextmanager
def as_it_is(version: int) -> Iterator[Any]:
    """Upstream's model, which gives up when it has looked in vain a hundred times."""
    module = importlib.import_module("cosyvoice.cli.model")
    looks = iter(range(100))

    def sleep(_: float) -> None:
        if next(looks, None) is None:
            raise TimeoutError
        threading.Event().wait(0.001)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "time", SimpleNamespace(sleep=sleep))
        patched.setattr(threading, "excepthook", lambda _: None)
        yield module.CosyVoice2Model(version)


def test_every_first_chunk_is_short(two: Tried, voice: Prompt) -> None:
    with as_it_is(2) as plain:
        lengths = [
            [out["tts_speech"].shape[1] for out in plain.tts(letters(TEXT), stream=True)] for _ in "12"
        ]
    assert lengths[0][0] < lengths[1][0] == 100 * SAMPLES
    first, second = two.chunks(prompt=voice), two.chunks(prompt=voice)
    assert first == second == [25, 50, 4 * len(TEXT) - 75]


def test_a_failure_in_the_thread_is_raised(
    two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ValueError("should not get token 6563")

    with as_it_is(2) as plain, pytest.raises(TimeoutError):
        plain.llm.step = fail
        list(plain.tts(letters(TEXT), stream=True))
    monkeypatch.setattr(two.model.llm, "step", fail)
    with pytest.raises(ValueError, match="should not get token 6563"):
        two.chunks(prompt=voice)
    assert two.idle
    monkeypatch.undo()
    assert two.said(prompt=voice) == TEXT


def test_a_failure_after_the_first_chunk_is_raised(
    two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, heard = two.model.llm.made, threading.Event()

    def fail() -> None:
        if two.model.llm.made - before == 60:
            heard.wait()
            raise ValueError("too late")

    monkeypatch.setattr(two.model.llm, "step", fail)
    pieces = two.engine.speak(two.segment(prompt=voice))
    assert len(next(pieces)) == 2 * 25 * SAMPLES
    heard.set()
    with pytest.raises(ValueError, match="too late"):
        list(pieces)
    assert two.idle


def test_an_abandoned_stream_leaves_nothing(
    two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_it_is(2) as plain:
        outputs = plain.tts(letters(TEXT * 10), stream=True)
        next(outputs)
        outputs.close()
    assert len(plain.tts_speech_token_dict) == len(plain.llm_end_dict) == 1
    go = threading.Event()
    begun = two.model.llm.made
    monkeypatch.setattr(two.model.llm, "step", lambda: two.model.llm.made < begun + 30 or go.wait())
    threads = threading.active_count()
    pieces = two.engine.speak(two.segment(TEXT * 2, prompt=voice))
    next(pieces)
    closing = threading.Thread(target=pieces.close)
    closing.start()
    while not two.engine._running._over:
        pass
    go.set()
    closing.join()
    assert two.model.llm.made <= begun + 31  # the one that was under way
    assert threading.active_count() <= threads
    assert two.idle
    assert two.said(prompt=voice) == TEXT


def test_the_flow_never_sees_a_long_take(two: Tried, voice: Prompt) -> None:
    text = SENTENCE * 7
    assert 380 < len(text) < 400
    with as_it_is(2) as plain:
        list(plain.tts(letters(text), stream=True))
    assert max(plain.flow.sizes) == PER_CHARACTER * len(text)
    two.model.flow.sizes.clear()
    assert two.said(text, prompt=voice).replace(" ", "") == text.replace(" ", "")
    assert max(two.model.flow.sizes) <= PER_CHARACTER * 143  # ten seconds of narrow characters


def test_nobody_waits_for_the_next_tenth_of_a_second(
    two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wait ends by news, not by time: also that for the tokens of the first chunk, while others come."""
    news, waits, flows = two.engine._running._news, threading.Event(), threading.Event()
    ended_by_time: list[bool] = []
    begun = two.model.llm.made

    class News:
        set, clear = news.set, news.clear

        def wait(self, seconds: float) -> None:
            waits.set()
            ended_by_time.append(not news.wait(20 * seconds))

    def step() -> None:
        wanted = {begun + 10: waits, begun + 60: flows}.get(two.model.llm.made)
        if wanted is not None:
            wanted.wait()

    monkeypatch.setattr(two.engine._running, "_news", News())
    monkeypatch.setattr(two.model.llm, "step", step)
    monkeypatch.setattr(two.model.flow.decoder.estimator, "step", flows.set)
    assert two.said(prompt=voice) == TEXT
    assert ended_by_time
    assert not any(ended_by_time)


def test_a_seed_holds_while_two_threads_draw(two: Tried, voice: Prompt) -> None:
    sounds = [two.sound(TEXT, prompt=voice, seed=seed) for seed in (1, 2, 1, 1)]
    assert sounds[0] == sounds[2] == sounds[3] != sounds[1]
    assert two.sound(prompt=voice, seed=None) != two.sound(prompt=voice, seed=None)


def test_the_vocoder_has_no_part_in_the_tokens(
    two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the two threads run: here the vocoder comes as late as it can."""
    tokens = np.frombuffer(two.sound(prompt=voice), "<i2")[SAMPLES // 2 :: SAMPLES].tolist()
    sizes = {"first_chunk_size": 200, "chunk_size": 200}
    late = np.frombuffer(two.sound(prompt=voice, options=sizes), "<i2")[SAMPLES // 2 :: SAMPLES].tolist()
    assert tokens == late


def test_the_end_does_not_come_before_that_of_the_text(
    three: Tried, recording: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = three.engine.enroll(recording)
    monkeypatch.setattr(three.model.llm, "hasty", True)
    with as_it_is(3) as plain, pytest.raises(TimeoutError):
        plain.llm.hasty = True
        list(plain.tts((letters(part) for part in TEXT), letters(END), stream=True))
    assert three.said("", prompt=voice, deltas=iter([TEXT])) == TEXT


def test_a_cancel_ends_within_a_token(two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = two.segment(prompt=voice)
    begun = two.model.llm.made

    def step() -> None:
        if two.model.llm.made == begun + 10:
            two.engine.cancel(segment)

    monkeypatch.setattr(two.model.llm, "step", step)
    assert two.chunks(segment) == []
    assert two.model.llm.made == begun + 11
    assert two.idle


def test_a_cancel_ends_within_a_step_of_the_flow(
    two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimator = two.model.flow.decoder.estimator
    segment = two.segment(prompt=voice)
    begun = estimator.steps

    def step() -> None:
        if estimator.steps == begun + STEPS + 3:
            two.engine.cancel(segment)

    monkeypatch.setattr(estimator, "step", step)
    assert two.chunks(segment) == [25]
    assert estimator.steps == begun + STEPS + 4
    assert two.idle


def test_a_cancel_of_another_segment_is_none(two: Tried, voice: Prompt) -> None:
    pieces = two.engine.speak(two.segment(prompt=voice))
    first = next(pieces)
    two.engine.cancel(two.segment("something else", prompt=voice))
    assert len(first + b"".join(pieces)) == 2 * SAMPLES * PER_CHARACTER * len(TEXT)
