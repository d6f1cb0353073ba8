"""The engine `qwen-native`, run by pytest inside its environment: the real package on a tiny model.

It runs on the CPU. Only what is CUDA's own stands in: a graph that is "replayed" runs the step that it would
have been recorded from.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("faster_qwen3_tts", reason="this is for the engine's own environment")

import numpy as np
import torch
from faster_qwen3_tts import FasterQwen3TTS
from faster_qwen3_tts.predictor_graph import PredictorGraph
from faster_qwen3_tts.talker_graph import TalkerGraph
from numpy.typing import NDArray
from qwen_tts import Qwen3TTSModel

from tests.models import qwen as tiny
from tests.models import qwen_talk as talk
from tests.models.qwen_talk import FRAME, TEXT, segment
from vox.workers import qwen_speech
from vox.workers.engine import EngineError, Model, Reference
from vox.workers.pcm import s16le
from vox.workers.plugins import load_engine
from vox.workers.prompts import Prompts

pytestmark = pytest.mark.filterwarnings("ignore")  # other people's

FILE = Path(qwen_speech.__file__).parent / "engines" / "qwen_native.py"
REAL = FasterQwen3TTS.from_pretrained
CPU = "cpu:0"
"""With a number, as the package asks CUDA for one otherwise."""
LENGTH = 512


class Replayed:
    def __init__(self, step: Callable[[], object]) -> None:
        self.replay = step


class Predictor(PredictorGraph):  # type: ignore[misc]
    runs = 0

    def capture(self, num_warmup: int = 3) -> None:
        self._init_cache_layers()
        self._build_attention_masks()
        self.graph = Replayed(self._full_loop)

    def run(self, given: Any) -> Any:
        Predictor.runs += 1
        return super().run(given)


class Talker(TalkerGraph):  # type: ignore[misc]
    def capture(self, prefill_len: int = 100, num_warmup: int = 3) -> None:
        self._init_cache_layers()
        self._build_attention_masks()
        self.graph = Replayed(self._decode_step)


def on_cpu(*given: Any, **named: Any) -> Any:
    """What `FasterQwen3TTS.from_pretrained` does, on the CPU."""
    called = inspect.signature(REAL).bind(*given, **named).arguments
    assert called["device"] == "cuda" and called["dtype"] is torch.bfloat16
    base = Qwen3TTSModel.from_pretrained(called["model_name"], device_map="cpu", dtype=torch.float32)
    talker, config = base.model.talker, base.model.config.talker_config
    predictor = talker.code_predictor
    shared = {"device": CPU, "dtype": torch.float32}
    graphs = (
        Predictor(predictor, predictor.model.config, config.hidden_size, **shared),
        Talker(talker.model, config, max_seq_len=LENGTH, **shared),
    )
    return FasterQwen3TTS(base, *graphs, max_seq_len=LENGTH, **shared)


@pytest.fixture(scope="module")
def card() -> Iterator[None]:
    """As if there were one."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "synchronize", lambda: None)
        patch.setattr(FasterQwen3TTS, "from_pretrained", on_cpu)
        yield


@pytest.fixture(scope="module")
def engines(card: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    directories = talk.Directories(tmp_path_factory.mktemp("models"))

    @cache
    def of(type: str = "custom_voice", size: str = "1.7b") -> Any:
        engine = load_engine("qwen-native", str(FILE))
        directory = directories(type, size)
        engine.load(Model("1.7b-customvoice", directory, "auto", {}), lambda share, stage: None)
        return engine

    return of


@pytest.fixture
def speaker(engines: Callable[..., Any]) -> Any:
    return engines()


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Reference]:
    return partial(talk.recording, tmp_path, seconds=2.0)


def say(engine: Any, *given: Any, **named: Any) -> bytes:
    return b"".join(engine.speak(segment(*given, **named)))


def own(stream: Iterator[tuple[NDArray[np.float32], int, dict[str, Any]]]) -> bytes:
    pieces = []
    for samples, rate, _ in stream:
        assert rate == 24000
        pieces.append(s16le(samples))
    return b"".join(pieces)


# The package, and what a segment becomes


def test_a_speaker_sounds_as_from_the_package_itself(speaker: Any) -> None:
    speech = say(speaker, TEXT, "Uncle_Fu", 0, language="de", instructions="Gladly.")
    torch.manual_seed(0)
    whole = own(
        speaker._model.generate_custom_voice_streaming(
            TEXT, "uncle_fu", "German", "Gladly.", chunk_size=8, max_new_tokens=1250
        )
    )
    assert speech == whole and len(speech) > 2 * 8 * FRAME


