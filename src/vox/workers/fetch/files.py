"""What all sources of files have in common: where a file may lie, and how it is told from another."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any, NamedTuple

RECORD = ".vox-model.json"
LOCK = ".lock"
PARTS = ".parts"
"""Holds what has not arrived in full; removed when all is there."""
BLOCK = 1 << 20
Say = Callable[[str], object]


class Refused(Exception):
    """A pull that can't go on; the message is for the user."""


class Arrived(NamedTuple):
    """A file that is here, and not yet where it belongs."""

    path: str
    sha256: str


def inside(*names: str) -> str:
    """The path, below the model's directory, of a file of that name. Raises `Refused` for one that leads out
    of it, or that is kept for vox's own files."""
    path = os.path.normpath("/".join(name for name in names if name))
    if path.startswith("/") or path.split("/")[0] in (".", "..", RECORD, LOCK, PARTS) or "\0" in path:
        raise Refused(f"{names[-1]!r} is no place for a file below the model's directory")
    return path


def digests(path: str) -> tuple[str, str]:
    """SHA-256, and the id that Git gives to the same content."""
    sha256 = hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % os.path.getsize(path), usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            sha256.update(block)
            git.update(block)
    return sha256.hexdigest(), git.hexdigest()


def settle(
    directory: str, path: str, arrived: Arrived, known: dict[str, Any] | None, source: str
) -> dict[str, Any]:
    """Move a file to its `path` below `directory`; returns its entry for the record. Raises `Refused` where
    it isn't the one of the first pull."""
    found = {"sha256": arrived.sha256, "bytes": os.path.getsize(arrived.path)}
    if known and known != found:
        os.unlink(arrived.path)
        raise Refused(
            f"{source} now gives another {path} than at the first pull; to trust the new one, delete "
            f"{directory} and pull again"
        )
    target = os.path.join(directory, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.replace(arrived.path, target)
    return found


def megabytes(size: int | None) -> str:
    return "size not stated" if size is None else f"{size / 1e6:,.1f} MB"
