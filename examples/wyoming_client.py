"""Speaks over Wyoming, as Home Assistant does while its assistant is still writing, and saves what it hears.

    pip install wyoming
    python wyoming_client.py ENGINE:VOICE   # or nothing, for the default voice

The address comes from VOX_WYOMING, tcp://127.0.0.1:10200 without it; turn it on with
`vox config set wyoming_port 10200`.
"""

import asyncio
import os
import sys
import wave

from wyoming.audio import AudioChunk
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.tts import SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

TEXT = ["The light in the kitchen ", "is on. ", "Shall I turn ", "it off?"]


async def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else None
    async with AsyncClient.from_uri(os.environ.get("VOX_WYOMING", "tcp://127.0.0.1:10200")) as client:
        await client.write_event(Describe().event())
        while (event := await client.read_event()) is not None and not Info.is_type(event.type):
            pass
        assert event is not None, "the connection was closed"
        programs = Info.from_event(event).tts
        print("voices:", ", ".join(voice.name for program in programs for voice in program.voices[:5]), "…")

        await client.write_event(SynthesizeStart(voice=SynthesizeVoice(name=name)).event())
        for piece in TEXT:
            await client.write_event(SynthesizeChunk(piece).event())
        await client.write_event(SynthesizeStop().event())

        chunks = []
        while (event := await client.read_event()) and not SynthesizeStopped.is_type(event.type):
            if Error.is_type(event.type):
                sys.exit(Error.from_event(event).text)
            if AudioChunk.is_type(event.type):
                chunks.append(AudioChunk.from_event(event))

    with wave.open("wyoming.wav", "wb") as file:
        file.setparams((chunks[0].channels, chunks[0].width, chunks[0].rate, 0, "NONE", ""))
        file.writeframes(b"".join(chunk.audio for chunk in chunks))
        print(f"wyoming.wav: {file.getnframes() / file.getframerate():.2f} s")


try:
    asyncio.run(main())
except ConnectionRefusedError as error:
    sys.exit(f"{error}; turn Wyoming on with: vox config set wyoming_port 10200")
