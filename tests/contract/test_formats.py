"""What every audio format must do, whatever its encoder: one suite, run on each entry of `FORMATS`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import av
import numpy as np
import pytest

from vox.workers.codec import Codec
from vox.workers.encoders import FORMATS

RATE = 24_000
HEADERLESS = {"pcm": "s16le", "ulaw": "mulaw", "alaw": "alaw"}
"""Format → the name under which libavformat reads it; all others tell by themselves what they are."""
PRIMED = {"mp3", "aac"}
"""Formats that can't say where the sound begins and ends: the coder's delay is heard as silence."""
LEVEL = 8_000

formats = pytest.mark.parametrize("name", list(FORMATS))


def cut(pcm: bytes, size: int) -> Iterator[bytes]:
    return (pcm[start : start + size] for start in range(0, len(pcm), size))


def encoding(
    name: str, pieces: Iterable[bytes], rate_in: int = RATE, rate_out: int = RATE, stretch: float = 1.0
) -> Iterator[bytes]:
    request = {"format": name, "rate_in": rate_in, "rate_out": rate_out, "stretch": stretch}
    pipe = Codec().open("encode", request)
    try:
        yield pipe.feed(b"")
        for piece in pieces:
            yield pipe.feed(piece)
        yield pipe.finish()
    finally:
        pipe.close()


def shaped(pcm: bytes, rate_in: int, rate_out: int, stretch: float = 1.0, size: int = 4_801) -> np.ndarray:
    encoded = b"".join(encoding("pcm", cut(pcm, size), rate_in, rate_out, stretch))
    return np.frombuffer(encoded, "<i2").astype(np.float64)


def tone(hertz: float, seconds: float, rate: int = RATE) -> bytes:
    phase = np.arange(round(seconds * rate)) * (2 * np.pi * hertz / rate)
    wave: bytes = np.rint(LEVEL * np.sin(phase)).astype("<i2").tobytes()
    return wave


def decoded(name: str, encoded: bytes, rate: int = RATE) -> tuple[np.ndarray, int]:
    """Samples on the scale of 16 bits, and their rate in Hz."""
    raw = HEADERLESS.get(name)
    options = {"sample_rate": str(rate), "ch_layout": "mono"} if raw else {}
    with av.open(io.BytesIO(encoded), "r", format=raw, options=options) as container:
        frames = list(container.decode(audio=0))
    if not frames:
        return np.zeros(0), rate
    as_s16 = av.AudioResampler(format="s16", layout="mono", rate=frames[0].sample_rate)
    samples = [part.to_ndarray()[0] for frame in frames for part in as_s16.resample(frame)]
    return np.concatenate(samples).astype(np.float64), frames[0].sample_rate


def pitch(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 19))
    return float(spectrum.argmax()) * rate / (1 << 19)


def decibels(samples: np.ndarray) -> float:
    """Level against that of `tone`."""
    return float(10 * np.log10(max(np.mean(samples**2), 1e-9) / (LEVEL**2 / 2)))


@formats
@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000])
def test_a_tone_comes_back_with_its_pitch_its_level_and_its_length(name: str, rate: int) -> None:
    encoded = b"".join(encoding(name, cut(tone(440, 1.0), 4_800), rate_out=rate))
    samples, heard_at = decoded(name, encoded, rate)
    seconds = len(samples) / heard_at
    assert heard_at == (48_000 if name == "opus" else rate)
    assert seconds == pytest.approx(1.0, abs=1e-4) or (name in PRIMED and 1.0 <= seconds <= 1.2)
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    assert pitch(middle, heard_at) == pytest.approx(440, abs=1)
    assert decibels(middle) == pytest.approx(0, abs=0.5)


@formats
@pytest.mark.parametrize(("rate", "stretch"), [(RATE, 1.0), (16_000, 0.8)])
def test_the_answer_does_not_depend_on_how_the_sound_was_cut(name: str, rate: int, stretch: float) -> None:
    pcm = tone(440, 0.2)
    answers = [
        b"".join(encoding(name, cut(pcm, size), rate_out=rate, stretch=stretch))
        for size in (7, 961, 4_800, len(pcm))
    ]
    if name == "opus":  # Ogg draws a serial number for each stream
        answers = [decoded(name, answer)[0].tobytes() for answer in answers]
    assert len(answers[0]) > 500
    assert len(set(answers)) == 1


@formats
def test_half_of_the_sound_is_out_while_the_other_half_is_still_being_made(name: str) -> None:
    early = bytearray()
    at_half = 0

    def pieces() -> Iterator[bytes]:
        nonlocal at_half
        yield from cut(tone(440, 0.5), 960)
        at_half = len(early)
        yield from cut(tone(440, 0.5), 960)

    for data in encoding(name, pieces()):
        early += data
    samples, rate = decoded(name, bytes(early[:at_half]))
    assert 0.35 <= len(samples) / rate <= 0.5
    assert at_half < 0.7 * len(early)


@pytest.mark.parametrize(("name", "magic"), [("wav", b"RIFF"), ("opus", b"OggS"), ("flac", b"fLaC")])
def test_the_header_is_out_before_there_is_any_sound(name: str, magic: bytes) -> None:
    def sound() -> bytes:
        raise AssertionError("the sound was waited for")

    pieces = (sound() for _ in range(1))
    assert next(encoding(name, pieces)).startswith(magic)


@formats
@pytest.mark.parametrize("pieces", [[], [b""]])
def test_no_sound_gives_a_file_that_opens_and_is_silent(name: str, pieces: list[bytes]) -> None:
    encoded = b"".join(encoding(name, pieces))
    if name == "pcm":
        assert encoded == b""
        return
    samples, rate = decoded(name, encoded)
    assert len(samples) / rate <= 0.1
    assert np.abs(samples).max(initial=0) <= 8  # the smallest step of A-law


@formats
def test_the_loudest_sound_does_not_wrap_around(name: str) -> None:
    steps = np.repeat(np.tile([32_767, -32_768], 20), 600).astype("<i2")  # ringing makes it louder still
    encoded = b"".join(encoding(name, [steps.tobytes()], rate_out=16_000))
    samples, rate = decoded(name, encoded, 16_000)
    delays = range(rate // 10)
    ideal = np.sign(steps[: len(steps) // 2].astype(np.float64))
    ideal = ideal[np.arange(round(len(ideal) * rate / RATE)) * RATE // rate]
    likeness = max(float(np.mean(ideal * np.sign(samples[at : at + len(ideal)]))) for at in delays[::4])
    assert likeness > 0.9


@pytest.mark.parametrize(("rate_in", "rate_out"), [(22_050, 24_000), (24_000, 8_000), (24_000, 44_100)])
@pytest.mark.parametrize("samples", [1, 999, 24_000])
def test_resampling_gives_the_exact_length(rate_in: int, rate_out: int, samples: int) -> None:
    assert len(shaped(bytes(2 * samples), rate_in, rate_out)) == round(samples * rate_out / rate_in)


@pytest.mark.parametrize(
    ("rate_in", "rate_out", "hertz", "passes"),
    [
        (24_000, 8_000, 7_000, False),  # would be heard at 1 kHz
        (24_000, 8_000, 5_000, False),
        (24_000, 8_000, 1_000, True),
        (22_050, 24_000, 9_000, True),  # its image would be heard at 10.95 kHz
        (24_000, 48_000, 9_000, True),  # its image would be heard at 15 kHz
    ],
)
def test_resampling_adds_no_tone_of_its_own(rate_in: int, rate_out: int, hertz: float, passes: bool) -> None:
    samples = shaped(tone(hertz, 1.0, rate_in), rate_in, rate_out)
    middle = samples[rate_out // 4 : -rate_out // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.blackman(len(middle)))) / (0.42 * LEVEL * len(middle) / 2)
    frequencies = np.fft.rfftfreq(len(middle), 1 / rate_out)
    wanted = np.abs(frequencies - hertz) < 20
    assert spectrum[~wanted].max() < 0.001  # -60 dB
    if passes:
        assert 20 * np.log10(spectrum[wanted].max()) == pytest.approx(0, abs=0.1)


def test_rates_without_a_common_measure_are_as_clean_as_others() -> None:
    samples = shaped(tone(3_700, 1.0), 24_000, 23_001)[5_000:-5_000]
    spectrum = np.abs(np.fft.rfft(samples * np.blackman(len(samples))))
    apart = np.abs(np.fft.rfftfreq(len(samples), 1 / 23_001) - 3_700) > 20
    assert spectrum[apart].max() < 1e-4 * spectrum.max()  # -80 dB


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("name", ["pcm", "ulaw"])
def test_on_the_phone_nothing_folds_back_and_a_voice_is_left_alone(name: str, rate: int) -> None:
    """From any engine's rate: -60 dB from 4 kHz on, and flat up to 3.2 kHz."""

    def level(hertz: float) -> float:
        """Of what is heard of a tone, in dB. Above 4 kHz that is read where it folds to, since the noise of
        mu-law is everywhere."""
        encoded = b"".join(encoding(name, cut(tone(hertz, 1.0, rate), rate // 25), rate, 8_000))
        middle = decoded(name, encoded, 8_000)[0][1_000:-1_000]
        spectrum = np.abs(np.fft.rfft(middle * np.blackman(len(middle)))) / (0.42 * LEVEL * len(middle) / 2)
        folded = abs(hertz - 8_000 * round(hertz / 8_000))
        near = np.abs(np.fft.rfftfreq(len(middle), 1 / 8_000) - folded) < 4
        return float(20 * np.log10(spectrum[near].max() + 1e-9))

    aliases = {hertz: level(hertz) for hertz in (4_011, 4_100, 4_700, 5_300, 6_900, 0.47 * rate)}
    assert max(aliases.values()) < -60, aliases
    voice = {hertz: level(hertz) for hertz in (100, 300, 1_000, 2_000, 3_000, 3_200)}
    assert max(map(abs, voice.values())) < 1, voice


@pytest.mark.parametrize(("rate_in", "rate_out"), [(24_000, 8_000), (22_050, 8_000), (24_000, 44_100)])
def test_resampling_moves_nothing(rate_in: int, rate_out: int) -> None:
    samples = shaped(tone(1_000, 0.5, rate_in), rate_in, rate_out)
    there = np.frombuffer(tone(1_000, 0.5, rate_out), "<i2")
    inner = slice(rate_out // 50, -rate_out // 50)
    assert decibels(samples[inner] - there[inner]) < -60


@pytest.mark.parametrize(("rate_in", "rate_out"), [(24_000, 8_000), (22_050, 8_000), (48_000, 8_000)])
def test_resampled_sound_is_out_within_5_ms_and_the_last_of_it_at_the_end(
    rate_in: int, rate_out: int
) -> None:
    sound = bytes(rate_in) + tone(1_000, 0.02, rate_in)
    pieces = list(cut(sound, rate_in // 50 * 2))
    given = np.cumsum([len(made) // 2 for made in encoding("pcm", pieces, rate_in, rate_out)][1:-1])
    taken = np.arange(1, len(pieces) + 1) * rate_out // 50
    assert (taken - given).max() <= rate_out // 200
    samples = shaped(sound, rate_in, rate_out)
    assert len(samples) == 0.52 * rate_out
    assert decibels(samples[-rate_out // 50 :]) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("name", ["pcm", "ulaw"])
@pytest.mark.parametrize("rate_in", [22_050, 24_000, 44_100, 48_000])
def test_a_call_does_not_depend_on_how_the_sound_was_cut(name: str, rate_in: int) -> None:
    noise = np.random.default_rng(1).integers(-20_000, 20_000, rate_in // 5).astype("<i2").tobytes()
    answers = {
        b"".join(encoding(name, cut(noise, size), rate_in, 8_000)) for size in (1, 7, 961, 4_800, len(noise))
    }
    assert len(answers) == 1


@pytest.mark.parametrize("size", [31, 4_800])
@pytest.mark.parametrize("factor", [0.25, 0.5, 0.8, 1.25, 2.0, 4.0])
def test_another_pace_keeps_the_pitch_and_the_level(factor: float, size: int) -> None:
    samples = shaped(tone(220, 1.2), RATE, RATE, factor, size)
    assert len(samples) == round(1.2 * RATE / factor)
    assert pitch(samples, RATE) == pytest.approx(220, rel=0.01)
    blocks = samples[: len(samples) // 480 * 480].reshape(-1, 480)  # 20 ms
    steady = [decibels(block) for block in blocks[:-3]]
    assert min(steady) > -1.5
    assert max(steady) < 1.5


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_another_pace_leaves_every_sound_in_its_place(factor: float) -> None:
    silence = bytes(RATE)  # 0.5 s
    samples = shaped(tone(220, 0.5) + silence + tone(220, 0.5), RATE, RATE, factor)
    loud = np.flatnonzero(np.abs(samples) > LEVEL / 2) * factor / RATE
    gap = loud[np.argmax(np.diff(loud))], loud[np.argmax(np.diff(loud)) + 1]
    assert [loud[0], *gap, loud[-1]] == pytest.approx([0.0, 0.5, 1.0, 1.5], abs=0.03)
