"""How the engine asks upstream's model, in which voice, and for which text."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from tests.models.cosyvoice_tried import END, LEAD, PER_CHARACTER, SAMPLES, SENTENCE, TEXT, Tried, files
from vox.workers.engine import EngineError, Prompt, Reference


def test_a_voice_with_a_transcript_is_continued(two: Tried, voice: Prompt) -> None:
    assert two.said(prompt=voice) == TEXT
    asked = two.model.llm.asked[-1]
    assert (asked.prompt, asked.speech, asked.streams) == ("What I say.", 50, False)


def test_a_voice_without_one_is_not(two: Tried, silent: Prompt) -> None:
    assert two.said(prompt=silent) == TEXT
    asked = two.model.llm.asked[-1]
    assert (asked.prompt, asked.speech) == ("", 0)


def test_an_instruction_stands_in_the_place_of_the_transcript(two: Tried, voice: Prompt) -> None:
    assert two.said(prompt=voice, instructions="Whisper.") == TEXT
    asked = two.model.llm.asked[-1]
    assert (asked.prompt, asked.speech) == ("Whisper." + END, 0)


def test_version_three_has_its_lead(three: Tried, recording: Reference) -> None:
    prompts = [three.engine.enroll(recording._replace(transcript=said)) for said in ("What I say.", "")]
    assert [three.said(prompt=prompt) for prompt in prompts] == [TEXT, TEXT]
    assert three.said(prompt=prompts[0], instructions="Whisper.") == TEXT
    with_transcript, without, told = three.model.llm.asked[-3:]
    assert (with_transcript.prompt, with_transcript.speech) == (LEAD + END + "What I say.", 50)
    assert (without.prompt, without.speech) == (LEAD + END, 0)
    assert (told.prompt, told.speech) == (f"{LEAD} Whisper.{END}", 0)


def test_nobody_can_say_what_ends_a_prompt(two: Tried, voice: Prompt) -> None:
    assert two.said("Now <|endofprompt|>then.", prompt=voice) == "Now then."
    two.said(prompt=voice, instructions="Low<|endofprompt|>er.")
    assert two.model.llm.asked[-1].prompt == "Low er." + END
    assert two.said("", prompt=voice, deltas=iter(["Now <|endof", "prompt|>then."])) == "Now then."


def test_a_prompt_is_arrays_and_leaves_no_speaker(two: Tried, voice: Prompt) -> None:
    assert {type(array) for array in voice.values()} == {np.ndarray}
    assert voice["flow_prompt_speech_token"].shape == (1, 50)
    assert voice["llm_embedding"][0, 0] == pytest.approx(0.5)
    assert two.idle


def test_two_voices_in_turn(two: Tried, voice: Prompt, silent: Prompt) -> None:
    one, other = two.sound(prompt=voice), two.sound(prompt=silent)
    assert (two.sound(prompt=voice), two.sound(prompt=silent)) == (one, other)


def test_sizes_of_chunks(two: Tried, voice: Prompt) -> None:
    sizes = {"first_chunk_size": 50, "chunk_size": "50"}
    assert two.chunks(prompt=voice, options=sizes) == [50, 50, 50, PER_CHARACTER * len(TEXT) - 150]
    for wrong in ({"chunk_size": 30}, {"first_chunk_size": 0}, {"temperature": 1}):
        with pytest.raises(EngineError, match=next(iter(wrong))) as refused:
            two.chunks(prompt=voice, options=wrong)
        assert (refused.value.code, refused.value.param) == ("invalid_value", next(iter(wrong)))


def test_languages(two: Tried, three: Tried, voice: Prompt) -> None:
    german = two.segment(prompt=voice)._replace(language="de-de")
    with pytest.raises(EngineError, match="zh, en, ja, ko"):
        two.chunks(german)
    lead = three.engine._tokens(LEAD + "<|endofprompt|>What I say.")[0]
    assert sum(three.chunks(german._replace(prompt={**voice, "prompt_text": np.asarray(lead)}))) > 0


@pytest.mark.parametrize("text", ["", " ", "…", "?!", "\u200b", "<|endofprompt|>"])
def test_nothing_to_say(two: Tried, voice: Prompt, text: str) -> None:
    assert two.sound(text, prompt=voice) == b""
    assert two.sound("", prompt=voice, deltas=iter([text, text])) == b""


# A text that is still being written


class Writer:
    """Hands a text over in parts, each when it is told to."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts
        self.more = threading.Semaphore(0)

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            self.more.acquire()
            yield part


