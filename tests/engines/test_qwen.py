"""The engine `qwen` on tiny models of random weights: the real package, its real loader. Run by pytest inside
the engine's environment."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("qwen_tts", reason="this is for the engine's own environment")

import numpy as np
import torch

from tests.models import qwen as tiny
from tests.models import qwen_talk
from tests.models.qwen_talk import FRAME, LONG, TEXT, Crowd, Watch, same, samples, say, segment, sound
from vox.workers import qwen_batch
from vox.workers.engine import EngineError, Model, Reference, Segment
from vox.workers.plugins import load_engine
from vox.workers.prompts import Prompts

pytestmark = pytest.mark.filterwarnings("ignore")  # other people's

FILE = Path(qwen_batch.__file__).parent / "engines" / "qwen.py"


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> qwen_talk.Directories:
    torch.set_num_threads(1)  # the models are tiny
    return qwen_talk.Directories(tmp_path_factory.mktemp("models"))


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Reference]:
    return partial(qwen_talk.recording, tmp_path)


def load(directory: str | None, device: str = "cpu", **options: Any) -> Any:
    engine = load_engine("qwen", str(FILE))
    engine.load(Model("1.7b-customvoice", directory, device, options), lambda share, stage: None)
    return engine


@pytest.fixture(scope="session")
def speaker(directory: qwen_talk.Directories) -> Any:
    return load(directory())


@pytest.fixture(scope="session")
def designer(directory: qwen_talk.Directories) -> Any:
    return load(directory("voice_design"))


@pytest.fixture(scope="session")
def cloner(directory: qwen_talk.Directories) -> Any:
    return load(directory("base"))


@pytest.fixture
def watch(speaker: Any) -> Iterator[Watch]:
    watch = Watch()
    hook = speaker._wrapped.model.talker.register_forward_hook(watch)
    yield watch
    hook.remove()


def clean(engine: Any) -> bool:
    """Whether nothing is left of a speech."""
    model = engine._wrapped.model
    hooks = [hook for hook in model.talker._forward_hooks.values() if not isinstance(hook, Watch)]
    return not hooks and "decode" not in vars(model.speech_tokenizer) and not engine._batches._waiting


# The stream and the whole


@pytest.mark.parametrize("seed", [1, 2, LONG])
def test_the_stream_of_a_speaker_is_what_the_package_gives_as_a_whole(speaker: Any, seed: int) -> None:
    speech = say(speaker, "Hello.", "Uncle_Fu", seed, language="de", instructions="Gladly.")
    torch.manual_seed(seed)
    (whole,), rate = speaker._wrapped.generate_custom_voice("Hello.", "uncle_fu", "German", "Gladly.")
    assert rate == 24000 and same(speech, whole)


def test_the_stream_of_a_described_voice_is_what_the_package_gives_as_a_whole(designer: Any) -> None:
    speech = say(designer, TEXT, "design", LONG, instructions="An old man, amused.")
    torch.manual_seed(LONG)
    (whole,), _ = designer._wrapped.generate_voice_design(TEXT, "An old man, amused.", "English")
    assert same(speech, whole)


@pytest.mark.parametrize("transcript", ["What I said.", ""])
@pytest.mark.parametrize("seconds", [0.8, 3.0])
def test_the_stream_of_a_recorded_voice_is_what_the_package_gives_as_a_whole(
    cloner: Any, recording: Callable[..., Reference], transcript: str, seconds: float
) -> None:
    reference = recording(transcript, seconds)
    speech = say(cloner, TEXT, "me", LONG, prompt=cloner.enroll(reference))
    with wave.open(reference.path) as file:
        samples = np.frombuffer(file.readframes(-1), "<i2").astype(np.float32) / 32768
    torch.manual_seed(LONG)
    (whole,), _ = cloner._wrapped.generate_voice_clone(
        TEXT, "English", (samples, 24000), transcript or None, x_vector_only_mode=not transcript
    )
    assert len(speech) > 3 * FRAME and same(speech, whole)


def test_the_knobs_are_the_settings_of_the_package(speaker: Any) -> None:
    options = {"temperature": 0.5, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.3}
    speech = say(speaker, seed=LONG, options=options)
    torch.manual_seed(LONG)
    (whole,), _ = speaker._wrapped.generate_custom_voice(TEXT, "vivian", "English", **options)
    assert same(speech, whole)
    assert not np.array_equal(speech, say(speaker, seed=LONG))


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ({}, [4, 8, 16, 24, 24]),
        ({"first_chunk_size": 12}, [12, 24, 24, 16]),
        ({"first_chunk_size": "1", "chunk_size": 40}, [1, 2, 4, 8, 16, 32, 13]),
        ({"first_chunk_size": 100, "chunk_size": 1}, [76]),
    ],
)
def test_the_first_piece_is_short_and_the_next_are_longer(
    speaker: Any, options: dict[str, Any], frames: list[int]
) -> None:
    pieces = list(speaker.speak(segment(seed=LONG, options=options)))
    assert [len(piece) / 2 / FRAME for piece in pieces] == frames
    assert same(sound(iter(pieces)), say(speaker, seed=LONG) / np.float32(32767))


def test_the_first_piece_comes_before_the_rest_is_made(speaker: Any, watch: Watch) -> None:
    taken = threading.Event()
    watch.act = lambda step: step < 20 or taken.wait(60)
    pieces = speaker.speak(segment(seed=LONG))
    assert len(next(pieces)) == 2 * 4 * FRAME
    taken.set()
    pieces.close()


def test_a_long_text_is_spoken(speaker: Any) -> None:
    assert len(say(speaker, "All work and no play. " * 150)) > FRAME


# What ends early


def test_a_cancel_is_heeded_at_the_next_step(speaker: Any, watch: Watch) -> None:
    wanted = segment(seed=LONG)
    watch.act = lambda step: step == 11 and speaker.cancel(wanted)
    pieces = list(speaker.speak(wanted))
    assert len(watch.rows) == 11
    assert sum(map(len, pieces)) <= 2 * 10 * FRAME
    assert clean(speaker)


def test_a_cancel_before_the_first_step_leaves_nothing_to_do(speaker: Any, watch: Watch) -> None:
    wanted = segment(seed=LONG)
    pieces = speaker.speak(wanted)
    speaker.cancel(wanted)
    assert list(pieces) == [] and watch.rows == []


def test_cancelling_what_has_ended_does_no_harm(speaker: Any) -> None:
    wanted = segment()
    assert list(speaker.speak(wanted))
    assert not speaker._taps
    speaker.cancel(wanted)
    speaker.cancel(segment())


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_an_abandoned_speech_leaves_nothing_behind(speaker: Any, taken: int) -> None:
    fresh, threads = say(speaker), threading.active_count()
    pieces = speaker.speak(segment(seed=LONG))
    for _ in range(taken):
        next(pieces)
    pieces.close()
    del pieces
    assert threading.active_count() == threads and clean(speaker)
    assert np.array_equal(say(speaker), fresh)


def test_a_failure_is_raised_and_leaves_nothing_behind(
    speaker: Any, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = say(speaker)

    def fail(step: int) -> None:
        raise MemoryError("no more")

    watch.act = fail
    with pytest.raises(MemoryError, match="no more"):
        say(speaker)
    watch.act = lambda step: None
    assert clean(speaker) and np.array_equal(say(speaker), fresh)


def test_speech_without_an_end_is_a_failure_after_what_was_said(speaker: Any) -> None:
    pieces = speaker.speak(segment(seed=LONG, options={"max_seconds": 2}))
    said = 0
    with pytest.raises(EngineError, match="no end after 2 s") as caught:
        for piece in pieces:
            said += len(piece)
    assert said == 2 * 25 * FRAME and caught.value.code == "engine_failed"
    assert clean(speaker)


# Chance


def test_a_seed_repeats_and_its_absence_does_not(speaker: Any) -> None:
    assert np.array_equal(say(speaker, seed=3), say(speaker, seed=3))
    assert not np.array_equal(say(speaker, seed=3), say(speaker, seed=4))
    unseeded = []
    for _ in range(2):
        say(speaker, seed=3)  # what comes after it is not determined by it
        unseeded.append(say(speaker, seed=None))
    assert not np.array_equal(unseeded[0], unseeded[1])


def test_two_speeches_in_turn_never_hear_each_other(speaker: Any, cloner: Any, recording: Any) -> None:
    first = say(speaker, voice="ryan", seed=LONG)
    say(speaker, "Something quite different.", "sohee", LONG, language="ko", instructions="Loud.")
    assert np.array_equal(say(speaker, voice="ryan", seed=LONG), first)
    prompt = cloner.enroll(recording())
    cloned = say(cloner, prompt=prompt)
    say(cloner, prompt=cloner.enroll(recording("", 1.0)))
    assert np.array_equal(say(cloner, prompt=prompt), cloned)


# Batches


def test_those_who_wait_are_spoken_together_and_apart(
    speaker: Any, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "seed", lambda: torch.manual_seed(6))
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=None))
    texts, voices = ["Two.", "Number three.", "Four, and that is the longest."], ["ryan", "vivian", "eric"]
    languages = ["en", "zh", "fr"]
    for text, voice, language in zip(texts, voices, languages, strict=True):
        crowd.join(segment(text, voice, None, language=language))
    crowd.go()
    assert watch.batches == [1, 3]
    torch.manual_seed(6)
    wholes, _ = speaker._wrapped.generate_custom_voice(texts, voices, ["English", "Chinese", "French"])
    assert len({len(whole) for whole in wholes}) > 1  # they end at different times
    assert [same(crowd.sounds[text], whole) for text, whole in zip(texts, wholes, strict=True)] == [True] * 3
    assert clean(speaker)


def test_recorded_voices_are_spoken_together_too(
    cloner: Any, recording: Callable[..., Reference], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "seed", lambda: torch.manual_seed(6))
    watch = Watch()
    hook = cloner._wrapped.model.talker.register_forward_hook(watch)
    references = [recording("What I said.", 3.0), recording("", 1.0), recording("Or so.", 0.8)]
    crowd = Crowd(cloner, watch)
    crowd.join(segment("First.", prompt=cloner.enroll(references[0])))
    texts = ["Two.", "Number three.", "Four, and that is the longest."]
    for text, reference in zip(texts, references, strict=True):
        crowd.join(segment(text, "me", None, prompt=cloner.enroll(reference)))
    crowd.go()
    hook.remove()
    assert watch.batches == [1, 3]
    items = [cloner._voices.speech(segment(prompt=cloner.enroll(each))) for each in references]
    prompts = [item.arguments["voice_clone_prompt"] for item in items]
    assert all(isinstance(prompt, VoiceClonePromptItem) for prompt in prompts)
    torch.manual_seed(6)
    wholes, _ = cloner._wrapped.generate_voice_clone(texts, "English", voice_clone_prompt=prompts)
    assert [same(crowd.sounds[text], whole) for text, whole in zip(texts, wholes, strict=True)] == [True] * 3


def test_one_who_leaves_a_batch_leaves_the_others_alone(
    speaker: Any, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "seed", lambda: torch.manual_seed(1))
    leaver = segment("Number three.", seed=None)
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=2))
    for each in (segment("Two.", seed=None), leaver, segment("Four.", seed=None)):
        crowd.join(each)
    crowd.leave_at(7, 3, leaver)
    crowd.go()
    assert watch.rows.count(3) == 1 + 56 + 1  # the prompt, and the end: none is made for the one who left
    torch.manual_seed(1)
    wholes, _ = speaker._wrapped.generate_custom_voice(["Two.", leaver.text, "Four."], "vivian", "English")
    assert [len(whole) // FRAME for whole in wholes] == [56, 97, 23]
    assert len(crowd.sounds[leaver.text]) <= 6 * FRAME
    assert same(crowd.sounds["Two."], wholes[0]) and same(crowd.sounds["Four."], wholes[2])


def test_a_batch_that_all_have_left_ends(speaker: Any, watch: Watch) -> None:
    wanted = [segment(text, seed=None) for text in ("Two.", "Three.")]
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=2))
    for each in wanted:
        crowd.join(each)
    crowd.leave_at(2, 2, *wanted)
    crowd.go()
    assert watch.rows.count(2) == 2 and clean(speaker)


def test_a_seed_and_other_settings_are_not_mixed_with_others(speaker: Any, watch: Watch) -> None:
    alone = say(speaker, "Two.", seed=9)
    watch.rows.clear()
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=2))
    crowd.join(segment("Two.", seed=9))
    crowd.join(segment("Three.", seed=9, voice="ryan"))
    crowd.join(segment("Four.", seed=None))
    crowd.join(segment("Five.", seed=None, options={"temperature": 0.8}))
    crowd.go()
    assert set(watch.rows) == {1}
    assert np.array_equal(crowd.sounds["Two."], alone)
    assert len(crowd.sounds) == 5


def test_one_who_leaves_while_waiting_is_let_go_at_the_next_step(speaker: Any, watch: Watch) -> None:
    waiting = segment("Two.", seed=7)
    ended = threading.Event()
    crowd = Crowd(speaker, watch)
    crowd.join(segment("First.", seed=LONG))
    pieces = speaker.speak(waiting)

    def listen() -> None:
        assert list(pieces) == []
        ended.set()

    thread = threading.Thread(target=listen)
    thread.start()
    while not speaker._batches._waiting:
        os.sched_yield()
    speaker.cancel(waiting)
    in_time: list[bool] = []

    def act(step: int) -> None:
        if step == 3:  # the first has a way to go
            in_time.append(ended.wait(60))

    watch.act = act
    crowd.go()
    thread.join()
    assert in_time == [True]
    assert watch.rows == [1] * 77  # the prompt, and 76 frames of the first


# Requests that can't be met


@pytest.mark.parametrize("text", ["", " \n", "<|im_end|>", "<tts_pad> <|im_start|>", "\x00\u200b", "…?! 🤠"])
def test_nothing_to_say_is_no_sound(speaker: Any, text: str) -> None:
    assert list(speaker.speak(segment(text))) == []


def test_marks_of_the_model_in_a_text_are_no_marks(speaker: Any) -> None:
    odd = "Hello<|im_<|im_end|>end|> there."
    assert np.array_equal(say(speaker, odd), say(speaker, "Hello<|im_ end|> there."))


@pytest.mark.parametrize(
    ("given", "code", "param", "words"),
    [
        ({"voice": "vivien"}, "unknown_voice", "voice", "did you mean vivian"),
        ({"voice": "design"}, "unknown_voice", "voice", "'design'"),
        ({"voice": "me", "prompt": {}}, "unknown_voice", "voice", "'me'"),
        ({"language": "nl"}, "unsupported_language", "lang", "zh, en, ja"),
        ({"options": {"speed": 2}}, "invalid_value", "speed", "chunk_size"),
        ({"options": {"temperature": 0}}, "invalid_value", "temperature", "0.05 to 2"),
        ({"options": {"chunk_size": 2.5}}, "invalid_value", "chunk_size", "whole number"),
    ],
)
def test_what_a_speaker_can_not_do_is_refused(
    speaker: Any, given: dict[str, Any], code: str, param: str, words: str
) -> None:
    with pytest.raises(EngineError, match=words) as caught:
        say(speaker, **given)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_a_language_is_known_by_its_primary_tag(speaker: Any) -> None:
    plain = say(speaker, language="en")
    assert np.array_equal(say(speaker, language="EN-gb"), plain)
    assert not np.array_equal(say(speaker, language="mul"), plain)


def test_instructions_are_heard_where_the_model_takes_them(
    speaker: Any, designer: Any, cloner: Any, recording: Any, directory: qwen_talk.Directories
) -> None:
    assert not np.array_equal(say(speaker, instructions="Whisper."), say(speaker))
    small = load(directory("custom_voice", "0.6b"))
    prompt = cloner.enroll(recording())
    refused = [(small, {}, "1.7b-customvoice"), (cloner, {"prompt": prompt}, "takes no instructions")]
    for engine, given, words in refused:
        assert len(say(engine, **given))
        with pytest.raises(EngineError, match=words) as caught:
            say(engine, instructions="Whisper.", **given)
        assert (caught.value.code, caught.value.param) == ("invalid_value", "instructions")
    with pytest.raises(EngineError, match="describe the voice") as caught:
        say(designer, voice="design")
    assert (caught.value.code, caught.value.param) == ("invalid_value", "instructions")


def test_only_a_base_model_speaks_like_a_recording_and_only_so(
    speaker: Any, designer: Any, cloner: Any, recording: Any
) -> None:
    for engine in (speaker, designer):
        with pytest.raises(EngineError, match="base models") as caught:
            engine.enroll(recording())
        assert caught.value.code == "unknown_voice"
    with pytest.raises(EngineError, match="vox voices add") as caught:
        say(cloner)
    assert caught.value.code == "unknown_voice"


# Prompts


@pytest.mark.parametrize("transcript", ["What I said.", ""])
def test_a_prompt_sounds_the_same_from_the_engine_memory_and_disk(
    cloner: Any, recording: Any, directory: qwen_talk.Directories, tmp_path: Path, transcript: str
) -> None:
    reference = recording(transcript)
    sounds, sources = [], []
    model = Model("1.7b-base", directory("base"), "cpu", {})
    kept = [Prompts(str(tmp_path), str(FILE), model), Prompts(str(tmp_path), str(FILE), model)]
    for prompts in (kept[0], kept[0], kept[1]):
        prompt, source = prompts.of(reference, cloner.enroll)
        sources.append(source)
        sounds.append(say(cloner, seed=LONG, prompt=prompt))
    assert sources == ["made", "memory", "disk"]
    assert np.array_equal(sounds[0], sounds[1]) and np.array_equal(sounds[0], sounds[2])


def test_a_prompt_is_arrays(cloner: Any, recording: Any) -> None:
    prompt = cloner.enroll(recording("What I said.", 3.0))
    shapes = {name: (array.dtype.kind, array.shape) for name, array in prompt.items()}
    assert shapes == {
        "ref_spk_embedding": ("f", (32,)),
        "icl_mode": ("b", ()),
        "ref_code": ("i", (38, 16)),
        "ref_text": ("U", ()),
    }
    assert sorted(cloner.enroll(recording(""))) == ["icl_mode", "ref_spk_embedding"]


# Loading


def test_the_voices_are_those_of_the_model(directory: qwen_talk.Directories) -> None:
    voices = {}
    for type in tiny.TYPES:
        engine = load_engine("qwen", str(FILE))
        shares: list[float] = []
        ready = engine.load(
            Model("", directory(type), "auto", {}), lambda share, _, to=shares: to.append(share)
        )
        voices[type] = {voice["id"]: voice["language"] for voice in ready.voices}
        assert ready.sample_rate == 24000 and shares == sorted(shares) and len(shares) == 3
        engine.close()
    assert voices["base"] == {} and voices["voice_design"] == {"design": "mul"}
    assert voices["custom_voice"].keys() == tiny.SPEAKERS.keys()
    assert voices["custom_voice"]["ono_anna"] == "ja"


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_the_type_of_numbers_is_an_option(
    directory: qwen_talk.Directories, recording: Any, dtype: str
) -> None:
    engine = load(directory("base"), dtype=dtype)
    assert engine._wrapped.model.dtype == getattr(torch, dtype)
    assert len(say(engine, prompt=engine.enroll(recording()))) > FRAME


def test_what_can_not_be_loaded_is_said(
    directory: qwen_talk.Directories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refusals: list[tuple[Callable[[], Any], str, str]] = [
        (lambda: load(None), "not_installed", "vox pull qwen/1.7b-customvoice"),
        (lambda: load(directory(), "cuda"), "not_installed", "no device 'cuda'"),
        (lambda: load(str(tmp_path)), "model_broken", "vox pull"),
        (lambda: load(str(tmp_path / "nowhere")), "model_broken", "nowhere"),
        (lambda: load(directory(), compile="max-autotune"), "invalid_value", "off, reduce-overhead"),
        (lambda: load(directory(), speed="1"), "invalid_value", "dtype, compile"),
    ]
    for attempt, code, words in refusals:
        with pytest.raises(EngineError, match=words) as caught:
            attempt()
        assert caught.value.code == code


@pytest.mark.parametrize(
    "file", ["config.json", "merges.txt", "model.safetensors", "speech_tokenizer/config.json"]
)
def test_a_model_with_a_file_cut_short_is_broken(
    directory: qwen_talk.Directories, tmp_path: Path, file: str
) -> None:
    broken = shutil.copytree(directory(), tmp_path / "model")
    (broken / file).write_bytes((broken / file).read_bytes()[:50])
    with pytest.raises(EngineError, match=r"can't be used: .*; run: vox pull qwen/") as caught:
        load(str(broken))
    assert caught.value.code == "model_broken"


def test_a_compiled_model_says_the_same(
    speaker: Any, directory: qwen_talk.Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []

    def compile(function: Any, mode: str) -> Any:
        modes.append(mode)
        return torch_compile(function, backend="eager")  # traced in full; no compiler of C++ is needed

    torch_compile: Any = torch.compile
    monkeypatch.setattr(torch, "compile", compile)
    engine = load(directory(), compile="reduce-overhead")
    assert modes == ["reduce-overhead"]
    calls = torch._dynamo.utils.counters["stats"]["calls_captured"]
    assert calls > 10 and not torch._dynamo.utils.counters["graph_break"]
    assert np.array_equal(say(engine, seed=LONG), say(speaker, seed=LONG))
    assert torch._dynamo.utils.counters["stats"]["calls_captured"] == calls


def test_what_can_not_be_compiled_runs_as_it_is_and_says_so(
    speaker: Any, directory: qwen_talk.Directories, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def compile(function: Any, mode: str) -> Any:
        def broken(**given: Any) -> Any:
            raise RuntimeError("no compiler")

        return broken

    monkeypatch.setattr(torch, "compile", compile)
    engine = load(directory(), compile="reduce-overhead")
    assert "qwen is not compiled, as that failed: RuntimeError: no compiler" in capsys.readouterr().err
    assert "forward" not in vars(engine._wrapped.model.talker.code_predictor.model)
    assert np.array_equal(say(engine, seed=LONG), say(speaker, seed=LONG)) and clean(engine)


def test_the_package_is_the_one_whose_inside_we_know() -> None:
    assert (version("qwen-tts"), version("transformers")) == ("0.1.1", "4.57.3")
