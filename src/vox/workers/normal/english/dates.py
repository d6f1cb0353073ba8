"""Dates, years, decades and eras."""

from __future__ import annotations

import re
from functools import partial

from vox.workers.normal.english.symbols import UNITS
from vox.workers.normal.english.times import clock
from vox.workers.normal.english.words import DASH, English, before, plural, stop, to, word_set
from vox.workers.normal.rule import Rule

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip

_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
    r"|JANUARY|FEBRUARY|MARCH|APRIL|MAY|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER"
    r"|JAN|FEB|MAR|APR|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC"
    r"|january|february|april|june|july|august|september|october|november|december|jan|feb|apr|jun|jul|aug"
    r"|sept?|oct|nov"
    r"|(?:march|mar|may|dec)(?=\.?[ ][0-9]{1,2}(?:st|nd|rd|th)|(?:[ ][0-9]{1,2})?,?[ ](?:1[5-9]|20)[0-9]{2}"
    r"(?![0-9])))\b\.?"
)
_DAY = r"(?P<day>0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th|ST|ND|RD|TH)?"
_LAST = r"(?P<last>0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12][0-9]{3}|['’][0-9]{2})(?![0-9]|[.,/:-][0-9])"
_NAME = r"(?P<name>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b\.?,?[ ]"
_BEFORE = r"(?<![\w./$€£:-])(?<![0-9],)"
_AFTER = r"(?![\w%]|[.,:/-][0-9]|[ ]?[ap]\.?m\b)"

_ISO = re.compile(
    rf"{_BEFORE}(?P<year>[0-9]{{4}})([-/.])(?P<month>0?[1-9]|1[0-2])\2(?P<day>[0-2]?[0-9]|3[01])"
    r"(?:[T ](?P<hour>[0-2]?[0-9]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]{1,9})?)?"
    r"(?P<zone>Z|[+-]00:?00)?)?(?![\w/]|[.:-][0-9])"
)
_NUMERIC = re.compile(
    rf"{_BEFORE}(?P<a>[0-3]?[0-9])(?P<mark>[/.\u2011-])(?P<b>[0-3]?[0-9])(?P=mark)(?P<year>[12][0-9]{{3}}"
    rf"|[0-9]{{2}})"
    r"(?![\w/]|[.,:-][0-9])"
)
_SHORT = re.compile(
    r"\b(?P<lead>(?:[Oo]n|[Bb]y|[Uu]ntil|[Tt]ill|[Ss]ince|[Dd]ue|[Dd]ated)[ ]|(?:[A-Z][a-z]{2,5}day,?"
    r"|(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.?,?)[ ]\(?)(?P<a>[0-3]?[0-9])/(?P<b>[0-3]?[0-9])"
    r"(?![\w%/]|[.:-][0-9]|[ ]of[ ])"
)
_QUARTER = re.compile(
    r"(?<![\w.])(?P<n>[1-4])(?P<part>Q|(?<=[12])H)[ ]?(?P<year>['’]?[0-9]{2}(?![0-9])|20[0-9]{2})(?!\w)"
)
_SPANNED = re.compile(
    rf"\b(?P<start>(?:{_MONTH.replace('<month>', '<m1>')}[ ])?[0-9]{{1,2}}"
    rf"(?:[ ]{_MONTH.replace('<month>', '<m2>')})?(?:,?[ ][12][0-9]{{3}})?)"
    rf"[ ]?[-–—][ ]?(?=(?:{_MONTH}[ ][0-9]{{1,2}}|[0-9]{{1,2}}[ ]{_MONTH.replace('<month>', '<m4>')})"
    rf"(?![0-9]))"
)
_MONTH_YEAR = re.compile(
    rf"{_BEFORE}(?P<month>0?[1-9]|1[0-2])/(?P<year>19[0-9][0-9]|20[0-9][0-9])(?![\w/%]|[.,-][0-9])"
)
_MONTH_DAY = re.compile(
    rf"\b(?:{_NAME})?{_MONTH}(?:[ ](?:the[ ])?|-){_DAY}(?:{DASH}{_LAST})?(?:(?:,?[ ]|-|,){_YEAR}|{_AFTER})"
)
_DAY_MONTH = re.compile(
    rf"(?:\b{_NAME})?(?P<the>\b[Tt]he[ ])?{_BEFORE}{_DAY}(?:{DASH}{_LAST})?(?:[ ](?P<of>of[ ])?|-){_MONTH}"
    rf"(?:(?:,?[ ]|-|,){_YEAR}|(?!\w|-[0-9]))"
)
_MONTH_OF = re.compile(rf"\b{_MONTH},?[ ](?:of[ ])?{_YEAR}")
_SPAN = re.compile(rf"\b{_MONTH}{DASH}{_MONTH.replace('<month>', '<last>')}")
_NAMES = re.compile(rf"\b({'|'.join(DAYS)})\b\.?{DASH}({'|'.join(DAYS)})\b\.?")
_ERA = re.compile(
    rf"{_BEFORE}(?:(?P<from>[0-9]{{1,5}}){DASH})?(?P<year>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,5}})"
    rf"(?P<s>s?)[ ]?"
    r"(?P<era>BCE?\b|CE\b|AD\b|B\.C\.(?:E\.?)?|B\.C\b|A\.D\b\.?|C\.E\b\.?)"
)
_ANNO = re.compile(r"\b(?:AD|A\.D\.)[ ](?P<year>[0-9]{1,4})(?![\w%]|[.,:][0-9])")
_DECADES = re.compile(
    rf"{_BEFORE}(?P<a>(?:1[0-9]|20)[0-9]0)['’]?s{DASH}['’]?(?P<b>(?:1[0-9]|20)[0-9]0|[1-9]0)['’]?s(?!\w)"
)
_DECADE = re.compile(
    r"(?<![\w/$€£:])(?<![0-9][.,])(?:(?P<long>(?:1[0-9]|20)[0-9]0)|(?P<mark>['’])?(?P<short>[0-9]0))"
    r"(?:['’]?s|(?<=19[1-9]0)[ ]s)(?!\w)"
)
_YEARS = re.compile(
    rf"{_BEFORE}(?P<a>[12][0-9]{{3}})(?P<dash>{DASH}|/)(?P<b>[12][0-9]{{3}}|[0-9]{{2}}){_AFTER}"
)
_CLIPPED = re.compile(r"(?<![\w'’])['’](?P<year>[0-9]{2})(?![\w'’]|[.,:][0-9])")
_PLAIN = re.compile(
    rf"{_BEFORE}(?<![0-9][ ][/×*][ ])(?P<year>1[0-9]{{3}}|20[0-9]{{2}})"
    r"(?![\w%°]|[.,:/'’-][0-9]|[ ]?[-+×x*/=<>^][ ]?[0-9]|['’′″])"
)

