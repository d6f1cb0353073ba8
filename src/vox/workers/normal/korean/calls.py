"""Telephone numbers and addresses of the web."""

from __future__ import annotations

import re

from vox.workers.normal import web
from vox.workers.normal.korean.figures import one_by_one
from vox.workers.normal.rule import Rule

_PHONE = re.compile(
    r"(?<![0-9A-Za-z+-])(?<!\d\.)(?:\+\d{1,3}[-–. ]?)?(?:\(\d{1,5}\)|\d{1,5})(?:[-–. ()]{1,2}\d{1,5}){1,4}"
    r"(?![-\d]|\.\d)"
)
_ROW = re.compile(r"(?<![0-9A-Za-z.,+-])0\d{8,10}(?![-\d])")
_EXTENSION = re.compile(r"(?<=내선)((?:\s?번호)?[은는:]?\s?)(\d{1,6})(?!\d)")
# Numbers for help are said by digits where they are called; elsewhere they could be amounts.
_HELP = re.compile(
    r"(?<=국번 없이 )\d{3,4}(?!\d)|(?<![\d.,-])(?:"
    r"(?:1[1-3]\d|911|1\d{3})(?=번?(?:에|으?로)\s?(?:\w{1,4}\s)?(?:신고|전화|연락|문의|물어))"
    r"|(?:11[29]|911)(?=[을를]\s?(?:부|불|누르|눌)|\s?(?:신고|구급|구조|상황실|대원)))"
)
_NAMED = re.compile(r"((?:신고|전화|연락)(?:는|번호는|처는|은|:)?\s)(1\d\d)(?=[\s.,!?]|입|이|번|으?로|에|$)")


def _phone(match: re.Match[str]) -> str | None:
    text = match[0]
    count = sum(c.isdecimal() for c in text)
    if text[0] == "+":
        return f"플러스 {one_by_one(text)}" if 8 <= count <= 15 else None
    toll = re.fullmatch(r"1[5-8]\d\d[-–. ]\d{4}", text)
    return one_by_one(text) if toll or (text.lstrip("(")[0] == "0" and 9 <= count <= 12) else None


RULES = (
    *web.rules(
        web.Words(
            digits=one_by_one, dot="점", slash="슬래시", colon="콜론", at="골뱅이", dash="하이픈",
            underscore="언더바", question="물음표", equals="이퀄", ampersand="앤드", hash="샵",
            percent="퍼센트", plus="플러스", tilde="물결표", www="더블유더블유더블유",
        )
    ),
    Rule("phone", _PHONE, _phone),
    Rule("phone", _ROW, lambda match: one_by_one(match[0])),
    Rule("phone", _EXTENSION, lambda match: match[1] + one_by_one(match[2])),
    Rule("phone", _HELP, lambda match: one_by_one(match[0])),
    Rule("phone", _NAMED, lambda match: match[1] + one_by_one(match[2])),
)  # fmt: skip
