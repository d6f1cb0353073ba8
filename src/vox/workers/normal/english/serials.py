"""Names with figures in them: versions, models, rooms, formulas: "A320", "H2O", "3.11.2"."""

from __future__ import annotations

import re
from functools import partial

from vox.workers.normal.english.words import English, one_by_one, plural
from vox.workers.normal.rule import Rule

_VERSION = re.compile(
    r"(?<![\w$])(?<![0-9][.,])(?:(?P<v>[vV])\.?[ ]?)?(?P<n>[0-9]{1,6}(?:\.[0-9]{1,6}){2,6})(?![\w]|\.[0-9])"
    r"|(?<![\w.])(?P<short>v|V(?=[0-9]+\.[0-9]))\.?(?P<m>[0-9]{1,4}(?:\.[0-9]{1,4})?)(?![\w]|\.[0-9])"
)
_RELEASE = re.compile(
    r"\b(?P<name>[Vv]ersion|[Rr]elease|Python|iOS|iPadOS|Android|macOS|Windows|Ubuntu|Node|Java|PHP|Ruby"
    r"|Chrome|Firefox"
    r"|Django|Rails|PyTorch|TensorFlow|CUDA|Kubernetes|Debian|Go|Rust|Swift|Kotlin)[ ](?P<a>[0-9]{1,4})\."
    r"(?P<b>[0-9]{1,4})"
    r"(?![\w]|[.,][0-9])"
)
_PLAN = re.compile(r"(?<![\w.-])(?P<n>[0-9]{3})\((?P<a>[a-z])\)(?:\((?P<b>[0-9])\))?")
_LABELLED = re.compile(
    r"\b(?P<name>Boeing|Xbox|Airbus|[Ff]lights?|[Rr]ooms?|[Rr]outes?|[Hh]ighway|Hwy|[Ii]nterstate|[Bb]us|[Ss]uite"
    r"|[Aa]partment|[Gg]ate"
    r"|[Cc]hannel|[Mm]odel|Porsche|Peugeot|Core|Xeon|Ryzen|[A-Z]{2,4})[ ](?P<n>[1-9][0-9]{2,3})(?:-"
    r"(?P<m>[0-9]{3,4}))?(?![\w%]|[.,:/-][0-9]|[ ][a-z]+s\b)"
)
_LAST = re.compile(
    r"(?P<lead>\b(?:ending|ends|end) (?:in|with) |\blast four(?: digits)?(?: are| is)? )(?P<n>[0-9]{4})"
    r"(?![\w,]|\.[0-9])"
)
_AREA = re.compile(
    r"\b(?P<name>[Aa]rea code|ZIP code|[Zz]ip code|ZIP|PIN|[Pp]in code|[Pp]ostal code|[Pp]asscode|OTP)"
    r"(?P<is>:?[ ](?:is[ ])?)(?P<n>[0-9]{3,8})(?![\w]|[.,][0-9])"
)
_BOOK = re.compile(
    r"\b(?P<name>IS[BS]N|OCLC|LCCN|PMID|DOI|IMEI|VIN)(?P<gap>(?:-1[03])?:?[ ])"
    r"(?P<n>[0-9][0-9 -]{3,20}[0-9X])(?![\w-])"
)
_CARD = re.compile(r"(?<![\w-])(?:[0-9]{4}[ -]){3}[0-9]{4}(?![\w-])")
_FILED = re.compile(r"(?<![\w/.,])(?!24/7/)[0-9]{1,12}(?:/[0-9]{1,12}){2,6}(?![\w/])")
_SERIAL = re.compile(r"(?<![\w-])[0-9A-Za-z]{1,12}(?:-[0-9A-Za-z]{1,12}){3,10}(?![\w-])")
_TOKEN = re.compile(
    r"(?<![\w-])(?<![0-9][.,])(?:[A-Za-z]+-?(?=[0-9])|[0-9]+-?(?=[A-Za-z]))[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
    r"(?![\w])"
)
_HEXADECIMAL = re.compile("[a-f0-9]+")
_RUN = re.compile("[0-9]+|[A-Za-z]+|-")


_WAR = re.compile(r"\bWW(?P<n>II?|[12])\b")
_TICKET = re.compile(r"(?<![\w#&])#[ ]?(?P<n>[0-9]{5,})(?![\w,])")


def first(english: English) -> tuple[Rule, ...]:
    """Those whose parts would be taken for years or measures."""
    says = ((_BOOK, _book), (_LAST, _last), (_AREA, _area), (_CARD, _card), (_SERIAL, _serial))
    return tuple(Rule("number", pattern, partial(say, english)) for pattern, say in says)