_COUNTED = re.compile(r"[ \u00a0-](?:(?:more|other|different|new|such|square|cubic|total)[ ])?([a-z]{2,})")
_MEASURED = re.compile(r"[ \u00a0]([A-Za-z°/]+)")
_COLLECTIVE = word_set("people men women children sheep fish feet percent troops dead")
_NOT_COUNTED = word_set(
    "is was as has does its this his us census analysis crisis thus always perhaps plus across versus "
    "towards besides sometimes series olympics elections news champions"
)
_SPECIFIC = word_set("the this that its his her their our my your")
_QUANTIFIED = word_set(
    "about over nearly almost approximately some roughly only least most exactly up another every total "
    "earned cost costs weighs sold bought counted"
)
_DATED = word_set(
    "in since by from until till of year before after during circa ca early late mid mid- summer spring "
    "fall winter autumn copyright © (c) between to and around fy years dated born died"
)
_AGES = _SPECIFIC | word_set("early mid late mid- early- late- of")


def rules(english: English) -> tuple[Rule, ...]:
    says = (
        (_QUARTER, _quarter), (_SPANNED, _spanned), (_ISO, _iso), (_NUMERIC, _numeric), (_SHORT, _short),
        (_MONTH_YEAR, _month_of), (_MONTH_DAY, _month_day),
        (_DAY_MONTH, _day_month), (_MONTH_OF, _month_of), (_SPAN, _span), (_NAMES, _names), (_ERA, _era),
        (_ANNO, _anno), (_DECADES, _decades), (_DECADE, _decade), (_YEARS, _years), (_CLIPPED, _clipped),
        (_PLAIN, _plain),
    )  # fmt: skip
    return tuple(Rule("date", pattern, partial(say, english)) for pattern, say in says)


def _date(english: English, day: str, month: str, year: str = "") -> str | None:
    if not 1 <= int(day) <= 31 or not 1 <= int(month) <= 12:
        return None
    name, rank = MONTHS[int(month) - 1], english.ordinal(str(int(day)))
    said = f"the {rank} of {name}" if english.british else f"{name} {rank}"
    return f"{said}, {_year(english, year)}" if year else said


def _spanned(english: English, match: re.Match[str]) -> str | None:
    """Only what parts the dates; they are read by the rules that follow."""
    return f"{match['start']} to " if match["m1"] or match["m2"] else None


def _quarter(english: English, match: re.Match[str]) -> str:
    the = "" if before(match) == "the" else "the "
    part = "half" if match["part"] == "H" else "quarter"
    return f"{the}{english.ordinal(match['n'])} {part} of {_year(english, match['year'])}"


def _year(english: English, year: str) -> str:
    """Four digits, or two behind an apostrophe."""
    if year[0] in "'’":
        year = year[1:]
    if len(year) > 2:
        return english.year(year)
    if year == "00":
        return english.year("2000")
    return f"{'oh ' if year[0] == '0' else ''}{english.cardinal(str(int(year)))}"


def _named(match: re.Match[str]) -> str:
    return f"{DAYS[match['name']]}, " if match["name"] else ""


def _month(text: str) -> str:
    return next(month for month in MONTHS if month.lower().startswith(text.lower()[:3]))


