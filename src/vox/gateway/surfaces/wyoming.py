"""Wyoming, which Home Assistant speaks, on a port of its own: text to speech, whole or while it is written.

The protocol: https://github.com/OHF-Voice/wyoming. An event is a line of JSON with its type, then as many
bytes of JSON and of payload as that line says. It has no keys: who reaches the port may speak. The package of
that name writes what we send; its reader trusts the lengths that it reads, so what comes is taken apart here.
"""

from __future__ import annotations

import asyncio
import io
import logging
import socket
from contextlib import suppress
from functools import partial
from typing import cast

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable, write_event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped

from vox.errors import BadRequest, EngineFailed, Unavailable, VoxError
from vox.gateway.core import Gateway
from vox.gateway.http import convert
from vox.gateway.server.line import LANDING, Line, Phase
from vox.gateway.server.listen import bind_tcp, is_loopback
from vox.gateway.server.server import Server
from vox.gateway.session import Listener, Part, Session, Totals
from vox.gateway.speech import Speech
from vox.gateway.surfaces.wyoming_inbox import (
    Broken,
    ChunkData,
    Inbox,
    PingData,
    StartData,
    VoiceData,
    WholeData,
)
from vox.gateway.surfaces.wyoming_info import info
from vox.gateway.voices.behind import behind

log = logging.getLogger("vox.wyoming")

_LEAST, _MOST = 0.02, 0.1
"""Seconds of sound in a chunk; the last of a segment may be shorter."""
_CLOGGED = 256 * 1024
"""Bytes that wait for a client before it is not listened to: each event may cause another."""
_USUAL_RATE = 24000
"""Hz that an empty sound has where the engine does not say."""


def serve(gateway: Gateway, server: Server) -> None:
    """Listen on `wyoming_port` of `wyoming_host`. Raises `Unavailable`, `BadRequest`."""
    config = gateway.config()
    host, port = config.wyoming_host, config.wyoming_port
    try:
        sockets = bind_tcp(host, port)
    except Unavailable:
        raise Unavailable(
            f"port {port} on {host} is taken by another program; choose another with: "
            "vox config set wyoming_port N",
            param="wyoming_port",
        ) from None
    server.listen(sockets, partial(WyomingLine, gateway, server))
    gateway.wyoming = f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
    if not is_loopback(host):
        log.warning("%s is open to everybody who reaches it: Wyoming has no keys", gateway.wyoming)


