"""ONNX Runtime for the engines that run on it: opened with what a shared machine wants, and stopped in
mid-run."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort

from vox.workers.engine import EngineError

_log = logging.getLogger(__name__)

FAILURES = (
    ort.EPFail, ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.InvalidProtobuf, ort.NoSuchFile,
    ort.NotImplemented, ort.RuntimeException,
)  # fmt: skip
"""What onnxruntime raises; its exceptions have no base of their own."""
_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "mps": "CoreMLExecutionProvider",
}


class Session:
    """An onnxruntime session whose runs end early, by one of `FAILURES`, once `options.terminate` is set."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.options = onnxruntime.RunOptions()

    def run(self, outputs: list[str] | None, inputs: dict[str, Any]) -> Any:
        return self._session.run(outputs, inputs, self.options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def open_session(engine: str, graph: Path, device: str) -> Session:
    """The graph on `device` ("auto", "cpu", "cuda", "mps"). Raises `EngineError`: `model_broken` for a file
    that is no graph, `not_installed` for a device that this onnxruntime was not built for."""
    provider = _provider(engine, device)
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False  # else the memory of the longest run is kept
    threads = os.environ.get("OMP_NUM_THREADS", "")
    options.intra_op_num_threads = int(threads) if threads.isdigit() else 0  # 0: the physical cores
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        providers = list(dict.fromkeys((provider, _PROVIDERS["cpu"])))
        session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
    except FAILURES as error:
        raise broken(engine, graph, error) from None
    if provider not in session.get_providers():
        if device != "auto":
            raise EngineError(f"onnxruntime could not start on {device!r}; its log says why")
        _log.warning("onnxruntime could not start %s and runs on the CPU", provider)
    return Session(session)


def broken(engine: str, path: Path, reason: object) -> EngineError:
    """The error for a file of a model that can't be used."""
    return EngineError(f"{path} can't be used: {reason}; run: vox pull {engine}", code="model_broken")


def _provider(engine: str, device: str) -> str:
    available = onnxruntime.get_available_providers()
    if device == "auto":
        device = "cuda" if _PROVIDERS["cuda"] in available else "cpu"
    if _PROVIDERS.get(device) not in available:
        message = f"this onnxruntime can't run on {device!r}; set engines.{engine}.device to auto or cpu"
        raise EngineError(message, code="not_installed")
    return _PROVIDERS[device]
