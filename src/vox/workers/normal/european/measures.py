"""Money and units."""

from __future__ import annotations

import re

from vox.workers.normal.european.arithmetic import VULGAR
from vox.workers.normal.european.moments import final_stop
from vox.workers.normal.european.parts import (
    DASH,
    FIGURE,
    FROM,
    LETTER,
    QUANTITY,
    SIGN,
    SPACE,
    TO,
    Figure,
    Noun,
    alternatives,
    word_after,
    word_before,
)
from vox.workers.normal.european.tongue import Coin, Tongue
from vox.workers.normal.rule import Rule

_UNIT = r"(?:[A-Za-zµμΩ]{1,7}[²³23]?|[°º]{SPACE}?[CFK]|[°º]|′)".replace("{SPACE}", SPACE)
_PER = rf"(?:\.?{SPACE}?/{SPACE}?(?P<per>{_UNIT}|{LETTER}{{3,12}}))?(?![\w²³]|['’]{LETTER})"
_GOES_ON = re.compile(r"[ \u00a0]+[^\W\d_A-ZÀ-Þ]|[,;)]")
_COMPOUND = rf"(?P<gap>-|{SPACE}?)"


def money(tongue: Tongue) -> tuple[Rule, ...]:
    coins = alternatives(tongue.coins)
    signs = alternatives(name for name in tongue.coins if not name.isalpha() or name.isupper())
    large = alternatives(tongue.large)
    # "49,- €"; "5 €" but not the start of "5 €uro"; "3€50".
    behind = re.compile(
        rf"{QUANTITY}(?:,[-\u2013\u2014]{{1,2}})?{_COMPOUND}(?:(?P<large>{large}){SPACE}?)?"
        rf"(?P<coin>{coins})(?P<cents>(?<=€)[0-9]{{2}})?{_PER}"
    )
    ahead = re.compile(
        rf"(?<![\w$€£])(?<![0-9]{SPACE})(?P<minus>[-\u2212])?(?P<coin>{signs}){SPACE}?"
        rf"{QUANTITY}(?:,[-\u2013\u2014]{{1,2}})?(?:{SPACE}?(?P<large>{large})(?!\w))?"
        rf"(?:{SPACE}?/{SPACE}?(?P<per>{LETTER}{{1,12}}))?"
    )

    def say(match: re.Match[str]) -> str | None:
        found = match.groupdict()
        words = _price(tongue, match, found)
        if words is None:
            return None
        if found.get("minus"):
            words = tongue.sign("-") + words
        if found.get("gap") == "-":
            words = words.replace(" ", "-")
        rated = _rated(tongue, words, found["per"])
        return rated and rated + final_stop(match)

    return Rule("money", ahead, say), Rule("money", behind, say), _millions(tongue)


def _millions(tongue: Tongue) -> Rule:
    """Of no money: 2.5 m people."""
    names = alternatives(name for name in tongue.large if len(name) > 1 and not name.isupper())
    pattern = re.compile(rf"{QUANTITY}{SPACE}?(?P<large>{names})(?!\w)")

    def say(match: re.Match[str]) -> str | None:
        words = tongue.powered(match, match["large"], word_after(match))
        return words and words + final_stop(match)

    return Rule("number", pattern, say)


def _price(tongue: Tongue, match: re.Match[str], found: dict[str, str | None]) -> str | None:
    coin = tongue.coins[found["coin"] or ""]
    figures = [tongue.figure(match[end] or "0") for end in "ab"]
    if None in figures or (found.get("cents") and not match["a"].isdecimal()):
        return None
    if found.get("cents"):
        figures[0] = Figure(match["a"], match["cents"])
    if (
        found["large"]
        or coin.part is None
        or not any(value and len(value.fraction) == 2 for value in figures)
    ):
        return tongue.counted(match, coin.whole, found["large"])
    case = tongue.case(coin.whole.gender, word_before(match))
    said = [_cents(tongue, value, coin, case) for value in figures[: 2 if match["b"] else 1] if value]
    return tongue.sign(match["sign"]) + f" {tongue.to} ".join(said)


def _cents(tongue: Tongue, value: Figure, coin: Coin, case: str) -> str:
    """Euros and cents, where the figure has two decimals."""
    whole = f"{tongue.cardinal(value.whole, case)} {_form(tongue, Figure(value.whole), coin.whole)}"
    if coin.part is None or len(value.fraction) != 2 or value.fraction == "00":
        return whole
    cents = Figure(value.fraction.lstrip("0"))
    part = _form(tongue, cents, coin.part)
    if not value.whole.strip("0"):
        return f"{tongue.cardinal(cents.whole, coin.part.gender)} {part}"
    gender = coin.part.gender if "{coin}" in tongue.price else ""
    return tongue.price.format(whole=whole, cents=tongue.cardinal(cents.whole, gender), coin=part)


def _form(tongue: Tongue, value: Figure, thing: Noun) -> str:
    if value.million:
        return tongue.of_many(thing)
    return thing.many if tongue.plural(value) else thing.one


def _rated(tongue: Tongue, words: str, per: str | None) -> str | None:
    if not per:
        return words
    unit = tongue.units.get(per) or (tongue.word(per) if len(per) > 2 else None)
    return f"{words} {tongue.rate(unit)}" if unit else None


