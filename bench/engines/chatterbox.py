"""What the adapter adds to chatterbox-tts itself; run inside the engine's environment, with wire and workers
on PYTHONPATH:

    python bench/engines/chatterbox.py [--type english|multilingual|turbo] [--full] [--runs N]

Tiny random weights by default, with which everything but the model weighs most; in CPU time, and the best of
the runs, as what else the machine does can only add. `floor` is the package alone. `--full` measures load,
first chunk, real-time factor and peak memory with random weights of the real size instead, which take 3.2 GB
below the system's temporary directory while it runs. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[2])  # instead of this folder, where this file is "chatterbox"
warnings.simplefilter("ignore")

import torch  # noqa: E402

from tests.models import chatterbox as models  # noqa: E402
from vox.workers.engine import Model, Segment  # noqa: E402
from vox.workers.engines.chatterbox import Chatterbox  # noqa: E402

TEXT = "Hello there, my friend."
FIRST = 20
"""Tokens before the first chunk."""
Row = dict[str, Any]


class Enough(Exception):
    pass


class Own:
    """The package, as a program without vox would call it."""

    def __init__(self, directory: Path, kind: str) -> None:
        self.model = models.load(directory, kind)
        self._given = {"language_id": "en"} if kind == "multilingual" else {}
        self._steps = 2 if kind == "turbo" else 10
        self._conds = self.model.conds

    def whole(self) -> int:
        """Samples made."""
        torch.manual_seed(1)
        return int(self.model.generate(TEXT, **self._given).shape[1])

    def first(self) -> None:
        """The shortest way to the sound of the first tokens."""
        tokens: list[Any] = []

        def token(module: Any, args: Any) -> None:
            if args[0].shape == (1, 1):
                tokens.append(args[0])
                if len(tokens) > FIRST:
                    raise Enough

        hook = self.model.t3.speech_emb.register_forward_pre_hook(token)
        torch.manual_seed(1)
        with contextlib.suppress(Enough):
            self.model.generate(TEXT, **self._given)
        hook.remove()
        with torch.inference_mode():
            said = torch.cat(tokens[1:], dim=1)[0]
            sound, _ = self.model.s3gen.inference(said, ref_dict=self._conds.gen, n_cfm_timesteps=self._steps)
            self.model.watermarker.apply_watermark(sound.squeeze(0).cpu().numpy(), sample_rate=24000)


def loaded(directory: Path, kind: str) -> Chatterbox:
    engine = Chatterbox()
    engine.load(Model(kind, str(directory), "cpu", {}), lambda share, stage: None)
    return engine


def segment(**options: Any) -> Segment:
    return Segment(TEXT, "default", "en", 1.0, 1, options)


def whole(engine: Chatterbox) -> int:
    return sum(map(len, engine.speak(segment(first_chunk_size=1000)))) // 2


def first(engine: Chatterbox) -> float:
    """Seconds of CPU time to the first chunk; ends the rest."""
    stream = engine.speak(segment(first_chunk_size=FIRST))
    start = time.process_time()
    next(stream)
    took = time.process_time() - start
    stream.close()
    return took


def timed(call: Callable[[], Any]) -> float:
    """Seconds of CPU time."""
    start = time.process_time()
    call()
    return time.process_time() - start


def overhead(directory: Path, kind: str, runs: int) -> list[Row]:
    own, engine = Own(directory, kind), loaded(directory, kind)
    assert own.whole() == whole(engine)
    wholes = compare(lambda: timed(own.whole), lambda: timed(lambda: whole(engine)), runs)
    firsts = compare(lambda: timed(own.first), lambda: first(engine), runs)
    loads = compare(
        lambda: timed(lambda: Own(directory, kind).first()),
        lambda: timed(lambda: loaded(directory, kind)),
        runs // 3,
    )
    return [
        row("whole utterance, over the package's own call", wholes[1] / wholes[0], "x", 1.02, wholes[0]),
        row("first chunk, over the same with bare hands", 1000 * (firsts[1] - firsts[0]), "ms", 3, firsts[0]),
        row("load with warm-up, over the package's own", loads[1] / loads[0], "x", 1.05, loads[0]),
    ]


def compare(own: Callable[[], float], ours: Callable[[], float], runs: int) -> tuple[float, float]:
    """The best of both, run in turns, each first every other time."""
    took: tuple[list[float], list[float]] = ([], [])
    for run in range(runs):
        for which in (0, 1) if run % 2 else (1, 0):
            took[which].append((own, ours)[which]())
    return min(took[0]), min(took[1])


def row(what: str, value: float, unit: str, limit: float | None, floor: float | None) -> Row:
    """`floor` in seconds."""
    least = None if floor is None else f"{floor * 1000:.0f} ms"
    return {"what": what, "value": round(value, 3), "unit": unit, "limit": limit, "floor": least}


def full(directory: Path, kind: str) -> list[Row]:
    start = time.perf_counter()
    engine = loaded(directory, kind)
    load = time.perf_counter() - start
    start = time.perf_counter()
    stream = engine.speak(segment(first_chunk_size=FIRST))
    samples = len(next(stream)) // 2
    chunk = time.perf_counter() - start
    samples += sum(map(len, stream)) // 2
    factor = (time.perf_counter() - start) / (samples / 24000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    on = f", full size, {torch.get_num_threads()} CPU threads"
    return [
        row("load" + on, load, "s", None, None),
        row("first chunk" + on, chunk, "s", None, None),
        row("real-time factor" + on, factor, "x", None, None),
        row("peak memory" + on, peak, "MB", None, None),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--type", choices=models.KINDS, default="english")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--runs", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(sys.stderr):
        place = Path(directory)
        if given.full:
            model = [models.__file__, directory, "--type", given.type, "--full"]
            subprocess.run([sys.executable, *model], check=True, stdout=sys.stderr)  # its memory is no matter
            rows = full(place, given.type)
        else:
            torch.set_num_threads(1)
            rows = overhead(models.build(place, given.type), given.type, given.runs)
    print(json.dumps({"engine": f"chatterbox/{given.type}", "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
