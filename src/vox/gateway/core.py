"""Everything that one gateway has, built once: what the surfaces work with."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from typing import Any

import vox
from vox import config as configuration
from vox import paths
from vox.config import Config
from vox.errors import NotInstalled, VoxError
from vox.gateway.cache import Cache
from vox.gateway.fleet import catalog, envs, weights
from vox.gateway.fleet.catalog import EngineSpec
from vox.gateway.fleet.lifecycle import State
from vox.gateway.fleet.pool import Pool
from vox.gateway.fleet.worker import Worker
from vox.gateway.models import as_configured, named, recipe, variant
from vox.gateway.playback import Playback
from vox.gateway.speak import Desk
from vox.gateway.voices import prompts
from vox.gateway.voices.choose import listed
from vox.wire.messages import VoiceInfo

log = logging.getLogger("vox")


class LiveConfig:
    """The configuration as the file has it now: a broken edit leaves the last good one in force."""

    def __init__(self, overrides: dict[str, Any]) -> None:
        self._overrides = overrides
        self._seen = _stamp()
        self._config = self._load()

    def __call__(self) -> Config:
        return self._config

    def refreshed(self) -> Config:
        """The same, after a look whether the file has changed. Costs one `stat`."""
        seen = _stamp()
        if seen != self._seen:
            self._seen = seen
            try:
                self._config = self._load()
            except VoxError as error:
                log.warning("kept the old configuration: %s", error)
        return self._config

    def _load(self) -> Config:
        config = configuration.load()
        for key, value in self._overrides.items():
            setattr(config, key, value)
        return config


def _stamp() -> tuple[int, int]:
    with suppress(OSError):
        info = os.stat(paths.config_path())
        return info.st_mtime_ns, info.st_size
    return 0, 0


class Gateway:
    """Use inside a running event loop; `close` when done."""

    def __init__(self, config: LiveConfig) -> None:
        """Raises `VoxError` when the configuration or a built-in engine's header is broken."""
        self.config = config
        self.created = int(time.time())
        """Seconds since 1970."""
        self.address: str | None = None
        """Where it listens by TCP; set by whoever runs the server, as is `socket`."""
        self.socket: str | None = None
        self.wyoming: str | None = None
        """Where it listens for Home Assistant."""
        self.calls: dict[str, object] = {}
        """The phone calls that are open, by Twilio's name of the stream."""
        self.stopping = asyncio.Event()
        """Somebody asked for the end."""
        self.catalog = catalog.load()
        self.pool = Pool(config)
        self.cache = Cache(config)
        self.desk = Desk(config, self.catalog, self.pool, self.cache)
        self.playback = Playback(self.desk, self.pool)
        self._started = time.monotonic()

    @property
    def quiet(self) -> bool:
        """Whether nothing runs and nobody waits."""
        return self.pool.quiet and not self.playback.busy

    @property
    def speaking(self) -> bool:
        """Whether an engine, or the loudspeaker, is at work."""
        return self.playback.busy or any(worker.running for worker in self.pool.workers.values())

    def stop(self) -> None:
        self.stopping.set()

    async def close(self) -> None:
        await self.pool.close()
        self.cache.close()

    def engine(self, model: str) -> EngineSpec:
        """The engine behind any `model` that a request may name. Raises `NotFound`."""
        config = self.config()
        return as_configured(self.catalog.find(named(model, config)[0]), config)

    def usable(self) -> list[EngineSpec]:
        """The engines that are installed and speak, in alphabetical order, without those for tests."""
        speaking = [engine for engine in self.catalog.engines.values() if engine.role == "speech"]
        config = self.config()
        shown = [
            as_configured(engine, config)
            for engine in speaking
            if not engine.hidden and envs.installed(engine)
        ]
        return sorted(shown, key=lambda engine: engine.name)

    def has_weights(self, engine: EngineSpec, model: str) -> bool:
        """Whether the model's files are here, or it needs none."""
        try:
            weights.directory(engine, model, self.config())
        except NotInstalled:
            return False
        return True

    def is_light(self, engine: EngineSpec) -> bool:
        return engine.name in self.config().light

    async def voices_of(self, engine: EngineSpec, model: str = "", *, start: bool = False) -> list[VoiceInfo]:
        """The voices of an engine, or of that model of it. Where only its worker knows them and it is not
        light, none, unless `start` allows to start it. Raises `VoxError`."""
        if engine.voices:
            return listed(engine)
        if not (start or self.is_light(engine)):
            return []
        config = self.config()
        made = recipe(engine, variant(engine, model, config), config)
        return await self.desk.voices.of(engine, made)

    def health(self) -> dict[str, Any]:
        """Never waits for anything."""
        config = self.config()
        workers = self._live()
        loaded = [w.name for w in workers if w.recipe.path and w.state is State.READY]
        return {
            "status": "stopping" if self.stopping.is_set() else "ok",
            "uptime": self._uptime(),
            "version": vox.__version__,
            "pid": os.getpid(),
            "address": self.address,
            "socket": self.socket,
            "wyoming": self.wyoming,
            "backend": config.engine,
            "device": config.device,
            "model_loaded": bool(loaded),
            "loaded_models": loaded,
            "vram_usage": sum(worker.memory[1] for worker in workers),
            "queue": self.pool.waiting,
            "presets": list(config.presets),
            "cached_voices": sorted({prompt.voice for prompt in prompts.listed() if prompt.voice}),
        }

    def performance(self) -> dict[str, Any]:
        """Counts and times since the start. A real-time factor below 1 is faster than speech."""
        engines: dict[str, dict[str, float]] = {}
        spoke = [worker for worker in self.pool.workers.values() if worker.spoken]
        for name in {worker.name for worker in spoke}:  # one of other settings has the same name
            spoken = sum(worker.spoken for worker in spoke if worker.name == name)
            worked = sum(worker.worked for worker in spoke if worker.name == name)
            engines[name] = {
                "audio_seconds": round(spoken, 3),
                "real_time_factor": round(worked / spoken, 4),
            }
        counted = self.desk.tally.report() | {"cache_hits": self.cache.hits, "engines": engines}
        return {"uptime": self._uptime(), **counted, **self.processes()}

    def processes(self) -> dict[str, Any]:
        """The live workers: bytes of RAM and VRAM, seconds idle and until they leave."""
        now = asyncio.get_running_loop().time()
        return {"workers": [_describe(worker, now) for worker in self._live()], "queue": self.pool.waiting}

    def _uptime(self) -> float:
        return round(time.monotonic() - self._started, 3)

    def _live(self) -> list[Worker]:
        return [worker for worker in self.pool.workers.values() if worker.pid is not None]


def _describe(worker: Worker, now: float) -> dict[str, Any]:
    rss, vram = worker.memory
    idle = worker.state is State.READY and not worker.running and not worker.leases
    since = now - worker.idle_since if idle else 0.0
    return {
        "name": worker.name,
        "pid": worker.pid,
        "state": worker.state.value,
        "progress": worker.progress if worker.state is State.LOADING else None,
        "rss": rss,
        "vram": vram,
        "running": worker.running,
        "idle": round(since, 1),
        "expires_in": round(worker.keep_alive - since, 1) if idle and worker.keep_alive >= 0 else None,
    }
