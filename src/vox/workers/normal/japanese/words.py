"""Short forms and letters."""

from __future__ import annotations

import re

from vox.workers.normal.rule import Rule

_NAMES = {
    "A": "エー", "B": "ビー", "C": "シー", "D": "ディー", "E": "イー", "F": "エフ", "G": "ジー",
    "H": "エイチ", "I": "アイ", "J": "ジェー", "K": "ケー", "L": "エル", "M": "エム", "N": "エヌ",
    "O": "オー", "P": "ピー", "Q": "キュー", "R": "アール", "S": "エス", "T": "ティー", "U": "ユー",
    "V": "ブイ", "W": "ダブリュー", "X": "エックス", "Y": "ワイ", "Z": "ゼット",
}  # fmt: skip
_KNOWN = {
    "NASA": "ナサ", "NATO": "ナトー", "UNESCO": "ユネスコ", "UNICEF": "ユニセフ", "ASEAN": "アセアン",
    "OPEC": "オペック", "APEC": "エイペック", "JAXA": "ジャクサ", "TOEIC": "トーイック", "TOEFL": "トーフル",
    "AIDS": "エイズ", "SARS": "サーズ", "MERS": "マーズ", "COVID": "コビッド",
    "COVID-19": "コビッドナインティーン", "FIFA": "フィファ", "UEFA": "ウエファ", "JAL": "ジャル",
    "GAFA": "ガーファ", "JASRAC": "ジャスラック", "JETRO": "ジェトロ", "JICA": "ジャイカ", "JIS": "ジス",
    "NEET": "ニート", "OK": "オーケー", "LAN": "ラン", "RAM": "ラム", "ROM": "ロム", "GIF": "ジフ",
    "JPEG": "ジェイペグ", "SIM": "シム", "PIN": "ピン", "UFO": "ユーフォー", "VIP": "ブイアイピー",
    "LINE": "ライン", "TEL": "電話", "TEL.": "電話", "Tel": "電話", "K-POP": "ケーポップ",
    "J-POP": "ジェーポップ", "SDGs": "エスディージーズ", "ChatGPT": "チャットジーピーティー",
    "FAX": "ファックス", "VS": "バーサス", "DIY": "ディーアイワイ", "IoT": "アイオーティー",
    "iOS": "アイオーエス", "macOS": "マックオーエス", "CO2": "シーオーツー", "H2O": "エイチツーオー",
    "B2B": "ビートゥービー", "B2C": "ビートゥーシー", "BtoB": "ビートゥービー", "BtoC": "ビートゥーシー",
    "Wi-Fi": "ワイファイ", "WiFi": "ワイファイ", "WIFI": "ワイファイ", "2D": "ツーディー",
    "3D": "スリーディー", "4D": "フォーディー", "3G": "スリージー", "4G": "フォージー", "5G": "ファイブジー",
    "6G": "シックスジー", "2K": "ニケー", "4K": "ヨンケー", "8K": "ハチケー", "MP3": "エムピースリー",
    "MP4": "エムピーフォー", "WHO": "ダブリューエイチオー", "NEWS": "ニュース", "SALE": "セール",
    "etc.": "エトセトラ", "etc": "エトセトラ", "E-mail": "イーメール", "e-mail": "イーメール",
    "LTE": "エルティーイー", "1st": "ファースト", "2nd": "セカンド", "3rd": "サード", "4th": "フォース",
    "5th": "フィフス", "JIT": "ジット",
}  # fmt: skip
_TITLES = {
    "Mr": "ミスター", "Mrs": "ミセス", "Ms": "ミズ", "Dr": "ドクター", "Prof": "プロフェッサー",
    "St": "セント", "Jr": "ジュニア", "Sr": "シニア", "Mt": "マウント", "Inc": "インク", "Ltd": "リミテッド",
    "Co": "カンパニー", "Corp": "コーポレーション",
}  # fmt: skip
_COUNTED = {
    "no": "ナンバー", "vol": "ボリューム", "ver": "バージョン", "v": "バージョン", "ch": "チャプター",
    "fig": "図", "lv": "レベル", "ep": "エピソード", "sec": "セクション", "op": "オーパス", "pt": "パート",
    "act": "アクト", "pat": "パターン",
}  # fmt: skip
_FIRMS = {
    "株": "株式会社", "有": "有限会社", "社": "社団法人", "財": "財団法人", "合": "合同会社",
    "資": "合資会社", "学": "学校法人", "一社": "一般社団法人", "公財": "公益財団法人",
    "公社": "公益社団法人", "独": "独立行政法人", "医": "医療法人", "福": "社会福祉法人",
}  # fmt: skip
# Words that stand in capitals for show, and the tops of addresses.
_WORDS = re.compile(
    "THE|AND|NEW|ONE|TWO|BOX|CAR|BIG|HOT|TOP|MAX|MIN|POP|RED|SKY|GET|FOR|YOU|NOW|OUT|OFF|BOY|DAY|WAY|CAN|ALL|HER|HIS"
    "|IS|IN|ON|GO|NO|UP|MY|WE|AT|BY|OF|OR|TO|BE|ME|IF|SO|DO|AN|COM|ORG|NET|EDU|BIZ|WEB|APP|DEV|BUS|CAT|DOG|SUN|SEA"
    "|MAN|MEN|WIN|END|BAR|TEA|ART|FUN|YES|BAD|LOW|JAM|ICE|EGG|KEY|MAP|SEX|SET|TEN|SIX"
)
_SPELLED = re.compile("OECD|IAEA|IEEE|IPCC|ICBM|UCLA|ISBN|ISSN")
_VOWEL = re.compile("[AEIOU]")

