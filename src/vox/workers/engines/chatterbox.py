# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#   "conformer==0.3.2",
#   "diffusers==0.29.0",
#   "einops>=0.6",
#   "huggingface-hub>=1.3,<2",  # pulls the weights
#   "librosa==0.11.0",
#   "numpy>=1.24,<2",
#   "omegaconf>=2.3",
#   "onnx>=1.15",               # imported by s3tokenizer
#   "pykakasi==2.3.0",          # reads Japanese
#   "pyloudnorm>=0.1",
#   "pyyaml>=6",                # imported by resemble-perth, as is:
#   "setuptools<81",            # its pkg_resources; without it there is no watermark and no model
#   "safetensors==0.5.3",
#   "soundfile>=0.12",
#   "spacy-pkuseg>=1.0",        # reads Mandarin
#   "tqdm>=4.66",
#   "transformers==5.2.0",
# ]
#
# [tool.vox]
# title = "Chatterbox"
# license = "MIT; Apache-2.0 (S3Gen, s3tokenizer); GPL-3.0-or-later (pykakasi, for Japanese)"
# environment = "own"
# sample-rate = 24000
# languages = ["en", "ar", "da", "de", "el", "es", "fi", "fr", "he", "hi", "it", "ja", "ko", "ms", "nl", "no",
#   "pl", "pt", "ru", "sv", "sw", "tr", "zh"]
# language-aliases = { cmn = "zh", nb = "no", nn = "no" }
# streams-audio = true
# clones = true
# samples = true
# keep-alive = "5m"
# voice = "default"
# knobs = ["exaggeration", "cfg_weight", "temperature", "repetition_penalty", "min_p", "top_p",
#   "first_chunk_size", "chunk_size", "s3gen_steps"]
# chunks = { first = 20 }
# [tool.vox.variables]
# OMP_NUM_THREADS = "{cores}"
# OMP_WAIT_POLICY = "PASSIVE"  # else threads that wait keep the cores from each other
# PYTORCH_CUDA_ALLOC_CONF = "expandable_segments:True"
# [tool.vox.voices]
# mul = ["default"]
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
# languages = ["en"]
# bytes = 3191000000
# hub = "ResembleAI/chatterbox"
# files = ["ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json", "conds.pt"]
# [tool.vox.models.multilingual]
# title = "23 languages, 0.5 billion parameters"
# bytes = 3250000000
# hub = "ResembleAI/chatterbox"
# files = ["ve.pt", "t3_mtl23ls_v2.safetensors", "s3gen.pt", "grapheme_mtl_merged_expanded_v1.json",
#   "Cangjie5_TC.json", "conds.pt"]
# [[tool.vox.models.multilingual.parts]]  # where Mandarin has its words
# into = "spacy_ontonotes"
# url = "https://github.com/explosion/spacy-pkuseg/releases/download/v0.0.26/spacy_ontonotes.zip"
# [tool.vox.models.turbo]
# title = "English, 0.35 billion parameters, faster, knows [laugh], [sigh] and other sounds"
# languages = ["en"]
# lacks = ["exaggeration", "cfg_weight"]
# bytes = 2990000000
# hub = "ResembleAI/chatterbox-turbo"
# files = ["ve.safetensors", "t3_turbo_v1.safetensors", "s3gen_meanflow.safetensors", "conds.pt",
#   "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]
# [tool.vox.install]
# no-deps = ["chatterbox-tts==0.1.7", "resemble-perth==1.0.1", "s3tokenizer==0.3.0", "torchaudio==2.11.0"]
# remove-on-cpu = ["torchaudio/lib/*.so"]
# megabytes = 1800
# [tool.vox.install.torch]
# cpu = "torch==2.13.0"
# cuda = "torch==2.13.0"
# mps = "torch==2.13.0"
# ///
"""Chatterbox: a language model picks speech tokens, flow matching makes sound of them; clones a voice from a
few seconds.

The package knows whole texts only; `vox.workers.chatterbox_windows` makes its own `generate` speak as it
goes. Every sound carries the package's inaudible watermark.
"""

from __future__ import annotations

import copy
import importlib
import os
import pickle
import sys
import wave
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vox.wire.messages import VoiceInfo
from vox.workers.chatterbox_windows import AHEAD, MOST, SAMPLE_RATE, Windows
from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment, nothing
from vox.workers.knobs import Knob, read
from vox.workers.names import unknown_voice
from vox.workers.plain import clean
from vox.workers.tap import Tap

_KNOBS = {  # the ranges are those of upstream's own demo; sizes are in speech tokens of 40 ms
    "exaggeration": Knob(0.5, 0.25, 2),
    "cfg_weight": Knob(0.5, 0, 1),
    "temperature": Knob(0.8, 0.05, 5),
    "repetition_penalty": Knob(1.2, 1, 2),
    "min_p": Knob(0.05, 0, 1),
    "top_p": Knob(1.0, 0, 1),
    "first_chunk_size": Knob(20, AHEAD + 2, MOST),
    "chunk_size": Knob(30, AHEAD + 2, MOST),
    "s3gen_steps": Knob(10, 1, 100),
}
_GUIDED = {"temperature", "repetition_penalty", "top_p", "exaggeration", "cfg_weight", "min_p"}
"""The knobs that the package's `generate` has."""


