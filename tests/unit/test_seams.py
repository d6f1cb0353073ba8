import numpy as np
import pytest

from vox.workers.seams import Seams

RATE, OVERLAP = 24000, 480


def tone(start: int, stop: int, phase: float = 0.0, hertz: float = 220.0) -> np.ndarray:
    time = np.arange(start, stop) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * time + phase)).astype(np.float32)


def cut(sound: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    """`sound` in chunks of which each brings `sizes` new samples, and the last overlap once more."""
    ends = np.cumsum(sizes)
    return [sound[max(0, end - size - OVERLAP) : end] for end, size in zip(ends, sizes, strict=True)]


def join(chunks: list[np.ndarray], overlap: int = OVERLAP) -> np.ndarray:
    seams = Seams(overlap)
    return np.concatenate([*map(seams.feed, chunks), seams.finish()])


def steepest(sound: np.ndarray) -> float:
    return float(np.abs(np.diff(sound)).max())


def test_chunks_that_agree_come_out_as_one_sound() -> None:
    sound = tone(0, 24000)
    assert np.array_equal(join(cut(sound, [5000, 480, 481, 10000, 8039])), sound)


def test_a_tone_has_no_step_at_the_seams_larger_than_its_own() -> None:
    chunks = cut(tone(0, 24000), [6000, 6000, 6000, 6000])
    joined = join([chunk * level for chunk, level in zip(chunks, (1.0, 0.9, 1.0, 0.9), strict=True)])
    assert steepest(joined) <= steepest(tone(0, 24000)) * 1.001


@pytest.mark.parametrize("phase", [np.pi / 3, np.pi / 2, np.pi])
def test_a_tone_that_changes_its_phase_has_no_click(phase: float) -> None:
    """Laid end to end, without the overlap, it has."""
    before, after = tone(0, 6027), tone(6027 - OVERLAP, 12000, phase)
    joined = join([before, after])
    own = steepest(tone(0, 12000))
    fade = np.pi / 2 / OVERLAP  # the steepest step of the fade, between two sounds at most 1.0 apart
    assert steepest(joined) <= own + fade
    assert steepest(np.concatenate([before, after[OVERLAP:]])) > 2 * own


def test_nothing_is_lost_and_nothing_is_held_for_long() -> None:
    seams = Seams(OVERLAP)
    sizes = [960, 2400, 24000]
    chunks = cut(tone(0, sum(sizes)), sizes)
    ready = [len(seams.feed(chunk)) for chunk in chunks]
    assert ready == [960 - OVERLAP, 2400, 24000]
    assert len(seams.finish()) == OVERLAP


def test_one_short_chunk_alone_is_the_sound() -> None:
    assert np.array_equal(join([tone(0, 100)]), tone(0, 100))
    assert len(join([])) == 0


def test_after_the_end_the_next_chunk_begins_anew() -> None:
    seams = Seams(OVERLAP)
    seams.feed(np.ones(OVERLAP, np.float32))
    seams.finish()
    assert not seams.feed(np.zeros(OVERLAP, np.float32)).any()
    assert not seams.finish().any()


def test_a_chunk_shorter_than_the_overlap_is_a_mistake() -> None:
    seams = Seams(OVERLAP)
    seams.feed(tone(0, 1000))
    with pytest.raises(ValueError, match="a chunk of 100 samples can't overlap by 480"):
        seams.feed(tone(1000, 1100))


def test_the_chunks_given_are_not_changed() -> None:
    chunks = cut(tone(0, 12000), [6000, 6000])
    louder = [chunks[0], chunks[1] * 2]
    kept = [chunk.copy() for chunk in louder]
    join(louder)
    assert all(np.array_equal(a, b) for a, b in zip(louder, kept, strict=True))
