"""Measures: a number, a range or a product of them, and a unit with its power and its "per"."""

from __future__ import annotations

import re
from functools import partial

from vox.workers.normal.english.symbols import DOTTED, POWERS, UNITS, many
from vox.workers.normal.english.words import (
    DASH,
    MINUS,
    NUMBER,
    POWER,
    QUANTITY,
    SCALE,
    English,
    attributive,
    before,
    plural,
    word_set,
)
from vox.workers.normal.rule import Rule

_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_POWER = r"[²³]|\^[23]|(?<=m)[23](?!\w)"
_OVER = rf"(?:/(?P<hundred>100[ ]?)?(?P<per>{_UNIT}|[a-z]{{2,12}})(?P<per_power>{_POWER})?)?"
_BEFORE = r"(?<![\w/:$€£#^])(?<![0-9][.,])(?<![\w)]-)"
_AFTER = r"(?![\w²³°]|/[\w]|['’][a-z])"

_MEASURE = re.compile(
    rf"{_BEFORE}(?:(?P<sign>{MINUS})[ ]?)?(?P<a>{QUANTITY}){POWER}(?:{DASH}(?P<b>{QUANTITY}))?(?:[ ]"
    rf"(?P<scale>{SCALE}))?"
    rf"(?P<gap>[ \u00a0\u202f]|-)?(?P<unit>{_UNIT})(?P<power>{_POWER})?{_OVER}{_AFTER}(?P<dot>\."
    rf"(?=[ ][a-z0-9(]|[,;:)]))?"
)
_EACH = re.compile(
    rf"{_BEFORE}(?P<a>{NUMBER})/(?P<unit>(?:{_UNIT}))(?<=[A-Za-z]{{2}})(?P<power>{_POWER})?{_AFTER}"
)
_PER = re.compile(
    r"(?<=[a-z])/(?P<unit>km²|km|kg|m²|m³|cm²|cm³|mL|ml|dL|ha)(?![\w/])"
    r"|(?<=[a-z]{2}s)/(?P<time>min|sec|hr|minute|second|hour|day|week|month|year|person|user)(?![\w/])"
)
_ALONE = re.compile(
    r"(?<![\w/.-])(?P<unit>km/h|m/s(?!²)|mph|kWh|MWh|km²|m²|m³|cm²|cm³|°C|°F|℃|℉|kg|km|cm|mm|mg|mL|ml|GHz|MHz|kHz|Mbps"
    r"|Gbps)"
    r"(?![\w²³/]|-\w)"
)
_PRODUCT = re.compile(
    rf"{_BEFORE}(?:{QUANTITY})(?:[ ]?(?:{_UNIT}|['′\"″”]))?(?:[ ]?[x×][ ]?(?:{QUANTITY})(?:[ ]?(?:{_UNIT}"
    rf"|['′\"″”]))?){{1,2}}"
    r"(?![\w²³])"
)
_TIMES = re.compile(
    rf"{_BEFORE}(?:(?P<a>[0-9]+\.[0-9]+)[ ]?[x×](?![\w])|(?P<n>{NUMBER})[ ]?[x×](?=[ ](?:faster|more|larger"
    rf"|better|bigger|slower|smaller|higher|greater|longer|cheaper"
    r"|stronger|lower|as|the|return|growth|speed|increase)\b))"
)
_FEET = re.compile(
    r"(?<![\w/:$'’])(?<![0-9][.,])(?P<feet>[0-9]{1,3})[ ]?(?:['’′]|ft\.?)[ ]?(?P<inches>[0-9]{1,2}"
    r"(?:\.[0-9]+)?|[0-9]{0,2}[ ]?[½¼¾])"
    r"[ ]?(?:[\"”″]|''|’’|in\b\.?)"
)
_PRIMES = re.compile(
    rf"(?<![\w/:$'’\"“])(?<![0-9][.,])(?P<a>{QUANTITY})(?P<mark>['′\"″”])(?=[ ][a-z(x×]|-[a-z]|[,.;)]|\Z)"
)
_PLACE = re.compile(
    rf"{_BEFORE}(?P<a>{NUMBER})[ ]?[°º][ ]?(?:(?P<minutes>{NUMBER})['’′][ ]?(?:"
    rf"(?P<seconds>{NUMBER})[\"”″][ ]?)?)?(?P<side>[NSEW])(?![\w])"
)
_WARM = re.compile(r"(?<![\w/:$€£#-])(?<![0-9][.,])(?P<a>[0-9]{2,3}(?:\.[0-9])?)(?P<scale>[CF])(?![\w+#])")
_SIDES = {"N": "north", "S": "south", "E": "east", "W": "west"}
_AFTER_INCH = re.compile(
    r"(?:[ ](?:x|by|tall|wide|long|deep|high|thick|diameter|in diameter|pipe|screen|nail|display|monitor|TV"
    r"|of rain|of snow)\b|[;)]|\Z)"
)
_MILLIONS = re.compile("[ ](?:people|users|views|subscribers|followers|customers|viewers|copies|jobs)\\b")
_ADDRESS = re.compile(r"[ ](?:[0-9]|[A-Z])")
_ONE = word_set("per a an each every one")
_LASTING = word_set(
    "in after for every within took takes about under over last lasted lasts wait waits than by at to of"
)
_FOOT = frozenset(("'", "′"))