class _Kind(NamedTuple):
    """What tells the three models apart."""

    module: str
    name: str
    """Of its class."""
    files: tuple[str, ...]
    knobs: Mapping[str, float]
    """Defaults of its own."""
    ignores: frozenset[str] = frozenset()
    shortest: float = 0.0
    """Seconds that a recording must be longer than."""


_KINDS = {
    "english": _Kind(
        "chatterbox.tts",
        "ChatterboxTTS",
        ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json"),
        {},
    ),
    "multilingual": _Kind(
        "chatterbox.mtl_tts",
        "ChatterboxMultilingualTTS",
        ("ve.pt", "t3_mtl23ls_v2.safetensors", "s3gen.pt", "grapheme_mtl_merged_expanded_v1.json"),
        {"repetition_penalty": 2.0},
    ),
    "turbo": _Kind(
        "chatterbox.tts_turbo",
        "ChatterboxTurboTTS",
        ("ve.safetensors", "t3_turbo_v1.safetensors", "s3gen_meanflow.safetensors", "vocab.json"),
        {"min_p": 0.0, "top_p": 0.95, "s3gen_steps": 2},
        frozenset(("exaggeration", "cfg_weight", "min_p")),
        5.0,
    ),
}


class Chatterbox:
    def load(self, model: Model, progress: Progress) -> Ready:
        if model.directory is None:
            raise EngineError("chatterbox needs its model; run: vox pull chatterbox", code="not_installed")
        directory = Path(model.directory)
        self._name, self._kind = model.name, _kind(model.name, directory)
        own = self._kind.knobs
        self._knobs = {
            name: knob._replace(default=own.get(name, knob.default)) for name, knob in _KNOBS.items()
        }
        self._now: tuple[Segment, Tap[bytes]] | None = None
        self._told = False
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TQDM_DISABLE="1")
        progress(0.1, "weights")
        self._model = _open(self._name, directory, _device(model.device))
        self._languages = _languages(self._model)
        self._default = None if self._model.conds is None else _arrays(self._model.conds)
        if self._default is None:
            return Ready(SAMPLE_RATE, [])
        progress(0.7, "warming up")
        sound = self.speak(Segment("Ready when you are.", "default", "en", 1.0, 0, {}))
        next(sound, None)
        sound.close()
        tongue = "mul" if len(self._languages) > 1 else self._languages[0]
        return Ready(SAMPLE_RATE, [VoiceInfo(id="default", name="Default", language=tongue)])

    def enroll(self, reference: Reference) -> Prompt:
        with wave.open(reference.path) as file:
            seconds = file.getnframes() / file.getframerate()
        if seconds <= self._kind.shortest:
            message = f"chatterbox/{self._name} needs a recording longer than {self._kind.shortest:g} s"
            raise EngineError(f"{message}, and this has {seconds:.1f} s", code="invalid_value", param="voice")
        import torch

        model = copy.copy(self._model)  # on which the package leaves its result
        with torch.inference_mode():
            model.prepare_conditionals(reference.path)
        return _arrays(model.conds)

    def speak(self, segment: Segment) -> Generator[bytes, None, None]:
        knobs = read(segment.options, self._knobs, f"chatterbox/{self._name}")
        self._tell_ignored(segment.options)
        prompt = self._preset(segment.voice) if segment.prompt is None else segment.prompt
        language, text = self._language(segment.language), clean(segment.text)
        full = segment._replace(text=text, language=language, options=knobs, prompt=prompt)
        sayable = any(map(str.isalnum, text))
        tap = Tap[bytes]((lambda tap: self._generate(tap, full, prompt)) if sayable else nothing)
        self._now = segment, tap
        return self._sound(tap)

    def cancel(self, segment: Segment) -> None:
        now = self._now
        if now is not None and now[0] is segment:
            now[1].stop()

    close = nothing

    def _sound(self, tap: Tap[bytes]) -> Generator[bytes, None, None]:
        try:
            with tap:
                yield from tap
        finally:
            self._now = None

    def _generate(self, tap: Tap[bytes], segment: Segment, prompt: Prompt) -> None:
        """The package's own `generate`, on a copy of the model, so that the voice stays with this segment."""
        import torch

        if segment.seed is None:
            torch.seed()
        else:
            torch.manual_seed(segment.seed)
        knobs, model = segment.options, copy.copy(self._model)
        model.conds = _conditionals(prompt, knobs["exaggeration"], model.device)
        windows = Windows(model, tap, knobs["first_chunk_size"], knobs["chunk_size"], knobs["s3gen_steps"])
        model.s3gen = model.watermarker = windows
        given = {name: knobs[name] for name in _GUIDED - self._kind.ignores}
        if "cfg_weight" in given:  # 0 fails in 0.1.7, which doubles the text only for more than that
            given["cfg_weight"] = max(given["cfg_weight"], 1e-3)
        if len(self._languages) > 1:
            given["language_id"] = segment.language
        with torch.inference_mode(), windows:  # else the watermarker never gives its memory back
            model.generate(segment.text, **given)

    def _preset(self, voice: str) -> Prompt:
        if self._default is None or voice.lower() != "default":
            raise unknown_voice(voice, [] if self._default is None else ["default"])
        return self._default

    def _language(self, tag: str) -> str:
        """The package's word for `tag`. Raises `EngineError`."""
        language = tag.lower().partition("-")[0]
        if language not in self._languages:
            message = (
                f"chatterbox/{self._name} does not speak {tag!r}; it speaks {', '.join(self._languages)}"
            )
            raise EngineError(message, code="unsupported_language", param="language")
        if language == "zh":
            converter = self._model.tokenizer.cangjie_converter
            if not converter.word2cj or converter.segmenter is None:
                message = "the tables for Chinese are missing; run: vox pull chatterbox/multilingual"
                raise EngineError(message, code="model_broken")
        return language

    def _tell_ignored(self, options: Mapping[str, Any]) -> None:
        """Once, and no error: presets set the knobs of all models."""
        ignored = sorted(self._kind.ignores & options.keys())
        if ignored and not self._told:
            sys.stderr.write(f"chatterbox/{self._name} has no use for {', '.join(ignored)}\n")
            self._told = True


