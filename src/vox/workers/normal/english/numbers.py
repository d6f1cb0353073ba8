"""Cardinals, ordinals, decimals, fractions, percentages, ranges and scores."""

from __future__ import annotations

import re
from functools import partial

from vox.workers.normal.english.words import (
    DASH,
    MINUS,
    NUMBER,
    QUANTITY,
    RAISED,
    SCALES,
    VULGAR,
    English,
    before,
    one_by_one,
    plural,
    to,
    word_set,
)
from vox.workers.normal.rule import Rule

_SIGN = rf"(?P<sign>{MINUS}|(?<![\w)])[+±])?"
_BEFORE = r"(?<![\w/$€£:])(?<![0-9][.,])(?<![\w)]-)"

_DIVIDED = re.compile(
    r"(?<![\w/.,])(?<![0-9/+*×-][ ])(?<![ ]x[ ])(?P<a>[0-9]{1,2})[ ]/[ ](?P<b>[2348]|16|32)"
    r"(?![\w/%]|[.,][0-9]|[ ]?[=+*×/-])"
)
_IDIOM = re.compile(
    r"(?<![\w/$-])(?<![0-9][.,])(?:24/7(?:/365)?|9/11|50[/-]50|20[/-]20|80[/-]20|60[/-]40)(?![\w/%-]"
    r"|[.,][0-9])"
)
_SPACED = re.compile(
    r"(?<![\w])(?<![0-9][.,])[0-9]{1,3}(?:(?:[ ][0-9]{3}){2,5}|(?:[\u00a0\u2009\u202f][0-9]{3}){1,5})(?![\w]"
    r"|[.,][0-9]|[ ][0-9])"
)
_CODE = re.compile(
    r"(?<![\w-])(?:[0-9]{3}-[0-9]{2}-[0-9]{4}"
    r"|(?:[0-9]+(?:-[0-9]+){3,8}|[0-9]{1,5}-[0-9]{4,}-[0-9]+)(?:-?X)?)(?![\w-])"
)
_ORDINAL = re.compile(
    r"(?<![\w/])(?<![0-9][.,])(?P<n>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:st|nd|rd|th|ST|ND|RD|TH|ˢᵗ|ⁿᵈ|ʳᵈ"
    r"|ᵗʰ|º|ª)(?P<s>s?)(?!\w)"
)
_FRACTION = re.compile(
    rf"(?<![\w/$€£:])(?<![0-9][.,]){_SIGN}(?P<n>(?:[0-9]{{1,4}}[ -])?[0-9]{{1,5}}[/⁄][0-9]{{1,5}}|"
    rf"(?:[0-9]{{1,6}}[ ]?)?[{''.join(VULGAR)}])"
    r"(?:st|nd|rd|th|ST|ND|RD|TH)?s?(?![\w/]|[.,][0-9])"
)
_PERCENT = re.compile(
    rf"(?<![\w/])(?<![0-9][.,]){_SIGN}(?P<a>{QUANTITY})(?:[ ]?[%‰])?(?:{DASH}"
    rf"(?P<b>{QUANTITY}))?[ \u00a0\u202f]?(?P<unit>[%‰])"
)
_RECORD = re.compile(
    r"(?<![\w/$:-])(?<![0-9][.,])([0-9]{1,3})[-–]([0-9]{1,3})[-–]([0-9]{1,3})(?![\w-]|[.,:/][0-9])"
)
_RATIO = re.compile(
    rf"(?<![\w/:])(?<![0-9][.,])(?P<a>{NUMBER}):(?P<b>{NUMBER})(?:{DASH}(?P<c>[0-9]{{1,3}}))?(?:,"
    rf"(?P<d>[0-9]{{1,3}}))?(?![\w:]|[.,/][0-9])"
)
_RANGE = re.compile(
    rf"{_BEFORE}(?P<sign>{MINUS})?(?P<a>{NUMBER})(?P<a_scale>[kKMB])?(?:{DASH})(?P<b>{NUMBER})"
    rf"(?P<b_scale>[kKMB]|bn)?"
    r"(?![\w]|[.,:/][0-9]|-[0-9A-Z])"
)
_SCALED = re.compile(
    rf"(?<![\w/])(?<![0-9][.,]){_SIGN}(?P<n>{NUMBER})(?P<scale>k|K|M|bn|mn|mln|bln|tn|(?:(?<=\.[0-9])|"
    rf"(?<=\.[0-9][0-9])|(?=.[ ](?:people|[a-z]+s)\b))[BT]|m(?=[ ](?:people|users|views|subscribers)))"
    r"(?![\w/+#-])"
)
_PLURAL = re.compile(
    r"(?<![\w/$])(?<![0-9][.,])(?<![\w)]-)(?P<n>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,6})['’]?s(?!\w)"
)
_NUMBER = re.compile(rf"{_SIGN}(?P<n>(?<![0-9])(?:{NUMBER}))")
_VULGAR = re.compile(f"[{''.join(VULGAR)}]")
_RAISED = re.compile("[⁰¹²³⁴-⁹]+")
_BOOKS = word_set(
    "genesis exodus leviticus numbers deuteronomy joshua judges ruth samuel kings chronicles ezra "
    "nehemiah esther job psalm psalms proverbs ecclesiastes isaiah jeremiah lamentations ezekiel daniel "
    "hosea joel amos obadiah jonah micah nahum habakkuk zephaniah haggai zechariah malachi matthew mark "
    "luke john acts romans corinthians galatians ephesians philippians colossians thessalonians timothy "
    "titus philemon hebrews james peter jude revelation quran surah sura verse"
)
_WHOLE_K = re.compile(
    r"[ -](?:tv|tvs|video|videos|resolution|monitor|display|screen|camera|footage|content|film|movie|uhd"
    r"|ultra|run|race"
    r"|runner|races|runs)\b",
    re.IGNORECASE,
)


