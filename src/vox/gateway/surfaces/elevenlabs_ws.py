"""ElevenLabs' WebSockets, as its SDK, pipecat and LiveKit use them: `stream-input`, where one text is written
and spoken, and `multi-stream-input`, where several are, each a *context*.

The contract: https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input
and its neighbour; where that is silent, what those clients expect. `{"text": " "}` begins a text; "" ends the
one of `stream-input`, and keeps a context alive. A flush speaks what was written. `close_context` comes after
it at the end of a turn, and then all is still said; without it, or once more, it is an interruption.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from msgspec.structs import replace

from vox.errors import BadRequest, VoxError
from vox.gateway.conversation import Conversation, read
from vox.gateway.core import Gateway
from vox.gateway.http import Channel, whole
from vox.gateway.phone import SILENCE, base64
from vox.gateway.session import Listener, Session, Totals
from vox.gateway.socket import Upgrade
from vox.gateway.speech import Speech
from vox.gateway.surfaces.elevenlabs import LIVE, PIECE, VoiceSettings, normalized, spoken

_CONTEXTS = 16
"""That may be open on a connection. ElevenLabs has 5."""
_PATIENCE, _LONGEST = 20, 180
"""Seconds until a context ends for which nothing comes, unless the client says otherwise."""
_A_SAMPLE = {"pcm": b"\0\0", **SILENCE}
"""Silence that is not heard. Formats that are compressed have none so short."""


class _Message(msgspec.Struct):
    """Of any kind: there is no field that says which."""

    text: str | None = None
    context_id: str | None = None
    flush: bool | None = None
    close_context: bool | None = None
    close_socket: bool | None = None
    voice_settings: VoiceSettings | None = None


async def stream(gateway: Gateway, upgrade: Upgrade) -> None:
    """`WS /v1/text-to-speech/{voice_id}/stream-input`."""
    await _serve(gateway, upgrade, several=False)


async def streams(gateway: Gateway, upgrade: Upgrade) -> None:
    """`WS /v1/text-to-speech/{voice_id}/multi-stream-input`."""
    await _serve(gateway, upgrade, several=True)


async def _serve(gateway: Gateway, upgrade: Upgrade, several: bool) -> None:
    talk = await Conversation.accept(gateway, upgrade)
    try:
        patience = whole(upgrade.query("inactivity_timeout"), "inactivity_timeout", digits=10) or _PATIENCE
        if not 1 <= patience <= _LONGEST:
            message = f"inactivity_timeout {patience} is outside 1 to {_LONGEST}"
            raise BadRequest(message, param="inactivity_timeout")
        auto = upgrade.query("auto_mode") == "true"
        line = _Line(talk, _asked(gateway, upgrade), several=several, auto=auto, patience=patience)
        await gateway.desk.expect(line.speech)
    except VoxError as error:
        # Said in answer to the first message: LiveKit listens for no sooner, and would wait for ever.
        name = read(await talk.socket.receive(), _Message).context_id
        talk.send(_complaint(error, name if several else None))
        talk.socket.close(1008, error.message)
        return
    async with talk:
        while True:
            await line.obey(await line.receive())


def _asked(gateway: Gateway, upgrade: Upgrade) -> Speech:
    """What the query asks for. Raises `BadRequest`, `NotFound`."""
    return spoken(
        gateway,
        upgrade.param,
        upgrade.query("model_id"),
        upgrade.query("output_format"),
        LIVE,
        text="",
        lang=upgrade.query("language_code"),
        seed=whole(upgrade.query("seed"), "seed", digits=10),
        preset=upgrade.query("preset"),
        normalize=normalized(upgrade.query("apply_text_normalization") or "auto"),
        priority="interactive",
    )


def _complaint(error: VoxError, context: str | None) -> dict[str, Any]:
    """Under both names that clients look for."""
    ids = {} if context is None else {"contextId": context, "context_id": context}
    return {"message": error.message, "error": error.message, "code": _code(error)} | ids


def _code(error: VoxError) -> int:
    """For which a connection is closed."""
    if error.retry_after is not None:
        return 1013
    return 1008 if error.status < 500 else 1011


class _Line:
    """One connection: translates messages to what its contexts do."""

    def __init__(
        self, talk: Conversation, speech: Speech, *, several: bool, auto: bool, patience: float
    ) -> None:
        """`auto`: each message is spoken as it comes, without a flush."""
        self.talk, self.speech, self.several, self.auto = talk, speech, several, auto
        self._patience = patience
        self._contexts: list[_Context] = []
        self._ending = False
        self._loop = asyncio.get_running_loop()

    async def receive(self) -> str | bytes:
        """The next message; meanwhile contexts end that nobody goes on with."""
        while True:
            try:
                async with asyncio.timeout_at(self._expire()):
                    return await self.talk.socket.receive()
            except TimeoutError:
                continue

    async def obey(self, message: str | bytes) -> None:
        name = None
        try:
            wanted = read(message, _Message)
            name = wanted.context_id if self.several else None
            if not self._ending:
                await self._obey(wanted, name)
        except VoxError as error:
            self.complain(error, name)

    async def _obey(self, wanted: _Message, name: str | None) -> None:
        context = next((known for known in reversed(self._contexts) if known.name == name), None)
        if wanted.close_socket or (not self.several and _ends(wanted)):
            self._end()
        elif wanted.close_context:
            if context is not None:
                context.close()
        elif wanted.text is None and not wanted.flush:
            raise BadRequest("a message has text, flush, close_context or close_socket; this one has none")
        elif context is not None and not context.closing:
            context.check(wanted.voice_settings)
            context.say(wanted.text or "", bool(wanted.flush))
        elif wanted.text:  # an empty one, or a flush, concerns a context that there is not
            context = await self._open(name, wanted.voice_settings or VoiceSettings())
            if context is not None:
                context.say(wanted.text, bool(wanted.flush))

    async def _open(self, name: str | None, settings: VoiceSettings) -> _Context | None:
        if len(self._contexts) >= _CONTEXTS:
            raise BadRequest(f"{_CONTEXTS} contexts are open; close one of them first", param="context_id")
        context = _Context(self, name, settings)
        try:
            context.session = await self.talk.open(replace(self.speech, speed=settings.speed), context)
        except VoxError as error:  # the next texts of this context would be spoken as it did not ask
            self.complain(error, name)
            self.talk.socket.close(1008, error.message)
            return None
        self._contexts.append(context)
        return context

    def _end(self) -> None:
        """The last message. All that was flushed is said first; by `stream-input`, all that was written."""
        self._ending = True
        for context in list(self._contexts):
            if context.loose and self.several:
                context.cut()
            elif not context.closing:
                context.complete()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._ending and not self._contexts:
            self.talk.socket.close()

    def _expire(self) -> float | None:
        """Ends what was silent for too long. Returns when to look again, on the loop's clock."""
        now = self._loop.time()
        for context in list(self._contexts):
            if context.quiet_since + self._patience <= now:
                self._give_up(context)
        return min((context.quiet_since + self._patience for context in self._contexts), default=None)

    def _give_up(self, context: _Context) -> None:
        error = BadRequest(f"no text came for {self._patience:g} s: end it by a flush, or keep it alive")
        if not self.several:
            self.fail(context, error)
            return
        if context.loose:
            self.complain(error, context.name)
        context.cut()

    def complain(self, error: VoxError, name: str | None = None) -> None:
        self.talk.send(_complaint(error, name))

    def fail(self, context: _Context, error: VoxError) -> None:
        """A context is over, with nothing more of it said; and a connection, if that was its only one."""
        self.complain(error, context.name)
        if self.several:
            self.finish(context)
        else:
            context.done = True
            self.talk.socket.close(_code(error), error.message)

    def finish(self, context: _Context) -> None:
        """A context is over."""
        context.done = True
        self._contexts.remove(context)
        ids = {"contextId": context.name, "context_id": context.name} if self.several else {}
        nothing = {"audio": None, "normalizedAlignment": None, "alignment": None}
        self.talk.send({"isFinal": True} | nothing | ids)
        self._loop.call_soon(self.talk.forget, context.session)  # which may be what calls this
        self._hang_up()


