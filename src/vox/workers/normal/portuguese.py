"""Portuguese, of Brazil and of Portugal."""

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
from vox.workers.normal.portuguese_words import (
    ABBREVIATIONS,
    COINS,
    FEMININE,
    FEMININE_ENDS,
    LARGE,
    LARGE_PORTUGAL,
    MASCULINE,
    MONARCHS,
    QUEENS,
    SMALL_WORDS,
    UNITS,
)
from vox.workers.normal.rule import Rule
from vox.workers.normal.web import Words

_NUMBERED = words("capítulo tomo ato cena parte livro volume artigo título anexo fase tipo nível grupo")
_ARTICLES = words("o a do da ao à no na os as um uma seu sua este esta")
_RANK = re.compile(
    rf"(?<!\w)(?<!\s-)(?<!\A-){FROM}(?P<n>[0-9]{{1,4}})(?:\.?(?P<sign>[ºª°])|(?P<letters>os?|as?))(?!\w)"
)
_DIRECTIONS = words(
    "norte sul leste oeste celsius centígrados fahrenheit abaixo acima em de e ou a com n s l w o c f"
)
_FIRST = re.compile(rf"(?<!\w){FROM}1(?:\.?[º°]|o)(?={SPACE}de{SPACE}[a-z])")
# 2 x 1 is a score, unless something is measured, counted or multiplied.
_SCORE = re.compile(
    r"(?<![\w.,])(?P<a>[0-9]{1,2}) ?[xX×] ?"
    r"(?=[0-9]{1,2}(?![\w%$]|[.,][0-9]| ?[=²³°]| (?:[a-z]{1,2}|min|reais|vezes)\b))"
)
_TIMES = re.compile(r"(?<![\w.,])(?P<n>[0-9]{1,3})x(?=\s+[^\W\d_])")


