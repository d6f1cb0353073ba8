"""What the verbs share: an argument parser that fails kindly, tables, sizes and durations for people."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from vox.client.arguments import UsageError, near_options

NOT_RUNNING = "the daemon is not running; vox daemon start"


class Parser(argparse.ArgumentParser):
    """`argparse` whose complaint is a `UsageError`: one line, with the near match of an unknown option."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog.removeprefix('vox ')}: {message}")

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """All of `argv`, the verb included."""
        given, strange = self.parse_known_args(argv[1:])
        if strange:
            word = strange[0].partition("=")[0]
            near = near_options(word, sorted(self._known()))
            if near:
                self.error(f"unknown option {word}; did you mean {near}?")
            self.error(f"{word!r} is too much; to speak these words: vox say {argv[0]} ...")
        return given

    def _known(self) -> set[str]:
        known = set(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for parser in action.choices.values():
                    known |= parser._known()
        return known


def add_listener(parser: Parser) -> None:
    """The options of a gateway that listens."""
    parser.add_argument("--host", help="address of the TCP listener; any but loopback needs an API key")
    parser.add_argument("--port", type=int, help="port of the TCP listener; 0 turns it off")


def listener_arguments(given: argparse.Namespace) -> list[str]:
    """Those that were given, in the gateway's own words."""
    pairs = (("--host", given.host), ("--port", given.port))
    return [word for name, value in pairs if value is not None for word in (name, str(value))]


def show_json(value: Any) -> None:
    print(json.dumps(value, indent=2))


def show_table(rows: list[list[str]]) -> None:
    """Columns as wide as their widest cell; the first row is the heading."""
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # names in other scripts, on a terminal without them
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def size(count: Any) -> str:
    """Bytes for people: `412 MB`; `-` for what is not known."""
    if not isinstance(count, int | float):
        return "-"
    for unit, power in (("GB", 1e9), ("MB", 1e6)):
        if count >= power:
            return f"{count / power:.1f} {unit}" if unit == "GB" else f"{count / power:.0f} {unit}"
    return f"{count / 1e3:.0f} kB" if count else "0"


def duration(seconds: Any) -> str:
    """Seconds for people: `4 min`; `-` for what has no end or is not known."""
    if not isinstance(seconds, int | float):
        return "-"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
