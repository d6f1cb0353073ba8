"""Italian."""

from __future__ import annotations

import re

from vox.workers.normal import spell
from vox.workers.normal.european import rules
from vox.workers.normal.european.parts import (
    FROM,
    SPACE,
    TO,
    Figure,
    Noun,
    nouns,
    table,
    units,
    word_after,
    word_before,
    words,
)
from vox.workers.normal.european.tongue import Tongue, coins
from vox.workers.normal.italian_words import (
    ABBREVIATIONS,
    COINS,
    FEMININE,
    FEMININE_ENDS,
    LARGE,
    MASCULINE,
    MONARCHS,
    QUEENS,
    SMALL_WORDS,
    UNITS,
)
from vox.workers.normal.rule import Rule
from vox.workers.normal.web import Words

_NUMBERED = words(
    "capitolo tomo atto scena parte libro volume articolo titolo allegato fase tipo livello gruppo"
)
_RANK = re.compile(
    rf"(?<!\w)(?<!\s-)(?<!\A-){FROM}(?P<n>[0-9]{{1,4}})(?:\.?(?P<sign>[ºª°])|(?P<letter>[oaie]))(?!\w)"
)
_ONE = re.compile(rf"(?<![\w+-]){FROM}1{TO} (?=(?P<next>[^\W\d_]+))")
_RANKED = words("il la lo al alla dal dalla del della nel e posto posizione")
_DIRECTIONS = words(
    "nord sud est ovest celsius centigradi fahrenheit sotto sopra in di e o a con per n s w c f"
)
_HOUR = re.compile(r"(?<!\w)h\.?(?= ?[0-2]?[0-9](?:[:.][0-5][0-9])?\b)")
_HOLY_PLACES = words(
    "Via Piazza Chiesa Basilica Monte Porta Villa Corso Largo Castel Ospedale Ponte Campo Porto Borgo"
)
_SAINT = re.compile(r"(?:(?P<before>[^\W\d_]{1,24}) )?(?<!\w)S\. ?(?=(?P<name>[A-ZÀ-Þ][^\W\d_]+))")
_SQUARE = re.compile(r"(?<![\w.])[Pp]\.z?za(?=\s)")