def rules(english: English) -> tuple[Rule, ...]:
    """All but the plain numbers, which come last: names of things are read before."""
    says = (
        (_IDIOM, _idiom), (_SPACED, _spaced), (_CODE, _code), (_ORDINAL, _ordinal), (_FRACTION, _fraction),
        (_PERCENT, _percent), (_RECORD, _record), (_RATIO, _ratio), (_RANGE, _range), (_SCALED, _scaled),
        (_PLURAL, _plural),
    )  # fmt: skip
    return tuple(Rule("number", pattern, partial(say, english)) for pattern, say in says)


def first(english: English) -> tuple[Rule, ...]:
    return (Rule("number", _DIVIDED, _divided),)


def last(english: English) -> tuple[Rule, ...]:
    says = ((_NUMBER, _number), (_VULGAR, _vulgar), (_RAISED, _raised))
    return tuple(Rule("number", pattern, partial(say, english)) for pattern, say in says)


def _signed(match: re.Match[str]) -> str:
    sign = match["sign"]
    return {"+": "plus ", "±": "plus or minus "}.get(sign, "minus ") if sign else ""


def _divided(match: re.Match[str]) -> str | None:
    """Only the spaces of a fraction, "3 / 4 cup"; it is read by the rules that follow."""
    return f"{match['a']}/{match['b']}" if int(match["a"]) < int(match["b"]) else None


def _idiom(english: English, match: re.Match[str]) -> str:
    return " ".join(english.cardinal(part) for part in re.findall("[0-9]+", match[0]))


def _spaced(english: English, match: re.Match[str]) -> str:
    return english.cardinal(re.sub(r"\s", ",", match[0]))


def _code(english: English, match: re.Match[str]) -> str:
    return ", ".join(one_by_one(part) for part in re.findall("[0-9]+", match[0])) + (
        " X" if match[0].endswith("X") else ""
    )


def _ordinal(english: English, match: re.Match[str]) -> str:
    rank = english.ordinal(match["n"])
    return plural(rank) if match["s"] else rank


def _fraction(english: English, match: re.Match[str]) -> str:
    said = english.quantity(match["n"])
    noun = match.string[match.end() : match.end() + 1] == "-"  # "a 3/4-length coat"
    said = said.replace("quarters", "quarter") if noun else said
    return _apart(match, _signed(match) + said)


def _percent(english: English, match: re.Match[str]) -> str:
    start = f"{english.quantity(match['a'])} to " if match["b"] else ""
    unit = "percent" if match["unit"] == "%" else "per mille"
    return _apart(match, f"{_signed(match)}{start}{english.quantity(match['b'] or match['a'])} {unit}")


def _record(english: English, match: re.Match[str]) -> str:
    return ", ".join(english.cardinal(match[n]) for n in (1, 2, 3))


def _ratio(english: English, match: re.Match[str]) -> str:
    a, b, c, d = match["a"], match["b"], match["c"], match["d"]
    verse = before(match) in _BOOKS
    read = english.label if verse and a.isdecimal() and b.isdecimal() else english.number
    said = f"{read(a)} {'' if verse else 'to '}{read(b)}"
    return said + (f" to {english.cardinal(c)}" if c else "") + (f", {english.cardinal(d)}" if d else "")


def _range(english: English, match: re.Match[str]) -> str:
    if match.string.startswith(("=", " ="), match.end()):
        return f"{_signed(match)}{english.number(match['a'])} minus {english.number(match['b'])}"
    if any(end[0] == "0" and end.isdecimal() and len(end) > 2 for end in (match["a"], match["b"])):
        return f"{one_by_one(match['a'])}, {one_by_one(match['b'])}"
    start = english.number(match["a"])
    if match["a_scale"] and match["b_scale"]:
        start += f" {SCALES[match['a_scale'].lower()]}"
    end = english.number(match["b"])
    if match["b_scale"]:
        end += f" {SCALES[match['b_scale'].lower()]}"
    return f"{'minus ' if match['sign'] else ''}{start} {to(match)} {end}"


def _scaled(english: English, match: re.Match[str]) -> str:
    n, scale = match["n"], match["scale"]
    whole = n in ("5", "10") and before(match) in ("a", "the", "my", "her", "his", "charity")
    word = (
        "K"
        if scale == "K" and (whole or _WHOLE_K.match(match.string, match.end()))
        else SCALES[scale.lower()]
    )
    return f"{_signed(match)}{english.number(n)} {word}"


def _plural(english: English, match: re.Match[str]) -> str:
    n = match["n"]
    if n.rstrip("0,") == "1":
        return plural(english.cardinal(n)).removeprefix("one ")
    return plural(english.label(n) if len(n) == 3 else english.cardinal(n))


def _number(english: English, match: re.Match[str]) -> str:
    return _apart(match, _signed(match) + english.number(match["n"]))


def _vulgar(english: English, match: re.Match[str]) -> str:
    return _apart(match, english.quantity(match[0]))


def _raised(english: English, match: re.Match[str]) -> str:
    return _apart(match, english.number(match[0].translate(RAISED)))


def _apart(match: re.Match[str], said: str) -> str:
    """Words don't grow together with letters that figures stood next to."""
    text, start, end = match.string, match.start(), match.end()
    left = " " if text[start - 1 : start].isalnum() and start else ""
    return f"{left}{said}{' ' if text[end : end + 1].isalpha() else ''}"
