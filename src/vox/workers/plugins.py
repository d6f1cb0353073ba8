"""Which code a worker runs: one of the four services of vox's own, or an engine from its file."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from vox.workers.service import Listener, Piping, Service, Speaker


def load_service(name: str, path: str | None) -> Service | Piping:
    """The service called `name`; with a `path`, the engine of that file. Imports nothing of the others."""
    if path is not None:
        engine = load_engine(name, path)
        return Listener(engine) if hasattr(engine, "transcribe") else Speaker(name, path, engine)
    if name == "codec":
        from vox.workers.codec import Codec

        return Codec()
    if name == "decoder":
        from vox.workers.decoder import Decoder

        return Decoder()
    if name == "player":
        from vox.workers.player import Player

        return Player()
    if name == "text":
        from vox.workers.text import TextService

        return TextService()
    raise ValueError(f"no worker is called {name!r}")


def load_engine(name: str, path: str) -> Any:
    """An instance of the class that the file at `path` calls `ENGINE`, an `Engine` or a `Transcriber`. Raises
    what importing it raises."""
    spec = importlib.util.spec_from_file_location(f"vox_engine_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.ENGINE()
