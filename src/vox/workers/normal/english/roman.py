"""Roman numerals: "Henry VIII" is Henry the eighth, "Chapter IV" chapter four."""

from __future__ import annotations

import re
from functools import partial

from vox.workers.normal.english.words import STARTS, English, word_set
from vox.workers.normal.rule import Rule

_SMALL = r"(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_LOWER = r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})"
_AFTER = r"(?![\w]|-(?![IVX-])|\.\w|['’](?!s\b))"

_NUMERAL = re.compile(rf"(?<=[^\W_][ ])(?P<numeral>{_SMALL}|{_LOWER}){_AFTER}")
_JOINED = re.compile(
    r"\b(?P<lead>(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    rf"(?:,?[ ](?:and|or|to|through|&)[ ]|,[ ]|[-–]))(?P<numeral>{_SMALL}){_AFTER}"
)
_RANKED = re.compile(
    rf"(?<![\w'’-])(?P<numeral>{_SMALL})(?:th|st|nd|rd)?(?=[ -](?:century|centuries|Olympiad|dynasty)\b)"
)
_YEAR = re.compile(
    r"(?<![\w.'’-])(?=M[CDLXVIM]{3})(?P<numeral>M{1,2}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))"
    r"(?![\w'’-])"
)
_LISTED = re.compile(r"(?<!\w)\((?P<numeral>ii|iii|iv|vi|vii|viii|ix|xi|xii|i)\)")
_OPENING = re.compile(rf"^(?=[IVX]{{2}})(?P<numeral>{_SMALL})(?=[.:][ ][A-Z])", re.MULTILINE)
_WHOLE = re.compile(rf"\A(?=[IVX]{{2}})(?P<numeral>{_SMALL})(?=[.:]?\s{{0,4}}\Z)")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}

_HEADINGS = word_set(
    "chapter chapters part parts act acts scene scenes volume volumes vol. book books section sections "
    "article articles title titles type types phase phases stage stages class classes grade grades level "
    "levels episode episodes season seasons appendix appendices figure figures table tables annex "
    "schedule division group groups unit mark war wars bowl lesson exhibit amendment category tier step "
    "canto psalm symphony sonata opus number no. apollo saturn corps fantasy vatican round trial page "
    "factor game vector wave generation edition"
)
_TEN = word_set("iphone ipad os mac xbox")
_TITLES = word_set(
    "King Queen Pope Emperor Empress Tsar Czar Kaiser Sultan Pharaoh Shah Prince Duke Patriarch"
)
_NAMES = word_set(
    "Henry Louis George Edward Charles Richard William James Elizabeth Mary John Paul Pius Benedict Leo "
    "Gregory Innocent Clement Urban Philip Philippe Felipe Ferdinand Frederick Friedrich Wilhelm "
    "Nicholas Alexander Peter Catherine Ivan Napoleon Ramesses Ramses Rameses Ptolemy Cleopatra Darius "
    "Xerxes Artaxerxes Constantine Otto Haakon Olav Olaf Carl Harald Gustav Gustaf Karl Christian "
    "Margaret Margrethe Leopold Albert Baldwin Carlos Alfonso Alphonse Sancho Pedro João Mehmed Mehmet "
    "Murad Selim Suleiman Mahmud Abdulhamid Bayezid Rama Francis Franz Joseph Josef Rudolf Rudolph "
    "Maximilian Matthias Stephen Sigismund Casimir Béla Bela Andrew Robert David Alexios Michael Basil "
    "Justinian Sixtus Theodosius Valentinian Antiochus Seleucus Mithridates Thutmose Amenhotep Seti "
    "Julius Boniface Celestine Adrian Martin Eugene Callixtus Honorius Lucius Alexis Umberto Emmanuel "
    "Emanuel Victor Rainier Hassan Abdullah Mohammed Muhammad Edmund Canute Eric Erik Magnus Vladimir "
    "Vasily Boris Simeon Cyrus Ludwig Lothair Conrad Heinrich Henri Juan Jaime Theodore Thomas Walter "
    "Arthur Hugh Samuel Daniel Harry Jack Frank Ronald Donald Anthony Patrick Benjamin Nathaniel Sam Guy "
    "Ernest Ernst Alfred Rupert Raymond Roger Geoffrey Bernard Adolf Adolph Albrecht Ulrich Hermann Eberhard "
    "Engelbert Reginald Theobald Amadeus Humbert Bohemond Fulk Odo Manuel Isaac Romanos Andronikos "
    "Tiberius Sergius Paschal Gelasius Anastasius Zachary Hadrian Anne Christina Isabella Joanna Maria "
    "Matilda Kamehameha Menelik Osorkon Shoshenq Psamtik Necho Mentuhotep Senusret Pepi Shalmaneser Sargon "
    "Nebuchadnezzar Khosrow Shapur Bahram Ardashir Abbas Tahmasp Ismail Osman Mustafa Ahmed Ahmad Faisal "
    "Hussein Wenceslaus Ottokar Ladislaus Vladislaus Bolesław Władysław Géza Mircea Vlad Stefan Nikola"
)
"""Of rulers and popes, and other first names: a numeral behind them is a rank."""
_VERBS = re.compile(
    r"[ ](?:am|was|have|had|read|wrote|saw|did|do|think|like|liked|love|loved|want|need|can|could|will|would"
    r"|took|know)\b"
)


