"""Cuts text, as it arrives, into the segments that are spoken one at a time.

A mark (punctuation, a line break, a space between Thai clauses) is judged once, from the segment so far and
from a bounded number of characters after it, never from where one delta ended and the next began. So a text
gives the same segments however it is cut on its way here, and the segments always join to the text.

Places to cut come in three kinds, each good enough from a length on that grows with the segments given:
the first segment is short, so that the first sound comes soon; later ones are long, so that the voice has a
phrase to shape. Length is counted in units: one a character, two and a half for Chinese, Japanese and Korean
ones, each worth about a syllable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vox.gateway.text.abbreviations import Abbreviations, abbreviations

# How good a place is to cut.
NO, CLAUSE, SENTENCE, PARAGRAPH = range(4)

FIRST = 15  # units: enough of a first sentence
LONGEST = 400  # units: below the context of every engine
WIDE_UNITS = 2.5
LOOK = 32  # characters after a place that may matter to it; more than any rule below reads
PIECE = 512  # characters taken in at a time, so that the buffer stays small and cutting it cheap
REST = 10  # characters that must follow a clause in its sentence: no "…, yes." leaves a "yes." behind
QUOTE = 80  # characters for which a quotation is kept whole

ENDS = ".!?…"
ENDS_ALONE = "。！？；｡．‼⁇⁈⁉\u037e।॥؟۔։።။།"  # need no space after them
PAUSES = ",;:"
PAUSES_ALONE = "—，、：､؛،"
DASHES = "–-"  # only with a space on both sides
MARKS = ENDS + ENDS_ALONE + PAUSES + PAUSES_ALONE
QUOTES = {"「": "」", "『": "』", "“": "”"}
WIDE = "ᄀ-ᇿ⺀-鿿ꥠ-꥿가-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
SPACED_BY_CLAUSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
BULLETS = "-–—*+•◦▪·#>"
OPENERS = "\"'“‘«»„(¿¡[*_"

_WIDE = re.compile(f"[{WIDE}]")
_MARK = re.compile(
    rf"(?P<end>[{ENDS}{ENDS_ALONE}]+)"
    rf"|(?P<pause>—+|[{PAUSES}{PAUSES_ALONE}]+|(?<=\S )[{DASHES}]+)"
    r"|(?P<line>\n)"
    rf"|(?P<gap>(?<=[{SPACED_BY_CLAUSE}]) )"
    rf"|(?P<quote>[{''.join(QUOTES)}{''.join(QUOTES.values())}])"
)
# What belongs to the sentence before. “ and « close in German, » in French; before a letter they open.
_TAIL = re.compile(r"(?:[\"'”’›)\]}」』）】》〉］｝*_`]|[“«](?=\s|\Z))*(?:\s*»(?=[\s.,;:!?]|\Z))?\s*")
_SPACE = re.compile(r"\s*")
_REST = re.compile(rf"(?:(?![{ENDS_ALONE}])[{WIDE}]){{4}}|[^{ENDS}{ENDS_ALONE}\n]{{{REST}}}")
_ENDING = re.compile(rf"[{ENDS}{ENDS_ALONE}\n]")
_WORD = re.compile(rf"[{re.escape(OPENERS)}]{{0,3}}([^\W\d_]{{0,13}})")
_INITIALS = re.compile(r"(?:[A-Za-zÀ-ɏͰ-ԯ]\.)*[A-Za-zÀ-ɏͰ-ԯ]")
# What never starts a segment, besides combining marks: joiners, the later parts of a Hangul syllable, Thai
# and Lao am, enclosing marks, skin tones, tags, the second half of a surrogate pair.
_JOINED = re.compile(
    "[\u200c\u200d\u1160-\u11ff\ud7b0-\ud7ff\u0e33\u0eb3\u20d0-\u20ff"
    "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\udc00-\udfff]"
)
_FLAG = re.compile("[🇦-🇿]")


class Segmenter:
    """Segments of a text that arrives in deltas.

    `language` is a BCP 47 tag, "" where it isn't known: then the abbreviations of all languages count.
    `first` is the least of a first segment that ends with its sentence, `longest` the most of any segment,
    both in units (ValueError below 10).
    """

    def __init__(self, *, language: str = "", first: int = FIRST, longest: int = LONGEST) -> None:
        if longest < 10:
            raise ValueError(
                f"a segment of {longest} units can't hold a word: `longest` must be at least 10."
            )
        self._words = abbreviations(language)
        self._longest = longest
        # The least units by kind of place, for the first, the second and all later segments.
        self._least = (
            {CLAUSE: first * 5 / 3, SENTENCE: first, PARAGRAPH: first / 2},
            {CLAUSE: longest / 5, SENTENCE: longest / 10, PARAGRAPH: first / 2},
            {CLAUSE: longest / 2.5, SENTENCE: longest / 4, PARAGRAPH: first / 2},
        )
        self._given = 0
        self._text = ""  # from the start of the segment that is being looked for
        self._begin()

    def _begin(self) -> None:
        self._seen = 0  # the marks before this are judged
        self._units = 0.0  # of the text before `_seen`
        self._spare = [0, 0, 0, 0]  # the last place of each kind, for when the segment gets too long
        self._quote = (0, "")  # where the outermost quotation was opened, and what closes it

    def feed(self, delta: str) -> list[str]:
        """Take in the next characters; return the segments that no later character can change."""
        segments: list[str] = []
        for at in range(0, len(delta), PIECE):
            self._text += delta[at : at + PIECE]
            segments += self._segments(final=False)
        return segments

    def settle(self) -> list[str]:
        """Nothing has come for a while: return what ends with its sentence, be it short. What is fed after
        this goes on with the text."""
        segments = list(self._segments(final=False, settled=True))
        if self._text and len(self._text) in (self._spare[SENTENCE], self._spare[PARAGRAPH]):
            segments.append(self._take(len(self._text)))
        return segments

    def flush(self) -> list[str]:
        """The text ends here: return what is left. What is fed after this is a new text."""
        segments = list(self._segments(final=True))
        self._given = 0
        return segments

    def _segments(self, final: bool, settled: bool = False) -> Iterator[str]:
        while end := self._cut(final, settled):
            yield self._take(end)

    def _take(self, end: int) -> str:
        segment, self._text = self._text[:end], self._text[end:]
        self._given += 1
        self._begin()
        return segment

    def _cut(self, final: bool, settled: bool) -> int:
        """Where the present segment ends; 0 while that isn't certain. `settled`: nothing follows."""
        window = self._text[: self._longest + LOOK]
        settled = settled or final or len(window) == self._longest + LOOK
        least = self._least[min(self._given, 2)]
        while mark := _MARK.search(window, self._seen):
            if self._units_to(window, mark.start()) > self._longest:
                return self._forced(window)
            place = self._judge(mark, window, settled)
            if place is None:
                return 0
            kind, end = place
            self._units, self._seen = self._units_to(window, end), end
            if self._units > self._longest:
                return self._forced(window)
            if kind and self._units >= least[kind]:
                return end
            self._spare[kind] = end
        self._units, self._seen = self._units_to(window, len(window)), len(window)
        if self._units > self._longest:
            return self._forced(window)
        return len(window) if final else 0

    def _units_to(self, window: str, end: int) -> float:
        return self._units + _units(window[self._seen : end])

    def _forced(self, window: str) -> int:
        """The segment would get too long: the best place that is left."""
        most = _reach(window, self._longest)
        for kind in (PARAGRAPH, SENTENCE, CLAUSE):
            if self._spare[kind] * 4 >= most:
                return self._spare[kind]
        space = max(window.rfind(" ", 0, most), window.rfind("\n", 0, most)) + 1
        return space or _between_characters(window, most)

    def _judge(self, mark: re.Match[str], window: str, settled: bool) -> tuple[int, int] | None:
        """The kind of place after a mark, and where that is; None while it hangs on text to come."""
        if mark.lastgroup == "quote":
            self._quotation(mark)
            return NO, mark.end()
        tail = (_TAIL if mark.lastgroup in ("end", "pause") else _SPACE).match(window, mark.end())
        assert tail is not None  # both match the empty string
        end = tail.end()
        if end == len(window) and not settled:
            return None
        if (mark[0] + tail[0]).count("\n") > 1:
            return PARAGRAPH, end
        kind = self._kind(mark, window, end, settled)
        if self._quote[1] and self._quote[1] in tail[0]:
            self._quote = (0, "")
        if kind == CLAUSE:
            kind = _clause(window, end, settled)
        return None if kind is None else (kind, end)

    def _quotation(self, mark: re.Match[str]) -> None:
        if not self._quote[1]:
            self._quote = (mark.start(), QUOTES.get(mark[0], ""))
        elif mark[0] == self._quote[1]:
            self._quote = (0, "")

    def _kind(self, mark: re.Match[str], window: str, end: int, settled: bool) -> int | None:
        after = window[end : end + 1]
        if mark.lastgroup == "line":
            return NO if after.islower() else SENTENCE if after in BULLETS or after.isdigit() else CLAUSE
        if mark.lastgroup == "gap":
            return CLAUSE
        if _inside(mark, window, end) or self._quoted(mark, window[mark.end() : end]):
            return NO
        if mark.lastgroup == "pause":
            return CLAUSE
        if mark[0][-1] in ENDS_ALONE:
            return SENTENCE
        if mark[0] == ".":
            return _full_stop(window, mark.start(), end, settled, self._words)
        return CLAUSE if after.islower() else SENTENCE

    def _quoted(self, mark: re.Match[str], tail: str) -> bool:
        """Whether the mark stands within a quotation that is Chinese or Japanese, as its marks are."""
        opened, closer = self._quote
        inside = closer and closer not in tail and mark.end() - opened <= QUOTE
        return bool(inside) and mark[0][-1] not in ENDS + PAUSES


