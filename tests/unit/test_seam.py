"""Where two segments meet, in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from vox.gateway.seam import Seam

RATE = 24_000
LAP = RATE * 5 // 1000


def tone(samples: int, hertz: float = 440.0, phase: float = 0.0) -> bytes:
    time = np.arange(samples) / RATE
    return (9000 * np.sin(2 * np.pi * hertz * time + phase)).astype("<i2").tobytes()


def join(segments: list[bytes], size: int = 960) -> np.ndarray:
    seam, out = Seam(RATE), b""
    for number, segment in enumerate(segments):
        if number:
            seam.next()
        out += b"".join(seam.feed(segment[at : at + size]) for at in range(0, len(segment), size))
    return np.frombuffer(out + seam.finish(), "<i2").astype(int)


def steepest(sound: np.ndarray) -> int:
    return int(np.abs(np.diff(sound)).max())


@pytest.mark.parametrize("size", [1, 7, 240, 241, 960, 100_000])
@pytest.mark.parametrize("jump", [np.pi / 2, 2.0, np.pi])
def test_two_tones_meet_without_a_step(size: int, jump: float) -> None:
    first, second = tone(4300), tone(3000, phase=jump + 0.4)
    sound = join([first, second], size)
    assert len(sound) == 4300 + 3000 - LAP
    plain = np.frombuffer(first + second, "<i2").astype(int)
    allowed = steepest(plain[:4000]) + 9000 * 2 / LAP  # the tone's own, and the fade's
    assert steepest(sound) <= allowed
    assert steepest(plain) > allowed, "the test would pass without a seam"


def test_quiet_edges_are_joined_as_they_stand() -> None:
    silence = bytes(2 * LAP)
    parts = [tone(2000) + silence, silence + tone(2000), tone(50)]
    assert join(parts[:2]).tolist() == np.frombuffer(parts[0] + parts[1], "<i2").tolist()


def test_a_loud_edge_beside_a_quiet_one_is_left_alone() -> None:
    parts = [tone(2003), bytes(2 * LAP) + tone(2000)]
    assert join(parts).tolist() == np.frombuffer(parts[0] + parts[1], "<i2").tolist()


def test_segments_shorter_than_an_overlap_lose_nothing() -> None:
    parts = [tone(40), tone(30), b"", tone(50)]
    assert len(join(parts)) == 120


def test_a_pause_fades_out_and_in_again() -> None:
    seam = Seam(RATE)
    before = seam.feed(tone(2003)) + seam.pause()
    after = seam.feed(tone(2000, phase=1.5)) + seam.finish()
    old, new = (np.frombuffer(part, "<i2").astype(int) for part in (before, after))
    assert (len(old), len(new)) == (2003, 2000)
    assert abs(old[-1]) < 200
    assert abs(new[0]) < 200
    assert max(steepest(old), steepest(new)) <= steepest(np.frombuffer(tone(2000), "<i2").astype(int)) * 1.3


def test_a_segment_shorter_than_an_overlap_is_kept_after_a_pause() -> None:
    seam = Seam(RATE)
    seam.feed(tone(2003))
    seam.pause()
    out = seam.feed(tone(60, phase=1.0))
    seam.next()
    out += seam.feed(tone(1000)) + seam.finish()
    assert len(out) == 2 * 1060


def test_half_a_sample_does_not_shift_what_follows() -> None:
    silence = bytes(2 * LAP)
    odd = [tone(2000) + silence + b"x", silence + tone(2000)]
    even = [odd[0][:-1], odd[1]]
    assert join(odd).tolist() == join(even).tolist()


def test_held_is_what_has_not_come_out() -> None:
    seam, fed, out = Seam(RATE), 0, 0
    for data in (tone(1000), tone(11), tone(700)):
        out += len(seam.feed(data))
        fed += len(data)
        assert seam.held == fed - out
    seam.next()
    assert seam.held == fed - out
