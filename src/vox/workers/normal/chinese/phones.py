"""Telephone numbers, digit by digit; 1 is 幺."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import after, before, counts, digits
from vox.workers.normal.rule import Rule

_GAP = "[ \u2010-\u2013-]"
_END = r"(?![0-9]|\.[0-9])"
_ABROAD = re.compile(
    rf"(?<![0-9A-Za-z.-])(?:\+|00)[1-9][0-9]{{0,2}}(?:{_GAP}?\(0?[0-9]{{1,4}}\))?(?:{_GAP}?[0-9]{{1,11}}){{1,5}}{_END}"
)
_CHINA = re.compile(rf"(?<![0-9A-Za-z.-])86{_GAP}(?:1[3-9]|[1-9])(?:{_GAP}?[0-9]){{7,11}}{_END}")
_MOBILE = re.compile(rf"(?<![0-9A-Za-z.,-])1[3-9][0-9](?:{_GAP}?[0-9]){{8}}{_END}")
_EXTENSION = r"(?:\s?(?:[转轉\-]|分机|ext\.?|#)\s?[0-9]{1,6}(?![0-9]))?"
_FIXED = re.compile(
    rf"(?<![0-9A-Za-z.,-])(?:\(0[0-9]{{1,3}}\){_GAP}?|0[0-9]{{1,3}}{_GAP})[0-9]{{3,8}}(?:{_GAP}[0-9]{{3,4}})?(?:{_GAP}[0-9]{{4}})?"
    rf"{_EXTENSION}{_END}"
)
_SERVICE = re.compile(rf"(?<![0-9A-Za-z.,-])[48]00(?:{_GAP}?[0-9]){{7}}{_EXTENSION}{_END}")
_AMERICAN = re.compile(
    rf"(?<![0-9A-Za-z.,-])(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}-)[0-9]{{3}}-[0-9]{{4}}{_END}"
)
_CALLED = re.compile(
    r"(?P<word>电话|電話|手机|手機|座机|热线|熱線|专线|拨打|撥打|请拨|請撥|拨|撥|致电|致電|呼叫|请打|快打|打|传真|傳真|客服|分机|分機|总机|查号台|短信到|发送到"
    r"|[Tt][Ee][Ll]|[Pp]hone|[Ff]ax|号码|號碼)(?P<link>(?:号码|號碼|号|號|电话|電話|热线)?[是为為：:.\s]{0,3})"
    rf"(?P<number>[0-9]{{3,12}}(?:{_GAP}[0-9]{{2,8}}){{0,3}}{_EXTENSION}){_END}"
)
_KNOWN = re.compile(
    r"(?<![0-9A-Za-z.,¥$第-])(?:123(?:0[56]|1[58]|20|45|48|5[015]|6[678]|33|9[38])|100(?:86|10)|955[0-9]{2}"
    r"|1(?:10|14|19|20|22)(?=\s?(?:报警|報警|急救|火警|指挥中心|热线|熱線|电话|電話|救护|救護|平台|查询台|接警|出警)))"
    rf"{_END}"
)
_MASKED = re.compile(r"(?<![0-9A-Za-z])([0-9]{1,8})(\*{2,16})([0-9]{1,8})(?![0-9A-Za-z*])")
_OTHER = re.compile(rf"(?<![0-9A-Za-z.,-])[2-8][0-9]{{2,3}}{_GAP}?[0-9]{{4}}{_END}")
_ABOUT_CALLS = re.compile("电话|電話|拨|撥|致电|热线|座机|传真|手机|手機|联系")
_NO_CALL = re.compile(r"\s?(?:%|[万萬亿億元块塊个個分秒米年月日天次人岁]|[-~]?[0-9])")


def _said(text: str) -> str:
    """The groups as they are written, a mobile number's by 3, 4 and 4; what leads to an extension is 转."""
    if len(text) == 11 and text.isdigit():
        text = f"{text[:3]} {text[3:7]} {text[7:]}"
    groups = "".join(sign if sign.isalnum() else " " for sign in text.replace("ext", "转")).split()
    return digits(" ".join(groups), phone=True)


def _phone(match: re.Match[str]) -> str | None:
    figures = sum(map(str.isdigit, match[0]))
    if figures < 7 or _NO_CALL.match(match.string, match.end()):
        return None
    return _said(match[0])


def _abroad(match: re.Match[str]) -> str | None:
    return _said(match[0]) if 8 <= sum(map(str.isdigit, match[0])) <= 17 else None


def _called(match: re.Match[str]) -> str | None:
    if counts(match) or _NO_CALL.match(match.string, match.end()):
        return None
    return f"{match['word']}{match['link']}{_said(match['number'])}"


def _known(match: re.Match[str]) -> str | None:
    return None if counts(match) or _NO_CALL.match(match.string, match.end()) else _said(match[0])


def _other(match: re.Match[str]) -> str | None:
    about = _ABOUT_CALLS.search(before(match, 30)) or _ABOUT_CALLS.search(after(match, 6))
    return _known(match) if about else None


RULES = (
    Rule("phone", _MASKED, lambda match: _said(match[1]) + "星" * len(match[2]) + _said(match[3])),
    Rule("phone", _ABROAD, _abroad),
    Rule("phone", _CHINA, _phone),
    Rule("phone", _MOBILE, _phone),
    Rule("phone", _SERVICE, _phone),
    Rule("phone", _FIXED, _phone),
    Rule("phone", _AMERICAN, _phone),
    Rule("phone", _CALLED, _called),
    Rule("phone", _KNOWN, _known),
    Rule("phone", _OTHER, _other),
)
