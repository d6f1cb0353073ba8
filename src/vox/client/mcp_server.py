"""The tools of `vox mcp`, each a request to the daemon. Only that verb loads the SDK: 0.4 s and 50 MB."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
from _socket import SHUT_RDWR, socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

import anyio
import mcp_types as types
import msgspec
from anyio import to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from msgspec import Meta

from vox import __version__, paths
from vox.client import autostart, door, http11
from vox.client.arguments import Arguments
from vox.client.report import in_a_sentence
from vox.errors import unknown

_INSTRUCTIONS = (
    "Speaks aloud on the machine of the person you work with. "
    "Say short, plain sentences: no markdown, no code, no paths."
)


class Speak(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(description="What to say, as plain prose.", min_length=1)]
    voice: Annotated[str, Meta(description="A voice that `voices` lists. Default: the user's own.")] = ""
    engine: Annotated[str, Meta(description="ENGINE or ENGINE/MODEL. Default: the user's own.")] = ""
    speed: Annotated[float, Meta(description="0.25 to 4; 1 is normal.")] | msgspec.UnsetType = msgspec.UNSET
    language: Annotated[str, Meta(description="Such as en-gb or zh. Default: that of text or voice.")] = ""
    interrupt: Annotated[bool, Meta(description="Stop what is playing or queued, and say this now.")] = False
    wait: Annotated[bool, Meta(description="Return when it was heard, not as soon as it is queued.")] = False


class Voices(msgspec.Struct, forbid_unknown_fields=True):
    engine: Annotated[str, Meta(description="ENGINE or ENGINE/MODEL. Default: all engines.")] = ""


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Listed(msgspec.Struct):
    """What `voices` answers."""

    voices: Annotated[dict[str, dict[str, list[str]]], Meta(description="Voices by engine, by language.")]


class Tool(NamedTuple):
    name: str
    about: str
    takes: type[msgspec.Struct]
    call: Callable[[Any], Awaitable[types.CallToolResult]]
    hints: types.ToolAnnotations
    gives: type[msgspec.Struct] | None = None


class Tools:
    """What an agent can do here. `defaults` is what the environment says of engine, voice and the like."""

    def __init__(self, defaults: Arguments) -> None:
        self._defaults = defaults
        hints = types.ToolAnnotations
        does = hints(read_only_hint=False, destructive_hint=False, open_world_hint=False)
        looks = hints(read_only_hint=True, open_world_hint=False)
        tools = (
            Tool("speak", "Say a text aloud. Speeches are heard one after another.", Speak, self.speak, does),
            Tool("voices", "List the voices that can speak.", Voices, self.voices, looks, Listed),
            Tool("stop", "Stop what is playing, and forget what is queued.", Stop, self.stop, does),
        )
        self._tools = {tool.name: tool for tool in tools}

    async def list_tools(self, context: object, params: object) -> types.ListToolsResult:
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=tool.name,
                    description=tool.about,
                    input_schema=_schema(tool.takes),
                    output_schema=_schema(tool.gives) if tool.gives else None,
                    annotations=tool.hints,
                )
                for tool in self._tools.values()
            ]
        )

    async def call_tool(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """The tool's answer, or vox's own sentence on what is wrong. Raises `MCPError` for another tool."""
        tool = self._tools.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, unknown("tool", params.name, list(self._tools)))
        given = {name: value for name, value in (params.arguments or {}).items() if value is not None}
        try:
            return await tool.call(msgspec.convert(given, tool.takes, strict=False))
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            field = f"{where.rstrip('`')}: " if where else ""
            return _said(f"{field}{what[:1].lower()}{what[1:]}", is_error=True)
        except Exception as error:  # noqa: BLE001  told in a sentence, and the server goes on
            return _said(in_a_sentence(error).message, is_error=True)

    async def speak(self, given: Speak) -> types.CallToolResult:
        defaults = self._defaults
        usual = float(defaults.speed) if defaults.speed else None
        body = {
            "text": given.text,
            "backend": given.engine or defaults.backend,
            "voice": given.voice or ("" if given.engine else defaults.voice),
            "lang": given.language or defaults.lang,
            "speed": usual if given.speed is msgspec.UNSET else given.speed,
            "interrupt": given.interrupt,
            "wait": given.wait,
        }
        figures = await _ask("POST", "/speak", json.dumps(body).encode())
        if figures["status"] != "played":
            return _said(str(figures["status"]))
        return _said(f"spoken by {figures['engine']}, {figures['played_ms'] / 1000:.1f} s")

    async def voices(self, given: Voices) -> types.CallToolResult:
        query = f"?model={quote(given.engine, safe='')}" if given.engine else ""
        listed: dict[str, dict[str, list[str]]] = {}
        for voice in (await _ask("GET", f"/v1/audio/voices{query}"))["voices"]:
            of_engine = listed.setdefault(voice["model"] or "your own", {})
            of_engine.setdefault(voice["language"] or "any language", []).append(voice["id"])
        lines = []
        for engine, languages in listed.items():
            lines.append(f"{engine}:")
            lines += [f"  {language}: {', '.join(names)}" for language, names in languages.items()]
        return _said("\n".join(lines) or "there are no voices", {"voices": listed})

    async def stop(self, given: Stop) -> types.CallToolResult:
        answer = await to_thread.run_sync(door.ask_daemon, "POST", "/playback/stop")
        return _said("stopped" if answer and answer["status"] == "stopped" else "nothing was playing")


def serve(defaults: Arguments) -> int:
    """Serve the client on the standard streams until it leaves; the exit code."""
    code = 0
    try:
        anyio.run(_serve, Tools(defaults))
    except* BrokenPipeError:
        code = 1  # nobody reads any more
    return code


async def _serve(tools: Tools) -> None:
    server: Server[Any] = Server(
        "vox",
        version=__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=tools.list_tools,
        on_call_tool=tools.call_tool,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, _reap)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _reap() -> None:
    """A daemon that we started may leave before we do."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _schema(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """A JSON Schema whose root is the object itself, as the protocol wants it."""
    _, components = msgspec.json.schema_components([shape])
    schema: dict[str, Any] = components[shape.__name__]
    return schema


def _said(
    text: str, structured: dict[str, Any] | None = None, *, is_error: bool = False
) -> types.CallToolResult:
    content: list[types.ContentBlock] = [types.TextContent(text=text)]
    return types.CallToolResult(content=content, structured_content=structured, is_error=is_error)


# The daemon

_threads = anyio.CapacityLimiter(math.inf)
"""Of their own: speeches that are waited for must not keep the standard input from being read."""


async def _ask(method: str, path: str, body: bytes = b"") -> dict[str, Any]:
    """The daemon's JSON answer; it is started if need be. Cancelled, it hangs up. Raises `VoxError`."""
    call = _Call()
    try:
        return await to_thread.run_sync(
            call.run, method, path, body, abandon_on_cancel=True, limiter=_threads
        )
    finally:
        call.hang_up()


class _Call:
    """One request, in a thread of its own."""

    def __init__(self) -> None:
        self._sock: socket | None = None
        self._left = False

    def run(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        try:
            return self._exchange(http11.connect(paths.socket_path()), method, path, body)
        except ConnectionResetError:  # it was leaving, and never read the request
            return self._exchange(None, method, path, body)

    def hang_up(self) -> None:
        """From another thread: what is not answered by now is cancelled."""
        self._left = True
        if self._sock is not None:
            with suppress(OSError):  # closed already
                self._sock.shutdown(SHUT_RDWR)

    def _exchange(self, sock: socket | None, method: str, path: str, body: bytes) -> dict[str, Any]:
        self._sock = sock = sock or autostart.connect_or_start()
        try:
            if self._left:
                raise http11.broken_off()
            answer = http11.exchange(sock, method, path, body)
            answer.check()
            return answer.json()
        finally:
            sock.close()
