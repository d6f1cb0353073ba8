"""A phone call with no other server: Twilio's own connection (`<Connect><Stream url="wss://…/twilio">`), and
what to say on it by `POST /twilio/{streamSid}/say`.

Twilio's messages: https://www.twilio.com/docs/voice/media-streams/websocket-messages. The voice is set by
`<Parameter>`s of the stream: voice (`ENGINE:VOICE`), lang, preset, speed.
"""

from __future__ import annotations

import asyncio
import time

import msgspec

from vox.errors import BadRequest, NotFound, VoxError
from vox.gateway import tickets
from vox.gateway.conversation import Conversation, read
from vox.gateway.core import Gateway
from vox.gateway.http import Channel, Request, Response, Route, json_response, number
from vox.gateway.phone import Twilio
from vox.gateway.session import Listener, Session, Totals
from vox.gateway.socket import Socket, Upgrade
from vox.gateway.speech import Speech
from vox.gateway.voices.behind import behind
from vox.options import seconds

_TICKET = 86_400.0
"""Seconds that a ticket holds where nothing else is asked for."""
_WRONG_DATA, _NOT_JSON, _REFUSED = 1003, 1007, 1008


class _Format(msgspec.Struct, rename="camel"):
    encoding: str = "audio/x-mulaw"
    sample_rate: int = 8000


class _Start(msgspec.Struct, rename="camel"):
    stream_sid: str = ""
    call_sid: str = ""
    custom_parameters: dict[str, str] = {}
    media_format: _Format = msgspec.field(default_factory=_Format)


class _Mark(msgspec.Struct):
    name: str


class _Event(msgspec.Struct, rename="camel"):
    """Any message of Twilio's; it adds new ones from time to time."""

    event: str
    stream_sid: str = ""
    start: _Start | None = None
    mark: _Mark | None = None


class SayBody(msgspec.Struct):
    """Body of `POST /twilio/{streamSid}/say`."""

    text: str
    flush: bool = True
    """False: more of this text will follow."""
    interrupt: bool = False
    """Stop what is spoken, and empty Twilio's buffer, first."""
    wait: bool = False
    """Answer when the caller has heard it."""


class Call(Listener):
    """One call that is open. Of its session's `Listener` it is what Twilio's messages don't do."""

    session: Session

    def __init__(self, line: Twilio, socket: Socket, call_sid: str) -> None:
        """`call_sid` is Twilio's name of the call, which goes on when its stream has ended."""
        self.call_sid = call_sid
        self._line, self._socket = line, socket
        self._flushes: dict[int, str] = {}
        self._heard: dict[str, asyncio.Future[None]] = {}
        self._failure: VoxError | None = None

    def say(self, body: SayBody) -> str:
        """The name of the mark that Twilio will send back when all of it was heard; "" before a flush. Raises
        what `Session.feed` raises, and what made the beginning of this text fail."""
        if body.interrupt:
            self.interrupt()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self.session.flush()
            raise failure
        self.session.feed(body.text)
        if not body.flush:
            return ""
        number = self.session.flush()
        name = self._flushes[number] = f"said-{number}"
        self._heard[name] = asyncio.get_running_loop().create_future()
        return name

    async def heard(self, name: str) -> None:
        """Wait for that. Raises what made the speech fail, and `NotFound` when it was interrupted or the call
        has ended."""
        future = self._heard[name]
        await asyncio.wait([future])
        if future.cancelled():
            raise NotFound("the call ended, or was interrupted, before all was heard", code="interrupted")
        future.result()

    def interrupt(self) -> None:
        self.session.clear()
        self._line.clear()
        self.over()

    def over(self) -> None:
        """Nobody will hear any more of what was said so far."""
        for future in self._heard.values():
            future.cancel()
        self._heard.clear()
        self._flushes.clear()
        self._failure = None

    def hang_up(self) -> None:
        """End the stream: Twilio goes on with what its instructions have after `<Connect>`."""
        self._socket.close()

    def marked(self, name: str) -> None:
        """Twilio has played up to that mark."""
        future = self._heard.pop(name, None)
        if future is not None:
            future.set_result(None)

    # Listener

    @property
    def writable(self) -> bool:
        return self._socket.writable

    def flushed(self, totals: Totals) -> None:
        self._line.mark(self._flushes.pop(totals.number))

    def failed(self, error: VoxError) -> None:
        if not self._flushes:
            self._failure = error
            return
        future = self._heard.pop(self._flushes.pop(min(self._flushes)), None)
        if future is not None:  # else its mark came back before it was sent
            future.set_exception(error)
            future.exception()  # nobody may be waiting


async def connection(gateway: Gateway, upgrade: Upgrade) -> None:
    """Twilio's end of a bidirectional stream."""
    async with Conversation(gateway, await upgrade.accept()) as talk:
        socket = talk.socket
        start = await _started(socket)
        if start is None:
            return
        try:
            call = await _open(gateway, talk, start)
        except VoxError as error:
            socket.close(_REFUSED, error.message)
            return
        gateway.calls[start.stream_sid] = call
        try:
            await _listen(socket, call)
        finally:
            if gateway.calls.get(start.stream_sid) is call:  # it may have been taken over
                del gateway.calls[start.stream_sid]
            call.over()


