"""What was spoken before: raw PCM by segment, and whole answers as they were encoded.

Files under one directory, named by a keyed hash of everything that changes the sound: the text is in no file
and in no name, and without the key nobody can find out whether a text they know was spoken. Bounded by size
and by age, least recently used first. A broken or missing file is a miss, never an error.

The disk is touched on one thread of its own, so that a slow one delays nobody but who waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from _blake2 import blake2b  # hashlib would bring OpenSSL along, 4 MB of it
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from struct import Struct

import msgspec

from vox import paths
from vox.config import Config

log = logging.getLogger("vox")

_HEAD = Struct(">4sIQ")
_MAGIC = b"VOX2"
LARGEST = 16 << 20
"""Bytes: a longer sound is not kept."""
_PRUNE_EVERY = 32 << 20
"""Bytes written between two looks at the total."""


class Sound(msgspec.Struct, frozen=True):
    """Audio as it was kept: PCM s16le mono of one segment, or a whole encoded answer."""

    rate: int
    """Hz."""
    samples: int
    """As the engine made them, which in an encoded answer nobody can count."""
    data: bytes


class Cache:
    """`key` a request, `get` it, `put` what was made."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self._config = config
        self._directory = os.path.join(paths.cache_dir(), "audio")
        self._secret = b""
        self.hits = 0
        """Sounds that were there, since the start."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cache")
        self._written = _PRUNE_EVERY  # so that the first write of a new daemon looks at what is there

    def key(self, *parts: object) -> str:
        """The name of the sound that `parts` make. Each part counts with its place and type."""
        if not self._secret:
            try:
                self._secret = _secret(self._directory)
            except OSError as error:
                log.warning("nothing spoken will be remembered: %s", error)
                self._secret = os.urandom(32)
        digest = blake2b(msgspec.json.encode(parts), digest_size=20, key=self._secret)
        return digest.hexdigest()

    def has(self, key: str) -> bool:
        """Whether the sound is likely to be there."""
        return os.path.exists(self._path(key))

    async def get(self, key: str) -> Sound | None:
        found = await asyncio.get_running_loop().run_in_executor(self._thread, _read, self._path(key))
        self.hits += found is not None
        return found

    def put(self, key: str, sound: Sound) -> None:
        """Keep `sound`, some time soon."""
        if len(sound.data) <= LARGEST:
            self._thread.submit(self._write, key, sound)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown()

    def _path(self, key: str) -> str:
        return os.path.join(self._directory, key[:2], key[2:])

    def _write(self, key: str, sound: Sound) -> None:
        path = self._path(key)
        temporary = f"{path}.{os.getpid()}"
        with suppress(OSError):  # a full disk costs the cache, never the speech
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                with open(descriptor, "wb") as file:
                    file.write(_HEAD.pack(_MAGIC, sound.rate, sound.samples))
                    file.write(sound.data)
                os.replace(temporary, path)
            except OSError:
                os.unlink(temporary)
                raise
        self._written += len(sound.data)
        if self._written >= _PRUNE_EVERY:
            self._written = 0
            config = self._config()
            prune(self._directory, config.cache_mb << 20, config.cache_days * 86400.0, time.time())


def prune(directory: str, most: int, age: float, now: float) -> None:
    """Delete what was not used for `age` seconds, then the least recently used until at most `most` bytes
    are left."""
    files = []
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with suppress(OSError):
                info = os.stat(path)
                if folder != directory:  # the secret lies at the top
                    files.append((info.st_mtime, info.st_size, path))
    files.sort(reverse=True)
    total = 0
    for used, size, path in files:
        total += size
        if total > most or now - used > age:
            with suppress(OSError):
                os.unlink(path)


def _read(path: str) -> Sound | None:
    with suppress(OSError), open(path, "rb") as file:
        head, data = file.read(_HEAD.size), file.read()
        if len(head) == _HEAD.size and data:
            magic, rate, samples = _HEAD.unpack(head)
            if magic == _MAGIC:
                os.utime(path)
                return Sound(rate, samples, data)
    return None


def _secret(directory: str) -> bytes:
    """The key of the hash, made at the first use; a new one forgets everything that was kept."""
    path = os.path.join(directory, "secret")
    os.makedirs(directory, mode=0o700, exist_ok=True)
    if not os.path.exists(path):
        temporary = f"{path}.{os.getpid()}"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(os.urandom(32))
        with suppress(FileExistsError):  # two may begin at once: the first one's stays
            os.link(temporary, path)
        os.unlink(temporary)
    with open(path, "rb") as file:
        return file.read(32)
