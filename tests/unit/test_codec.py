"""The codec worker: what it refuses, what it releases, and that jobs don't meet."""

from __future__ import annotations

import gc
import os
import warnings
import weakref
from typing import Any

import av
import numpy as np
import pytest

from vox.workers.codec import Codec
from vox.workers.encoders import FORMATS, Format, Packets, wav
from vox.workers.engine import EngineError


def request(**changes: Any) -> dict[str, Any]:
    return {"op": "encode", "format": "mp3", "rate_in": 24_000, "rate_out": 24_000, "stretch": 1.0} | changes


def encoded(pcm: bytes, **changes: Any) -> bytes:
    pipe = Codec().open("encode", request(**changes))
    try:
        made = [pipe.feed(b"")]
        made += [pipe.feed(pcm[start : start + 4_801]) for start in range(0, len(pcm), 4_801)]
        return b"".join([*made, pipe.finish()])
    finally:
        pipe.close()


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
        Codec().open("encode", request(**change))
    assert (caught.value.code, caught.value.param) == ("invalid_value", param)


def test_it_does_nothing_but_encode() -> None:
    with pytest.raises(EngineError, match="can't play") as caught:
        Codec().open("play", request())
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
    pipe = Codec().open("encode", request(format="pcm"))
    assert pipe.feed(b"\1\0\2") == b"\1\0"
    assert pipe.feed(b"\0\3") == b"\2\0"
    with pytest.raises(EngineError, match="middle of a sample") as caught:
        pipe.finish()
    assert caught.value.code == "codec_failed"


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


def test_the_encoder_is_closed_with_the_pipe(recorder: Recorder) -> None:
    pipe = Codec().open("encode", request())
    assert pipe.feed(b"\0\0") == b"x"
    assert not recorder.closed
    pipe.close()
    assert recorder.closed


def test_the_encoder_is_closed_when_another_stage_is_refused(recorder: Recorder, monkeypatch: Any) -> None:
    def refuse(*rates: int) -> None:
        raise av.error.InvalidDataError(1, "no such filter")

    monkeypatch.setattr("vox.workers.codec.Resample", refuse)
    with pytest.raises(EngineError, match="no such filter"):
        Codec().open("encode", request(rate_out=8_000))
    assert recorder.closed


def test_a_failure_of_its_library_is_told(recorder: Recorder) -> None:
    recorder.fails = True
    pipe = Codec().open("encode", request())
    with pytest.raises(EngineError, match=r"could not be encoded: .*broken") as caught:
        pipe.feed(b"\0\0")
    assert caught.value.code == "codec_failed"


@pytest.mark.parametrize("name", ["mp3", "opus", "aac", "flac", "ulaw"])
def test_a_job_closed_early_leaves_nothing_behind(name: str) -> None:
    rate = 8_000 if name == "ulaw" else 48_000
    pipe = Codec().open("encode", request(format=name, rate_out=rate, stretch=1.3))
    pipe.feed(tone(440))
    left = [weakref.ref(part) for part in (pipe, *pipe._stages)]
    gc.disable()
    try:
        pipe.close()
        del pipe
        assert [part() for part in left] == [None] * 5
    finally:
        gc.enable()


def test_jobs_on_one_thread_share_nothing() -> None:
    """300 of them, a piece of each in turn."""
    kinds = [
        request(format=name, rate_out=rate, stretch=stretch)
        for name in FORMATS
        if name != "opus"  # Ogg draws a serial number for each stream
        for rate, stretch in ((24_000, 1.0), (8_000, 1.0), (16_000, 1.25))
    ]
    jobs = [kinds[number % len(kinds)] for number in range(300)]
    sounds = [tone(200 + 10 * number, 2_000 + number) for number in range(len(jobs))]
    alone = [encoded(sound, **job) for job, sound in zip(jobs, sounds, strict=True)]
    service = Codec()
    pipes = [service.open("encode", job) for job in jobs]
    together = [pipe.feed(b"") for pipe in pipes]
    for start in range(0, max(map(len, sounds)), 960):
        for number, pipe in enumerate(pipes):
            together[number] += pipe.feed(sounds[number][start : start + 960])
    for number, pipe in enumerate(pipes):
        together[number] += pipe.finish()
        pipe.close()
    assert together == alone


def test_filters_have_no_threads_of_their_own() -> None:
    """FFmpeg's own choice is one a core, for each of them."""
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("the system does not tell")
    before = len(os.listdir("/proc/self/task"))
    pipes = [Codec().open("encode", request(format="ulaw", rate_out=8_000, stretch=1.3)) for _ in range(4)]
    assert len(os.listdir("/proc/self/task")) == before
    for pipe in pipes:
        pipe.close()


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


@pytest.mark.parametrize(("law", "silence"), [("ulaw", 0xFF), ("alaw", 0xD5)])
def test_silence_on_the_phone_is_its_word_for_silence(law: str, silence: int) -> None:
    assert encoded(bytes(48_000), format=law, rate_out=8_000) == bytes([silence]) * 8_000


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_no_sound_is_20_ms_of_silence_on_the_phone(law: str) -> None:
    assert encoded(b"", format=law, rate_out=8_000) == encoded(bytes(960), format=law, rate_out=8_000)


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_g711_is_what_ffmpeg_writes_into_its_own_container(law: str) -> None:
    every = np.arange(-32_768, 32_768).astype("<i2").tobytes()
    name = {"ulaw": "mulaw", "alaw": "alaw"}[law]
    muxed = Packets(8_000, f"pcm_{name}", {}, name, {})
    assert encoded(every, format=law, rate_in=8_000, rate_out=8_000) == muxed.feed(every) + muxed.finish()


def test_a_load_answers_that_it_makes_no_sound_of_its_own() -> None:
    assert Codec().load({}, lambda share, stage: None) == {"sample_rate": 0, "voices": []}


def test_a_header_comes_with_the_first_sound_only() -> None:
    encoder = wav(24_000)
    assert len(encoder.feed(b"")) == 44
    assert encoder.feed(b"\1\0") == b"\1\0"
    assert encoder.finish() == b""