def test_a_described_voice_sounds_as_from_the_package_itself(engines: Callable[..., Any]) -> None:
    designer = engines("voice_design")
    speech = say(designer, TEXT, "design", 0, instructions="An old man, amused.")
    torch.manual_seed(0)
    whole = own(
        designer._model.generate_voice_design_streaming(TEXT, "An old man, amused.", "English", chunk_size=8)
    )
    assert speech == whole


@pytest.mark.parametrize("transcript", ["What I said.", ""])
def test_a_recorded_voice_sounds_as_from_the_package_itself(
    engines: Callable[..., Any], recording: Callable[..., Reference], transcript: str
) -> None:
    cloner, reference = engines("base"), recording(transcript)
    speech = say(cloner, TEXT, "me", 0, prompt=cloner.enroll(reference))
    torch.manual_seed(0)
    whole = own(
        cloner._model.generate_voice_clone_streaming(
            TEXT, "English", reference.path, transcript, chunk_size=8, xvec_only=not transcript
        )
    )
    assert speech == whole and len(speech) > 2 * FRAME


@pytest.mark.parametrize(
    ("type", "given"),
    [
        ("custom_voice", {"speaker": "vivian", "instruct": ""}),
        ("voice_design", {"instruct": "Calm."}),
        ("base", {}),
    ],
)
def test_a_segment_becomes_one_call_of_the_package(
    engines: Callable[..., Any],
    recording: Callable[..., Reference],
    monkeypatch: pytest.MonkeyPatch,
    type: str,
    given: dict[str, Any],
) -> None:
    engine = engines(type)
    name = qwen_speech.METHODS[type] + "_streaming"
    real, calls = inspect.signature(getattr(FasterQwen3TTS, name)), []

    def stand_in(**named: Any) -> Iterator[Any]:
        calls.append(real.bind(None, **named).arguments)
        yield np.full(FRAME, 0.5, np.float32), 24000, {"total_steps_so_far": 1}

    monkeypatch.setattr(engine._model, name, stand_in)
    prompt = engine.enroll(recording()) if type == "base" else None
    instructions = "Calm." if type == "voice_design" else ""
    voice = {"custom_voice": "Vivian", "voice_design": "design"}.get(type, "me")
    options = {"temperature": 0.7, "top_k": 9, "top_p": 0.5, "repetition_penalty": 1.2}
    options |= {"chunk_size": 3, "max_seconds": 8}
    sound = say(engine, TEXT, voice, 1, prompt=prompt, instructions=instructions, options=options)
    assert sound == s16le(np.full(FRAME, 0.5, np.float32))
    (call,) = calls
    del call["self"]
    if type == "base":
        (item,) = call.pop("voice_clone_prompt")
        assert item.icl_mode and item.ref_text == "What I said."
        assert item.ref_code.shape == (32, 16)  # 2 s, and 0.5 s of silence
    common = {"text": TEXT, "language": "english", "max_new_tokens": 100, "chunk_size": 3}
    assert call == common | given | {name: options[name] for name in list(options)[:4]}


def test_pieces_have_the_size_that_was_asked_for(speaker: Any) -> None:
    pieces = list(speaker.speak(segment(seed=0, options={"chunk_size": 5})))
    sizes = [len(piece) / 2 / FRAME for piece in pieces]
    assert len(sizes) > 2 and set(sizes[:-1]) == {5} and 0 < sizes[-1] <= 5


# What ends early


def test_a_cancel_is_heeded_at_the_next_frame(speaker: Any) -> None:
    wanted = segment(seed=0, options={"chunk_size": 4})
    pieces = speaker.speak(wanted)
    next(pieces)
    before = Predictor.runs
    speaker.cancel(wanted)
    assert list(pieces) == [] and Predictor.runs == before


def test_a_cancel_before_the_first_frame_leaves_nothing_to_do(speaker: Any) -> None:
    wanted, before = segment(seed=0), Predictor.runs
    pieces = speaker.speak(wanted)
    speaker.cancel(wanted)
    assert list(pieces) == [] and Predictor.runs == before


