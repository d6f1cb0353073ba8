"""Recorded voices that are kept elsewhere: in directories, or below base addresses that the user allows.

A directory has `NAME/sample.wav` or `NAME.wav`; an address has `voices/NAME/sample.wav`. A `.txt` of the same
name beside it has the transcript. What was found is remembered, and the prepared recording kept on disk.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

from vox.config import Config
from vox.errors import BadRequest, Unavailable
from vox.gateway import services
from vox.gateway.fleet.pool import Pool
from vox.gateway.speech import Reference
from vox.gateway.voices.references import KEPT, checked_name, checked_text, keep, prepare

LARGEST = 20 << 20
"""Bytes of a recording."""


class Sources:
    """All sources of the configuration (`voice_sources`): directories first, each kind in its order."""

    def __init__(self, config: Callable[[], Config], pool: Pool) -> None:
        self._config, self._pool = config, pool
        self._known: OrderedDict[str, Reference] = OrderedDict()
        """By path and time of the file, or by address; the one unused for longest first."""

    async def find(self, name: str) -> Reference | None:
        """The voice of that name, in any case. Raises `BadRequest` for a recording that can't be used, and
        `VoxError` when an address does not answer."""
        sources = self._config().voice_sources
        if not sources:
            return None
        try:
            name = checked_name(name)
        except BadRequest:  # an expression over voices, perhaps
            return None
        for directory in (source for source in sources if "://" not in source):
            reference = await self._in_directory(os.path.expanduser(directory), name)
            if reference is not None:
                return reference
        for base in (source for source in sources if "://" in source):
            reference = await self._at_address(f"{base.rstrip('/')}/voices/{name}/sample")
            if reference is not None:
                return reference
        return None

    async def _in_directory(self, directory: str, name: str) -> Reference | None:
        for stem in (os.path.join(directory, name, "sample"), os.path.join(directory, name)):
            with suppress(FileNotFoundError, NotADirectoryError):
                stamp = f"{stem} {os.stat(stem + '.wav').st_mtime_ns}"
                if (known := self._remembered(stamp)) is not None:
                    return known
                sound = _read(stem + ".wav")
                transcript = ""
                with suppress(FileNotFoundError):
                    transcript = _read(stem + ".txt").decode(errors="replace")
                return await self._prepared(stamp, sound, transcript)
        return None

    async def _at_address(self, stem: str) -> Reference | None:
        if (known := self._remembered(stem)) is not None:
            return known
        sound = await self._download(stem + ".wav")
        if sound is None:
            return None
        transcript = await self._download(stem + ".txt") or b""
        return await self._prepared(stem, sound, transcript.decode(errors="replace"))

    def _remembered(self, stamp: str) -> Reference | None:
        reference = self._known.get(stamp)
        if reference is None or not os.path.exists(reference.path):
            return None
        self._known.move_to_end(stamp)
        os.utime(reference.path)  # it is the newest of those on disk, too
        return reference

    async def _prepared(self, stamp: str, sound: bytes, transcript: str) -> Reference:
        prepared = await prepare(self._pool, self._config(), sound)
        self._known[stamp] = keep(prepared, checked_text(transcript, "ref_text"), "")
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return self._known[stamp]

    async def _download(self, url: str) -> bytes | None:
        """What is at `url`; None where there is nothing. Raises `VoxError`."""
        config, request = self._config(), {"url": url, "most": LARGEST}
        decoder, limit = services.decoder(config), config.speak_stall
        facts, data = await services.ask(self._pool, decoder, "download", request, limit=limit)
        return data if facts["found"] else None


def _read(path: str) -> bytes:
    """Raises `FileNotFoundError`, and `VoxError` for what else is in the way."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        raise
    except OSError as error:
        message = f"the recording {path} can't be read: {error.strerror}"
        raise Unavailable(message, code="source_failed") from None
