"""What a European language has to say of itself."""

from __future__ import annotations

import re
from typing import NamedTuple

from vox.workers.normal import spell
from vox.workers.normal.european.parts import Figure, Noun, figure, noun, table, word_before
from vox.workers.normal.rule import Rule
from vox.workers.normal.web import Words


class Coin(NamedTuple):
    """A currency."""

    whole: Noun
    part: Noun | None
    """The hundredth; None where nobody counts in it."""


def coins(text: str) -> dict[str, Coin]:
    """Lines of "€|EUR = m euro+s; m centime+s"."""
    rows = {key: said.split("; ") for key, said in table(text).items()}
    return {key: Coin(noun(row[0]), noun(row[1]) if len(row) > 1 else None) for key, row in rows.items()}


class Tongue:
    """A language: its words, and how they bend. The rules of this package are made of it.

    Genders are "m", "f" and "n"; "" is the form used in counting, with no noun behind it."""

    tag: str
    """Of the numbers' spelling, as `spell` takes it."""
    decimal = ","
    signs: dict[str, str]
    """What is said for "," and "." inside a number, for "+", "-" and "±" before it, for "minus" between two,
    and for the other signs of arithmetic."""
    places = 3
    """So many decimals are read as one number; more are read digit by digit."""
    to: str
    """Between the ends of a range."""
    and_to = "a|e|y|et|und|au|à|bis"
    """A pattern for what may stand between two short names of days."""
    against: str
    """Between the two sides of a score."""
    of = ""
    """Between a million and what it is a million of."""
    per: str
    """Of a rate; behind a figure, as in 5 l/100 km, `per_many`."""
    per_many: str
    over = ""
    """Between two numbers with a slash between them that make no fraction."""
    out_of: str
    """The same behind "page"."""
    by: str
    """Between the sides of what is 10 x 20 cm."""
    rulesets = table("""
        m = spellout-cardinal-masculine
        f = spellout-cardinal-feminine""")
    """CLDR's, of the genders and of what `case` makes of them."""
    price: str
    """Of `whole`, `cents` and `coin`."""
    months: tuple[str, ...]
    """Each by all its names, "Januar|Jan."; the first is said."""
    day_mark: str = r"\."
    """A pattern for what may stand behind the day of a month."""
    weekdays_short: dict[str, str]
    before_date: frozenset[str]
    """After these "25/12" is a day."""
    before_whole: frozenset[str] = frozenset()
    """Before these it is a fraction nevertheless."""
    before_clock: frozenset[str]
    """After these "14.30" is a time."""
    before_phone: frozenset[str]
    """After these a short number is read digit by digit."""
    before_version: frozenset[str] = frozenset(("version", "v", "release"))
    hour_gender = "f"
    oclock: str
    """A pattern for what may follow a time."""
    # The full stop of "p. m." ends a sentence too, unless something small follows.
    half = r"(?P<half>[aApP])\.?[ \u00a0\u202f]?[mM]\b(?:\.(?=,|\s+[^\W\d_A-Z]|\s+[0-9]))?"
    """A pattern for "a. m." and "p. m.", its first letter as group `half`."""
    halves = table("a = a m\np = p m")
    roman_rank = False
    """Whether letters behind a Roman numeral make it an ordinal."""
    local_phones: tuple[str, ...] = ()
    """Patterns for phone numbers that start with no 0."""
    units: dict[str, Noun]
    coins: dict[str, Coin]
    large: dict[str, Noun]
    """Millions and more as they stand between a figure and what is counted; thousands have the gender "0"."""
    abbreviations: dict[str, str]
    closing: frozenset[str]
    """Abbreviations that often end a sentence: before a capital they do."""
    web: Words

    def __init__(self) -> None:
        self.months_named = {
            name.lower(): at for at, names in enumerate(self.months, 1) for name in names.split("|")
        }

    def own(self, kind: str) -> tuple[Rule, ...]:
        """Rules of this language alone, of the kind "date", "time", "unit" or "number", that are tried before
        those of all; "ordinal" for numbers that must come before money and units, "abbreviation" for short
        forms that look like addresses."""
        return ()

    def cardinal(self, digits: str, gender: str = "") -> str:
        if len(digits) > 15 or (digits[0] == "0" and len(digits) > 1):
            return self.digits(digits)
        return spell.cardinal(digits, self.tag, self.rulesets.get(gender, ""))

    def ordinal(self, n: int, gender: str) -> str:
        raise NotImplementedError

    def digits(self, text: str) -> str:
        return spell.digits(text, self.tag)

    def phone(self, text: str) -> str:
        """The digits of `text`, which starts with neither sign nor bracket."""
        return self.digits(text)

    def number(self, text: str) -> str:
        """A run of digits in an address: short ones are numbers."""
        return self.cardinal(text) if len(text) < 4 else self.digits(text)

    def figure(self, written: str) -> Figure | None:
        return figure(written, self.decimal)

    def said(self, value: Figure, gender: str = "") -> str:
        if not value.fraction:
            return self.cardinal(value.whole, gender)
        return f"{self.cardinal(value.whole)} {self.signs[value.sign]} {self.decimals(value.fraction)}"

    def decimals(self, digits: str) -> str:
        rest = digits.lstrip("0")
        if len(digits) > self.places or not rest:
            return self.digits(digits)
        zeros = self.digits(digits[: len(digits) - len(rest)])
        return f"{zeros} {self.cardinal(rest)}".strip()

    def sign(self, written: str | None) -> str:
        """With a space behind it, or nothing."""
        if not written:
            return ""
        sign = written[0].replace("\u2212", "-").replace("\u2013", "-")
        return f"{self.signs[sign]} "

    def quantity(self, match: re.Match[str], gender: str = "", zeros: str = "") -> tuple[str, Figure] | None:
        """A match of `QUANTITY`, with `zeros` behind it, in words, and the figure that what follows agrees
        with."""
        ends = [self.figure(match[group]) for group in ("a", "b") if match[group]]
        values = [Figure(end.whole + zeros, end.fraction, end.sign) for end in ends if end]
        if len(values) < len(ends):
            return None
        case = self.case(gender, word_before(match))
        words = f" {self.to} ".join(self.said(value, case) for value in values)
        return self.sign(match["sign"]) + words, values[-1]

    def counted(self, match: re.Match[str], thing: Noun, large: str | None = None) -> str | None:
        """A match of `QUANTITY`, `large` behind it, and what there is so much of."""
        if large:
            words = self.powered(match, large, "", thing.gender)
            return (
                words and f"{words} {self.of_many(thing) if self.large[large].gender != '0' else thing.many}"
            )
        quantity = self.quantity(match, thing.gender)
        if quantity is None:
            return None
        words, value = quantity
        if value.million:
            return f"{words} {self.of_many(thing)}"
        return f"{words} {thing.many if self.plural(value) else thing.one}"

    def powered(self, match: re.Match[str], large: str, after: str, gender: str = "") -> str | None:
        """A match of `QUANTITY` and `large` behind it; of thousands, `after` or `gender` tells what of."""
        power = self.large[large]
        fraction = any("," in match[end] or "." in match[end] for end in "ab" if match[end])
        if power.gender == "0" and not fraction:
            gender = gender or self.gender(Figure("1000"), "", after)
            quantity = self.quantity(match, gender, "000")
            return quantity and quantity[0]
        quantity = self.quantity(match, power.gender)
        if quantity is None:
            return None
        words, value = quantity
        written = large in (power.one, power.many)
        return f"{words} {large if written else power.many if self.plural(value) else power.one}"

    def plural(self, value: Figure) -> bool:
        return value.whole != "1" or bool(value.fraction)

    def of_many(self, thing: Noun) -> str:
        return f"{self.of} {thing.many}".lstrip()

    def rate(self, thing: Noun) -> str:
        """Per one of them."""
        return f"{self.per} {thing.one}"

    def word(self, written: str) -> Noun:
        """A noun that stands behind a slash."""
        return noun(f"m {written}")

    def case(self, gender: str, before: str) -> str:
        """The form, one of `rulesets`, that a gender takes behind this word."""
        return gender

    def bare(self, value: Figure, written: str, before: str, after: str) -> str:
        """A number with nothing known about it but the words beside it, before in lower case."""
        return self.said(value, self.gender(value, before, after))

    def gender(self, value: Figure, before: str, after: str) -> str:
        """Of what is counted; "" where nothing is, or its gender can't be heard."""
        return ""

    def regnal(self, n: int, written: str, before: str, after: str) -> str | None:
        """A Roman numeral; `before` as in the text. None if it is none but a word."""
        raise NotImplementedError

    def part(self, top: int, bottom: int, before: str = "", after: str = "") -> str | None:
        """A fraction, and the words beside it."""
        raise NotImplementedError

    def mixed(self, whole: str, top: int, bottom: int) -> str | None:
        """A whole and a fraction."""
        raise NotImplementedError

    def and_half(self, gender: str) -> str:
        """Behind the unit of 1½ kg; "" where it stands before it."""
        return ""

    def date(self, day: int, month: int, year: str, before: str) -> str:
        """`year` is four digits, two, or none."""
        raise NotImplementedError

    def month(self, at: int) -> str:
        return self.months[at - 1].partition("|")[0]

    def is_rank(self, digits: str, after: str) -> bool:
        """Whether the degree sign of 3° before this word is that of an ordinal."""
        return False

    def is_word(self, unit: str, after: str) -> bool:
        """Whether what looks like a unit is a word of the sentence."""
        return False

    def letter_is_clock(self, before: str) -> bool:
        """Whether 9h is a time after this word, and not hours that something lasts."""
        return True

    def year(self, digits: str) -> str:
        return self.cardinal(digits)

    def month_year(self, month: int, year: str) -> str | None:
        """12/2024; None where it isn't read as a month."""
        return f"{self.month(month)} {self.year(year)}"

    def clock(self, hour: int, minute: int, second: int | None, before: str, marked: bool) -> str:
        """`marked` where the text says that it is a time: "h", "Uhr"."""
        raise NotImplementedError
