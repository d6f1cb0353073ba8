"""vox's own HTTP interface, and who may use it."""

from __future__ import annotations

import base64
import io
import wave
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.harness import Daemon, Start, error_of, eventually


def test_synthesize_answers_wav_in_the_language_of_the_text(daemon: Daemon) -> None:
    lengths = {}
    for text in ("你好，世界。", "Guten Morgen, wie geht es Ihnen heute? Das Wetter ist schön."):
        answer = daemon.http.post("/synthesize", json={"text": text})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
        with wave.open(io.BytesIO(answer.content)) as file:
            lengths[text] = len(file.readframes(10**9)) / 2 / file.getframerate()
    assert all(length > 0.5 for length in lengths.values())
    german = daemon.http.post("/synthesize", json={"text": "Guten Morgen, wie geht es Ihnen?", "lang": "de"})
    guessed = daemon.http.post("/synthesize", json={"text": "Guten Morgen, wie geht es Ihnen?"})
    english = daemon.http.post("/synthesize", json={"text": "Guten Morgen, wie geht es Ihnen?", "lang": "en"})
    assert german.content == guessed.content != english.content


def test_the_script_tells_the_language_where_nothing_else_does(daemon: Daemon) -> None:
    plain = daemon.speak("你好，世界。", model="espeak")
    chinese = daemon.speak("你好，世界。", model="espeak", lang="zh")
    assert plain.content == chinese.content


def test_a_voice_of_any_language_reads_what_it_is_given(daemon: Daemon) -> None:
    plain = daemon.speak("你好，世界。", model="espeak", voice="alloy")
    chinese = daemon.speak("你好，世界。", model="espeak", voice="alloy", lang="zh")
    english = daemon.speak("你好，世界。", model="espeak", voice="alloy", lang="en")
    assert plain.content == chinese.content != english.content


def test_a_model_suffix_sets_the_language(daemon: Daemon) -> None:
    text = "Buenos días, ¿cómo está usted?"
    suffixed = daemon.speak(text, model="tts-1-es")
    named = daemon.speak(text, model="espeak", lang="es")
    assert suffixed.status_code == 200
    assert suffixed.content == named.content != daemon.speak(text, model="tts-1").content


def test_health_tells_what_it_holds(daemon: Daemon) -> None:
    before = daemon.http.get("/health").json()
    assert before["status"] == "ok"
    assert before["uptime"] >= 0
    assert (before["loaded_models"], before["vram_usage"], before["model_loaded"]) == ([], 0, False)
    daemon.speak("abc")
    assert daemon.http.get("/health").json()["loaded_models"] == ["tone"]
    eventually(lambda: daemon.workers()["tone"]["rss"] > 1e6, "the worker's report")


def test_speak_without_a_device_says_so(daemon: Daemon) -> None:
    answer = daemon.http.post("/speak", json={"text": "Hello."})
    assert answer.status_code == 503
    assert error_of(answer)["code"] == "no_audio_device"
    wrong = daemon.http.post("/speak", json={"text": "Hello.", "backend": "nonsense", "wait": False})
    assert wrong.status_code == 404


def test_speak_without_waiting_is_accepted_at_once(daemon: Daemon) -> None:
    answer = daemon.http.post("/speak", json={"text": "Hello.", "wait": False})
    assert (answer.status_code, answer.json()) == (202, {"status": "queued"})


def test_speak_answers_when_it_was_heard(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_SOUND_SYSTEM="null")
    heard = daemon.http.post("/speak", json={"text": "abcdefghij", "backend": "tone"}).json()
    assert heard["status"] == "played"
    assert heard["engine"] == "tone"
    assert heard["played_ms"] == pytest.approx(200, abs=30)


def test_speeches_are_heard_one_after_another_and_an_interrupt_goes_first(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_SOUND_SYSTEM="null")
    long = {"text": "abcdefghij" * 300, "backend": "tone"}  # a minute: longer than anybody waits here
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(daemon.http.post, "/speak", json=long) for _ in range(2)]
        eventually(lambda: daemon.workers().get("player", {}).get("running") == 1, "the first sound")
        urgent = daemon.http.post("/speak", json={"text": "abc", "backend": "tone", "interrupt": True})
        assert urgent.json()["status"] == "played"
        assert [answer.result().json() for answer in waiting] == [{"status": "interrupted"}] * 2


def test_a_caller_that_leaves_stops_what_it_asked_for(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_SOUND_SYSTEM="null")
    with pytest.raises(httpx.ReadTimeout):
        daemon.http.post("/speak", json={"text": "abcdefghij" * 300, "backend": "tone"}, timeout=0.7)
    eventually(lambda: daemon.workers()["player"]["running"] == 0, "the silence")


def test_a_speech_that_breaks_off_is_not_called_played(start: Start) -> None:
    daemon = start(VOX_CACHE="false", VOX_SOUND_SYSTEM="null")
    body = {"text": "abcdefghij", "backend": "tone", "options": {"fail_at": 960}}
    assert daemon.http.post("/speak", json=body).status_code == 500


