"""Full-width figures, half-width kana and several characters in one, as they are usually written."""

from __future__ import annotations

import re
from unicodedata import normalize

from vox.workers.normal.rule import KINDS, Rule

_FIGURE = "0-9A-Za-z０-９Ａ-Ｚａ-ｚ"
# Marks that end or part sentences stay as they are, but not within a number, a time or an address.
_ODD = re.compile(
    "[０-９Ａ-Ｚａ-ｚ＃＄％＆＊＋＜＝＞＠＿￠￡￥￦№℡℃℉\u3231-\u3243\u32ff\u3300-\u3357\u3371-\u33df]"
    f"|(?<=[{_FIGURE}])[．，：／](?=[{_FIGURE}])|－(?=[{_FIGURE}])|[ｦ-ﾟ]+"
)


def _usual(match: re.Match[str]) -> str:
    return normalize("NFKC", match[0])


# Each of the others depends on it, so it goes with whichever is wanted.
RULES = tuple(Rule(kind, _ODD, _usual) for kind in KINDS[2:])
