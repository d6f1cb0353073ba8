"""Money, and what is measured in units."""

from __future__ import annotations

import re
from decimal import Decimal

from vox.workers.normal.korean.figures import AMOUNT, SIGN, SPAN, TO, amount, sino, span
from vox.workers.normal.rule import Rule

_SYMBOLS = {
    "US$": "달러", "HK$": "홍콩 달러", "NT$": "대만 달러", "A$": "호주 달러", "AU$": "호주 달러",
    "C$": "캐나다 달러", "CA$": "캐나다 달러", "NZ$": "뉴질랜드 달러", "S$": "싱가포르 달러", "R$": "헤알",
    "CN¥": "위안", "JP¥": "엔", "¥": "엔", "￥": "엔", "$": "달러", "＄": "달러", "€": "유로", "£": "파운드",
    "₩": "원", "￦": "원", "₹": "루피", "฿": "바트", "₫": "동", "₱": "페소", "₽": "루블", "₺": "리라",
    "₿": "비트코인",
}  # fmt: skip
_CODES = {
    "KRW": "원", "USD": "달러", "JPY": "엔", "EUR": "유로", "GBP": "파운드", "CNY": "위안", "RMB": "위안",
    "CHF": "스위스프랑", "AUD": "호주 달러", "CAD": "캐나다 달러", "HKD": "홍콩 달러", "TWD": "대만 달러",
    "INR": "루피", "THB": "바트", "SGD": "싱가포르 달러", "NZD": "뉴질랜드 달러", "VND": "동",
    "BTC": "비트코인", "PHP": "페소", "RUB": "루블",
}  # fmt: skip
_CENTS = {"달러": "센트", "유로": "센트", "파운드": "펜스"}
_SCALES = {
    "k": 3,
    "thousand": 3,
    "m": 6,
    "million": 6,
    "b": 9,
    "bn": 9,
    "billion": 9,
    "t": 12,
    "trillion": 12,
}
_PER = {
    "월": "월",
    "년": "연",
    "일": "하루",
    "시간": "시간당",
    "인": "일인당",
    "명": "한 명당",
    "개": "한 개당",
    "박": "일 박에",
    "kg": "킬로그램당",
}

_SIGNED = rf"(?<![A-Za-z])(?:{'|'.join(sorted(map(re.escape, _SYMBOLS), key=len, reverse=True))})"
_CODE = "|".join(_CODES)
_NAMED = "원|달러|유로|파운드|엔|위안|루피|바트|페소|루블|프랑|센트|펜스|동(?=을|이\\b)"
_PREFIXED = re.compile(
    rf"(?P<sign>{SIGN})(?P<currency>{_SIGNED}|(?<![A-Za-z])(?:{_CODE}))\s?(?:(?P<low>{AMOUNT}){TO}(?![₩￦¥$€£]))?"
    rf"(?P<high>{AMOUNT})(?:\s?(?P<scale>[Tt]housand|[Mm]illion|[Bb]illion|[Tt]rillion|bn|[KMBT])(?![A-Za-z]))?"
)
_CODED = re.compile(rf"{SPAN}\s?(?P<currency>{_CODE})(?![A-Za-z])")
_RATE = re.compile(rf"{SPAN}\s?원/(?P<per>월|년|일|시간|인|명|개|박|kg)(?![A-Za-z])")
_SUFFIXED = re.compile(rf"{SPAN}\s?(?P<currency>{_NAMED})")
_SAID_TO = re.compile(r"(?<=[원러로드엔안트만억조천백])\s?[–〜～~∼]\s?(?=[가-힣])")


def _money(match: re.Match[str]) -> str:
    name = _CODES.get(match["currency"]) or _SYMBOLS[match["currency"]]
    sign = "마이너스 " if match["sign"] in ("-", "−") else ""
    low, high = match["low"], match["high"]
    if match["scale"] and high[-1].isdecimal():
        value = Decimal(high.lstrip("-−+±").replace(",", "")) if high.isascii() else Decimal(0)
        high = f"{value.scaleb(_SCALES[match['scale'].lower()]):f}" if value else high
    if low:
        return f"{sign}{amount(low)}에서 {amount(high)} {name}"
    return sign + _with_cents(high, name)


