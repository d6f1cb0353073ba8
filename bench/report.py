"""What a benchmark says: figures beside their goals, as rows of one table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    what: str
    figure: str
    goal: str
    met: bool | None
    """None where the figure is only there to be read beside the others."""


def at_most(what: str, figure: float, goal: float, unit: str) -> Row:
    return Row(what, f"{figure:.3g} {unit}", f"≤ {goal:g} {unit}", figure <= goal)


def beside(what: str, figure: str) -> Row:
    """A floor, or an explanation."""
    return Row(what, figure, "", None)


def percentile(values: Sequence[float], share: float) -> float:
    """`share` from 0 to 1; the nearest rank."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    marks = {True: "yes", False: "**no**", None: ""}
    lines = ["| what | measured | goal | met |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {r.what} | {r.figure} | {r.goal} | {marks[r.met]} |" for r in rows])