def _ends(wanted: _Message) -> bool:
    """Whether this is the end of the text of `stream-input`."""
    return (wanted.text == "" and not wanted.flush) or bool(wanted.close_context)


class _Context(Listener):
    """One text that is written and spoken; its session's `Listener`."""

    session: Session

    def __init__(self, line: _Line, name: str | None, settings: VoiceSettings) -> None:
        self.name = name
        self.loose = False
        """Whether no flush has said yet that all is written. In auto mode only one without text does, since
        LiveKit flushes each sentence."""
        self.closing = False
        self.done = False
        self._line, self._settings = line, settings
        self._socket = line.talk.socket
        self._writing = False  # what was fed was not flushed, by the client or for it
        self._owed = 0  # flushes that were not answered yet
        self._now = asyncio.get_running_loop().time
        self._moved_at = self._now()
        quoted = msgspec.json.encode(name)
        ids = b',"contextId":' + quoted + b',"context_id":' + quoted if line.several else b""
        self._tail = b'","isFinal":null,"normalizedAlignment":null,"alignment":null' + ids + b"}"

    @property
    def quiet_since(self) -> float:
        """Since when the client is waited for, on the loop's clock."""
        return self._now() if self._owed else self._moved_at

    def check(self, settings: VoiceSettings | None) -> None:
        """Raises `BadRequest` for other settings than those it was opened with."""
        if settings not in (None, self._settings):
            raise BadRequest("voice_settings can't change; open another context", param="voice_settings")

    def say(self, text: str, flush: bool) -> None:
        """The next characters of the text. Raises what `Session.feed` and `Session.flush` raise."""
        self._moved_at = self._now()
        if text.strip() or self._writing:
            self.session.feed(text)
            self._writing = self.loose = True
        if flush or self._line.auto:
            self._flush()
        if flush and not (text.strip() and self._line.auto):
            self.loose = False

    def close(self) -> None:
        if self.closing or self.loose:
            self.cut()
        else:
            self.complete()

    def complete(self) -> None:
        """Say all that was written, and finish."""
        self.closing = True
        self._flush()
        if not self._owed:
            self._line.finish(self)

    def cut(self) -> None:
        """Finish at once."""
        self._line.talk.clear(self.session)
        self._line.finish(self)

    def _flush(self) -> None:
        if self._writing:
            self.session.flush()
            self._owed += 1
            self._writing = False

    # Listener

    @property
    def writable(self) -> bool:
        return self._socket.writable

    def audio(self, data: bytes) -> None:
        self._moved_at = self._now()
        for at in range(0, len(data), PIECE):
            self._socket.send_text(b'{"audio":"' + base64(data[at : at + PIECE]) + self._tail)

    def flushed(self, totals: Totals) -> None:
        self._owed -= 1
        if self.closing and not (self._owed or self.done):
            self._line.finish(self)

    def failed(self, error: VoxError) -> None:
        if not self.done:
            self._line.fail(self, error)

    def loading(self, share: float) -> None:
        """pipecat gives up after 3 s without audio, LiveKit after 10."""
        sample = _A_SAMPLE.get(self._line.speech.format)
        if sample is not None and self._line.talk.twilio is None:
            self.audio(sample)


_PATH = "/v1/text-to-speech/{voice_id}"
SOCKETS = (
    Channel(f"{_PATH}/stream-input", stream, "Speak a text while it is written, as ElevenLabs does"),
    Channel(f"{_PATH}/multi-stream-input", streams, "Speak several texts at once, as ElevenLabs does"),
)
