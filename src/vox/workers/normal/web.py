"""Addresses of the web and of mail, as they are read out in any language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from vox.workers.normal.rule import Rule


class Words(NamedTuple):
    """What a language calls the signs in an address."""

    digits: Callable[[str], str]
    """How a run of digits is read."""
    dot: str
    slash: str
    colon: str
    at: str
    dash: str
    underscore: str
    question: str
    equals: str
    ampersand: str
    hash: str
    percent: str
    plus: str
    tilde: str
    www: str = "w w w"


_LETTER = (
    "A-Za-z\u00c0-\u024f"  # no Chinese or Japanese ones: an address may stand in the middle of such text
)
_BEFORE = rf"(?<![{_LETTER}0-9@._%+/-])"
_AFTER = rf"(?![{_LETTER}0-9@_]|[.-][{_LETTER}0-9])"
_LABELS = rf"(?:[{_LETTER}0-9_-]+\.)+"
# Without a scheme only what ends like this is an address. Not among them: what ends files (py, rs, sh, md).
_TOP = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|xyz|online|site|store|shop|blog|tech|cloud|news|club"
    "|wiki"
    "|eu|uk|us|ca|au|nz|ie|de|fr|es|it|pt|nl|be|ch|at|lu|se|no|dk|fi|pl|cz|sk|hu|ro|bg|gr|tr|ru|ua|cn|jp|kr"
    "|tw|hk|sg"
    "|in|id|my|th|vn|ph|br|mx|ar|cl|pe|za|eg|ng|ke|il|ae|sa|ir|pk|co|tv|me|fm|gg|ly|to|is"
)
_NUMERIC = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"
# Of what may follow the host, the last character is none that would end the sentence or close a bracket.
_REST = rf"(?::[0-9]+)?(?:[/?#][{_LETTER}0-9\-._~:/?#\[\]@!$&'()*+,;=%]*[{_LETTER}0-9\-_~/=&#%+]|/)?"
_URL = re.compile(
    rf"{_BEFORE}(?:(?:[A-Za-z][A-Za-z0-9]{{1,9}}:///?)(?:[{_LETTER}0-9_-]+(?:\.[{_LETTER}0-9_-]+)*)"
    rf"|www\.[{_LETTER}0-9_-]+(?:\.[{_LETTER}0-9_-]+)*"
    rf"|(?:{_LABELS}(?P<top>{_TOP})|localhost(?=:[0-9])|{_NUMERIC}){_AFTER}){_REST}",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    rf"(?:(?<![{_LETTER}0-9@._%+-])|(?<=\s\.))(?:mailto:|[A-Za-z]{{2,9}}://)?"
    rf"([{_LETTER}0-9_%+&-][{_LETTER}0-9._%+&-]*)@((?:[{_LETTER}0-9-]+\.)+[A-Za-z]{{2,24}}){_AFTER}"
    # a port, or, in the address of a repository, a folder
    rf"((?::[0-9]{{1,5}}(?=/)|:[{_LETTER}0-9_-]{{1,40}}(?=/[{_LETTER}0-9_]))?"
    rf"(?:/[{_LETTER}0-9_./-]*[{_LETTER}0-9])?)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9]*:///?")
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+|[\W_]")
_SAID_AS_WORDS = frozenset(("co", "me", "us", "it", "in", "is", "to", "be", "no", "my", "at"))
_NO_VOWEL = re.compile(r"[bcdfghjklmnpqrstvwxz]{2,4}", re.IGNORECASE)


def rules(words: Words) -> tuple[Rule, ...]:
    """The rules of kind "email" and "url".

    Letters stay as they are, but short ones that can only be spelled are capitals: "bbc.co.uk" is
    "BBC dot co dot UK". The scheme and a last slash are left out."""
    signs = {
        ".": words.dot, "/": words.slash, ":": words.colon, "@": words.at, "-": words.dash,
        "_": words.underscore, "?": words.question, "=": words.equals, "&": words.ampersand,
        "#": words.hash, "%": words.percent, "+": words.plus, "~": words.tilde,
    }  # fmt: skip

    def read(part: str) -> str:
        said = (_token(token, words, signs) for token in _TOKEN.findall(part))
        return " ".join(filter(None, said))

    def url(match: re.Match[str]) -> str | None:
        top = match["top"]
        if top and not top.islower() and not top.isupper():
            return None  # "end.It was": a space is missing
        address = _SCHEME.sub("", match[0], count=1).removesuffix("/")
        host, rest = _parted(address)
        return f"{read(host)} {read(rest)}".rstrip()

    def email(match: re.Match[str]) -> str:
        return f"{read(match[1])} {words.at} {read(_capitals(match[2]))} {read(match[3])}".rstrip()

    return (Rule("email", _EMAIL, email), Rule("url", _URL, url))


def _parted(address: str) -> tuple[str, str]:
    """Host, and what follows it."""
    end = next((at for at, sign in enumerate(address) if sign in ":/?#"), len(address))
    return _capitals(address[:end]), address[end:]


def _capitals(host: str) -> str:
    """The country at the end of a host is spelled, but where it is said as a word."""
    start, _, top = host.rpartition(".")
    return f"{start}.{top.upper()}" if len(top) == 2 and top.lower() not in _SAID_AS_WORDS else host


def _token(token: str, words: Words, signs: dict[str, str]) -> str:
    if token[0] in "0123456789":
        return words.digits(token)
    if token.lower() == "www":
        return words.www
    if _NO_VOWEL.fullmatch(token):
        return token.upper()
    return token if token[0].isalpha() else signs.get(token, "")
