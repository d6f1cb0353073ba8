"""Sums of money, in signs ($, €) and in codes (USD, EUR)."""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple

from vox.workers.normal.english.words import (
    DASH,
    NUMBER,
    SCALE,
    SCALES,
    SPACE,
    English,
    attributive,
    before_noun,
)
from vox.workers.normal.rule import Rule


class Currency(NamedTuple):
    one: str
    many: str
    minor: str = ""
    """A hundredth; "" where there is none in use."""

    def cents(self, n: int) -> str:
        return _MINORS.get(self.minor, f"{self.minor}s") if n != 1 else self.minor


_MINORS = {"penny": "pence", "øre": "øre", "öre": "öre", "grosz": "groszy", "haléř": "haléřů", "fen": "fen",
    "paisa": "paise"}  # fmt: skip


def _dollars(land: str = "") -> Currency:
    return Currency(f"{land} dollar".lstrip(), f"{land} dollars".lstrip(), "cent")


_EURO = Currency("euro", "euros", "cent")
_POUND = Currency("pound", "pounds", "penny")
_YEN = Currency("yen", "yen")
_YUAN = Currency("yuan", "yuan", "fen")
_RUPEE = Currency("rupee", "rupees", "paisa")
_WON = Currency("won", "won")
_RUBLE = Currency("ruble", "rubles", "kopeck")
_REAL = Currency("real", "reais", "centavo")
_CODES = {
    "USD": _dollars("US"), "EUR": _EURO, "GBP": _POUND, "JPY": _YEN, "CNY": _YUAN, "RMB": _YUAN,
    "INR": _RUPEE,
    "KRW": _WON, "RUB": _RUBLE, "BRL": _REAL, "CAD": _dollars("Canadian"), "AUD": _dollars("Australian"),
    "NZD": _dollars("New Zealand"), "HKD": _dollars("Hong Kong"), "SGD": _dollars("Singapore"),
    "TWD": _dollars("Taiwan"), "CHF": Currency("Swiss franc", "Swiss francs", "centime"),
    "SEK": Currency("Swedish krona", "Swedish kronor", "öre"), "NOK": Currency("Norwegian krone",
    "Norwegian kroner", "øre"),
    "DKK": Currency("Danish krone", "Danish kroner", "øre"), "PLN": Currency("zloty", "zlotys", "grosz"),
    "CZK": Currency("Czech koruna", "Czech korunas"), "HUF": Currency("forint", "forints"),
    "TRY": Currency("Turkish lira", "Turkish lira", "kurus"), "ZAR": Currency("rand", "rand", "cent"),
    "MXN": Currency("Mexican peso", "Mexican pesos", "centavo"), "ARS": Currency("Argentine peso",
    "Argentine pesos", "centavo"),
    "CLP": Currency("Chilean peso", "Chilean pesos"), "COP": Currency("Colombian peso", "Colombian pesos"),
    "PHP": Currency("Philippine peso", "Philippine pesos", "centavo"), "ILS": Currency("shekel", "shekels",
    "agora"),
    "AED": Currency("dirham", "dirhams", "fils"), "SAR": Currency("Saudi riyal", "Saudi riyals", "halala"),
    "THB": Currency("baht", "baht", "satang"), "VND": Currency("dong", "dong"), "IDR": Currency("rupiah",
    "rupiah"),
    "MYR": Currency("ringgit", "ringgit", "sen"), "PKR": Currency("Pakistani rupee", "Pakistani rupees",
    "paisa"),
    "UAH": Currency("hryvnia", "hryvnias", "kopeck"), "RON": Currency("leu", "lei", "ban"),
    "EGP": Currency("Egyptian pound", "Egyptian pounds"),
    "NGN": Currency("naira", "naira", "kobo"), "KES": Currency("Kenyan shilling", "Kenyan shillings", "cent"),
    "HRK": Currency("Croatian kuna", "Croatian kunas"), "BGN": Currency("Bulgarian lev", "Bulgarian leva"),
    "ISK": Currency("Icelandic krona", "Icelandic kronur"), "PEN": Currency("Peruvian sol", "Peruvian soles"),
    "BDT": Currency("taka", "taka"), "LKR": Currency("Sri Lankan rupee", "Sri Lankan rupees"),
    "QAR": Currency("Qatari riyal", "Qatari riyals"), "KWD": Currency("Kuwaiti dinar", "Kuwaiti dinars"),
    "BTC": Currency("bitcoin", "bitcoins"), "ETH": Currency("ether", "ether"),
}  # fmt: skip
_SIGNS = {
    "$": _dollars(), "€": _EURO, "£": _POUND, "¥": _YEN, "￥": _YEN, "₹": _RUPEE, "₩": _WON, "₽": _RUBLE,
    "₺": Currency("lira", "lira", "kurus"), "₪": _CODES["ILS"], "₫": _CODES["VND"], "₴": _CODES["UAH"],
    "₦": _CODES["NGN"], "₱": Currency("peso", "pesos", "centavo"), "฿": _CODES["THB"], "₿": _CODES["BTC"],
    "₡": Currency("colon", "colones"), "₵": Currency("cedi", "cedis", "pesewa"),
    "₸": Currency("tenge", "tenge"), "₲": Currency("guarani", "guaranis"), "₭": Currency("kip", "kip"),
    "₮": Currency("tugrik", "tugriks"), "US$": _CODES["USD"], "U.S.$": _CODES["USD"], "USD$": _CODES["USD"],
    "C$": _CODES["CAD"], "CA$": _CODES["CAD"], "Can$": _CODES["CAD"], "A$": _CODES["AUD"],
    "AU$": _CODES["AUD"], "NZ$": _CODES["NZD"], "HK$": _CODES["HKD"], "S$": _CODES["SGD"],
    "NT$": _CODES["TWD"], "R$": _REAL, "MX$": _CODES["MXN"], "Mex$": _CODES["MXN"], "CN¥": _YUAN,
    "Rs.": _RUPEE, "Rs": _RUPEE, "Fr.": Currency("franc", "francs", "centime"),
    "kr": Currency("krona", "kronor", "öre"), "zł": _CODES["PLN"], "Kč": _CODES["CZK"],
}  # fmt: skip
_BEHIND = {
    name: money
    for name, money in _SIGNS.items()
    if name in ("€", "£", "¥", "₽", "₺", "₩", "₫", "₴", "zł", "Kč", "kr", "$")
}

