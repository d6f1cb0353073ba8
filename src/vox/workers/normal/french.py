"""French, of France, Belgium and Switzerland."""

from __future__ import annotations

import re

from vox.workers.normal.european import rules
from vox.workers.normal.european.parts import FROM, SPACE, Figure, Noun, nouns, table, units, words
from vox.workers.normal.european.tongue import Tongue, coins
from vox.workers.normal.french_words import (
    ABBREVIATIONS,
    COINS,
    FEMININE,
    FEMININE_ENDS,
    LARGE,
    MASCULINE,
    MONARCHS,
    UNITS,
)
from vox.workers.normal.rule import Rule
from vox.workers.normal.web import Words

_NUMBERED = words("chapitre tome acte scène partie livre volume article titre annexe phase type niveau")
_RANK = re.compile(
    rf"(?<!\w){FROM}(?P<n>[0-9]{{1,4}})"
    r"(?P<mark>er|ers|re|res|ère|ères|e|es|ème|èmes|eme|emes|ième|ièmes|nd|nds|nde|ndes|d|de)(?!\w)"
)
_ALWAYS = re.compile(rf"(?<!\w)(?P<n>[0-9]{{1,2}}){SPACE}?(?P<unit>[hj])/(?P<of>[0-9]{{1,2}})(?!\w)")
_CENTURY = re.compile(r"(?<=[IVX]e )s\.|(?<=Ier )s\.")
_SAINT = re.compile(r"(?<!\w)(Ste?)-(?=[A-ZÀ-Þ])")