def rules(english: English) -> tuple[Rule, ...]:
    says = (
        (_RANKED, _ranked), (_NUMERAL, _numeral), (_JOINED, _joined), (_YEAR, _year), (_LISTED, _listed),
        (_OPENING, _listed), (_WHOLE, _listed),
    )  # fmt: skip
    return tuple(Rule("number", pattern, partial(say, english)) for pattern, say in says)


def value(numeral: str) -> int:
    figures = [_VALUES[letter] for letter in numeral.upper()]
    return sum(-n if n < after else n for n, after in zip(figures, [*figures[1:], 0], strict=True))


def _numeral(english: English, match: re.Match[str]) -> str | None:
    numeral = match["numeral"]
    words = match.string[max(match.start() - 48, 0) : match.start()].split()
    last = words[-1].strip("(\"'“‘")
    heads = last.lower() in _HEADINGS
    if numeral.islower():
        return english.cardinal(str(value(numeral))) if heads and len(numeral) > 1 else None
    if numeral == "I" and (not last[:1].isupper() or _VERBS.match(match.string, match.end())):
        return None  # the pronoun
    if heads:
        return english.cardinal(str(value(numeral)))
    if numeral == "L" or not last[:1].isupper():
        sure = numeral == "II" or (len(numeral) > 2 and "L" not in numeral and numeral != "XXX")
        return english.cardinal(str(value(numeral))) if sure else None
    before = [word for word in words[:-1] if len(word.rstrip(".")) > 1]  # no middle initials
    first = before[-1].strip("(\"'“‘") if before else ""
    if last in _NAMES or first in _TITLES or (first in _NAMES and numeral not in ("I", "X")):
        return f"the {english.ordinal(str(value(numeral)))}"
    return english.cardinal(str(value(numeral))) if _is_title(last, match) else None


def _is_title(last: str, match: re.Match[str]) -> bool:
    """Whether what stands before is a name that has sequels: "Rocky IV", "iPhone X"."""
    numeral = match["numeral"]
    if last.lower() in STARTS or len(last) < 2 or "L" in numeral or numeral == "I":
        return False
    if numeral == "X":
        return last.lower() in _TEN
    return numeral != "V" or not match.string[match.end() : match.end() + 2].strip()[:1].isupper()


def _joined(english: English, match: re.Match[str]) -> str | None:
    if match["numeral"] == "I":
        return None
    lead = re.sub("[-–]$", " to ", match["lead"])
    return lead + english.cardinal(str(value(match["numeral"])))


def _ranked(english: English, match: re.Match[str]) -> str:
    return english.ordinal(str(value(match["numeral"])))


def _year(english: English, match: re.Match[str]) -> str:
    return english.year(str(value(match["numeral"])))


def _listed(english: English, match: re.Match[str]) -> str:
    said = english.cardinal(str(value(match["numeral"])))
    return f"({said})" if match[0].startswith("(") else said