_SCALE = (
    rf"(?:{SPACE}?(?P<scale>(?:{SCALE})\b|(?:mn|mln|mil|bn|bln|tn|trn|[kKmMbBtT])(?!\w))|-(?P<joined>"
    rf"(?:{SCALE})\b))?"
)
_ANY_SIGN = "|".join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))
_ANY_CODE = "|".join(_CODES)
_ANY_BEHIND = "|".join(sorted(map(re.escape, _BEHIND), key=len, reverse=True))


def _range(again: str) -> str:
    """`again`: what may stand before the second number as it does before the first."""
    return rf"(?P<a>{NUMBER})(?P<a_scale>[kKmMbB]|bn)?(?:{DASH}(?:{again})?{SPACE}?(?P<b>{NUMBER}))?"


_AFTER = r"(?![\w]|[.,][0-9])"
_PER = r"(?:/(?P<per>[A-Za-z]{1,12})(?![\w/])(?:\.(?=[ ][a-z]))?)?"

_SIGNED = re.compile(
    rf"(?<![\w])(?P<sign>(?<![\w)-])(?<![0-9][.,])[-+\u2212\u2013])?(?P<money>{_ANY_SIGN}){SPACE}?"
    rf"(?P<inner>[-\u2212])?"
    rf"{_range(_ANY_SIGN)}{_SCALE}{_AFTER}{_PER}"
)
_CODED = re.compile(rf"\b(?P<money>{_ANY_CODE}){SPACE}?{_range(_ANY_CODE)}{_SCALE}{_AFTER}{_PER}")
_FOLLOWED = re.compile(
    rf"(?<![\w])(?<![0-9][.,])(?P<sign>[-\u2212])?{_range('(?!)')}{_SCALE}{SPACE}?(?P<money>{_ANY_BEHIND}|"
    rf"(?:{_ANY_CODE})\b)"
    rf"(?![\w$]|[0-9.]*[0-9]){_PER}"
)
_DECIMAL_COMMA = re.compile(
    r"(?:(?P<sign>[€£$]|\b(?:EUR|CHF|BRL|PLN)\b)[ ]?|(?<![\w.,$€£]))"
    r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3}){1,3}|[0-9]{1,6}),(?P<cents>[0-9]{2})"
    r"(?![0-9]|,[0-9])(?(sign)|(?=[ ]?(?:€|kr|zł|Kč|EUR)(?!\w)))"
)
_CENTS = re.compile(rf"(?<![\w])(?<![0-9][.,])(?P<a>{NUMBER}){SPACE}?(?P<money>¢|(?<=[0-9])p(?!\w))")
_PERIODS = {
    "mo": "month", "mos": "month", "yr": "year", "wk": "week", "hr": "hour", "h": "hour", "d": "day",
    "min": "minute",
    "sec": "second", "s": "second", "gal": "gallon", "lb": "pound", "oz": "ounce", "kg": "kilogram",
    "g": "gram", "l": "liter",
    "L": "liter", "km": "kilometer", "mi": "mile", "kWh": "kilowatt hour", "MWh": "megawatt hour",
    "GB": "gigabyte",
    "MB": "megabyte", "TB": "terabyte", "bbl": "barrel", "t": "ton", "ea": "each", "ft": "foot", "m": "meter",
}  # fmt: skip


