"""Deepgram's text to speech, version 1, as its SDKs, pipecat and LiveKit use it: `WS` and `POST /v1/speak`.

The contract: https://developers.deepgram.com/reference/text-to-speech-api. `model` is `ENGINE:VOICE`, an
engine, or a voice of the default engine; `aura-…`, which frameworks send unasked, is the default voice.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import msgspec

from vox.errors import BadRequest, VoxError, unknown
from vox.gateway.answer import send_audio
from vox.gateway.conversation import Conversation, read
from vox.gateway.core import Gateway
from vox.gateway.http import Channel, Request, Route, number
from vox.gateway.session import Listener, Session, Totals
from vox.gateway.socket import Upgrade
from vox.gateway.speech import Speech
from vox.gateway.voices.behind import behind

_TELEPHONE = (8000, 16000)
_LINEAR = (8000, 16000, 24000, 32000, 48000)


class _Encoding(NamedTuple):
    format: str
    """Ours."""
    rates: tuple[int, ...]
    """Hz that Deepgram has for it; empty for what sets its own."""
    containers: tuple[str, ...]
    """The first is that of an answer by HTTP when none was named."""


_ENCODINGS = {
    "linear16": _Encoding("pcm", _LINEAR, ("wav", "none")),
    "mulaw": _Encoding("ulaw", _TELEPHONE, ("none",)),
    "alaw": _Encoding("alaw", _TELEPHONE, ("none",)),
    "mp3": _Encoding("mp3", (), ("none",)),
    "opus": _Encoding("opus", (), ("ogg",)),
    "flac": _Encoding("flac", (*_LINEAR, 22050), ("none",)),
    "aac": _Encoding("aac", (), ("none",)),
}
_LIVE = ("linear16", "mulaw", "alaw")


class _Speak(msgspec.Struct, tag_field="type", tag="Speak"):
    text: str


class _Flush(msgspec.Struct, tag_field="type", tag="Flush"):
    pass


class _Clear(msgspec.Struct, tag_field="type", tag="Clear"):
    pass


class _Close(msgspec.Struct, tag_field="type", tag="Close"):
    pass


_Message = _Speak | _Flush | _Clear | _Close


class SpeakBody(msgspec.Struct):
    """Body of `POST /v1/speak`."""

    text: str


async def stream(gateway: Gateway, upgrade: Upgrade) -> None:
    """`WS /v1/speak?model=&encoding=&sample_rate=&speed=`. Speak, Flush, Clear and Close in; binary audio,
    Metadata, Flushed, Cleared, Warning and Error out."""
    upgrade.refusal_header = b"dg-error"
    speech = _speech(gateway, upgrade, live=True)
    await gateway.desk.check(speech)
    async with await Conversation.accept(gateway, upgrade) as talk:
        line = _Line(talk, speech.model or gateway.config().engine)
        session = await talk.open(speech, line)
        line.metadata()
        while True:
            line.obey(session, await talk.socket.receive())


class _Line(Listener):
    """Translates both ways; a session's `Listener`."""

    def __init__(self, talk: Conversation, model: str) -> None:
        self._talk, self._model = talk, model
        self._request = os.urandom(16).hex()
        self._sequence = 0
        self._owed = 0  # flushes that were not answered yet, that of Close among them
        self._broken = False  # what is written now has failed already
        self._closing = False

    def obey(self, session: Session, message: str | bytes) -> None:
        try:
            command = read(message, _Message)
            if isinstance(command, _Speak):
                session.feed(command.text)
            elif isinstance(command, _Flush):
                self._flush(session)
            elif isinstance(command, _Clear):
                self._talk.clear(session)
                self._owed, self._broken = 0, False
                self._count("Cleared")
                self._hang_up()
            else:
                self._closing = True
                self._flush(session)
        except VoxError as error:
            self._complain("Warning", error)

    def metadata(self) -> None:
        named = {"model_name": self._model, "model_version": "1", "model_uuid": self._request}
        self._talk.send({"type": "Metadata", "request_id": self._request, **named})

    def _flush(self, session: Session) -> None:
        session.flush()
        if not self._broken:
            self._owed += 1
            return
        self._broken = False  # its error came before the client asked
        if not self._closing:
            self._count("Flushed")
        self._hang_up()

    def _hang_up(self) -> None:
        if self._closing and not self._owed:
            self._talk.socket.close()

    def _count(self, kind: str) -> None:
        self._talk.send({"type": kind, "sequence_id": self._sequence})
        self._sequence += 1

    def _complain(self, kind: str, error: VoxError) -> None:
        """Under every name that a client looks for."""
        words, code = error.message, (error.code or "").upper()
        told = {"description": words, "message": words, "warn_msg": words, "code": code, "warn_code": code}
        self._talk.send({"type": kind, **told})

    # Listener

    @property
    def writable(self) -> bool:
        return self._talk.writable

    def audio(self, data: bytes) -> None:
        self._talk.socket.send_bytes(data)

    def flushed(self, totals: Totals) -> None:
        self._owed -= 1
        if totals.parts or self._owed or not self._closing:  # a Close alone asks for no answer
            self._count("Flushed")
        self._hang_up()

    def failed(self, error: VoxError) -> None:
        self._complain("Error", error)
        if self._owed:
            self._owed -= 1
        else:
            self._broken = True
        if self._closing and not self._owed:
            self._talk.socket.close(1011, error.message)

    def loading(self, share: float) -> None:
        self.metadata()
        self.audio(b"")  # pipecat gives up after 3 s in which it was sent no audio, be it none


