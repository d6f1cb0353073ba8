"""The codec worker: what it refuses, what it releases, and that jobs don't meet."""

from __future__ import annotations

import gc
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest

from vox.workers.codec import Codec
from vox.workers.encoders import FORMATS, Format, Packets, wav
from vox.workers.engine import EngineError


class Job:
    def __init__(self, *pieces: bytes) -> None:
        self.cancelled = False
        self._pieces = pieces

    def read(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if self.cancelled:
                return
            yield piece

    def note(self, key: str, value: Any) -> None:
        pass


def request(**changes: Any) -> dict[str, Any]:
    return {"op": "encode", "format": "mp3", "rate_in": 24_000, "rate_out": 24_000, "stretch": 1.0} | changes


def encoded(pcm: bytes, **changes: Any) -> bytes:
    pieces = (pcm[start : start + 4_801] for start in range(0, len(pcm), 4_801))
    return b"".join(Codec().run("encode", request(**changes), Job(*pieces)))


def tone(hertz: float, samples: int = 12_000) -> bytes:
    wave = np.sin(np.arange(samples) * (2 * np.pi * hertz / 24_000))
    pcm: bytes = np.rint(8_000 * wave).astype("<i2").tobytes()
    return pcm


@pytest.mark.parametrize(
    ("change", "words", "param"),
    [
        ({"format": "mp4"}, "unknown format 'mp4'; known: wav, pcm, mp3", "format"),
        ({"rate_in": 0}, "0 Hz is not between 4000 and 192000", "sample_rate"),
        ({"rate_out": 1_000_000}, "1000000 Hz is not between", "sample_rate"),
        (
            {"rate_out": 23_000},
            "mp3 can't hold a sample rate of 23000 Hz; it can hold 48000, 44",
            "sample_rate",
        ),
        ({"stretch": 0.2}, "0.2 is not between 0.25 and 4.0", "speed"),
        ({"stretch": 4.1}, "4.1 is not between", "speed"),
        ({"stretch": float("nan")}, "nan is not between", "speed"),
    ],
)
def test_a_value_out_of_range_is_refused_before_any_work(
    change: dict[str, Any], words: str, param: str
) -> None:
    with pytest.raises(EngineError, match=words) as caught:
        Codec().run("encode", request(**change), Job())
    assert (caught.value.code, caught.value.param) == ("invalid_value", param)


def test_it_does_nothing_but_encode() -> None:
    with pytest.raises(EngineError, match="can't play") as caught:
        Codec().run("play", request(), Job())
    assert caught.value.code == "invalid_value"


@pytest.mark.parametrize(
    ("asked", "fed"), [(8_000, 8_000), (11_025, 12_000), (22_050, 24_000), (44_100, 48_000), (96_000, 48_000)]
)
def test_opus_is_fed_at_the_next_rate_that_it_knows(asked: int, fed: int) -> None:
    assert FORMATS["opus"].rate(asked) == fed


def test_wav_has_a_plain_header_with_open_lengths() -> None:
    header = encoded(b"", format="wav", rate_out=8_000)
    fields = (
        b"RIFF\xff\xff\xff\xffWAVE",
        b"fmt \x10\0\0\0\1\0\1\0",
        (8_000).to_bytes(4, "little"),
        (16_000).to_bytes(4, "little"),
        b"\2\0\x10\0",
        b"data\xff\xff\xff\xff",
    )
    assert header == b"".join(fields)


@pytest.mark.parametrize(("name", "sync"), [("mp3", b"\xff\xf3"), ("aac", b"\xff\xf1")])
def test_mp3_and_aac_are_nothing_but_frames_so_that_answers_can_be_joined(name: str, sync: bytes) -> None:
    assert encoded(tone(440), format=name).startswith(sync)


def test_pcm_at_its_own_rate_and_pace_is_left_alone() -> None:
    pcm = np.random.default_rng(1).integers(-32_768, 32_767, 5_000).astype("<i2").tobytes()
    assert encoded(pcm, format="pcm") == pcm


def test_half_a_sample_at_the_end_is_a_failure() -> None:
    output = Codec().run("encode", request(format="pcm"), Job(b"\1\0\2", b"\0\3"))
    assert next(output) == b"\1\0"
    assert next(output) == b"\2\0"
    with pytest.raises(EngineError, match="middle of a sample") as caught:
        next(output)
    assert caught.value.code == "codec_failed"


def test_a_cancelled_job_gives_no_end_of_file() -> None:
    job = Job(*[tone(440)] * 3)
    output = Codec().run("encode", request(format="opus"), job)
    seen = next(output) + next(output)
    job.cancelled = True
    assert list(output) == []
    whole = encoded(tone(440), format="opus")
    assert len(seen) < len(whole)


class Recorder:
    """An encoder that can fail, and remembers that it was closed."""

    def __init__(self) -> None:
        self.closed = False
        self.fails = False

    def feed(self, pcm: bytes) -> bytes:
        if self.fails:
            raise av.error.InvalidDataError(1, "broken")
        return b"x"

    def finish(self) -> bytes:
        return b""

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """What the codec takes for its MP3 encoder."""
    recorder = Recorder()
    monkeypatch.setitem(FORMATS, "mp3", Format(lambda rate: recorder))
    return recorder


def test_the_encoder_is_closed_at_the_end(recorder: Recorder) -> None:
    assert list(Codec().run("encode", request(), Job(b"\0\0"))) == [b"x", b"x", b"x"]
    assert recorder.closed


def test_the_encoder_is_closed_when_nobody_wants_the_rest(recorder: Recorder) -> None:
    output = Codec().run("encode", request(), Job(b"\0\0"))
    next(output)
    output.close()  # type: ignore[attr-defined] # a generator, as the host knows
    assert recorder.closed


def test_the_encoder_is_closed_after_a_failure_of_its_library(recorder: Recorder) -> None:
    recorder.fails = True
    with pytest.raises(EngineError, match=r"could not be encoded: .*broken") as caught:
        list(Codec().run("encode", request(), Job(b"\0\0")))
    assert caught.value.code == "codec_failed"
    assert recorder.closed


@pytest.mark.parametrize("name", ["mp3", "opus", "aac", "flac", "ulaw"])
def test_a_job_closed_early_leaves_nothing_behind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[weakref.ref[Packets]] = []

    class Watched(Packets):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            left.append(weakref.ref(self))

    monkeypatch.setattr("vox.workers.encoders.Packets", Watched)
    output = Codec().run("encode", request(format=name, stretch=1.3), Job(*[tone(440)] * 3))
    next(output)
    gc.disable()
    try:
        output.close()  # type: ignore[attr-defined]
        del output
        assert [encoder() for encoder in left] == [None]
    finally:
        gc.enable()


def test_jobs_at_the_same_time_share_nothing() -> None:
    service = Codec()
    jobs = [
        request(format=name, rate_out=rate, stretch=stretch)
        for name in FORMATS
        if name != "opus"  # Ogg draws a serial number for each stream
        for rate, stretch in ((24_000, 1.0), (16_000, 1.25))
    ]
    sounds = [tone(200 + 50 * number) for number in range(len(jobs))]
    alone = [encoded(sound, **job) for job, sound in zip(jobs, sounds, strict=True)]
    together: dict[int, bytes] = {}
    begin = threading.Barrier(len(jobs))

    def work(number: int) -> None:
        sound = sounds[number]
        begin.wait()
        pieces = (sound[start : start + 960] for start in range(0, len(sound), 960))
        together[number] = b"".join(service.run("encode", jobs[number], Job(*pieces)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[number] for number in range(len(jobs))] == alone


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_g711_is_as_good_as_the_reference_code_and_nearly_the_same(law: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop", reason="left the standard library with Python 3.13")
    every = np.arange(-32_768, 32_768).astype("<i2")

    def heard(codes: bytes) -> np.ndarray:
        return np.frombuffer(getattr(audioop, f"{law}2lin")(codes, 2), "<i2").astype(float)

    reference = heard(getattr(audioop, f"lin2{law}")(every.tobytes(), 2))
    ours = heard(encoded(every.tobytes(), format=law))
    levels = np.unique(reference)
    apart = np.abs(np.searchsorted(levels, ours) - np.searchsorted(levels, reference))
    assert np.mean(apart == 0) > 0.98
    assert apart.max() == 1
    assert np.mean((ours - every) ** 2) < np.mean((reference - every) ** 2)


def test_a_load_answers_that_it_makes_no_sound_of_its_own() -> None:
    assert Codec().load({}, lambda share, stage: None) == {"sample_rate": 0, "voices": []}


def test_a_header_comes_with_the_first_sound_only() -> None:
    encoder = wav(24_000)
    assert len(encoder.feed(b"")) == 44
    assert encoder.feed(b"\1\0") == b"\1\0"
    assert encoder.finish() == b""
