"""Where text is cut: a table of hard cases by language, and the properties that hold for every text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vox.gateway.text.segment import LONGEST, Segmenter, speakable, split

# "|" is where a cut is expected; the text is what is left without it.
CASES = [
    # Abbreviations, titles, initials
    ("en", "Dr. Smith paid $3.50 for the U.S. edition. |He left."),
    ("en", "Mr. and Mrs. Jones met Prof. Lee. |They talked."),
    ("en", "J. R. R. Tolkien wrote The Hobbit. |It sold well."),
    ("en", "We met at 5 p.m. |The meeting was long."),
    ("en", "We met at 5 p.m. on Tuesday. |It was long."),
    ("en", "She lives in the U.S. |He lives in Peru."),
    ("en", "The U.S. Senate voted on it. |It passed."),
    ("en", "Apple Inc. announced something big. |Wow."),
    ("en", "He works for Apple Inc. |She works from home."),
    ("en", "Bring apples, pears, etc. to the party. |Thanks."),
    ("en", "Many fruits, e.g. Apples, are red. |Not all."),
    ("en", "She has a Ph.D. in physics. |He does not."),
    ("en", "See Fig. 3 and No. 5 for details. |They matter."),
    ("en", "I really told him no. |Five minutes later he left."),
    ("en", "On Jan. 5 we fly to St. Louis. |Come along."),
    ("en", "We chose Plan B. |Then it rained."),
    ("en", "It was Smith vs. Jones in court. |Smith won."),
    # Numbers
    ("en", "Pi is 3.14159 and e is 2.718. |Both go on."),
    ("en", "It sold 1,000,000 copies by 10:30 today. |Great."),
    ("en", "Version 2.0.1 fixes that. |Version 3 is next."),
    ("en", "He was born in 1990. |She was born later."),
    ("en", "The house number is 25. |It is red."),
    ("en", "1. First do this thing. |2. Then do that."),
    ("en", "Do this thing first. |2. Then do that thing."),
    ("en", "It rose by .5 percent, from 1,5 to 2. |Fine."),
    # Addresses and names of files
    ("en", "Mail bob@example.co.uk or see example.com. |Thanks."),
    ("en", "Read https://example.com/a.b?c=d,e;f:g!h first. |Then ask."),
    ("en", "Open main.py and README.md now. |Then run it."),
    ("en", "Node.js and .NET are both fine here. |Choose."),
    # Ellipses, runs of marks, quotations, brackets
    ("en", "Wait... what did you say there? |I missed it."),
    ("en", "Wait . . . what did you say there? |I missed it."),
    ("en", "I thought about it… |Then I slept."),
    ("en", "Is it really true?!? |Yes, it is."),
    ("en", "He said: “It works.” |Then he left the room."),
    ("en", 'She asked "Is it working?" |Then she left.'),
    ("en", "“Is it working?” she asked him. |He nodded."),
    ("en", "(This is in brackets.) |This is not."),
    ("en", "**This is in bold type.** |This is not."),
    # Clauses
    ("en", "When the rain had finally stopped, |we went for a walk."),
    ("en", "The plan was simple in the end: |walk home and sleep."),
    ("en", "The old house on the hill – |empty for many years – was sold."),
    ("en", "The old house on the hill—|empty for many years—was sold."),
    ("en", "Today we will go there, yes."),
    ("en", "well-known, state-of-the-art tools. |Good."),
    # Lines and paragraphs
    ("en", "Chapter One\n\n|It was dark. The rain fell."),
    ("en", "This line goes on\nin the next one. |Here it ends."),
    ("en", "Things that we must buy\n|- apples and bread\n- milk"),
    ("en", "We all saw Dr.\nSmith yesterday. |He left."),
    ("en", "The list is at the end etc.\n\n|A new paragraph."),
    # Casual writing
    ("en", "hello there my good friend. |how are you doing today"),
    ("en", "Yes. No. Oh. Well. |Fine."),
    # German
    ("de", "Am 3. Oktober 1990 war es so weit. |Es war gut."),
    ("de", "Das kostet z. B. 5,50 Euro pro Stück. |Dr. Müller zahlt."),
    ("de", "Das gilt d.h. für alle ca. 20 Leute. |Gut."),
    ("de", "„Ich komme morgen nach Hause.“ |Sie lachte."),
    ("de", "»Ich komme morgen nach Hause.« |Sie lachte."),
    ("de", "Er ging heute nach Hause. |»Hallo«, sagte sie."),
    ("de", "Äpfel, Birnen usw. kosten 3 Euro. |Das ist viel."),
    # French
    ("fr", "« Bonjour tout le monde ! » dit-il. |Puis il partit."),
    ("fr", "« Bonjour tout le monde ! » |Il partit."),
    ("fr", "M. Dupont et Mme. Petit habitent ici. |Ils sont là."),
    ("fr", "Comment allez-vous ce matin ? |Très bien."),
    # Spanish, Italian, Portuguese
    ("es", "¿Cómo está usted hoy? |¡Muy bien, gracias!"),
    ("es", "El Sr. García vive en EE. UU. desde 1990. |Trabaja."),
    ("es", "—Hola, ¿cómo estás? —dijo él con una sonrisa."),
    ("it", "Il sig. Rossi è nato nel 1950. |Vive a Roma."),
    ("it", "La dott.ssa Bianchi arriva oggi. |È brava."),
    ("pt", "O Sr. Silva mora na av. Brasil. |Ele trabalha."),
    # Russian
    ("ru", "Это стоит 5 руб. за штуку. |Он купил и ушёл."),
    ("ru", "А. С. Пушкин родился в Москве. |Он поэт."),
    # Chinese
    ("zh", "你好，世界，早上好。|今天天气很好！我们去公园吧。"),
    ("zh", "他说：“我今天很累。明天再说吧。”|然后他走了。大家都散了。"),
    ("zh", "圆周率是3.14，不是3.15。|你知道吗？"),
    ("zh", "我每天都用Node.js写程序.|你呢?我用别的。"),
    ("zh", "这件事情我不知道……|也许他知道。"),
    ("zh", "今天早上下了很大的雨，|所以我们没有去公园玩"),
    ("zh", "「你要去哪里？我也要去！」|他问。"),
    # Japanese
    ("ja", "彼は「はい。そうです。」と言った。|それから帰った。"),
    ("ja", "今日はいい天気ですね。|散歩に行きましょうか？"),
    ("ja", "『本当ですか？信じられません。』|彼は驚いた。"),
    # Korean
    ("ko", "안녕하세요. 저는 학생입니다. |만나서 반갑습니다."),
    ("ko", "오늘은 2024. 5. 3. 금요일입니다. |날씨가 좋아요."),
    # Hindi, Arabic, Urdu, Thai
    ("hi", "नमस्ते दुनिया के लोगो। |आप कैसे हैं? मैं ठीक हूँ।"),
    ("hi", "डॉ. शर्मा ने रु. 500 दिए। |वे चले गए।"),
    ("ar", "كيف حالك يا صديقي؟ |أنا بخير، شكرا."),
    ("ar", "مرحبا بكم في العالم. |نحن هنا."),
    ("ur", "میرا نام احمد ہے۔ |میں لاہور میں رہتا ہوں۔"),
    ("th", "สวัสดีครับ ผมชื่อสมชายนะครับ |ยินดีที่ได้รู้จักครับ"),
]


@pytest.mark.parametrize(("language", "marked"), CASES, ids=[marked for _, marked in CASES])
def test_cuts_where_a_reader_would_pause(language: str, marked: str) -> None:
    assert split(marked.replace("|", ""), language) == marked.split("|")


@pytest.mark.parametrize(
    "marked",
    [
        "Dr. Smith paid $3.50 for the U.S. edition. |He left.",
        "Das kostet z. B. 5,50 Euro pro Stück. |Dr. Müller zahlt.",
        "El Sr. García habló mucho. |Después se fue.",
        "Am 3. Oktober 1990 war es so weit. |Es war gut.",
    ],
)
def test_without_a_language_the_abbreviations_of_all_count(marked: str) -> None:
    assert split(marked.replace("|", "")) == marked.split("|")


def test_numbers_are_ordinals_only_in_languages_that_write_them_so() -> None:
    text = "My aunt Ann has just turned 25. Everyone cheered."
    assert len(split(text, "en")) == 2
    assert len(split(text, "da-DK")) == 1
    assert len(split(text, "DE_at")) == 1


SENTENCE = "The quick brown fox jumps over the lazy dog again. "  # 51 characters


def test_segments_grow_from_the_first_to_the_later_ones() -> None:
    lengths = [len(segment) for segment in split(SENTENCE * 20)]
    assert lengths[:4] == [51, 51, 102, 102]


def test_a_long_sentence_is_cut_at_a_clause_before_the_limit() -> None:
    clause = "and so the story went on and on for ever, "
    segments = split(clause * 30)
    assert all(segment.endswith(", ") for segment in segments)
    assert max(map(len, segments)) <= 0.4 * LONGEST + len(clause)


def test_a_text_without_marks_is_cut_at_spaces() -> None:
    segments = split("word " * 300)
    assert all(segment.endswith(" ") for segment in segments)
    assert min(map(len, segments[:-1])) > LONGEST - 10


def test_a_wide_character_is_worth_two_and_a_half() -> None:
    assert {len(segment) for segment in split("漢" * 1600)} == {LONGEST * 2 // 5}


def test_an_unclosed_quotation_holds_no_text_back_for_ever() -> None:
    assert max(map(len, split("「" + "今日はいい天気ですね。" * 40))) < 130


def test_first_and_longest_set_the_lengths() -> None:
    assert Segmenter(first=60).feed(SENTENCE * 3) == [SENTENCE * 2]
    assert max(map(len, Segmenter(longest=50).feed("word " * 100))) == 50


def test_a_limit_that_holds_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 10"):
        Segmenter(longest=3)


def test_a_segment_is_given_as_soon_as_the_next_word_begins() -> None:
    segmenter = Segmenter(language="en")
    deltas = ["That", " makes", " good", " sense", ".", " It"]
    assert [segmenter.feed(delta) for delta in deltas] == [[], [], [], [], [], ["That makes good sense. "]]
    assert segmenter.flush() == ["It"]


def test_a_stop_at_the_end_waits_for_what_follows() -> None:
    segmenter = Segmenter(language="en")
    assert segmenter.feed("The value of pi is about 3.") == []
    assert segmenter.feed("14, or so.") == []
    assert segmenter.flush() == ["The value of pi is about 3.14, or so."]


def test_after_a_flush_a_new_text_starts_with_a_short_segment() -> None:
    segmenter = Segmenter()
    first = segmenter.feed(SENTENCE * 4) + segmenter.flush()
    assert segmenter.feed(SENTENCE * 4) + segmenter.flush() == first
    assert segmenter.flush() == []


def test_nothing_gives_no_segments() -> None:
    assert split("") == []
    assert Segmenter().feed("") == []


@pytest.mark.parametrize(
    ("joined", "unit"),
    [
        ("combining accents", "a\u0301\u0302"),
        ("a family", "👩\u200d👧"),
        ("a skin tone", "👍🏽"),
        ("a vowel sign", "कि"),
        ("a line end", "\r\n"),
        ("Hangul letters", "\u1112\u1161\u11ab"),
        ("a variation selector", "☂\ufe0f"),
        ("Thai am", "กำ"),
    ],
)
def test_a_forced_cut_never_parts_a_character_from_its_marks(joined: str, unit: str) -> None:
    for segment in split("x" + unit * 500)[1:]:
        assert segment.startswith(unit[0]), joined


def test_flags_stay_whole_beside_text() -> None:
    assert all(segment.count("🇩") == segment.count("🇪") for segment in split("abc🇩🇪" * 200))


@pytest.mark.parametrize("text", ["a", "7", "…é", "漢", "か", "हि", "٣", "한", "— x"])
def test_what_has_a_letter_or_digit_is_speakable(text: str) -> None:
    assert speakable(text)


@pytest.mark.parametrize("text", ["", "...", " \n", "😀👍🏽", "?!", "「」", "—", "***"])
def test_what_has_neither_is_not(text: str) -> None:
    assert not speakable(text)


# Properties


def feed(segmenter: Segmenter, deltas: Iterable[str]) -> list[str]:
    segments = [segment for delta in deltas for segment in segmenter.feed(delta)]
    return segments + segmenter.flush()


WORDS = [
    *"aAbIéßяЖ漢字かなカ한글กिक्अب3 5",
    "Dr.",
    "U.S.",
    "z. B.",
    "e.g.",
    "etc.",
    "Inc.",
    "The ",
    "He ",
    "3.14",
    "1,000",
]
WORDS += [
    "http://a.b/?c=d",
    "a@b.co",
    "hello",
    "Wörter",
    "\u0301",
    "\u200d",
    "🇩🇪",
    "👩\u200d👧",
    "\udc00",
    "\ud83d",
]
MARKS = [
    *".,;:!?…。，、！？；：।؟،—–-\"'“”„«»「」『』()[]*\n\r\t ",
    "...",
    " - ",
    " — ",
    ". ",
    ", ",
    "\n\n",
    " »",
    "。」と",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS + MARKS * 2), max_size=400).map("".join),
    st.text(max_size=300),
    st.builds(
        str.__mul__, st.lists(st.sampled_from(WORDS + MARKS), max_size=4).map("".join), st.integers(0, 600)
    ),
)


@settings(max_examples=400, deadline=None)
@given(text=TEXTS, cuts=st.lists(st.integers(0, 3000)), longest=st.sampled_from([10, 40, LONGEST]))
@example(text="Er sagte »Ja.« Und »Nein.» Ok“ ", cuts=list(range(31)), longest=LONGEST)
def test_segments_join_to_the_text_and_hang_on_no_delta(text: str, cuts: list[int], longest: int) -> None:
    whole = Segmenter(longest=longest)
    segments = whole.feed(text) + whole.flush()
    assert "".join(segments) == text
    assert all(0 < len(segment) <= longest for segment in segments)

    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = Segmenter(longest=longest)
    assert feed(pieces, [text[a:b] for a, b in pairwise(edges)]) == segments

    letters = Segmenter(longest=longest)
    assert feed(letters, text) == segments


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, end=st.integers(0, 3000))
def test_what_was_given_stays_true_whatever_follows(text: str, end: int) -> None:
    given_early = Segmenter().feed(text[:end])
    assert split(text)[: len(given_early)] == given_early


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "क", "\u0301", "\u093f", "\u0e33", "ก", "\u200d", "🏽", "👍"]),
        min_size=500,
        max_size=900,
    )
)
def test_no_segment_starts_with_a_combining_mark(characters: list[str]) -> None:
    text = "a".join(characters)
    for segment in split(text)[1:]:
        assert not unicodedata.category(segment[0]).startswith("M")


@pytest.mark.parametrize(
    "unit", [".", "a", ",", "(", " ", "\n", '"', "「", "。", "\u0301", ". ", "a. ", "U.S. ", "漢，", ".“"]
)
def test_work_grows_no_faster_than_the_text(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: the characters that are looked at for each character fed one by one."""
    from vox.gateway.text import segment

    looked_at = 0
    weigh = segment._units

    def counted(text: str) -> float:
        nonlocal looked_at
        looked_at += len(text)
        return weigh(text)

    monkeypatch.setattr(segment, "_units", counted)
    text = (unit * 20_000)[:20_000]
    feed(Segmenter(), text)
    assert looked_at < 50 * len(text)
