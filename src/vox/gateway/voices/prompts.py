"""The compiled voice prompts on disk, which workers make and read (`vox.workers.prompts`)."""

from __future__ import annotations

import os
from contextlib import suppress

import msgspec

from vox import paths
from vox.gateway.voices import store


class CompiledPrompt(msgspec.Struct, frozen=True):
    """One recorded voice, compiled for one model."""

    model: str
    """ENGINE/MODEL."""
    voice: str
    """The user's voice that it is of; "" when it is of none (any more)."""
    bytes: int
    created: int
    """Seconds since 1970."""


def listed() -> list[CompiledPrompt]:
    voices = {voice.reference.id[:16]: voice.id for voice in store.listed()}
    found = []
    for entry, model in _files():
        with suppress(FileNotFoundError):  # a worker tidies up, too
            info = entry.stat()
            voice = voices.get(entry.name.partition("-")[0], "")
            found.append(CompiledPrompt(model, voice, info.st_size, int(info.st_mtime)))
    return found


def forget(reference: str = "") -> int:
    """Remove the prompts of a reference, by its id, or all; returns how many. A worker that has one in memory
    keeps it until it leaves."""
    gone = 0
    for entry, _ in _files():
        if entry.name.startswith(reference[:16]):
            with suppress(FileNotFoundError):
                os.unlink(entry.path)
                gone += 1
    return gone


def _files() -> list[tuple[os.DirEntry[str], str]]:
    """All prompts and their models."""
    found = []
    top = paths.prompts_dir()
    for engine in _names(top):
        for model in _names(os.path.join(top, engine)):
            with suppress(NotADirectoryError), os.scandir(os.path.join(top, engine, model)) as entries:
                found += [(entry, f"{engine}/{model}") for entry in entries if entry.name.endswith(".npz")]
    return found


def _names(directory: str) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(os.listdir(directory))
    return []
