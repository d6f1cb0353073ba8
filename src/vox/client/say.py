"""`vox "text"`: speak it on the daemon's machine, or save it. The path that has to be fast."""

from __future__ import annotations

import sys
from _json import encode_basestring_ascii

from vox.client import arguments, door
from vox.client.arguments import Arguments
from vox.client.output import Output
from vox.errors import BadRequest, TooLarge, VoxError

TEXT_MAX = 16 << 20
"""Bytes read from a file or a pipe; the gateway's own limit is far below."""


def run(argv: list[str]) -> int:
    """Do what `argv` asks; the exit code. Raises `VoxError`, `BrokenPipeError`, `KeyboardInterrupt`."""
    given = arguments.parse(argv)
    if given.help or given.version:
        from vox.client import help

        print(help.VERSION if given.version else help.FULL)
        return 0
    if _nothing_given(given):
        from vox.client import help

        print(help.SHORT, file=sys.stderr)
        return 2
    text = _text(given)
    if not text.strip():
        raise BadRequest("there is no text to speak", code="empty_text")
    figures = _save(given, text) if given.output else _play(given, text)
    if given.json:
        from json import dumps

        print(dumps({"ok": True, **figures}))
    return 0


def _save(given: Arguments, text: str) -> dict[str, object]:
    body = _body(
        {
            "model": given.backend,
            "input": text,
            **_shared_fields(given),
            "response_format": given.format,
        }
    )
    output = Output(given.output)
    try:
        answer, daemon = door.ask(
            "POST", "/v1/audio/speech", body, engine=given.backend, no_daemon=given.no_daemon
        )
        try:
            answer.check()
            for chunk in answer.chunks():
                output.write(chunk)
        finally:
            answer.close()
        output.finish()
    finally:
        output.close()
    ignored = answer.headers.get("x-vox-ignored")
    if ignored:
        engine = answer.headers.get("x-vox-engine", "the engine")
        print(f"vox: {engine} has no use for {ignored}", file=sys.stderr)
    seconds = output.seconds(given.format)
    return {
        "output": given.output,
        "format": given.format,
        "bytes": output.size,
        "seconds": None if seconds is None else round(seconds, 3),
        "daemon": daemon,
    }


def _play(given: Arguments, text: str) -> dict[str, object]:
    body = _body({"backend": given.backend, "text": text, **_shared_fields(given)})
    answer, daemon = door.ask("POST", "/speak", body, engine=given.backend, no_daemon=given.no_daemon)
    try:
        answer.check()
        figures = answer.json() if given.json else {"bytes": len(answer.read())}
        return {**figures, "output": None, "daemon": daemon}
    finally:
        answer.close()


Fields = dict[str, str | float | bool | dict[str, str] | None]


def _shared_fields(given: Arguments) -> Fields:
    return {
        "voice": given.voice,
        "lang": given.lang,
        "speed": float(given.speed) if given.speed else None,
        "keep_alive": given.keep_alive,
        "cache": False if given.no_cache else None,
        "instructions": given.instructions,
        "preset": given.preset,
        "seed": int(given.seed) if given.seed else None,
        "normalize": False if given.no_normalize else None,
        "options": given.options,
    }


def _body(fields: Fields) -> bytes:
    """A JSON object of the fields that were given: `json` would take 5 ms to import."""
    pairs = []
    for name, value in fields.items():
        if isinstance(value, str) and value:
            pairs.append(f"{encode_basestring_ascii(name)}:{encode_basestring_ascii(value)}")
        elif isinstance(value, bool):
            pairs.append(f'"{name}":{"true" if value else "false"}')
        elif isinstance(value, int | float):
            pairs.append(f'"{name}":{value!r}')
        elif isinstance(value, dict) and value:
            pairs.append(f'"{name}":{_body(dict(value)).decode()}')
    return ("{" + ",".join(pairs) + "}").encode("ascii")


def _text(given: Arguments) -> str:
    """What to speak. Raises `VoxError` for what is not there, or not UTF-8."""
    if given.words and given.words != ["-"]:
        text = " ".join(given.words)
        try:
            return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeError:
            raise BadRequest("the text is not UTF-8", code="not_text") from None
    name = given.file or "-"
    source = "the standard input" if name == "-" else repr(name)
    if name == "-" and sys.stdin is None:
        raise VoxError("the standard input is closed, and no text was given", code="input_failed")
    try:
        with open(0 if name == "-" else name, "rb", closefd=name != "-") as file:
            data = file.read(TEXT_MAX + 1)
    except OSError as error:
        raise VoxError(f"can't read {source}: {error.strerror}", code="input_failed") from None
    if len(data) > TEXT_MAX:
        raise TooLarge(f"{source} is longer than {TEXT_MAX >> 20} MiB")
    if b"\0" in data:
        raise BadRequest(f"{source} is not text", code="not_text")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{source} is not UTF-8 (byte {error.start})", code="not_text") from None


def _nothing_given(given: Arguments) -> bool:
    return not given.words and not given.file and sys.stdin is not None and sys.stdin.isatty()
