"""Tables and code as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One row a line; the cells as narrow as they are."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(text: str) -> str:
    """`text` as code; nothing for an empty one."""
    return f"`{text}`" if text else ""


def fence(text: str, language: str = "text") -> str:
    return f"```{language}\n{text}\n```"
