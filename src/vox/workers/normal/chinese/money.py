"""Sums of money: the sign is said after the number, and cents that are zero are not."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import DASH, NUMBER, counted
from vox.workers.normal.rule import Rule

_CURRENCIES = {
    "元": "¥ CN¥ RMB¥", "人民币": "CNY RMB", "美元": "$ US$ USD", "港元": "HK$ HKD", "新台币": "NT$ TWD NTD",
    "澳门元": "MOP$ MOP", "澳元": "A$ AU$ AUD", "加元": "C$ CA$ CAD", "新加坡元": "S$ SG$ SGD",
    "新西兰元": "NZ$ NZD", "日元": "JP¥ JPY", "欧元": "€ EUR", "英镑": "£ GBP", "韩元": "₩ KRW",
    "卢布": "₽ RUB", "卢比": "₹ INR", "泰铢": "฿ THB", "越南盾": "₫ VND", "比索": "₱ PHP", "里拉": "₺ TRY",
    "瑞士法郎": "CHF", "林吉特": "RM MYR", "雷亚尔": "R$ BRL", "格里夫纳": "₴ UAH", "谢克尔": "₪ ILS",
    "印尼盾": "Rp IDR", "比特币": "₿ BTC", "瑞典克朗": "SEK", "迪拉姆": "AED",
}  # fmt: skip
_NAMES = {sign: name for name, signs in _CURRENCIES.items() for sign in signs.split()}
_SIGNS = "|".join(re.escape(sign) for sign in sorted(_NAMES, key=len, reverse=True))
_POWERS = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "t": 12,
    "trillion": 12,
}  # fmt: skip
_SCALE = (
    r"(?:\s?(?P<scale>[十百千]?[万萬亿億][万萬亿億]?|[十百千][万萬亿億]?"
    r"|thousand|million|billion|trillion|bn|mn|[KkMBTb])(?![A-Za-z]))?"
)
_SAID = (
    r"(?:\s?(?P<said>人民[币幣]|[美港日欧歐韩韓澳加]元|美金|港[币幣]|[块塊][钱錢]|新[台臺][币幣]"
    r"|元|[块塊]|英[镑鎊]))?"
)
_SECOND = rf"(?:\s?(?:{DASH}|至|到)\s?(?:{_SIGNS})?(?P<second>{NUMBER}))?"
_BEFORE = re.compile(
    rf"(?P<minus>(?<![0-9A-Za-z])[-\u2212])?(?<![A-Za-z$¥])(?P<sign>{_SIGNS})\s?(?P<minus2>[-\u2212])?"
    rf"(?P<first>{NUMBER}){_SECOND}{_SCALE}{_SAID}"
)
_AFTER = re.compile(
    rf"(?<![0-9A-Za-z.])(?P<minus>[-\u2212])?(?P<minus2>)(?P<first>{NUMBER}){_SECOND}{_SCALE}"
    rf"\s?(?P<sign>{_SIGNS})(?![A-Za-z0-9])(?P<said>)"
)
_WRITTEN = re.compile(
    rf"(?<![0-9.,])({NUMBER})(?<=0)(?=\s?(?:[美港日欧歐韩韓澳加]?元|美金|人民[币幣]|港[币幣]|[块塊]))"
)
_CENTS = re.compile(rf"(?<![0-9.])({NUMBER})\s?¢")
_PAY = re.compile(
    r"(月薪|年薪|底薪|工资|薪资|薪水|月入|年入|月收入|年收入|收入)([是为約约達达\s:：]{0,3})"
    rf"({NUMBER})(?:\s?{DASH}\s?({NUMBER}))?\s?[kK](?![A-Za-z])"
)
_WAN = re.compile(
    rf"({NUMBER})(?:w|W(?=\+))(?=\s?(?:\+|[元块塊人粉字次多余条册份台户张个件股吨亩只辆公平]|以上|左右|[，。！？,.!?；;、]|$))"
)


def amount(number: str, power: int = 0) -> str:
    """`number` times ten to the `power`; its last zeros behind the point are left out."""
    whole, _, part = number.replace(",", "").partition(".")
    part = part.ljust(power, "0")
    whole, part = (whole + part[:power]).lstrip("0") or "0", part[power:].rstrip("0")
    return counted(f"{whole}.{part}" if part else whole)


def _sum(match: re.Match[str]) -> str:
    scale = match["scale"] or ""
    power = _POWERS.get(scale.lower(), 0)
    said = amount(match["first"], power)
    if match["second"]:
        said += f"到{amount(match['second'], power)}"
    minus = "负" if match["minus"] or match["minus2"] else ""
    return f"{minus}{said}{'' if power else scale}{_name(match['sign'], match['said'] or '')}"


def _name(sign: str, said: str) -> str:
    """The name that the text has itself goes before that of the sign: "¥150日元"; "元" alone may be any."""
    return said if len(said) > 1 or (said and _NAMES[sign] in ("元", "人民币")) else _NAMES[sign]


def _pay(match: re.Match[str]) -> str:
    """月薪15k."""
    return f"{match[1]}{match[2]}{amount(match[3], 3)}{'到' + amount(match[4], 3) if match[4] else ''}"


RULES = (
    Rule("money", _BEFORE, _sum),
    Rule("money", _AFTER, _sum),
    Rule("money", _WRITTEN, lambda match: amount(match[1]) if "." in match[1] else None),
    Rule("money", _CENTS, lambda match: f"{amount(match[1])}美分"),
    Rule("money", _PAY, _pay),
    Rule("money", _WAN, lambda match: f"{amount(match[1])}万"),
)
