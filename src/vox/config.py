"""Every option once: name, type, default and one line of help.

Order of precedence: a flag or a request's own field, then the environment (`VOX_<KEY>`), then
`config.toml`, then the default below. The reference page and `vox config list` are made from this file.
"""

from __future__ import annotations

import os
import tomllib
from typing import Any, NamedTuple, get_type_hints

from vox import paths
from vox.errors import BadRequest, unknown
from vox.options import Option, Seconds, parse


class _Declared(NamedTuple):
    default: Any
    help: str
    among: tuple[str, ...]
    least: float | None
    most: float | None


def _option(
    default: Any,
    help: str,
    *,
    among: tuple[str, ...] = (),
    least: float | None = None,
    most: float | None = None,
) -> Any:
    return _Declared(default, help, among, least, most)


DEVICES = ("auto", "cpu", "cuda", "mps")

KNOBS = {
    option.key: option
    for option in (
        Option("exaggeration", float, 0.5, "how lively", (), 0.25, 2),
        Option("cfg_weight", float, 0.5, "how close to the voice's own pace", (), 0, 1),
        Option("chunk_size", int, 24, "length of a chunk, in tokens of 40 ms", (), 5, 1_000),
        Option("first_chunk_size", int, 24, "length of the first chunk, in tokens of 40 ms", (), 5, 1_000),
        Option("s3gen_steps", int, 5, "steps of the decoder: more take longer and sound better", (), 1, 100),
        Option("temperature", float, 0.5, "how free the model is in its choices", (), 0.05, 2),
    )
}
"""What a preset may set."""

_COLUMNS = ("exaggeration", "cfg_weight", "chunk_size", "s3gen_steps", "temperature")
PRESETS: dict[str, dict[str, float]] = {
    name: dict(zip(_COLUMNS, values, strict=True))
    for name, *values in (
        ("balanced", 0.5, 0.5, 24, 5, 0.5),
        ("expressive", 0.7, 0.3, 25, 7, 0.55),
        ("fast", 0.4, 0.5, 18, 5, 0.4),
        ("clone_fidelity", 0.3, 0.65, 30, 7, 0.4),
        ("realtime", 0.4, 0.4, 10, 4, 0.45),
        ("adaptive", 0.5, 0.5, 24, 5, 0.5),
    )
}
PRESETS["adaptive"]["first_chunk_size"] = 12
"""The presets that there are without a `presets` table; each knob of which goes over one of these."""


