"""Names with a sign in front of them, and files: @handles, #hashtags, paths."""

from __future__ import annotations

import re
from itertools import pairwise

from vox.workers.normal.english.words import one_by_one, word_set
from vox.workers.normal.rule import Rule

_NAME = re.compile(
    r"(?<![\w@#/&.])(?P<sign>[@#])(?P<name>[A-Za-z][\w]*(?:[.-][A-Za-z0-9]\w*)*"
    r"|(?<=#)[0-9]{1,6}[A-Z][a-z]\w*)"
)
_FOLDER = re.compile(
    r"(?<![\w/<.:~])(?P<path>(?:~|\.{1,2})?/(?:[\w.+-]+/)*[A-Za-z0-9_][\w.+-]*/?|(?:~|\.\.?)/[\w.+/-]*\w/?)"
)
_HOST = re.compile(
    r"(?<![\w:.])(?=[0-9A-Fa-f:]*[0-9])(?:(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"
    r"|(?=[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]{1,4}:){7})[0-9A-Fa-f]{1,4}(?:::?[0-9A-Fa-f]{1,4}){1,7})(?![\w:])"
)
_DRIVE = re.compile(r"(?<!\w)(?P<path>[A-Za-z]:\\[\w.+\\-]*|\\\\[\w.+\\-]+)")
_FILE = re.compile(
    r"(?<![\w/\\.@-])(?P<stem>[\w-]+(?:\.[\w-]+)*?)\.(?P<end>py|js|ts|tsx|jsx|json|ya?ml|toml|csv|tsv|txt|md"
    r"|rst|pdf|docx?|xlsx?|pptx?"
    r"|png|jpe?g|gif|svg|webp|mp[34]|wav|flac|ogg|mov|avi|mkv|zip|tar|gz|tgz|rar|exe|dll|so|sh|bat|css|html?"
    r"|xml|sql|db|log|ini|cfg"
    r"|conf|env|c|cc|cpp|h|hpp|rs|go|java|rb|php|swift|kt|ipynb|lock|bak|tmp|iso|dmg|apk|bin)(?![\w@]|\.\w)"
)
_DOTTED = re.compile(r"(?<![\w.@/-])(?P<path>[A-Za-z_]\w+(?:\.[A-Za-z_]\w+)+)(?![\w@])")
_SIGNS = {
    "/": "slash",
    "\\": "backslash",
    ".": "dot",
    "-": "dash",
    "_": "underscore",
    "~": "tilde",
    "+": "plus",
    ":": "colon",
}
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+|[\W_]")
_NUMBERED = re.compile("[0-9]-[0-9A-Z]|^[A-Z]{1,4}-[0-9]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SAID = word_set("log bin lock conf env java go swift zip tar")
"""Endings that are words."""


_SHORT = word_set(
    "etc vs dr mr mrs ms st inc no nos ph am pm jr sr al vol pp fig co corp ltd dept approx jan feb mar "
    "apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun"
)
"""Abbreviations that are written to the next word."""


def _read(text: str) -> str:
    said = (one_by_one(t) if t[0] in "0123456789" else _SIGNS.get(t, t) for t in _TOKEN.findall(text))
    return " ".join(filter(str.strip, said))


def _name(match: re.Match[str]) -> str:
    if match["sign"] == "#" and _NUMBERED.search(match["name"]):
        return f"number {match['name']}"  # of an order; its parts are read by the rules of serials
    sign, name = match["sign"], _HUMP.sub(" ", match["name"]) if match["sign"] == "#" else match["name"]
    return f"{'at' if sign == '@' else 'hashtag'} {_read(name)}"


def _path(match: re.Match[str]) -> str:
    path = match["path"]
    end = path[len(path.rstrip(".-+")) :]  # a full stop of the sentence
    return _read(path[: len(path) - len(end)].removesuffix("/").removesuffix("\\")) + end


def _dotted(match: re.Match[str]) -> str | None:
    """What has the form of an address or of a name in a program."""
    parts = match["path"].split(".")
    sentence = any(a[-1].islower() and b[0].isupper() and b[1:].islower() for a, b in pairwise(parts))
    return None if sentence or not _SHORT.isdisjoint(map(str.lower, parts)) else _read(match["path"])


def _file(match: re.Match[str]) -> str:
    end = match["end"]
    return f"{_read(match['stem'])} dot {end if end in _SAID else ' '.join(_ending(end))}"


def _ending(end: str) -> list[str]:
    """ "mp3" is M P three."""
    return [one_by_one(character) if character.isdecimal() else character.upper() for character in end]


def _host(match: re.Match[str]) -> str:
    """Addresses of the network: of version six, and of devices."""
    said = (one_by_one(sign) or _SIGNS.get(sign, sign.upper()) for sign in match[0])
    return " ".join(said)


RULES = (
    Rule("url", _HOST, _host),
    Rule("url", _DRIVE, _path),
    Rule("url", _FILE, _file),
    Rule("url", _FOLDER, _path),
    Rule("url", _DOTTED, _dotted),
    Rule("url", _NAME, _name),
)
