"""What was spoken before is not spoken again."""

from __future__ import annotations

from pathlib import Path

from tests.harness import Start, eventually
from vox.gateway.text.segment import split

TEXT = "abcdefghij klmnopqrst. Another sentence follows here, and it is longer."


def test_a_repeat_needs_no_worker(start: Start) -> None:
    daemon = start(VOX_KEEP_ALIVE="0.1")
    first = daemon.speak(TEXT, response_format="mp3").content
    eventually(lambda: not daemon.workers(), "the workers' leaving")
    assert daemon.speak(TEXT, response_format="mp3").content == first
    assert daemon.workers() == {}


def test_another_format_starts_the_codec_only(start: Start) -> None:
    daemon = start()
    wav = daemon.speak(TEXT, model="espeak").content
    assert set(daemon.workers()) == {"espeak"}
    daemon.end()
    again = start()
    assert again.speak(TEXT, model="espeak", response_format="flac").status_code == 200
    assert set(again.workers()) == {"codec"}
    assert again.speak(TEXT, model="espeak").content == wav


def test_everything_that_changes_the_sound_is_another_sound(start: Start) -> None:
    daemon = start()
    variants: list[dict[str, object]] = [
        {},
        {"voice": "tone-900"},
        {"speed": 2.0},
        {"seed": 1},
        {"options": {"step_seconds": 0}},
        {"sample_rate": 8000},
        {"input": TEXT + " More."},
    ]
    for fields in variants:
        body = {"model": "tone", "input": TEXT, "response_format": "wav"} | fields
        assert daemon.http.post("/v1/audio/speech", json=body).status_code == 200
    daemon.end()
    kept = list(Path(daemon.home, "cache", "audio").glob("??/*"))
    # A whole answer for each, and the engine's segments: the sample rate is the codec's business, and the
    # longer text begins like the shorter one.
    longer = set(split(TEXT + " More.")) - set(split(TEXT))
    assert len(kept) == len(variants) + 5 * len(split(TEXT)) + len(longer)


def test_it_is_off_where_it_is_turned_off(start: Start) -> None:
    daemon = start()
    daemon.speak(TEXT, cache=False)
    daemon.end()
    assert list(Path(daemon.home, "cache").glob("audio/??/*")) == []


def test_a_speech_that_failed_is_not_kept(start: Start) -> None:
    daemon = start()
    assert daemon.speak(TEXT, options={"fail_at": 0}).status_code == 500
    daemon.end()
    assert list(Path(daemon.home, "cache").glob("audio/??/*")) == []
