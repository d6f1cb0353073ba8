"""Recordings are decoded, cut to the best stretch and levelled."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from tests.sounds import tones
from vox.workers.engine import EngineError
from vox.workers.reference import LOUDNESS, RATE, best, decode, level, loudness


def seconds(samples: np.ndarray) -> float:
    return round(len(samples) / RATE, 2)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_becomes_24_khz_mono(rate: int, channels: int) -> None:
    samples = decode(tones((500, 2), rate=rate, channels=channels))
    assert seconds(samples) == 2.0
    spectrum = np.abs(np.fft.rfft(samples))
    assert int(spectrum.argmax()) / 2 == pytest.approx(500, abs=2)


@pytest.mark.parametrize(
    ("container", "codec"), [("mp3", "libmp3lame"), ("flac", "flac"), ("ogg", "libopus"), ("mp4", "aac")]
)
def test_any_container_is_read(container: str, codec: str) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=48_000)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(
            decode(tones((500, 2)))[None].repeat(2, axis=1), format="s16", layout="mono"
        )
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    assert seconds(decode(file.getvalue())) == pytest.approx(2, abs=0.1)


def test_silence_is_trimmed_but_for_a_breath() -> None:
    samples = best(decode(tones((0, 2), (500, 3), (0, 4))))
    assert seconds(samples) == pytest.approx(3.2, abs=0.05)


def test_a_long_recording_is_cut_in_a_pause_to_what_has_most_speech_in_it() -> None:
    # 6 s with a gap, then 5 + 7 s that fit together, then 12 s: the last stretch alone has as much speech.
    parts = [(300.0, 6.0), (0.0, 2.0), (600.0, 5.0), (0.0, 0.5), (700.0, 8.0), (0.0, 3.0), (900.0, 4.0)]
    samples = best(decode(tones(*parts)))
    assert seconds(samples) == pytest.approx(13.7, abs=0.1)
    first, last = samples[RATE : 2 * RATE], samples[-2 * RATE : -RATE]
    assert [int(np.abs(np.fft.rfft(part)).argmax()) for part in (first, last)] == [600, 700]


def test_endless_speech_is_cut_at_fifteen_seconds() -> None:
    assert seconds(best(decode(tones((500, 40))))) == pytest.approx(15, abs=0.25)


@pytest.mark.parametrize("loud", [0.01, 0.05, 0.9])
def test_it_is_brought_to_one_loudness(loud: float) -> None:
    samples = level(decode(tones((500, 3), level=loud)))
    assert loudness(samples) == pytest.approx(LOUDNESS, abs=0.5)


def test_peaks_stay_below_full_scale() -> None:
    quiet = decode(tones((500, 0.02), (0, 0.3)) * 1)
    clicks = np.tile(quiet, 12)
    assert np.abs(level(clicks).astype(int)).max() <= 29_300


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (b"", "empty"),
        (b"RIFF" + bytes(100), "can't be decoded"),
        (tones(), "no sound"),
        (tones((0, 5)), "silent"),
        (tones((500, 5), level=0.0003), "silent"),
        (tones((500, 0.9), (0, 3)), "0.9 s of speech"),
        (tones((500, 3), level=1.0), "clipped"),
    ],
)
def test_what_is_no_use_is_refused(sound: bytes, reason: str) -> None:
    with pytest.raises(EngineError, match=reason) as caught:
        best(decode(sound))
    assert (caught.value.code, caught.value.param) == ("invalid_value", "audio_sample")


@pytest.mark.parametrize("list", ["ffconcat version 1.0\nfile mine.wav\n", "#EXTM3U\n#EXTINF:3,\nmine.wav\n"])
def test_a_playlist_does_not_reach_the_files_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, list: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.wav").write_bytes(tones((500, 2)))
    with pytest.raises(EngineError, match="send WAV"):
        decode(list.encode())


def test_a_picture_has_no_sound() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mov") as out:
        stream = out.add_stream("png", rate=1)
        stream.width = stream.height = 16
        stream.pix_fmt = "rgb24"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    with pytest.raises(EngineError, match="no sound in it"):
        decode(file.getvalue())


def test_what_was_made_ready_stays_as_it_is() -> None:
    noise = np.random.default_rng(0).normal(size=8 * RATE) * 3000
    syllables = np.clip(np.sin(2 * np.pi * 3 * np.arange(8 * RATE) / RATE), 0, 1)
    ready = level(best((noise * syllables).astype(np.int16)))
    assert np.array_equal(level(best(ready)), ready)
