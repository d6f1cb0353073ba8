"""Compiled voice prompts, kept in memory and on disk, so that a reference is processed once.

A prompt is on disk as NumPy's `.npz` and read without pickle. Its name is `ID-KEY.npz`: 16 digits of the
reference's id, by which the gateway finds the prompts of a voice, and 32 digits of a SHA-256 over all that it
was made from: the reference, the engine's file, the model's name and files.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import sys
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from vox.workers.engine import EngineError, Model, Prompt, Reference

MOST, MOST_BYTES = 32, 256 << 20
"""Prompts kept in a worker's memory, and their size: one is 10 kB to 2 MB."""
MOST_ON_DISK = 256
"""Prompts of a model kept on disk: whoever sends a recording along with each text makes one each time."""


class Prompts:
    """The prompts of one engine with one model."""

    def __init__(
        self, directory: str | None, path: str, model: Model, most: int = MOST, most_bytes: int = MOST_BYTES
    ) -> None:
        """`directory` is where they are kept, None to keep them in memory only; `path` the engine's file."""
        self._directory, self._path, self._model = directory, path, model
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[str, Prompt] = OrderedDict()
        self._made_by = ""
        self._lock = threading.Lock()
        """Guards `_kept`."""
        self._making = threading.Lock()
        """One recording is compiled at a time, and each once; whose prompt is there doesn't wait for it."""

    def of(self, reference: Reference, enroll: Callable[[Reference], Prompt]) -> tuple[Prompt, str]:
        """The prompt of `reference`, and where it came from: "memory", "disk" or "made". Raises what `enroll`
        raises, and `EngineError` (`unknown_voice`) when the recording was removed meanwhile."""
        key = self._key(reference)
        if (prompt := self._remembered(key)) is not None:
            return prompt, "memory"
        with self._making:
            if (prompt := self._remembered(key)) is not None:  # made while we waited
                return prompt, "memory"
            prompt, source = self._read(key), "disk"
            if prompt is None:
                prompt, source = self._made(key, reference, enroll), "made"
            self._remember(key, prompt)
            return prompt, source

    def _remembered(self, key: str) -> Prompt | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _remember(self, key: str, prompt: Prompt) -> None:
        with self._lock:
            self._kept[key] = prompt
            while len(self._kept) > 1 and self._too_many():
                self._kept.popitem(last=False)

    def _made(self, key: str, reference: Reference, enroll: Callable[[Reference], Prompt]) -> Prompt:
        try:
            prompt = enroll(reference)
        except Exception:
            if os.path.exists(reference.path):
                raise
            message = "the recording of this voice was removed before it could be spoken with"
            raise EngineError(message, code="unknown_voice", param="voice") from None
        self._write(key, prompt)
        if self._directory and not os.path.exists(reference.path):  # its prompts were removed with it
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self._directory, key + ".npz"))
        return prompt

    def _too_many(self) -> bool:
        size = sum(array.nbytes for prompt in self._kept.values() for array in prompt.values())
        return len(self._kept) > self._most or size > self._most_bytes

    def _key(self, reference: Reference) -> str:
        if not self._made_by:
            self._made_by = _fingerprint(self._path, self._model)
        made_from = json.dumps([reference.id, reference.language, self._made_by])
        return f"{reference.id[:16]}-{hashlib.sha256(made_from.encode()).hexdigest()[:32]}"

    def _read(self, key: str) -> Prompt | None:
        if self._directory is None:
            return None
        import numpy as np

        try:
            with open(os.path.join(self._directory, key + ".npz"), "rb") as file:
                arrays = np.load(file, allow_pickle=False)
                prompt = {name: arrays[name] for name in arrays.files}
                os.utime(file.fileno())  # it is in use: see `_tidy`
                return prompt
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            sys.stderr.write(f"the kept prompt {key} can't be read ({error}) and is made anew\n")
            return None

    def _write(self, key: str, prompt: Prompt) -> None:
        if self._directory is None:
            return
        import numpy as np

        path = os.path.join(self._directory, key)
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            with open(f"{path}.{os.getpid()}", "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                np.savez(file, **prompt)
            os.replace(file.name, path + ".npz")
            _tidy(self._directory)
        except OSError as error:  # it is made again by the next worker, that is all
            sys.stderr.write(f"the prompt {key} can't be kept: {error}\n")


def _tidy(directory: str) -> None:
    """Remove the prompts beyond `MOST_ON_DISK` that were unused for longest."""
    with os.scandir(directory) as entries:
        files = sorted((entry.stat().st_mtime, entry.path) for entry in entries)
    for _, path in files[:-MOST_ON_DISK]:
        os.unlink(path)


def _fingerprint(path: str, model: Model) -> str:
    """Of the engine's code (its file, and for one of vox's own what it keeps beside it) and of the model's
    files."""
    seen: list[Any] = [model.name]
    engines, name = os.path.split(path)
    others = glob.glob(os.path.join(os.path.dirname(engines), name.removesuffix(".py") + "_*.py"))
    for part in (path, *sorted(others)):
        with open(part, "rb") as file:
            seen.append(hashlib.sha256(file.read()).hexdigest())
    directory = model.directory
    if directory is not None and os.path.isdir(directory):
        for top, _, names in sorted(os.walk(directory)):
            stats = ((name, os.stat(os.path.join(top, name))) for name in sorted(names))
            seen += [[os.path.relpath(top, directory), name, s.st_size, s.st_mtime_ns] for name, s in stats]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()
