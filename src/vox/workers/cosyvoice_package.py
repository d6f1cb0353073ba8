"""The package `cosyvoice`, imported from its checkout without what only its training needs.

The file that describes a model names the functions of the training too, so all of their modules are imported
with it: Lightning, Arrow, Matplotlib. Nothing of them is called.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from vox.workers.engine import EngineError

HOME = "https://github.com/FunAudioLLM/CosyVoice"
_SETTING = "engines.cosyvoice.option.source"
_MATCHA = "third_party/Matcha-TTS"
_UNUSED = (
    "lightning", "lightning.pytorch", "lightning.pytorch.utilities", "matplotlib", "matplotlib.pylab",
    "modelscope", "pyarrow", "pyarrow.parquet", "pyworld",
)  # fmt: skip
"""Modules that only have to be there."""


class _StandIn(ModuleType):
    """Has every name: a decorator that does nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, None)  # others look whether it is there

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *given: given[0] if given else None


def checkout(setting: str) -> Path:
    """The directory that the user has named. Raises `EngineError` where it isn't what it should be."""
    if not setting:
        message = (
            f"cosyvoice runs from a checkout of {HOME}; make one with git clone --recursive, then run: "
            f"vox config set {_SETTING} DIRECTORY"
        )
        raise EngineError(message, code="not_installed")
    source = Path(setting).expanduser()
    if not (source / "cosyvoice/cli/cosyvoice.py").is_file():
        message = f"{_SETTING} is {source}, which is no checkout of {HOME}"
        raise EngineError(message, code="not_installed")
    if not (source / _MATCHA / "matcha/__init__.py").is_file():
        message = f"{source / _MATCHA} is empty; run: git -C {source} submodule update --init"
        raise EngineError(message, code="not_installed")
    return source


def bring(source: Path) -> Any:
    """The module `cosyvoice.cli.cosyvoice` of a `checkout`. Raises `EngineError` where a package is
    missing."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TQDM_DISABLE="1")
    for place in (source / _MATCHA, source):
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
    try:
        with training_left_out(), _logging_as_it_was():
            module = importlib.import_module("cosyvoice.cli.cosyvoice")
            vars(importlib.import_module("torchaudio"))["load"] = _load
    except ImportError as error:
        message = f"a package of cosyvoice can't be used: {error}; run: vox engine install cosyvoice"
        raise EngineError(message, code="not_installed") from None
    return module


@contextmanager
def training_left_out() -> Iterator[None]:
    """Modules that do nothing in the place of those not used, unless they are there already."""
    missing = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update({name: _StandIn(name) for name in missing})
    spec = importlib.util.find_spec("matcha.utils")
    if spec is not None and "matcha.utils" not in sys.modules:  # its __init__ imports all of them
        utils = importlib.util.module_from_spec(spec)
        sys.modules["matcha.utils"] = vars(sys.modules["matcha"])["utils"] = utils
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """Upstream has the root logger write everything on stderr, every text among it."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        for handler in set(root.handlers).difference(handlers):
            root.removeHandler(handler)


def _load(path: str, **_: Any) -> tuple[Any, int]:
    """What `torchaudio.load` gives, for a WAV file of 16 bits: it would need another package to read files.
    float32[channels, samples] from -1 to 1, and Hz."""
    import numpy as np
    import torch

    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        shape, rate = (-1, file.getnchannels()), file.getframerate()
    return torch.from_numpy(data.reshape(shape).T.astype(np.float32) / 32768), rate
