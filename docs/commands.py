"""Blocks about the command line, from the parsers that read it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import NoReturn
from unittest.mock import patch

from docs.markdown import code, fence, table
from vox import paths
from vox.client import help
from vox.client.cli import VERBS
from vox.client.console import Parser
from vox.gateway import admin


class _Built(Exception):
    """A verb has built its parser, the argument of this, and is about to use it."""


def parser(verb: str) -> argparse.ArgumentParser:
    """The parser of a verb of `vox`, without running the verb."""
    if VERBS[verb] == "admin":
        return _below(admin._arguments())[verb]

    def stop(built: Parser, argv: list[str]) -> NoReturn:
        raise _Built(built)

    try:
        with patch.object(Parser, "read", stop):
            import_module(f"vox.client.commands.{VERBS[verb]}").run([verb])
    except _Built as caught:
        built: argparse.ArgumentParser = caught.args[0]
        return built
    raise AssertionError(f"vox {verb} reads its arguments by itself")


def _verbs() -> str:
    return "\n\n".join(section for verb in sorted(VERBS) for section in _sections(parser(verb), verb, "##"))


def _sections(one: argparse.ArgumentParser, name: str, level: str) -> Iterator[str]:
    """Not as `format_help` has it, which every version of Python lays out in its own way."""
    apart = (argparse._HelpAction, argparse._SubParsersAction)
    arguments = [action for action in one._actions if not isinstance(action, apart)]
    yield f"{level} vox {name}"
    if one.description:
        # The place of the settings on this machine is not that on another.
        about = one.description.replace(paths.config_path(), "`~/.config/vox/config.toml`")
        yield about[:1].upper() + about[1:].removesuffix(".") + "."
    below = _below(one)
    if not below:
        yield fence(" ".join(["vox", name, *map(_usage, arguments)]), "console")
    if rows := [(code(_written(action)), action.help) for action in arguments if action.help]:
        yield table(("argument", "meaning"), rows)
    for verb, inner in below.items():
        yield from _sections(inner, f"{name} {verb}", level + "#")


def _below(one: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of its verbs; one without a description gets what is said of its verb."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
            for choice in action._choices_actions:
                found[choice.dest].description = found[choice.dest].description or choice.help
    return found


def _written(action: argparse.Action) -> str:
    """An argument with the name of its value: `-l, --lang LANG`, `KEY`."""
    value = str(action.metavar or action.dest.upper()) if action.nargs != 0 else ""
    return f"{', '.join(action.option_strings)} {value}".strip()


def _usage(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"[{_written(action)}]" if action.nargs == "?" else _written(action)
    value = _written(action).rpartition(" ")[2] if action.nargs != 0 else ""
    return f"[{f'{action.option_strings[-1]} {value}'.strip()}]"


BLOCKS: dict[str, Callable[[], str]] = {"usage": lambda: fence(help.FULL), "verbs": _verbs}
