"""Voices made of recordings, on the tone engine: it speaks `ŀ` at the pitch of the recording."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.harness import Daemon, Start, error_of
from tests.sounds import pitch, tones

TEXT = "ŀ" * 40
LOW, HIGH = tones((440, 3)), tones((1000, 3))


def add(daemon: Daemon, name: str = "anna", sound: bytes = LOW, **fields: str) -> httpx.Response:
    return daemon.http.post("/v1/audio/voices", data={"name": name} | fields, files={"audio_sample": sound})


def heard(response: httpx.Response) -> int:
    """Hz of what was spoken, to the nearest 20."""
    assert response.status_code == 200, response.text
    return round(pitch(response.content) / 20) * 20


def speak(daemon: Daemon, voice: str, **fields: Any) -> httpx.Response:
    return daemon.speak(TEXT, voice=voice, cache=False, **fields)


def test_a_voice_is_made_described_listed_spoken_with_and_removed(daemon: Daemon) -> None:
    made = add(daemon, "Anna", ref_text=" A tone. ", language="EN", consent="She said yes.").json()
    assert made.pop("created_at") > 1_700_000_000
    assert made.pop("seconds") == pytest.approx(3, abs=0.05)
    assert made == {
        "id": "anna",
        "object": "audio.voice",
        "name": "Anna",
        "ref_text": "A tone.",
        "language": "en",
        "consent": "She said yes.",
    }
    assert daemon.http.get("/v1/audio/voices/ANNA").json()["id"] == "anna"
    listed = daemon.http.get("/v1/audio/voices", params={"model": "tone"}).json()["voices"]
    assert {"id": "anna", "name": "Anna", "language": "en", "model": "tone"} in listed
    assert heard(speak(daemon, "aNNa")) == 440
    assert (daemon.home / "data" / "voices" / "anna" / "sample.wav").stat().st_mode & 0o777 == 0o600
    assert daemon.http.delete("/v1/audio/voices/anna").json()["deleted"] is True
    assert not (daemon.home / "data" / "voices" / "anna").exists()
    gone = daemon.http.get("/v1/audio/voices/anna")
    assert (gone.status_code, error_of(gone)["code"]) == (404, "voice_not_found")
    assert error_of(speak(daemon, "anna"))["code"] == "unknown_voice"


def test_two_voices_are_never_mixed_up(daemon: Daemon) -> None:
    add(daemon, "low", LOW)
    add(daemon, "high", HIGH)
    assert [heard(speak(daemon, voice)) for voice in ("low", "high", "low", "tone-600")] == [
        440,
        1000,
        440,
        600,
    ]


def test_a_prompt_is_compiled_once_kept_on_disk_and_can_be_removed(daemon: Daemon) -> None:
    add(daemon, "anna")
    assert daemon.http.get("/v1/audio/prompts").json() == {"prompts": []}
    speak(daemon, "anna")
    speak(daemon, "anna")
    (prompt,) = daemon.http.get("/v1/audio/prompts").json()["prompts"]
    assert (prompt["model"], prompt["voice"]) == ("tone/default", "anna")
    add(daemon, "else", HIGH)
    assert daemon.http.delete("/v1/audio/prompts", params={"voice": "else"}).json() == {"removed": 0}
    assert daemon.http.delete("/v1/audio/prompts", params={"voice": "anna"}).json() == {"removed": 1}
    assert daemon.http.get("/v1/audio/prompts").json() == {"prompts": []}


def test_a_voice_takes_its_prompts_with_it(daemon: Daemon) -> None:
    add(daemon, "anna")
    speak(daemon, "anna")
    daemon.http.delete("/v1/audio/voices/anna")
    assert daemon.http.get("/v1/audio/prompts").json() == {"prompts": []}


def test_a_voice_of_the_same_name_but_another_sound_is_another_voice(start: Start) -> None:
    daemon = start()
    add(daemon, "anna", LOW)
    assert heard(daemon.speak(TEXT, voice="anna")) == 440  # cached, too
    daemon.http.delete("/v1/audio/voices/anna")
    add(daemon, "anna", HIGH)
    assert heard(daemon.speak(TEXT, voice="anna")) == 1000


def test_an_alias_of_the_users_may_mean_a_recorded_voice(home: Path, daemon: Daemon) -> None:
    assert heard(speak(daemon, "alloy")) == 200
    add(daemon, "anna")
    (home / "config.toml").write_text('cache = false\n[aliases.tone]\nalloy = "anna"\n')
    assert heard(speak(daemon, "alloy")) == 440


def test_text_and_recording_may_come_in_one_call(daemon: Daemon) -> None:
    form = {"input": TEXT, "model": "tone", "response_format": "wav"}
    answer = daemon.http.post("/v1/audio/speech/clone", data=form, files={"audio_sample": HIGH})
    assert heard(answer) == 1000
    assert (
        daemon.http.get("/v1/audio/voices", params={"model": "tone"}).json()["voices"][-1]["id"] != "inline"
    )


def test_openais_own_client_makes_voices(start: Start) -> None:
    daemon = start(tcp=True)
    client = openai.OpenAI(base_url=f"{daemon.url}/v1", api_key="none")
    made = client.post(
        "/audio/voices",
        cast_to=object,
        body={"name": "ben", "consent": "cons_1"},
        files={"audio_sample": ("a.wav", LOW, "audio/x-wav")},
        options={"headers": {"Content-Type": "multipart/form-data"}},
    )
    assert isinstance(made, dict) and made["id"] == "ben"


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (b"", "empty"),
        (b"not a sound", "can't be decoded"),
        (tones((0, 3)), "silent"),
        (tones((440, 0.5)), "at least 1 s"),
        (tones((440, 3), level=1.0), "clipped"),
    ],
    ids=["empty", "text", "silent", "short", "clipped"],
)
def test_a_recording_that_is_no_use_is_refused_with_the_reason(
    daemon: Daemon, sound: bytes, reason: str
) -> None:
    refused = add(daemon, "anna", sound)
    error = error_of(refused)
    assert (refused.status_code, error["param"]) == (400, "audio_sample")
    assert reason in error["message"]


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "é", "x" * 65, "a+b"])
def test_a_name_that_is_none_is_refused(daemon: Daemon, name: str) -> None:
    assert error_of(add(daemon, name))["param"] == "name"


def test_a_name_is_given_once(daemon: Daemon) -> None:
    add(daemon, "anna")
    refused = add(daemon, "ANNA", HIGH)
    assert (refused.status_code, error_of(refused)["code"]) == (409, "voice_exists")
    assert heard(speak(daemon, "anna")) == 440


def test_a_form_without_a_recording_or_name_says_so(daemon: Daemon) -> None:
    nothing = daemon.http.post("/v1/audio/voices", files={"name": (None, "anna")})
    assert error_of(nothing)["param"] == "audio_sample"
    nameless = daemon.http.post("/v1/audio/voices", files={"audio_sample": LOW})
    assert error_of(nameless)["param"] == "name"
    torn = daemon.http.post(
        "/v1/audio/voices", content=b"--x\r\n", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert error_of(torn)["code"] == "invalid_form"
    unbound = daemon.http.post(
        "/v1/audio/voices", content=b"x", headers={"content-type": "multipart/form-data"}
    )
    assert error_of(unbound)["code"] == "invalid_form"


def test_a_form_is_taken_only_where_recordings_are(daemon: Daemon) -> None:
    assert daemon.http.post("/v1/audio/speech", files={"input": (None, "x")}).status_code == 415
    assert daemon.http.post("/v1/audio/voices", json={"name": "x"}).status_code == 415


def test_an_engine_with_presets_only_names_those_that_clone(daemon: Daemon) -> None:
    add(daemon, "anna")
    error = error_of(speak(daemon, "anna", model="espeak"))
    assert (error["code"], error["param"]) == ("unknown_voice", "voice")
    assert "recorded voice" in error["message"] and "tone" not in error["message"].split(";")[1]


def test_without_a_transcriber_conversion_says_how_to_get_one(daemon: Daemon) -> None:
    answer = daemon.http.post("/v1/audio/voice-conversion", data={"voice": "alloy"}, files={"audio": LOW})
    assert (answer.status_code, error_of(answer)["code"]) == (424, "not_installed")


class Sources(http.server.BaseHTTPRequestHandler):
    """A place on the network with one voice, that counts how often it is asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = {"/base/voices/nora/sample.wav": HIGH, "/base/voices/nora/sample.txt": b"A tone.\n"}
        if self.path.startswith("/elsewhere"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.2:1/voices/nora/sample.wav")
            self.end_headers()
            return
        body = found.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Not to our stderr."""


@pytest.fixture
def address() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (Sources,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_voices_come_from_a_directory(start: Start, tmp_path: Path) -> None:
    (tmp_path / "mila").mkdir()
    (tmp_path / "mila" / "sample.wav").write_bytes(LOW)
    (tmp_path / "omar.wav").write_bytes(HIGH)
    (tmp_path / "omar.txt").write_text("A tone.")
    daemon = start(VOX_VOICE_SOURCES=str(tmp_path))
    assert [heard(speak(daemon, voice)) for voice in ("mila", "OMAR")] == [440, 1000]
    (tmp_path / "omar.wav").write_bytes(LOW + b"\0\0")
    assert heard(speak(daemon, "omar")) == 440  # it is looked at each time
    assert error_of(speak(daemon, "nobody"))["code"] == "unknown_voice"


def test_voices_come_from_an_allowed_address_once(start: Start, address: tuple[str, list[str]]) -> None:
    base, asked = address
    daemon = start(VOX_VOICE_SOURCES=f"{base}/base")
    assert [heard(speak(daemon, voice)) for voice in ("nora", "Nora", "nora")] == [1000] * 3
    assert asked == ["/base/voices/nora/sample.wav", "/base/voices/nora/sample.txt"]
    assert error_of(speak(daemon, "nobody"))["code"] == "unknown_voice"
    assert heard(speak(daemon, "tone-600")) == 600
    assert asked[2:] == ["/base/voices/nobody/sample.wav"]  # its own voices are not looked for elsewhere


def test_an_address_that_leads_elsewhere_is_not_followed(
    start: Start, address: tuple[str, list[str]]
) -> None:
    daemon = start(VOX_VOICE_SOURCES=f"{address[0]}/elsewhere")
    refused = speak(daemon, "nora")
    assert (refused.status_code, error_of(refused)["code"]) == (503, "source_failed")
