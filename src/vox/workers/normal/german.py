"""German."""

from __future__ import annotations

import re

from vox.workers.normal import spell
from vox.workers.normal.european import rules
from vox.workers.normal.european.moments import final_stop
from vox.workers.normal.european.parts import (
    DASH,
    FROM,
    SPACE,
    Figure,
    Noun,
    alternatives,
    nouns,
    roman,
    table,
    units,
    word_after,
    word_before,
    words,
)
from vox.workers.normal.european.tongue import Tongue, coins
from vox.workers.normal.german_words import (
    ABBREVIATIONS,
    COINS,
    FEMININE,
    LARGE,
    MONARCHS,
    NEUTER,
    ORDINAL_NOUNS,
    QUEENS,
    SENTENCE_STARTS,
    UNITS,
)
from vox.workers.normal.rule import Rule
from vox.workers.normal.web import Words

_DATIVE = words("mit von aus zu bei nach seit vor ab außer gegenüber in an auf")
_ACCUSATIVE = words(
    """für um ohne durch gegen pro über kostet kosten zahlt zahlen habe hast hat haben hatte hatten
    braucht brauche brauchen bekommt bekommen bekam erhält gewinnt findet sieht kauft kaufe isst
    trinkt nimmt nimm gibt"""
)
_ENDS_IN_N = words(
    """am im vom zum zur beim dem den des einem einer eines einen keinem keiner keines keinen meinem
    meiner meines meinen deinem deiner deines deinen seinem seiner seines seinen ihrem ihrer ihres
    ihren unserem unserer unseres unseren eurem eurer eures euren diesem dieses diesen jedem jedes
    jeden ab bis seit nach vor mit von und oder gegen zwischen"""
)
_PREPOSITIONS = words("ab bis seit nach vor mit von und oder gegen zwischen")
_ENDS_IN_E = words("die das eine keine meine deine seine ihre unsere eure diese jede ins jener")
_MAY_BE_DATIVE = words("der dieser jeder welcher")
_MIXED = words("ein kein mein dein sein ihr unser euer")
_YEAR_WORDS = words("""jahr jahre jahres anno seit sommer winter herbst frühjahr frühling jahrgang""")
_NUMBERED = words("kapitel band teil akt artikel abschnitt buch klasse stufe phase typ gruppe")

_TWO_WORDS = re.compile(r"(?:([^\W\d_]+)[ \u00a0])?([^\W\d_]+),?[ \u00a0]$")
_ORDINAL = re.compile(
    rf"(?<![\w.,]){FROM}(?P<a>[0-9]{{1,4}})\.(?:(?P<join>{DASH}|/|{SPACE}(?:und|oder|bis){SPACE})"
    rf"(?P<b>[0-9]{{1,4}})\.)?(?![\w.])(?=(?P<next>{SPACE}[^\W\d_]+|\s*$|[,;:)!?])?)"
)
_DAY_MONTH = re.compile(
    rf"(?<![\w.,]){FROM}(?P<d>0?[1-9]|[12][0-9]|3[01])\.{SPACE}?(?P<m>0?[1-9]|1[0-2])\.(?![\w]|{SPACE}?[0-9])"
)
_DECADE = re.compile(rf"(?<!\w){FROM}(?P<n>[0-9]{{1,4}})er(?![a-zß])")
_SUFFIX = re.compile(
    rf"(?<!\w){FROM}(?P<n>[0-9]{{1,4}})(?:-(?=(?:jähr|tägig|stünd|minüt|sekünd|monat|wöch|mal|fach|prozent"
    r"|köpf|stell|teil|seit|stuf|spur|tür|sitz|pol|dimens|sprach|gleis)[a-zäöüß]{0,6}\b)|[x×](?=\s+[a-zäöü]))"
)
_MONARCH = re.compile(
    r"(?:(?P<before>[^\W\d_]{1,12})\s(?:(?:König|Königin|Kaiser|Kaiserin|Papst|Zar|Herzog|Fürst)\s)?)?"
    rf"(?<!\w)(?P<name>{'|'.join(MONARCHS | QUEENS)})(?P<s>s)?\s(?P<roman>[IVX]{{1,6}})(?!\w)(?:\.(?=\s+\S))?"
)
_ROMAN_RANK = re.compile(r"(?<![\w.])(?P<roman>[IVXL]{1,7})\.(?=\s[A-ZÄÖÜ])")
_ONE = re.compile(r"(?<![\w.,-])1(?=-[A-ZÄÖÜ])")
_PERCENT = re.compile(rf"{FROM}(?P<n>[0-9]{{1,4}}){SPACE}?%ig")
_HALVES = {
    "m": "ein halber", "einem": "einem halben", "einen": "einen halben", "f": "eine halbe",
    "einer": "einer halben", "n": "ein halbes",
}  # fmt: skip
_STREET = re.compile(r"(?<=[a-zäöüß])str\.(?=[\s,;)]|$)")


