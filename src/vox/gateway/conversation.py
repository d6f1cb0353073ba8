"""One WebSocket and the sessions on it: what the surfaces that hold conversations share."""

from __future__ import annotations

from types import TracebackType
from typing import Any, get_args

import msgspec
from msgspec.structs import replace

from vox.errors import BadRequest
from vox.gateway.core import Gateway
from vox.gateway.http import decode
from vox.gateway.phone import OnTwilio, Twilio
from vox.gateway.session import Listener, Session
from vox.gateway.socket import Socket, Upgrade
from vox.gateway.speech import Speech


class Conversation:
    """Use as an asynchronous context manager: whoever leaves it stops all that is spoken."""

    def __init__(self, gateway: Gateway, socket: Socket, stream: str = "") -> None:
        """`stream` is the name of the Twilio stream in whose messages the sound goes, if it does."""
        self.socket = socket
        self.twilio = Twilio(stream, socket.send_text) if stream else None
        self._desk = gateway.desk
        self._sessions: set[Session] = set()
        socket.on_writable = self._resume
        socket.busy = self._busy

    @classmethod
    async def accept(cls, gateway: Gateway, upgrade: Upgrade, subprotocol: str | None = None) -> Conversation:
        """Answer the handshake. Any conversation may ask for Twilio's messages in place of its own, by
        `?output=twilio&streamSid=MZ…`. Raises `BadRequest` for another output, `Left`."""
        stream = _stream(upgrade)
        return cls(gateway, await upgrade.accept(subprotocol), stream)

    async def __aenter__(self) -> Conversation:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions:
            session.clear()
        for session in list(self._sessions):
            await session.close()

    @property
    def writable(self) -> bool:
        return self.socket.writable

    def send(self, message: Any) -> None:
        """As JSON."""
        self.socket.send_text(msgspec.json.encode(message))

    async def open(self, speech: Speech, listener: Listener) -> Session:
        """A session (a context) of its own. Raises what `Desk.converse` raises."""
        if self.twilio is not None:
            listener = OnTwilio(self.twilio, listener)
        session = await self._desk.converse(self._carried(speech), listener)
        self._sessions.add(session)
        return session

    async def change(self, session: Session, speech: Speech) -> None:
        """Have `session` speak so from its next passage on. Raises as `open` does."""
        await self._desk.change(session, self._carried(speech))

    def _carried(self, speech: Speech) -> Speech:
        """In the form that is sent."""
        return speech if self.twilio is None else replace(speech, format="ulaw", sample_rate=None)

    def clear(self, session: Session) -> None:
        """Stop it, and what Twilio has of it."""
        session.clear()
        if self.twilio is not None:
            self.twilio.clear()

    async def drop(self, session: Session) -> None:
        """End one context."""
        self._sessions.discard(session)
        await session.close()

    def forget(self, session: Session) -> None:
        """The same, and don't wait. Not within a method of its listener: use `call_soon`."""
        self._sessions.discard(session)
        session.clear()

    def _resume(self) -> None:
        for session in self._sessions:
            session.resume()

    def _busy(self) -> bool:
        return any(session.busy for session in self._sessions)


def _stream(upgrade: Upgrade) -> str:
    wanted, stream = upgrade.query("output"), upgrade.query("streamSid")
    if wanted not in ("", "twilio"):
        raise BadRequest(f"unknown output {wanted[:40]!r}; known: twilio", param="output")
    if wanted and not stream:
        raise BadRequest("output=twilio needs streamSid, the name of Twilio's stream", param="streamSid")
    return stream if wanted else ""


def read(message: str | bytes, shape: Any) -> Any:
    """A message as `shape`, which may be a union of tagged structs. Raises `BadRequest` that says what is
    wrong with it."""
    if isinstance(message, bytes):
        raise BadRequest("send text messages, with JSON in them; this one was binary")
    try:
        return decode(message.encode(errors="replace"), shape)
    except BadRequest as error:
        words = error.message.replace("the body", "the message", 1)
        if error.param == "type" and "invalid value" in words:
            known = [str(kind.__struct_config__.tag) for kind in get_args(shape)]
            words = f"unknown message; known types: {', '.join(known)}"
        raise BadRequest(words, code=error.code, param=error.param) from None
