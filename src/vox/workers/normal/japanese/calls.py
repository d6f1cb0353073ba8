"""Telephone numbers and addresses of the web."""

from __future__ import annotations

import re

from vox.workers.normal import web
from vox.workers.normal.japanese.figures import one_by_one
from vox.workers.normal.rule import Rule

_PHONE = re.compile(
    r"(?<![0-9A-Za-z+-])(?<!\d\.)(?:\+\d{1,3}[-–. ]?)?(?:\(\d{1,5}\)|\d{1,5})"
    r"(?:[-–. ()]{1,2}\d{1,5}){1,4}(?![-\d])"
)
_ROW = re.compile(r"(?<![0-9A-Za-z.,+-])0\d{9,10}(?![-\d])")
_EXTENSION = re.compile(r"(?<=内線)(\s?(?:番号)?[は:：]?\s?)(\d{1,6})(?!\d)")
_CONTEXT = re.compile(r"((?:電話|ＴＥＬ|TEL|Tel|FAX|携帯)(?:番号)?[はが:：.\s]{0,3})(\d{2,4}-\d{4})(?![-\d])")


def _phone(match: re.Match[str]) -> str | None:
    text = match[0]
    count = sum(c.isdecimal() for c in text)
    if text[0] == "+":
        return f"プラス{one_by_one(text)}" if 8 <= count <= 15 else None
    return one_by_one(text) if text.lstrip("(")[0] == "0" and 9 <= count <= 11 else None


RULES = (
    *web.rules(
        web.Words(
            digits=one_by_one, dot="ドット", slash="スラッシュ", colon="コロン", at="アットマーク",
            dash="ハイフン", underscore="アンダーバー", question="クエスチョンマーク", equals="イコール",
            ampersand="アンド", hash="シャープ", percent="パーセント", plus="プラス", tilde="チルダ",
            www="ダブリューダブリューダブリュー",
        )
    ),
    Rule("phone", _PHONE, _phone),
    Rule("phone", _ROW, lambda match: one_by_one(match[0])),
    Rule("phone", _EXTENSION, lambda match: match[1] + one_by_one(match[2])),
    Rule("phone", _CONTEXT, lambda match: match[1] + one_by_one(match[2])),
)  # fmt: skip