def rules(english: English) -> tuple[Rule, ...]:
    says = (
        (_WAR, _war),
        (_TICKET, _ticket),
        (_VERSION, _version),
        (_RELEASE, _release),
        (_PLAN, _plan),
        (_LABELLED, _labelled),
        (_FILED, _filed),
    )
    return tuple(Rule("number", pattern, partial(say, english)) for pattern, say in says)


def last(english: English) -> tuple[Rule, ...]:
    """Behind ordinals and scales: "21st" and "5k" are no names."""
    return (Rule("number", _TOKEN, partial(_token, english)),)


def _war(english: English, match: re.Match[str]) -> str:
    return f"World War {'two' if match['n'] in ('II', '2') else 'one'}"


def _ticket(english: English, match: re.Match[str]) -> str:
    return f"number {one_by_one(match['n'])}"


def _version(english: English, match: re.Match[str]) -> str:
    parts = (match["n"] or match["m"]).split(".")
    said = " point ".join(map(english.cardinal, parts))
    return f"version {said}" if match["v"] or match["short"] else said


def _release(english: English, match: re.Match[str]) -> str:
    return f"{match['name']} {english.cardinal(match['a'])} point {english.cardinal(match['b'])}"


def _plan(english: English, match: re.Match[str]) -> str:
    more = f" {english.cardinal(match['b'])}" if match["b"] else ""
    return f"{english.pairs(match['n'])} {match['a']}{more}"


def _area(english: English, match: re.Match[str]) -> str:
    return f"{match['name']}{match['is']}{one_by_one(match['n'])}"


def _last(english: English, match: re.Match[str]) -> str:
    return match["lead"] + one_by_one(match["n"])


def _book(english: English, match: re.Match[str]) -> str:
    groups = (" ".join(one_by_one(d) or d for d in group) for group in re.split("[ -]", match["n"]))
    gap = re.sub("-1[03]", "", match["gap"])
    return f"{match['name']}{gap}{', '.join(filter(None, groups))}"


def _card(english: English, match: re.Match[str]) -> str | None:
    groups = re.split("[ -]", match[0])
    years = all("1500" < group < "2100" for group in groups)
    return None if years else ", ".join(map(one_by_one, groups))


def _filed(english: English, match: re.Match[str]) -> str:
    return " slash ".join(map(english.label, match[0].split("/")))


def _serial(english: English, match: re.Match[str]) -> str | None:
    """Groups of digits and of a few letters."""
    parts = match[0].split("-")
    words = [part for part in parts if part.isalpha()]
    figures = [part for part in parts if part.isdecimal()]
    if len(figures) < 2 or not words or words == ["X"] or "old" in words or max(map(len, words)) > 3:
        return None
    return " ".join(_token_words(english, part) for part in parts)


def _labelled(english: English, match: re.Match[str]) -> str:
    more = f" {english.label(match['m'])}" if match["m"] else ""
    return f"{match['name']} {english.label(match['n'])}{more}"


def _token(english: English, match: re.Match[str]) -> str:
    return _token_words(english, match[0])


def _token_words(english: English, token: str) -> str:
    """ "F-16s" is F sixteens; "12-year-old" is a number and words."""
    runs = _RUN.findall(token)
    if _is_key(runs):
        return ", ".join(" ".join(one_by_one(sign) or sign for sign in part) for part in token.split("-"))
    said: list[str] = []
    for at, run in enumerate(runs):
        if run == "-":
            continue
        if run[0] not in "0123456789":
            hyphen = said and runs[at - 1] == "-" and len(run) > 2 and run.islower()
            said.append(("-" if hyphen else " ") + run)
            continue
        if at and len(run) > 2 and len(runs[at - 1]) > 1 and runs[at - 1].islower():
            said.append(" " + one_by_one(run))  # "user123"
            continue
        counts = runs[at + 1 : at + 2] == ["-"] and at + 2 < len(runs) and _is_word(runs[at + 2])
        said.append(" " + (english.cardinal(run) if counts else english.label(run)))
    words = "".join(said).strip()
    if runs[-1] == "s" and len(runs) > 1 and runs[-2][0].isdecimal():
        return plural(words.removesuffix(" s"))
    return words


def _is_key(runs: list[str]) -> bool:
    """Whether it is for machines: a checksum, the number of a parcel."""
    signs = [run for run in runs if run != "-"]
    if len(signs) < 4 or any(map(_is_long_word, signs)):
        return False
    key = "".join(signs)
    return len(key) > (6 if len(signs) == len(runs) and _HEXADECIMAL.fullmatch(key) else 9)


def _is_long_word(run: str) -> bool:
    return run.isalpha() and len(run) > 3 and not _HEXADECIMAL.fullmatch(run.lower())


def _is_word(run: str) -> bool:
    return len(run) > 1 and run.islower()