_FIRM = re.compile(
    rf"[（(]({'|'.join(sorted(_FIRMS, key=len, reverse=True))})[)）](?=\w)|(?<=\w)[（(]([株有])[)）]"
)
_TITLE = re.compile(
    rf"(?<![A-Za-z])({'|'.join(_TITLES)})\.\s?(?=\S)|(?<![A-Za-z])(Mr|Mrs|Ms|Dr)\.?(?=[ァ-ヶ])"
)
_COUNT = re.compile(
    rf"(?<![A-Za-z])({'|'.join(_COUNTED)})(?:\.\s?|(?<=[rR.])\s?|(?<=[vV])|(?<=Lv)|(?<=No))(?=\d)",
    re.IGNORECASE,
)
_PAGE = re.compile(r"(?<![A-Za-z])(?:[Pp]{1,2}\.\s?|P)(\d{1,4}(?:\s?[-–〜～~]\s?\d{1,4})?)(?![\d.]|[A-Za-z])")
_VERSUS = re.compile(r"(?<![A-Za-z])\s?(?:vs|VS|Vs)(?:\.|(?![A-Za-z]))\s?")
_TOKEN = re.compile(
    rf"(?<![A-Za-z0-9])(?:{'|'.join(sorted(map(re.escape, _KNOWN), key=len, reverse=True))})(?![A-Za-z0-9])"
)
_AND = re.compile(r"(?<=[A-Z])\s?&\s?(?=[A-Z](?![a-z]))")
_LETTERS = re.compile(r"(?<![A-Za-z])(?<![a-z][ '’-])[A-Z]{1,6}(?:-(?=\d)|(?![A-Za-z]|[ '’][A-Za-z]))")


def _letters(match: re.Match[str]) -> str | None:
    text = match[0].rstrip("-")
    if _WORDS.fullmatch(text) or (len(text) > 3 and not _SPELLED.fullmatch(text) and _VOWEL.search(text)):
        return None
    return "".join(_NAMES[letter] for letter in text)


def _page(match: re.Match[str]) -> str:
    return f"{match[1]}ページ"


RULES = (
    Rule("abbreviation", _FIRM, lambda match: _FIRMS[match[1] or match[2]]),
    Rule("abbreviation", _VERSUS, lambda match: "対"),
    Rule("abbreviation", _TITLE, lambda match: _TITLES[match[1] or match[2]]),
    Rule("abbreviation", _COUNT, lambda match: _COUNTED[match[1].lower()]),
    Rule("abbreviation", _PAGE, _page),
    Rule("abbreviation", _TOKEN, lambda match: _KNOWN[match[0]]),
    Rule("abbreviation", _AND, lambda match: "アンド"),
    Rule("abbreviation", _LETTERS, _letters),
)
