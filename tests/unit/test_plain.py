"""What an engine is given to speak."""

import pytest

from vox.workers.plain import clean


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne", id="line ends of every kind"),
        pytest.param("a\x00b\x1b[0mc\x7fd\x9fe", "ab[0mcde", id="control characters"),
        pytest.param("a\tb", "a b", id="a tab parts words"),
        pytest.param("a\ud83db", "ab", id="half of a surrogate pair"),
        pytest.param("a\u200bb\ufeffc\u00add", "abcd", id="invisible marks"),
        pytest.param("ok 👍🏽, done ✔️ ❤", "ok , done", id="pictures"),
        pytest.param("20 °C, № 5, 5 €, ½, x²", "20 °C, № 5, 5 €, ½, x²", id="symbols that are read"),
        pytest.param("e\u0301te\u0301", "été", id="composed"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="the joiner that Persian needs"),
        pytest.param(" \n \x00 ", "", id="nothing left"),
    ],
)
def test_text_is_made_safe_to_speak(text: str, wanted: str) -> None:
    assert clean(text) == wanted


def test_clean_text_can_be_encoded_whatever_it_was() -> None:
    everything = "".join(map(chr, range(0x11000))) + "\U0001f600\U0010ffff"
    cleaned = clean(everything)
    assert cleaned.encode() and clean(cleaned) == cleaned
