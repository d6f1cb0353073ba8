"""Where audio goes: a file that appears only when it is whole, or a stream that is written as it comes."""

from __future__ import annotations

import os
import stat
import sys

from vox.client.arguments import UsageError
from vox.errors import VoxError

WAV_HEADER = 44
"""Bytes of a canonical RIFF/WAVE header with one `fmt ` chunk of PCM."""
UNKNOWN = b"\xff\xff\xff\xff"
"""A size in the header of a WAV stream whose length was not known when it began."""


class Output:
    """Opened before anything is asked for, so that a bad path costs no synthesis.

    A regular file is written beside its place and moved there by `finish`; `-` is the standard output.
    Raises `VoxError` for what the system refuses; `BrokenPipeError` passes: nobody reads any more.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self.head = b""
        self._temporary = ""
        self._target = ""
        try:
            self._fd = self._standard_output() if name == "-" else self._open(name)
        except OSError as error:
            raise self._failure(error) from None

    def write(self, data: bytes) -> None:
        """All of `data`, in order."""
        if len(self.head) < WAV_HEADER:
            self.head = (self.head + data)[:WAV_HEADER]
        self.size += len(data)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failure(error) from None

    def finish(self) -> None:
        """Everything has come: give the file its true sizes and its name."""
        try:
            if self._temporary:
                self._write_sizes()
                os.replace(self._temporary, self._target)
                self._temporary = ""
        except OSError as error:
            raise self._failure(error) from None

    def close(self) -> None:
        """Leave no trace of a file that was not finished."""
        if self._temporary:
            try:  # noqa: SIM105  contextlib costs 2 ms
                os.unlink(self._temporary)
            except FileNotFoundError:
                pass  # its directory went away
            self._temporary = ""
        if self._fd > 2:
            os.close(self._fd)
            self._fd = -1

    def seconds(self, form: str) -> float | None:
        """Length of the audio, where the bytes tell: WAV, 24 kHz s16le mono PCM, 8 kHz mu-law and A-law."""
        if form == "wav" and len(self.head) == WAV_HEADER:
            per_second = int.from_bytes(self.head[28:32], "little")
            return (self.size - WAV_HEADER) / per_second if per_second else None
        rates = {"pcm": 48_000, "ulaw": 8_000, "alaw": 8_000}
        return self.size / rates[form] if form in rates else None

    def _standard_output(self) -> int:
        if sys.stdout is None:
            raise VoxError("the standard output is closed")
        if os.isatty(1):
            raise UsageError("audio on a terminal is only noise: use -o FILE, or pipe it on")
        return 1

    def _open(self, name: str) -> int:
        mode = 0o666
        try:
            there = os.stat(name).st_mode
        except FileNotFoundError:
            there = 0
        if stat.S_ISREG(there):
            mode = stat.S_IMODE(there)
        elif there:  # by its own name: where /dev/fd/N of a pipe leads has none
            return os.open(name, os.O_WRONLY | os.O_CLOEXEC)
        self._target = target = os.path.realpath(name)
        temporary = os.path.join(os.path.dirname(target), f".vox-{os.urandom(6).hex()}.part")
        fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        self._temporary = temporary
        return fd

    def _write_sizes(self) -> None:
        """Replace the sizes of a streamed WAV, where they fit in their 32 bits."""
        header = self.head
        if header[:4] != b"RIFF" or self.size >= 0xFFFFFFFF:
            return
        if header[4:8] == UNKNOWN:
            os.pwrite(self._fd, (self.size - 8).to_bytes(4, "little"), 4)
        if header[36:44] == b"data" + UNKNOWN:
            os.pwrite(self._fd, (self.size - WAV_HEADER).to_bytes(4, "little"), 40)

    def _failure(self, error: OSError) -> VoxError:
        name = "the standard output" if self.name == "-" else repr(self.name)
        return VoxError(f"can't write {name}: {error.strerror}", code="output_failed")