def test_a_cancel_in_mid_piece_does_not_wait_for_its_end(
    speaker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = segment(seed=0, options={"chunk_size": 50})
    before, step = Predictor.runs, speaker._model.talker_graph.run

    def run(*given: Any, **named: Any) -> Any:
        if Predictor.runs == before + 3:
            thread = threading.Thread(target=speaker.cancel, args=(wanted,))
            thread.start()
            thread.join()
        return step(*given, **named)

    monkeypatch.setattr(speaker._model.talker_graph, "run", run)
    assert list(speaker.speak(wanted)) == [] and Predictor.runs == before + 3


def test_cancelling_another_speech_does_no_harm(speaker: Any) -> None:
    fresh = say(speaker)
    pieces = speaker.speak(segment())
    speaker.cancel(segment())
    assert b"".join(pieces) == fresh


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_an_abandoned_speech_leaves_nothing_behind(speaker: Any, taken: int) -> None:
    fresh = say(speaker)
    pieces = speaker.speak(segment(seed=0))
    for _ in range(taken):
        next(pieces)
    pieces.close()
    assert say(speaker) == fresh


def test_speech_without_an_end_is_a_failure_after_what_was_said(speaker: Any) -> None:
    said = 0
    with pytest.raises(EngineError, match="no end after 1 s") as caught:
        for piece in speaker.speak(segment(seed=0, options={"max_seconds": 1})):
            said += len(piece)
    assert said == 2 * 12 * FRAME and caught.value.code == "engine_failed"


def test_a_seed_repeats_and_its_absence_does_not(speaker: Any) -> None:
    assert say(speaker, seed=0) == say(speaker, seed=0) != say(speaker, seed=1)
    unseeded = []
    for _ in range(2):
        say(speaker, seed=2)
        unseeded.append(say(speaker, seed=None))
    assert unseeded[0] != unseeded[1]


# Requests that can't be met


@pytest.mark.parametrize("text", ["", "<|im_end|>", "…?!"])
def test_nothing_to_say_is_no_sound(speaker: Any, text: str) -> None:
    assert list(speaker.speak(segment(text))) == []


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"voice": "vivien"}, "unknown_voice", "did you mean vivian"),
        ({"language": "nl"}, "unsupported_language", "qwen-native does not speak 'nl'"),
        ({"options": {"first_chunk_size": 4}}, "invalid_value", "qwen-native has no option"),
        ({"options": {"max_seconds": 200}}, "invalid_value", "1 to 120"),
    ],
)
def test_what_can_not_be_done_is_refused(speaker: Any, given: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(EngineError, match=words) as caught:
        say(speaker, **given)
    assert caught.value.code == code


def test_instructions_are_refused_where_they_would_be_dropped(
    engines: Callable[..., Any], recording: Callable[..., Reference]
) -> None:
    small, cloner = engines("custom_voice", "0.6b"), engines("base")
    for engine, given in ((small, {}), (cloner, {"prompt": cloner.enroll(recording())})):
        assert say(engine, **given)
        with pytest.raises(EngineError, match="takes no instructions") as caught:
            say(engine, instructions="Whisper.", **given)
        assert (caught.value.code, caught.value.param) == ("invalid_value", "instructions")


def test_a_prompt_sounds_the_same_from_the_engine_memory_and_disk(
    engines: Callable[..., Any], recording: Callable[..., Reference], tmp_path: Path
) -> None:
    cloner, reference = engines("base"), recording()
    model = Model("1.7b-base", None, "cuda", {})
    kept = [Prompts(str(tmp_path), str(FILE), model), Prompts(str(tmp_path), str(FILE), model)]
    answers = [prompts.of(reference, cloner.enroll) for prompts in (kept[0], kept[0], kept[1])]
    assert [source for _, source in answers] == ["made", "memory", "disk"]
    assert len({say(cloner, seed=0, prompt=prompt) for prompt, _ in answers}) == 1


# Loading


def test_without_a_card_it_says_what_is_needed_and_what_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, device in ((False, "auto"), (False, "cuda"), (True, "cpu"), (True, "mps")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        engine = load_engine("qwen-native", str(FILE))
        with pytest.raises(EngineError, match=r"NVIDIA card with CUDA.*vox -b qwen`") as caught:
            engine.load(Model("0.6b-base", "/nowhere", device, {}), lambda share, stage: None)
        assert caught.value.code == "not_installed"


def test_the_package_itself_refuses_to_run_without_a_card() -> None:
    with pytest.raises(ValueError, match="require CUDA"):
        REAL("/nowhere", device="cpu")


@pytest.mark.parametrize(("directory", "code"), [(None, "not_installed"), ("/nowhere", "model_broken")])
def test_a_model_that_is_not_there_is_said(card: None, directory: str | None, code: str) -> None:
    engine = load_engine("qwen-native", str(FILE))
    with pytest.raises(EngineError, match=r"vox pull qwen-native/0\.6b-base") as caught:
        engine.load(Model("0.6b-base", directory, "auto", {}), lambda share, stage: None)
    assert caught.value.code == code


def test_the_voices_are_those_of_the_model(engines: Callable[..., Any]) -> None:
    voices = {type: [voice["id"] for voice in engines(type)._voices.listed()] for type in tiny.TYPES}
    assert sorted(voices["custom_voice"]) == sorted(tiny.SPEAKERS)
    assert voices["voice_design"] == ["design"] and voices["base"] == []
