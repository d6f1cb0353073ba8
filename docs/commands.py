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
    """A verb has built its parser and is about to use it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__(parser.prog)
        self.parser = parser


def parser(verb: str) -> argparse.ArgumentParser:
    """The parser of a verb of `vox`, without running the verb."""
    if VERBS[verb] == "admin":
        one, one.description = {name: rest for name, *rest in _below(admin._arguments())}[verb]
        return one

    def stop(built: Parser, argv: list[str]) -> NoReturn:
        raise _Built(built)

    try:
        with patch.object(Parser, "read", stop):
            import_module(f"vox.client.commands.{VERBS[verb]}").run([verb])
    except _Built as built:
        return built.parser
    raise AssertionError(f"vox {verb} reads its arguments by itself")


def _verbs() -> str:
    return "\n\n".join(section for verb in sorted(VERBS) for section in _sections(parser(verb), verb, "##"))


def _sections(one: argparse.ArgumentParser, name: str, level: str, help: str = "") -> Iterator[str]:
    """Not as `format_help` has it, which every version of Python lays out in its own way."""
    arguments = [action for action in one._actions if not _is_about_itself(action)]
    yield f"{level} vox {name}"
    # A path of this machine, in a description, is the path of any other.
    about = (one.description or help).replace(paths.config_path(), "`~/.config/vox/config.toml`")
    if about:
        yield about[:1].upper() + about[1:].removesuffix(".") + "."
    below = list(_below(one))
    if not below:
        yield fence(" ".join(["vox", name, *map(_usage, arguments)]), "console")
    if rows := [(code(_written(action)), action.help or "") for action in arguments if action.help]:
        yield table(("argument", "meaning"), rows)
    for verb, inner, words in below:
        yield from _sections(inner, f"{name} {verb}", level + "#", words)


def _is_about_itself(action: argparse.Action) -> bool:
    return isinstance(action, argparse._HelpAction | argparse._SubParsersAction)


def _below(one: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Its verbs, their parsers, and what it says of them."""
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            words = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield from ((verb, inner, words.get(verb, "")) for verb, inner in action.choices.items())


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
