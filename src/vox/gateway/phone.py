"""The phone line: frames of 20 ms, and Twilio's Media Streams messages made of them.

The messages are those of https://www.twilio.com/docs/voice/media-streams/websocket-messages: `media` carries
mu-law at 8 kHz in base64, a `mark` comes back when all before it was heard, `clear` empties Twilio's buffer.
"""

from __future__ import annotations

from binascii import b2a_base64  # what base64 is made of, without its imports
from collections.abc import Callable

import msgspec

from vox.errors import VoxError
from vox.gateway.session import Listener, Part, Totals

FRAME = 160
"""Bytes: 20 ms at 8 kHz."""
SILENCE = {"ulaw": b"\xff", "alaw": b"\xd5"}
"""What a frame is filled up with."""


class Frames:
    """Cuts sound into frames of the same size."""

    def __init__(self, silence: bytes = SILENCE["ulaw"], size: int = FRAME) -> None:
        self._silence, self._size = silence, size
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are full now."""
        data = self._rest + data
        end = len(data) - len(data) % self._size
        self._rest = data[end:]
        return [data[at : at + self._size] for at in range(0, end, self._size)]

    def rest(self) -> bytes:
        """What is left: less than a frame."""
        rest, self._rest = self._rest, b""
        return rest

    def finish(self) -> list[bytes]:
        """The last frame, filled up with silence; none where nothing is left."""
        rest = self.rest()
        return [rest.ljust(self._size, self._silence)] if rest else []


def base64(data: bytes) -> bytes:
    return b2a_base64(data, newline=False)


class Twilio:
    """Writes Twilio's messages. `send` takes one, as UTF-8 JSON."""

    def __init__(self, stream: str, send: Callable[[bytes], None]) -> None:
        """`stream` is Twilio's streamSid."""
        self._send, self._stream = send, stream
        sid = msgspec.json.encode(stream)
        self._media = b'{"event":"media","streamSid":' + sid + b',"media":{"payload":"'
        self._frames = Frames()
        self._marks = 0

    def audio(self, data: bytes) -> None:
        """Mu-law at 8 kHz."""
        for frame in self._frames.feed(data):
            self._send(self._media + base64(frame) + b'"}}')

    def rest(self) -> None:
        """The sound may pause here. What is left of a frame goes as it is: Twilio takes any length, and to
        fill it up would make a hole in a sound that goes on."""
        if rest := self._frames.rest():
            self._send(self._media + base64(rest) + b'"}}')

    def mark(self, name: str = "") -> str:
        """A mark, by default numbered; returns its name."""
        if not name:
            self._marks += 1
            name = f"part-{self._marks}"
        self._send(msgspec.json.encode({"event": "mark", "streamSid": self._stream, "mark": {"name": name}}))
        return name

    def clear(self) -> None:
        self._frames = Frames()
        self._send(msgspec.json.encode({"event": "clear", "streamSid": self._stream}))


class OnTwilio(Listener):
    """A `Listener` that puts the sound in Twilio's messages, with a mark after each segment, and leaves all
    else to another one."""

    def __init__(self, line: Twilio, other: Listener) -> None:
        self._line, self._other = line, other

    @property
    def writable(self) -> bool:
        return self._other.writable

    def begin(self, part: Part, rate: int) -> None:
        self._other.begin(part, rate)

    def audio(self, data: bytes) -> None:
        self._line.audio(data)

    def end(self, part: Part, spoken: str, ms: float) -> None:
        self._line.rest()
        self._line.mark()
        self._other.end(part, spoken, ms)

    def flushed(self, totals: Totals) -> None:
        self._other.flushed(totals)

    def failed(self, error: VoxError) -> None:
        self._line.rest()
        self._other.failed(error)

    def loading(self, share: float) -> None:
        self._other.loading(share)