class French(Tongue):
    tag = "fr"
    signs = table("""
        , = virgule
        . = point
        + = plus
        - = moins
        ± = plus ou moins
        % = pour cent
        ‰ = pour mille
        = = égale
        ≈ = environ égal à
        ≠ = différent de
        < = inférieur à
        > = supérieur à
        ≤ = inférieur ou égal à
        ≥ = supérieur ou égal à
        × = fois
        ÷ = divisé par
        minus = moins
        ^ = puissance
        √ = racine de
        ∞ = infini""")
    to = against = "à"
    per = "par"
    per_many = "aux"
    by = over = out_of = "sur"
    price = "{whole} {cents}"
    months = (
        "janvier|janv.|jan.", "février|févr.|fév.", "mars", "avril|avr.", "mai", "juin",
        "juillet|juil.", "août|aout", "septembre|sept.", "octobre|oct.", "novembre|nov.",
        "décembre|déc.",
    )  # fmt: skip
    day_mark = "er"
    roman_rank = True
    weekdays_short = table("""
        lun = lundi
        mar = mardi
        mer = mercredi
        jeu = jeudi
        ven = vendredi
        sam = samedi
        dim = dimanche""")
    before_date = words("le du au dès")
    before_whole = words("du de des")
    before_clock = words("à vers")
    before_phone = words("poste")
    oclock = rf"{SPACE}?[hH]\b|{SPACE}heures?\b"
    units = units(*UNITS)
    coins = coins(COINS)
    large = nouns(LARGE)
    abbreviations = table(ABBREVIATIONS)
    closing = words("etc. J.-C.")

    def __init__(self) -> None:
        super().__init__()
        self.web = Words(
            self.number, "point", "slash", "deux-points", "arobase", "tiret", "tiret bas",
            "point d'interrogation", "égale", "et", "dièse", "pour cent", "plus", "tilde",
        )  # fmt: skip

    def ordinal(self, n: int, gender: str) -> str:
        """CLDR has "quatre-vingt-et-unième"."""
        if n == 1:
            return "première" if gender == "f" else "premier"
        name = self.cardinal(str(n))
        if name.endswith(("vingts", "cents", "ions", "iards")):
            name = name[:-1]
        irregular = {"q": "u", "f": "v"}
        if name.endswith("f"):
            name = name[:-1] + irregular["f"]
        return name.removesuffix("e") + ("u" if name.endswith("q") else "") + "ième"

    def plural(self, value: Figure) -> bool:
        return len(value.whole) > 1 or value.whole > "1"

    def of_many(self, thing: Noun) -> str:
        return f"d'{thing.many}" if thing.many[0] in "aeéiouhy" else f"de {thing.many}"

    def phone(self, text: str) -> str:
        """In pairs, as they are written or not."""
        groups = re.findall("[0-9]+", text)
        if len(groups) == 1:
            first = {"0": 2, "3": 3}.get(groups[0][0], 2)
            rest = groups[0][first:]
            pairs = [rest[at : at + 2] for at in range(0, len(rest), 2)]
            groups = [groups[0][:2], *([groups[0][2]] if first == 3 else []), *pairs]
        return " ".join(self._group(group) for group in groups)

    def _group(self, digits: str) -> str:
        if len(digits) > 4:
            return self.digits(digits)
        rest = digits.lstrip("0")
        zeros = self.digits(digits[: len(digits) - len(rest)])
        return f"{zeros} {self.cardinal(rest) if rest else ''}".strip()

    def date(self, day: int, month: int, year: str, before: str) -> str:
        start = "premier" if day == 1 else self.cardinal(str(day))
        return f"{start} {self.month(month)} {self.year(year) if year else ''}".rstrip()

    def clock(self, hour: int, minute: int, second: int | None, before: str, marked: bool) -> str:
        said = f"{self.cardinal(str(hour), 'f')} heure{'s' * (hour > 1)}"
        if minute or second:
            said += f" {self.cardinal(str(minute), 'f')}"
        if second is None:
            return said
        return f"{said} {self.cardinal(str(second), 'f')} seconde{'s' * (second > 1)}"

    def gender(self, value: Figure, before: str, after: str) -> str:
        if value.fraction or not value.whole.endswith("1") or not after[:1].islower():
            return ""
        singular = after if value.whole == "1" else after.removesuffix("s")
        if singular in MASCULINE:
            return ""
        return "f" if singular in FEMININE or singular.endswith(FEMININE_ENDS) else ""

    def part(self, top: int, bottom: int, before: str = "", after: str = "") -> str | None:
        if bottom == 20 and top > 1:  # a mark at school
            return f"{self.cardinal(str(top))} sur vingt"
        if bottom == 2 and self.gender(Figure("1"), "", after) == "f":
            return "une demi"
        name = {2: "demi", 3: "tiers", 4: "quart"}.get(bottom) or self.ordinal(bottom, "m")
        many = "s" * (top > 1 and bottom != 3)
        return f"{self.cardinal(str(top))} {name}{many}"

    def mixed(self, whole: str, top: int, bottom: int) -> str | None:
        part = "demi" if bottom == 2 else self.part(top, bottom)
        return f"{self.cardinal(whole)} et {part}"

    def and_half(self, gender: str) -> str:
        return "et demie" if gender == "f" else "et demi"

    def regnal(self, n: int, written: str, before: str, after: str) -> str | None:
        letters = re.sub(r"[^IVXLCDM]", "", written)
        numbered = before.lower() in _NUMBERED
        if n > 39:
            return self.cardinal(str(n)) if numbered and len(letters) > 1 else None
        if written.endswith(("r", "re")) and n != 1:
            return None
        if written.endswith(("e", "r")):
            return self.ordinal(n, "f" if written.endswith("re") else "m")
        dot = "." * written.endswith(".")
        if numbered or before in MONARCHS:
            return self.cardinal(str(n)) + dot
        return self.cardinal(str(n)) + dot if len(letters) > 1 and before[:1].isupper() else None

    def own(self, kind: str) -> tuple[Rule, ...]:
        if kind == "time":
            return (Rule("time", _ALWAYS, self._always),)
        if kind == "unit":
            return (
                Rule("abbreviation", _CENTURY, lambda match: "siècle"),
                Rule("abbreviation", _SAINT, lambda match: f"Saint{match[1][2:]}-"),
            )
        return (Rule("number", _RANK, self._rank),) if kind == "number" else ()

    def _always(self, match: re.Match[str]) -> str:
        unit = {"h": "heure", "j": "jour"}[match["unit"]]
        n = match["n"]
        return f"{self.cardinal(n, 'f' if unit == 'heure' else 'm')} {unit}s sur {self.cardinal(match['of'])}"

    def _rank(self, match: re.Match[str]) -> str | None:
        n, mark = int(match["n"]), match["mark"]
        many = "s" * mark.endswith("s")
        if mark.startswith(("nd", "d")):
            return f"second{'e' * ('e' in mark)}{many}" if n == 2 else None
        return self.ordinal(n, "f" if mark.startswith(("re", "ère")) else "m") + many


class Belgian(French):
    tag = "fr-be"


class Swiss(French):
    tag = "fr-ch"


RULES = rules(French())
RULES_OF = {"fr-be": rules(Belgian()), "fr-ch": rules(Swiss())}
