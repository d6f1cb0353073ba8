"""Short forms in Chinese text. Latin letters stay with the engine; here is what it can't know."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import HAN, after
from vox.workers.normal.rule import Rule

_TITLES = {
    "Dr": "Doctor",
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miss",
    "Prof": "Professor",
    "St": "Saint",
    "Mt": "Mount",
}
_TITLE = re.compile(r"(?<![A-Za-z.])(Dr|Mrs?|Ms|Prof|St|Mt)\.(?=\s?[A-Z])")
_FIRMS = {
    "Co.,Ltd": "有限公司", "Ltd": "有限公司", "Inc": "Incorporated", "Corp": "Corporation",
    "Jr": "Junior", "Sr": "Senior",
}  # fmt: skip
_FIRM = re.compile(r"(?<=[A-Za-z]\s)(Co\.,\s?Ltd|Ltd|Inc|Corp|Jr|Sr)\.")
_LATIN = {
    "etc": "等等",
    "e.g": "例如",
    "i.e": "即",
    "a.k.a": "又名",
    "feat": "featuring",
    "approx": "大约",
    "cf": "参见",
}
_WORD = re.compile(r"(?<![A-Za-z.])(etc|e\.g|i\.e|a\.k\.a|feat|approx|cf)\.(?:,\s?)?", re.IGNORECASE)
_VERSUS = re.compile(r"(?<![A-Za-z])(?:vs|VS|Vs)(?:\.|(?![A-Za-z]))")
_PLACES = (
    ("No", "第", ""), ("Vol", "第", "卷"), ("Ch", "第", "章"), ("Sec", "第", "节"),
    ("Fig", "图", ""), ("Eq", "公式", ""),
    ("pp", "第", "页"), ("p", "第", "页"), ("P", "第", "页"), ("Ver", "版本", ""),
)  # fmt: skip
_PLACE = re.compile(
    r"(?<![A-Za-z.])(No|NO|Vol|VOL|Chap|Ch|Sec|Fig|Eq|pp|p|P|Ver)\.\s?(?=[0-9])([0-9]{1,9}(?:[-\u2013][0-9]{1,9})?)"
)
_NUMERO = re.compile(r"(?:№|(?<![A-Za-z0-9#&])#)\s?([0-9]{1,9})(?![0-9A-Za-z.])")
_INITIALS = re.compile(r"(?<![A-Za-z.])(?:[A-Z]\.){2,12}")
_DEGREES = re.compile(r"(?<![A-Za-z.])(Ph|M|B)\.(D|A|Sc|S)\.(?![A-Za-z])")
_TO = re.compile(r"(?<![A-Za-z0-9])([A-Z])2([A-Z])(?![A-Za-z0-9])")
_SHARP = re.compile(r"(?<![A-Za-z])([CFJ])#(?![0-9])")
_PLUSES = re.compile(r"(?<![A-Za-z])(C|Notepad|c)\+\+")
_AND = re.compile(r"(?<=[A-Za-z])\s?&\s?(?=[A-Za-z])")
_AND_HAN = re.compile(rf"(?<=[A-Za-z0-9{HAN})）\s])\s?&\s?(?=[A-Za-z0-9{HAN}（(])")
_AT = re.compile(rf"(?<![A-Za-z0-9])@(?=[A-Za-z{HAN}])")
_SLASH = re.compile(r"(?<=[A-Z])/(?=[A-Z])")
_TO_SIDES = frozenset("BCGPOFDM")


def _place(match: re.Match[str]) -> str:
    start, end = next(
        (start, end) for name, start, end in _PLACES if match[1].lower().startswith(name.lower())
    )
    return f"{start}{match[2]}{end}"


def _initials(match: re.Match[str]) -> str:
    """The last full stop of "U.S." is the sentence's, too, at its end."""
    return match[0].replace(".", "") + ("" if after(match, 1) else ".")


def _to(match: re.Match[str]) -> str | None:
    return f"{match[1]} to {match[2]}" if {match[1], match[2]} <= _TO_SIDES else None


RULES = (
    Rule("abbreviation", _WORD, lambda match: _LATIN[match[1].lower()]),
    Rule("abbreviation", _TITLE, lambda match: _TITLES[match[1]]),
    Rule("abbreviation", _FIRM, lambda match: _FIRMS[match[1].replace(" ", "")]),
    Rule("abbreviation", _VERSUS, lambda match: "对"),
    Rule("abbreviation", _PLACE, _place),
    Rule("abbreviation", _NUMERO, lambda match: f"{match[1]}号"),
    Rule("abbreviation", _DEGREES, lambda match: match[1] + match[2]),
    Rule("abbreviation", _INITIALS, _initials),
    Rule("abbreviation", _TO, _to),
    Rule("abbreviation", _PLUSES, lambda match: f"{match[1]}加加"),
    Rule("abbreviation", _SHARP, lambda match: f"{match[1]} sharp"),
    Rule("abbreviation", _AND, lambda match: " and "),
    Rule("abbreviation", _AND_HAN, lambda match: "和"),
    Rule("abbreviation", _AT, lambda match: "艾特"),
    Rule("abbreviation", _SLASH, lambda match: " "),
)
