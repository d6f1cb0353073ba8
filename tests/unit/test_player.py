"""The playout buffer, turn by turn, and the player on miniaudio's null device, which keeps real time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import miniaudio  # type: ignore[import-untyped]
import pytest

from vox.workers import player as module
from vox.workers.engine import EngineError
from vox.workers.player import Player
from vox.workers.playout import LONGEST_MS, PREBUFFER_MS, Playout, settled

RATE = 8_000
MS = RATE // 1000
"""Samples a millisecond."""
PERIOD = 20 * MS


def sound(ms: int, level: int = 1000) -> bytes:
    return array("h", [level] * (ms * MS)).tobytes()


def samples(pcm: bytes) -> list[int]:
    return list(array("h", pcm))


def turns(playout: Playout, count: int) -> list[int]:
    """How many milliseconds of sound each of `count` turns of the device gives."""
    return [len(playout.take(PERIOD)) // 2 // MS for _ in range(count)]


def test_nothing_sounds_until_the_prebuffer_is_full() -> None:
    playout = Playout(RATE, prebuffer_ms=60)
    playout.put(sound(59))
    assert turns(playout, 2) == [0, 0]
    playout.put(sound(1))
    assert turns(playout, 1) == [20]


def test_a_sound_shorter_than_the_prebuffer_is_heard_when_it_ends() -> None:
    playout = Playout(RATE, prebuffer_ms=60)
    playout.put(sound(30))
    assert turns(playout, 1) == [0]
    playout.end()
    assert turns(playout, 3) == [20, 10, 0]
    assert playout.played_ms == 30
    assert playout.underruns == 0


def test_all_of_it_is_heard_once_the_device_has_let_go_of_it() -> None:
    playout = Playout(RATE, tail_ms=50)
    playout.put(sound(30))
    playout.end()
    heard = []
    for _ in range(5):
        heard.append(playout.heard)
        playout.take(PERIOD)
    assert heard == [False, False, False, False, True]  # 30 ms of sound, 50 ms of silence after it


def test_no_sound_at_all_is_heard_at_once() -> None:
    playout = Playout(RATE, tail_ms=50)
    assert not playout.heard
    playout.end()
    assert playout.heard


def test_an_underrun_waits_for_a_longer_prebuffer_and_then_goes_on() -> None:
    playout = Playout(RATE, prebuffer_ms=40)
    playout.put(sound(50))
    assert turns(playout, 4) == [20, 20, 10, 0]
    assert (playout.underruns, playout.prebuffer_ms) == (1, 80)
    playout.put(sound(79))
    assert turns(playout, 1) == [0]
    playout.put(sound(1))
    assert turns(playout, 2) == [20, 20]
    assert playout.underruns == 1


def test_waiting_for_the_prebuffer_is_not_a_further_underrun() -> None:
    playout = Playout(RATE, prebuffer_ms=40)
    playout.put(sound(40))
    turns(playout, 50)
    assert (playout.underruns, playout.prebuffer_ms) == (1, 80)


def test_the_end_is_not_an_underrun() -> None:
    playout = Playout(RATE, prebuffer_ms=40)
    playout.put(sound(50))
    playout.end()
    assert turns(playout, 5) == [20, 20, 10, 0, 0]
    assert playout.underruns == 0


def test_the_prebuffer_has_a_longest_length() -> None:
    playout = Playout(RATE, prebuffer_ms=40)
    for _ in range(12):
        playout.put(sound(LONGEST_MS))
        turns(playout, LONGEST_MS // 20 + 1)
    assert playout.prebuffer_ms == LONGEST_MS
    playout.put(sound(LONGEST_MS))
    assert not playout.full  # else the job would wait for the device and the device for the job


def test_it_is_full_at_twice_the_longest_prebuffer() -> None:
    playout = Playout(RATE)
    playout.put(sound(2 * LONGEST_MS - 1))
    assert not playout.full
    playout.put(sound(1))
    assert playout.full


@pytest.mark.parametrize(
    ("underruns", "before", "after"),
    [(0, 80, 80), (0, 90, PREBUFFER_MS), (0, 1000, 800), (1, 200, 200), (3, 2000, 2000)],
)
def test_the_prebuffer_shrinks_slowly_after_jobs_without_an_underrun(
    underruns: int, before: int, after: int
) -> None:
    playout = Playout(RATE, prebuffer_ms=before)
    playout.underruns = underruns
    assert settled(playout) == after


def test_a_cut_ends_the_sound_within_five_milliseconds_and_without_a_click() -> None:
    playout = Playout(RATE, prebuffer_ms=20)
    playout.put(sound(500))
    turns(playout, 2)
    playout.cut()
    ramp = samples(playout.take(PERIOD))
    assert len(ramp) == 5 * MS
    assert ramp == sorted(ramp, reverse=True)
    assert (ramp[0] > 900, ramp[-1]) == (True, 0)
    assert playout.empty
    assert turns(playout, 2) == [0, 0]


def test_a_cut_before_anything_sounded_is_silent() -> None:
    playout = Playout(RATE, prebuffer_ms=80)
    playout.put(sound(60))
    playout.cut()
    assert turns(playout, 2) == [0, 0]
    assert playout.heard


def test_starts_and_pauses_are_ramps_between_silence_and_sound() -> None:
    playout = Playout(RATE, prebuffer_ms=40)
    playout.put(sound(40))
    first, last = samples(playout.take(PERIOD)), samples(playout.take(PERIOD))
    assert first[0] == 0
    assert max(abs(b - a) for a, b in pairwise(first)) <= 1000 / (5 * MS) + 1
    assert first[5 * MS :] == [1000] * 15 * MS
    assert last[: 15 * MS] == [1000] * 15 * MS
    assert last[-1] == 0
    assert playout.underruns == 1


def test_a_piece_may_end_in_the_middle_of_a_sample() -> None:
    playout = Playout(RATE, prebuffer_ms=20)
    pcm = array("h", range(200 * MS)).tobytes()
    for start in range(0, len(pcm), 7):
        playout.put(pcm[start : start + 7])
    playout.end()
    heard = b"".join(playout.take(PERIOD) for _ in range(10))
    assert heard[2 * 5 * MS :] == pcm[2 * 5 * MS :]


# The player itself


class Job:
    def __init__(self, *pieces: bytes, held: bool = False) -> None:
        self.cancelled = False
        self.notes: dict[str, Any] = {}
        self._pieces = pieces
        self._held = threading.Event() if held else None

    def read(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._held is not None:
            assert self._held.wait(10)

    def note(self, key: str, value: Any) -> None:
        self.notes[key] = value

    def cancel(self) -> None:
        self.cancelled = True
        if self._held is not None:
            self._held.set()


def load(player: Player, backend: str) -> None:
    request = {
        "op": "load",
        "model": "",
        "directory": None,
        "device": "auto",
        "options": {"backend": backend},
    }
    assert player.load(request, lambda share, stage: None) == {"sample_rate": 0, "voices": []}


def play(player: Player, job: Job, rate: int = RATE) -> dict[str, Any]:
    assert list(player.run("play", {"op": "play", "rate": rate}, job)) == []
    return job.notes


def poll(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def player() -> Iterator[Player]:
    player = Player()
    load(player, "null")
    yield player
    player.close()


def test_every_sample_is_played_and_counted(player: Player) -> None:
    assert play(player, Job(sound(60), sound(40))) == {
        "played_ms": 100,
        "underruns": 0,
        "prebuffer_ms": PREBUFFER_MS,
    }


def test_one_device_serves_job_after_job_and_is_opened_again_for_another_rate(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []

    class Device(miniaudio.PlaybackDevice):  # type: ignore[misc]
        def __init__(self, sample_rate: int, **settings: Any) -> None:
            opened.append(sample_rate)
            super().__init__(sample_rate=sample_rate, **settings)

    monkeypatch.setattr(miniaudio, "PlaybackDevice", Device)
    for rate in (8_000, 8_000, 16_000, 16_000, 8_000):
        play(player, Job(b"\1\0" * 100), rate)
    assert opened == [8_000, 16_000, 8_000]


def test_a_cancelled_job_drops_what_it_had_and_the_next_one_plays(player: Player) -> None:
    job = Job(sound(3_000), held=True)
    thread = threading.Thread(target=play, args=(player, job))
    thread.start()
    poll(lambda: player._playout is not None and player._playout.played_ms > 0)
    job.cancel()
    thread.join(10)
    assert not thread.is_alive()
    assert job.notes["played_ms"] < 3_000
    assert play(player, Job(sound(40)))["played_ms"] == 40


def test_a_job_that_waits_for_a_full_buffer_can_be_cancelled(player: Player) -> None:
    job = Job(sound(2 * LONGEST_MS + 3_000), b"")
    thread = threading.Thread(target=play, args=(player, job))
    thread.start()
    poll(lambda: player._playout is not None and player._playout.full)
    job.cancel()
    thread.join(2)
    assert not thread.is_alive()
    assert job.notes["played_ms"] < 3_000


def test_a_late_sound_is_an_underrun_that_the_next_job_remembers(player: Player) -> None:
    late = threading.Event()

    class Late(Job):
        def read(self) -> Iterator[bytes]:
            yield sound(PREBUFFER_MS)
            assert late.wait(10)
            yield sound(20)

    job = Late()
    thread = threading.Thread(target=play, args=(player, job))
    thread.start()
    poll(lambda: player._playout is not None and player._playout.underruns == 1)
    late.set()
    thread.join(10)
    assert job.notes == {
        "played_ms": PREBUFFER_MS + 20,
        "underruns": 1,
        "prebuffer_ms": 2 * PREBUFFER_MS,
    }
    assert play(player, Job(sound(20)))["prebuffer_ms"] == 2 * PREBUFFER_MS
    assert play(player, Job(sound(20)))["prebuffer_ms"] < 2 * PREBUFFER_MS


def test_a_device_that_stops_asking_is_an_error_and_the_next_job_opens_it_again(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STALLED_S", 0.1)
    play(player, Job(sound(20)))
    player._device.stop()
    with pytest.raises(EngineError, match="has stopped") as caught:
        play(player, Job(sound(20)))
    assert caught.value.code == "no_audio_device"
    assert play(player, Job(sound(20)))["played_ms"] == 20


def test_without_a_device_the_load_says_so_and_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[Any]] = []

    def refuse(backends: list[Any], **settings: Any) -> None:
        asked.append(backends)
        raise miniaudio.MiniaudioError("failed to init device", -401)

    monkeypatch.setattr(miniaudio, "PlaybackDevice", refuse)
    with pytest.raises(EngineError, match=r"no audio output device .* save to a file with -o FILE") as caught:
        load(Player(), "")
    assert caught.value.code == "no_audio_device"
    assert len(asked[0]) > 5
    assert miniaudio.Backend.NULL not in asked[0]


def test_no_load_ends_on_the_null_device_unasked() -> None:
    player = Player()
    try:
        load(player, "")
        assert player._device.backend != "Null"
    except EngineError as error:
        assert error.code == "no_audio_device"
    finally:
        player.close()


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EngineError, match=r"unknown audio backend 'alas'; known: .*alsa.*null") as caught:
        load(Player(), "alas")
    assert caught.value.code == "invalid_value"


@pytest.mark.parametrize(
    ("op", "rate", "words"), [("speak", RATE, "can't speak"), ("play", 3_999, "3999 Hz is not between")]
)
def test_it_does_nothing_but_play_at_sane_rates(player: Player, op: str, rate: int, words: str) -> None:
    with pytest.raises(EngineError, match=words) as caught:
        player.run(op, {"op": op, "rate": rate}, Job())
    assert caught.value.code == "invalid_value"


def test_a_player_of_its_own_does_not_load_numpy() -> None:
    program = (
        "import sys; from vox.workers.player import Player; player = Player();"
        "player.load({'options': {'backend': 'null'}}, None); player.close();"
        "print('numpy' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
