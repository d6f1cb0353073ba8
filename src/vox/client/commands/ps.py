"""`vox ps`: the engines that are loaded, and what each costs."""

from __future__ import annotations

import sys
from typing import Any

from vox.client import door
from vox.client.console import NOT_RUNNING, Parser, duration, show_json, show_table, size


def run(argv: list[str]) -> int:
    parser = Parser(prog="vox ps", description="List the engines that are loaded.")
    parser.add_argument("--json", action="store_true", help="as a JSON object")
    given = parser.read(argv)
    answer: dict[str, Any] | None = door.ask_daemon("GET", "/api/ps")
    if given.json:
        show_json({"running": answer is not None, **(answer or {"workers": [], "queue": 0})})
    elif answer is None:
        print(f"vox: {NOT_RUNNING}", file=sys.stderr)
    else:
        show_workers(answer)
    return 0 if answer is not None else 1


def show_workers(answer: dict[str, Any]) -> None:
    """The table of `GET /api/ps`."""
    show_table([["NAME", "PID", "STATE", "RAM", "VRAM", "LEAVES IN"], *map(_row, answer["workers"])])


def _row(worker: dict[str, Any]) -> list[str]:
    return [
        str(worker["name"]),
        str(worker["pid"] or "-"),
        str(worker["state"]),
        size(worker["rss"]),
        size(worker["vram"]),
        duration(worker["expires_in"]),
    ]
