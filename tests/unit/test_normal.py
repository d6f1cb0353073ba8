"""What is written in figures, signs and short forms, and how it is read: tables, and what holds for any."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.normal import ANY, HOSTILE, Table, heard, tables
from vox.workers.normal import normalize, spell
from vox.workers.normal.markup import plain
from vox.workers.normal.rule import KINDS

LEAST = 0.95
LINES = 40
LANGUAGES = sorted({table.language for table in tables()} - {ANY})
WHOLE = [table for table in tables() if table.language == ANY or "-" not in table.language]

# What rules look for, in any order, so that one rule's end meets another's start.
WRITTEN = (
    "1 12 1,234 0.5 007 1999 2024-03-15 3/4 ½ 3:30 12:00:05 p.m. $ €5 ¢ km/h °C kg % Dr. St. No. e.g. U.S."
    " etc. May XIV I www.a.com a@b.co @x #y /usr/bin 555-1234 +44 call A4 v2.0.1 1e5 x² 10^6 - – − + = < | >"
    " ≥ × ~ & * ** ` [a](b) # 😀 :) <br> . , ! ( ) 's '90s 5'10\" C:\\ \ue000 第 個 円 원 ñ ß á m s th"
)
PIECES = (*WRITTEN.split(), "Jan. 5", "Henry VIII", "Chapter IV", "> ", "# ", "- ", "\n", '"', " ", " ", " ")
JUMBLE = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@pytest.mark.parametrize("table", tables(), ids=lambda table: f"{table.language}-{table.kind}")
def test_the_tables_are_read_as_they_say(table: Table) -> None:
    wrong = list(table.wrong())
    for line, got in wrong:
        print(f"{line.written!r}\n   is read {got!r}\n   and not {' | '.join(line.said)!r}")
    assert len(wrong) <= (1 - LEAST) * len(table.lines)


@pytest.mark.parametrize("table", WHOLE, ids=lambda table: f"{table.language}-{table.kind}")
def test_a_table_is_long_enough_to_tell(table: Table) -> None:
    assert len({line.written for line in table.lines}) == len(table.lines) >= LINES
    assert all(line.said for line in table.lines)


def test_the_comparison_tells_words_apart() -> None:
    assert heard("Twenty-one U.S. cars!", "en") == heard("twenty one U S cars", "en")
    assert heard("to day", "en") != heard("today", "en")
    assert heard("5 %", "en") != heard("5", "en")
    assert heard("二 十。", "zh") == heard("二十", "zh")


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=60, deadline=None)
@given(text=JUMBLE | st.text(max_size=40))
def test_no_text_is_too_odd(language: str, text: str) -> None:
    """Nor are the words of one rule taken for another's figures."""
    normalize(text, language)


@settings(max_examples=300, deadline=None)
@given(text=JUMBLE)
def test_no_figure_is_left_in_english_and_none_is_lost(text: str) -> None:
    said = normalize(text, "en")
    assert not re.search("[0-9½²]", said)
    assert re.search("[a-z]", said) or not re.search("[0-9½²]", plain(text, frozenset()))


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(("the", "cat", "sat", "may", "march", "in", "no", "st", "a", "i", "mad")), min_size=1
    )
)
def test_what_is_written_out_stays(words: list[str]) -> None:
    for mark in (".", "?", ", yes!"):
        text = f"So we {' '.join(words)}{mark}"
        assert normalize(text, "en") == text


@pytest.mark.parametrize("table", [t for t in tables() if t.language == "en"], ids=lambda table: table.kind)
def test_what_was_written_out_is_not_written_out_again(table: Table) -> None:
    for line in table.lines:
        said = normalize(line.written, "en")
        assert normalize(said, "en") == said


@pytest.mark.parametrize("mark", ["", ".", "!", "?", "…", '."', ".)"])
@pytest.mark.parametrize(
    "text",
    [
        "It costs $5",
        "Come at 3 p.m",
        "It is 5 km",
        "See www.a.com",
        "On Jan. 5",
        "He is in the U.S",
        "I ate 12",
    ],
)
def test_the_end_of_a_sentence_stays(text: str, mark: str) -> None:
    said = normalize(text + mark, "en")
    assert said.endswith(mark) and not said.endswith("." + mark)


def test_a_language_without_rules_gets_those_of_markup() -> None:
    assert normalize("**Bara** 5 😀 kr", "sv") == "Bara 5 kr"
    assert normalize("**Bara** 5 😀 kr", "") == "Bara 5 kr"


def test_a_region_may_read_otherwise() -> None:
    assert normalize("On 3/4/2024, 105.", "en-us") == "On March fourth, twenty twenty-four, one hundred five."
    assert normalize("On 3/4/2024, 105.", "en-gb") == (
        "On the third of April, twenty twenty-four, one hundred and five."
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_read_to_its_end(text: str) -> None:
    """A pattern that tries everything would take hours for it."""
    said = normalize(text * (20_000 // len(text)) + "the end", "en")
    assert said.endswith("the end")
    assert not re.search("[0-9]", said)


@pytest.mark.parametrize(
    ("n", "language", "ruleset", "words"),
    [
        (21, "en", "", "twenty-one"), ("1234", "en-us", "", "one thousand two hundred thirty-four"),
        (16, "pt", "", "dezesseis"), (16, "pt-pt", "", "dezasseis"), (70, "fr-ch", "", "septante"),
        (1, "de", "spellout-cardinal-feminine", "eine"), (0, "zh-tw", "", "〇"),
    ],
)  # fmt: skip
def test_a_number_is_spelled_in_its_region(n: int | str, language: str, ruleset: str, words: str) -> None:
    assert spell.cardinal(n, language, ruleset) == words


def test_a_number_too_large_for_words_is_read_by_its_digits() -> None:
    assert spell.cardinal(10**15, "en") == "one " + " ".join(["zero"] * 15)
    assert spell.digits("0-800, ٣", "en") == "zero eight zero zero three"
    assert spell.digits("12", "ja") == "一二"


def test_what_cldr_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="no words for the numbers of 'tlh'"):
        spell.cardinal(1, "tlh")
    with pytest.raises(ValueError, match=r"no spellout-cardinal-feminine for 'en'.*spellout-cardinal"):
        spell.cardinal(1, "en", "spellout-cardinal-feminine")


MIXED = "Dr. Lee **has** 😀 paid $5 on 3/4/2024 at 3:30 for 6 kg, see a.com, a@b.co, 555-123-4567 or #7."
WRITTEN_AS = {
    "markdown": "**", "emoji": "😀", "url": "a.com", "email": "a@b.co", "phone": "555-123-4567",
    "date": "3/4/2024", "time": "3:30", "money": "$5", "unit": "6 kg", "abbreviation": "Dr.", "number": "#7",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_left_out_stays_as_it_is_written(kind: str) -> None:
    said = normalize(MIXED, "en-us", frozenset((kind,)))
    assert WRITTEN_AS[kind] in said
    assert [other for other, written in WRITTEN_AS.items() if other != kind and written in said] == []


def test_with_all_left_out_nothing_changes() -> None:
    assert normalize(MIXED, "en-us", frozenset(KINDS)) == MIXED