def _with_cents(high: str, name: str) -> str:
    whole, _, cents = high.partition(".")
    if name not in _CENTS or len(cents) != 2 or not cents.isdecimal():
        return f"{amount(high)} {name}"
    less = f"{sino(str(int(cents)))} {_CENTS[name]}" if int(cents) else ""
    return less if whole == "0" and less else f"{amount(whole)} {name} {less}".rstrip()


_PREFIXES = {
    "k": "킬로", "K": "킬로", "M": "메가", "G": "기가", "T": "테라", "P": "페타", "h": "헥토", "d": "데시",
    "c": "센티", "m": "밀리", "μ": "마이크로", "µ": "마이크로", "n": "나노", "p": "피코",
}  # fmt: skip
# A unit, the prefixes that go with it, and its name.
_BASES = (
    ("m", "kcmμµnp", "미터"), ("g", "kmμµn", "그램"), ("L", "kdmcμµ", "리터"), ("l", "kdmcμµ", "리터"),
    ("W", "kMGTm", "와트"), ("Wh", "kMGTm", "와트시"), ("V", "kMmμµ", "볼트"), ("A", "kmμµ", "암페어"),
    ("Ah", "m", "암페어시"), ("Hz", "kMGT", "헤르츠"), ("B", "kKMGTP", "바이트"), ("iB", "KMGT", "바이트"),
    ("bit", "kKMG", "비트"), ("b", "MG", "비트"), ("bps", "kKMGT", "비피에스"),
    ("B/s", "kKMG", "바이트 퍼 세컨드"), ("Pa", "hkMG", "파스칼"), ("J", "kM", "줄"), ("cal", "k", "칼로리"),
    ("N", "k", "뉴턴"), ("Ω", "kM", "옴"), ("s", "mμµn", "초"), ("mol", "m", "몰"), ("Sv", "mμµ", "시버트"),
    ("Bq", "kM", "베크렐"), ("eV", "kMGT", "전자볼트"), ("VA", "k", "볼트암페어"), ("F", "μµnp", "패럿"),
    ("pc", "kM", "파섹"),
)  # fmt: skip
_UNITS = {
    prefix + base: (_PREFIXES[prefix] if prefix else "") + name
    for base, prefixes, name in _BASES
    for prefix in ("", *prefixes)
    if prefix or base not in ("b", "iB", "F", "pc")
} | {
    "t": "톤", "ha": "헥타르", "cc": "시시", "°C": "도", "℃": "도", "°": "도", "dB": "데시벨",
    "lb": "파운드", "lbs": "파운드", "oz": "온스", "ft": "피트", "in": "인치", "inch": "인치", "yd": "야드",
    "mi": "마일", "mile": "마일", "mph": "마일 퍼 아워", "rpm": "알피엠", "px": "픽셀", "dpi": "디피아이",
    "fps": "프레임 퍼 세컨드", "pt": "포인트", "h": "시간", "hr": "시간", "min": "분", "sec": "초",
    "lx": "럭스", "lm": "루멘", "cd": "칸델라", "ppm": "피피엠", "ct": "캐럿", "kt": "노트", "atm": "기압",
    "kgf": "킬로그램힘", "acre": "에이커", "″": "인치", "bpm": "비피엠", "㎞": "킬로미터", "㎝": "센티미터",
    "㎜": "밀리미터", "㎏": "킬로그램", "㎎": "밀리그램", "㎖": "밀리리터", "ℓ": "리터", "㎘": "킬로리터",
    "㏄": "시시", "㎡": "제곱미터", "㎢": "제곱킬로미터", "㎠": "제곱센티미터", "㎥": "세제곱미터",
    "㎤": "세제곱센티미터", "㏊": "헥타르", "㎐": "헤르츠", "㎑": "킬로헤르츠", "㎒": "메가헤르츠",
    "㎓": "기가헤르츠", "㎾": "킬로와트", "㎿": "메가와트", "㎸": "킬로볼트", "㎉": "킬로칼로리",
    "㎍": "마이크로그램", "㎛": "마이크로미터", "㎚": "나노미터", "㎳": "밀리초",
}  # fmt: skip
_POWERS = {"2": "제곱", "²": "제곱", "3": "세제곱", "³": "세제곱"}
_SPEEDS = {"h": "시속", "hr": "시속", "s": "초속", "sec": "초속", "min": "분속"}
_KNOWN = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_UNIT = re.compile(
    rf"{SPAN}\s?(?P<unit>{_KNOWN})(?P<power>(?<=m)[²³23])?(?:/(?P<per>{_KNOWN})(?P<of>(?<=m)[²³23])?)?(?![A-Za-z0-9²³])"
)
_ALONE = re.compile("[㎎-㎥㎾㎿㏄㏊](?![A-Za-z0-9])")
_FAHRENHEIT = re.compile(rf"{SPAN}\s?(?:°F|℉)(?![A-Za-z0-9])")
_DEGREES = re.compile(rf"{SPAN}\s?도(?=\s|[.,가까로였입다이인나를의와]|$)")
_SPELLED = re.compile(
    rf"{SPAN}\s?(?P<unit>(?:킬로|센티|밀리|마이크로|나노|메가|기가|테라)?(?:미터|그램|리터|와트|볼트|헤르츠|바이트|칼로리)|킬로|톤|평|인치|피트|마일|제곱|퍼센트|프로(?![가-힣]))"
)
_CLASS = re.compile(r"[조형급석반]|클래스|리그|팀|사이즈")
_UNIT_SAID_TO = re.compile(r"(?<=[터램톤도트초간평치])\s?[–〜～~∼]\s?(?=[가-힣])")


