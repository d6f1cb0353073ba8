"""`vox config`: read and change the settings; the file keeps its comments."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from vox import config, paths
from vox.client import http11
from vox.client.console import Parser, show_json, show_table
from vox.errors import BadRequest
from vox.options import Option, Seconds, parse


def run(argv: list[str]) -> int:
    parser = Parser(prog="vox config", description=f"Settings; their file is {paths.config_path()}.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="get|set|unset|list")
    get = actions.add_parser("get", help="print a setting")
    change = actions.add_parser("set", help="change a setting in the file")
    unset = actions.add_parser("unset", help="remove a setting from the file: its default holds")
    for action in (get, change, unset):
        action.add_argument("key", metavar="KEY", help="a name of `vox config list`, engines.NAME.KEY, ...")
    change.add_argument("value", metavar="VALUE", help="a list is written with commas")
    every = actions.add_parser("list", help="print all settings, and where each comes from")
    every.add_argument("--json", action="store_true", help="as a JSON list")
    given = parser.read(argv)
    return _ACTIONS[given.action](given)


def _get(given: argparse.Namespace) -> int:
    option = config.find(given.key)
    print(_written(_effective(option)))
    return 0


def _set(given: argparse.Namespace) -> int:
    option = config.find(given.key)
    value = parse(option, given.value)
    if option.type is Seconds and not _is_number(given.value):
        value = given.value.strip()  # "30m" reads better than 1800
    _edit(given.key, value)
    if option.variable in os.environ:
        print(f"vox: {option.variable} in the environment wins over the file", file=sys.stderr)
    return 0


def _unset(given: argparse.Namespace) -> int:
    if not _edit(given.key, None):
        print(f"vox: {given.key} is not set in {paths.config_path()}", file=sys.stderr)
    return 0


def _list(given: argparse.Namespace) -> int:
    settings, table = config.load(), config.read_file()
    found = []
    for option in config.OPTIONS:
        if option.key in config.TABLES:
            continue
        source = "file" if option.key in table else "default"
        source = "environment" if option.variable in os.environ else source
        found.append((option.key, getattr(settings, option.key), source, option.help))
    for head in config.TABLES:
        for name, values in getattr(settings, head).items():
            for key, value in values.items():
                option = config.find(f"{head}.{name}.{key}")
                source = "default" if value == option.default else "file"
                found.append((option.key, value, source, option.help))
    if given.json:
        show_json([dict(zip(("key", "value", "source", "help"), one, strict=True)) for one in found])
    else:
        rows = [[key, _written(value) or "-", source, help] for key, value, source, help in found]
        show_table([["KEY", "VALUE", "FROM", ""], *rows])
    return 0


def _effective(option: Option) -> Any:
    """The value that holds: environment, file, default."""
    head, _, rest = option.key.partition(".")
    value = getattr(config.load(), head)
    if not rest:
        return value
    name, _, key = rest.partition(".")
    return value.get(name, {}).get(key, option.default)


def _written(value: Any) -> str:
    """As `set` would take it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _edit(key: str, value: Any) -> bool:
    """Write `value` at the dotted `key`, or remove the key where it is None; False if there was none.

    Two edits at once wait for each other; a reader sees the old file or the new one, never half of it.
    """
    path = os.path.realpath(paths.config_path())
    directory = os.open(paths.make_private(paths.config_dir()), os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        document = _document(path)
        if value is not None:
            _change(document, key.split("."), value)
        elif not _remove(document, key.split(".")):
            return False
        _replace(path, tomlkit.dumps(document))
    finally:
        os.close(directory)
    _remind(key)
    return True


def _document(path: str) -> tomlkit.TOMLDocument:
    try:
        with open(path, encoding="utf-8") as file:
            return tomlkit.parse(file.read())
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} can't be read: {error}") from None


def _change(table: Any, keys: list[str], value: Any) -> None:
    """Set the value below `table`, making tables on the way."""
    for depth, key in enumerate(keys[:-1]):
        if key not in table:
            table[key] = tomlkit.table(is_super_table=depth < len(keys) - 2)
        table = table[key]
        if not isinstance(table, dict):
            raise BadRequest(f"{paths.config_path()} has a value where {'.'.join(keys)} needs a table")
    table[keys[-1]] = value


def _remove(table: Any, keys: list[str]) -> bool:
    """Remove the value below `table`, and each table that this leaves empty; False if there was none."""
    if not isinstance(table, dict) or keys[0] not in table:
        return False
    if len(keys) == 1:
        del table[keys[0]]
        return True
    below = table[keys[0]]
    if not _remove(below, keys[1:]):
        return False
    if not below and "#" not in tomlkit.dumps(below):  # a comment may be all that is left of a table
        del table[keys[0]]
    return True


def _replace(path: str, text: str) -> None:
    temporary = f"{path}.{os.getpid()}.part"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(fd, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(fd)
    os.replace(temporary, path)


def _remind(key: str) -> None:
    """The daemon follows the file, but for the address that it listens at."""
    sock = http11.connect(paths.socket_path()) if key in ("host", "port") else None
    if sock is not None:
        sock.close()
        print("vox: the running daemon keeps its address until vox daemon restart", file=sys.stderr)


_ACTIONS = {"get": _get, "set": _set, "unset": _unset, "list": _list}
