"""Short forms and letters."""

from __future__ import annotations

import re

from vox.workers.normal.rule import Rule

_NAMES = {
    "A": "에이", "B": "비", "C": "시", "D": "디", "E": "이", "F": "에프", "G": "지", "H": "에이치",
    "I": "아이", "J": "제이", "K": "케이", "L": "엘", "M": "엠", "N": "엔", "O": "오", "P": "피", "Q": "큐",
    "R": "알", "S": "에스", "T": "티", "U": "유", "V": "브이", "W": "더블유", "X": "엑스", "Y": "와이",
    "Z": "제트",
}  # fmt: skip
_KNOWN = {
    "NASA": "나사", "NATO": "나토", "UNESCO": "유네스코", "UNICEF": "유니세프", "ASEAN": "아세안",
    "OPEC": "오펙", "APEC": "에이펙", "TOEIC": "토익", "TOEFL": "토플", "AIDS": "에이즈", "SARS": "사스",
    "COVID": "코비드", "COVID-19": "코비드 일구", "PM2.5": "피엠 이 점 오", "FIFA": "피파", "OK": "오케이",
    "LAN": "랜", "RAM": "램", "ROM": "롬", "VIP": "브이아이피", "FAX": "팩스", "Fax": "팩스", "TEL": "전화",
    "TEL.": "전화", "K-POP": "케이팝", "SDGs": "에스디지즈", "ChatGPT": "챗지피티", "Tel": "전화",
    "IoT": "아이오티", "iOS": "아이오에스", "macOS": "맥오에스", "CO2": "시오투", "H2O": "에이치투오",
    "B2B": "비투비", "B2C": "비투시", "Wi-Fi": "와이파이", "WiFi": "와이파이", "WIFI": "와이파이",
    "2D": "투디", "3D": "스리디", "4D": "포디", "3G": "스리지", "4G": "포지", "5G": "오지", "6G": "육지",
    "4K": "포케이", "8K": "에잇케이", "MP3": "엠피스리", "MP4": "엠피포", "etc.": "등등", "etc": "등등",
    "POSCO": "포스코", "KAIST": "카이스트", "POSTECH": "포스텍", "SUV": "에스유브이", "E-mail": "이메일",
    "e-mail": "이메일", "DIY": "디아이와이", "PIN": "핀", "SIM": "심", "GIF": "지아이에프",
}  # fmt: skip
_TITLES = {
    "Mr": "미스터", "Mrs": "미시즈", "Ms": "미즈", "Dr": "닥터", "Prof": "프로페서", "St": "세인트",
    "Jr": "주니어", "Sr": "시니어",
}  # fmt: skip
_COUNTED = {
    "no": "넘버", "vol": "볼륨", "ver": "버전", "v": "버전", "ch": "챕터", "fig": "그림", "lv": "레벨",
    "ep": "에피소드", "sec": "섹션", "op": "작품",
}  # fmt: skip
_FIRMS = {
    "주": "주식회사",
    "유": "유한회사",
    "사": "사단법인",
    "재": "재단법인",
    "합": "합자회사",
    "학": "학교법인",
}
# Words that stand in capitals for show, and the tops of addresses.
_WORDS = re.compile(
    "THE|AND|NEW|ONE|TWO|BOX|CAR|BIG|HOT|TOP|MAX|MIN|POP|RED|SKY|GET|FOR|YOU|NOW|OUT|OFF|BOY|DAY|WAY|CAN|ALL|HER|HIS"
    "|IS|IN|ON|GO|NO|UP|MY|WE|AT|BY|OF|OR|TO|BE|ME|IF|SO|DO|AN|COM|ORG|NET|EDU|BIZ|WEB|APP|DEV|BUS|CAT|DOG|SUN|SEA"
    "|MAN|MEN|WIN|END|BAR|TEA|ART|FUN|YES|BAD|LOW|JAM|ICE|EGG|KEY|MAP|SEX|SET|TEN|SIX"
)
_SPELLED = re.compile("OECD|IAEA|IEEE|IPCC|ICBM|UCLA|ISBN|ISSN")
_VOWEL = re.compile("[AEIOU]")

_FIRM = re.compile(rf"\(([{''.join(_FIRMS)}])\)\s?(?=\w)|(?<=\w)\((주)\)|(㈜)\s?")
_TITLE = re.compile(rf"(?<![A-Za-z])({'|'.join(_TITLES)})\.\s?(?=\S)")
_NUMERO = re.compile(r"№\s?")
_COUNT = re.compile(
    rf"(?<![A-Za-z])({'|'.join(_COUNTED)})(?:\.\s?|(?<=[rR])\s?|(?<=[vV])|(?<=No))(?=\d)", re.IGNORECASE
)
_PAGE = re.compile(r"(?<![A-Za-z])[Pp]{1,2}\.\s?(\d{1,4}(?:\s?[-–〜～~]\s?\d{1,4})?)(?!\d|\.\d|[A-Za-z])")
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


def _firm(match: re.Match[str]) -> str:
    return f"{_FIRMS[match[1]]} " if match[1] else " 주식회사" if match[2] else "주식회사 "


RULES = (
    Rule("abbreviation", _FIRM, _firm),
    Rule("abbreviation", _VERSUS, lambda match: " 대 "),
    Rule("abbreviation", _TITLE, lambda match: f"{_TITLES[match[1]]} "),
    Rule("abbreviation", _NUMERO, lambda match: "넘버 "),
    Rule("abbreviation", _COUNT, lambda match: f"{_COUNTED[match[1].lower()]} "),
    Rule("abbreviation", _PAGE, lambda match: f"{match[1]}페이지"),
    Rule("abbreviation", _TOKEN, lambda match: _KNOWN[match[0]]),
    Rule("abbreviation", _AND, lambda match: " 앤드 "),
    Rule("abbreviation", _LETTERS, _letters),
)
