"""Recordings made ready to be spoken like: what somebody sends goes through the decoder worker to a file."""

from __future__ import annotations

import os
from _blake2 import blake2b  # `hashlib` would cost 4 MB
from contextlib import suppress

import msgspec

from vox import paths
from vox.config import Config
from vox.errors import BadRequest
from vox.gateway import services
from vox.gateway.fleet.pool import Pool
from vox.gateway.speech import Reference

KEPT = 50
"""Recordings that belong to no voice of the user's; the one unused for longest goes first."""


class Prepared(msgspec.Struct, frozen=True):
    """What the decoder worker made of a recording."""

    sound: str
    """64 hexadecimal digits: a SHA-256 of the samples."""
    seconds: float
    wav: bytes


async def prepare(pool: Pool, config: Config, data: bytes, whole: bool = False) -> Prepared:
    """Decode, cut and level a recording, in any container that FFmpeg knows; with `whole` only decode it.
    Raises `BadRequest` with what is wrong with it (`param` is `audio_sample`)."""
    made: list[bytes] = []
    with pool.lease(services.decoder(config)) as lease:
        async with lease.turn() as turn:
            stream = turn.open("reference", {"whole": whole}, made.append)
            stream.write(data)
            stream.close()
            facts = await turn.result(config.speak_stall)
    return Prepared(str(facts["sound"]), float(facts["seconds"]), b"".join(made))


def identify(sound: str, transcript: str) -> str:
    """The id of a reference."""
    return blake2b(f"{sound}\0{transcript}".encode(), digest_size=32).hexdigest()


def keep(prepared: Prepared, transcript: str, language: str) -> Reference:
    """Put a recording that belongs to no voice where workers can read it, for as long as there is room."""
    directory = paths.make_private(paths.references_dir())
    path = os.path.join(directory, f"{prepared.sound}.wav")
    write(path, prepared.wav)
    _tidy(directory)
    return Reference(identify(prepared.sound, transcript), path, transcript, language.lower())


def write(path: str, data: bytes) -> None:
    """Write a file for this user's eyes alone; it is there whole or not at all."""
    new = f"{path}.{os.getpid()}"
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    os.replace(new, path)


def _tidy(directory: str) -> None:
    files = sorted(os.scandir(directory), key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in files[KEPT:]:
        with suppress(FileNotFoundError):
            os.unlink(entry.path)


def checked_name(name: str, param: str = "name") -> str:
    """`name` as a voice's id. Raises `BadRequest`."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not plain or not name[0].isalnum() or len(name) > 64:
        message = f"a voice can't be called {name!r}: use up to 64 letters, digits, '-' and '_'"
        raise BadRequest(message, param=param)
    return name.lower()