class German(Tongue):
    tag = "de"
    places = 0
    signs = table("""
        , = Komma
        . = Punkt
        + = plus
        - = minus
        ± = plus minus
        % = Prozent
        ‰ = Promille
        = = gleich
        ≈ = ungefähr gleich
        ≠ = ungleich
        < = kleiner als
        > = größer als
        ≤ = kleiner gleich
        ≥ = größer gleich
        × = mal
        ÷ = geteilt durch
        minus = minus
        ^ = hoch
        √ = Wurzel aus
        ∞ = unendlich""")
    to = "bis"
    against = "zu"
    per = per_many = "pro"
    by = "mal"
    out_of = "von"
    rulesets = table("""
        m = spellout-cardinal-masculine
        f = spellout-cardinal-feminine
        n = spellout-cardinal-neuter
        einem = spellout-cardinal-m
        einer = spellout-cardinal-r
        einen = spellout-cardinal-n""")
    price = "{whole} {cents}"
    months = (
        "Januar|Jan.|Jänner", "Februar|Feb.|Febr.|Feber", "März|Mrz.", "April|Apr.", "Mai", "Juni|Jun.",
        "Juli|Jul.", "August|Aug.", "September|Sept.|Sep.", "Oktober|Okt.", "November|Nov.", "Dezember|Dez.",
    )  # fmt: skip
    weekdays_short = table("""
        Mo = Montag
        Di = Dienstag
        Mi = Mittwoch
        Do = Donnerstag
        Fr = Freitag
        Sa = Samstag
        So = Sonntag""")
    before_date = frozenset()
    before_clock = frozenset()
    before_phone = words("plz postleitzahl notruf telefon tel ruf rufnummer vorwahl durchwahl fax")
    before_version = frozenset(("version", "v", "release", "ip", "adresse"))
    hour_gender = ""
    oclock = rf"{SPACE}?Uhr\b"
    half = r"(?P<half>[AP])\.?M\b\.?"
    halves = table("a = AM\np = PM")
    units = units(*UNITS)
    coins = coins(COINS)
    large = nouns(LARGE)
    abbreviations = table(ABBREVIATIONS)
    closing = frozenset(("usw.", "usf.", "etc.", "v.Chr.", "n.Chr."))

    def __init__(self) -> None:
        super().__init__()
        self.web = Words(
            self.number, "Punkt", "Schrägstrich", "Doppelpunkt", "at", "Bindestrich", "Unterstrich",
            "Fragezeichen", "gleich", "und", "Raute", "Prozent", "plus", "Tilde",
        )  # fmt: skip

    def ordinal(self, n: int, gender: str) -> str:
        """`gender` is the ending: "", "n", "r" or "s"."""
        return spell.ordinal(n, self.tag, f"spellout-ordinal-{gender}" if gender else "")

    def year(self, digits: str) -> str:
        if len(digits) == 4 and digits[0] != "0":
            return spell.cardinal(digits, self.tag, "spellout-numbering-year")
        return self.cardinal(digits)

    def date(self, day: int, month: int, year: str, before: str) -> str:
        ending = "n" if before in _ENDS_IN_N else "" if before in _MAY_BE_DATIVE else "r"
        return f"{self.ordinal(day, ending)} {self.month(month)} {self.year(year) if year else ''}".rstrip()

    def clock(self, hour: int, minute: int, second: int | None, before: str, marked: bool) -> str:
        words = f"{self.cardinal(str(hour), 'm')} Uhr"
        if minute or second:
            words += f" {self.cardinal(str(minute))}"
        return words if second is None else f"{words} und {self.counted_seconds(second)}"

    def counted_seconds(self, second: int) -> str:
        return f"{self.cardinal(str(second), 'f')} Sekunde{'n' * (second != 1)}"

    def letter_is_clock(self, before: str) -> bool:
        return before in ("um", "ab", "bis", "gegen", "von", "vor", "nach")

    def case(self, gender: str, before: str) -> str:
        if before in _DATIVE:
            return {"m": "einem", "n": "einem", "f": "einer"}.get(gender, gender)
        return "einen" if gender == "m" and before in _ACCUSATIVE else gender

    def gender(self, value: Figure, before: str, after: str) -> str:
        return self.case(_gender(after), before) if after[:1].isupper() and value.whole == "1" else ""

    def bare(self, value: Figure, written: str, before: str, after: str) -> str:
        if len(written) == 4 and "1100" <= written <= "1999" and written.isdecimal():
            known = before in _YEAR_WORDS or before in self.months_named
            if known or not after[:1].isupper():
                return self.year(written)
        return super().bare(value, written, before, after)

    def word(self, written: str) -> Noun:
        return Noun(_gender(written), written, written)

    def part(self, top: int, bottom: int, before: str = "", after: str = "") -> str | None:
        if bottom == 2:
            case = self.case(_gender(after), before) if after[:1].isupper() else ""
            return _HALVES.get(case, "ein halb")
        name = self.ordinal(bottom, "").removesuffix("e") + "el"
        return f"{self.cardinal(str(top), 'n')} {name.removeprefix('ein').capitalize()}"

    def mixed(self, whole: str, top: int, bottom: int) -> str | None:
        if bottom == 2:
            return f"{self.cardinal(whole, 'n')}einhalb"
        return f"{self.cardinal(whole)} {self.part(top, bottom)}"

    def regnal(self, n: int, written: str, before: str, after: str) -> str | None:
        dot = "." if written.endswith(".") else ""
        if before.lower() in _NUMBERED:
            return self.cardinal(str(n)) + dot
        if n < 40 and len(written.rstrip(".")) > 1 and (before[:1].isupper() or before == "und"):
            return self.cardinal(str(n)) + dot
        return None

    def month_year(self, month: int, year: str) -> str | None:
        return None

    def own(self, kind: str) -> tuple[Rule, ...]:
        if kind == "date":
            return self._dates()
        if kind == "ordinal":
            return (Rule("number", _PERCENT, lambda match: f"{self.cardinal(match['n'])}prozentig"),)
        if kind == "unit":
            return (Rule("abbreviation", _STREET, lambda match: "straße" + final_stop(match)),)
        if kind == "number":
            return (
                Rule("number", _ONE, lambda match: "ein"),
                Rule("number", _MONARCH, self._monarch),
                Rule("number", _ROMAN_RANK, self._roman_rank),
                Rule("number", _ORDINAL, self._rank),
                Rule("number", _DECADE, lambda match: f"{self.year(match['n'])}er"),
                Rule("number", _SUFFIX, self._compound),
            )
        return ()

    def _dates(self) -> tuple[Rule, ...]:
        month = alternatives(name for names in self.months for name in names.split("|"))
        first = re.compile(
            rf"(?<![\w.,])(?P<d>[12]?[0-9]|3[01])\.(?:{DASH}|(?P<join>/))(?=[0-3]?[0-9]\.{SPACE}?(?:{month})(?!\w))"
        )

        def from_day(match: re.Match[str]) -> str:
            ending = "r" if word_before(match) not in _ENDS_IN_N else "n"
            join = "und" if match["join"] else self.to
            return f"{self.ordinal(int(match['d']), ending)} {join} "

        def day(match: re.Match[str]) -> str | None:
            before = word_before(match)
            both = len(match["d"] + match["m"]) == 4
            if before not in _ENDS_IN_N and before not in _MAY_BE_DATIVE and not both:
                return None
            stop = "." if not match.string[match.end() :].strip("\"'»”“’)] \n") else ""
            return self.date(int(match["d"]), int(match["m"]), "", before) + stop

        return Rule("date", first, from_day), Rule("date", _DAY_MONTH, day)

    def _monarch(self, match: re.Match[str]) -> str | None:
        n, queen = roman(match["roman"]), match["name"] in QUEENS
        if not n:
            return None
        before = (match["before"] or "").lower()
        if match["s"]:
            article, ending = ("der", "n") if queen else ("des", "n")
        elif before in _DATIVE or before == "unter":
            article, ending = ("der", "n") if queen else ("dem", "n")
        else:
            article, ending = ("die", "") if queen else ("der", "")
        name = match[0][: match.start("roman") - match.start()]
        return f"{name}{article} {self.ordinal(n, ending).capitalize()}"

    def _roman_rank(self, match: re.Match[str]) -> str | None:
        n, ending = roman(match["roman"]), _ending(match, word_after(match))
        return self.ordinal(n, ending) if n and ending is not None else None

    def _rank(self, match: re.Match[str]) -> str | None:
        after, follows = word_after(match), match["next"] or ""
        ending = _ending(match, after)
        starts = after in SENTENCE_STARTS or not after
        if match["next"] is None or (ending is None and starts) or (not after and int(match["a"]) > 31):
            return None
        if ending is None:
            if after[0].isupper() and after not in ORDINAL_NOUNS and not match["join"]:
                return None
            if after[0].islower() and not word_before(match, ""):  # "1. rot, 2. blau"
                return f"{self.ordinal(int(match['a']), '')}ns"
            ending = {"f": "", "n": "s"}.get(_gender(after), "r")
        words = self.ordinal(int(match["a"]), ending)
        if match["b"]:
            join = match["join"].strip() if match["join"].strip().isalpha() else self.to
            words = f"{words} {join} {self.ordinal(int(match['b']), ending)}"
        return (
            words + "."
            if follows.isspace() or (starts and follows[0] not in ",;:)!?") or not follows
            else words
        )

    def _compound(self, match: re.Match[str]) -> str:
        words = self.cardinal(match["n"], "n")
        return words if match[0].endswith("-") else f"{words}mal"


