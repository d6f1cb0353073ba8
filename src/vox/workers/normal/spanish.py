"""Spanish, of Spain and of America."""

from __future__ import annotations

import re

from vox.workers.normal import spell
from vox.workers.normal.european import rules
from vox.workers.normal.european.parts import (
    FROM,
    SPACE,
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
from vox.workers.normal.rule import Rule
from vox.workers.normal.spanish_words import (
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
from vox.workers.normal.web import Words

_NUMBERED = words("capítulo tomo acto escena parte libro volumen artículo título anexo fase tipo nivel grupo")
_ARTICLES = words("el la del al los las un una su este esta puesto lugar")
_RANK = re.compile(
    rf"(?<!\w)(?<!\s-)(?<!\A-){FROM}(?P<n>[0-9]{{1,4}})(?:\.?(?P<sign>[ºª°])|\.?(?P<letters>ros?|ras?|ero|era|er|dos?|das?|tos?|tas?|vos?"
    r"|vas?|mos?|mas?|nos?|nas?|o|a))(?!\w)"
)
_FIRST = re.compile(rf"(?<!\w){FROM}1(?:\.?[º°]|ero|ro)(?={SPACE}de{SPACE}[a-z])")
_COUNTED = words("euros pesos dólares habitantes personas millones km kg m t")
_DIRECTIONS = words(
    "norte sur este oeste celsius centígrados fahrenheit bajo sobre en de y o a con n s e w c f"
)


class Spanish(Tongue):
    tag = "es"
    signs = table("""
        , = coma
        . = punto
        + = más
        - = menos
        ± = más menos
        % = por ciento
        ‰ = por mil
        = = igual a
        ≈ = aproximadamente igual a
        ≠ = distinto de
        < = menor que
        > = mayor que
        ≤ = menor o igual que
        ≥ = mayor o igual que
        × = por
        ÷ = dividido por
        minus = menos
        ^ = elevado a
        √ = raíz de
        ∞ = infinito""")
    to = against = "a"
    of = "de"
    per = per_many = by = "por"
    over = "sobre"
    out_of = "de"
    rulesets = Tongue.rulesets | table("0 = spellout-cardinal-masculine")
    price = "{whole} con {cents} {coin}"
    months = (
        "enero|ene.", "febrero|feb.", "marzo|mar.", "abril|abr.", "mayo|may.", "junio|jun.", "julio|jul.",
        "agosto|ago.", "septiembre|setiembre|sept.|sep.", "octubre|oct.", "noviembre|nov.", "diciembre|dic.",
    )  # fmt: skip
    day_mark = r"\.?º"
    weekdays_short = table("""
        lun = lunes
        mar = martes
        mié|mie = miércoles
        jue = jueves
        vie = viernes
        sáb|sab = sábado
        dom = domingo""")
    before_date = words("el del al día hasta desde")
    before_whole = words("de del partes")
    before_clock = words("las la")
    before_phone = words("teléfono tel tfno fax extensión")
    before_version = words("version versión v release")
    oclock = rf"{SPACE}?(?:h|hs|hrs|horas?)\b(?:\.(?=,|\s+[a-z]))?"
    local_phones: tuple[str, ...] = (
        rf"[6789][0-9]{{2}}(?:[ -]?[0-9]{{3}}){{2}}(?!{SPACE}?(?:de|{'|'.join(_COUNTED)})\b)",
        r"[6789][0-9]{2}(?:[ .-][0-9]{2}){3}",
        r"\(?9[0-9]\)?[ .-][0-9]{3}(?:[ .-][0-9]{2}){2}",
        r"\([0-9]{2,3}\) ?[0-9]{3,4}[ -][0-9]{4}",
    )
    units = units(*UNITS)
    coins = coins(COINS)
    large = nouns(LARGE)
    abbreviations = table(ABBREVIATIONS)
    closing = words("EE.UU. EEUU etc. a.C. d.C.")

    def __init__(self) -> None:
        super().__init__()
        self.web = Words(
            self.number, "punto", "barra", "dos puntos", "arroba", "guion", "guion bajo", "interrogación",
            "igual", "y", "almohadilla", "por ciento", "más", "virgulilla",
        )  # fmt: skip

    def cardinal(self, digits: str, gender: str = "") -> str:
        """CLDR has "doscientos mil personas"."""
        words = super().cardinal(digits, gender)
        return words.replace("ientos", "ientas") if gender == "f" and len(digits) < 7 else words

    def ordinal(self, n: int, gender: str) -> str:
        """`gender` is "m", "f" or "adjective", the masculine before its noun; "s" behind them is plural."""
        form = {"m": "masculine", "f": "feminine", "adjective": "masculine-adjective"}[
            gender.removesuffix("s")
        ]
        return spell.ordinal(n, self.tag, f"spellout-ordinal-{form}{'-plural' * gender.endswith('s')}")

    def date(self, day: int, month: int, year: str, before: str) -> str:
        start = f"{self.cardinal(str(day))} de {self.month(month)}"
        return f"{start} de {self.year(year)}" if year else start

    def month_year(self, month: int, year: str) -> str | None:
        return f"{self.month(month)} de {self.year(year)}"

    def clock(self, hour: int, minute: int, second: int | None, before: str, marked: bool) -> str:
        said = self.cardinal(str(hour), "f")
        if (marked and not (minute and before in ("la", "las"))) or (hour == 0 and not minute):
            said += f" hora{'s' * (hour != 1)}"
        if minute or second:
            said += f" {'y ' * (minute < 10)}{self.cardinal(str(minute))}"
        return (
            said if second is None else f"{said} y {self.cardinal(str(second))} segundo{'s' * (second != 1)}"
        )

    def gender(self, value: Figure, before: str, after: str) -> str:
        if value.fraction or not (value.whole.endswith("1") or len(value.whole) > 2):
            return ""
        if before in ("la", "las"):
            return "f"
        word = after if after.islower() else ""
        if len(word) < 3 or word in SMALL_WORDS or (value.whole != "1" and not word.endswith("s")):
            return ""
        return _gender(word)

    def word(self, written: str) -> Noun:
        return Noun(_gender(written), written, written)

    def part(self, top: int, bottom: int, before: str = "", after: str = "") -> str | None:
        if top == 1 and bottom == 2 and len(after) > 2 and after.islower() and after not in SMALL_WORDS:
            return "media" if _gender(after) == "f" else "medio"
        if bottom > 10 and bottom not in (100, 1000):
            name = self.cardinal(str(bottom)).replace(" y ", "i").replace(" ", "") + "avo"
        else:
            name = {2: "medio", 3: "tercio"}.get(bottom) or self.ordinal(bottom, "m")
        return f"{self.cardinal(str(top), 'm')} {name}{'s' * (top > 1)}"

    def mixed(self, whole: str, top: int, bottom: int) -> str | None:
        part = "medio" if bottom == 2 else self.part(top, bottom)
        return f"{self.cardinal(whole)} y {part}"

    def and_half(self, gender: str) -> str:
        return "y media" if gender == "f" else "y medio"

    def regnal(self, n: int, written: str, before: str, after: str) -> str | None:
        letters, name = written.rstrip(".º°"), before.lower()
        if name in _NUMBERED:
            return self.cardinal(str(n)) + "." * written.endswith(".")
        if n > 39:
            return None
        dot = "." * written.endswith(".")
        if name in ("siglo", "siglos") or before in MONARCHS or before in QUEENS:
            return (
                self.ordinal(n, "f" if before in QUEENS else "m") if n <= 10 else self.cardinal(str(n))
            ) + dot
        if name == "y" and len(letters) > 1:
            return self.cardinal(str(n)) + dot
        if name in _ARTICLES and after and after not in SMALL_WORDS and not dot:
            gender = _gender(after.lower())
            return self.ordinal(n, "adjective" if gender == "m" else gender)
        return self.cardinal(str(n)) + dot if len(letters) > 1 and before[:1].isupper() else None

    def is_word(self, unit: str, after: str) -> bool:
        return unit == "ha" and after.islower() and after != "de"

    def is_rank(self, digits: str, after: str) -> bool:
        small = len(after) < 3 or after in _DIRECTIONS or after in SMALL_WORDS
        return after.islower() and not small and len(digits) < 4

    def own(self, kind: str) -> tuple[Rule, ...]:
        if kind == "date":
            return (Rule("date", _FIRST, lambda match: "primero"),)
        return (Rule("number", _RANK, self._rank),) if kind == "ordinal" else ()

    def _rank(self, match: re.Match[str]) -> str | None:
        n, sign, letters, after = int(match["n"]), match["sign"], match["letters"] or "", word_after(match)
        named = self.is_rank(match["n"], after)
        ranked = sign != "°" and (n <= 10 or word_before(match) in _ARTICLES)
        if not named and sign in ("º", "°") and not ranked:
            return None  # degrees
        if re.match(r"\s?[CF]\b", match.string[match.end() : match.end() + 3]) or n == 0:
            return None
        if sign == "ª" or letters.rstrip("s").endswith("a"):
            return self.ordinal(n, "fs" if letters.endswith("s") else "f")
        short = letters == "er" or (not letters and named and after not in SMALL_WORDS)
        return self.ordinal(n, "adjective" if short else "ms" if letters.endswith("s") else "m")


class American(Spanish):
    """Where 1,234.50 is written as in English, and $ is the peso."""

    decimal = "."
    local_phones = (*Spanish.local_phones, "[0-9]{2} [0-9]{4} [0-9]{4}")
    coins = Spanish.coins | coins("$ = m peso+s; m centavo+s")


class NorthAmerican(American):
    coins = Spanish.coins


def _gender(word: str) -> str:
    singular = word.removesuffix("s").removesuffix("e") if word.endswith("es") else word.removesuffix("s")
    if word in MASCULINE or singular in MASCULINE:
        return "m"
    if word in FEMININE or singular in FEMININE or word.removesuffix("s") in FEMININE:
        return "f"
    return "f" if singular.endswith(FEMININE_ENDS) else "m"


RULES = rules(Spanish())
_PESOS, _DOLLARS = rules(American()), rules(NorthAmerican())
RULES_OF = {f"es-{region}": _PESOS for region in ("mx", "do")} | {
    f"es-{region}": _DOLLARS for region in ("us", "pr", "sv", "pa", "gt", "hn", "ni", "pe", "419")
}