def _iso(english: English, match: re.Match[str]) -> str | None:
    said = _date(english, match["day"], match["month"], match["year"])
    if said is None or not match["hour"]:
        return said
    zone = " UTC" if match["zone"] else ""
    return f"{said}, {clock(english, match['hour'], match['minute'], '')}{zone}"


def _numeric(english: English, match: re.Match[str]) -> str | None:
    a, b, mark, year = match["a"], match["b"], match["mark"], match["year"]
    if len(year) == 2:
        if mark == "." or (mark != "/" and len(a + b) < 4):
            return None  # a version; the games won, lost and drawn
        year = f"'{year}"
    day_first = (english.british or int(a) > 12) and int(b) <= 12
    if day_first:
        return _date(english._replace(british=True), a, b, year)
    return _date(english._replace(british=False), b, a, year)


def _short(english: English, match: re.Match[str]) -> str | None:
    a, b = match["a"], match["b"]
    if (a, b) == ("9", "11"):
        return f"{match['lead']}nine eleven"
    day, month = (a, b) if (english.british or int(a) > 12) and int(b) <= 12 else (b, a)
    said = _date(english, day, month)
    return said and match["lead"] + said


def _month_day(english: English, match: re.Match[str]) -> str:
    said = f"{_named(match)}{_month(match['month'])} {'the ' if english.british else ''}"
    said += english.ordinal(str(int(match["day"])))
    if match["last"]:
        said += f" to {english.ordinal(str(int(match['last'])))}"
    return f"{said}, {_year(english, match['year'])}" if match["year"] else said


def _day_month(english: English, match: re.Match[str]) -> str:
    rank = english.ordinal(str(int(match["day"])))
    if match["last"]:
        rank += f" to the {english.ordinal(str(int(match['last'])))}"
    the = match["the"] or ("" if match["of"] else "the ")
    said = f"{_named(match)}{the}{rank} of {_month(match['month'])}"
    if match["year"]:
        return f"{said}, {_year(english, match['year'])}"
    return said + stop(match)


def _month_of(english: English, match: re.Match[str]) -> str:
    month = match["month"]
    name = MONTHS[int(month) - 1] if month.isdecimal() else _month(month)
    return f"{name} {_year(english, match['year'])}"


def _span(english: English, match: re.Match[str]) -> str:
    return f"{_month(match['month'])} to {_month(match['last'])}{stop(match)}"


def _names(english: English, match: re.Match[str]) -> str:
    return f"{DAYS[match[1]]} to {DAYS[match[2]]}{stop(match)}"


def _era(english: English, match: re.Match[str]) -> str:
    year = english.year(match["year"].replace(",", ""))
    start = f"{english.year(match['from'])} to " if match["from"] else ""
    era = match["era"].replace(".", "")
    return f"{start}{plural(year) if match['s'] else year} {era}{stop(match)}"


def _anno(english: English, match: re.Match[str]) -> str:
    return f"AD {english.year(match['year'])}"


def _decades(english: English, match: re.Match[str]) -> str:
    start, end = plural(english.pairs(match["a"])), match["b"]
    return f"{start} to {plural(english.pairs(end) if len(end) == 4 else english.cardinal(end))}"


def _decade(english: English, match: re.Match[str]) -> str | None:
    if match["long"]:
        return plural(english.pairs(match["long"]))
    if match["mark"] or before(match) in _AGES:
        return plural(english.cardinal(match["short"] if match["short"] != "00" else "2000"))
    return None


def _years(english: English, match: re.Match[str]) -> str | None:
    a, b = match["a"], match["b"]
    if len(b) == 2:
        if int(a) < 1500 or not (b > a[2:] or int(b) == (int(a) + 1) % 100):
            return None
        b = f"'{b}" if b != "00" else str(int(a) // 100 + 1) + b
    elif not a < b < "2100" or _is_counted(match) or (a[2:] == b[2:] == "00" and _lead(match) not in _DATED):
        return None
    return f"{english.year(a)} {to(match)} {_year(english, b)}"


def _clipped(english: English, match: re.Match[str]) -> str:
    return _year(english, match[0])


def _plain(english: English, match: re.Match[str]) -> str | None:
    lead, year = _lead(match), match["year"]
    if (_is_counted(match) and lead not in _SPECIFIC) or lead in _QUANTIFIED:
        return None
    if lead in _DATED or year >= "1900" or (year > "1100" and not year.endswith("00")):
        return english.year(year)
    return None


def _lead(match: re.Match[str]) -> str:
    return before(match).strip("(['\"“,")


def _is_counted(match: re.Match[str]) -> bool:
    """Whether things follow: "2000 people", not "2000 was"."""
    unit = _MEASURED.match(match.string, match.end())
    if unit and unit[1] in UNITS and unit[1] != "in":
        return True
    noun = _COUNTED.match(match.string, match.end())
    if noun is None:
        return False
    return noun[1] in _COLLECTIVE or (noun[1].endswith("s") and noun[1] not in _NOT_COUNTED)
