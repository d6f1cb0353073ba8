"""What an option is, and how its value is read from TOML, the environment or a word of the command line."""

from __future__ import annotations

from math import isnan
from typing import Any, NamedTuple, NewType

from vox.errors import BadRequest

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
        return _number(kind, value)
    if kind == list[str]:
        items = value.split(",") if isinstance(value, str) else value
        return [str(item).strip() for item in items if str(item).strip()]
    if not isinstance(value, dict):
        raise TypeError
    table = dict if kind == dict[str, dict[str, float]] else _flat
    return {name: table(values) for name, values in value.items()}


def _number(kind: type[float], value: Any) -> float:
    found = kind(value)
    if isnan(found) or (isinstance(value, float) and found != value):
        raise ValueError
    return found


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
