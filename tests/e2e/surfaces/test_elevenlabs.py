"""ElevenLabs' requests and lists, by plain HTTP: what its own clients don't show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness import Daemon, Start
from tests.sounds import from_pcm, from_ulaw, peak, samples_of

A = 400 + 50 * (ord("a") % 64)
"""Hz of the letter a in the voice tone-400."""
PATH = "/v1/text-to-speech/tone-400"


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(VOX_CACHE="false", VOX_ENGINE="tone")


def ask(
    daemon: Daemon, text: str, path: str = PATH, output: str = "pcm_24000", **fields: Any
) -> httpx.Response:
    return daemon.http.post(path, params={"output_format": output}, json={"text": text} | fields)


def detail(answer: httpx.Response, status: int = 400) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    found: dict[str, str] = answer.json()["detail"]
    assert set(found) == {"status", "message"}
    return found


@pytest.mark.parametrize("path", [PATH, f"{PATH}/stream"])
def test_a_text(daemon: Daemon, path: str) -> None:
    answer = ask(daemon, "a" * 50, path, model_id="eleven_flash_v2_5", voice_settings=None)
    assert answer.headers["content-type"] == "audio/pcm"
    assert "x-vox-ignored" not in answer.headers
    assert len(answer.content) == 48_000
    assert peak(from_pcm(answer.content), 24_000) == pytest.approx(A, abs=2)


@pytest.mark.parametrize(
    ("output", "kind", "size"),
    [
        ("pcm_8000", "audio/pcm", 16_000),
        ("pcm_44100", "audio/pcm", 88_200),
        ("ulaw_8000", "audio/x-mulaw", 8_000),
        ("alaw_8000", "audio/x-alaw", 8_000),
        ("mp3_22050_32", "audio/mpeg", None),
        ("opus_48000_96", "audio/ogg", None),
        ("", "audio/mpeg", None),
    ],
)
def test_formats(daemon: Daemon, output: str, kind: str, size: int | None) -> None:
    answer = ask(daemon, "a" * 50, output=output)
    assert answer.headers["content-type"] == kind
    assert len(answer.content) == size if size else answer.content.startswith((b"\xff", b"OggS"))
    if output == "ulaw_8000":
        assert peak(from_ulaw(answer.content), 8_000) == pytest.approx(A, abs=2)


def test_wav(daemon: Daemon) -> None:
    samples, rate = samples_of(ask(daemon, "a" * 50, output="wav_16000").content)
    assert (len(samples), rate) == (16_000, 16_000)


def test_speed_and_words(daemon: Daemon) -> None:
    assert len(ask(daemon, "a" * 50, voice_settings={"speed": 2.0}).content) == 24_000
    sizes = [len(ask(daemon, "7 a", apply_text_normalization=how).content) for how in ("on", "off", "auto")]
    assert sizes == [960 * len("seven a"), 960 * len("7 a"), 960 * len("7 a")]


def test_what_nothing_comes_of_is_said(daemon: Daemon) -> None:
    settings = {"stability": 0.5, "style": 0.0, "speed": 1.0, "new": True}
    answer = ask(daemon, "aa", voice_settings=settings, previous_text="before", seed=3)
    assert answer.headers["x-vox-ignored"] == "stability, style, previous_text"
    with_times = ask(daemon, "aa", f"{PATH}/with-timestamps", next_text="after")
    assert with_times.headers["x-vox-ignored"] == "next_text"


def test_whole_with_times(daemon: Daemon) -> None:
    answer = ask(daemon, "a" * 200, f"{PATH}/with-timestamps")
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert (found["alignment"], found["normalized_alignment"]) == (None, None)
    assert len(b64decode(found["audio_base64"])) == 192_000


def test_lines_with_times(start: Start) -> None:
    daemon = start(VOX_ENGINE="tone")
    ask(daemon, "a" * 300)  # from the cache it comes in large pieces
    answer = ask(daemon, "a" * 300, f"{PATH}/stream/with-timestamps")
    lines = answer.text.splitlines()
    assert len(lines) > 1 and max(map(len, lines)) < 1 << 16
    found = [json.loads(line) for line in lines]
    assert all(line["alignment"] is None for line in found)
    assert len(b"".join(b64decode(line["audio_base64"]) for line in found)) == 288_000


def test_voices_of_several_names(start: Start) -> None:
    daemon = start(VOX_CACHE="false")  # which speaks with espeak by default
    for path, model in (("tone:tone-400", ""), ("tone-400", "tone"), ("tone:tone-400", "eleven_v3")):
        answer = ask(daemon, "a" * 50, f"/v1/text-to-speech/{path}", model_id=model or None)
        assert peak(from_pcm(answer.content), 24_000) == pytest.approx(A, abs=2)
    theirs = ask(daemon, "a" * 50, "/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM", model_id="tone")
    assert peak(from_pcm(theirs.content), 24_000) == pytest.approx(A, abs=2)
    assert ask(daemon, "a", "/v1/text-to-speech/default").headers["x-vox-engine"] == "espeak"


def test_what_is_wrong(daemon: Daemon) -> None:
    message = detail(ask(daemon, "aa", output="pcm_1"))["message"]
    assert "pcm_1" in message and "pcm_8000" in message and "mp3_44100_128" in message
    assert "nobody" in detail(ask(daemon, "aa", "/v1/text-to-speech/nobody"))["message"]
    assert detail(ask(daemon, "aa", model_id="nonsense"), 404)["status"] == "model_not_found"
    assert "klingon" in detail(ask(daemon, "aa", language_code="klingon"))["message"]
    assert "9 is outside" in detail(ask(daemon, "aa", voice_settings={"speed": 9}))["message"]
    assert "nothing to say" in detail(ask(daemon, " . "))["message"]
    assert "text" in detail(daemon.http.post(PATH, json={}))["message"]
    assert "apply_text" in detail(ask(daemon, "aa", apply_text_normalization="yes"))["message"]
    broken = daemon.http.post(PATH, content=b"{", headers={"content-type": "application/json"})
    assert detail(broken)["status"] == "invalid_json"
    assert daemon.http.post("/v1/text-to-speech/", json={"text": "a"}).status_code == 404


def test_a_failure_before_any_sound_and_after_some(start: Start, home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\noption.fail_at = "0"\n')
    daemon = start(VOX_CACHE="false", VOX_ENGINE="tone")
    assert detail(ask(daemon, "aaa", f"{PATH}/stream/with-timestamps"), 500)["status"] == "engine_failed"
    daemon.end()
    (home / "config.toml").write_text('[engines.tone]\noption.fail_at = "9600"\n')
    daemon = start(VOX_CACHE="false", VOX_ENGINE="tone")
    for path in ("/stream", "/stream/with-timestamps"):
        with pytest.raises(httpx.RemoteProtocolError):
            ask(daemon, "a" * 200, PATH + path)


def test_voices_are_listed(daemon: Daemon) -> None:
    every = daemon.http.get("/v1/voices").json()["voices"]
    found = {voice["voice_id"]: voice for voice in every}
    assert found["tone-400"]["category"] == "premade"
    assert found["tone-400"]["labels"] == {"language": "en-us", "engine": "tone"}
    assert any(name.startswith("espeak:") for name in found), "those of other engines, as they can be named"
    names: list[str] = []
    page: dict[str, Any] = {"next_page_token": ""}
    while page["next_page_token"] is not None:
        query = {"search": "tone-", "page_size": 5, "next_page_token": page["next_page_token"]}
        page = daemon.http.get("/v2/voices", params=query).json()
        assert page["has_more"] == (page["next_page_token"] is not None)
        names += [voice["voice_id"] for voice in page["voices"]]
    assert len(names) == page["total_count"] == 13
    assert daemon.http.get("/v2/voices?category=cloned").json()["voices"] == []
    assert "page_size" in detail(daemon.http.get("/v2/voices?page_size=many"))["message"]


def test_one_voice(daemon: Daemon) -> None:
    assert daemon.http.get("/v1/voices/Tone-400").json()["name"] == "tone-400"
    missing = detail(daemon.http.get("/v1/voices/tone-4000"), 404)
    assert missing["status"] == "voice_not_found" and "tone-400" in missing["message"]


def test_models_are_theirs_or_openais_by_the_header(daemon: Daemon) -> None:
    theirs = daemon.http.get("/v1/models", headers={"xi-api-key": "any"}).json()
    models = {model["model_id"]: model for model in theirs}
    assert models["eleven_flash_v2_5"]["can_do_text_to_speech"]
    assert {"language_id": "en-us", "name": "en-us"} in models["tone"]["languages"]
    assert daemon.http.get("/v1/models").json()["object"] == "list"


def test_the_key(start: Start) -> None:
    daemon = start(tcp=True, VOX_ENGINE="tone", VOX_API_KEYS="secret")
    body, query = {"text": "a"}, {"output_format": "pcm_24000"}
    for key, status in (("secret", 200), ("guess", 401)):
        answer = httpx.post(daemon.url + PATH, json=body, params=query, headers={"xi-api-key": key})
        assert answer.status_code == status


def test_the_example(start: Start, tmp_path: Path) -> None:
    daemon = start(tcp=True)
    files = [str(tmp_path / name) for name in ("out.mp3", "out.wav")]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parents[3] / "examples" / "elevenlabs.py"), *files],
        env={**os.environ, "VOX_URL": daemon.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "voices, such as" in done.stdout
    assert (tmp_path / "out.mp3").read_bytes().startswith(b"\xff")
    assert len(samples_of((tmp_path / "out.wav").read_bytes())[0]) > 24_000