_SIDES = re.compile(
    rf"(?<![\w.,]){QUANTITY}(?P<more>(?:{SPACE}?[x×]{SPACE}?[0-9]{{1,6}}(?:[.,][0-9]{{1,4}})?){{1,3}})"
    rf"{SPACE}?(?P<unit>{_UNIT})(?![\w²³])"
)
_ONE_SIDE = re.compile(rf"(?P<side>[0-9]{SPACE}?(?P<unit>{_UNIT})){SPACE}?[x×]{SPACE}?(?=[0-9])")
_CONSUMED = re.compile(
    rf"{QUANTITY}{SPACE}?(?P<unit>l|L|kWh){SPACE}?/{SPACE}?(?P<n>[0-9]{{1,4}}){SPACE}?(?P<per>{_UNIT})(?!\w)"
)
_BROKEN = re.compile(
    rf"(?:{FROM}(?P<whole>[0-9]{{1,3}}{SPACE}?))?(?P<part>{VULGAR}|(?<![\w/.,])[1-9]/[1-9])"
    rf"{SPACE}?(?P<unit>{_UNIT})(?![\w²³/'’])"
)


def areas(tongue: Tongue) -> tuple[Rule, ...]:
    """What has several figures to one unit: 10 x 20 cm, 5 l/100 km, ½ kg; comes before money."""

    def side(match: re.Match[str]) -> str | None:
        return f"{match['side']} {tongue.by} " if match["unit"] in tongue.units else None

    return (
        Rule("unit", _CONSUMED, lambda match: _consumption(tongue, match)),
        Rule("unit", _ONE_SIDE, side),
        Rule("unit", _SIDES, lambda match: _area(tongue, match)),
        Rule("unit", _BROKEN, lambda match: _broken(tongue, match)),
    )


def _area(tongue: Tongue, match: re.Match[str]) -> str | None:
    unit, first = tongue.units.get(match["unit"]), tongue.quantity(match)
    rest = [tongue.figure(side.strip()) for side in re.split("[x×]", match["more"])[1:]]
    values = [value for value in rest if value]
    if unit is None or first is None or len(values) < len(rest):
        return None
    said = f" {tongue.by} ".join([first[0], *(tongue.said(value) for value in values)])
    return f"{said} {unit.many}"


def _consumption(tongue: Tongue, match: re.Match[str]) -> str | None:
    unit, per = tongue.units[match["unit"]], tongue.units.get(match["per"])
    words = tongue.counted(match, unit)
    if per is None or words is None:
        return None
    return f"{words} {tongue.per_many} {tongue.cardinal(match['n'], per.gender)} {per.many}"


def _broken(tongue: Tongue, match: re.Match[str]) -> str | None:
    """A unit behind a fraction; the fraction itself stays, for the rules of numbers."""
    unit = tongue.units.get(match["unit"])
    if unit is None:
        return None
    whole, halved = match["whole"] or "", match["part"] in ("½", "1/2")
    half = tongue.and_half(unit.gender)
    if whole and half and halved:
        n = Figure(whole.strip())
        noun = unit.many if tongue.plural(n) else unit.one
        return f"{tongue.cardinal(n.whole, unit.gender)} {noun} {half}"
    if not whole and not halved:
        return f"{match['part']} {tongue.of_many(Noun(unit.gender, unit.one, unit.one))}"
    return f"{whole}{match['part']} {unit.many if whole else unit.one}"


def units(tongue: Tongue) -> tuple[Rule, ...]:
    simple = re.compile(rf"{QUANTITY}{_COMPOUND}(?P<unit>{_UNIT}){_PER}(?P<dot>\.)?")

    def one(match: re.Match[str]) -> str | None:
        name = match["unit"].replace(" ", "").replace("º", "°").replace("μ", "µ")
        unit = tongue.units.get(f"{name}/{match['per']}" if match["per"] else name)
        rest = "" if unit else match["per"]
        unit = unit or tongue.units.get(name)
        after = word_after(match)
        if (
            unit is None
            or (name in "°′" and tongue.is_rank(match["a"], after))
            or tongue.is_word(name, after)
        ):
            return None
        if name == "A" and len(match["a"]) == 1:  # "class 3 A"
            return None
        words = tongue.counted(match, unit)
        said = words and _rated(tongue, words, rest)
        if said and match["gap"] == "-":
            said = said.replace(" ", "-")
        return said and said + _stop(match)

    return (Rule("unit", simple, one),)


def _stop(match: re.Match[str]) -> str:
    """The full stop behind a unit, unless it is that of a short form in the middle of a sentence."""
    if not match["dot"]:
        return ""
    return "" if _GOES_ON.match(match.string, match.end()) else "."


def percents(tongue: Tongue) -> tuple[Rule, ...]:
    first = rf"{SIGN}{FROM}(?P<a>{FIGURE})"
    pattern = re.compile(rf"{first}(?:{SPACE}?%?{DASH}(?P<b>{FIGURE}))?{TO}{SPACE}?(?P<unit>[%‰])")

    def say(match: re.Match[str]) -> str | None:
        quantity = tongue.quantity(match)
        return f"{quantity[0]} {tongue.signs[match['unit']]}" if quantity else None

    return (Rule("number", pattern, say),)
