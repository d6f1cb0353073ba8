# /// script
# requires-python = ">=3.10,<3.14"
# dependencies = [
#   "transformers==4.57.3",  # as qwen-tts pins it; brings huggingface-hub, which pulls the weights
#   "accelerate==1.12.0",    # as qwen-tts pins it
#   "librosa>=0.11",
#   "soundfile>=0.13",
#   "sox>=1.5",              # imported by a tokenizer that is not used; finding no `sox` does no harm
#   "onnxruntime>=1.20",     # the same
#   "einops>=0.8",
# ]
#
# [tool.vox]
# title = "Qwen3-TTS"
# license = "Apache-2.0"
# environment = "own"
# sample-rate = 24000
# languages = ["zh", "en", "ja", "ko", "de", "fr", "ru", "pt", "es", "it"]
# streams-audio = true
# instructs = true
# samples = true
# slots = 4
# knobs = ["temperature", "top_k", "top_p", "repetition_penalty", "max_seconds", "first_chunk_size",
#   "chunk_size"]
# normalize = "markup"
# voice = "ryan"
# chunks = { tokens = 2, most = 100 }
# [tool.vox.variables]
# OMP_NUM_THREADS = "{cores}"
# PYTORCH_CUDA_ALLOC_CONF = "expandable_segments:True"
# ONEDNN_PRIMITIVE_CACHE_CAPACITY = "64"  # 1024 would be 200 MB: each length of a window is a shape
# [tool.vox.default-voices]
# zh = "vivian"
# en = "ryan"
# ja = "ono_anna"
# ko = "sohee"
# de = "ryan"
# fr = "ryan"
# ru = "ryan"
# pt = "ryan"
# es = "ryan"
# it = "ryan"
# [tool.vox.voices]
# zh = ["vivian", "serena", "uncle_fu", "dylan", "eric"]
# en = ["ryan", "aiden"]
# ja = ["ono_anna"]
# ko = ["sohee"]
# mul = ["design"]
# [tool.vox.aliases]
# alloy = "serena"
# ash = "ryan"
# ballad = "uncle_fu"
# cedar = "aiden"
# coral = "vivian"
# echo = "dylan"
# fable = "eric"
# marin = "serena"
# nova = "vivian"
# onyx = "uncle_fu"
# sage = "sohee"
# shimmer = "ono_anna"
# verse = "aiden"
# [tool.vox.models."1.7b-customvoice"]
# title = "nine speakers, told how to speak"
# bytes = 4520000000
# vram = 6000
# voices = ["vivian", "serena", "uncle_fu", "dylan", "eric", "ryan", "aiden", "ono_anna", "sohee"]
# hub = "Qwen/Qwen3-TTS-12Hz-1.7B-CustomVoice"
# files = ["*.json", "*.txt", "*.safetensors"]
# [tool.vox.models."0.6b-customvoice"]
# title = "nine speakers"
# bytes = 2500000000
# vram = 4000
# instructs = false
# voices = ["vivian", "serena", "uncle_fu", "dylan", "eric", "ryan", "aiden", "ono_anna", "sohee"]
# hub = "Qwen/Qwen3-TTS-12Hz-0.6B-CustomVoice"
# files = ["*.json", "*.txt", "*.safetensors"]
# [tool.vox.models."1.7b-base"]
# title = "speaks like a recording"
# bytes = 4550000000
# vram = 6000
# clones = true
# instructs = false
# voices = false
# hub = "Qwen/Qwen3-TTS-12Hz-1.7B-Base"
# files = ["*.json", "*.txt", "*.safetensors"]
# [[tool.vox.models."1.7b-base".parts]]
# into = "sample/clone.wav"
# url = "https://qianwen-res.oss-cn-beijing.aliyuncs.com/Qwen3-TTS-Repo/clone.wav"
# [tool.vox.models."1.7b-base".sample]
# file = "sample/clone.wav"
# transcript = """\
#   Okay. Yeah. I resent you. I love you. I respect you. \
#   But you know what? You blew it! And thanks to you."""
# language = "en"
# [tool.vox.models."0.6b-base"]
# title = "speaks like a recording"
# bytes = 2520000000
# vram = 4000
# clones = true
# instructs = false
# voices = false
# hub = "Qwen/Qwen3-TTS-12Hz-0.6B-Base"
# files = ["*.json", "*.txt", "*.safetensors"]
# [[tool.vox.models."0.6b-base".parts]]
# into = "sample/clone.wav"
# url = "https://qianwen-res.oss-cn-beijing.aliyuncs.com/Qwen3-TTS-Repo/clone.wav"
# [tool.vox.models."0.6b-base".sample]
# file = "sample/clone.wav"
# transcript = """\
#   Okay. Yeah. I resent you. I love you. I respect you. \
#   But you know what? You blew it! And thanks to you."""
# language = "en"
# [tool.vox.models."1.7b-voicedesign"]
# title = "a voice as you describe it"
# bytes = 4520000000
# vram = 6000
# voices = ["design"]
# hub = "Qwen/Qwen3-TTS-12Hz-1.7B-VoiceDesign"
# files = ["*.json", "*.txt", "*.safetensors"]
# [tool.vox.install]  # without gradio; torchaudio is built for CUDA, of which the CPU needs nothing
# no-deps = ["qwen-tts==0.1.1", "torchaudio==2.11.0"]
# remove-on-cpu = ["torchaudio/lib/*.so"]
# megabytes = 1650
# torch = { cpu = "torch==2.13.0", cuda = "torch==2.13.0" }
# ///
"""Qwen3-TTS by Alibaba's own package: ten languages, nine speakers or a described or a recorded voice.

The package gives whole utterances, `vox.workers.qwen_batch` streams and batches them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any
from weakref import WeakValueDictionary

from vox.workers import knobs
from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment, nothing
from vox.workers.knobs import Knob
from vox.workers.qwen_batch import Batches, Row
from vox.workers.qwen_speech import SAMPLE_RATE, Voices, opened
from vox.workers.tap import Tap

KNOBS = {  # the defaults are those of the published generation_config.json
    "temperature": Knob(0.9, 0.05, 2.0),
    "top_k": Knob(50, 0, 2048),
    "top_p": Knob(1.0, 0.01, 1.0),
    "repetition_penalty": Knob(1.05, 1.0, 2.0),
    "max_seconds": Knob(120.0, 1.0, 600.0),
    "first_chunk_size": Knob(4, 1, 100),
    "chunk_size": Knob(24, 1, 100),
}
OPTIONS = {
    "dtype": Knob("auto", among=("auto", "bfloat16", "float16", "float32")),
    "compile": Knob("off", among=("off", "reduce-overhead")),
}


class Qwen:
    def load(self, model: Model, progress: Progress) -> Ready:
        options = knobs.read(model.options, OPTIONS, "qwen")
        progress(0.0, "importing")
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
        device = _device(model.device)
        progress(0.2, "weights")
        self._wrapped = _open(model, device, options["dtype"])
        self._voices = Voices("qwen", self._wrapped)
        self._taps: WeakValueDictionary[int, Tap[bytes]] = WeakValueDictionary()
        progress(0.8, "warming up")
        if options["compile"] == "off" or not self._start_compiled(options["compile"]):
            self._batches = Batches(self._wrapped)
            self._warm_up()
        return Ready(SAMPLE_RATE, self._voices.listed())

    def speak(self, segment: Segment) -> Iterator[bytes]:
        settings = knobs.read(segment.options, KNOBS, "qwen")
        speech = self._voices.speech(segment)
        if speech is None:
            return iter(())
        row = Row(segment, speech, settings, self._batches.wait)
        self._taps[id(segment)] = row.tap  # the row keeps both
        return self._batches.speak(row)

    def enroll(self, reference: Reference) -> Prompt:
        return self._voices.enroll(reference)

    def cancel(self, segment: Segment) -> None:
        tap = self._taps.get(id(segment))
        if tap is not None:
            tap.stop()

    close = nothing

    def _warm_up(self) -> None:
        """Say the beginning of something: what the first step allocates, and the codec in two sizes."""
        pieces = self.speak(self._voices.greeting())
        next(pieces, None)
        next(pieces, None)
        pieces.close()  # type: ignore[attr-defined]

    def _start_compiled(self, mode: str) -> bool:
        """Whether it could be done; if not, everything is as before."""
        undo = _compile(self._wrapped.model.talker.code_predictor, mode)
        self._batches = Batches(self._wrapped, most=1)  # another number of rows would be compiled anew
        try:
            self._warm_up()
        except Exception as error:  # noqa: BLE001 - whatever compilers raise; the reason is said
            sys.stderr.write(f"qwen is not compiled, as that failed: {type(error).__name__}: {error}\n")
            undo()
            return False
        return True


def _device(wanted: str) -> str:
    """Raises `EngineError` for one that is not there."""
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return "cuda" if there["cuda"] else "cpu"
    if not there.get(wanted):
        message = f"torch has no device {wanted!r} here; set engines.qwen.device to auto or cpu"
        raise EngineError(message, code="not_installed")
    return wanted


def _open(model: Model, device: str, dtype: str) -> Any:
    """The package's own model. Raises `EngineError`."""
    import torch
    from qwen_tts import Qwen3TTSModel
    from transformers.utils import is_flash_attn_2_available, logging

    name = dtype if dtype != "auto" else "bfloat16" if device == "cuda" else "float32"
    fast = device == "cuda" and name != "float32" and is_flash_attn_2_available()
    load = partial(
        Qwen3TTSModel.from_pretrained,
        device_map=device,
        dtype=getattr(torch, name),
        attn_implementation="flash_attention_2" if fast else "sdpa",
    )
    wrapped = opened("qwen", model, load)
    logging.set_verbosity_error()  # else each generation says that it pads with the end
    return wrapped


def _compile(predictor: Any, mode: str) -> Callable[[], None]:
    """Compile the five layers that make 15 of the 16 codes of a frame, a code at a time, on a cache of fixed
    size; the samples stay the same. (That of the talker's other 28 grows.) Returns what undoes it."""
    import torch

    config, layers = predictor.generation_config, predictor.model
    eager, prepare = layers.forward, predictor.prepare_inputs_for_generation
    compiled = torch.compile(eager, mode=mode)

    def forward(**given: Any) -> Any:
        begins = given["inputs_embeds"].shape[1] > 1  # and makes the cache: that can't be recorded
        return (eager if begins else compiled)(**given)

    @wraps(prepare)
    def unmasked(*given: Any, attention_mask: Any = None, **named: Any) -> Any:
        return prepare(*given, **named)  # nothing is padded, and the mask would cost more than the layers

    def undo() -> None:
        del layers.forward, predictor.prepare_inputs_for_generation
        config.cache_implementation, config.disable_compile = None, False

    config.cache_implementation, config.disable_compile = "static", True  # else it compiles more by itself
    layers.forward, predictor.prepare_inputs_for_generation = forward, unmasked
    return undo


ENGINE = Qwen
