"""An agent with pipecat that is interrupted in mid-sentence: python examples/pipecat_agent.py OUT.wav

Needs a running daemon (`vox daemon start`) and `pip install 'pipecat-ai[deepgram]'`. The language model and
the loudspeaker are stand-ins; what is between them is pipecat's own.
"""

import asyncio
import os
import sys
import wave

from pipecat.frames.frames import (
    EndFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.deepgram.tts import DeepgramTTSService
from pipecat.workers.runner import WorkerRunner

URL = os.environ.get("VOX_URL", "http://127.0.0.1:8869").replace("http", "ws", 1)
VOICE = "default"  # ENGINE:VOICE, an engine, or a voice of the default engine
RATE = 24_000
TIDES = "It is the moon that moves the sea. Twice a day the water rises, and twice it falls."
ANSWERS = {"Tell me of the sea.": TIDES, "And the moon?": "The moon is a story of its own."}


class Model(FrameProcessor):
    """Writes an answer to what was heard, word by word."""

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            await self.push_frame(LLMFullResponseStartFrame())
            for word in ANSWERS[frame.text].split():
                await self.push_frame(LLMTextFrame(f"{word} "))
                await asyncio.sleep(0.1)
            await self.push_frame(LLMFullResponseEndFrame())
        else:
            await self.push_frame(frame, direction)


class Loudspeaker(FrameProcessor):
    """Plays into a file, no faster than one listens; pipecat drops what an interruption finds unplayed."""

    def __init__(self, file):
        super().__init__()
        self.file, self.began, self.ended = file, asyncio.Event(), asyncio.Event()

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            for at in range(0, len(frame.audio), RATE // 25):  # 20 ms
                self.file.writeframes(frame.audio[at : at + RATE // 25])
                self.began.set()
                await asyncio.sleep(0.02)
        elif isinstance(frame, TTSStoppedFrame):
            self.ended.set()
        await self.push_frame(frame, direction)


async def converse(worker, loudspeaker):
    """What the user does."""
    await worker.queue_frame(TranscriptionFrame("Tell me of the sea.", "user", ""))
    await loudspeaker.began.wait()
    await asyncio.sleep(0.5)
    print("the user breaks in")
    await worker.queue_frame(InterruptionFrame())
    loudspeaker.ended.clear()
    await worker.queue_frame(TranscriptionFrame("And the moon?", "user", ""))
    await loudspeaker.ended.wait()
    await worker.queue_frame(EndFrame())


async def give_up(worker, frame):
    print(frame.error)
    await worker.cancel()


async def main(file):
    tts = DeepgramTTSService(
        api_key="any",  # or one of the daemon's, if it has some
        base_url=URL,
        sample_rate=RATE,
        stop_frame_timeout_s=60,
        settings=DeepgramTTSService.Settings(voice=VOICE),
    )
    loudspeaker = Loudspeaker(file)
    parameters = PipelineParams(audio_out_sample_rate=RATE)
    worker = PipelineWorker(Pipeline([Model(), tts, loudspeaker]), params=parameters)
    worker.add_event_handler("on_pipeline_error", give_up)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    user = asyncio.create_task(converse(worker, loudspeaker))
    await runner.run()
    user.cancel()


with wave.open(sys.argv[1], "wb") as file:
    file.setparams((1, 2, RATE, 0, "NONE", ""))
    asyncio.run(main(file))
    print(f"{file.getnframes() / RATE:.2f} s of sound")
