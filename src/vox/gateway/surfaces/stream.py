"""vox's own real-time session: `WS /v1/audio/speech/stream`, in the shape of vLLM-Omni's.

An *utterance* is what was written up to an `input.done`, a *sentence* a segment of it. What vox has beyond
vLLM-Omni is marked below; its clients ignore it.
"""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from typing import Any, Literal

import msgspec

from vox.errors import BadRequest, VoxError
from vox.gateway import formats
from vox.gateway.answer import Manner
from vox.gateway.conversation import Conversation, read
from vox.gateway.core import Gateway
from vox.gateway.http import Channel
from vox.gateway.phone import base64
from vox.gateway.session import Listener, Part, Session, Totals
from vox.gateway.socket import Upgrade
from vox.gateway.speech import Speech
from vox.gateway.voices.references import held

_ITS_NAMES = {"lang": "language", "audio_sample": "ref_audio"}
"""What this protocol calls a field that an error is about."""
_PLAIN = ("wav", "pcm", "ulaw", "alaw")
"""Formats that can be cut into sentences; of any other an utterance is one stream."""


class SessionConfig(Manner, kw_only=True, tag_field="type", tag="session.config"):
    """The first message, which may be left out; again before any utterance. Other fields of vLLM-Omni's are
    ignored."""

    model: str | None = None
    voice: str | None = None
    language: str | None = None
    response_format: str | None = None
    ref_audio: str | None = None
    ref_text: str | None = None
    stream_audio: bool = False
    """Send sound as it is made; else a sentence is one message."""
    split_granularity: Literal["none", "sentence", "clause"] = "sentence"
    """`none`: the whole utterance is one sentence."""
    word_timestamps: bool = False
    # beyond vLLM-Omni
    sample_rate: int | None = None
    audio_encoding: Literal["binary", "base64"] = "binary"


class _Text(msgspec.Struct, tag_field="type", tag="input.text"):
    text: str


class _Done(msgspec.Struct, tag_field="type", tag="input.done"):
    pass


class _Close(msgspec.Struct, tag_field="type", tag="session.close"):
    pass


class _Cancel(msgspec.Struct, tag_field="type", tag="input.cancel"):  # beyond vLLM-Omni, as is the next
    pass


class _Clear(msgspec.Struct, tag_field="type", tag="session.clear"):
    pass


_Message = SessionConfig | _Text | _Done | _Close | _Cancel | _Clear


class _Form(msgspec.Struct, frozen=True):
    """How the sound of an utterance is sent."""

    format: str
    streamed: bool
    whole: bool
    """As one sentence."""
    encoded: bool
    """In JSON, as base64."""


async def stream(gateway: Gateway, upgrade: Upgrade) -> None:
    """`WS /v1/audio/speech/stream`."""
    with ExitStack() as holding:
        async with await Conversation.accept(gateway, upgrade) as talk:
            line = _Line(gateway, talk, holding)
            while True:
                await line.obey(await talk.socket.receive())


