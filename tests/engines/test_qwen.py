"""The engine `qwen` on tiny models of random weights: the real package, its real loader. Run by pytest inside
the engine's environment."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("qwen_tts", reason="this is for the engine's own environment")

import numpy as np
import torch

from tests.models import qwen as tiny
from tests.models import qwen_talk as talk
from tests.models.qwen_talk import FRAME, LONG, TEXT, Crowd, Watch, clean, load, same, say, segment, sound
from vox.workers.engine import EngineError, Model, Reference
from vox.workers.prompts import Prompts

pytestmark = pytest.mark.filterwarnings("ignore")  # other people's

Recording = Callable[..., Reference]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> talk.Directories:
    torch.set_num_threads(1)  # the models are tiny
    return talk.Directories(tmp_path_factory.mktemp("models"))


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return partial(talk.recording, tmp_path)


@pytest.fixture(scope="session")
def speaker(directory: talk.Directories) -> Any:
    return load(directory())


@pytest.fixture(scope="session")
def designer(directory: talk.Directories) -> Any:
    return load(directory("voice_design"))


@pytest.fixture(scope="session")
def cloner(directory: talk.Directories) -> Any:
    return load(directory("base"))


@pytest.fixture
def watch(speaker: Any) -> Iterator[Watch]:
    with talk.watching(speaker) as watch:
        yield watch


@pytest.mark.parametrize("seed", [1, 2, LONG])
def test_the_stream_is_what_the_package_gives_as_a_whole(speaker: Any, designer: Any, seed: int) -> None:
    speech = say(speaker, "Hello.", "Uncle_Fu", seed, language="de", instructions="Gladly.")
    torch.manual_seed(seed)
    (whole,), rate = speaker._wrapped.generate_custom_voice("Hello.", "uncle_fu", "German", "Gladly.")
    assert rate == 24000 and same(speech, whole)
    speech = say(designer, TEXT, "design", seed, instructions="An old man, amused.")
    torch.manual_seed(seed)
    (whole,), _ = designer._wrapped.generate_voice_design(TEXT, "An old man, amused.", "English")
    assert same(speech, whole)


@pytest.mark.parametrize(("transcript", "seconds"), [("What I said.", 0.8), ("What I said.", 3.0), ("", 3.0)])
def test_the_stream_of_a_recorded_voice_is_what_the_package_gives_as_a_whole(
    cloner: Any, recording: Recording, transcript: str, seconds: float
) -> None:
    reference = recording(transcript, seconds)
    speech = say(cloner, TEXT, "me", LONG, prompt=cloner.enroll(reference))
    torch.manual_seed(LONG)
    (whole,), _ = cloner._wrapped.generate_voice_clone(
        TEXT,
        "English",
        (talk.samples(reference), 24000),
        transcript or None,
        x_vector_only_mode=not transcript,
    )
    assert len(speech) > 3 * FRAME and same(speech, whole)


def test_the_knobs_are_the_settings_of_the_package(speaker: Any) -> None:
    options = {"temperature": 0.5, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.3}
    speech = say(speaker, seed=LONG, options=options)
    torch.manual_seed(LONG)
    (whole,), _ = speaker._wrapped.generate_custom_voice(TEXT, "vivian", "English", **options)
    assert same(speech, whole) and not np.array_equal(speech, say(speaker, seed=LONG))


@pytest.mark.parametrize(
    ("first", "most", "frames"),
    [(4, 24, [4, 8, 16, 24, 24]), (12, 24, [12, 24, 24, 16]), ("1", 40, [1, 2, 4, 8, 16, 32, 13])],
)
def test_the_first_piece_is_short_and_the_next_are_longer(
    speaker: Any, first: int | str, most: int, frames: list[int]
) -> None:
    options = {} if (first, most) == (4, 24) else {"first_chunk_size": first, "chunk_size": most}
    pieces = list(speaker.speak(segment(seed=LONG, options=options)))
    assert [len(piece) / 2 / FRAME for piece in pieces] == frames
    assert same(sound(iter(pieces)), (say(speaker, seed=LONG) / 32767).astype("f"))


def test_the_first_piece_comes_before_the_rest_is_made(speaker: Any, watch: Watch) -> None:
    taken = threading.Event()
    watch.act = lambda step: step < 20 or taken.wait(60)
    pieces = speaker.speak(segment(seed=LONG))
    assert len(next(pieces)) == 2 * 4 * FRAME
    taken.set()
    pieces.close()


@pytest.mark.parametrize("step", [0, 1, 11])
def test_a_cancel_is_heeded_at_the_next_step(speaker: Any, watch: Watch, step: int) -> None:
    wanted = segment(seed=LONG)
    pieces = speaker.speak(wanted)
    watch.act = lambda at: at == step and speaker.cancel(wanted)
    watch.act(0)
    assert sum(map(len, pieces)) <= 2 * max(0, step - 1) * FRAME
    assert len(watch.rows) == step and clean(speaker)


def test_cancelling_another_or_what_has_ended_does_no_harm(speaker: Any) -> None:
    wanted, fresh = segment(), say(speaker)
    pieces = speaker.speak(wanted)
    speaker.cancel(segment())
    assert np.array_equal(sound(pieces), fresh)
    speaker.cancel(wanted)
    del pieces
    assert not speaker._taps


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_an_abandoned_speech_leaves_nothing_behind(speaker: Any, taken: int) -> None:
    fresh, threads = say(speaker), threading.active_count()
    pieces = speaker.speak(segment(seed=LONG))
    for _ in range(taken):
        next(pieces)
    pieces.close()
    assert threading.active_count() == threads and clean(speaker)
    assert np.array_equal(say(speaker), fresh)


def test_a_failure_is_raised_and_leaves_nothing_behind(speaker: Any, watch: Watch) -> None:
    fresh = say(speaker)

    def fail(step: int) -> None:
        raise MemoryError("no more")

    watch.act = fail
    with pytest.raises(MemoryError, match="no more"):
        say(speaker)
    watch.act = lambda step: None
    assert clean(speaker) and np.array_equal(say(speaker), fresh)


def test_speech_without_an_end_is_a_failure_after_what_was_said(speaker: Any) -> None:
    said = 0
    with pytest.raises(EngineError, match="no end after 2 s") as caught:
        for piece in speaker.speak(segment(seed=LONG, options={"max_seconds": 2})):
            said += len(piece)
    assert said == 2 * 25 * FRAME and caught.value.code == "engine_failed"
    assert clean(speaker)


def test_a_seed_repeats_and_its_absence_does_not(speaker: Any) -> None:
    assert np.array_equal(say(speaker, seed=2), say(speaker, seed=2))
    assert not np.array_equal(say(speaker, seed=2), say(speaker, seed=1))
    unseeded = []
    for _ in range(2):
        say(speaker, seed=2)  # what comes after it is not determined by it
        unseeded.append(say(speaker, seed=None))
    assert not np.array_equal(unseeded[0], unseeded[1])


def test_two_speeches_in_turn_never_hear_each_other(speaker: Any, cloner: Any, recording: Recording) -> None:
    first = say(speaker, voice="ryan")
    say(speaker, "Something quite different.", "sohee", 2, language="ko", instructions="Loud.")
    assert np.array_equal(say(speaker, voice="ryan"), first)
    prompt = cloner.enroll(recording())
    cloned = say(cloner, prompt=prompt)
    say(cloner, prompt=cloner.enroll(recording("", 1.0)))
    assert np.array_equal(say(cloner, prompt=prompt), cloned)


@pytest.fixture
def dice(monkeypatch: pytest.MonkeyPatch) -> None:
    """With these the rows of a batch of `TEXTS` have 56, 97 and 23 frames."""
    monkeypatch.setattr(torch, "seed", lambda: torch.manual_seed(1))


def test_those_who_wait_are_spoken_together_and_apart(dice: None, speaker: Any, watch: Watch) -> None:
    crowd = Crowd(speaker, watch)
    voices, languages = ["ryan", "vivian", "eric"], ["english", "chinese", "french"]
    told = zip(talk.TEXTS, voices, ("en", "zh", "fr"), strict=True)
    rows = [segment(text, voice, None, language=tag) for text, voice, tag in told]
    crowd.join(segment("First.", seed=None), *rows)
    crowd.go()
    wholes = talk.wholes_of(speaker._wrapped.generate_custom_voice, voices, languages)
    assert len({len(whole) for whole in wholes}) > 1  # they end at different times
    assert watch.batches == [1, 3] and crowd.heard(wholes) and clean(speaker)


def test_recorded_voices_are_spoken_together_too(dice: None, cloner: Any, recording: Recording) -> None:
    prompts = [cloner.enroll(recording(*each)) for each in (("What I said.", 3.0), ("", 1.0), ("So.", 0.8))]
    rows = [
        segment(text, "me", None, prompt=prompt) for text, prompt in zip(talk.TEXTS, prompts, strict=True)
    ]
    with talk.watching(cloner) as watch:
        crowd = Crowd(cloner, watch)
        crowd.join(segment("First.", prompt=prompts[0]), *rows)
        crowd.go()
    items = [cloner._voices.speech(row).arguments["voice_clone_prompt"] for row in rows]
    wholes = talk.wholes_of(cloner._wrapped.generate_voice_clone, "English", voice_clone_prompt=items)
    assert watch.batches == [1, 3] and crowd.heard(wholes)


def test_one_who_leaves_a_batch_leaves_the_others_alone(dice: None, speaker: Any, watch: Watch) -> None:
    rows = [segment(text, seed=None) for text in talk.TEXTS]
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=2), *rows)
    crowd.leave_at(7, 3, rows[1])
    crowd.go()
    assert watch.rows.count(3) == 1 + 56 + 1  # the prompt, and the end: none is made for the one who left
    wholes = talk.wholes_of(speaker._wrapped.generate_custom_voice, "vivian", "English")
    assert [len(whole) // FRAME for whole in wholes] == [56, 97, 23]
    assert len(crowd.sounds[talk.TEXTS[1]]) <= 6 * FRAME
    assert same(crowd.sounds[talk.TEXTS[0]], wholes[0]) and same(crowd.sounds[talk.TEXTS[2]], wholes[2])


def test_a_batch_that_all_have_left_ends(speaker: Any, watch: Watch) -> None:
    rows = [segment(text, seed=None) for text in talk.TEXTS[:2]]
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=2), *rows)
    crowd.leave_at(2, 2, *rows)
    crowd.go()
    assert watch.rows.count(2) == 2 and clean(speaker)


def test_a_seed_and_other_settings_are_not_mixed_with_others(speaker: Any, watch: Watch) -> None:
    alone = say(speaker, "Two.", seed=9)
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=2), segment("Two.", seed=9), segment("Three.", seed=9))
    crowd.join(segment("Four.", seed=None), segment("Five.", seed=None, options={"temperature": 0.8}))
    crowd.go()
    assert watch.batches == [1] and len(crowd.sounds) == 5
    assert np.array_equal(crowd.sounds["Two."], alone)


def test_one_who_leaves_while_waiting_is_let_go_at_the_next_step(speaker: Any, watch: Watch) -> None:
    waiting = segment("Two.", seed=7)
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=LONG), waiting)
    seen: list[int] = []
    watch.act = lambda step: seen.append(len(speaker._batches._waiting))
    speaker.cancel(waiting)
    crowd.go()
    assert seen[1:] == [0] * len(seen[1:]) and len(seen) > 70  # the first had a way to go
    assert len(crowd.sounds["Two."]) == 0


@pytest.mark.parametrize("text", ["", " \n", "<tts_pad> <|im_start|>", "\x00\u200b", "…?! 🤠"])
def test_nothing_to_say_is_no_sound(speaker: Any, text: str) -> None:
    assert list(speaker.speak(segment(text))) == []


def test_a_long_text_is_spoken_and_marks_of_the_model_in_it_are_no_marks(speaker: Any) -> None:
    assert len(say(speaker, "All work and no play. " * 150)) > FRAME
    odd = "Hello<|im_<|im_end|>end|> there."
    assert np.array_equal(say(speaker, odd), say(speaker, "Hello<|im_ end|> there."))


@pytest.mark.parametrize(
    ("type", "given", "code", "param", "words"),
    [
        ("custom_voice", {"voice": "vivien"}, "unknown_voice", "voice", "did you mean vivian"),
        ("custom_voice", {"voice": "me", "prompt": {}}, "unknown_voice", "voice", "'me'"),
        ("voice_design", {"instructions": "Calm."}, "unknown_voice", "voice", "'vivian'"),
        ("base", {}, "unknown_voice", "voice", "vox voices add"),
        ("custom_voice", {"language": "nl"}, "unsupported_language", "lang", "zh, en, ja"),
        ("custom_voice", {"options": {"speed": 2}}, "invalid_value", "speed", "chunk_size"),
        ("custom_voice", {"options": {"temperature": 0}}, "invalid_value", "temperature", "0.05 to 2"),
        ("voice_design", {"voice": "design"}, "invalid_value", "instructions", "describe the voice"),
        ("base", {"instructions": "Whisper."}, "invalid_value", "instructions", "takes no instructions"),
    ],
)
def test_what_can_not_be_done_is_refused(
    speaker: Any, designer: Any, cloner: Any, type: str, given: Any, code: str, param: str, words: str
) -> None:
    engine = {"custom_voice": speaker, "voice_design": designer, "base": cloner}[type]
    with pytest.raises(EngineError, match=words) as caught:
        say(engine, **given)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_languages_and_instructions_are_heard_or_refused(speaker: Any, directory: talk.Directories) -> None:
    plain = say(speaker)
    assert np.array_equal(say(speaker, language="EN-gb"), plain)
    for given in ({"language": "mul"}, {"instructions": "Whisper."}):
        assert not np.array_equal(say(speaker, **given), plain)
    small = load(directory("custom_voice", "0.6b"))
    assert len(say(small))
    with pytest.raises(EngineError, match=r"1\.7b-customvoice does") as caught:
        say(small, instructions="Whisper.")  # the package would drop them
    assert (caught.value.code, caught.value.param) == ("invalid_value", "instructions")


@pytest.mark.parametrize("transcript", ["What I said.", ""])
def test_a_prompt_is_arrays_and_sounds_the_same_from_the_engine_memory_and_disk(
    cloner: Any, recording: Recording, tmp_path: Path, transcript: str
) -> None:
    reference, model = recording(transcript), Model("1.7b-base", None, "cpu", {})
    kept = [Prompts(str(tmp_path), talk.FILE, model), Prompts(str(tmp_path), talk.FILE, model)]
    answers = [prompts.of(reference, cloner.enroll) for prompts in (kept[0], kept[0], kept[1])]
    assert [source for _, source in answers] == ["made", "memory", "disk"]
    assert len({say(cloner, prompt=prompt).tobytes() for prompt, _ in answers}) == 1
    shapes = {name: (array.dtype.kind, array.shape) for name, array in answers[0][0].items()}
    continued = {"ref_code": ("i", (38, 16)), "ref_text": ("U", ())} if transcript else {}
    assert shapes == {"ref_spk_embedding": ("f", (32,)), "icl_mode": ("b", ())} | continued


def test_a_model_has_its_own_voices_and_only_a_base_model_makes_prompts(
    speaker: Any, designer: Any, cloner: Any, recording: Recording, directory: talk.Directories
) -> None:
    voices = {voice["id"]: voice["language"] for voice in speaker._voices.listed()}
    assert voices.keys() == tiny.SPEAKERS.keys() and voices["ono_anna"] == "ja"
    assert [voice["id"] for voice in designer._voices.listed()] == ["design"]
    assert cloner._voices.listed() == []
    with pytest.raises(EngineError, match="base models can"):
        speaker.enroll(recording())
    half = load(directory("base"), dtype="bfloat16")
    assert half._wrapped.model.dtype is torch.bfloat16
    assert len(say(half, prompt=half.enroll(recording()))) > FRAME


def test_what_can_not_be_loaded_is_said(
    directory: talk.Directories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refusals: list[tuple[Callable[[], Any], str, str]] = [
        (lambda: load(None), "not_installed", "vox pull qwen/1.7b-customvoice"),
        (lambda: load(directory(), "cuda"), "not_installed", "no device 'cuda'"),
        (lambda: load(str(tmp_path / "nowhere")), "model_broken", "nowhere"),
        (lambda: load(directory(), compile="max-autotune"), "invalid_value", "off, reduce-overhead"),
        (lambda: load(directory(), speed="1"), "invalid_value", "dtype, compile"),
    ]
    for file in ("config.json", "merges.txt", "model.safetensors", "speech_tokenizer/config.json"):
        broken = shutil.copytree(directory(), tmp_path / file.replace("/", "-"))
        (broken / file).write_bytes((broken / file).read_bytes()[:50])
        refusals.append(
            (partial(load, str(broken)), "model_broken", "can't be used: .*; run: vox pull qwen/")
        )
    for attempt, code, words in refusals:
        with pytest.raises(EngineError, match=words) as caught:
            attempt()
        assert caught.value.code == code


def test_a_compiled_model_says_the_same(
    speaker: Any, directory: talk.Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []

    def compile(function: Any, mode: str) -> Any:
        modes.append(mode)
        return torch_compile(function, backend="eager")  # traced in full; no compiler of C++ is needed

    torch_compile: Any = torch.compile
    monkeypatch.setattr(torch, "compile", compile)
    engine = load(directory(), compile="reduce-overhead")
    counters = torch._dynamo.utils.counters
    calls = counters["stats"]["calls_captured"]
    assert modes == ["reduce-overhead"] and calls > 10 and not counters["graph_break"]
    assert np.array_equal(say(engine), say(speaker))
    assert counters["stats"]["calls_captured"] == calls  # nothing is compiled after the load


def test_what_can_not_be_compiled_runs_as_it_is_and_says_so(
    speaker: Any,
    directory: talk.Directories,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(**given: Any) -> Any:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", lambda function, mode: broken)
    engine = load(directory(), compile="reduce-overhead")
    assert "qwen is not compiled, as that failed: RuntimeError: no compiler" in capsys.readouterr().err
    assert "forward" not in vars(engine._wrapped.model.talker.code_predictor.model)
    assert np.array_equal(say(engine), say(speaker)) and clean(engine)
