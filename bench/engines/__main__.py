"""What the heavy engines cost: `python -m bench.engines [--full] [--write] [ENGINE...]`.

Each `bench/engines/ENGINE.py` runs in the environment of its engine and prints its figures as JSON: what vox
adds to the engine's own calls, on small models of random weights; with `--full` also how fast the engine is
here, on random weights of the real dimensions, which takes minutes and gigabytes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from bench.report import Row, table
from tests.environments import inside

HERE = Path(__file__).parent
RESULTS = HERE.parent / "ENGINES.md"
HEAD = """# Engines

What `python -m bench.engines --write` measured when this page was written, in one run on {cores} cores
without a GPU: with weights of random numbers, which cost what real ones cost and sound like nothing. A limit
stands beside the floor of the same run: the engine's own call, with the same chunks.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*")
    parser.add_argument("--full", action="store_true", help="models of the real size too")
    parser.add_argument("--write", action="store_true", help="write bench/ENGINES.md too")
    given = parser.parse_args()
    known = sorted(path.stem for path in HERE.glob("[a-z]*.py"))
    page = HEAD.format(cores=len(os.sched_getaffinity(0)))
    for name in given.engines or known:
        print(f"{name} …", file=sys.stderr, flush=True)
        done = inside(name.replace("_", "-"), f"bench/engines/{name}.py", *(["--full"] if given.full else []))
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)
            return 1
        lines = done.stdout.splitlines()  # of which the package may have printed the first
        rows = json.loads("\n".join(lines[[line[:1] for line in lines].index("{") :]))["rows"]
        page += f"\n## {name}\n\n{table([_row(row) for row in rows])}\n"
    print(page)
    if given.write:
        RESULTS.write_text(page)
    return 0


def _row(row: dict[str, Any]) -> Row:
    value, unit, limit = row["value"], row.get("unit", ""), row.get("limit")
    floor = row.get("floor") or ""
    if isinstance(floor, int | float):
        floor = f"{floor:.4g} {unit}"
    floor = f" (floor {floor})" if floor else ""
    figure = f"{value:.4g} {unit}{floor}" if isinstance(value, int | float) else str(value)
    goal = f"≤ {limit:g} {unit}" if limit is not None else ""
    return Row(row["what"], figure, goal, value <= limit if limit is not None else None)


if __name__ == "__main__":
    sys.exit(main())