def split(text: str, language: str = "") -> list[str]:
    """All segments of a text; they join to it."""
    segmenter = Segmenter(language=language)
    return segmenter.feed(text) + segmenter.flush()


def speakable(segment: str) -> bool:
    """Whether there is a letter or a digit, of any script, in it."""
    return any(map(str.isalnum, segment))


def _units(text: str) -> float:
    return len(text) if text.isascii() else len(text) + (WIDE_UNITS - 1) * len(_WIDE.findall(text))


def _reach(text: str, units: float) -> int:
    """How many characters of a text, which has more, are within so many units."""
    for at, character in enumerate(text):
        units -= _units(character)
        if units < 0:
            return at
    return len(text)


def _between_characters(text: str, most: int) -> int:
    """The last place up to `most` that doesn't part a character from its marks."""
    for at in range(most, 0, -1):
        before, after = text[at - 1], text[at]
        if before in "\u200d\r" or (_FLAG.match(before) and _FLAG.match(after)):
            continue
        if not (_JOINED.match(after) or _combines(after)):
            return at
    return most


def _combines(character: str) -> bool:
    """Whether this is a combining mark: it continues an identifier (Unicode's XID_Continue) but is no letter,
    digit or underscore."""
    return not character.isascii() and not character.isalnum() and f"a{character}".isidentifier()


