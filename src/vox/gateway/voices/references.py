"""Recordings made ready to be spoken like: what somebody sends goes through the decoder worker to a file."""

from __future__ import annotations

import os
from _blake2 import blake2b  # `hashlib` would cost 4 MB
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from vox import paths
from vox.config import Config
from vox.errors import BadRequest, VoxError, WorkerDied
from vox.gateway import services
from vox.gateway.fleet.pool import Pool
from vox.gateway.speech import Reference

LONGEST = 2_000
"""Characters of a transcript, which 15 s of speech never reach, or of what is said of a consent."""
KEPT = 50
"""Recordings that belong to no voice of the user's; the one unused for longest goes first."""
_held: list[str] = []
"""Paths of those that are needed now, as often as they are: their files stay."""


class Prepared(msgspec.Struct, frozen=True):
    """What the decoder worker made of a recording."""

    sound: str
    """64 hexadecimal digits: a SHA-256 of the samples."""
    seconds: float
    wav: bytes


async def prepare(pool: Pool, config: Config, data: bytes, whole: bool = False) -> Prepared:
    """Decode, cut and level a recording, in any container that FFmpeg knows; with `whole` only decode it.
    Raises `BadRequest` with what is wrong with it (`param` is `audio_sample`)."""
    decoder, limit = services.decoder(config), config.speak_stall
    try:
        facts, wav = await services.ask(pool, decoder, "reference", {"whole": whole}, data, limit=limit)
    except WorkerDied:
        message = "the decoder broke down over the recording, twice; send it as a plain WAV"
        raise BadRequest(message, param="audio_sample") from None
    return Prepared(str(facts["sound"]), float(facts["seconds"]), wav)


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


@contextmanager
def held(path: str) -> Iterator[None]:
    """Within the context the recording at `path` stays, however many others come."""
    _held.append(path)
    try:
        yield
    finally:
        _held.remove(path)


@contextmanager
def lent(prepared: Prepared) -> Iterator[str]:
    """The path of a recording that workers can read within the context, and that nobody keeps after it."""
    path = keep(prepared, "", "").path
    try:
        with held(path):
            yield path
    finally:
        if path not in _held:
            with suppress(FileNotFoundError):
                os.unlink(path)


def write(path: str, data: bytes) -> None:
    """Write a file for this user's eyes alone; it is there whole or not at all. Raises `VoxError`."""
    new = f"{path}.{os.getpid()}"
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(new)
        raise VoxError(f"{path} can't be written: {error.strerror}", code="disk_full") from None


def kept() -> int:
    """How many recordings are there that belong to no voice of the user's."""
    try:
        return len(os.listdir(paths.references_dir()))
    except FileNotFoundError:
        return 0


def _tidy(directory: str) -> None:
    """Remove what is beyond `KEPT` and belongs to no request that waits or speaks."""
    files = []
    for entry in os.scandir(directory):
        with suppress(FileNotFoundError):  # another gateway may tidy up, too
            files.append((entry.stat().st_mtime, entry.path))
    for _, path in sorted(files, reverse=True)[KEPT:]:
        if path not in _held:
            with suppress(FileNotFoundError):
                os.unlink(path)


def checked_name(name: str, param: str = "name") -> str:
    """`name` as a voice's id. Raises `BadRequest`."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not plain or not name[0].isalnum() or len(name) > 64:
        message = f"a voice can't be called {name[:80]!r}: use up to 64 letters, digits, '-' and '_'"
        raise BadRequest(message, param=param)
    return name.lower()


def checked_language(tag: str) -> str:
    """The language of a recording, "" for `auto`. Raises `BadRequest` for what can't be a BCP 47 tag."""
    plain = tag.isascii() and tag.replace("-", "").replace("_", "").isalnum()
    if tag and (not plain or len(tag) > 35):
        message = f"{tag[:80]!r} is no language; write it as 'en', 'pt-br' or 'auto'"
        raise BadRequest(message, param="language")
    return "" if tag.lower() == "auto" else tag.lower()


def checked_text(text: str, param: str) -> str:
    """What belongs to a recording, in words. Raises `BadRequest` when it is too long."""
    if len(text) > LONGEST:
        raise BadRequest(f"{param} has {len(text):,} characters; {LONGEST:,} are the most", param=param)
    return text.strip()
