"""What vox costs on top of the package qwen-tts: `python bench/engines/qwen.py [--full] [--size 0.6b]
[--model DIR]`, inside the engine's environment; prints JSON.

The floor is the package's own call with the same chunks: a hook on its talker and a decode of each window, in
the thread that asks.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from bench.engines.timing import first_and_last
from tests.models import qwen as models
from vox.workers import engines
from vox.workers.engine import EngineError, Model, Segment
from vox.workers.pcm import s16le
from vox.workers.plugins import load_engine

PATH = str(Path(engines.__path__[0], "qwen.py"))
TEXT = "In general, some method is then needed to evaluate each approximation."
SPEAKER = "ryan"
FRAME, CONTEXT = 1920, 25
"""Samples; frames that the codec hears before a window."""
SEED = 0
RUNS, LOADS = 15, 15
SECONDS = 4.0
"""Of speech of the full model, which does not end by itself."""


class Handed(Exception):
    """The floor has what it wants."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--size", default="0.6b", choices=list(models.SIZES))
    parser.add_argument("--model", type=Path, help="a full model that is there already")
    parser.add_argument("--speak", action="store_true", help="load the model and speak, in this process")
    given = parser.parse_args()
    if given.speak:
        print(json.dumps(_speak(given.model)))
        return
    torch.set_num_threads(1)  # the model is tiny
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place, "tiny")
        models.build(directory)
        rows = _loads(directory) + _added(directory)
        if given.full:
            rows += _full(given.size, given.model or Path(place, "full"))
    print(json.dumps({"engine": "qwen", "rows": rows}))


def _row(what: str, value: float, unit: str, limit: float | None = None, floor: float | None = None) -> Any:
    return {"what": what, "value": value, "unit": unit, "limit": limit, "floor": floor}


def _engine(directory: Path) -> Any:
    engine = load_engine("qwen", PATH)
    engine.load(Model("1.7b-customvoice", str(directory), "auto", {}), lambda share, stage: None)
    return engine


def _segment(**options: Any) -> Segment:
    return Segment(TEXT, SPEAKER, "en", 1.0, SEED, options)


def _own(wrapped: Any, frames: int = 1500, most: int = 10**6) -> Iterator[bytes]:
    """The pieces as they would be yielded, but all at the end; the first comes with its time. Stops after
    `most` of them."""
    codec, sent, size = wrapped.model.speech_tokenizer, 0, 4
    seen: list[Any] = []
    pieces: list[tuple[float, bytes]] = []

    def piece() -> None:
        nonlocal sent, size
        start = max(0, sent - CONTEXT)
        window = torch.stack(seen[start:], dim=1)
        sound = decode({"audio_codes": window})[0][0][(sent - start) * FRAME :]
        pieces.append((time.perf_counter(), s16le(sound)))
        sent, size = len(seen), min(2 * size, 24)
        if len(pieces) == most:
            raise Handed

    def hook(talker: Any, given: Any, output: Any) -> None:
        if output.hidden_states[1] is None:
            return
        seen.append(output.hidden_states[1])
        if len(seen) - sent >= size:
            piece()

    decode = codec.decode
    handle = wrapped.model.talker.register_forward_hook(hook)
    codec.decode = lambda encoded: ([np.zeros(0, np.float32)], 24000)
    try:
        torch.manual_seed(SEED)
        wrapped.generate_custom_voice(TEXT, SPEAKER, "English", max_new_tokens=frames + 1)
        if sent < len(seen):
            piece()
    except Handed:
        pass
    finally:
        handle.remove()
        del codec.decode
    times.append(pieces[0][0])
    yield from (sound for _, sound in pieces)


times: list[float] = []
"""When the first pieces of `_own` were there."""


def _added(directory: Path) -> list[Any]:
    engine = _engine(directory)
    if b"".join(_own(engine._wrapped)) != b"".join(engine.speak(_segment())):
        raise RuntimeError("it is not the same sound")
    runs: dict[str, list[tuple[float, float]]] = {"own": [], "ours": []}
    for _ in range(RUNS):
        begin = time.perf_counter()
        list(_own(engine._wrapped))
        runs["own"].append((times[-1] - begin, time.perf_counter() - begin))
        runs["ours"].append(first_and_last(lambda: engine.speak(_segment())))
    first, whole = ({side: median(run[n] for run in done) for side, done in runs.items()} for n in (0, 1))
    pairs = list(zip(runs["own"], runs["ours"], strict=True))
    later = median(ours[0] - own[0] for own, ours in pairs)
    share = median(ours[1] / own[1] for own, ours in pairs) - 1
    return [
        _row("6 s of speech, tiny: vox adds", 100 * share, "%", 2),
        _row("6 s of speech, tiny: whole", 1000 * whole["ours"], "ms", None, 1000 * whole["own"]),
        _row("6 s of speech, tiny: first piece", 1000 * first["ours"], "ms", None, 1000 * first["own"]),
        _row("6 s of speech, tiny: first piece, vox adds", 1000 * later, "ms", 3),
    ]


def _loads(directory: Path) -> list[Any]:
    """Loads by turns in this process, in which everything is imported; the floor speaks two pieces, too."""
    from qwen_tts import Qwen3TTSModel

    taken: dict[str, list[float]] = {"own": [], "ours": []}
    for turn in range(LOADS + 1):
        begin = time.perf_counter()
        wrapped = Qwen3TTSModel.from_pretrained(
            str(directory), device_map="cpu", dtype=torch.float32, attn_implementation="sdpa"
        )
        list(_own(wrapped, most=2))
        between = time.perf_counter()
        _engine(directory).close()
        if turn:  # the first imports
            taken["own"].append(between - begin)
            taken["ours"].append(time.perf_counter() - between)
    own, ours = median(taken["own"]), median(taken["ours"])
    share = median(ours / own for own, ours in zip(taken["own"], taken["ours"], strict=True))
    return [
        _row("load and first two pieces, tiny: of the package's own", share, "×", 1.05),
        _row("load and first two pieces, tiny", 1000 * ours, "ms", None, 1000 * own),
    ]


def _full(size: str, directory: Path) -> list[Any]:
    if not directory.exists():
        maker = str(Path(models.__file__))
        subprocess.run(
            [sys.executable, maker, str(directory), "--full", "--size", size], check=True, stdout=2
        )
    command = [sys.executable, __file__, "--speak", "--model", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    said = json.loads(done.stdout.splitlines()[-1])
    return [
        _row(f"{size}: load, with imports and a warm-up", said["load"], "s"),
        _row(f"{size}: memory after the load", said["loaded"], "MB"),
        _row(f"{size}: first piece, 0.32 s", said["first"], "s"),
        _row(f"{size}: real-time factor", said["factor"], "×"),
        _row(f"{size}: peak memory", said["peak"], "MB"),
    ]


def _speak(directory: Path) -> dict[str, Any]:
    """In a process of its own, as the peak of memory is a process's."""
    begin = time.perf_counter()
    engine = _engine(directory)
    load, loaded = time.perf_counter() - begin, _peak()

    def speak() -> Iterator[bytes]:
        try:
            yield from engine.speak(_segment(max_seconds=SECONDS))
        except EngineError:  # it was not done
            return

    first, all_of_it = first_and_last(speak)
    return {"load": load, "loaded": loaded, "first": first, "factor": all_of_it / SECONDS, "peak": _peak()}


def _peak() -> float:
    """MB of resident memory, at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