def test_voices_in_a_header_need_no_installation(daemon: Daemon) -> None:
    voices = daemon.http.get("/v1/audio/voices?model=kokoro").json()["voices"]
    assert len([voice for voice in voices if voice["language"]]) == 54
    assert daemon.workers() == {}


@pytest.mark.parametrize("path", ["/nonsense", "/v1/nonsense", "/v1/audio"])
def test_nothing_is_at_other_paths(daemon: Daemon, path: str) -> None:
    assert error_of(daemon.http.get(path))["code"] == "not_found"


def test_other_methods_are_refused(daemon: Daemon) -> None:
    assert daemon.http.get("/v1/audio/speech").status_code == 405
    assert daemon.http.post("/health", json={}).status_code == 405


def test_the_document_describes_every_operation_and_the_page_needs_no_other_host(daemon: Daemon) -> None:
    document = daemon.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    speech = document["paths"]["/v1/audio/speech"]["post"]
    name = speech["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][name]["required"]) == {"input"}
    assert {"/speak", "/synthesize", "/health", "/stop", "/api/ps"} <= set(document["paths"])
    page = daemon.http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text and "https://" not in page.text


def test_a_web_page_can_neither_speak_nor_stop(start: Start) -> None:
    daemon = start(tcp=True)
    for path in ("/v1/audio/speech", "/speak", "/stop", "/synthesize"):
        for headers, status in [
            ({"content-type": "text/plain"}, 415),
            ({"content-type": "application/x-www-form-urlencoded"}, 415),
            ({"content-type": "application/json", "origin": "https://evil.example"}, 403),
            ({"content-type": "application/json", "origin": "null"}, 403),
            ({"content-type": "application/json", "host": "evil.example"}, 403),
            ({"content-type": "application/json", "sec-fetch-site": "cross-site"}, 403),
        ]:
            answer = httpx.post(daemon.url + path, content=b'{"text":"x","input":"x"}', headers=headers)
            assert answer.status_code == status, (path, headers)
            assert "access-control-allow-origin" not in answer.headers
    assert httpx.get(daemon.url + "/health").json()["status"] == "ok"


def test_keys_are_asked_on_tcp_and_not_on_the_private_socket(start: Start) -> None:
    daemon = start(tcp=True, VOX_API_KEYS="s3cret")
    body = {"model": "tone", "input": "abc", "response_format": "pcm"}
    assert httpx.post(f"{daemon.url}/v1/audio/speech", json=body).status_code == 401
    keyed = {"authorization": "Bearer s3cret"}
    assert httpx.post(f"{daemon.url}/v1/audio/speech", json=body, headers=keyed).status_code == 200
    assert daemon.speak("abc").status_code == 200
    assert httpx.get(f"{daemon.url}/health").status_code == 200
    assert httpx.get(f"{daemon.url}/v1/models").status_code == 200  # discovery, from loopback


def test_synthesize_with_a_voice_id_answers_frames_for_a_phone_line(daemon: Daemon) -> None:
    body = {"text": "abcdefghij" * 5 + "k", "voice_id": "tone:tone-440", "preset": "realtime"}
    said = daemon.http.post("/synthesize", json=body).json()
    frames = [base64.b64decode(frame) for frame in said["audio"]]
    assert (said["format"], said["sample_rate"], said["backend"]) == ("mulaw", 8000, "tone")
    assert said["duration_seconds"] == pytest.approx(1.02, abs=0.01)
    assert {len(frame) for frame in frames} == {160}
    sound = b"".join(frames)
    padded = len(sound) - round(said["duration_seconds"] * 8000)
    assert 0 <= padded < 160 and sound.endswith(b"\xff" * padded)
    whole = daemon.speak(body["text"], voice="tone-440", response_format="ulaw").content
    assert sound[: len(whole)] == whole
    assert set(said["latency"]) == {"voice_load", "generation", "transcode"}
    assert 0 < said["latency"]["generation"] <= said["total_ms"]


def test_synthesize_with_a_voice_id_answers_a_complete_wav(daemon: Daemon) -> None:
    body = {"text": "abcdefghij" * 5, "voice_id": "tone:", "output_format": "wav"}
    said = daemon.http.post("/synthesize", json=body).json()
    data = base64.b64decode(said["audio"])
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert int.from_bytes(data[40:44], "little") == len(data) - 44
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnframes()) == (24_000, 24_000)
        assert said["sample_rate"] == 24_000
    assert (said["format"], said["duration_seconds"]) == ("wav", 1.0)


def test_synthesize_with_a_voice_id_fails_as_a_whole(daemon: Daemon) -> None:
    body = {"text": "abcdefghij" * 5, "voice_id": "tone:", "options": {"fail_at": 9600}}
    assert daemon.http.post("/synthesize", json=body).status_code == 500
    nobody = error_of(daemon.http.post("/synthesize", json=body | {"voice_id": "tone:nobody"}))
    assert (nobody["code"], nobody["param"]) == ("unknown_voice", "voice")
    form = error_of(daemon.http.post("/synthesize", json=body | {"output_format": "mp3"}))
    assert form["param"] == "output_format"