def _kind(name: str, directory: Path) -> _Kind:
    """Raises `EngineError` where files are missing."""
    if name not in _KINDS:
        raise EngineError(
            f"chatterbox has no model {name!r}; it has {', '.join(_KINDS)}", code="model_broken"
        )
    missing = [file for file in _KINDS[name].files if not (directory / file).is_file()]
    if missing:
        raise _broken(name, directory, f"it has no {', '.join(missing)}")
    return _KINDS[name]


def _broken(name: str, directory: Path, reason: object) -> EngineError:
    message = f"{directory} can't be used: {reason}; run: vox pull chatterbox/{name}"
    return EngineError(message, code="model_broken")


def _device(wanted: str) -> str:
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, usable in there.items() if usable)
    if not there.get(wanted, False):
        message = f"this torch can't run on {wanted!r}; set engines.chatterbox.device to auto or cpu"
        raise EngineError(message, code="not_installed")
    return wanted


def _open(name: str, directory: Path, device: str) -> Any:
    """The package's model. Raises `EngineError`."""
    import perth
    import torch
    from safetensors import SafetensorError

    if perth.PerthImplicitWatermarker is None:
        message = "the watermarker can't be imported; run: vox engine install chatterbox"
        raise EngineError(message, code="not_installed")
    _stay_here(directory)
    kind = _KINDS[name]
    package = getattr(importlib.import_module(kind.module), kind.name)
    try:
        return package.from_local(directory, device)
    except torch.OutOfMemoryError:
        raise
    except (OSError, RuntimeError, KeyError, SafetensorError, pickle.UnpicklingError) as error:
        raise _broken(name, directory, str(error).partition("\n")[0]) from error


def _stay_here(directory: Path) -> None:
    """The package would pull the tables that it reads Chinese with; they are in `directory`."""
    import spacy_pkuseg
    from chatterbox.models.tokenizers import tokenizer

    def have(*_: Any) -> None:
        if not (directory / "spacy_ontonotes").is_dir():
            raise ImportError  # which the package takes for "without"

    tokenizer.hf_hub_download = lambda *, filename, **_: directory / filename
    spacy_pkuseg.config.pkuseg_home = str(directory)
    spacy_pkuseg.download_model = have


def _languages(model: Any) -> list[str]:
    several = getattr(model, "get_supported_languages", None)
    return list(several()) if several else ["en"]


def _arrays(conds: Any) -> Prompt:
    """A voice of the package, without the exaggeration, which is the segment's."""
    t3 = {"speaker": conds.t3.speaker_emb, "tokens": conds.t3.cond_prompt_speech_tokens}
    gen = {f"gen_{name}": value for name, value in conds.gen.items() if value is not None}
    return {name: tensor.detach().cpu().numpy() for name, tensor in (t3 | gen).items()}


def _conditionals(prompt: Prompt, exaggeration: float, device: str) -> Any:
    """The inverse of `_arrays`."""
    import torch
    from chatterbox.models.t3.modules.cond_enc import T3Cond
    from chatterbox.tts import Conditionals

    tensors = {name: torch.tensor(array) for name, array in prompt.items()}
    t3 = T3Cond(
        speaker_emb=tensors.pop("speaker"),
        cond_prompt_speech_tokens=tensors.pop("tokens"),
        emotion_adv=exaggeration * torch.ones(1, 1, 1),
    )
    gen = {"prompt_feat_len": None} | {name.removeprefix("gen_"): value for name, value in tensors.items()}
    return Conditionals(t3, gen).to(device)


ENGINE = Chatterbox
