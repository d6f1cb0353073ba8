"""What vox costs on top of VoXtream2's own calls: `python bench/engines/voxtream.py [--full] [--model DIR]`,
inside the engine's environment; prints JSON.

The floor of a load is the package's own, in a process of its own: with all that it imports where that is
installed, else without what this engine does without too, which is quicker than it really is.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]  # else the package is this file
os.environ |= {"NO_TORCH_COMPILE": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # as the engine and its header have it

from bench.engines.timing import first_and_last
from tests.models import voxtream as models
from vox.workers import engines, voxtream_package
from vox.workers.engine import Model, Reference, Segment
from vox.workers.pcm import s16le
from vox.workers.plugins import load_engine

PATH = str(Path(engines.__path__[0], "voxtream.py"))
TEXT = "In general, some method is then needed to evaluate each approximation."
FRAMES = 8
"""Of 80 ms, by which the real-time factor is measured."""
IMPORTED = ("g2p_en", "nltk", "pyloudnorm", "silero_vad", "transformers", "datasets", "blobfile")
"""By the package, for what this engine does without."""
RUNS = 15
LOADS = 3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--model", type=Path, help="a full model that is there already")
    parser.add_argument("--load", choices=("ours", "own"))
    given = parser.parse_args()
    if given.load:
        print(json.dumps(_load(given.load, given.model)))
        return
    with tempfile.TemporaryDirectory() as place:
        rows = _full(given.model or Path(place, "full")) if given.full else []
        rows = _added(models.build(Path(place, "tiny"))) + rows
    print(json.dumps({"engine": "voxtream", "rows": rows}))


def _row(what: str, value: float, unit: str, limit: float | None = None, floor: float | None = None) -> Any:
    return {"what": what, "value": value, "unit": unit, "limit": limit, "floor": floor}


def _added(directory: Path) -> list[Any]:
    """With a tiny model, run by run by turns."""
    from voxtream.utils.generator import set_seed

    engine = load_engine("voxtream", PATH)
    engine.load(Model("2", str(directory), "cpu", {}), lambda share, stage: None)
    prompt = engine.enroll(Reference("a" * 64, str(directory / "sample.wav"), "", ""))
    path = engine._file(prompt)

    def own() -> Iterator[bytes]:
        set_seed(1)
        for samples, _ in engine._generator.generate_stream(prompt_audio_path=path, text=TEXT):
            yield s16le(samples)

    def ours() -> Iterator[bytes]:
        return engine.speak(Segment(TEXT, "me", "en", 1.0, 1, {}, prompt=prompt))  # type: ignore[no-any-return]

    if b"".join(own()) != b"".join(ours()):
        raise RuntimeError("it is not the same sound")
    times: dict[str, list[tuple[float, float]]] = {"own": [], "ours": []}
    for _ in range(RUNS):
        times["own"].append(first_and_last(own))
        times["ours"].append(first_and_last(ours))
    first, whole = ({side: median(run[n] for run in runs) for side, runs in times.items()} for n in (0, 1))
    share = median(b[1] / a[1] for a, b in zip(times["own"], times["ours"], strict=True)) - 1
    return [
        _row("a sentence, tiny: vox adds", 100 * share, "%", 2),
        _row("a sentence, tiny: whole", 1000 * whole["ours"], "ms", None, 1000 * whole["own"]),
        _row("a sentence, tiny: first frame", 1000 * first["ours"], "ms", None, 1000 * first["own"]),
        _row("a sentence, tiny: first frame, vox adds", 1000 * (first["ours"] - first["own"]), "ms", 3),
    ]


def _full(directory: Path) -> list[Any]:
    if not directory.exists():
        _python(str(Path(models.__file__)), str(directory), "--full")
    loads: dict[str, list[Any]] = {"own": [], "ours": []}
    for _ in range(LOADS):
        for side, done in loads.items():
            done.append(_python(__file__, "--load", side, "--model", str(directory)))
    ours, own = (median(load["seconds"] for load in loads[side]) for side in ("ours", "own"))
    said = loads["ours"][0]
    of = "" if loads["own"][0]["whole"] else " without what vox does without"
    return [
        _row(f"full size: load, of the package's own{of}", ours / own, "×", 0.5),
        _row("full size: load, with a warm-up", ours, "s", None, own),
        _row("full size: memory after the load", said["loaded"], "MB", None, loads["own"][0]["loaded"]),
        _row("full size: a voice made of 4 s", said["enroll"], "s"),
        _row("full size: first frame", median(load["first"] for load in loads["ours"]), "s"),
        _row("full size: real-time factor", median(load["factor"] for load in loads["ours"]), "×"),
        _row("full size: peak memory", max(load["peak"] for load in loads["ours"]), "MB"),
    ]


def _python(*arguments: str) -> Any:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]) if "--load" in arguments else None


def _load(side: str, directory: Path) -> dict[str, Any]:
    """In a process of its own."""
    begin = time.perf_counter()
    engine = load_engine("voxtream", PATH)
    if side == "own":
        whole = _load_as_the_package_does(directory)
        return {"seconds": time.perf_counter() - begin, "loaded": _peak(), "whole": whole}
    engine.load(Model("2", str(directory), "cpu", {}), lambda share, stage: None)
    seconds, loaded = time.perf_counter() - begin, _peak()
    begin = time.perf_counter()
    prompt = engine.enroll(Reference("a" * 64, str(directory / "sample.wav"), "", ""))
    enroll = time.perf_counter() - begin
    speech = engine.speak(Segment(TEXT, "me", "en", 1.0, 1, {}, prompt=prompt))
    first, last = first_and_last(lambda: islice(speech, 1 + FRAMES))
    return {"seconds": seconds, "loaded": loaded, "enroll": enroll, "first": first,
            "factor": (last - first) / (FRAMES * 0.08), "peak": _peak()}  # fmt: skip


def _load_as_the_package_does(directory: Path) -> bool:
    """As its README has it, but from `directory`. Returns whether all packages are there that it imports."""
    whole = all(map(find_spec, IMPORTED))
    with ExitStack() as stack:
        if not whole:
            stack.enter_context(voxtream_package._stand_ins())
            voxtream_package.llama()
        from voxtream import generator
        from voxtream.utils.text import phonemizer

        voxtream_package._phonemes_from_library(phonemizer)
        module = sys.modules["vox_engine_voxtream"]
        stack.enter_context(module._from(directory, "cpu", generator))
        generator.SpeechGenerator(generator.SpeechGeneratorConfig(**module._FILES, **module._CONFIG), {})
    return whole


def _peak() -> float:
    """MB of resident memory, at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
