"""What is done inside an environment in the making: packages in, files out, and the proof that it works. The
gateway itself never imports it."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from glob import glob
from typing import IO
from urllib.parse import urlsplit

from vox.config import Config
from vox.errors import VoxError
from vox.gateway.fleet import envs
from vox.gateway.fleet.catalog import EngineSpec

Report = Callable[[str], None]
"""Takes one line about what goes on."""

_PATIENCE = 10
"""Seconds for an answer of the index that has torch for the CPU; the usual index is there too."""


class Build:
    """One environment in the making, in `directory`, for `device` ("": for all). Whatever it starts inherits
    the descriptor `lock`."""

    def __init__(
        self,
        spec: EngineSpec,
        config: Config,
        device: str,
        *,
        directory: str,
        lock: int,
        log: IO[str],
        report: Report,
    ) -> None:
        self._spec = spec
        self._device = device
        self._index = config.torch_index if device == "cpu" and sys.platform == "linux" else ""
        self._environment = envs.environment(envs.variables(spec, config))
        self._python = os.path.join(directory, "bin", "python")
        self._directory = directory
        self._lock = lock
        self._log = log
        self._report = report
        self._uv = shutil.which("uv")

    def run(self, interpreter: str) -> None:
        """All of it. Raises `VoxError`; the log then ends in what had been installed."""
        try:
            self._make(interpreter)
        except VoxError:
            self._log.write(f"packages: {', '.join(self._packages()) or 'none'}\n")
            raise

    def _make(self, interpreter: str) -> None:
        if self._uv:
            self._call(self._uv, "venv", "--python", interpreter, self._directory)
        else:
            # Packages come from our own pip, which saves each environment 12 MB of its own.
            self._call(interpreter, "-I", "-m", "venv", "--without-pip", self._directory)
        held = self._torch()
        if self._spec.dependencies or held:
            self._call(*self._installer(), *self._spec.dependencies, *held)
        if self._spec.install.no_deps:
            self._call(*self._installer(), "--no-deps", *self._spec.install.no_deps)
        self._remove()
        request = {"name": self._spec.name, "path": self._spec.path}
        self._call(*envs.command(self._python, "check", request))

    def _torch(self) -> tuple[str, ...]:
        """Install the device's torch. It comes alone, so that the index of its own is asked for nothing else.
        Returns the requirement by which the next step leaves it as it is and brings what it needs."""
        if self._spec.install.torch is None:
            return ()
        wanted = (*self._installer(), "--no-deps", getattr(self._spec.install.torch, self._device))
        quick = () if self._uv else ("--retries", "1", "--timeout", str(_PATIENCE))
        special = (*wanted, "--extra-index-url", self._index, *quick)
        if not self._index or self._run(*special, patient=False):
            self._call(*wanted)
        version = "".join(self._packages("torch-")).removeprefix("torch ")
        if not version:
            raise self._failure(f"its header's {wanted[-1]!r} is not torch")
        if self._index and "cpu" not in version:
            sentence = f"torch {version} is not marked as made for the CPU: {_shown(self._index)} did not "
            sentence += "answer or has none; what it needs may take gigabytes more"
            self._log.write(sentence + "\n")
            self._report(sentence)
        return (f"torch=={version}",)

    def _packages(self, prefix: str = "") -> list[str]:
        """What is installed so far, as "name version"."""
        found = glob(f"lib/python*/site-packages/{prefix}*.dist-info", root_dir=self._directory)
        names = (os.path.basename(path).removesuffix(".dist-info") for path in found)
        return sorted(name.replace("-", " ") for name in names)

    def _remove(self) -> None:
        """Delete the files that the header wants gone. A pattern without any means that a package is not what
        the header was written for."""
        install = self._spec.install
        (inside,) = glob("lib/python*/site-packages", root_dir=self._directory)
        site = os.path.realpath(os.path.join(self._directory, inside))
        for pattern in install.remove + (install.remove_on_cpu if self._device == "cpu" else ()):
            paths = (os.path.join(site, name) for name in glob(pattern, root_dir=site, recursive=True))
            files = [path for path in paths if os.path.isfile(path)]
            if not files:
                raise self._failure(f"its header removes {pattern!r}, and there is no such file")
            for path in files:
                if os.path.commonpath((site, os.path.realpath(os.path.dirname(path)))) != site:
                    raise self._failure(f"its header removes {pattern!r}, which leads out of site-packages")
                os.unlink(path)

    def _installer(self) -> tuple[str, ...]:
        """What installs packages, to be followed by them."""
        if self._uv:
            return (self._uv, "pip", "install", "--python", self._python)
        if importlib.util.find_spec("pip") is None:
            raise VoxError("there is neither uv nor pip; run: python -m ensurepip", code="install_failed")
        pip = (sys.executable, "-m", "pip", "--python", self._python, "install")
        return (*pip, "--disable-pip-version-check", "--no-input")

    def _call(self, *command: str) -> None:
        """Run a command that has to succeed."""
        reason = self._run(*command)
        if reason:
            raise self._failure(reason)

    def _failure(self, reason: str) -> VoxError:
        sentence = f"engine {self._spec.name!r} was not installed: {reason} (log: {self._log.name})"
        return VoxError(sentence, code="install_failed")

    def _run(self, *command: str, patient: bool = True) -> str:
        """Run a command, every line of which goes to the log and the report. Returns why it failed, or ""."""
        hurry = {} if patient else {"UV_HTTP_TIMEOUT": str(_PATIENCE), "UV_HTTP_RETRIES": "1"}
        self._log.write(f"$ {shlex.join(_shown(word) for word in command)}\n")
        line = ""
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=self._environment | hurry,
            # It writes into the environment even when we are killed: the lock is held as long as that lasts.
            pass_fds=(self._lock,),
        ) as child:
            assert child.stdout is not None
            try:
                for raw in child.stdout:
                    line = raw.rstrip() or line
                    self._log.write(raw)
                    self._report(raw.rstrip())
            except BaseException:
                child.kill()
                raise
        if not child.returncode:
            return ""
        return line.strip() or f"{command[0]} failed with exit code {child.returncode}"


def _shown(word: str) -> str:
    """An address without the password in it: logs are made to be shown to others."""
    if "@" not in word or not word.startswith(("http://", "https://")):
        return word
    parts = urlsplit(word)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