async def speak(gateway: Gateway, request: Request) -> None:
    """`POST /v1/speak?model=&encoding=&container=&sample_rate=`: MP3 when nothing else is asked for."""
    body = await request.json(SpeakBody)
    speech = msgspec.structs.replace(_speech(gateway, request, live=False), text=body.text)
    async with gateway.desk.speak(speech) as utterance:
        await send_audio(request, utterance)


def _speech(gateway: Gateway, asked: Request | Upgrade, live: bool) -> Speech:
    """What the query asks for. Raises `BadRequest`, `NotFound`."""
    name = asked.query("encoding") or ("linear16" if live else "mp3")
    known = _LIVE if live else tuple(_ENCODINGS)
    if name not in known:
        raise BadRequest(unknown("encoding", name, list(known)), param="encoding")
    encoding = _ENCODINGS[name]
    containers = ("none",) if live else encoding.containers
    container = asked.query("container") or containers[0]
    if container not in containers:
        message = f"{name} comes in container {' or '.join(containers)}, not {container[:40]!r}"
        raise BadRequest(message, param="container")
    model, voice = behind(asked.query("model"), gateway.catalog, gateway.config())
    return Speech(
        text="",
        model=model,
        voice=voice,
        speed=number(asked.query("speed"), "speed"),
        format="wav" if container == "wav" else encoding.format,
        sample_rate=_rate(asked, name, encoding),
        preset=asked.query("preset"),
        priority="interactive" if live else "",
    )


def _rate(asked: Request | Upgrade, name: str, encoding: _Encoding) -> int | None:
    rate = number(asked.query("sample_rate"), "sample_rate")
    if rate is None:
        return 24000 if encoding.format in ("pcm", "wav") else None
    if rate not in (encoding.rates or _LINEAR):
        known = ", ".join(map(str, encoding.rates or _LINEAR))
        message = f"{name} can't have a sample_rate of {rate:g}; it can have {known}"
        raise BadRequest(message, param="sample_rate")
    return int(rate)


ROUTES = (Route("POST", "/v1/speak", speak, "Speak a text, as Deepgram does", SpeakBody, "audio/*"),)
SOCKETS = (Channel("/v1/speak", stream, "Speak while it is written, as Deepgram does"),)
