"""Measures: signs of units in words, what stands after a slash with 每."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import DASH, HAN, NUMBER, cardinal, counted, counts, digits
from vox.workers.normal.rule import Rule

_PREFIXES = {
    "": "", "k": "千", "M": "兆", "G": "吉", "T": "太", "h": "百", "d": "分", "c": "厘", "m": "毫",
    "μ": "微", "µ": "微", "u": "微", "n": "纳", "p": "皮",
}  # fmt: skip
_BASES = {
    "m": ("米", "dcmμµunp"), "g": ("克", "mμµun"), "L": ("升", "dcmμµu"), "l": ("升", "dcmμµu"),
    "s": ("秒", "mμµunp"), "W": ("瓦", "kMGm"), "V": ("伏", "kmμµu"), "A": ("安", "kmμµu"),
    "Ah": ("安时", "m"), "Wh": ("瓦时", "kMG"), "Hz": ("赫兹", "kMGT"), "Pa": ("帕", "hkMG"),
    "J": ("焦", "kM"), "eV": ("电子伏", "kM"), "N": ("牛", "k"), "Ω": ("欧姆", "kM"), "F": ("法", "μµunp"),
    "cal": ("卡", "k"), "mol": ("摩尔", "mμµu"), "bps": ("比特每秒", "kMGT"), "Sv": ("西弗", "mμµu"),
    "t": ("吨", ""),
}  # fmt: skip
_NEVER_BARE = frozenset(("A", "F", "eV"))
"""Letters when no prefix stands before them: 5A景区."""
_OTHERS = {
    "km": "公里", "KM": "公里", "kg": "千克", "KG": "千克", "Kg": "千克", "CM": "厘米", "MM": "毫米",
    "ML": "毫升", "ha": "公顷", "h": "小时", "hr": "小时", "hrs": "小时", "min": "分钟", "mins": "分钟",
    "sec": "秒", "°C": "摄氏度", "°F": "华氏度", "°": "度", "ft": "英尺", "inch": "英寸", "″": "英寸",
    "lb": "磅", "lbs": "磅", "oz": "盎司", "yd": "码", "mi": "英里", "mph": "英里每小时",
    "kph": "公里每小时", "kn": "节", "rpm": "转每分钟", "r/min": "转每分钟", "px": "像素", "fps": "帧每秒",
    "cc": "毫升", "CC": "毫升", "mmHg": "毫米汞柱", "lm": "流明", "lx": "勒克斯", "N·m": "牛米",
    "Nm": "牛米", "kgf": "公斤力", "dB": "分贝", "ppm": "ppm", "Kbps": "千比特每秒", "Mb": "兆比特",
    "Gb": "吉比特", "KB": "KB", "kB": "KB", "MB": "MB", "GB": "GB", "TB": "TB", "s²": "平方秒",
    "s2": "平方秒",
}  # fmt: skip
_LENGTHS = {"m": "米", "km": "公里", "cm": "厘米", "mm": "毫米", "dm": "分米", "ft": "英尺"}
_POWERS = {"2": "平方", "²": "平方", "^2": "平方", "3": "立方", "³": "立方", "^3": "立方"}


def _units() -> dict[str, str]:
    names = {
        prefix + unit: _PREFIXES[prefix] + name
        for unit, (name, prefixes) in _BASES.items()
        for prefix in (*prefixes, *([] if unit in _NEVER_BARE else [""]))
    }
    powers = {unit + sign: power + name for unit, name in _LENGTHS.items() for sign, power in _POWERS.items()}
    return names | powers | _OTHERS


_UNITS = _units()
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_HAN_UNIT = (
    "平方米|平方公里|平方千米|平米|立方米|立米|公里|千米|公斤|千克|毫克|毫升|厘米|小时|小時|分钟|分鐘|人次"
    "|[元块塊人次个個台臺件辆輛只隻株粒户戶页頁字篇间間条條张張斤克升吨噸米支亩畝天日月年周週秒分时時片瓶袋盒包箱桶度"
    "床班节節课課场場股份套队隊组組位名架艘头頭杯碗本册]"
)
_PER = rf"(?:\s?/\s?(?:(?:{_UNIT})(?![A-Za-z0-9])|{_HAN_UNIT}))"
_MANY = r"(?:\s?[十百千]?[万萬亿億]{1,2}|[多余餘])?"
_QUANTITY = re.compile(
    r"(?P<minus>(?<![0-9A-Za-z)\]%°])[-\u2212])?(?<![0-9])(?<![0-9][.,])(?<![A-Za-z/])(?<![A-Za-z]-)"
    rf"(?:(?P<first>{NUMBER})\s?(?P<unit1>{_UNIT})?\s?(?P<joint>{DASH}|/)\s?(?P<minus2>[-\u2212])?)?"
    rf"(?P<second>{NUMBER})(?P<many>{_MANY})\s?(?P<unit>{_UNIT})(?![A-Za-z0-9²³])(?P<per>{_PER}{{0,2}})"
)
_ALONE = re.compile(
    rf"(?<![0-9A-Za-z/°.])(?P<unit>{_UNIT})(?P<per>{_PER})(?![A-Za-z0-9/])"
    r"|°[CF](?![A-Za-z])|(?<![A-Za-z])[cdmk]?m[²³](?![A-Za-z])"
)
_HAN_PER = re.compile(rf"([0-9万萬亿億千百][多余]?\s?[美港欧日]?{_HAN_UNIT})({_PER})")
_PRICE_PER = re.compile(rf"(?<=[元块塊])\s?/\s?(?=[{HAN}])")
_TALL = re.compile(r"(?<![0-9.])([0-9])\s?[m米]([0-9]{1,2})(?![0-9A-Za-z.%]|\s?(?:厘米|公分|×))")
_CHARGER = re.compile(rf"({NUMBER})w(?=\s?(?:快充|闪充|充电|功率|电源|适配|灯))")
_ANGLE = re.compile(
    r"(?<![0-9.])([0-9]{1,3})°\s?([0-9]{1,2})[′'](?:\s?([0-9]{1,2}(?:\.[0-9]{1,6})?)[″\"])?"
    r"(?:\s?([NSEW])(?![A-Za-z]))?"
)
_DEGREES = re.compile(rf"(?<![0-9.])({NUMBER})°(?:\s?([NSEW])(?![A-Za-z])|(?=[^0-9CFNSEW]|$))")
_SIDES = {"N": "北纬", "S": "南纬", "E": "东经", "W": "西经", None: ""}
_SPEEDS = frozenset(("每小时", "每秒", "每分钟", "每分", "每时"))
_COLD = frozenset(("°C", "°F"))
_WORD = re.compile(r"[A-Za-z]\s$")
_NETWORK = re.compile(r"(?:网|網|手机|手機|信号|时代|通信|通讯|基站|套餐|技术|流量|用户|模块|芯片|商用|直播)")


def _quantity(match: re.Match[str]) -> str | None:
    if _is_name(match):
        return None
    first, per = match["first"], _per(match["per"])
    if first and match["joint"] == "/":
        return _parted(match, per)
    said = f"{counted(match['second'])}{match['many']}{_UNITS[match['unit']]}"
    minus = "零下" if match["unit"] in _COLD else "负"
    if first:
        said = f"{counted(first)}{_UNITS.get(match['unit1'], '')}到{minus if match['minus2'] else ''}{said}"
    # A speed begins with its time: 每小时一百二十公里.
    said = f"{per}{said}" if per in _SPEEDS and _UNITS[match["unit"]] in _LENGTHS.values() else f"{said}{per}"
    return f"{minus if match['minus'] else ''}{said}"


def _is_name(match: re.Match[str]) -> bool:
    """iPhone 5s, 4g网络."""
    unit, string = match["unit"], match.string
    after_word = unit in "sghtm" and _WORD.search(string, max(0, match.start() - 2), match.start())
    return bool(after_word) or (unit == "g" and _NETWORK.match(string, match.end()) is not None)


def _parted(match: re.Match[str], per: str) -> str | None:
    """1/2km; and 120/80mmHg, which is no fraction."""
    above, below = match["first"], match["second"]
    if match["minus2"]:
        return None
    if match["unit1"]:
        return f"{counted(above)}{_UNITS[match['unit1']]}，{counted(below)}{_UNITS[match['unit']]}{per}"
    part = above.isdigit() and below.isdigit() and int(above) < int(below)
    said = f"{cardinal(below)}分之{cardinal(above)}" if part else f"{cardinal(above)}，{cardinal(below)}"
    return f"{said}{match['many']}{_UNITS[match['unit']]}{per}"


def _per(text: str) -> str:
    parts = [part.strip() for part in text.split("/")[1:]]
    return "".join(f"每{_UNITS.get(part, part)}" for part in parts)


def _alone(match: re.Match[str]) -> str:
    """A unit without a number: 单位为km/h."""
    return f"{_UNITS[match['unit']]}{_per(match['per'])}" if match["unit"] else _UNITS[match[0]]


def _angle(match: re.Match[str]) -> str:
    seconds = f"{cardinal(match[3])}秒" if match[3] else ""
    return f"{_SIDES[match[4]]}{counted(match[1])}度{counted(match[2])}分{seconds}"


def _tall(match: re.Match[str]) -> str | None:
    """1米75."""
    return None if counts(match) else f"{counted(match[1])}米{digits(match[2])}"


RULES = (
    Rule("unit", _ANGLE, _angle),
    Rule("unit", _QUANTITY, _quantity),
    Rule("unit", _DEGREES, lambda match: f"{_SIDES[match[2]]}{counted(match[1])}度"),
    Rule("unit", _TALL, _tall),
    Rule("unit", _CHARGER, lambda match: f"{cardinal(match[1])}瓦"),
    Rule("unit", _ALONE, _alone),
    Rule("unit", _HAN_PER, lambda match: f"{match[1]}{_per(match[2])}"),
    Rule("unit", _PRICE_PER, lambda match: "每"),
)
