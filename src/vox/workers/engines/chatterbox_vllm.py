# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#   "conformer==0.3.2",
#   "diffusers==0.29.0",
#   "einops>=0.6",
#   "huggingface-hub>=0.30,<1",  # pulls the weights
#   "librosa==0.11.0",
#   "omegaconf>=2.3",
#   "onnx>=1.15",                # imported by s3tokenizer
#   "transformers>=4.53.2,<4.54",
#   "vllm==0.10.0",              # the only one that chatterbox-vllm runs on
# ]
#
# [tool.vox]
# title = "Chatterbox on vLLM"
# license = "MIT; Apache-2.0 (S3Gen, s3tokenizer, vLLM)"
# environment = "own"
# platforms = ["linux"]
# sample-rate = 24000
# languages = ["en"]
# clones = true
# samples = true
# keep-alive = "5m"
# voice = "default"
# knobs = ["exaggeration", "temperature", "repetition_penalty", "min_p", "top_p", "s3gen_steps"]
# [tool.vox.variables]
# OMP_NUM_THREADS = "{cores}"
# VLLM_ENABLE_V1_MULTIPROCESSING = "0"  # the model registers itself in this process only
# VLLM_NO_USAGE_STATS = "1"
# [tool.vox.voices]
# en = ["default"]
# [tool.vox.aliases]  # clients of OpenAI's name one of theirs always
# alloy = "default"
# ash = "default"
# ballad = "default"
# cedar = "default"
# coral = "default"
# echo = "default"
# fable = "default"
# marin = "default"
# nova = "default"
# onyx = "default"
# sage = "default"
# shimmer = "default"
# verse = "default"
# [tool.vox.models.english]
# title = "English, 0.5 billion parameters"
# bytes = 3191000000
# hub = "ResembleAI/chatterbox"
# revision = "1b475dffa71fb191cb6d5901215eb6f55635a9b6"  # which the package names
# files = ["ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "conds.pt"]
# [tool.vox.install]
# no-deps = ["chatterbox-vllm==0.1.5", "s3tokenizer==0.3.0"]
# [tool.vox.install.torch]
# cpu = "torch==2.7.1"
# cuda = "torch==2.7.1"
# ///
"""Chatterbox whose language model runs on vLLM: for NVIDIA cards only, and a segment at a time.

The package makes whole segments and can't be stopped in one. It knows no watermark, and one strength of
guidance for all: CHATTERBOX_CFG_SCALE in the environment, 0.5 without.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vox.wire.messages import VoiceInfo
from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment, nothing
from vox.workers.knobs import Knob, read
from vox.workers.names import unknown_voice
from vox.workers.pcm import s16le
from vox.workers.plain import clean

SAMPLE_RATE = 24000
MOST, SAMPLES = 1000, 960
"""Speech tokens at most in one go, and samples of each: 40 s."""
LONGEST = 2048
"""Tokens of voice, text and speech together."""
_KNOBS = {  # the ranges are those of chatterbox, the defaults the package's
    "exaggeration": Knob(0.5, 0.25, 2),
    "temperature": Knob(0.8, 0.05, 5),
    "repetition_penalty": Knob(2.0, 1, 2),
    "min_p": Knob(0.0, 0, 1),
    "top_p": Knob(0.8, 0.01, 1),
    "s3gen_steps": Knob(10, 1, 100),
}
_FILES = ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "conds.pt")
_LLAMA = {
    "architectures": ["ChatterboxT3"],
    "model_type": "llama",
    "vocab_size": 8,  # the model brings its own embeddings
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 30,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "head_dim": 64,
    "max_position_embeddings": 131072,
    "rms_norm_eps": 1e-5,
    "rope_theta": 500000.0,
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
"""What vLLM has to know of the language model (T3); the package on PyPI lacks its config.json."""


class ChatterboxVllm:
    _model: Any = None

    def load(self, model: Model, progress: Progress) -> Ready:
        _need_a_card(model.device)
        if model.directory is None:
            raise EngineError("it needs its model; run: vox pull chatterbox-vllm", code="not_installed")
        directory = Path(model.directory)
        missing = [name for name in _FILES if not (directory / name).is_file()]
        if missing:
            message = f"{directory} has no {', '.join(missing)}; run: vox pull chatterbox-vllm"
            raise EngineError(message, code="model_broken")
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
        progress(0.1, "weights")
        from chatterbox_vllm.tts import ChatterboxTTS

        with _shown_to_vllm(directory) as place:
            self._model = ChatterboxTTS.from_local(
                directory, target_device="cuda", max_model_len=LONGEST, max_batch_size=1, model=place
            )
        self._default = self._compiled(None)
        progress(0.8, "warming up")
        for _ in self.speak(Segment("Ready when you are.", "default", "en", 1.0, 0, {})):
            pass
        return Ready(SAMPLE_RATE, [VoiceInfo(id="default", name="Default", language="en")])

    def enroll(self, reference: Reference) -> Prompt:
        return self._compiled(reference.path)

    def speak(self, segment: Segment) -> Iterator[bytes]:
        import torch

        knobs = read(segment.options, _KNOBS, "chatterbox-vllm")
        prompt = self._preset(segment.voice) if segment.prompt is None else segment.prompt
        if segment.language.partition("-")[0] != "en":
            message = f"chatterbox-vllm does not speak {segment.language!r}; it speaks en"
            raise EngineError(message, code="unsupported_language", param="language")
        text = clean(segment.text)
        if not any(map(str.isalnum, text)):
            return
        if segment.seed is None:
            torch.seed()
        else:
            torch.manual_seed(segment.seed)  # for S3Gen
        tensors = {name: torch.tensor(array) for name, array in prompt.items()}
        steps, cond = knobs.pop("s3gen_steps"), tensors.pop("cond")
        gen = {"prompt_feat_len": None} | {name: tensor.to("cuda") for name, tensor in tensors.items()}
        try:
            (sound,) = self._model.generate_with_conds(
                text, gen, cond, max_tokens=MOST, diffusion_steps=steps, seed=segment.seed, **knobs
            )
        except ValueError as error:  # vLLM's, of a text too long
            raise EngineError(f"the text can't be spoken: {error}", code="invalid_value") from None
        yield s16le(sound.numpy())
        if sound.shape[-1] >= MOST * SAMPLES:
            raise EngineError("the speech was cut off at 40 s, the most that chatterbox makes in one go")

    cancel = nothing

    def close(self) -> None:
        if self._model is not None:
            self._model.shutdown()

    def _preset(self, voice: str) -> Prompt:
        if voice.lower() != "default":
            raise unknown_voice(voice, ["default"])
        return self._default

    def _compiled(self, path: str | None) -> Prompt:
        """The voice of a recording, or the model's own."""
        compile = type(self._model).get_audio_conditionals.__wrapped__  # else it goes by the path alone
        gen, cond = compile(self._model, path)
        tensors = {"cond": cond} | {name: value for name, value in gen.items() if value is not None}
        return {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}


def _need_a_card(device: str) -> None:
    import torch

    if device not in ("auto", "cuda") or not torch.cuda.is_available():
        message = (
            "chatterbox-vllm runs on NVIDIA cards only, and there is none to use; the engine chatterbox runs"
        )
        raise EngineError(f"{message} on everything", code="not_installed")


def _shown_to_vllm(directory: Path) -> Any:
    """A temporary directory of the form in which vLLM wants a model; as a context manager its path."""
    place = tempfile.TemporaryDirectory(prefix="vox-t3-")
    (Path(place.name) / "config.json").write_text(json.dumps(_LLAMA))
    (Path(place.name) / "model.safetensors").symlink_to((directory / "t3_cfg.safetensors").resolve())
    return place


ENGINE = ChatterboxVllm
