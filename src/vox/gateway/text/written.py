"""Whether a text has anything in it that is written otherwise than it is said. Most have not, and then the
text worker, which would write it out in words, isn't asked at all."""

from __future__ import annotations

import re

from vox.errors import BadRequest, unknown
from vox.wire.messages import KINDS

MARKUP = frozenset(("markdown", "emoji", "url", "email"))
"""What no engine reads well, however clever it is with figures."""

_MARKUP = re.compile(
    r"[*_`~#|<>\[\]{}\\@]|://|www\.|^\s*(?:[-+]|\d+[.)])\s|:[-']?[)(DPp]|;-?\)"
    "|[\u2190-\u2bff\u3030\ufe0f\U0001f000-\U0001faff]",
    re.MULTILINE,
)
# All but letters, marks, white space and punctuation; a full stop with more behind it, as in "Dr. No"; Roman
# numerals; figures that count as letters; letters of full width.
_ANY = re.compile(
    r"[^\w\s.,;:!?'\"’‘“”()…—–、。，！？：；「」『』（）《》«»¿¡·-]|[\d_]|\b\w{1,6}\.(?=\s*\w)|\b[IVXLCDM]{2,}\b|^\s*-\s"
    "|[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209f\uff05\uff0b\uff10-\uff19\uff1d\uff20-\uff3a\uff41-\uff5a\uffe0-\uffe6\u2150-\u218f]",
    re.MULTILINE,
)


def kinds(level: str, wanted: bool | dict[str, bool] | None) -> frozenset[str]:
    """What is to be written out for an engine of that level (`EngineSpec.normalize`), as a request has it.
    Raises `BadRequest` for an unknown kind."""
    own = {"all": frozenset(KINDS), "markup": MARKUP}.get(level, frozenset())
    if wanted is None:
        return own
    if isinstance(wanted, bool):
        return frozenset(KINDS) if wanted else frozenset()
    for kind in wanted:
        if kind not in KINDS:
            raise BadRequest(unknown("kind of text", kind, list(KINDS)), param="normalize")
    return (own | {kind for kind, on in wanted.items() if on}) - {
        kind for kind, on in wanted.items() if not on
    }


def needs(text: str, kinds: frozenset[str]) -> bool:
    """Whether `text` may hold something of `kinds`."""
    if not kinds:
        return False
    return bool(_MARKUP.search(text) or (not kinds <= MARKUP and _ANY.search(text)))
