# /// script
# requires-python = ">=3.10,<3.14"
# dependencies = [
#   "transformers==5.15.1",  # qwen-tts-hf 0.1.1.post1 takes newer ones too, and fails with 5.23
#   "huggingface-hub>=1.5,<2",
#   "accelerate==1.12.0",    # as qwen-tts-hf pins it
#   "librosa>=0.11",
#   "soundfile>=0.13",
#   "sox>=1.5",              # imported by a tokenizer that is not used; finding no `sox` does no harm
#   "onnxruntime>=1.20",     # the same
#   "einops>=0.8",
# ]
#
# [tool.vox]
# title = "Qwen3-TTS on CUDA graphs"
# license = "Apache-2.0 (weights, qwen-tts-hf), MIT (faster-qwen3-tts)"
# environment = "own"
# platforms = ["linux"]
# sample-rate = 24000
# languages = ["zh", "en", "ja", "ko", "de", "fr", "ru", "pt", "es", "it"]
# streams-audio = true
# instructs = true
# samples = true
# knobs = ["temperature", "top_k", "top_p", "repetition_penalty", "max_seconds", "chunk_size"]
# normalize = "markup"
# voice = "ryan"
# chunks = { tokens = 2, most = 100 }
# [tool.vox.variables]
# OMP_NUM_THREADS = "{cores}"
# PYTORCH_CUDA_ALLOC_CONF = "expandable_segments:True"
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
# no-deps = ["faster-qwen3-tts==0.5.4", "qwen-tts-hf==0.1.1.post1", "torchaudio==2.11.0"]
# remove-on-cpu = ["torchaudio/lib/*.so"]
# megabytes = 1650
# torch = { cpu = "torch==2.13.0", cuda = "torch==2.13.0" }
# ///
"""Qwen3-TTS by faster-qwen3-tts, which replays the model's steps as CUDA graphs: the same models and voices
as `qwen`, for one NVIDIA card and one speech at a time.

The package streams by itself, a piece each `chunk_size` frames; a cancel is heeded at each frame.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

from vox.workers import knobs
from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment, nothing
from vox.workers.knobs import Knob
from vox.workers.pcm import s16le
from vox.workers.qwen_speech import FRAME_RATE, METHODS, SAMPLE_RATE, Speech, Voices, opened
from vox.workers.tap import Stopped

NAME = "qwen-native"
KNOBS = {  # the defaults are the package's, but for the size of a piece, which is 12 there
    "temperature": Knob(0.9, 0.05, 2.0),
    "top_k": Knob(50, 0, 2048),
    "top_p": Knob(1.0, 0.01, 1.0),
    "repetition_penalty": Knob(1.05, 1.0, 2.0),
    "max_seconds": Knob(100.0, 1.0, 120.0),
    "chunk_size": Knob(8, 1, 100),
}
_LENGTH = 2048
"""Frames and tokens that the model's memory holds, the package's default: 120 s of speech are 1500, and some
are left for a recording and the text."""
_SILENCE = 0.5
"""Seconds after a recording, as the package has it, lest its last sound goes on in the speech."""


class QwenNative:
    def load(self, model: Model, progress: Progress) -> Ready:
        knobs.read(model.options, {}, NAME)
        progress(0.0, "importing")
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
        _require_card(model.device)
        progress(0.2, "weights")
        self._model = _open(model)
        self._voices = Voices(NAME, self._model.model)
        self._speaking: tuple[Segment, threading.Event] | None = None
        self._watch()
        progress(0.7, "recording graphs")
        self._model.warmup()
        progress(0.9, "warming up")
        pieces = self.speak(self._voices.greeting())
        next(pieces, None)
        next(pieces, None)
        pieces.close()  # type: ignore[attr-defined]
        return Ready(SAMPLE_RATE, self._voices.listed())

    def speak(self, segment: Segment) -> Iterator[bytes]:
        settings = knobs.read(segment.options, KNOBS, NAME)
        speech = self._voices.speech(segment)
        if speech is None:
            return iter(())
        self._speaking = segment, threading.Event()
        return self._pieces(segment, speech, settings)

    def enroll(self, reference: Reference) -> Prompt:
        return self._voices.enroll(reference, _SILENCE)

    def cancel(self, segment: Segment) -> None:
        speaking = self._speaking
        if speaking is not None and speaking[0] is segment:
            speaking[1].set()

    close = nothing

    def _pieces(self, segment: Segment, speech: Speech, settings: dict[str, Any]) -> Iterator[bytes]:
        import torch

        if segment.seed is None:
            torch.seed()
        else:
            torch.manual_seed(segment.seed)
        stream = self._stream(speech, settings)
        frames = 0
        try:
            for samples, _, facts in stream:
                frames = facts["total_steps_so_far"]
                yield s16le(samples)
        except Stopped:
            return
        finally:
            stream.close()
        if frames >= _most(settings):
            message = f"the speech had no end after {settings['max_seconds']:g} s"
            raise EngineError(f"{message}; say less at a time, or raise the option max_seconds")

    def _stream(self, speech: Speech, settings: dict[str, Any]) -> Any:
        """The package's own generator of (float32 [samples], sample rate, facts)."""
        arguments = dict(speech.arguments)
        if "voice_clone_prompt" in arguments:
            arguments["voice_clone_prompt"] = [arguments["voice_clone_prompt"]]
        names = ("temperature", "top_k", "top_p", "repetition_penalty", "chunk_size")
        return getattr(self._model, METHODS[self._voices.type] + "_streaming")(
            **arguments, **{name: settings[name] for name in names}, max_new_tokens=_most(settings)
        )

    def _watch(self) -> None:
        """Look before each frame whether it is still wanted."""
        graph = self._model.predictor_graph
        run = graph.run

        def watched(given: Any) -> Any:
            if self._speaking is not None and self._speaking[1].is_set():
                raise Stopped
            return run(given)

        graph.run = watched


def _most(settings: dict[str, Any]) -> int:
    """Frames."""
    return int(settings["max_seconds"] * FRAME_RATE)


def _require_card(device: str) -> None:
    """Raises `EngineError` where there is none."""
    import torch

    if device in ("auto", "cuda") and torch.cuda.is_available():
        return
    found = "torch sees none" if device in ("auto", "cuda") else f"its device is set to {device!r}"
    message = f"{NAME} needs an NVIDIA card with CUDA, and {found}; `vox -b qwen` speaks with the same models"
    raise EngineError(f"{message} on any machine", code="not_installed")


def _open(model: Model) -> Any:
    """The package's own model. Raises `EngineError`."""
    import torch
    from faster_qwen3_tts import FasterQwen3TTS

    load = partial(FasterQwen3TTS.from_pretrained, device="cuda", dtype=torch.bfloat16, max_seq_len=_LENGTH)
    return opened(NAME, model, load)


ENGINE = QwenNative