async def _started(socket: Socket) -> _Start | None:
    """What Twilio says of the stream; None when it ends before, or can't be spoken on."""
    while (event := await _next(socket)) is not None:
        if event.start is None:
            continue
        start, format = event.start, event.start.media_format
        start.stream_sid = start.stream_sid or event.stream_sid
        if (format.encoding, format.sample_rate) == ("audio/x-mulaw", 8000) and start.stream_sid:
            return start
        socket.close(_WRONG_DATA, "a stream has a streamSid, and audio/x-mulaw at 8000 Hz")
        return None
    return None


async def _open(gateway: Gateway, talk: Conversation, start: _Start) -> Call:
    """Raises what the stream's parameters are refused for."""
    given = start.custom_parameters
    model, voice = behind(given.get("voice", ""), gateway.catalog, gateway.config())
    speech = Speech(
        text="",
        model=given.get("model", "") or model,
        voice=voice,
        lang=given.get("lang", ""),
        speed=number(given.get("speed", ""), "speed"),
        preset=given.get("preset", ""),
        priority="interactive",
    )
    talk.twilio = Twilio(start.stream_sid, talk.socket.send_text)
    call = Call(talk.twilio, talk.socket, start.call_sid)
    call.session = await talk.open(speech, call)
    return call


async def _listen(socket: Socket, call: Call) -> None:
    """Until the call ends."""
    while (event := await _next(socket)) is not None:
        if event.mark is not None:
            call.marked(event.mark.name)


async def _next(socket: Socket) -> _Event | None:
    """None at the end."""
    try:
        event = read(await socket.receive(), _Event)
    except BadRequest as error:
        socket.close(_NOT_JSON, error.message)
        return None
    return None if event.event == "stop" else event


async def say(gateway: Gateway, request: Request) -> Response:
    """200 once it is queued, or with `"wait": true` heard; the name of the mark that ends it."""
    call = _call(gateway, request)
    body = await request.json(SayBody)
    mark = call.say(body)
    if body.wait and mark:
        await call.heard(mark)
    return json_response({"status": "heard" if body.wait and mark else "queued", "mark": mark or None})


async def clear(gateway: Gateway, request: Request) -> Response:
    """Stop speaking at once, and empty Twilio's buffer."""
    _call(gateway, request).interrupt()
    return json_response({"status": "cleared"})


async def end(gateway: Gateway, request: Request) -> Response:
    """End the stream at once; Twilio goes on with what comes after `<Connect>`."""
    _call(gateway, request).hang_up()
    return json_response({"status": "ended"})


async def calls(gateway: Gateway, request: Request) -> Response:
    """The streams that are open."""
    found = [{"streamSid": sid, "callSid": call.call_sid} for sid, call in _calls(gateway).items()]
    return json_response({"calls": found})


async def ticket(gateway: Gateway, request: Request) -> Response:
    """A path for Twilio, which can send no key: signed, for `?ttl=` (24h; -1 for ever)."""
    keys = gateway.config().api_keys
    if not keys:
        return json_response({"path": "/twilio", "expires": None})
    try:
        lasts = seconds(request.query("ttl") or _TICKET)
    except ValueError:
        raise BadRequest("ttl is a duration, such as 3600 or '24h'", param="ttl") from None
    until = time.time() + lasts if lasts >= 0 else None
    return json_response({"path": f"/twilio/{tickets.issue(keys[0], 'twilio', until)}", "expires": until})


def _calls(gateway: Gateway) -> dict[str, Call]:
    """By the name of the stream."""
    return {sid: call for sid, call in gateway.calls.items() if isinstance(call, Call)}


def _call(gateway: Gateway, request: Request) -> Call:
    """The one whose stream or call is named in the path. Raises `NotFound`."""
    known, name = _calls(gateway), request.param
    found = known.get(name) or next((call for call in known.values() if call.call_sid == name), None)
    if found is None:
        open_now = ", ".join(known) or "none"
        message = f"no call has the stream {name[:80]!r}; open: {open_now}"
        raise NotFound(message, code="unknown_stream")
    return found


ROUTES = (
    Route("POST", "/twilio/{streamSid}/say", say, "Say something on a call", SayBody),
    Route("POST", "/twilio/{streamSid}/clear", clear, "Stop speaking on a call"),
    Route("DELETE", "/twilio/{streamSid}", end, "End the stream of a call"),
    Route("GET", "/twilio/calls", calls, "The calls that are open"),
    Route("GET", "/twilio/ticket", ticket, "A signed path for Twilio to connect to"),
)
SOCKETS = (
    Channel("/twilio", connection, "A phone call, as Twilio connects it"),
    Channel("/twilio/{ticket}", connection, "The same by a signed path"),
)
