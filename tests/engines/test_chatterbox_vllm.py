"""The adapter of chatterbox-vllm against a stand-in of the package, which needs an NVIDIA card and vLLM: the
same names, the same arguments, no model. Runs wherever torch is, as in the environment of `chatterbox`."""

from __future__ import annotations

import json
import sys
import types
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vox.workers.engine import EngineError, Model, Reference, Segment
from vox.workers.engines.chatterbox_vllm import LONGEST, MOST, ChatterboxVllm

FILES = ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "conds.pt")


class ChatterboxTTS:
    """As in chatterbox_vllm/tts.py of 0.1.5: a sound says what it was asked for, its tokens a letter each."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.down = False

    @classmethod
    def from_local(
        cls,
        ckpt_dir: str | Path,
        target_device: str = "cuda",
        max_model_len: int = 1000,
        compile: bool = False,
        max_batch_size: int = 10,
        s3gen_use_fp16: bool = False,
        **kwargs: Any,
    ) -> ChatterboxTTS:
        made = cls()
        place = Path(kwargs["model"])
        made.shown = json.loads((place / "config.json").read_text())  # type: ignore[attr-defined]
        made.weights = (place / "model.safetensors").read_bytes()  # type: ignore[attr-defined]
        made.length = max_model_len  # type: ignore[attr-defined]
        return made

    @lru_cache(maxsize=10)  # noqa: B019 - as it is there
    def get_audio_conditionals(self, wav_fpath: str | None = None) -> tuple[dict[str, Any], torch.Tensor]:
        pitch = 100.0 if wav_fpath is None else float(Path(wav_fpath).read_text())
        return {"prompt_feat": torch.full((1, 4, 80), pitch), "prompt_feat_len": None}, torch.zeros(34, 1024)

    def generate_with_conds(
        self,
        prompts: str | list[str],
        s3gen_ref: dict[str, Any],
        cond_emb: torch.Tensor,
        temperature: float = 0.8,
        exaggeration: float = 0.5,
        max_tokens: int = 1000,
        diffusion_steps: int = 10,
        top_p: float = 0.8,
        repetition_penalty: float = 2.0,
        *args: Any,
        **kwargs: Any,
    ) -> list[torch.Tensor]:
        assert isinstance(prompts, str) and not args
        given = {key: value for key, value in locals().items() if key not in ("self", "args", "kwargs")}
        self.asked.append(given | kwargs)
        if len(prompts) > LONGEST:
            raise ValueError(f"The decoder prompt (length {len(prompts)}) is longer than the maximum")
        noise = torch.rand(1, min(len(prompts), max_tokens) * 960) * 0.1
        return [noise + s3gen_ref["prompt_feat"].mean() / 1000]

    def shutdown(self) -> None:
        self.down = True


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ChatterboxVllm:
    package = types.ModuleType("chatterbox_vllm.tts")
    package.ChatterboxTTS = ChatterboxTTS  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chatterbox_vllm", types.ModuleType("chatterbox_vllm"))
    monkeypatch.setitem(sys.modules, "chatterbox_vllm.tts", package)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    move = torch.Tensor.to
    monkeypatch.setattr(
        torch.Tensor, "to", lambda self, to, *a, **k: move(self, "cpu" if to == "cuda" else to)
    )
    for name in FILES:
        (tmp_path / name).write_text(name)
    engine = ChatterboxVllm()
    engine.load(model(tmp_path), lambda share, stage: None)
    engine._model.asked.clear()
    return engine


def model(directory: Path | None, device: str = "auto") -> Model:
    return Model("english", str(directory) if directory else None, device, {})


def say(engine: ChatterboxVllm, text: str = "Hello.", seed: int | None = 1, **given: Any) -> np.ndarray:
    fields: dict[str, Any] = {"voice": "default", "language": "en", "speed": 1.0, "options": {}} | given
    sound = b"".join(engine.speak(Segment(text=text, seed=seed, **fields)))
    return np.frombuffer(sound, "<i2")


def test_vllm_is_shown_a_model_of_its_kind(engine: ChatterboxVllm) -> None:
    shown = engine._model.shown
    assert shown["architectures"] == ["ChatterboxT3"] and shown["num_hidden_layers"] == 30
    assert engine._model.weights == b"t3_cfg.safetensors"
    assert engine._model.length == LONGEST


def test_it_says_a_segment(engine: ChatterboxVllm) -> None:
    assert len(say(engine)) == 6 * 960
    options = {"exaggeration": 1, "temperature": "0.5", "s3gen_steps": 4, "min_p": 0.1}
    say(engine, options=options, seed=7, language="en-gb")
    asked = engine._model.asked[-1]
    wanted = {
        "exaggeration": 1,
        "temperature": 0.5,
        "diffusion_steps": 4,
        "min_p": 0.1,
        "seed": 7,
        "max_tokens": MOST,
    }
    assert {key: asked[key] for key in wanted} == wanted
    assert asked["s3gen_ref"]["prompt_feat_len"] is None


def test_seeds(engine: ChatterboxVllm) -> None:
    assert np.array_equal(say(engine, seed=3), say(engine, seed=3))
    assert not np.array_equal(say(engine, seed=3), say(engine, seed=4))
    assert not np.array_equal(say(engine, seed=None), say(engine, seed=None))


def test_a_recording_is_read_anew_though_its_path_is_the_same(engine: ChatterboxVllm, tmp_path: Path) -> None:
    said = [say(engine)]
    for pitch in ("150", "200"):
        (tmp_path / "voice.wav").write_text(pitch)
        prompt = engine.enroll(Reference("a" * 64, str(tmp_path / "voice.wav"), "", ""))
        assert set(prompt) == {"cond", "prompt_feat"} and all(
            isinstance(a, np.ndarray) for a in prompt.values()
        )
        said.append(say(engine, prompt=prompt, voice="anna"))
    assert said[0].mean() < said[1].mean() < said[2].mean()
    assert np.array_equal(say(engine), said[0])


def test_what_it_cannot_do_is_refused(engine: ChatterboxVllm) -> None:
    for given, code in (
        ({"voice": "nobody"}, "unknown_voice"),
        ({"language": "de"}, "unsupported_language"),
        ({"options": {"cfg_weight": 0.5}}, "invalid_value"),
        ({"text": "a" * (LONGEST + 1)}, "invalid_value"),
    ):
        with pytest.raises(EngineError) as refused:
            say(engine, **given)
        assert refused.value.code == code
    assert len(say(engine, "…")) == 0
    with pytest.raises(EngineError, match="cut off at 40 s"):
        say(engine, "a" * (MOST + 1))


def test_it_shuts_vllm_down(engine: ChatterboxVllm) -> None:
    engine.close()
    assert engine._model.down


def test_without_a_card_it_says_what_would_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for available, device in ((False, "auto"), (False, "cuda"), (True, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        with pytest.raises(EngineError, match=r"NVIDIA cards only.*chatterbox runs on everything") as refused:
            ChatterboxVllm().load(model(tmp_path, device), lambda share, stage: None)
        assert refused.value.code == "not_installed"


def test_a_model_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for directory, says in ((None, "vox pull chatterbox-vllm"), (tmp_path, "has no ve.safetensors, t3_cfg")):
        with pytest.raises(EngineError, match=says):
            ChatterboxVllm().load(model(directory), lambda share, stage: None)