def _inside(mark: re.Match[str], window: str, end: int) -> bool:
    """Whether the mark stands within something: a number, an address, an ellipsis, a run of marks."""
    before, after = window[mark.start() - 1 : mark.start()], window[end : end + 1]
    last = mark[0][-1]
    if after and (after in MARKS or (after in "とっ" and window[end - 1] in "」』")):
        return True  # 「…。」と言った: the sentence goes on after the quotation
    if window[end - 1].isspace():
        return False
    if not after:
        return before.isdigit() and last == "."
    if before.isdigit() and (after.isdigit() or last == "."):
        return True
    if last == "—":
        return before.isspace()  # "— dijo él": opens what follows
    if last in DASHES:
        return True
    return not (last in ENDS_ALONE + PAUSES_ALONE or _WIDE.match(after))


def _clause(window: str, end: int, settled: bool) -> int | None:
    """CLAUSE where enough of the sentence follows, else NO."""
    if _REST.match(window, end):
        return CLAUSE
    if settled or len(window) - end >= REST or _ENDING.search(window, end):
        return NO
    return None


def _full_stop(window: str, at: int, end: int, settled: bool, words: Abbreviations) -> int | None:
    """The kind of place after a single "." at `at` with a space behind it, which ends at `end`."""
    near = window[max(0, at - 24) : at]
    word = "" if near[-1:].isspace() or not near else near.split()[-1].lstrip(OPENERS)
    lowered = word.lower()
    after = window[end : end + 1]
    before = window[: at - len(word)].rstrip(" \t")[-1:]
    if lowered in words.never or (before == "." and not word):
        return NO
    if (word.isdigit() or len(word) == 1) and (not before or before in "\n:;" + ENDS):
        return NO  # numbers an item of a list
    if after.isdigit() and (word.isdigit() or lowered in words.numbered):
        return NO
    ordinal = words.ordinals and word.isdigit() and len(word) < 3
    if ordinal or lowered in words.seldom or _INITIALS.fullmatch(word):
        return _starter(window, end, settled, words)
    if after.islower():
        return CLAUSE if len(word) > 3 else NO  # a short word may be an abbreviation that we don't know
    return SENTENCE


def _starter(window: str, end: int, settled: bool, words: Abbreviations) -> int | None:
    """SENTENCE where a word follows that is known to start sentences, else NO."""
    word = _WORD.match(window, end)
    assert word is not None  # it matches the empty string
    if word.end() == len(window) and not settled:
        return None
    return SENTENCE if word[1][:1].isupper() and word[1].lower() in words.starters else NO
