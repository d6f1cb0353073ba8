"""Markdown, emoji and emoticons, which no language reads out.

It sees one segment of a text, so the partner of a marker may stand in the segment before or after.
"""

from __future__ import annotations

import re

from vox.workers.normal.emoji import without_emoji

_FENCE = re.compile(r"[ \t]*(?:```|~~~)[^`]*$")
_RULE = re.compile(r"[ \t]{0,3}([-*_=])(?:[ \t]*\1){2,}[ \t]*$")
_COLUMNS = re.compile(r"[ \t]*(?:\|[ \t]*)?:?-[-:| \t]*$")
_DEFINITION = re.compile(r"[ \t]{0,3}\[[^\[\]^][^\[\]]*\]:[ \t]*\S")
_QUOTE = re.compile(r"(?:[ \t]{0,3}>)+(?![\d=])[ \t]?")
_TITLE = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+•◦▪‣][ \t]+|([0-9]{1,3})[.)][ \t]+)(?:\[[ xX]\][ \t]+)?(?=\S)")
_BLANK_LINES = re.compile(r"\n{3,}")

_TAG = re.compile(
    r"<!--[^<>]*-->[ \t]?|<(?:/?(?P<block>br|p|div|li|ul|ol|tr|h[1-6]|hr|blockquote|table)"
    r"(?P<a>\s[^<>]{0,300})?/?"
    r"|/?(?:a|abbr|b|big|center|code|dd|del|details|dl|dt|em|font|i|img|ins|kbd|mark|pre|q|s|small|span"
    r"|strike"
    r"|strong|sub|summary|sup|tbody|td|th|thead|tt|u|video)(?P<b>\s[^<>]{0,300})?/?)>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#39);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "#39": "'"}

_KEPT = "\ue000"
"""Stands for what is code, escaped or an address while the markers around it are looked for."""
_VERBATIM = re.compile(
    rf"(?<!`)`{{1,3}}([^`]+)`{{1,3}}|\\([*_`#~\[\]>|])|((?:https?://|www\.)[^\s*<>()\[\]`|{_KEPT}]+)"
)
_IMAGE = re.compile(r"!\[([^\[\]]*)\]\([^()]*\)")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:[ \t]+[\"'][^\"']*[\"'])?\)")
_LINK_END = re.compile(r"\]\((?:[a-z]{2,9}:|[./#])[^()\s]*\)")
_REFERENCE = re.compile(r"(?<!\w)\[([^\[\]]*[^\W\d][^\[\]]*)\]\[[^\[\]]*\]")
_NOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\](?::[ \t]*)?")
_BRACKETED = re.compile(r"<((?:https?://|mailto:)[^<>\s]+|[^<>\s@]{1,64}@[^<>\s@]{1,255})>")
_MARKER = re.compile(r"\*+|_+|~~+|`+")
_END = re.compile(r"[\w%)\]]$")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff]$")


def plain(text: str, skip: frozenset[str]) -> str:
    """`text` without its markup and emoji; either stays where its kind is in `skip`.

    A heading, an item or a row that doesn't end in punctuation gets a full stop, as its line break is not
    heard."""
    if "emoji" not in skip:
        text = without_emoji(text)
    return text if "markdown" in skip else _unmarked(text)


def _unmarked(text: str) -> str:
    lines = _ENTITY.sub(lambda match: _ENTITIES[match[1]], _TAG.sub(_tag, text)).split("\n")
    said: list[str] = []
    fenced = table = False
    for at, line in enumerate(lines):
        more = at + 1 < len(lines)
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            said.append(line)
        elif "|" in line and _COLUMNS.match(line):
            table = True
        elif _RULE.match(line):
            if said and line.strip()[0] in "=-":  # the line above is a heading
                said[-1] = _ended(said[-1])
        elif not _DEFINITION.match(line):
            table = "|" in line and (table or (more and _is_columns(lines[at + 1])))
            said.append(_line(line, table, more))
    return _BLANK_LINES.sub("\n\n", "\n".join(said))


def _is_columns(line: str) -> bool:
    return "|" in line and _COLUMNS.match(line) is not None


def _tag(match: re.Match[str]) -> str:
    attributes = match["a"] or match["b"]
    if attributes and "=" not in attributes and attributes.strip(" /"):
        return match[0]  # "a <b and c> d"
    return "\n" if match["block"] else ""


def _line(line: str, table: bool, more: bool) -> str:
    """`more`: a line break follows, so that the line is known to be whole."""
    line = line[quote.end() :] if (quote := _QUOTE.match(line)) else line
    stripped = line.strip()
    if table or (stripped.startswith("|") and stripped.count("|") > 1):
        cells = (_inline(cell.strip()) for cell in stripped.split("|"))
        line, whole = ", ".join(filter(None, cells)), True
    elif title := _TITLE.match(line):
        text = line[title.end() :].rstrip()
        bare = text.rstrip("#")
        line, whole = _inline(bare.rstrip() if bare[-1:] in ("", " ") else text), True
    elif item := _ITEM.match(line):
        number = f"{item[1]}. " if item[1] else ""
        line, whole = number + _inline(line[item.end() :]), True
    else:
        line, whole = _inline(line), False
    return _ended(line) if whole and more else line


def _ended(line: str) -> str:
    line = line.rstrip()
    return line + ("。" if _WIDE.search(line) else ".") if _END.search(line) else line


def _inline(text: str) -> str:
    text = _BRACKETED.sub(r"\1", _IMAGE.sub(r"\1", text))
    text = _REFERENCE.sub(r"\1", _LINK_END.sub("", _LINK.sub(r"\1", text)))
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[1] or match[2] or match[3])
        return _KEPT

    text = _VERBATIM.sub(keep, text.replace(_KEPT, ""))
    text = _MARKER.sub(_marker, _NOTE.sub("", text))
    if not kept:
        return text
    back = iter(kept)
    return "".join(next(back) if character == _KEPT else character for character in text)


def _marker(match: re.Match[str]) -> str:
    """Nothing for what marks, itself for what is part of the text: "2 * 3", "2**8", "snake_case"."""
    text, run = match.string, match[0]
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    if run[0] in "`~":
        return ""
    spaced = (not before or before.isspace()) and (not after or after.isspace())
    if run[0] == "_":
        inside = (before.isalnum() and after.isalnum()) or (spaced and run == "_")
    elif run == "*":
        inside = spaced or (_is_operand(before, ")") and _is_operand(after, "("))
    else:
        inside = (before.isspace() and after.isspace()) or (_is_operand(before, ")") and after.isdecimal())
    return run if inside else ""


def _is_operand(character: str, bracket: str) -> bool:
    return character == bracket or (character.isascii() and character.isalnum())
