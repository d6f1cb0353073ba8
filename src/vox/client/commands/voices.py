"""`vox voices`: who can speak, and the voices that the user makes of recordings."""

from __future__ import annotations

import argparse
import io
import os
import sys
import zipfile
import zlib
from collections.abc import Callable
from json import dumps, loads
from typing import Any
from urllib.parse import quote

from vox import paths
from vox.client import door
from vox.client.console import Parser, show_json, show_table
from vox.client.output import Output
from vox.errors import BadRequest, TooLarge, VoxError

_FORM = "/v1/audio/voices"
_LARGEST = 256 << 20
"""Bytes read of a file, or unpacked; the gateway's own limit, `max_upload`, is far below."""


def run(argv: list[str]) -> int:
    """`vox voices ENGINE` is short for `vox voices list ENGINE`."""
    if argv[1:2] not in (
        [verb] for verb in ("add", "list", "show", "rm", "export", "import", "-h", "--help")
    ):
        argv = [argv[0], "list", *argv[1:]]
    parser = Parser(prog="vox voices", description="List the voices, and make your own of recordings.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, about: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.set_defaults(run=run)
        return added

    _lists(verb("list", "list the voices of an engine, or of all, and your own", _list))
    _adds(verb("add", "make a voice of a recording", _add))
    verb("show", "say what is known of one of your voices", _show).add_argument("name", metavar="NAME")
    verb("rm", "remove one of your voices", _remove).add_argument("name", metavar="NAME")
    out = verb("export", "write one of your voices to a file", _export)
    out.add_argument("name", metavar="NAME")
    out.add_argument(
        "-o", "--output", metavar="FILE", help="the file, - for standard output; NAME.vox-voice if not given"
    )
    into = verb("import", "make a voice of a file that was exported", _import)
    into.add_argument("file", metavar="FILE")
    into.add_argument("--name", default="", help="another name for it")
    given = parser.read(argv)
    return int(given.run(given))


def _lists(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("engine", nargs="?", default="", metavar="ENGINE", help="engine, or engine/model")
    parser.add_argument("-l", "--lang", default="", help="only those of this language: en, en-gb")
    parser.add_argument("--no-daemon", action="store_true", help="don't use a running daemon")
    parser.add_argument("--json", action="store_true", help="as a JSON list")


def _adds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="letters, digits, '-' and '_'")
    parser.add_argument(
        "--audio", required=True, metavar="FILE", help="3 to 15 s of speech; - for standard input"
    )
    parser.add_argument("--text", default="", help="what is said in it")
    parser.add_argument("--lang", default="", help="the language of it")
    parser.add_argument("--consent", default="", help="how the speaker agreed, for your own record")


def _list(given: argparse.Namespace) -> int:
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
        speaks = f" speaks {given.lang!r}" if given.lang else ""
        print(f"vox: no voice of {given.engine or 'any engine'}{speaks}", file=sys.stderr)
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


def _add(given: argparse.Namespace) -> int:
    return _make(given.name, _read(given.audio), given.text, given.lang, given.consent)


def _make(name: str, sound: bytes, text: str, language: str, consent: str) -> int:
    fields = {"name": name, "ref_text": text, "language": language, "consent": consent}
    body, kind = _form({key: value for key, value in fields.items() if value}, sound)
    voice = _asked("POST", _FORM, body, kind)
    heard = (
        f'"{voice["ref_text"]}"'
        if voice["ref_text"]
        else "none; some engines copy a voice better with one: --text"
    )
    print(f"voice {voice['id']}: {voice['seconds']:.1f} s, transcript: {heard}")
    return 0


def _form(fields: dict[str, str], sound: bytes) -> tuple[bytes, str]:
    """A multipart body (RFC 7578) and its media type."""
    boundary = os.urandom(16).hex()
    for name, value in fields.items():
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise BadRequest(f"{name} is not UTF-8", param=name, code="not_text")
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="audio_sample"; filename="recording"\r\n\r\n'
    )
    body = b"".join(parts) + head.encode() + sound + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _show(given: argparse.Namespace) -> int:
    show_json(_asked("GET", f"{_FORM}/{_quoted(given.name)}"))
    return 0


def _remove(given: argparse.Namespace) -> int:
    voice = _asked("DELETE", f"{_FORM}/{_quoted(given.name)}")
    print(f"voice {voice['id']} is removed")
    return 0


def _export(given: argparse.Namespace) -> int:
    voice = _asked("GET", f"{_FORM}/{_quoted(given.name)}")
    sample = _read(os.path.join(paths.voices_dir(), str(voice["id"]), "sample.wav"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("voice.json", dumps(voice, indent=1))
        file.writestr("sample.wav", sample)
    name = given.output or f"{voice['id']}.vox-voice"
    if name == "-":
        output = Output(name)
        output.write(packed.getvalue())
        return 0
    try:
        with open(name, "xb") as place:
            place.write(packed.getvalue())
    except FileExistsError:
        raise VoxError(f"{name} is there already; name another file with -o") from None
    except OSError as error:
        raise VoxError(f"{name} can't be written: {error.strerror}") from None
    print(name)
    return 0


def _import(given: argparse.Namespace) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(_read(given.file))) as file:
            voice, sound = loads(_unpacked(file, "voice.json")), _unpacked(file, "sample.wav")
        name, text, language, consent = (
            str(voice[key]) for key in ("name", "ref_text", "language", "consent")
        )
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, RuntimeError):
        raise VoxError(
            f"{given.file} is no voice that vox exported; to use a recording: vox voices add"
        ) from None
    return _make(given.name or name, sound, text, language, consent)


def _unpacked(file: zipfile.ZipFile, name: str) -> bytes:
    with file.open(name) as part:
        return part.read(_LARGEST)


def _read(path: str) -> bytes:
    """A file, or the standard input for `-`."""
    name = "the standard input" if path == "-" else path
    if path == "-" and sys.stdin is None:
        raise VoxError("the standard input is closed; name a file")
    try:
        with open(0 if path == "-" else path, "rb", closefd=path != "-") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise VoxError(f"{name} can't be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise TooLarge(f"{name} is longer than {_LARGEST >> 20} MiB; send a part of it")
    return data


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="replace")


def _asked(method: str, path: str, body: bytes = b"", kind: str = "") -> dict[str, Any]:
    answer, _ = door.ask(method, path, body, kind)
    try:
        answer.check()
        return answer.json()
    finally:
        answer.close()
