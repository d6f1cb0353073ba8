"""`vox voices`: who can speak, and in which language."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

from vox.client import door
from vox.client.console import Parser, show_json, show_table


def run(argv: list[str]) -> int:
    parser = Parser(prog="vox voices", description="List the voices of an engine, or of all.")
    parser.add_argument("engine", nargs="?", default="", metavar="ENGINE", help="engine, or engine/model")
    parser.add_argument("-l", "--lang", default="", help="only those of this language: en, en-gb")
    parser.add_argument("--no-daemon", action="store_true", help="don't use a running daemon")
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    given = parser.read(argv)
    voices = _voices(given.engine, given.no_daemon)
    if given.lang:
        voices = [voice for voice in voices if _speaks(voice, given.lang.lower())]
    if given.json:
        show_json(voices)
    elif voices:
        keys = ("id", "name", "language", "model")
        rows = [[str(voice.get(key) or "-") for key in keys] for voice in voices]
        show_table([["VOICE", "NAME", "LANGUAGE", "MODEL"], *rows])
    else:
        print("vox: no such voice", file=sys.stderr)
    return 0 if voices else 1


def _voices(engine: str, no_daemon: bool) -> list[dict[str, Any]]:
    query = f"?model={quote(engine, safe='')}" if engine else ""
    answer, _ = door.ask("GET", f"/v1/audio/voices{query}", engine=engine, no_daemon=no_daemon)
    try:
        answer.check()
        body: dict[str, Any] = answer.json()
        return list(body["voices"])
    finally:
        answer.close()


def _speaks(voice: dict[str, Any], lang: str) -> bool:
    """`en` is every English; `en-gb` is that one only, and a voice of all English."""
    tag = str(voice.get("language") or "").lower()
    return tag == lang or tag.startswith(f"{lang}-")
