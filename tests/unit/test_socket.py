"""The portable WebSocket, on a server that is not there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from vox.gateway.sink import HIGH_WATER
from vox.gateway.socket import AsgiSocket, Left, split_credential

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Message


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_handler_whose_client_left_in_mid_send_is_cancelled() -> None:
    async def send(message: Message) -> None:
        raise ConnectionResetError

    async def work() -> None:
        socket = AsgiSocket(never, send)
        socket.send_text(b"a")
        with pytest.raises(asyncio.CancelledError):
            await asyncio.Event().wait()
        assert not socket.writable
        socket.send_text(b"b")
        with pytest.raises(Left):
            await socket.receive()
        await socket.finished()

    asyncio.run(work())


def test_messages_leave_in_order_and_the_farewell_last() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def work() -> None:
        socket = AsgiSocket(never, send)
        calls: list[int] = []
        socket.on_writable = lambda: calls.append(len(sent))
        socket.send_text("ü".encode())
        socket.send_bytes(bytes(HIGH_WATER))
        socket.send_bytes(b"last")
        assert not socket.writable
        socket.close(4000, "ü" * 100)
        socket.close()
        socket.send_text(b"never")
        await socket.finished()
        assert not calls, "there is nothing to write to after the end"

    asyncio.run(work())
    kinds = ("websocket.send", "websocket.send", "websocket.send", "websocket.close")
    assert tuple(message["type"] for message in sent) == kinds
    assert sent[0]["text"] == "ü"
    assert (sent[3]["code"], sent[3]["reason"]) == (4000, "ü" * 61)


def test_it_is_writable_again_when_enough_was_taken() -> None:
    async def work() -> None:
        taken = asyncio.Semaphore(0)

        async def send(message: Message) -> None:
            await taken.acquire()

        socket = AsgiSocket(never, send)
        again = asyncio.Event()
        socket.on_writable = again.set
        for _ in range(3):
            socket.send_bytes(bytes(HIGH_WATER // 2))
        before = socket.writable
        taken.release()
        await asyncio.sleep(0.01)
        assert not again.is_set()
        taken.release()
        await again.wait()
        assert (before, socket.writable) == (False, True)
        taken.release()
        socket.close()
        taken.release()
        await socket.finished()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("offered", "found"),
    [
        ([], (None, "", [])),
        (["a", "b"], (None, "", ["a", "b"])),
        (["token"], (None, "", ["token"])),
        (["token", "KEY"], ("token", "KEY", [])),
        (["Bearer", "KEY", "a"], ("Bearer", "KEY", ["a"])),
    ],
)
def test_a_key_among_subprotocols(offered: list[str], found: tuple[str | None, str, list[str]]) -> None:
    assert split_credential({"subprotocols": offered}) == found
