"""Whether a text has anything in it that must be written out."""

from __future__ import annotations

import pytest

from vox.errors import BadRequest
from vox.gateway.text.written import MARKUP, kinds, needs
from vox.wire.messages import KINDS

ALL = frozenset(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "Hello there, friend.",
        "Don’t — really? “Yes”, she said (twice)!",
        "你好，世界。「好」！",
        "über naïve café; état-major",
        "Привет, мир…",
        "state-of-the-art",
    ],
)
def test_plain_words_need_nothing(text: str) -> None:
    assert not needs(text, ALL)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("It costs $5.", False),
        ("Dr. Smith came.", False),
        ("Henry VIII died.", False),
        ("２個", False),
        ("3 cats", False),
        ("half ½", False),
        ("a & b", False),
        ("50 %", False),
        ("**bold**", True),
        ("a smile :-)", True),
        ("see www.example.org", True),
        ("mail a@b.c", True),
        ("- an item", True),
        ("1. an item", True),
        ("Hi 😀", True),
        ("`code`", True),
    ],
)
def test_what_is_written_otherwise_than_said_is_found(text: str, markup: bool) -> None:
    assert needs(text, ALL)
    assert needs(text, MARKUP) is markup
    assert not needs(text, frozenset())


def test_the_level_of_the_engine_holds_unless_the_request_says_otherwise() -> None:
    assert kinds("all", None) == ALL
    assert kinds("markup", None) == MARKUP
    assert kinds("none", None) == frozenset()
    assert kinds("none", True) == ALL
    assert kinds("all", False) == frozenset()
    assert kinds("markup", {"date": True, "emoji": False}) == (MARKUP | {"date"}) - {"emoji"}


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(BadRequest, match="did you mean money") as caught:
        kinds("all", {"mony": True})
    assert caught.value.param == "normalize"
