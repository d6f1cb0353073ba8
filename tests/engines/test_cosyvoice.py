"""The engine `cosyvoice` on upstream's checkout and tiny models of random weights. Run by pytest inside the
engine's environment, where VOX_COSYVOICE_SRC names a checkout."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hyperpyyaml", reason="this is for the engine's own environment")

import torch

from tests.models import cosyvoice as tiny
from vox.workers import cosyvoice_model
from vox.workers.check import Check, _recording
from vox.workers.cosyvoice_package import training_left_out
from vox.workers.engine import EngineError, Model, Segment
from vox.workers.pcm import s16le
from vox.workers.plugins import load_engine
from vox.workers.prompts import Prompts

SOURCE = os.environ.get("VOX_COSYVOICE_SRC", "")
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # other people's
    pytest.mark.skipif(not SOURCE, reason="VOX_COSYVOICE_SRC names no checkout of CosyVoice"),
]

FILE = Path(cosyvoice_model.__file__).parent / "engines" / "cosyvoice.py"
TEXT = "Hello there, this is a test."
TOKEN = 960
"""Samples."""


@pytest.fixture(scope="session", autouse=True)
def one_core() -> None:
    torch.set_num_threads(1)  # the models are tiny


class Tried:
    def __init__(self, directory: Path, version: int) -> None:
        self.model = Model(f"cosyvoice{version}-0.5b", str(directory), "cpu", {"source": SOURCE})
        self.engine = load_engine("cosyvoice", str(FILE))
        self.ready = self.engine.load(self.model, lambda share, stage: None)
        self.reference = _recording(str(directory.parent / "recording.wav"))
        self.voice = self.engine.enroll(self.reference)
        self.upstream = self.engine._upstream

    def segment(self, text: str = TEXT, **more: Any) -> Segment:
        given = {"seed": 1, "options": {}, "prompt": self.voice} | more
        return Segment(text, "somebody", "en", 1.0, given.pop("seed"), given.pop("options"), **given)

    def pieces(self, *given: Any, **named: Any) -> list[bytes]:
        return list(self.engine.speak(self.segment(*given, **named)))

    @property
    def idle(self) -> bool:
        kept = self.upstream.model
        left = (kept.tts_speech_token_dict, kept.llm_end_dict, kept.hift_cache_dict)
        return not any(left) and not self.engine._frontend.spk2info


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Tried]:
    made: dict[int, Tried] = {}

    def of(version: int) -> Tried:
        if version not in made:
            directory = tmp_path_factory.mktemp("models") / f"cosyvoice{version}"
            tiny.build(directory, Path(SOURCE), version)
            made[version] = Tried(directory, version)
        return made[version]

    return of


@pytest.fixture(params=[2, 3])
def tried(request: pytest.FixtureRequest, build: Callable[[int], Tried]) -> Tried:
    return build(request.param)


@pytest.fixture
def three(build: Callable[[int], Tried]) -> Tried:
    return build(3)


def test_it_streams(tried: Tried) -> None:
    sizes = [len(piece) // 2 for piece in tried.pieces()]
    assert len(sizes) >= 3
    assert sizes[0] < sizes[1]
    assert sizes == [len(piece) // 2 for piece in tried.pieces()]  # the second request as the first


def test_it_is_what_upstream_makes(three: Tried) -> None:
    """Of version 3, whose vocoder draws nothing: so upstream's own call has the same dice."""
    upstream = sys.modules["cosyvoice.cli.cosyvoice"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys.modules["cosyvoice.cli.model"], "time", time)
        with training_left_out():
            model = upstream.AutoModel(model_dir=three.model.directory)
        text = three.engine._lead + three.reference.transcript
        torch.manual_seed(1)
        outputs = model.inference_zero_shot(
            TEXT, text, three.reference.path, stream=True, text_frontend=False
        )
        theirs = [s16le(output["tts_speech"].numpy()) for output in outputs]
    assert [len(piece) for piece in theirs] == [len(piece) for piece in three.pieces()]
    assert b"".join(theirs) == b"".join(three.pieces())


def test_chunks_of_other_sizes_are_as_long(tried: Tried) -> None:
    small = {"first_chunk_size": 25, "chunk_size": 25}
    assert len(b"".join(tried.pieces(options=small))) == len(b"".join(tried.pieces()))


