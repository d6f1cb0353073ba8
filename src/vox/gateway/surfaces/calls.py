"""Telephone calls as a Chatterbox streaming server takes them: `WS /ws/synthesize`, a text at a time, and
`WS /ws/synthesize-stream`, a text while it is written. Frames of mu-law, 20 ms each, ready for the line.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from vox.errors import BadRequest, VoxError
from vox.gateway import formats
from vox.gateway.answer import Manner
from vox.gateway.conversation import Conversation, read
from vox.gateway.core import Gateway
from vox.gateway.http import Channel
from vox.gateway.phone import Frames, base64
from vox.gateway.session import Listener, Part, Session, Totals
from vox.gateway.socket import Upgrade
from vox.gateway.speech import Speech
from vox.gateway.text import segment
from vox.gateway.voices.behind import behind


class _Wish(Manner, kw_only=True):
    """What both say of how it is spoken."""

    voice_id: str | None = None
    """See `voices.behind`."""
    output_format: str | None = None
    """mulaw or wav."""
    lang: str | None = None
    model: str | None = None
    """With one, `voice_id` is a voice of it."""


class SynthesizeMessage(_Wish, kw_only=True):
    """A message of `WS /ws/synthesize`."""

    text: str = ""


class InitMessage(_Wish, kw_only=True, tag_field="type", tag="init"):
    """What a text on `WS /ws/synthesize-stream` begins with."""


class _Text(msgspec.Struct, tag_field="type", tag="text"):
    content: str


class _End(msgspec.Struct, tag_field="type", tag="end"):
    pass


_Message = InitMessage | _Text | _End


async def synthesize(gateway: Gateway, upgrade: Upgrade) -> None:
    """`WS /ws/synthesize`. What is asked while an answer is under way waits in the socket for its turn."""
    async with await Conversation.accept(gateway, upgrade) as talk:
        while True:
            message = await talk.socket.receive()
            try:
                asked = read(message, SynthesizeMessage)
                if not segment.speakable(asked.text):
                    raise BadRequest("there is nothing to say: text has no letter and no digit", param="text")
                await _answer(gateway, talk, asked)
            except VoxError as error:
                talk.send({"error": error.message})


async def _answer(gateway: Gateway, talk: Conversation, asked: SynthesizeMessage) -> None:
    speech = _speech(gateway, asked, "balanced")
    answer = _Answer(talk, wav=speech.format == "")
    session = await talk.open(speech, answer)
    try:
        session.feed(asked.text)
        session.flush()
        await answer.over
    finally:
        await talk.drop(session)


async def synthesize_stream(gateway: Gateway, upgrade: Upgrade) -> None:
    """`WS /ws/synthesize-stream`."""
    async with await Conversation.accept(gateway, upgrade) as talk:
        line = _Line(gateway, talk)
        while True:
            message = await talk.socket.receive()
            try:
                await line.obey(read(message, _Message))
            except VoxError as error:
                talk.send({"type": "error", "error": error.message})


class _Line:
    """One text after another on a `WS /ws/synthesize-stream`."""

    def __init__(self, gateway: Gateway, talk: Conversation) -> None:
        self._gateway, self._talk = gateway, talk
        self._session: Session | None = None
        self._reading: _Reading

    async def obey(self, command: Any) -> None:
        if self._session is not None and self._reading.over.done():  # it failed
            await self._drop(self._session)
        if isinstance(command, InitMessage):
            await self._init(command)
        elif self._session is None:
            raise BadRequest('send {"type": "init", "voice_id": …} before text')
        elif isinstance(command, _Text):
            self._session.feed(command.content)
        else:
            self._session.flush()
            await self._reading.over
            await self._drop(self._session)

    async def _init(self, init: InitMessage) -> None:
        if self._session is not None and self._session.busy:
            raise BadRequest('a text is being written; send {"type": "end"} before another init')
        preset = init.preset or "adaptive"
        speech = _speech(self._gateway, init, preset)
        reading = _Reading(self._talk, wav=speech.format == "")
        session = await self._talk.open(speech, reading)
        if self._session is not None:
            await self._drop(self._session)
        self._session, self._reading = session, reading
        voice = init.voice_id or ""
        message = f"{voice or 'the default voice'} waits for text"
        self._talk.send({"type": "ready", "voice_id": voice, "preset": preset, "message": message})

    async def _drop(self, session: Session) -> None:
        self._session = None
        await self._talk.drop(session)


def _speech(gateway: Gateway, wish: _Wish, preset: str) -> Speech:
    """`preset` is that of a wish that names none. Raises `BadRequest`, `NotFound`."""
    word = (wish.output_format or "mulaw").strip().lower()
    format = formats.ALIASES.get(word, word)
    if format not in ("ulaw", "wav"):
        raise BadRequest(f"output_format is mulaw or wav, not {word[:40]!r}", param="output_format")
    model, voice = wish.model or "", wish.voice_id or ""
    if not model:
        model, voice = behind(voice, gateway.catalog, gateway.config())
    manner = wish.manner() | {"preset": wish.preset or preset, "priority": wish.priority or "interactive"}
    return Speech(
        text="",
        model=model,
        voice=voice,
        lang=wish.lang or "",
        format="ulaw" if format == "ulaw" else "",  # the engine's own PCM: each chunk gets its header here
        **manner,
    )


class _Call(Listener):
    """The `Listener` of one text."""

    head = b'{"audio":"'

    def __init__(self, talk: Conversation, wav: bool) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when all is out, or failed."""
        self._talk, self._wav = talk, wav
        self._frames = Frames()
        self._index = 0
        self._rate = 8000
        self._tail = b""

    @property
    def writable(self) -> bool:
        return self._talk.writable

    def begin(self, part: Part, rate: int) -> None:
        self._rate = rate
        form = b'"format":"wav"' if self._wav else b'"format":"mulaw"'
        self._tail = form + b',"sample_rate":%d}' % rate

    def audio(self, data: bytes) -> None:
        if self._wav:
            self._send(formats.wav_header(self._rate, len(data)) + data)
        else:
            for frame in self._frames.feed(data):
                self._send(frame)

    def flushed(self, totals: Totals) -> None:
        self._finish()

    def failed(self, error: VoxError) -> None:
        self._finish()

    def _send(self, sound: bytes) -> None:
        self._talk.socket.send_text(
            self.head + base64(sound) + b'","chunk_index":%d,' % self._index + self._tail
        )
        self._index += 1

    def _pad(self) -> None:
        """What is left of a frame, filled up with silence."""
        for frame in self._frames.finish():
            self._send(frame)

    def _finish(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


class _Answer(_Call):
    """On `WS /ws/synthesize`."""

    def begin(self, part: Part, rate: int) -> None:
        super().begin(part, rate)
        self._tail = b'"is_final":false,' + self._tail

    def flushed(self, totals: Totals) -> None:
        self._pad()
        self._talk.send(
            {
                "audio": None,
                "chunk_index": self._index,
                "is_final": True,
                "format": "wav" if self._wav else "mulaw",
                "sample_rate": self._rate,
                "first_chunk_ms": round(totals.first_ms, 1),
                "total_ms": round(totals.total_ms, 1),
                "total_chunks": self._index,
                "total_mulaw_chunks": 0 if self._wav else self._index,
                "latency": {
                    "voice_load": round(totals.load_ms, 1),
                    "generation": round(totals.generation_ms, 1),
                    "transcode": round(totals.transcode_ms, 1),
                },
                "backend": totals.backend,
            }
        )
        super().flushed(totals)

    def failed(self, error: VoxError) -> None:
        self._talk.send({"error": error.message})
        super().failed(error)


class _Reading(_Call):
    """On `WS /ws/synthesize-stream`."""

    head = b'{"type":"audio","audio":"'
    _before = 0
    """Index of the sentence's first chunk."""

    def end(self, part: Part, spoken: str, ms: float) -> None:
        self._pad()
        self._talk.send({"type": "sentence_complete", "chunks_in_sentence": self._index - self._before})
        self._before = self._index

    def flushed(self, totals: Totals) -> None:
        totals_sent = {"total_chunks": self._index, "total_ms": round(totals.total_ms, 1)}
        self._talk.send({"type": "complete", **totals_sent})
        super().flushed(totals)

    def failed(self, error: VoxError) -> None:
        self._talk.send({"type": "error", "error": error.message})
        super().failed(error)


SOCKETS = (
    Channel("/ws/synthesize", synthesize, "Speak a text in frames for the telephone"),
    Channel("/ws/synthesize-stream", synthesize_stream, "The same while the text is written"),
)
