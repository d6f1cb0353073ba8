"""Voices made ready beforehand, and the figures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness import Daemon, Start, error_of, eventually
from tests.sounds import tones


def add(daemon: Daemon, name: str, hertz: int = 440) -> None:
    sound = tones((hertz, 3))
    made = daemon.http.post("/v1/audio/voices", data={"name": name}, files={"audio_sample": sound})
    assert made.status_code == 200, made.text


def warm(daemon: Daemon, voice_id: str, **query: str) -> httpx.Response:
    return daemon.http.post("/warmup", params={"voice_id": voice_id} | query, json={})


def compiled(daemon: Daemon) -> list[tuple[str, str]]:
    prompts = daemon.http.get("/v1/audio/prompts").json()["prompts"]
    return sorted((prompt["model"], prompt["voice"]) for prompt in prompts)


def test_a_call_finds_engine_voice_and_codec_ready(daemon: Daemon) -> None:
    add(daemon, "anna")
    answer = warm(daemon, "tone:anna", preset="realtime")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said.pop("warmup_ms") > 0
    assert said == {"voice_id": "tone:anna", "ready": True}
    assert {"tone", "codec"} <= set(daemon.workers())
    assert compiled(daemon) == [("tone/default", "anna")]
    assert daemon.http.get("/health").json()["cached_voices"] == ["anna"]
    assert daemon.http.get("/status").json()["utterances"] == 0  # nothing was spoken for it


def test_a_recorded_voice_needs_no_engine_where_the_configured_one_clones(start: Start) -> None:
    daemon = start(VOX_ENGINE="tone")
    add(daemon, "anna")
    assert daemon.http.post("/warmup", json={"voice_id": "anna"}).json()["ready"] is True
    assert compiled(daemon) == [("tone/default", "anna")]


@pytest.mark.parametrize(
    "voice_id", ["", "default", "en-gb", "en-gb+f3", "Andrea", "alloy", "espeak", "tts-1-de"]
)
def test_a_voice_that_is_there_is_ready(daemon: Daemon, voice_id: str) -> None:
    assert warm(daemon, voice_id).json()["ready"] is True


def test_a_webhook_needs_no_body(daemon: Daemon) -> None:
    answer = daemon.http.post("/warmup?voice_id=tone:tone-600&preset=realtime")
    assert answer.json()["voice_id"] == "tone:tone-600"


@pytest.mark.parametrize("voice_id", ["nobody", "tone:nobody", "tone:tone-650"])
def test_an_unknown_voice_is_not_found(daemon: Daemon, voice_id: str) -> None:
    answer = warm(daemon, voice_id)
    assert (answer.status_code, error_of(answer)["code"]) == (404, "voice_not_found")
    assert error_of(answer)["param"] == "voice_id"


def test_an_unknown_engine_is_not_found(daemon: Daemon) -> None:
    answer = warm(daemon, "tnoe:default")
    assert (answer.status_code, error_of(answer)["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    "shape", [lambda voices: voices, lambda voices: {"voices": voices}], ids=["list", "object"]
)
def test_several_voices_are_made_ready_and_each_outcome_told(start: Start, shape: Any) -> None:
    daemon = start(VOX_ENGINE="tone")
    for name, hertz in (("anna", 440), ("ben", 1000)):
        add(daemon, name, hertz)
    answer = daemon.http.post("/preload", json=shape(["anna", "ben", "anna", "nobody", "espeak:en-gb"]))
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["preloaded"] == {"anna": True, "ben": True, "nobody": False, "espeak:en-gb": True}
    assert list(said["errors"]) == ["nobody"] and "nobody" in said["errors"]["nobody"]
    assert said["cache_stats"] == {
        "waveform_cache_size": 2,
        "path_cache_size": 2,
        "embedding_cache_size": 2,
    }
    assert compiled(daemon) == [("tone/default", "anna"), ("tone/default", "ben")]


def test_nothing_to_make_ready_is_no_error(daemon: Daemon) -> None:
    said = daemon.http.post("/preload", json=[]).json()
    stats = dict.fromkeys(("waveform_cache_size", "path_cache_size", "embedding_cache_size"), 0)
    assert said == {"preloaded": {}, "cache_stats": stats}


@pytest.mark.parametrize(
    "body", [{"voices": "anna"}, [1], {"voice": []}, "anna", ["x"] * 3 + [str(n) for n in range(300)]]
)
def test_what_is_no_list_of_voices_is_refused(daemon: Daemon, body: Any) -> None:
    assert daemon.http.post("/preload", json=body).status_code == 400


def test_others_speak_while_an_engine_loads(home: Path, start: Start) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[engines.tone.option]\nload_hang = 1\n")
    daemon = start()
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(daemon.http.post, "/preload", json=["tone:default", "tone:tone-300"])
        eventually(lambda: daemon.workers().get("tone", {}).get("state") == "loading", "the load")
        assert daemon.speak("Hello.", model="espeak").status_code == 200
        assert warm(daemon, "en-gb").status_code == 200
        assert not loading.done()
        daemon.kill()
        assert isinstance(loading.exception(), httpx.TransportError)


def test_figures_are_counted(start: Start) -> None:
    daemon = start()
    before = daemon.http.get("/status").json()
    nothing = {"p50": None, "p95": None, "p99": None}
    assert (before["utterances"], before["first_audio_ms"], before["engines"]) == (0, nothing, {})
    for _ in range(2):
        daemon.speak("abcdefghij" * 5)
    daemon.speak("abc", options={"fail_at": 0}, cache=False)
    after = eventually(
        lambda: (s := daemon.http.get("/status").json())["utterances"] == 3 and s, "the counts"
    )
    assert (after["failures"], after["cache_hits"]) == (1, 1)
    assert after["requests"] - before["requests"] >= 4
    assert 0 < after["first_audio_ms"]["p50"] <= after["first_audio_ms"]["p99"]
    assert after["engines"]["tone"]["audio_seconds"] == pytest.approx(1.0)
    assert 0 < after["engines"]["tone"]["real_time_factor"] < 5
    assert {worker["name"] for worker in after["workers"]} >= {"tone"}
    assert (after["queue"], after["uptime"] > 0) == (0, True)
