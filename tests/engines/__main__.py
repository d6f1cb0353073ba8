"""Tries the heavy engines, each in its own environment: `python -m tests.engines [--changed] [ENGINE...]`.

An environment is built by `vox engine install` where it is missing, which takes minutes and gigabytes; then
`test_ENGINE.py` runs in it. What passed is noted in `passed.json`, by a fingerprint of the code that was
tried; with `--changed` an engine whose code is still the same is left out, which is how CI runs this.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

from tests.environments import ROOT, inside

HERE = Path(__file__).parent
PASSED = HERE / "passed.json"
WORKERS = ROOT / "src" / "vox" / "workers"
SHARED = ("engine", "service", "prompts", "knobs", "tap", "seams", "pcm", "names", "plain", "check")
"""Modules of the workers that engines rest on."""
LIGHT = ("openai", "piper")
"""Tried by `make test`."""
CARD = ("chatterbox-vllm", "qwen-native")
"""Made for a GPU: their environments are several gigabytes of CUDA, so they are tried only when named."""


def heavy() -> list[str]:
    """The engines that have tests of this kind and are neither light nor a card's."""
    names = (path.stem.removeprefix("test_").replace("_", "-") for path in sorted(HERE.glob("test_*.py")))
    return [name for name in names if name not in (*LIGHT, *CARD)]


def fingerprint(engine: str) -> str:
    """Of all code that decides whether the engine's tests pass."""
    stem = engine.replace("-", "_")
    files = [WORKERS / f"{name}.py" for name in SHARED] + sorted(WORKERS.glob(f"{stem}_*.py"))
    files += [WORKERS / "engines" / f"{stem}.py", HERE / f"test_{stem}.py"]
    files += sorted((ROOT / "tests" / "models").glob(f"{stem}*.py"))
    if stem == "qwen_native":
        files += [WORKERS / "qwen_speech.py", *sorted((ROOT / "tests" / "models").glob("qwen*.py"))]
    digest = hashlib.sha256()
    for file in files:
        if file.exists():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engines")
    parser.add_argument("engines", nargs="*", help="all heavy ones if none is named")
    parser.add_argument(
        "--changed", action="store_true", help="only those whose code has changed since they passed"
    )
    given = parser.parse_args()
    passed: dict[str, str] = json.loads(PASSED.read_text()) if PASSED.exists() else {}
    failed = []
    for engine in given.engines or heavy():
        code = fingerprint(engine)
        if given.changed and passed.get(engine) == code:
            print(f"{engine}: passed before with the same code", flush=True)
            continue
        start = time.monotonic()
        done = _try(engine)
        print(f"{engine}: {'passed' if done else 'FAILED'} in {time.monotonic() - start:.0f} s", flush=True)
        if done:
            passed[engine] = code
            PASSED.write_text(json.dumps(passed, indent=1, sort_keys=True) + "\n")
        else:
            failed.append(engine)
    return 1 if failed else 0


def _try(engine: str) -> bool:
    file = f"tests/engines/test_{engine.replace('-', '_')}.py"
    try:
        done: subprocess.CompletedProcess[str] = inside(
            engine, "-m", "pytest", "-q", "-c", "tests/engines/pytest.ini", file
        )
    except AssertionError as error:  # its environment could not be built
        print(error)
        return False
    print("".join(done.stdout.splitlines(keepends=True)[-60 if done.returncode else -1 :]))
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