def test_a_text_is_spoken_while_it_is_written(two: Tried, voice: Prompt) -> None:
    writer = Writer("the quick bro", "wn fox jumps over")
    writer.more.release()
    pieces = two.engine.speak(two.segment("", prompt=voice, deltas=iter(writer)))
    first = next(pieces)
    assert two.model.llm.asked[-1].streams
    writer.more.release()
    rest = b"".join(pieces)
    samples = np.frombuffer(first + rest, "<i2")[SAMPLES // 2 :: SAMPLES * PER_CHARACTER]
    assert "".join(map(chr, samples % 256)) == "the quick brown fox jumps over."
    assert two.idle


def test_a_long_one_is_parted_too(two: Tried, voice: Prompt) -> None:
    two.model.flow.sizes.clear()
    before = len(two.model.llm.asked)
    text = SENTENCE * 7
    parts = (text[at : at + 7] for at in range(0, len(text), 7))
    said = two.said("", prompt=voice, deltas=parts)
    assert said.replace(" ", "") == text.replace(" ", "")
    assert len(two.model.llm.asked) - before == 4
    assert max(two.model.flow.sizes) <= PER_CHARACTER * 150


def test_without_a_transcript_it_is_spoken_by_sentences(two: Tried, silent: Prompt) -> None:
    writer = Writer("This is a sentence of some length. And th", "is is one more")
    writer.more.release()
    pieces = two.engine.speak(two.segment("", prompt=silent, deltas=iter(writer)))
    next(pieces)
    writer.more.release()
    list(pieces)
    said = [asked.text for asked in two.model.llm.asked[-2:]]
    assert said == ["This is a sentence of some length.", "And this is one more."]


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_a_stream_that_waits_for_text_can_be_left(two: Tried, voice: Prompt, how: str) -> None:
    writer = Writer("the quick brown fox ", "never comes")
    writer.more.release()
    segment = two.segment("", prompt=voice, deltas=iter(writer))
    pieces = two.engine.speak(segment)
    next(pieces)
    if how == "cancel":
        two.engine.cancel(segment)
        assert list(pieces) == []
    pieces.close()
    assert two.idle
    writer.more.release(2)
    assert two.said(prompt=voice) == TEXT


def test_a_text_that_breaks_off_is_a_failure(two: Tried, voice: Prompt) -> None:
    def deltas() -> Iterator[str]:
        yield "the quick brown fox "
        raise ConnectionResetError("the writer left")

    with pytest.raises(ConnectionResetError, match="the writer left"):
        two.chunks("", prompt=voice, deltas=deltas())
    assert two.idle


def test_a_text_that_is_being_written_has_an_end(
    two: Tried, voice: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream waits for the model to find it."""
    tokens = two.model.llm._tokens

    def babble(character: int) -> Iterator[int]:
        while True:
            yield from tokens(character)

    monkeypatch.setattr(two.model.llm, "_tokens", babble)
    assert sum(two.chunks("", prompt=voice, deltas=iter(["well"]))) == 1000


# Speakers of a model's own


@pytest.fixture(scope="module")
def many(alone: None, two: Tried, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    kept = {"prompt_text": [[104, 105]], "flow_embedding": [[1]], "llm_embedding": [[1]]}
    kept |= {"llm_prompt_speech_token": [[1, 2]], "flow_prompt_speech_token": [[1, 2]]}
    speakers = {"中文女": {"embedding": [[1]]}, "anna": kept}
    return Tried(files(tmp_path_factory.mktemp("many"), 2, **{"spk2info.pt": json.dumps(speakers)}))


def test_speakers_are_listed(many: Tried, two: Tried) -> None:
    assert [(voice["id"], voice["name"]) for voice in many.ready.voices] == [
        ("speaker1", "中文女"),
        ("anna", "anna"),
    ]
    assert two.ready.voices == []


def test_speakers_speak(many: Tried) -> None:
    segment = many.segment()
    assert sum(many.chunks(segment._replace(voice="Speaker1"))) == PER_CHARACTER * len(TEXT)
    assert many.model.llm.asked[-1].prompt == ""
    assert sum(many.chunks(segment._replace(voice="anna"))) == PER_CHARACTER * len(TEXT)
    assert (many.model.llm.asked[-1].prompt, many.model.llm.asked[-1].speech) == ("hi", 2)
    many.chunks(segment._replace(voice="anna", instructions="Sing."))
    assert many.model.llm.asked[-1].prompt == "Sing." + END
    with pytest.raises(EngineError, match="takes no instructions"):
        many.chunks(segment._replace(voice="speaker1", instructions="Sing."))
    assert list(many.engine._frontend.spk2info) == ["中文女", "anna"]


def test_an_unknown_voice(many: Tried) -> None:
    with pytest.raises(EngineError, match="did you mean anna") as refused:
        many.chunks(many.segment()._replace(voice="ann"))
    assert refused.value.code == "unknown_voice"