class Config:
    """The options as attributes. `Config()` has the defaults; `load()` reads file and environment."""

    # What to say it with
    engine: str = _option("espeak", "engine, or engine/model, that speaks when none is named")
    voice: str = _option("", "voice when none is named; empty: the engine's own default")
    lang: str = _option(
        "", "language when none is named and the script does not tell; empty: the voice's own"
    )
    speed: float = _option(1.0, "speaking rate, 0.25 to 4", least=0.25, most=4)
    device: str = _option("auto", "where models run: auto, cpu, cuda or mps", among=DEVICES)

    sound_system: str = _option(
        "", "what to play through: pulseaudio, alsa, jack, …, null; empty: what is there"
    )

    # The daemon
    daemon: bool = _option(False, "start the daemon at the first call to a heavy engine")
    light: list[str] = _option(
        ["espeak", "say", "kokoro"],
        "engines that never start a daemon: they use one that runs, else go one-shot",
    )
    idle_exit: Seconds = _option(
        Seconds(300), "an auto-started daemon leaves after this long with nothing to do", least=-1
    )
    keep_alive: Seconds = _option(
        Seconds(-2), "a worker leaves after this long unused; -2: what its engine says", least=-2
    )

    # The door
    host: str = _option("127.0.0.1", "address of the TCP listener; any but loopback needs an API key")
    port: int = _option(8869, "port of the TCP listener; 0 turns it off", least=0, most=65_535)
    api_keys: list[str] = _option([], "keys asked of every TCP caller, as Authorization: Bearer")
    public_discovery: str = _option(
        "loopback",
        "who may list models and voices without a key: loopback, always or never",
        among=("loopback", "always", "never"),
    )
    allowed_hosts: list[str] = _option([], "Host names accepted besides the loopback ones")
    allowed_origins: list[str] = _option([], "web origins that may call, exactly as browsers send them")

    wyoming_port: int = _option(
        0, "port for Home Assistant (Wyoming, usually 10200); 0 turns it off", least=0, most=65_535
    )
    wyoming_host: str = _option(
        "127.0.0.1", "address of that port; Wyoming has no keys: any but loopback is open to all who reach it"
    )

    # Limits
    max_text: int = _option(
        20_000, "characters of text in one request (OpenAI's own limit is 4,096)", least=1
    )
    max_body: int = _option(2 << 20, "bytes of a JSON body, which may have a recording in it", least=1_024)
    max_upload: int = _option(20 << 20, "bytes of a recording that is sent, with all around it", least=1_024)
    max_connections: int = _option(1_024, "open connections in all", least=1)
    max_sessions: int = _option(512, "open WebSockets, of those connections", least=1)
    max_message: int = _option(
        1 << 20, "bytes of one message on a WebSocket, which may have a recording in it", least=1_024
    )
    queue: int = _option(256, "requests that may wait or speak, per engine", least=1)
    queue_all: int = _option(512, "requests that may wait or speak, in all", least=1)
    queue_timeout: Seconds = _option(Seconds(120), "longest wait for a turn, loading included", least=-1)
    start_timeout: Seconds = _option(
        Seconds(30), "longest start of a worker process, before it loads", least=0.001
    )
    load_stall: Seconds = _option(
        Seconds(60), "a load without any progress for this long has failed", least=0.001
    )
    load_timeout: Seconds = _option(Seconds(900), "longest load, progress or not", least=0.001)
    speak_stall: Seconds = _option(
        Seconds(60), "an engine silent for this long in mid-segment has failed", least=0.001
    )
    cancel_timeout: Seconds = _option(
        Seconds(5), "an engine that ignores a cancel for this long is killed", least=0.001
    )
    drain_timeout: Seconds = _option(
        Seconds(30), "longest wait for running requests when the daemon stops", least=0
    )
    header_timeout: Seconds = _option(
        Seconds(10), "longest time for the head of a request to arrive", least=0.001
    )
    body_timeout: Seconds = _option(
        Seconds(30), "longest time for the body of a request to arrive", least=0.001
    )
    write_timeout: Seconds = _option(
        Seconds(30), "a listener that takes no byte for this long is cut off", least=0.001
    )

    # The cache
    cache: bool = _option(True, "keep what was spoken, for engines whose sound is repeatable")
    cache_mb: int = _option(512, "megabytes of audio kept", least=0)
    cache_days: int = _option(30, "days that audio is kept unused", least=0)

    # Voices
    voice_sources: list[str] = _option(
        [], "where recorded voices are looked up besides your own: directories, or https:// base addresses"
    )

    # Weights and environments
    hub: str = _option(
        "",
        "a mirror of the model hub, its address or its directory; empty: HF_ENDPOINT, else the hub itself",
    )
    url_mirror: str = _option(
        "", "a mirror, address or directory, of what models bring from elsewhere, as MIRROR/HOST/PATH"
    )
    torch_index: str = _option(
        "https://download.pytorch.org/whl/cpu",
        "package index with torch for the CPU alone, on Linux; empty: the usual index",
    )

    engines: dict[str, dict[str, str]] = _option({}, "settings of one engine: see below")
    aliases: dict[str, dict[str, str]] = _option(
        {}, "voice names of your own, per engine: aliases.ENGINE.NAME = VOICE"
    )
    presets: dict[str, dict[str, float]] = _option(
        PRESETS, "sets of engine options by name: presets.NAME.KNOB = NUMBER"
    )

    def __init__(self, **values: Any) -> None:
        for option in OPTIONS:
            setattr(self, option.key, values.pop(option.key, option.default))
        if values:
            raise TypeError(f"no such option: {', '.join(values)}")

    def keep_alive_or(self, own: float) -> float:
        """Seconds that a worker stays unused, whose own idea of it is `own`."""
        return own if self.keep_alive == -2.0 else float(self.keep_alive)

    def of_engine(self, name: str) -> dict[str, str]:
        """The `[engines.NAME]` table; keys are those of `ENGINE_OPTIONS`."""
        return self.engines.get(name, {})

    def alias(self, engine: str, name: str) -> str:
        """The voice that the user's own `name` means on an engine, in any case; or `name` itself."""
        mine = {key.lower(): value for key, value in self.aliases.get(engine, {}).items()}
        return mine.get(name.lower(), name)

    def preset(self, name: str) -> dict[str, float]:
        """The knobs of the preset `name`, in any case; none for "". Raises `BadRequest`."""
        if name and name.lower() not in self.presets:
            raise BadRequest(unknown("preset", name, list(self.presets)), param="preset")
        return self.presets.get(name.lower(), {})

    def options_of(self, name: str) -> dict[str, str]:
        """What `option.X` in the `[engines.NAME]` table passes on to the engine itself."""
        return self._below(name, "option.")

    def variables_of(self, name: str) -> dict[str, str]:
        """What `env.X` in the `[engines.NAME]` table sets in the environment of its worker."""
        return self._below(name, "env.")

    def _below(self, name: str, prefix: str) -> dict[str, str]:
        own = self.of_engine(name)
        return {key.removeprefix(prefix): own[key] for key in own if key.startswith(prefix)}


