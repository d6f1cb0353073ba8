"""Fills the generated blocks of the documentation: `python -m docs.generate`; with `--check` it only looks.

A page is written by hand around blocks that are made from the code. A block is what stands between these two
lines, and the name says what belongs there:

    <!-- generated: NAME -->
    <!-- /generated -->

The result depends on the code alone: not on the machine, the day, the environment, or what is installed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs import commands, facts, operations

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^<!-- generated: (.+?) -->\n.*?^<!-- /generated -->$", re.DOTALL | re.MULTILINE)

Blocks = Mapping[str, Callable[[], str]]
BLOCKS: Blocks = {**facts.BLOCKS, **commands.BLOCKS, **operations.BLOCKS}
"""What a page may ask for: markdown, by the name of the block."""


class Misplaced(Exception):
    """A page asks for a block that there is not, or a block is asked for by no page."""


def pages() -> list[Path]:
    """Every page that may have blocks: those of the root, and all below `docs`."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def fill(text: str, blocks: Blocks) -> str:
    """`text` with the blocks that it asks for. Raises `Misplaced` for a name that is not in `blocks`."""

    def made(found: re.Match[str]) -> str:
        if found[1] not in blocks:
            raise Misplaced(f"there is no block {found[1]!r}; known: {', '.join(blocks)}")
        return f"<!-- generated: {found[1]} -->\n{blocks[found[1]]()}\n<!-- /generated -->"

    return _BLOCK.sub(made, text)


def stale() -> dict[Path, str]:
    """The pages that are not what they should be, and what that is. Raises `Misplaced`."""
    texts = {page: page.read_text(encoding="utf-8") for page in pages()}
    asked = {name for text in texts.values() for name in _BLOCK.findall(text)}
    if missing := [name for name in BLOCKS if name not in asked]:
        raise Misplaced(f"no page has the block {' or '.join(missing)}")
    filled = {page: fill(text, BLOCKS) for page, text in texts.items()}
    return {page: filled[page] for page in texts if filled[page] != texts[page]}


def main(argv: list[str]) -> int:
    if argv not in ([], ["--check"]):
        sys.stderr.write("usage: python -m docs.generate [--check]\n")
        return 2
    try:
        found = stale()
    except Misplaced as error:
        sys.stderr.write(f"docs: {error}\n")
        return 1
    for page, text in found.items():
        sys.stderr.write(f"{'stale' if argv else 'written'}: {page.relative_to(ROOT)}\n")
        if not argv:
            page.write_text(text, encoding="utf-8")
    if argv and found:
        sys.stderr.write("run: make docs\n")
    return 1 if argv and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