class Italian(Tongue):
    tag = "it"
    signs = table("""
        , = virgola
        . = punto
        + = più
        - = meno
        ± = più o meno
        % = per cento
        ‰ = per mille
        = = uguale
        ≈ = circa uguale a
        ≠ = diverso da
        < = minore di
        > = maggiore di
        ≤ = minore o uguale a
        ≥ = maggiore o uguale a
        × = per
        ÷ = diviso
        minus = meno
        ^ = alla
        √ = radice di
        ∞ = infinito""")
    to = against = "a"
    of = "di"
    per = per_many = by = "per"
    over = out_of = "su"
    price = "{whole} e {cents}"
    months = (
        "gennaio|gen.|genn.", "febbraio|feb.|febbr.", "marzo|mar.", "aprile|apr.", "maggio|mag.",
        "giugno|giu.", "luglio|lug.|lugl.", "agosto|ago.", "settembre|set.|sett.", "ottobre|ott.",
        "novembre|nov.", "dicembre|dic.",
    )  # fmt: skip
    day_mark = "[º°o]"
    weekdays_short = table("""
        lun = lunedì
        mar = martedì
        mer = mercoledì
        gio = giovedì
        ven = venerdì
        sab = sabato
        dom = domenica""")
    before_date = words("il del al dal entro l' dell' all' dall' giorno")
    before_whole = words("di del dei della delle")
    before_clock = words("alle dalle ore le delle all' dall' dell' h")
    before_phone = words("telefono tel fax prefisso cell cellulare interno")
    before_version = words("version versione v release")
    oclock = rf"{SPACE}?h\b"
    local_phones = (
        r"3[0-9]{2}(?:[ ./-][0-9]{6,7}|[ .-][0-9]{3}[ .-][0-9]{4}|[ -][0-9]{2}(?:[ -][0-9]{2,3}){2})",
        r"800(?:[ .-][0-9]{6}|(?:[ -][0-9]{3}){2})",
    )
    units = units(*UNITS)
    coins = coins(COINS)
    large = nouns(LARGE)
    abbreviations = table(ABBREVIATIONS)
    closing = words("ecc. etc. a.C. d.C.")

    def __init__(self) -> None:
        super().__init__()
        self.web = Words(
            self.number, "punto", "barra", "due punti", "chiocciola", "trattino", "trattino basso",
            "punto interrogativo", "uguale", "e", "cancelletto", "per cento", "più", "tilde",
        )  # fmt: skip

    def cardinal(self, digits: str, gender: str = "") -> str:
        """Only "one" has genders that are still heard."""
        return super().cardinal(digits, gender if digits == "1" else "")

    def ordinal(self, n: int, gender: str) -> str:
        """CLDR's go wrong from ten thousand on."""
        end = {"m": "o", "f": "a", "ms": "i", "fs": "e"}[gender]
        if n <= 10:
            return spell.ordinal(n, self.tag)[:-1] + end
        name = self.cardinal(str(n))
        stem = (
            name[:-1] + "e" if name.endswith("tré") else name if name.endswith(("tre", "sei")) else name[:-1]
        )
        return f"{stem}esim{end}"

    def rate(self, thing: Noun) -> str:
        if thing.one[0] in "aeiou":
            return f"all'{thing.one}"
        return f"{'alla' if thing.gender == 'f' else 'al'} {thing.one}"

    def word(self, written: str) -> Noun:
        return Noun(_gender(written), written, written)

    def date(self, day: int, month: int, year: str, before: str) -> str:
        start = "primo" if day == 1 and not before.endswith("'") else self.cardinal(str(day))
        return f"{start} {self.month(month)} {self.year(year) if year else ''}".rstrip()

    def clock(self, hour: int, minute: int, second: int | None, before: str, marked: bool) -> str:
        said = self.cardinal(str(hour), "f")
        if minute or second:
            said += f" e {self.cardinal(str(minute))}"
        return (
            said
            if second is None
            else f"{said} e {self.cardinal(str(second))} second{'i' if second != 1 else 'o'}"
        )

    def letter_is_clock(self, before: str) -> bool:
        return before in self.before_clock

    def gender(self, value: Figure, before: str, after: str) -> str:
        return "f" if value.whole == "1" and before == "all'" else ""

    def part(self, top: int, bottom: int, before: str = "", after: str = "") -> str | None:
        if top == 1 and bottom == 2 and before == "e":
            return "mezzo"
        if top == 1 and bottom == 2 and len(after) > 2 and after.islower() and after not in SMALL_WORDS:
            return "mezza" if _gender(after) == "f" else "mezzo"
        many = top > 1
        name = f"mezz{'i' if many else 'o'}" if bottom == 2 else self.ordinal(bottom, "ms" if many else "m")
        return f"{self.cardinal(str(top), 'm')} {name}"

    def mixed(self, whole: str, top: int, bottom: int) -> str | None:
        part = "mezzo" if bottom == 2 else self.part(top, bottom)
        return f"{self.cardinal(whole)} e {part}"

    def and_half(self, gender: str) -> str:
        return "e mezza" if gender == "f" else "e mezzo"

    def regnal(self, n: int, written: str, before: str, after: str) -> str | None:
        letters, name, dot = written.rstrip(".º°"), before.lower(), "." * written.endswith(".")
        if letters == "I" and after and name not in ("il", "la", "del", "della", "nel", "nella"):
            return None  # the article
        if name in _NUMBERED:
            return self.cardinal(str(n)) + dot
        if n > 39:
            return None
        if after in ("secolo", "millennio") or name in ("secolo", "secoli") or before in MONARCHS:
            return self.ordinal(n, "m") + dot
        if name == "e" and len(letters) > 1:
            return self.ordinal(n, "m") + dot
        if before in QUEENS:
            return self.ordinal(n, "f") + dot
        if name in ("il", "la", "lo", "del", "della", "nel", "nella", "al", "alla") and after and not dot:
            return self.ordinal(n, _gender(after.lower()))
        return self.cardinal(str(n)) + dot if len(letters) > 1 and before[:1].isupper() else None

    def is_word(self, unit: str, after: str) -> bool:
        return unit == "ha" and after.islower() and after != "di"

    def is_rank(self, digits: str, after: str) -> bool:
        small = len(after) < 3 or after in _DIRECTIONS or after in SMALL_WORDS
        return after.islower() and not small and len(digits) < 4

    def own(self, kind: str) -> tuple[Rule, ...]:
        if kind == "time":
            return (Rule("time", _HOUR, lambda match: "ore"),)
        if kind == "abbreviation":
            return (Rule("abbreviation", _SQUARE, lambda match: "piazza"),)
        if kind == "unit":
            return (Rule("abbreviation", _SAINT, _saint),)
        if kind == "ordinal":
            return (Rule("number", _RANK, self._rank),)
        return (Rule("number", _ONE, _one),) if kind == "number" else ()

    def _rank(self, match: re.Match[str]) -> str | None:
        n, sign, letter, after = int(match["n"]), match["sign"], match["letter"], word_after(match)
        named = self.is_rank(match["n"], after)
        before = word_before(match)
        if (
            not named
            and sign in ("º", "°")
            and not (before in _RANKED or (n <= 10 and (sign == "º" or not before)))
        ):
            return None  # degrees
        if n == 0 or re.match(r"\s?[CF]\b", match.string[match.end() : match.end() + 3]):
            return None
        gender = {"ª": "f", "a": "f", "i": "ms", "e": "fs"}.get(sign or letter, "m")
        return self.ordinal(n, gender)


def _one(match: re.Match[str]) -> str | None:
    word = match["next"]
    if not word.islower() or len(word) < 3 or word in SMALL_WORDS:
        return None
    if _gender(word) == "f":
        return "un'" if word[0] in "aeiouàèéìòù" else "una "
    hard = re.match(r"s[^aeiouàèéìòù]|z|gn|ps|pn|x|y|i[aeou]", word)
    return "uno " if hard else "un "


def _saint(match: re.Match[str]) -> str | None:
    name, before = match["name"], match["before"]
    if before and before[0].isupper() and before not in _HOLY_PLACES:
        return None  # an initial
    before = f"{before} " if before else ""
    if name[0] in "AEIOU":
        return f"{before}Sant'"
    if name.endswith("a") and name not in ("Andrea", "Luca", "Nicola"):
        return f"{before}Santa "
    return f"{before}{'Santo' if re.match('S[^aeiou]', name) else 'San'} "


def _gender(word: str) -> str:
    if word in MASCULINE or word.endswith("ma"):
        return "m"
    return "f" if word in FEMININE or word.endswith(FEMININE_ENDS) else "m"


RULES = rules(Italian())
RULES_OF: dict[str, tuple[Rule, ...]] = {}
