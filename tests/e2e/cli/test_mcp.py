"""`vox mcp`, by the client of the official SDK, and `vox stop`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio import to_thread
from mcp import ClientSession, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, InitializeResult, TextContent

from tests.harness import DEADLINE, Daemon, Start, eventually
from vox import __version__
from vox.client.commands import mcp
from vox.client.mcp_server import Speak

VOX = ["-W", "error", "-c", "from vox.client.cli import main; raise SystemExit(main())"]
ROOT = Path(__file__).parents[3]
LONG = "abcdefghij" * 300
"""A minute of tones: longer than anybody waits here."""
CLIENT = {"name": "test", "version": "1"}
INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": CLIENT}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """For real daemons, unlike that of the other tests here; their sound goes nowhere, in real time."""
    for name in [name for name in os.environ if name.startswith(("VOX_", "XDG_"))]:
        monkeypatch.delenv(name)
    place = tmp_path / "home"
    for name, value in (("HOME", str(place)), ("PORT", "0"), ("SOUND_SYSTEM", "null"), ("CACHE", "false")):
        monkeypatch.setenv(f"VOX_{name}", value)
    return place


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start()


def converse(scenario: Callable[[ClientSession], Awaitable[None]], **environment: str) -> None:
    """Run `scenario` with a server of its own; an empty environment but for vox's own, as clients give."""
    given = {name: value for name, value in os.environ.items() if name.startswith("VOX_")} | environment
    parameters = StdioServerParameters(command=sys.executable, args=[*VOX, "mcp"], env=given)

    async def run() -> None:
        async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
            await session.initialize()
            await scenario(session)

    anyio.run(run)