class WyomingLine(Line):
    """One client. Its coroutine only waits for events; the sound is written from the session's calls."""

    def __init__(self, gateway: Gateway, server: Server, over_limit: bool) -> None:
        super().__init__(server)
        self._gateway, self._over_limit = gateway, over_limit
        self._inbox = Inbox(server.limits.max_message)
        self._news: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._answer: _Answer | None = None
        self._writing = False  # between synthesize-start and synthesize-stop
        self._ended = False  # nothing more is said, nor listened to

    # From asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self.server.limits.write_buffer)
        # A client may stay connected without a word, but not after its machine was switched off.
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._over_limit:
            self.fail(Unavailable("too many connections; try again in a moment"))
        else:
            self._task = self._loop.create_task(self._serve(), name="wyoming")
        self.settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._leave()
        super().connection_lost(exc)

    def buffer_updated(self, nbytes: int) -> None:
        if self._ended:
            return
        self._inbox.feed(LANDING[:nbytes])
        if self._inbox.size > self.server.limits.max_message:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._transport.abort()  # a half-close counts as leaving: who waits for sound keeps the connection

    def _resumed(self) -> None:
        self._wake()
        if self._answer is not None:
            self._answer.session.resume()

    # Events

    async def _serve(self) -> None:
        try:
            while not self._ended:
                await self._serve_one()
        except Exception as error:
            log.exception("a connection failed")
            message = f"vox failed: {type(error).__name__}; the daemon's log has the details"
            self.fail(EngineFailed(message, code="internal_error"))
        finally:
            if self._answer is not None:
                await self._answer.session.close()

    async def _serve_one(self) -> None:
        kind = ""
        try:
            event = await self._next()
            kind = event.type
            await self._obey(event)
        except VoxError as error:
            # Home Assistant looks at no `error`: it waits for the end of the sound, or of the connection.
            if isinstance(error, Broken) or kind.startswith("synthesize"):
                self.fail(error)
            else:
                self.send(Error(error.message, error.code))

    async def _next(self) -> Event:
        while self._transport.get_write_buffer_size() > _CLOGGED:
            await self._wait()
        while (event := self._inbox.next()) is None:
            self._transport.resume_reading()
            await self._wait()
        self.settle()
        return event

    async def _wait(self) -> None:
        self._news = self._loop.create_future()
        self.settle()
        try:
            await self._news
        finally:
            self._news = None

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _obey(self, event: Event) -> None:
        kind, data = event.type, event.data
        if Describe.is_type(kind):
            self.send(await info(self._gateway))
        elif Ping.is_type(kind):
            self.send(Pong(convert(data, PingData).text))
        elif SynthesizeStart.is_type(kind):
            await self._open(convert(data, StartData), streamed=True)
            self._writing = True
        elif SynthesizeChunk.is_type(kind):
            self._session().feed(convert(data, ChunkData).text)
        elif SynthesizeStop.is_type(kind):
            self._session().flush()
            self._writing = False
        elif Synthesize.is_type(kind) and not self._writing:  # else it repeats the chunks, for older servers
            whole = convert(data, WholeData)
            session = await self._open(whole, streamed=False)
            session.feed(whole.text)
            session.flush()

    def _session(self) -> Session:
        """Of the text that is being written. Raises `BadRequest` without one."""
        if not self._writing or self._answer is None:
            raise BadRequest("this text has no beginning: synthesize-start comes first")
        return self._answer.session

    async def _open(self, asked: StartData, streamed: bool) -> Session:
        """Begin an answer, after the one before it. Raises what `Desk.converse` raises."""
        if self._writing:
            raise BadRequest("a text is being written: synthesize-stop ends it")
        if asked.text_format not in (None, "text"):
            raise BadRequest(f"text_format {asked.text_format!r} is not spoken here; send plain text")
        if self._answer is not None:
            await self._answer.over.wait()
            await self._answer.session.close()
        voice = asked.voice or VoiceData()
        model, name = behind(voice.name or "", self._gateway.catalog, self._gateway.config())
        language = "" if voice.name else voice.language or ""
        speech = Speech(text="", model=model, voice=name, lang=language, format="", priority="interactive")
        answer = _Answer(self, self._gateway.engine(model).sample_rate or _USUAL_RATE, streamed)
        answer.session = await self._gateway.desk.converse(speech, answer)
        self._answer = answer
        return answer.session

    # What goes

    @property
    def writable(self) -> bool:
        return super().writable and not self._ended

    def send(self, event: Eventable) -> None:
        if not self._ended:
            frame = io.BytesIO()
            write_event(event.event(), frame)
            self._write(frame.getvalue())

    # Ends

    def fail(self, error: VoxError) -> None:
        """The last that the client hears."""
        self.send(Error(error.message, error.code))
        self._end()

    def answered(self) -> None:
        if self.server.draining:
            self._end()

    def _end(self) -> None:
        """Say nothing more, and wait for the client to notice: what it still sends must be taken, lest
        what it was told last gets lost."""
        if not self._ended:
            self._ended = True
            self._transport.resume_reading()
            with suppress(OSError):  # it was reset, which asyncio is about to notice
                self._transport.write_eof()
            self._leave()
            self.settle()

    def _leave(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    def retire(self) -> None:
        if self._answer is None or self._answer.over.is_set():
            self._end()

    def break_off(self) -> None:
        self.fail(Unavailable("the daemon is stopping"))

    # The deadline

    def _find_phase(self) -> Phase:
        if self._paused or (self._ended and self._transport.get_write_buffer_size()):
            return Phase.WRITE
        if self._ended:
            return Phase.LINGER
        return Phase.BODY if self._news is not None and self._inbox.partial else Phase.BUSY

    def _expire(self) -> None:
        if self._phase is Phase.BODY:
            self.fail(BadRequest("the rest of an event did not come in time"))
        else:
            self.abort()


class _Answer(Listener):
    """One sound, in events; the `Listener` of its session."""

    session: Session

    def __init__(self, line: WyomingLine, rate: int, streamed: bool) -> None:
        """`streamed`: the text is, too."""
        self._line, self._rate, self._streamed = line, rate, streamed
        self._held = b""
        self._started = False
        self.over = asyncio.Event()

    @property
    def writable(self) -> bool:
        return self._line.writable

    def begin(self, part: Part, rate: int) -> None:
        self._rate = rate

    def audio(self, data: bytes) -> None:
        data = self._held + data
        least, most = (int(self._rate * seconds) * 2 for seconds in (_LEAST, _MOST))
        at, end = 0, len(data) - len(data) % 2
        while end - at >= least:
            self._send_chunk(data[at : min(at + most, end)])
            at = min(at + most, end)
        self._held = data[at:]

    def _send_chunk(self, sound: bytes) -> None:
        self._start()
        self._line.send(AudioChunk(self._rate, 2, 1, sound))

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._line.send(AudioStart(self._rate, 2, 1))

    def end(self, part: Part, spoken: str, ms: float) -> None:
        if self._held:  # the next segment may take its time
            self._send_chunk(self._held)
            self._held = b""

    def flushed(self, totals: Totals) -> None:
        self._start()
        self._line.send(AudioStop())
        if self._streamed:
            self._line.send(SynthesizeStopped())
        self.over.set()
        self._line.answered()

    def failed(self, error: VoxError) -> None:
        self.over.set()
        self._line.fail(error)

    def loading(self, share: float) -> None:
        """The protocol has no word for it, and Home Assistant waits."""
