"""Money, and what is measured in units."""

from __future__ import annotations

import re
from decimal import Decimal

from vox.workers.normal.japanese.figures import AMOUNT, SIGN, SPAN, amount, span, whole_number
from vox.workers.normal.rule import Rule

_SYMBOLS = {
    "US$": "米ドル", "HK$": "香港ドル", "NT$": "台湾ドル", "A$": "豪ドル", "AU$": "豪ドル",
    "C$": "カナダドル", "CA$": "カナダドル", "NZ$": "ニュージーランドドル", "S$": "シンガポールドル",
    "R$": "レアル", "CN¥": "元", "JP¥": "円", "¥": "円", "$": "ドル", "€": "ユーロ", "£": "ポンド",
    "₩": "ウォン", "₹": "ルピー", "฿": "バーツ", "₫": "ドン", "₱": "ペソ", "₽": "ルーブル", "₺": "リラ",
    "₪": "シェケル", "₿": "ビットコイン",
}  # fmt: skip
_CODES = {
    "JPY": "円", "USD": "ドル", "EUR": "ユーロ", "GBP": "ポンド", "KRW": "ウォン", "CNY": "元",
    "RMB": "人民元", "CHF": "スイスフラン", "AUD": "豪ドル", "CAD": "カナダドル", "HKD": "香港ドル",
    "TWD": "台湾ドル", "INR": "ルピー", "THB": "バーツ", "SGD": "シンガポールドル",
    "NZD": "ニュージーランドドル", "VND": "ドン", "BTC": "ビットコイン", "PHP": "ペソ", "RUB": "ルーブル",
    "BRL": "レアル", "SEK": "スウェーデンクローナ", "NOK": "ノルウェークローネ",
}  # fmt: skip
_CENTS = {"ドル": "セント", "ユーロ": "セント", "ポンド": "ペンス"}
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
    "月": "月",
    "年": "年",
    "週": "週",
    "時": "一時間",
    "h": "一時間",
    "kg": "一キログラム",
    "g": "一グラム",
}

_SIGNED = rf"(?<![A-Za-z])(?:{'|'.join(sorted(map(re.escape, _SYMBOLS), key=len, reverse=True))})"
_CODE = "|".join(_CODES)
_NAMED = (
    "円|ドル|ユーロ|ポンド|ウォン|元(?![気旦々])|人民元|ルピー|バーツ|ペソ|ルーブル|フラン|セント|ペンス|銭"
)
_PREFIXED = re.compile(
    rf"(?P<sign>{SIGN})(?P<currency>{_SIGNED}|(?<![A-Za-z])(?:{_CODE})\s?)(?:(?P<low>{AMOUNT})\s?[-–〜～~]\s?(?![¥$€£]))?"
    rf"(?P<high>{AMOUNT})(?:\s?(?P<scale>[Tt]housand|[Mm]illion|[Bb]illion|[Tt]rillion|bn|[KMBT])(?![A-Za-z]))?-?"
)
_CODED = re.compile(rf"{SPAN}\s?(?P<currency>{_CODE})(?![A-Za-z])")
_RATE = re.compile(rf"{SPAN}円[/／](?P<per>[年月日週時人個本枚台回泊名件株坪]|時間|kg|g|h)(?![A-Za-z])")
_SUFFIXED = re.compile(rf"{SPAN}(?=\s?(?:{_NAMED}))")
_TO = re.compile(r"(?<=[円ドルロンー元銭])\s?[〜～~–]\s?(?=[零一二三四五六七八九十百千マ])")


def _money(match: re.Match[str]) -> str:
    currency = match["currency"].strip()
    name = _CODES.get(currency) or _SYMBOLS[currency]
    sign = "マイナス" if match["sign"] in ("-", "−") else ""
    low, high = match["low"], match["high"]
    if match["scale"]:
        value = Decimal(
            high.translate({ord(","): "", ord("−"): "-"}) if high[0] != "±" else high[1:].replace(",", "")
        )
        high = f"{value.scaleb(_SCALES[match['scale'].lower()]):f}"
    if low:
        return f"{sign}{amount(low)}から{amount(high)}{name}"
    return sign + _with_cents(high, name)


def _with_cents(high: str, name: str) -> str:
    whole, _, cents = high.partition(".")
    if name not in _CENTS or len(cents) != 2 or not cents.isdecimal():
        return amount(high) + name
    less = f"{whole_number(str(int(cents)))}{_CENTS[name]}" if int(cents) else ""
    return less if whole == "0" and less else f"{amount(whole)}{name}{less}"


def _rate(match: re.Match[str]) -> str:
    per = match["per"]
    return f"{_PER.get(per, '一' + per)}{span(match)}円"


