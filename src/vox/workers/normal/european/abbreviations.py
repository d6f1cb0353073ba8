"""Short forms of words."""

from __future__ import annotations

import re

from vox.workers.normal.european.parts import alternatives
from vox.workers.normal.european.tongue import Tongue
from vox.workers.normal.rule import Rule

# What may stand at the end of a form in the table, and what must then follow it in a text.
_FOLLOWS = {
    "#": r"(?=[ \u00a0]?(?:[0-9]|[IVXLC]+(?!\w)))",
    "^": r"(?=[ \u00a0][^\W\da-zß-ÿ_](?!\.))",
    "~": "",
    "": "",
}
_MARKS = {mark: re.compile(follows) for mark, follows in _FOLLOWS.items()}
_ENDED = re.compile(r"[\"'»”’)\]]{0,3}(?:\s*$|\n)")
_CAPITAL = re.compile(r"[\"'»”’)\]]{0,3}\s+[^\W\d_a-zß-ÿ]")


def abbreviations(tongue: Tongue, numbered: bool) -> tuple[Rule, ...]:
    """A form in the table that ends in "#" needs a number behind it, one in "^" a capital letter; one in "~"
    may not start with a capital, as it is a name then. Those `numbered` come before the numbers are words."""
    forms = [form for form in tongue.abbreviations if form.endswith("#") == numbered]
    said = {form.replace(" ", ""): tongue.abbreviations[form] for form in forms}
    pattern = re.compile(
        rf"(?<![\w.])(?:{'|'.join(_pattern(form) for form in sorted(forms, key=len, reverse=True))})"
    )

    def say(match: re.Match[str]) -> str:
        form = re.sub(r"\s", "", match[0])
        marks = [mark for mark, follows in _MARKS.items() if follows.match(match.string, match.end())]
        words = next((said[form + mark] for mark in marks if form + mark in said), "")
        if not words:
            small = form[0].lower() + form[1:]
            words = next(said[small + mark] for mark in marks if small + mark in said)
            words = words[0].upper() + words[1:]
        return f"{words}." if form.endswith(".") and ends(match, form) else words

    def ends(match: re.Match[str], form: str) -> bool:
        """The full stop is that of the sentence too."""
        if _ENDED.match(match.string, match.end()):
            return True
        return form in tongue.closing and bool(_CAPITAL.match(match.string, match.end()))

    return (Rule("abbreviation", pattern, say),)


def _pattern(form: str) -> str:
    bare = form.rstrip("#^~")
    mark, first = form[len(bare) :], bare[0]
    start = f"[{first}{first.upper()}]" if first.islower() and mark != "~" else re.escape(first)
    end = r"(?!\w)" if bare[-1].isalnum() and bare[-1] not in "ºª" else ""
    return f"{start}{alternatives([bare[1:]])}{end}{_FOLLOWS[mark]}"