class _Line(Listener):
    """Translates both ways; a session's `Listener`."""

    def __init__(self, gateway: Gateway, talk: Conversation, holding: ExitStack) -> None:
        """`holding` keeps the recording that a config came with."""
        self._gateway, self._talk, self._holding = gateway, talk, holding
        self._session: Session | None = None
        self._next = _Form("wav", streamed=False, whole=False, encoded=False)
        self._forms: deque[_Form] = deque()  # of the utterances that are spoken, wait, or are written
        self._writing = False  # the last of them
        self._broken = False  # the first of them
        self._closing = False
        # The utterance and the sentence that are spoken
        self._utterance = self._sentence = 0
        self._open = False
        self._form = self._next
        self._rate = self._bytes = 0
        self._held: list[bytes] = []
        self._spoken = ""
        self._head = b""
        self._sequence = 0

    # From the client

    async def obey(self, message: str | bytes) -> None:
        try:
            command: Any = read(message, _Message)
        except BadRequest as error:
            self._complain(error, partial=False)
            if self._session is None and "session.config" in str(message):
                self._refuse(error)
            return
        try:
            if isinstance(command, SessionConfig):
                await self._configure(command)
            elif isinstance(command, _Text):
                await self._write(command.text)
            elif isinstance(command, _Done):
                await self._done()
            elif isinstance(command, _Close):
                await self._close()
            else:
                self._cancel("session.cleared" if isinstance(command, _Clear) else "input.cancelled")
        except VoxError as error:
            self._complain(error, partial=False)

    async def _configure(self, config: SessionConfig) -> None:
        if self._writing:
            raise BadRequest("an utterance is being written; send input.done before session.config")
        try:
            await self._set_up(config)
        except VoxError as error:
            self._complain(error, partial=False)
            if self._session is None:
                self._refuse(error)

    def _refuse(self, error: VoxError) -> None:
        """Nothing must be said in a voice that nobody asked for."""
        self._talk.socket.close(1008, error.message)

    async def _set_up(self, config: SessionConfig) -> None:
        if config.word_timestamps:
            message = "no engine here knows when its words are said; audio.mark has the end of each sentence"
            raise BadRequest(message, param="word_timestamps")
        format = formats.find(config.response_format or "wav").name
        speech = _speech(config, format)
        with ExitStack() as held_now:
            if config.ref_audio:
                speech = await self._gateway.desk.clones.like(speech, config.ref_audio, config.ref_text or "")
                assert speech.reference is not None
                held_now.enter_context(held(speech.reference.path))
            await self._speak_as(speech)
            self._holding.close()
            self._holding.push(held_now.pop_all())
        sent = "ulaw" if self._talk.twilio is not None else format
        self._next = _Form(
            sent,
            streamed=config.stream_audio,
            whole=config.split_granularity == "none" or sent not in _PLAIN,
            encoded=config.audio_encoding == "base64",
        )

    async def _speak_as(self, speech: Speech) -> Session:
        if self._session is None:
            self._session = await self._talk.open(speech, self)
        else:
            await self._talk.change(self._session, speech)
        return self._session

    async def _ready(self) -> Session:
        """The session; before any config, with the defaults."""
        return self._session or await self._speak_as(_speech(SessionConfig(), "wav"))

    async def _write(self, text: str) -> None:
        session = await self._ready()
        session.feed(text)
        self._begin_utterance()

    async def _done(self) -> None:
        session = await self._ready()
        session.flush()
        self._begin_utterance()  # an empty one
        self._writing = False
        if self._broken:
            self._conclude()

    def _begin_utterance(self) -> None:
        if not self._writing:
            self._forms.append(self._next)
            self._writing = True

    async def _close(self) -> None:
        if self._writing:
            await self._done()
        self._closing = True
        if not self._forms:
            self._talk.socket.close()

    def _cancel(self, answer: str) -> None:
        if self._session is not None:
            self._talk.clear(self._session)
        self._utterance += len(self._forms)
        self._forms.clear()
        self._writing = self._broken = False
        self._reset()
        self._talk.send({"type": answer, "utterance_index": self._utterance, "sequence": self._sequence})

    # Listener

    @property
    def writable(self) -> bool:
        return self._talk.writable

    def begin(self, part: Part, rate: int) -> None:
        if self._open:
            return
        self._open, self._form, self._rate = True, self._forms[0], rate
        self._bytes, self._held = 0, []
        if self._form.streamed or not self._form.whole:
            self._start(part.text)
        if self._form.streamed and self._form.format == "wav":
            self._chunk(formats.wav_header(rate))

    def audio(self, data: bytes) -> None:
        if self._form.streamed:
            self._chunk(data)
        else:
            self._held.append(data)

    def end(self, part: Part, spoken: str, ms: float) -> None:
        self._spoken = spoken
        if not self._form.whole:
            self._give()
        self._talk.send(
            {
                "type": "audio.mark",
                "utterance_index": self._utterance,
                "sentence_index": self._sentence,
                "text": spoken,
                "ms": round(ms, 1),
                "sequence": self._sequence,
            }
        )
        if not self._form.whole:
            self._stop(error=False)

    def flushed(self, totals: Totals) -> None:
        if self._open:  # as one sentence
            if not self._form.streamed:
                self._start(self._spoken)
            self._give()
            self._stop(error=False)
        self._conclude()

    def failed(self, error: VoxError) -> None:
        self._complain(error, partial=self._bytes > 0)
        if self._open:
            self._stop(error=True)
        if self._writing and len(self._forms) == 1:
            self._broken = True  # its `input.done` is still to come, and is answered then
        else:
            self._conclude()

    def loading(self, share: float) -> None:
        self._talk.send({"type": "session.loading", "progress": round(share, 3)})

    # To the client

    def _start(self, text: str) -> None:
        place = {"utterance_index": self._utterance, "sentence_index": self._sentence}
        form = {"format": self._form.format, "sample_rate": self._rate, "channels": 1}
        message = {"type": "audio.start", **place, "sentence_text": text, **form, "sequence": self._sequence}
        self._talk.send(message)
        self._head = (
            b'{"type":"audio.chunk","utterance_index":%d,"sentence_index":%d,"timestamps":null,"sequence":'
            % (self._utterance, self._sentence)
        )

    def _chunk(self, data: bytes) -> None:
        if self._form.encoded:
            self._talk.socket.send_text(
                self._head + b'%d,"audio_b64":"' % self._sequence + base64(data) + b'"}'
            )
        else:
            self._talk.socket.send_bytes(data)
        self._sequence += 1
        self._bytes += len(data)

    def _give(self) -> None:
        """What was held back, as one message."""
        if self._held:
            sound = b"".join(self._held)
            self._held = []
            header = formats.wav_header(self._rate, len(sound)) if self._form.format == "wav" else b""
            self._chunk(header + sound)

    def _stop(self, error: bool) -> None:
        place = {"utterance_index": self._utterance, "sentence_index": self._sentence}
        self._talk.send({"type": "audio.done", **place, "total_bytes": self._bytes, "error": error})
        self._open, self._bytes = False, 0
        self._sentence += 1

    def _conclude(self) -> None:
        """The utterance is over."""
        self._talk.send(
            {
                "type": "session.done",
                "utterance_index": self._utterance,
                "total_sentences": self._sentence,
            }
        )
        self._utterance += 1
        self._forms.popleft()
        self._broken = False
        self._reset()
        if self._closing and not self._forms:
            self._talk.socket.close()

    def _reset(self) -> None:
        """No sentence is spoken."""
        self._open, self._sentence, self._bytes = False, 0, 0
        self._held, self._spoken = [], ""

    def _complain(self, error: VoxError, *, partial: bool) -> None:
        self._talk.send(
            {
                "type": "error",
                "message": error.message,
                "code": error.code,
                "param": _ITS_NAMES.get(error.param or "", error.param),
                "partial_audio": partial,
                "action": "discard" if partial else None,
            }
        )


def _speech(config: SessionConfig, format: str) -> Speech:
    if format == "wav":  # its headers are made here, one a sentence
        format = "" if config.sample_rate is None else "pcm"
    return Speech(
        text="",
        model=config.model or "",
        voice=config.voice or "",
        lang=config.language or "",
        format=format,
        sample_rate=config.sample_rate,
        **config.manner() | {"priority": config.priority or "interactive"},
    )


SOCKETS = (Channel("/v1/audio/speech/stream", stream, "Speak while it is written"),)