def text_of(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


async def said(session: ClientSession, tool: str, **arguments: Any) -> str:
    result = await session.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return text_of(result)


async def refused(session: ClientSession, tool: str, **arguments: Any) -> str:
    result = await session.call_tool(tool, arguments)
    assert result.is_error
    return text_of(result)


def playing(daemon: Daemon) -> int:
    return int(daemon.workers().get("player", {}).get("running", 0))


async def until_playing(daemon: Daemon) -> None:
    await to_thread.run_sync(eventually, lambda: playing(daemon) == 1, "the first sound")


async def until_silent(daemon: Daemon) -> None:
    await to_thread.run_sync(eventually, lambda: not playing(daemon), "the silence")


def is_gone(pid: int) -> bool:
    """Not even a zombie is left of the process."""
    return not Path(f"/proc/{pid}").exists()


def vox(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *VOX, *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False, **options)


class Raw:
    """`vox mcp` by hand, for what the SDK's client never does."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, *VOX, "mcp"], stdin=pipe, stdout=pipe, stderr=pipe)

    def send(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> None:
        assert self.process.stdin is not None
        message = {"jsonrpc": "2.0", "method": method, "params": params or {}, **more}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def initialize(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        self.send("initialize", INITIALIZE, id=1)
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.send("notifications/initialized")
        return answer

    def end(self) -> tuple[int, bytes, bytes]:
        """Close its input; its exit code, and what else it said."""
        out, err = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, out, err


@pytest.fixture
def raw(home: Path) -> Iterator[Raw]:
    server = Raw()
    with server.process:
        yield server
        server.process.kill()


def test_an_agent_is_told_what_there_is(home: Path) -> None:
    async def scenario(session: ClientSession) -> None:
        told = session.initialize_result
        assert isinstance(told, InitializeResult)
        assert (told.server_info.name, told.server_info.version) == ("vox", __version__)
        assert "plain sentences" in (told.instructions or "")
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert list(tools) == ["speak", "voices", "stop"]
        schema = tools["speak"].input_schema
        types = {name: field["type"] for name, field in schema["properties"].items()}
        words = dict.fromkeys(("text", "voice", "engine", "language"), "string")
        assert types == words | {"speed": "number", "interrupt": "boolean", "wait": "boolean"}
        assert all(field["description"] for field in schema["properties"].values())
        assert (schema["type"], schema["required"]) == ("object", ["text"])
        assert tools["stop"].input_schema["properties"] == {}
        assert all(tool.input_schema["additionalProperties"] is False for tool in tools.values())
        assert all(tool.description and tool.annotations for tool in tools.values())

    converse(scenario)
    assert not (home / "run").exists(), "a daemon was started for nothing"


def test_speech_is_waited_for_on_demand(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        assert await said(session, "speak", text="abcdefghij" * 5, engine="tone", wait=True) == (
            "spoken by tone, 1.0 s"
        )
        faster = {"engine": "tone", "speed": "2", "voice": "tone-300", "language": None}
        assert await said(session, "speak", text="abcdefghij" * 5, wait=True, **faster) == (
            "spoken by tone, 0.5 s"
        )

    converse(scenario)


def test_an_agent_goes_on_while_it_speaks_until_it_is_stopped(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        assert await said(session, "speak", text=LONG, engine="tone") == "queued"
        assert await said(session, "speak", text=LONG, engine="tone") == "queued"
        await until_playing(daemon)
        urgent = {"text": "abcde", "engine": "tone", "interrupt": True, "wait": True}
        assert await said(session, "speak", **urgent) == "spoken by tone, 0.1 s"
        assert await said(session, "speak", text=LONG, engine="tone") == "queued"
        await until_playing(daemon)
        assert await said(session, "stop") == "stopped"
        await until_silent(daemon)
        assert await said(session, "stop") == "nothing was playing"

    converse(scenario)


def test_who_waits_is_told_of_an_interruption(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        heard: list[str] = []

        async def speak() -> None:
            heard.append(await said(session, "speak", text=LONG, engine="tone", wait=True))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(speak)
            await until_playing(daemon)
            assert daemon.http.post("/playback/stop", json={}).json() == {"status": "stopped"}
        assert heard == ["interrupted"]
        assert daemon.http.post("/playback/stop", json={}).json() == {"status": "idle"}

    converse(scenario)


def test_many_that_wait_hinder_nobody(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        heard: list[str] = []

        async def speak() -> None:
            heard.append(await said(session, "speak", text=LONG, engine="tone", wait=True))

        with anyio.fail_after(DEADLINE):
            async with anyio.create_task_group() as tasks:
                for _ in range(50):  # more than the SDK's own pool of threads has
                    tasks.start_soon(speak)
                await until_playing(daemon)
                while len(heard) < 50:
                    await said(session, "stop")
        assert set(heard) == {"interrupted"}

    converse(scenario)


def test_voices_are_grouped_by_engine_and_language(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        result = await session.call_tool("voices", {"engine": "kokoro"})
        voices = result.structured_content["voices"]
        assert list(voices) == ["kokoro"]
        assert "af_bella" in voices["kokoro"]["en-us"] and "bf_emma" in voices["kokoro"]["en-gb"]
        lines = text_of(result).splitlines()
        assert lines[0] == "kokoro:"
        assert any(re.match(r"  en-us: .*\baf_bella\b", line) for line in lines)
        everybody = (await session.call_tool("voices", {})).structured_content["voices"]
        assert "de" in everybody["espeak"]

    converse(scenario)


def test_an_error_is_a_sentence_and_the_server_goes_on(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        speak = partial(refused, session, "speak", wait=True)
        unknown = await speak(text="abc", engine="tone", voice="tone-201x")
        assert unknown.startswith("unknown tone voice 'tone-201x'; did you mean tone-20")
        assert (await speak(text="abc", engine="nonsense")).startswith("unknown engine 'nonsense'")
        assert "speed 9 is outside 0.25 to 4" in await speak(text="abc", engine="tone", speed=9)
        assert await speak(text=3) == "text: expected `str`, got `int`"
        assert await speak() == "object missing required field `text`"
        assert await speak(text="abc", pitch=2) == "object contains unknown field `pitch`"
        assert "nothing to say" in await speak(text="?!", engine="tone")
        assert (await refused(session, "voices", engine="x")).startswith("unknown engine 'x'")
        with pytest.raises(MCPError, match="unknown tool 'sing'; known: speak, voices, stop"):
            await session.call_tool("sing", {})
        assert await said(session, "speak", text="abc", engine="tone", wait=True)

    converse(scenario)


def test_an_unexpected_failure_is_a_sentence_too(home: Path) -> None:
    home.mkdir()
    (home / "run").write_text("in the way of the socket's directory")

    async def scenario(session: ClientSession) -> None:
        assert await refused(session, "speak", text="abc") == f"File exists: '{home / 'run'}'"

    converse(scenario)


def test_a_call_that_is_cancelled_falls_silent(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(said, session, "speak", text=LONG, engine="tone", wait=True))
            await until_playing(daemon)
            tasks.cancel_scope.cancel()
        await until_silent(daemon)
        assert await said(session, "speak", text="abcde", engine="tone", wait=True)

    converse(scenario)


def test_a_client_that_leaves_stops_what_it_waits_for(daemon: Daemon, raw: Raw) -> None:
    raw.initialize()
    arguments = {"text": LONG, "engine": "tone", "wait": True}
    raw.send("tools/call", {"name": "speak", "arguments": arguments}, id=2)
    eventually(lambda: playing(daemon) == 1, "the first sound")
    code, _, err = raw.end()
    assert (code, err) == (0, b"")
    eventually(lambda: playing(daemon) == 0, "the silence")


def test_what_is_no_message_is_passed_over_and_the_end_of_the_input_is_the_end(raw: Raw) -> None:
    assert raw.process.stdin is not None
    raw.process.stdin.write(b"not json\n\n\xff\xfe\n[]\n")
    assert raw.initialize()["result"]["capabilities"]["tools"] == {"listChanged": False}
    assert raw.end() == (0, b"", b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_at_once_and_quietly(raw: Raw, number: signal.Signals) -> None:
    raw.initialize()
    raw.process.send_signal(number)
    assert raw.process.wait(DEADLINE) == -number
    assert raw.end() == (-number, b"", b"")


def test_a_client_that_reads_no_more_is_no_news(raw: Raw) -> None:
    raw.initialize()
    assert raw.process.stdout is not None
    raw.process.stdout.close()
    raw.send("ping", id=2)
    assert raw.process.stdin is not None and raw.process.stderr is not None
    raw.process.stdin.close()
    assert raw.process.wait(DEADLINE) == 1
    assert raw.process.stderr.read() == b""


def test_it_starts_the_daemon_when_there_is_something_to_say_and_starts_it_again(home: Path) -> None:
    socket = home / "run" / "vox.sock"

    async def scenario(session: ClientSession) -> None:
        assert await said(session, "stop") == "nothing was playing"
        assert not socket.exists()
        for _ in range(2):
            assert await said(session, "speak", text="abcde", engine="tone", wait=True)
            transport = httpx.AsyncHTTPTransport(uds=str(socket))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
                pid = (await http.get("/health")).json()["pid"]
                await http.post("/stop", json={})
            await to_thread.run_sync(eventually, partial(is_gone, pid), "the end of the daemon")

    converse(scenario)


def test_the_environment_says_who_speaks_unless_the_agent_does(daemon: Daemon) -> None:
    async def scenario(session: ClientSession) -> None:
        assert await said(session, "speak", text="abcdefghij", wait=True) == "spoken by tone, 0.1 s"
        speak = partial(session.call_tool, "speak")
        wrong = await speak({"text": "abc", "engine": "espeak", "voice": "tone-300", "wait": True})
        assert wrong.is_error
        other = await speak({"text": "abc", "engine": "espeak", "wait": True})
        assert text_of(other).startswith("spoken by espeak, ")

    converse(scenario, VOX_ENGINE="tone", VOX_VOICE="tone-300", VOX_SPEED="2")


def test_a_bare_environment_leads_to_the_daemon_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    usual = f"/run/user/{os.getuid()}"
    monkeypatch.setattr("os.path.isdir", lambda path: path != usual)
    mcp._find_the_daemon()
    assert "XDG_RUNTIME_DIR" not in os.environ
    monkeypatch.setattr("os.path.isdir", lambda path: path == usual)
    mcp._find_the_daemon()
    assert os.environ["XDG_RUNTIME_DIR"] == usual
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/elsewhere")
    mcp._find_the_daemon()
    assert os.environ["XDG_RUNTIME_DIR"] == "/elsewhere"


@pytest.mark.parametrize("missing", ["anyio", "mcp", "mcp_types"])
def test_without_the_sdk_it_says_what_to_install(home: Path, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; {VOX[-1]}"
    done = subprocess.run(
        [sys.executable, "-c", code, "mcp"], capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"vox: vox mcp needs the MCP SDK \(.*\); install it with: pip install 'vox-daemon\[mcp\]'\n",
        done.stderr,
    )


def test_the_help_names_it(home: Path) -> None:
    assert "  mcp      " in vox("--help").stdout
    assert "MCP server" in vox("mcp", "--help").stdout
    assert vox("mcp", "now").returncode == 2


def test_the_examples_of_the_guide_are_right() -> None:
    guide = (ROOT / "docs" / "guides" / "mcp.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    most_clients, vscode, asked, *answers = map(json.loads, blocks)
    for servers in (most_clients["mcpServers"], vscode["servers"]):
        assert (servers["vox"]["command"], servers["vox"]["args"]) == ("vox", ["mcp"])
    assert set(asked["arguments"]) <= set(Speak.__struct_fields__)
    assert all(CallToolResult.model_validate(answer).content for answer in answers)


def test_vox_stop_stops_what_is_playing(start: Start, home: Path) -> None:
    assert vox("stop").stdout == "nothing is playing\n"
    assert not (home / "run").exists()
    daemon = start()
    assert daemon.http.post("/speak", json={"text": LONG, "backend": "tone", "wait": False}).is_success
    eventually(lambda: playing(daemon) == 1, "the first sound")
    stopped = vox("stop")
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (0, "", "")
    eventually(lambda: playing(daemon) == 0, "the silence")
    assert vox("stop").stdout == "nothing is playing\n"