_PREFIXES = {
    "k": "キロ", "K": "キロ", "M": "メガ", "G": "ギガ", "T": "テラ", "P": "ペタ", "h": "ヘクト", "d": "デシ",
    "c": "センチ", "m": "ミリ", "μ": "マイクロ", "µ": "マイクロ", "n": "ナノ", "p": "ピコ",
}  # fmt: skip
# A unit, the prefixes that go with it, and its name.
_BASES = (
    ("m", "kcmμµnp", "メートル"), ("g", "kmμµn", "グラム"), ("L", "kdmcμµ", "リットル"),
    ("l", "kdmcμµ", "リットル"), ("W", "kMGTm", "ワット"), ("Wh", "kMGTm", "ワット時"),
    ("V", "kMmμµ", "ボルト"), ("A", "kmμµ", "アンペア"), ("Ah", "m", "アンペア時"), ("Hz", "kMGT", "ヘルツ"),
    ("B", "kKMGTP", "バイト"), ("iB", "KMGT", "バイト"), ("bit", "kKMG", "ビット"), ("b", "MG", "ビット"),
    ("bps", "kKMGT", "ビット毎秒"), ("B/s", "kKMG", "バイト毎秒"), ("Pa", "hkMG", "パスカル"),
    ("J", "kM", "ジュール"), ("cal", "k", "カロリー"), ("N", "k", "ニュートン"), ("Ω", "kM", "オーム"),
    ("s", "mμµn", "秒"), ("mol", "m", "モル"), ("Sv", "mμµ", "シーベルト"), ("Bq", "kM", "ベクレル"),
    ("eV", "kMGT", "電子ボルト"), ("VA", "k", "ボルトアンペア"), ("F", "μµnp", "ファラド"),
    ("pc", "kM", "パーセク"),
)  # fmt: skip
_UNITS = {
    prefix + base: (_PREFIXES[prefix] if prefix else "") + name
    for base, prefixes, name in _BASES
    for prefix in ("", *prefixes)
    if prefix or base not in ("b", "iB", "F", "pc", "B", "bit")
} | {
    "B": "バイト", "bit": "ビット", "t": "トン", "ha": "ヘクタール", "cc": "シーシー", "°C": "度", "°": "度",
    "dB": "デシベル", "lb": "ポンド", "lbs": "ポンド", "oz": "オンス", "ft": "フィート", "in": "インチ",
    "inch": "インチ", "yd": "ヤード", "mi": "マイル", "mile": "マイル", "mph": "マイル毎時",
    "rpm": "回転毎分", "px": "ピクセル", "dpi": "ディーピーアイ", "fps": "フレーム毎秒", "pt": "ポイント",
    "h": "時間", "hr": "時間", "min": "分", "sec": "秒", "lx": "ルクス", "lm": "ルーメン", "cd": "カンデラ",
    "ppm": "ピーピーエム", "ct": "カラット", "kt": "ノット", "au": "天文単位", "atm": "気圧",
    "kgf": "キログラム重", "ly": "光年", "acre": "エーカー", "″": "インチ", "%": "パーセント",
    "bpm": "ビーピーエム", "cpm": "シーピーエム",
}  # fmt: skip
_POWERS = {"2": "平方", "²": "平方", "3": "立方", "³": "立方"}
_SPEEDS = {"h": "時速", "hr": "時速", "s": "秒速", "sec": "秒速", "min": "分速"}
_KNOWN = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_UNIT = re.compile(
    rf"{SPAN}\s?(?P<unit>{_KNOWN})(?:(?P<power>(?<=m)[²³23]))?(?:/(?P<per>{_KNOWN})(?P<of>(?<=m)[²³23])?)?"
    r"(?:[PWR]H)?(?![A-Za-z0-9²³])"
)
_ALONE = re.compile(r"(?<![A-Za-z0-9])([kcm]?m)([23²³])(?![A-Za-z0-9])")
_FAHRENHEIT = re.compile(rf"{SPAN}\s?°F(?![A-Za-z0-9])")
_CLASS = re.compile(r"[組型級席社]|クラス|ランク|リーグ|チーム|サイズ")
_UNIT_TO = re.compile(
    r"(?<=[トルムドスンアチタ度秒分時])\s?[〜～~–]\s?(?=(?:マイナス|華氏)?[零一二三四五六七八九十百千])"
)


def _unit(match: re.Match[str]) -> str | None:
    unit, per = match["unit"], match["per"]
    if unit in "AVWNJBLg" and _CLASS.match(match.string[match.end() : match.end() + 3]):
        return None
    if unit == "%" and not per:
        return None
    name = _POWERS.get(match["power"] or "", "")
    # 平方 stands before the name: 平方キロメートル.
    said = name + _UNITS[unit]
    if not per:
        return span(match) + said
    speed = _SPEEDS.get(per)
    if speed and unit in ("m", "km", "cm", "mm"):
        told = re.search("[時秒分風流音光]速", match.string[max(0, match.start() - 8) : match.start()])
        return ("" if told else speed) + span(match) + said
    return f"{span(match)}{said}毎{_POWERS.get(match['of'] or '', '')}{_UNITS[per]}"


RULES = (
    Rule("money", _PREFIXED, _money),
    Rule("money", _CODED, lambda match: span(match) + _CODES[match["currency"]]),
    Rule("money", _RATE, _rate),
    Rule("money", _SUFFIXED, span),
    Rule("money", _TO, lambda match: "から"),
    Rule("unit", _FAHRENHEIT, lambda match: f"華氏{span(match)}度"),
    Rule("unit", _UNIT, _unit),
    Rule("unit", _ALONE, lambda match: _POWERS[match[2]] + _UNITS[match[1]]),
    Rule("unit", _UNIT_TO, lambda match: "から"),
)