def rules(english: English) -> tuple[Rule, ...]:
    says = (
        (_FEET, _feet), (_PLACE, _place), (_PRODUCT, _product), (_PRIMES, _primes), (_EACH, _each),
        (_MEASURE, _measure), (_WARM, _warm),
        (_TIMES, _times), (_PER, _per), (_ALONE, _alone),
    )  # fmt: skip
    return tuple(Rule("unit", pattern, partial(say, english)) for pattern, say in says)


def _counted(english: English, n: str, name: str) -> str:
    return f"{english.quantity(n)} {name if _is_one(n) else many(name)}"


def _is_one(n: str) -> bool:
    """Whether a unit stands in the singular: 1, and fractions below it."""
    if n.count("/") == 1 and int(n.partition("/")[0].split()[-1].split("-")[-1]) > int(n.partition("/")[2]):
        return False  # "120/80 mmHg"
    return n == "1" or n in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒" or ("/" in n and " " not in n and "-" not in n)


def _powered(name: str, power: str | None) -> str:
    if not power:
        return name
    two = power[-1] in "2²"
    if name == "second":
        return f"{name} {'squared' if two else 'cubed'}"
    return f"{'square' if two else 'cubic'} {name}"


def _measure(english: English, match: re.Match[str]) -> str | None:
    symbol, power, gap = match["unit"], match["power"], match["gap"]
    if (power and symbol not in POWERS) or not _is_meant(match):
        return None
    name, dot = _powered(UNITS[symbol], power), match["dot"] or ""
    n = match["b"] or match["a"]
    said = english.quantity(n)
    if match["b"]:
        said = f"{english.quantity(match['a'])} to {said}"
    else:
        said += english.power(match)
    if match["sign"]:
        said = f"minus {said}"
    single = gap == "-" or attributive(match) or (_is_one(n) and not match["scale"])
    unit = name if single else many(name)
    if match["per"]:
        hundred = "hundred " if match["hundred"] else ""
        below = _powered(UNITS.get(match["per"], match["per"]), match["per_power"])
        unit += f" per {hundred}{many(below) if hundred else below}"
    return " ".join(filter(None, (said, match["scale"], unit))) + ("" if symbol in DOTTED else dot)


def _is_meant(match: re.Match[str]) -> bool:
    """Whether a symbol that may be a word or a name is a unit here."""
    symbol = match["unit"]
    if symbol == "in":
        return bool(
            match["dot"]
            or match.string.startswith(".", match.end())
            or match["gap"] == "-"
            or match["power"]
            or _AFTER_INCH.match(match.string, match.end())
        )
    if symbol == "s" and not match["gap"]:
        return "." in match["a"] or before(match) in _LASTING or attributive(match)  # else "747s", "100s of"
    if symbol == "m" and not match["gap"] and _MILLIONS.match(match.string, match.end()):
        return False
    if symbol in ("W", "V", "J", "L"):
        return not (match["gap"] and _ADDRESS.match(match.string, match.end()))
    return True


def _each(english: English, match: re.Match[str]) -> str:
    return f"{english.number(match['a'])} per {_powered(UNITS[match['unit']], match['power'])}"


def _per(english: English, match: re.Match[str]) -> str:
    unit = match["time"] or match["unit"]
    power = unit[-1] if unit[-1] in "²³" else None
    return f" per {_powered(UNITS.get(unit.rstrip('²³'), unit), power)}"


def _alone(english: English, match: re.Match[str]) -> str:
    symbol = match["unit"]
    if symbol == "m/s":
        return "meters per second"
    name = _powered(UNITS[symbol.rstrip("²³")], symbol[-1] if symbol[-1] in "²³" else None)
    words = match.string[max(match.start() - 12, 0) : match.start()].split()
    return name if words and words[-1].lower() in _ONE else many(name)


def _product(english: English, match: re.Match[str]) -> str | None:
    """Only what parts the numbers; they are read by the rules that follow."""
    text = match[0]
    if match.string.startswith((" =", "="), match.end()) or (
        "x" not in text and text[-1].isdecimal() and " " in text
    ):
        return None  # a multiplication
    return re.sub(r"[ ]?[x×][ ]?", " by ", text)


def _times(english: English, match: re.Match[str]) -> str:
    return f"{english.number(match['a'] or match['n'])} times"


def _feet(english: English, match: re.Match[str]) -> str:
    if attributive(match):
        return f"{english.cardinal(match['feet'])} foot {english.quantity(match['inches'].strip())}"
    return f"{_counted(english, match['feet'], 'foot')} {_counted(english, match['inches'].strip(), 'inch')}"


def _primes(english: English, match: re.Match[str]) -> str | None:
    foot = match["mark"] in _FOOT
    if not foot and match.string.count('"', 0, match.start()) % 2:
        return None  # a closing quotation mark
    if match["mark"] == "'" and match.string.count("'", 0, match.start()) % 2:
        return None
    name = "foot" if foot else "inch"
    n = match["a"]
    single = attributive(match) or match.string.startswith("-", match.end()) or _is_one(n)
    return f"{english.quantity(n)} {name if single else plural(name)}"


def _place(english: English, match: re.Match[str]) -> str:
    parts = [_counted(english, match["a"], "degree")]
    parts += [
        _counted(english, match[f"{unit}s"], unit) for unit in ("minute", "second") if match[f"{unit}s"]
    ]
    return f"{' '.join(parts)} {_SIDES[match['side']]}"


def _warm(english: English, match: re.Match[str]) -> str:
    scale = "Celsius" if match["scale"] == "C" else "Fahrenheit"
    return f"{english.number(match['a'])} degrees {scale}"
