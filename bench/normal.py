"""Is a text said as it is meant, and how long does it take to write it out?

    python -m bench.normal [LANGUAGE]

Accuracy is the share of the lines of `tests/normal/<language>/<class>.tsv` that come out as one of the ways
that the line gives; with a language, what did not is shown. Times are of the processor, for the same lines
and for segments as long as they get.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from bench.report import Row, at_most, beside, percentile, table
from vox.workers.normal import normalize
from vox.workers.normal.markup import plain

TABLES = Path(__file__).parent.parent / "tests" / "normal"
ANY = "any"
"""Tables that hold for all languages: of markup, compared to the letter."""
GOAL = 0.9
LONGEST = 400
"""Characters: no segment has more (`gateway.text.segment`)."""
LIMIT = 5
"""Milliseconds a sentence."""
BEST_OF = 5
HOSTILE = ("1 ", "a.", "1/", "[](", "Mr. ", "v1.", "$1", "**a ", "@a", "\\")
"""What a pattern that goes back too often would choke on, over and over."""

_PUNCTUATION = re.compile("[\\][.,;:!?…'\"“”„‘’«»‹›(){}¿¡。，、；：！？「」『』（）《》【】·—–]")
_LETTERS = re.compile(r"\b(\w) (?=\w\b)")


class Line(NamedTuple):
    written: str
    said: list[str]
    """Any of them is right."""


class Table(NamedTuple):
    language: str
    kind: str
    lines: list[Line]

    @property
    def share(self) -> float:
        """Of the lines, what comes out right."""
        return 1 - len(list(self.wrong())) / len(self.lines)

    def wrong(self) -> Iterator[tuple[Line, str]]:
        """The lines that come out otherwise, and how."""
        for line in self.lines:
            got = spoken(line.written, self.language)
            if heard(got, self.language) not in {heard(said, self.language) for said in line.said}:
                yield line, got


@lru_cache
def tables() -> list[Table]:
    return [_read(path) for path in sorted(TABLES.glob("*/*.tsv"))]


def _read(path: Path) -> Table:
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    lines = [Line(written.replace("\\n", "\n"), said) for written, *said in rows]
    if path.parent.name == ANY:
        lines = [Line(line.written, [said.replace("\\n", "\n") for said in line.said]) for line in lines]
    return Table(path.parent.name, path.stem, lines)


def spoken(text: str, language: str) -> str:
    return plain(text, frozenset()) if language == ANY else normalize(text, language)


def heard(text: str, language: str) -> str:
    """What two texts that sound alike have in common: neither case nor punctuation; letters that are spelled
    may stand apart or together ("U S", "US"); Chinese and Japanese are written without spaces."""
    if language == ANY:
        return text.rstrip("\n")
    words = _PUNCTUATION.sub("", text.lower().replace("-", " ").replace("\u2011", " ")).split()
    if language.startswith(("zh", "ja")):
        return "".join(words)
    return _LETTERS.sub(r"\1", " ".join(words))


def measure() -> list[Row]:
    rows = [_accuracy(language) for language in dict.fromkeys(t.language for t in tables())]
    texts = [(line.written, t.language) for t in tables() if t.language != ANY for line in t.lines]
    times = sorted(_milliseconds(text, language) for text, language in texts)
    rows += [
        beside(f"ms a sentence, median of {len(times)}", f"{percentile(times, 0.5):.2g} ms"),
        at_most("ms a sentence, slowest", times[-1], LIMIT, "ms"),
        at_most(f"ms a segment of {LONGEST} characters, slowest language", _longest(), LIMIT, "ms"),
    ]
    ratio = max(_growth(text * (20_000 // len(text))) for text in HOSTILE)
    return [*rows, at_most("time for twice as much of the worst English text, in times", ratio, 3, "×")]


def _accuracy(language: str) -> Row:
    shares = {chosen.kind: chosen.share for chosen in tables() if chosen.language == language}
    worst = min(shares, key=lambda kind: shares[kind])
    figure = f"{shares[worst]:.1%} ({worst}) of {len(shares)}"
    return Row(f"{language}: worst class", figure, f"≥ {GOAL:.0%}", shares[worst] >= GOAL)


def _milliseconds(text: str, language: str) -> float:
    """Of the processor, the best of a few."""
    best = float("inf")
    for _ in range(BEST_OF):
        start = time.thread_time()
        normalize(text, language)
        best = min(best, time.thread_time() - start)
    return best * 1000


def _longest() -> float:
    slowest = 0.0
    for language in {t.language for t in tables()} - {ANY}:
        text = " ".join(line.written for t in tables() if t.language == language for line in t.lines)
        pieces = [text[at : at + LONGEST] for at in range(0, len(text), LONGEST)]
        slowest = max(slowest, *(_milliseconds(piece, language) for piece in pieces))
    return slowest


def _growth(text: str) -> float:
    return _milliseconds(text * 2, "en") / _milliseconds(text, "en")


def matrix() -> str:
    """Accuracy by language and class, in Markdown."""
    shares = {(t.language, t.kind): f"{t.share:.1%}" for t in tables()}
    languages = list(dict.fromkeys(language for language, _ in shares))
    kinds = sorted({kind for _, kind in shares})
    lines = [f"| class | {' | '.join(languages)} |", f"|---|{'---|' * len(languages)}"]
    for kind in kinds:
        figures = (shares.get((language, kind), "") for language in languages)
        lines.append(f"| {kind} | {' | '.join(figures)} |")
    return "\n".join(lines)


def main() -> None:
    for language in sys.argv[1:]:
        for chosen in tables():
            if chosen.language == language:
                for line, got in chosen.wrong():
                    print(f"{chosen.kind}: {line.written!r}\n   {got!r}\n   {' | '.join(line.said)}")
    print(f"{matrix()}\n\n{table(measure())}")


if __name__ == "__main__":
    main()