class Portuguese(Tongue):
    tag = "pt"
    signs = table("""
        , = vírgula
        . = ponto
        + = mais
        - = menos
        ± = mais ou menos
        % = por cento
        ‰ = por mil
        = = igual a
        ≈ = aproximadamente igual a
        ≠ = diferente de
        < = menor que
        > = maior que
        ≤ = menor ou igual a
        ≥ = maior ou igual a
        × = vezes
        ÷ = dividido por
        minus = menos
        ^ = elevado a
        √ = raiz de
        ∞ = infinito""")
    to = against = "a"
    of = "de"
    per = per_many = by = over = "por"
    out_of = "de"
    price = "{whole} e {cents} {coin}"
    months = (
        "janeiro|jan.", "fevereiro|fev.", "março|mar.", "abril|abr.", "maio|mai.", "junho|jun.", "julho|jul.",
        "agosto|ago.", "setembro|set.", "outubro|out.", "novembro|nov.", "dezembro|dez.",
    )  # fmt: skip
    day_mark = r"\.?[º°]"
    weekdays_short = table("""
        seg = segunda
        ter = terça
        qua = quarta
        qui = quinta
        sex = sexta
        sáb|sab = sábado
        dom = domingo""")
    before_date = words("em dia até desde no do o")
    before_whole = words("de do da dos das")
    before_clock = words("às as das à")
    before_phone = words("telefone tel fax ramal disque ligue")
    before_version = words("versão version v release")
    oclock = rf"{SPACE}?(?:h|hs|hrs|horas?)\b"
    local_phones = (
        r"(?!(?:1[5-9]|20)[0-9]{2}-(?:1[5-9]|20)[0-9]{2})(?:\(?[1-9][0-9]\)? )?9?[0-9]{4}-[0-9]{4}",
        r"\([1-9][0-9] 9?[0-9]{4}[ -][0-9]{4}\)",
        r"9[1236][0-9](?: [0-9]{3}){2}",
        r"2[0-9] [0-9]{3} [0-9]{4}",
    )
    units = units(*UNITS)
    coins = coins(COINS)
    large = nouns(LARGE)
    abbreviations = table(ABBREVIATIONS)
    closing = words("etc. a.C. d.C. Ltda.")

    def __init__(self) -> None:
        super().__init__()
        self.web = Words(
            self.number, "ponto", "barra", "dois pontos", "arroba", "hífen", "underline", "interrogação",
            "igual", "e", "cerquilha", "por cento", "mais", "til",
        )  # fmt: skip

    def ordinal(self, n: int, gender: str) -> str:
        """`gender` is "m" or "f"; "s" behind it is plural."""
        name = spell.ordinal(
            n, self.tag, f"spellout-ordinal-{'feminine' if gender[0] == 'f' else 'masculine'}"
        )
        return " ".join(f"{word}s" for word in name.split()) if gender.endswith("s") else name

    def plural(self, value: Figure) -> bool:
        return len(value.whole) > 1 or value.whole > "1" or (value.whole == "0" and not value.fraction)

    def date(self, day: int, month: int, year: str, before: str) -> str:
        start = f"{'primeiro' if day == 1 else self.cardinal(str(day))} de {self.month(month)}"
        return f"{start} de {self.year(year)}" if year else start

    def month_year(self, month: int, year: str) -> str | None:
        return f"{self.month(month)} de {self.year(year)}"

    def clock(self, hour: int, minute: int, second: int | None, before: str, marked: bool) -> str:
        said = self.cardinal(str(hour), "f")
        if marked or not (minute or second):
            said += f" hora{'s' * (hour > 1)}"
        if minute or second:
            said += f" e {self.cardinal(str(minute))}"
        return (
            said if second is None else f"{said} e {self.cardinal(str(second))} segundo{'s' * (second != 1)}"
        )

    def gender(self, value: Figure, before: str, after: str) -> str:
        if value.fraction or not (value.whole[-1] in "12" or len(value.whole) > 2):
            return ""
        if before in ("às", "as", "das"):
            return "f"
        word = after if after.islower() else ""
        if len(word) < 3 or word in SMALL_WORDS or (value.whole != "1" and not word.endswith("s")):
            return ""
        return _gender(word)

    def word(self, written: str) -> Noun:
        return Noun(_gender(written), written, written)

    def part(self, top: int, bottom: int, before: str = "", after: str = "") -> str | None:
        if top == 1 and bottom == 2 and len(after) > 2 and after.islower() and after not in SMALL_WORDS:
            return "meia" if _gender(after) == "f" else "meio"
        if bottom > 10 and bottom not in (100, 1000):
            return f"{self.cardinal(str(top), 'm')} {self.cardinal(str(bottom))} avos"
        name = {2: "meio", 3: "terço"}.get(bottom) or self.ordinal(bottom, "m")
        return f"{self.cardinal(str(top), 'm')} {name}{'s' * (top > 1)}"

    def mixed(self, whole: str, top: int, bottom: int) -> str | None:
        part = "meio" if bottom == 2 else self.part(top, bottom)
        return f"{self.cardinal(whole)} e {part}"

    def and_half(self, gender: str) -> str:
        return "e meia" if gender == "f" else "e meio"

    def regnal(self, n: int, written: str, before: str, after: str) -> str | None:
        letters, name, dot = written.rstrip(".º°"), before.lower(), "." * written.endswith(".")
        if name in _NUMBERED:
            return self.cardinal(str(n)) + dot
        if n > 39:
            return None
        if name in ("século", "séculos") or before in MONARCHS or before in QUEENS:
            return (
                self.ordinal(n, "f" if before in QUEENS else "m") if n <= 10 else self.cardinal(str(n))
            ) + dot
        if name == "e" and len(letters) > 1:
            return self.cardinal(str(n)) + dot
        if name in _ARTICLES and after and after not in SMALL_WORDS and not dot:
            return self.ordinal(n, _gender(after.lower()))
        return self.cardinal(str(n)) + dot if len(letters) > 1 and before[:1].isupper() else None

    def is_rank(self, digits: str, after: str) -> bool:
        small = len(after) < 3 or after in _DIRECTIONS or after in SMALL_WORDS
        return after.islower() and not small and len(digits) < 4

    def own(self, kind: str) -> tuple[Rule, ...]:
        if kind == "date":
            return (Rule("date", _FIRST, lambda match: "primeiro"),)
        if kind == "number":
            return (Rule("number", _TIMES, lambda match: f"{self.cardinal(match['n'], 'f')} vezes"),)
        if kind == "ordinal":
            score = Rule("number", _SCORE, lambda match: f"{match['a']} {self.against} ")
            return (Rule("number", _RANK, self._rank), score)
        return ()

    def _rank(self, match: re.Match[str]) -> str | None:
        n, sign, letters, after = int(match["n"]), match["sign"], match["letters"] or "", word_after(match)
        named = self.is_rank(match["n"], after)
        ranked = sign != "°" and (n <= 10 or word_before(match) in _ARTICLES)
        if not named and sign in ("º", "°") and not ranked:
            return None  # degrees
        if re.match(r"\s?[CF]\b", match.string[match.end() : match.end() + 3]) or n == 0:
            return None
        gender = "f" if sign == "ª" or letters.startswith("a") else "m"
        return self.ordinal(n, gender + "s" * letters.endswith("s"))


class European(Portuguese):
    """As in Portugal."""

    tag = "pt-pt"
    units = units(*(text.replace("quilô", "quiló").replace("{}", "{}") for text in UNITS))
    coins = Portuguese.coins | coins("€|EUR|euro|euros = m euro+s; m cêntimo+s")
    large = nouns(LARGE_PORTUGAL)

    def cardinal(self, digits: str, gender: str = "") -> str:
        """CLDR counts "um mil milhões"."""
        return (
            super().cardinal(digits, gender).removeprefix("um ")
            if len(digits) == 10
            else super().cardinal(digits, gender)
        )


def _gender(word: str) -> str:
    singular = word.removesuffix("s")
    if word in MASCULINE or singular in MASCULINE or singular.endswith("ma"):
        return "m"
    if word in FEMININE or singular in FEMININE:
        return "f"
    return "f" if singular.endswith(FEMININE_ENDS) else "m"


RULES = rules(Portuguese())
RULES_OF = {"pt-pt": rules(European())}
