"""Wyoming, by the client of its own package, as Home Assistant uses it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wyoming.audio import AudioChunk, AudioStart
from wyoming.event import Event
from wyoming.info import Describe, Info, SelectProgram, TtsProgram
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from tests.e2e.surfaces.home_assistant import SECOND, TONE, A, Home, configure, hear, hertz, idle, run, say
from tests.harness import Start, eventually
from tests.sounds import tones


@pytest.fixture
def here(start: Start) -> Home:
    return Home(start)


# What there is


def program(here: Home) -> TtsProgram:
    async def ask() -> Info:
        async with here.client() as client:
            await say(client, Describe())
            event = await client.read_event()
            assert event is not None
            return Info.from_event(event)

    info = run(ask())
    assert not (info.asr or info.handle or info.intent or info.wake or info.satellite)
    (found,) = info.tts
    return found


def test_one_program_has_the_voices_of_all_engines_the_default_first(start: Start, home: Path) -> None:
    from vox.workers.engines import tone

    source = Path(tone.__file__).read_text()
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "sine.py").write_text(source.replace("# hidden = true\n", ""))
    here = Home(start, VOX_ENGINE="sine", VOX_VOICE="tone-600")
    here.daemon.http.post(
        "/v1/audio/voices", data={"name": "anna"}, files={"audio_sample": tones((440, 3))}
    ).raise_for_status()
    vox = program(here)
    assert (vox.name, vox.installed, vox.supports_synthesize_streaming) == ("vox", True, True)
    assert vox.description and vox.version
    names = [voice.name for voice in vox.voices]
    assert names[:2] == ["sine:tone-600", "sine:default"]
    assert "espeak:de" in names and "tone:tone-600" not in names
    assert names.index("sine:anna") < names.index("espeak:de")
    assert len(names) == len(set(names))
    assert all(voice.languages and voice.installed for voice in vox.voices)
    languages = {voice.name: voice.languages for voice in vox.voices}
    assert (languages["sine:tone-600"], languages["espeak:de"]) == (["en-us"], ["de"])

    async def speak() -> bytes:
        async with here.client() as client:
            await say(client, Synthesize("a" * 50, SynthesizeVoice(name="sine:anna")))
            return (await hear(client))[0]

    assert hertz(run(speak())) == pytest.approx(A + 40, abs=5)


def test_an_engine_of_which_only_its_worker_knows_the_voices_has_its_default(
    start: Start, home: Path
) -> None:
    from tests.mini_engine import ENGINE

    header = "# /// script\n# dependencies = []\n# [tool.vox]\n# title = 'Mini'\n# license = 'MIT'\n"
    facts = "# environment = 'base'\n# sample-rate = 8000\n# ///\n"
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "mini.py").write_text(header + facts + ENGINE)
    here = Home(start, VOX_ENGINE="mini")
    assert (program(here).voices[0].name, program(here).voices[0].languages) == ("mini", ["en"])
    assert here.daemon.workers().get("mini") is None

    async def speak(voice: SynthesizeVoice | None) -> int:
        async with here.client() as client:
            await say(client, Synthesize("a", voice))
            return len((await hear(client))[0])

    assert [run(speak(voice)) for voice in (None, SynthesizeVoice(name="mini"))] == [16_000, 16_000]


def test_ping_and_what_is_unknown(here: Home) -> None:
    async def talk() -> None:
        async with here.client() as client:
            await say(client, SelectProgram("vox"))
            await client.write_event(Event("transcribe", {"language": "en"}))
            await client.write_event(Event("audio-chunk", {"rate": 16_000}, bytes(100_000)))
            await say(client, Ping("there?"), Ping())
            for word in ("there?", None):
                event = await client.read_event()
                assert event is not None and Pong.from_event(event).text == word

    run(talk())


# Speech


def test_a_text_is_one_sound(here: Home) -> None:
    async def talk() -> None:
        async with here.client() as client:
            await say(client, Synthesize("a" * 100, TONE))
            sound, kinds = await hear(client)
            assert kinds == ["audio-start", "audio-chunk", "audio-stop"]
            assert len(sound) == 2 * SECOND
            assert hertz(sound) == pytest.approx(A, abs=2)

    run(talk())


def test_chunks_are_not_too_small_nor_too_large(start: Start) -> None:
    here = Home(start, VOX_CACHE="true")  # the second time it comes in one piece

    async def talk() -> None:
        for _ in range(2):
            async with here.client() as client:
                await say(client, Synthesize("a" * 199, TONE))
                lengths = []
                while (event := await client.read_event()) and event.type != "audio-stop":
                    if AudioChunk.is_type(event.type):
                        lengths.append(AudioChunk.from_event(event).seconds)
                assert sum(lengths) == pytest.approx(3.98)
                assert max(lengths) <= 0.1
                assert min(lengths[:-1]) >= 0.02

    run(talk())


def test_an_engine_speaks_at_its_own_rate(here: Home) -> None:
    async def talk() -> int:
        async with here.client() as client:
            await say(client, Synthesize("Good morning."))
            event = await client.read_event()
            assert event is not None
            return AudioStart.from_event(event).rate

    assert run(talk()) == 22_050


def test_a_text_is_spoken_while_it_is_written(here: Home) -> None:
    async def talk() -> None:
        async with here.client() as client:
            await say(client, SynthesizeStart(TONE))
            await say(client, *(SynthesizeChunk(piece) for piece in ("a" * 20, "a" * 29, ". ", "A")))
            sound = b""
            while len(sound) < 0.9 * SECOND:
                event = await client.read_event()
                assert event is not None and event.type.startswith("audio-")
                sound += event.payload or b""
            assert hertz(sound) == pytest.approx(A, abs=2)
            rest = "a" * 48 + "."
            await say(client, SynthesizeChunk(rest), Synthesize("a" * 49 + ". A" + rest, TONE))
            await say(client, Ping("still there?"), SynthesizeStop())
            kinds: list[str] = []
            while not kinds or kinds[-1] != "synthesize-stopped":
                event = await client.read_event()
                assert event is not None
                sound += event.payload or b""
                kinds += [event.type] if event.type != "audio-chunk" else []
            assert sorted(kinds[:-2]) == ["pong"] and kinds[-2:] == ["audio-stop", "synthesize-stopped"]
            assert len(sound) / SECOND == pytest.approx(0.02 * 101, abs=0.03)
            await say(client, Synthesize("b" * 50, TONE))  # the connection may go on
            assert hertz((await hear(client))[0]) == pytest.approx(A + 50, abs=2)

    run(talk())


def test_requests_on_one_connection_are_answered_one_after_another(here: Home) -> None:
    async def talk() -> None:
        async with here.client() as client:
            voices = [SynthesizeVoice(name=f"tone:tone-{base}") for base in (200, 600, 900)]
            await say(client, *(Synthesize("a" * 100, voice) for voice in voices))
            for base in (200, 600, 900):
                sound, kinds = await hear(client)
                assert (len(sound), kinds[0]) == (2 * SECOND, "audio-start")
                assert hertz(sound) == pytest.approx(A - 400 + base, abs=2)

    run(talk())


def test_clients_do_not_hear_each_other(here: Home) -> None:
    async def talk(base: int, streamed: bool) -> None:
        async with here.client() as client:
            voice, text = SynthesizeVoice(name=f"tone:tone-{base}"), "a" * 99 + "."
            if streamed:
                await say(client, SynthesizeStart(voice))
                await say(client, *map(SynthesizeChunk, text * 3), SynthesizeStop())
            else:
                await say(client, Synthesize(text * 3, voice))
            sound, _ = await hear(client, "synthesize-stopped" if streamed else "audio-stop")
            assert len(sound) / SECOND == pytest.approx(6, abs=0.05)
            for at in range(3):
                part = sound[at * 2 * SECOND :][: int(1.9 * SECOND)]
                assert hertz(part) == pytest.approx(A - 400 + base, abs=2)

    async def all_of_them() -> None:
        bases = [200, 300, 500, 600, 700, 800]
        await asyncio.gather(*(talk(base, at % 2 == 0) for at, base in enumerate(bases)))

    run(all_of_them())


def test_a_client_that_leaves_frees_the_engine(start: Start, home: Path) -> None:
    configure(home, pace=1)
    here = Home(start)

    async def leave(*events: Any) -> None:
        async with here.client() as client:
            await say(client, *events)
            while (event := await client.read_event()) and event.type != "audio-chunk":
                pass
            assert here.daemon.workers()["tone"]["running"] == 1

    run(leave(Synthesize("a" * 3000, TONE)))
    eventually(lambda: idle(here.daemon), "the cancel of a whole text")
    run(leave(SynthesizeStart(TONE), SynthesizeChunk("a" * 3000 + ". A"), SynthesizeChunk("a" * 40)))
    eventually(lambda: idle(here.daemon), "the cancel of one that was being written")


def test_a_reader_that_is_slow_holds_up_itself_alone_and_in_the_end_is_cut_off(start: Start) -> None:
    here = Home(start, VOX_WRITE_TIMEOUT="1.5", VOX_MAX_TEXT="20000")

    async def talk() -> None:
        async with here.client() as client:
            await say(client, Synthesize("b" * 100, TONE))
            assert len((await hear(client))[0]) == 2 * SECOND

    def files() -> int:
        return len(os.listdir(f"/proc/{here.daemon.process.pid}/fd"))

    here.daemon.speak("a")  # which starts all that will be needed
    before = files()
    with here.raw() as slow:
        data = json.dumps({"text": "a" * 20_000, "voice": TONE.to_dict()}).encode()
        slow.send(b'{"type": "synthesize", "data_length": %d}\n' % len(data) + data)
        eventually(lambda: files() > before, "its connection")
        run(talk())
        eventually(lambda: files() <= before, "the end of the slow one")
        eventually(lambda: idle(here.daemon), "the cancel")
        got = b""
        while part := slow.sock.recv(1 << 20):
            got = got[-1000:] + part
        assert b"audio-chunk" in got and b"audio-stop" not in got


def test_a_load_is_waited_for(start: Start, home: Path) -> None:
    configure(home, load_seconds=1)
    here = Home(start)

    async def talk() -> None:
        async with here.client() as client:
            await say(client, Synthesize("a" * 50, TONE), Ping("?"))
            assert (await client.read_event()) == Pong("?").event()
            assert len((await hear(client))[0]) == SECOND

    run(talk())


@pytest.mark.parametrize("text", ["", "…", "---"])
def test_nothing_to_say_is_an_empty_sound(here: Home, text: str) -> None:
    async def talk() -> None:
        async with here.client() as client:
            await say(client, Synthesize(text, TONE))
            assert await hear(client) == (b"", ["audio-start", "audio-stop"])
            await say(client, SynthesizeStart(TONE), SynthesizeChunk(text), SynthesizeStop())
            nothing = ["audio-start", "audio-stop", "synthesize-stopped"]
            assert await hear(client, "synthesize-stopped") == (b"", nothing)

    run(talk())


def test_a_language_may_stand_for_a_voice(here: Home) -> None:
    async def talk(language: str) -> bytes:
        async with here.client() as client:
            await say(client, Synthesize("Eins, zwei, drei.", SynthesizeVoice(language=language)))
            return (await hear(client))[0]

    english, german = run(talk("en_US")), run(talk("de"))
    assert min(len(english), len(german)) > SECOND / 2
    assert english != german


def test_the_example_speaks(here: Home, tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "examples" / "wyoming_client.py"
    environment = {**os.environ, "VOX_WYOMING": f"tcp://127.0.0.1:{here.port}"}
    command = [sys.executable, str(example), "tone:tone-400"]
    done = subprocess.run(
        command, check=False, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "espeak:" in done.stdout and "wyoming.wav: 1.0" in done.stdout
