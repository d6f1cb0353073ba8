"""Every option once: name, type, default and one line of help.

Order of precedence: a flag or a request's own field, then the environment (`VOX_<KEY>`), then
`config.toml`, then the default below. The reference page and `vox config list` are made from this file.
"""

from __future__ import annotations

import os
import tomllib
from math import isnan
from typing import Any, NamedTuple, NewType, get_type_hints

from vox import paths
from vox.errors import BadRequest, unknown

Seconds = NewType("Seconds", float)
"""A duration. Written as a number of seconds, or "30m", "90s", "2h", "500ms"; "-1" is for ever."""

_WANTED: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Seconds: "a duration, such as 30 or '5m'",
    list[str]: "a list of words",
}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Option(NamedTuple):
    key: str
    type: Any
    default: Any
    help: str
    among: tuple[str, ...] = ()
    """The words that it may be; empty: any."""
    least: float | None = None
    most: float | None = None

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "VOX_" + self.key.upper()


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

    # Limits
    max_text: int = _option(
        20_000, "characters of text in one request (OpenAI's own limit is 4,096)", least=1
    )
    max_body: int = _option(2 << 20, "bytes of a JSON body, which may have a recording in it", least=1_024)
    max_upload: int = _option(20 << 20, "bytes of a recording that is sent, with all around it", least=1_024)
    max_connections: int = _option(1_024, "open connections in all", least=1)
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


OPTIONS = _declared()
_BY_KEY = {option.key: option for option in OPTIONS}


def find(key: str) -> Option:
    """The option named `key` (`engines.NAME.KEY` and `aliases.ENGINE.NAME` are strings of their own).

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
    if key in _BY_KEY and head not in ("engines", "aliases"):
        return _BY_KEY[key]
    raise BadRequest(unknown("setting", key, list(_BY_KEY)), param=key)


def seconds(text: str | float) -> float:
    """A duration in seconds from a number or "30m"; negative is for ever. Raises `ValueError`."""
    found = _seconds(text)
    if isnan(found):
        raise ValueError(f"{text!r} is not a duration")
    return found


def _seconds(text: str | float) -> float:
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a duration")
    word = text.strip().lower()
    for unit in ("ms", "s", "m", "h"):
        if word.endswith(unit):
            return float(word[: -len(unit)]) * _UNITS[unit]
    return float(word)


def parse(option: Option, value: Any) -> Any:
    """`value`, from TOML or from a string, as the option's type. Raises `BadRequest` when it is none, or
    outside what the option allows."""
    try:
        found = _convert(option.type, value)
    except (ValueError, TypeError):
        want = _WANTED.get(option.type, "a table")
        raise BadRequest(f"{option.key} = {value!r}: this setting is {want}", param=option.key) from None
    if option.among and found not in option.among:
        words = ", ".join(option.among)
        raise BadRequest(f"{option.key} = {value!r}: this setting is one of {words}", param=option.key)
    if (option.least is not None and found < option.least) or (
        option.most is not None and found > option.most
    ):
        limits = f"from {option.least:g}" if option.least is not None else ""
        limits += f" to {option.most:g}" if option.most is not None else ""
        raise BadRequest(f"{option.key} = {value!r}: this setting goes {limits.strip()}", param=option.key)
    return found


def _convert(kind: Any, value: Any) -> Any:
    if kind is Seconds:
        return seconds(value)
    if kind is bool:
        return _boolean(value)
    if kind is str and isinstance(value, str | int | float):
        return str(value)
    if kind in (int, float) and not isinstance(value, bool):
        return kind(value)
    if kind == list[str]:
        items = value.split(",") if isinstance(value, str) else value
        return [str(item).strip() for item in items if str(item).strip()]
    if isinstance(value, dict):
        return {name: _flat(table) for name, table in value.items()}
    raise TypeError


def _boolean(value: Any) -> bool:
    words = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    word = str(value).strip().lower()
    if word not in words:
        raise ValueError
    return words[word]


def _flat(table: Any, prefix: str = "") -> dict[str, str]:
    """{"option": {"x": 1}} as {"option.x": "1"}: tables below an engine's are its own business."""
    if not isinstance(table, dict):
        raise TypeError
    flat: dict[str, str] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return flat


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