ENGINE_OPTIONS: dict[str, str] = {
    "model": "model when none is named",
    "directory": "directory with the model's files, instead of the pulled ones",
    "voice": "voice when none is named",
    "keep_alive": "a worker leaves after this long unused",
    "device": "auto, cpu, cuda or mps",
    "python": "interpreter to build its environment with",
    "text": "deltas or segments: how an engine that takes both gets the text of a conversation",
}
"""Keys of an `[engines.NAME]` table, besides those that begin as below."""
_PASSED_ON = {
    "option.": "passed on to the engine",
    "env.": "environment variable of its worker",
}


def _declared() -> tuple[Option, ...]:
    types = get_type_hints(Config)
    found = []
    for key, declared in list(vars(Config).items()):
        if isinstance(declared, _Declared):
            found.append(Option(key, types[key], *declared))
            delattr(Config, key)
    return tuple(found)


TABLES = ("engines", "aliases", "presets")
"""The options that are tables of tables: what `find` takes is one of their values."""
OPTIONS = _declared()
_BY_KEY = {option.key: option for option in OPTIONS}


def find(key: str) -> Option:
    """The option named `key`: `engines.NAME.KEY`, `aliases.ENGINE.NAME` and `presets.NAME.KNOB` are options
    of their own.

    Raises `BadRequest` that names the near matches."""
    head, _, rest = key.partition(".")
    if head == "aliases" and rest.count(".") == 1:
        return Option(key, str, "", "voice behind this name")
    if head == "engines" and rest.count(".") >= 1:
        name = rest.partition(".")[2]
        help = ENGINE_OPTIONS.get(name) or _PASSED_ON.get(name[: name.find(".") + 1])
        if help:
            kind = Seconds if name == "keep_alive" else str
            among = DEVICES if name == "device" else ()
            return Option(key, kind, "", help, among)
        raise BadRequest(unknown("engine setting", name, list(ENGINE_OPTIONS)), param=key)
    if head == "presets" and rest.count(".") == 1:
        name, _, knob = rest.partition(".")
        if knob not in KNOBS:
            raise BadRequest(unknown("knob of a preset", knob, list(KNOBS)), param=key)
        return KNOBS[knob]._replace(key=key, default=PRESETS.get(name, {}).get(knob, ""))
    if key in _BY_KEY and head not in TABLES:
        return _BY_KEY[key]
    raise BadRequest(unknown("setting", key, list(_BY_KEY)), param=key)


def _presets(own: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The presets that vox brings, and over them `own`, knob by knob. Raises `BadRequest`."""
    found = {name: dict(knobs) for name, knobs in PRESETS.items()}
    for name, table in own.items():
        knobs = {knob: parse(find(f"presets.{name}.{knob}"), value) for knob, value in table.items()}
        found[name.lower()] = found.get(name.lower(), {}) | knobs
    return found


def read_file(path: str | None = None) -> dict[str, Any]:
    """The configuration file as TOML gives it; empty when there is none. Raises `BadRequest` when broken."""
    path = path or paths.config_path()
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} can't be read: {error}") from None


def load(path: str | None = None) -> Config:
    """File, then environment. Raises `BadRequest` for an unknown key or a value of the wrong type."""
    path = path or paths.config_path()
    table = read_file(path)
    values: dict[str, Any] = {}
    try:
        for key in table:
            if key not in _BY_KEY:
                raise BadRequest(unknown("setting", key, list(_BY_KEY)), param=key)
        values = {key: parse(_BY_KEY[key], value) for key, value in table.items()}
        for engine, settings in values.get("engines", {}).items():
            for key, value in settings.items():
                parse(find(f"engines.{engine}.{key}"), value)
        values["presets"] = _presets(values.get("presets", {}))
    except BadRequest as error:
        raise BadRequest(f"{path}: {error}", param=error.param) from None
    for option in OPTIONS:
        if option.variable in os.environ:
            values[option.key] = _from_environment(option)
    return Config(**values)


def _from_environment(option: Option) -> Any:
    try:
        return parse(option, os.environ[option.variable])
    except BadRequest as error:
        raise BadRequest(f"{option.variable}: {error}", param=option.key) from None