def _unit(match: re.Match[str]) -> str | None:
    unit, per = match["unit"], match["per"]
    if unit in "AVWNJBLgF" and _CLASS.match(match.string[match.end() : match.end() + 3]):
        return None
    below = "영하 " if unit in ("°C", "℃") else "마이너스 "
    said = f"{span(match, below)} {_POWERS.get(match['power'] or '', '')}{_UNITS[unit]}"
    if not per:
        return said
    if per in _SPEEDS and unit in ("m", "km", "cm", "mm", "㎞", "㎝", "㎜"):
        told = re.search("[시초분풍유음광]속", match.string[max(0, match.start() - 8) : match.start()])
        return said if told and "풍속" not in told[0] else f"{_SPEEDS[per]} {said}"
    return f"{said} 퍼 {_POWERS.get(match['of'] or '', '')}{_UNITS[per]}"


RULES = (
    Rule("money", _PREFIXED, _money),
    Rule("money", _CODED, lambda match: f"{span(match)} {_CODES[match['currency']]}"),
    Rule("money", _RATE, lambda match: f"{_PER[match['per']]} {span(match)} 원"),
    Rule("money", _SUFFIXED, lambda match: f"{span(match)} {match['currency']}"),
    Rule("money", _SAID_TO, lambda match: "에서 "),
    Rule("unit", _FAHRENHEIT, lambda match: f"화씨 {span(match)} 도"),
    Rule("unit", _UNIT, _unit),
    Rule("unit", _ALONE, lambda match: _UNITS.get(match[0])),
    Rule("unit", _DEGREES, lambda match: f"{span(match, '영하 ')} 도"),
    Rule("unit", _SPELLED, lambda match: f"{span(match)} {match['unit']}"),
    Rule("unit", _UNIT_SAID_TO, lambda match: "에서 "),
)
