"""The text worker on its real, bundled model."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from vox.workers.engine import EngineError
from vox.workers.text import ENOUGH, TextService

SENTENCES = [
    ("en", "Where is the nearest train station?"),
    ("de", "Wo ist der nächste Bahnhof?"),
    ("fr", "Où est la gare la plus proche ?"),
    ("es", "No lo sé todavía."),
    ("it", "Dov'è la stazione ferroviaria più vicina?"),
    ("pt", "Eu não sei ainda."),
    ("nl", "Ik weet het nog niet."),
    ("sv", "Jag vet inte än."),
    ("pl", "Jeszcze nie wiem."),
    ("cs", "Kde je nejbližší vlakové nádraží?"),
    ("tr", "En yakın tren istasyonu nerede?"),
    ("fi", "Missä on lähin rautatieasema?"),
    ("hu", "Még nem tudom."),
    ("ro", "Unde este cea mai apropiată gară?"),
    ("vi", "Ga tàu gần nhất ở đâu?"),
    ("ru", "Где ближайший вокзал?"),
    ("bg", "Къде е най-близката гара?"),
    ("zh", "最近的火车站在哪里？"),
    ("ja", "一番近い駅はどこですか。"),
    ("ko", "가장 가까운 역이 어디예요?"),
    ("hi", "निकटतम रेलवे स्टेशन कहाँ है?"),
    ("fa", "نزدیک‌ترین ایستگاه قطار کجاست؟"),
]


class Stream:
    """A stream's input and what was noted of it."""

    cancelled = False

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.notes: dict[str, Any] = {}

    def read(self) -> Iterator[bytes]:
        while self.pieces:
            yield self.pieces.pop(0)

    def note(self, key: str, value: Any) -> None:
        self.notes[key] = value


@pytest.fixture(scope="module")
def service() -> Iterator[TextService]:
    service = TextService()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", None)  # a download would fail
        assert service.load({}, lambda share, stage: None) == {"sample_rate": 0, "voices": []}
        yield service
    service.close()


def detect(service: TextService, *pieces: bytes) -> dict[str, Any]:
    stream = Stream(*pieces)
    assert list(service.run("detect", {}, stream)) == []
    assert stream.pieces == []
    return stream.notes


def normalized(service: TextService, *pieces: bytes, language: str = "en", skip: Iterable[str] = ()) -> str:
    stream = Stream(*pieces)
    said = b"".join(
        service.run("normalize", {"op": "normalize", "language": language, "skip": [*skip]}, stream)
    )
    assert stream.pieces == []
    assert stream.notes == {}
    return said.decode()


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_names_the_language_of_a_sentence(service: TextService, language: str, text: str) -> None:
    notes = detect(service, text.encode())
    assert notes["language"] == language
    assert 0.5 <= notes["score"] <= 1.0


@pytest.mark.parametrize("text", ["", " \n", "12345", "...", "😀", "Mmm", "asdf qwer", "God morgon."])
def test_names_none_where_none_is_likely(service: TextService, text: str) -> None:
    notes = detect(service, text.encode())
    assert notes["language"] == ""
    assert 0.0 <= notes["score"] < 0.5


def test_line_ends_case_and_punctuation_make_no_difference(service: TextService) -> None:
    assert detect(service, "Où est\r\nla gare\n\nla plus proche ?!".encode())["language"] == "fr"
    assert detect(service, b"WHERE IS THE NEAREST TRAIN STATION?")["language"] == "en"


def test_pieces_may_part_a_character_and_the_text_may_be_long(service: TextService) -> None:
    text = "L'été dernier, on a tout décidé".encode()
    assert detect(service, text[:1], text[1:2], text[2:-1], text[-1:])["language"] == "fr"
    assert detect(service, "été ".encode() * ENOUGH, b"hello " * ENOUGH)["language"] == "fr"


def test_bytes_that_are_no_text_are_refused(service: TextService) -> None:
    with pytest.raises(EngineError, match="not UTF-8") as caught:
        detect(service, b"caf\xe9 au lait")
    assert caught.value.param == "text"


def test_another_operation_is_refused(service: TextService) -> None:
    with pytest.raises(EngineError, match="can't translate"):
        service.run("translate", {}, Stream())


def test_a_text_is_written_out_in_its_language(service: TextService) -> None:
    assert normalized(service, b"It costs $5.") == "It costs five dollars."
    assert normalized(service, "Das kostet 5 €.".encode(), language="de") == "Das kostet fünf Euro."
    assert normalized(service, b"") == ""


def test_a_text_to_write_out_may_come_in_pieces_and_be_long(service: TextService) -> None:
    text = "Café №. 5 ".encode() * ENOUGH
    said = normalized(service, text[:4], text[4:5], text[5:], language="en-us")
    assert said.count("Café") == ENOUGH
    assert "5" not in said


def test_kinds_can_be_left_as_they_are_written(service: TextService) -> None:
    text = b"**Mr.** Lee :-) has 5."
    assert normalized(service, text) == "Mister Lee has five."
    assert normalized(service, text, skip=("markdown", "emoji", "abbreviation", "number")) == text.decode()


def test_a_kind_that_there_is_not_is_refused_by_name(service: TextService) -> None:
    with pytest.raises(
        EngineError, match=r"currency, maths can't .*; these can: markdown, .*number"
    ) as caught:
        normalized(service, b"5", skip=("number", "maths", "currency"))
    assert (caught.value.code, caught.value.param) == ("invalid_value", "normalize")


def test_bytes_that_are_no_text_are_not_written_out(service: TextService) -> None:
    with pytest.raises(EngineError, match="not UTF-8") as caught:
        normalized(service, b"caf\xe9")
    assert caught.value.param == "text"
