"""An engine's own knobs: the options of a request, read against a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vox.workers.engine import EngineError


class Knob(NamedTuple):
    """One option. Its type is that of its default; numbers may come as text."""

    default: bool | int | float | str
    least: float = float("-inf")
    most: float = float("inf")
    among: tuple[str, ...] = ()
    """The words that it may be; empty: any."""


def read(given: Mapping[str, Any], known: Mapping[str, Knob], engine: str) -> dict[str, Any]:
    """All of `known` with the values of `given`, else their defaults.

    Raises `EngineError` (`invalid_value`) that names the knobs there are, or what the value may be."""
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise EngineError(
                f"{engine} has no option {name!r}; it has {names}", code="invalid_value", param=name
            )
    return {
        name: _value(name, given[name], knob) if name in given else knob.default
        for name, knob in known.items()
    }


def _value(name: str, value: Any, knob: Knob) -> Any:
    kind: Any = type(knob.default)
    try:
        found = _boolean(value) if kind is bool else kind(value)
        if kind is not str and not knob.least <= found <= knob.most:
            raise ValueError
        if kind is int and found != float(value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or (knob.among and found not in knob.among):
        wanted = _wanted(knob, kind)
        message = f"option {name} is {wanted}, not {value!r}"
        raise EngineError(message, code="invalid_value", param=name) from None
    return found


def _boolean(value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(str(value).lower())
    if found is None:
        raise ValueError
    return found


def _wanted(knob: Knob, kind: type) -> str:
    if knob.among:
        return f"one of {', '.join(knob.among)}"
    what = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[kind]
    if kind in (bool, str) or (knob.least, knob.most) == (float("-inf"), float("inf")):
        return what
    if knob.most == float("inf"):
        return f"{what} from {knob.least:g}"
    return f"{what} from {knob.least:g} to {knob.most:g}"
