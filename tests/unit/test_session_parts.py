"""The parts that a session is made of: what is left to say, what happens in the midst of the sound."""

from __future__ import annotations

import asyncio

import pytest

from vox.gateway.phone import Frames
from vox.gateway.script import Script, Words
from vox.gateway.text.segment import Segmenter
from vox.gateway.tickets import issue, valid
from vox.gateway.track import Track

KINDS = frozenset(("money", "markdown"))


class Ear:
    """A receiver that writes down what comes, in order."""

    def __init__(self) -> None:
        self.writable = True
        self.heard: list[object] = []

    def audio(self, data: bytes) -> None:
        self.heard.append(data)


def test_events_come_between_the_right_bytes() -> None:
    ear = Ear()
    track = Track(ear, lambda: 0.0)
    for place in (0, 3, 3, 5, 99):
        track.at(place, lambda place=place: ear.heard.append(place))  # type: ignore[misc]
    track.write(b"abcd")
    track.write(b"efg")
    assert ear.heard == [0, b"abc", 3, 3, b"d", b"e", 5, b"fg"]
    track.close()
    assert ear.heard[-1] == 99


def test_an_event_for_a_place_that_was_passed_comes_at_once() -> None:
    ear = Ear()
    track = Track(ear, lambda: 0.0)
    track.write(b"abc")
    track.at(3, lambda: ear.heard.append("now"))
    assert ear.heard == [b"abc", "now"]


def test_a_track_that_is_dropped_in_an_event_passes_nothing_on() -> None:
    ear = Ear()
    track = Track(ear, lambda: 0.0)
    track.at(1, track.drop)
    track.at(2, lambda: ear.heard.append("late"))
    track.write(b"abc")
    track.write(b"def")
    track.close()
    assert ear.heard == [b"a"]


def test_a_script_waits_for_what_is_still_written() -> None:
    async def run() -> list[str | None]:
        script = Script(["a"])
        reading = asyncio.ensure_future(read(script))
        await asyncio.sleep(0)
        assert script.waits
        script.add(["b", "c"])
        await asyncio.sleep(0)
        script.end()
        return await reading

    async def read(script: Script) -> list[str | None]:
        found = []
        while (piece := await script.next()) is not None:
            found.append(piece)
        return [*found, None]

    assert asyncio.run(run()) == ["a", "b", "c", None]


def test_a_script_tells_when_there_is_something_to_say() -> None:
    async def run() -> None:
        script = Script([" "])
        looking = asyncio.ensure_future(script.speakable())
        await asyncio.sleep(0)
        starved = [script.starved]
        script.add(["$", "5", "6"])
        starved.append(script.starved)
        assert starved == [True, False]
        assert await looking == "5"
        assert list(script.ahead) == [" ", "$", "5", "6"], "all of it is still to be said"
        assert await Script(["!", "?"], ended=True).speakable() is None

    asyncio.run(run())


@pytest.mark.parametrize("cut", [1, 2, 5, 100])
def test_words_are_given_whole_and_figures_with_their_clause(cut: int) -> None:
    text = "It costs $5, my friend, and **no** more. 你好世界"
    asked: list[str] = []

    async def in_words(part: str, language: str, kinds: frozenset[str]) -> str:
        if "$5" in part or "**" in part:
            asked.append(part)
        return part.replace("$5", "five dollars").replace("**", "")

    async def run() -> list[str]:
        script = Script([text[at : at + cut] for at in range(0, len(text), cut)], ended=True)
        words, found = Words(script, "en", KINDS, in_words), []
        while (piece := await words.next()) is not None:
            found.append(piece)
        assert words.taken() == text
        assert words.taken() == ""
        return found

    found = asyncio.run(run())
    assert "".join(found) == "It costs five dollars, my friend, and no more. 你好世界"
    assert all(piece[-1] in " 你好世界" for piece in found)
    assert cut == 100 or all("costs" not in part or "," in part for part in asked), "clauses, not fragments"
    assert len(asked) == (1 if cut == 100 else 2)


def test_a_text_that_comes_at_once_is_given_in_pieces() -> None:
    text = "One sentence of many, that goes on for some time. " * 20

    async def run() -> list[str]:
        words, found = Words(Script([text, "End"], ended=True), "en", frozenset(), no_words), []
        while (piece := await words.next()) is not None:
            found.append(piece)
        return found

    async def no_words(part: str, language: str, kinds: frozenset[str]) -> str:
        return part

    found = asyncio.run(run())
    assert "".join(found) == text + "End"
    assert max(map(len, found)) <= 200
    assert all(piece.endswith(" ") for piece in found[:-1])


def test_words_are_not_waited_for_longer_than_asked() -> None:
    async def run() -> str | None:
        return await Words(Script(), "en", KINDS, no_words).next(within=0.001)

    async def no_words(text: str, language: str, kinds: frozenset[str]) -> str:
        raise AssertionError

    assert asyncio.run(run()) is None


def test_a_sentence_that_has_settled_is_given_however_short() -> None:
    segmenter = Segmenter(language="en")
    assert segmenter.feed("Yes. ") == []
    assert segmenter.settle() == ["Yes. "]
    assert segmenter.settle() == []
    assert segmenter.feed("And a clause that goes") == []
    assert segmenter.settle() == []
    assert segmenter.feed(" on, and Dr.") == []
    assert segmenter.settle() == [], "an abbreviation ends no sentence"
    assert segmenter.feed(" No said it.") == []
    assert segmenter.settle() == ["And a clause that goes on, and Dr. No said it."]
    assert segmenter.feed("End") == []
    assert segmenter.flush() == ["End"]


def test_frames_are_filled_up_with_silence() -> None:
    frames = Frames(size=4)
    assert frames.feed(b"abcdef") == [b"abcd"]
    assert frames.feed(b"gh") == [b"efgh"]
    assert frames.finish() == []
    assert frames.feed(b"i") == []
    assert frames.finish() == [b"i\xff\xff\xff"]
    assert frames.finish() == []


def test_a_ticket_holds_for_its_time_its_key_and_its_purpose() -> None:
    ticket = issue("key", "twilio", 1000.0)
    assert valid(ticket, ["other", "key"], "twilio", 999.0)
    assert not valid(ticket, ["key"], "twilio", 1001.0)
    assert not valid(ticket, ["other"], "twilio", 999.0)
    assert not valid(ticket, ["key"], "else", 999.0)
    assert not valid("ffffffff" + ticket[ticket.index("-") :], ["key"], "twilio", 999.0)
    assert valid(issue("key", "twilio", None), ["key"], "twilio", 1e12)
    for nonsense in ("", "-", "x-y", "0-", "é-é"):
        assert not valid(nonsense, ["key"], "twilio", 0.0)