def test_the_seed_decides(tried: Tried) -> None:
    assert tried.pieces(seed=5) == tried.pieces(seed=5) != tried.pieces(seed=6)


def test_instructions_and_no_transcript(tried: Tried) -> None:
    silent = tried.engine.enroll(tried.reference._replace(transcript=""))
    sounds = {
        b"".join(tried.pieces()),
        b"".join(tried.pieces(prompt=silent)),
        b"".join(tried.pieces(instructions="Speak softly.")),
    }
    assert len(sounds) == 3
    assert tried.idle


def test_a_text_that_is_still_being_written(tried: Tried) -> None:
    go = threading.Event()

    def deltas() -> Iterator[str]:
        yield "Hello there, this is a test that goes on while it is being wri"
        go.wait()
        yield "tten."

    pieces = tried.engine.speak(tried.segment("", deltas=deltas()))
    assert next(pieces)
    go.set()
    assert b"".join(pieces)
    assert tried.idle


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_a_cancel_ends_within_a_token(tried: Tried, how: str) -> None:
    segment = tried.segment(" ".join([TEXT] * 3))
    pieces = tried.engine.speak(segment)
    next(pieces)
    steps: list[int] = []
    llm = tried.upstream.model.llm.llm_decoder.register_forward_hook(lambda *_: steps.append(1))
    if how == "cancel":
        tried.engine.cancel(segment)
        assert list(pieces) == []
    pieces.close()
    llm.remove()
    assert len(steps) <= 1
    assert tried.idle


def test_a_cancel_ends_within_a_step_of_the_flow(tried: Tried) -> None:
    segment, steps = tried.segment(), []

    def step(*_: Any) -> None:
        steps.append(1)
        if len(steps) == 4:
            tried.engine.cancel(segment)

    hook = tried.upstream.model.flow.decoder.estimator.register_forward_hook(step)
    assert list(tried.engine.speak(segment)) == []
    hook.remove()
    assert len(steps) == 4
    assert tried.idle


def test_a_failure_of_the_language_model_is_raised(tried: Tried) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("should not get token 6562")

    hook = tried.upstream.model.llm.llm_decoder.register_forward_hook(fail)
    with pytest.raises(ValueError, match="should not get token 6562"):
        tried.pieces()
    hook.remove()
    assert tried.idle
    assert tried.pieces()


def test_a_prompt_is_kept(tried: Tried, tmp_path: Path) -> None:
    sounds, sources = [], []
    prompts = [Prompts(str(tmp_path), str(FILE), tried.model) for _ in range(2)]
    for kept in (prompts[0], prompts[0], prompts[1]):
        prompt, source = kept.of(tried.reference, tried.engine.enroll)
        sounds.append(tried.pieces(prompt=prompt))
        sources.append(source)
    assert sources == ["made", "memory", "disk"]
    assert sounds[0] == sounds[1] == sounds[2] == tried.pieces()


def test_voices_do_not_hear_each_other(tried: Tried) -> None:
    other = {**tried.voice, "flow_embedding": -tried.voice["flow_embedding"]}
    one = tried.pieces()
    assert tried.pieces(prompt=other) != one == tried.pieces()


def test_a_long_text_is_parted(tried: Tried) -> None:
    sizes: list[int] = []
    flow = tried.upstream.model.flow
    inference = flow.inference

    def measured(**given: Any) -> Any:
        sizes.append(given["token"].shape[1])
        return inference(**given)

    flow.inference = measured
    sound = tried.pieces(" ".join([TEXT] * 12))
    del flow.inference
    assert max(sizes) * TOKEN * 2 < len(b"".join(sound))
    assert tried.idle


def test_nothing_to_say(tried: Tried) -> None:
    assert tried.pieces("…") == []


def test_a_voice_is_needed(tried: Tried) -> None:
    with pytest.raises(EngineError, match="unknown voice 'somebody'"):
        tried.pieces(prompt=None)


def test_it_keeps_the_contract(three: Tried) -> None:
    said: list[str] = []
    request = {
        "name": "cosyvoice", "path": str(FILE), "sample_rate": 24_000, "voice": "", "voices": [],
        "language": "en", "deterministic": False, "samples": True, "clones": True, "utterances": 3,
        "model": three.model.name, "directory": three.model.directory, "device": "cpu",
        "options": three.model.options,
    }  # fmt: skip
    check = Check(request, said.append)
    check.run()
    assert not check.failed, "\n".join(said)