def _gender(word: str) -> str:
    if word in FEMININE or word.endswith(
        ("ung", "heit", "keit", "schaft", "ion", "tät", "ik", "ie", "enz", "anz")
    ):
        return "f"
    if word in NEUTER or word.endswith(
        ("chen", "lein", "ment", "um", "jahr", "jahrhundert", "kapitel", "spiel")
    ):
        return "n"
    return "f" if word.endswith("e") else "m"


def _ending(match: re.Match[str], after: str) -> str | None:
    """Of an ordinal, by the words before it; None if they don't tell."""
    found = _TWO_WORDS.search(match.string[max(0, match.start() - 50) : match.start()])
    if not found:
        return None
    earlier, last = found[1] or "", found[2].lower()
    if last in _PREPOSITIONS:  # but not in "for 3. Peter said"
        return "n" if after[:1].islower() or after in ORDINAL_NOUNS else None
    if last in _ENDS_IN_N:
        return "n"
    if last in _ENDS_IN_E:
        return ""
    if last in _MAY_BE_DATIVE:  # "in der", "Ende der"
        return "n" if earlier.lower() in _DATIVE or (earlier[:1].isupper() and found.start() > 0) else ""
    if last in _MIXED:
        return "s" if _gender(after) == "n" else "r"
    return None


class Swiss(German):
    """A point before the decimals, and Fr. is money."""

    decimal = "."

    def __init__(self) -> None:
        super().__init__()
        self.weekdays_short = {day: name for day, name in German.weekdays_short.items() if day != "Fr"}


RULES = rules(German())
RULES_OF = {"de-ch": rules(Swiss())}