def rules(english: English) -> tuple[Rule, ...]:
    patterns = ((_SIGNED, _SIGNS), (_CODED, _CODES), (_FOLLOWED, _BEHIND | _CODES))
    sums = tuple(Rule("money", pattern, partial(_sum, english, names)) for pattern, names in patterns)
    comma = Rule("money", _DECIMAL_COMMA, _decimal_comma)
    return (comma, *sums, Rule("money", _CENTS, partial(_cents, english)))


def _decimal_comma(match: re.Match[str]) -> str:
    """Only the separators; the sum is read by the rules that follow."""
    return f"{match['sign'] or ''}{match['whole'].replace('.', '')}.{match['cents']}"


def _sum(english: English, names: dict[str, Currency], match: re.Match[str]) -> str:
    money = names[match["money"]]
    found = match.groupdict()
    sign = (
        {"+": "plus "}.get(found.get("sign") or "", "minus ")
        if found.get("sign") or found.get("inner")
        else ""
    )
    scale = match["scale"] or match["joined"] or ""
    scale = SCALES.get(scale.lower(), scale)
    a, b = match["a"], match["b"]
    if match["a_scale"] and not b:
        scale = SCALES[match["a_scale"].lower()]
    start = ""
    if b and match["a_scale"]:
        start = f"{english.number(a)} {SCALES[match['a_scale'].lower()]} to "
    elif b:
        start = (
            f"{english.number(a)} to " if scale or "." not in a + b else f"{_amount(english, money, a)} to "
        )
    if scale:
        single = attributive(match) or (match["joined"] and before_noun(match))
        unit = money.one if single else money.many
        said = f"{english.number(b or a)} {scale} {unit}"
    elif attributive(match) and "." not in (b or a):
        said = f"{english.number(b or a)} {money.one}"
    else:
        said = _amount(english, money, b or a)
    per = match["per"]
    return f"{sign}{start}{said}{f' per {_PERIODS.get(per, per)}' if per else ''}"


def _amount(english: English, money: Currency, number: str) -> str:
    whole, _, decimals = number.partition(".")
    decimals = decimals.rstrip("0").ljust(2, "0") if decimals else ""
    n = int(whole.replace(",", "") or 0)
    if decimals and (len(decimals) != 2 or not money.minor) and decimals.strip("0"):
        return f"{english.number(number.rstrip('0'))} {money.many}"
    cents = int(decimals or 0)
    units = f"{english.cardinal(whole or '0')} {money.one if n == 1 else money.many}"
    if not cents:
        return units
    said = f"{english.cardinal(str(cents))} {money.cents(cents)}"
    return f"{units} and {said}" if n else said


def _cents(english: English, match: re.Match[str]) -> str | None:
    pence = match["money"] == "p"
    if pence and len(match["a"]) > 2:
        return None  # 720p
    one, many = ("penny", "pence") if pence else ("cent", "cents")
    return f"{english.number(match['a'])} {one if match['a'] == '1' else many}"
