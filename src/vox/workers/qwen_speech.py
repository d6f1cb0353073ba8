"""What a segment means to a Qwen3-TTS model, whichever package runs it.

There are three types of model, by what they take a voice from: "custom_voice" has speakers, "voice_design" a
description, "base" a recording. Both packages name their methods and arguments alike.
"""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vox.wire.messages import VoiceInfo
from vox.workers.engine import EngineError, Model, Prompt, Reference, Segment
from vox.workers.names import unknown_voice
from vox.workers.plain import clean

SAMPLE_RATE = 24000
"""Hz."""
FRAME_RATE = 12.5
"""Frames of codes a second."""
METHODS = {
    "custom_voice": "generate_custom_voice",
    "voice_design": "generate_voice_design",
    "base": "generate_voice_clone",
}
DESIGN = "design"
"""The one voice of a model that is told in words how to sound."""
SPEAKERS = {
    "vivian": "zh", "serena": "zh", "uncle_fu": "zh", "dylan": "zh", "eric": "zh", "ryan": "en",
    "aiden": "en", "ono_anna": "ja", "sohee": "ko",
}  # fmt: skip
"""Native languages, from the model's card."""
_LANGUAGES = {
    "zh": "chinese", "en": "english", "ja": "japanese", "ko": "korean", "de": "german", "fr": "french",
    "ru": "russian", "pt": "portuguese", "es": "spanish", "it": "italian",
}  # fmt: skip
_ANY = ("", "mul", "und")
"""Tags that leave the language to the model."""
_TAKES_NO_INSTRUCTIONS = "0b6"
"""The size for which the packages drop them; they test it with `in`, too."""


class Speech(NamedTuple):
    """What to generate."""

    arguments: dict[str, Any]
    """Of the method in `METHODS`, but for the settings."""
    context: Any = None
    """int64 [frames, codebooks], a tensor: the recording that is continued, which the codec has to hear
    first; None where there is none."""


class Voices:
    """What one loaded model can be asked for."""

    def __init__(self, name: str, wrapped: Any) -> None:
        """`name` is the engine's; `wrapped` a `qwen_tts.Qwen3TTSModel`."""
        self._name, self._wrapped = name, wrapped
        self.type: str = wrapped.model.tts_model_type
        self._instructs = wrapped.model.tts_model_size not in _TAKES_NO_INSTRUCTIONS
        self._speakers: list[str] = []
        if self.type == "custom_voice":
            known = set(wrapped.get_supported_speakers())
            self._speakers = [name for name in SPEAKERS if name in known] + sorted(known - SPEAKERS.keys())
        spoken = set(wrapped.get_supported_languages())
        self._languages = {tag: name for tag, name in _LANGUAGES.items() if name in spoken}
        self._marks = sorted(wrapped.processor.tokenizer.get_added_vocab(), key=len, reverse=True)

    def listed(self) -> list[VoiceInfo]:
        """The preset voices; none for a model that clones."""
        if self.type == "voice_design":
            return [{"id": DESIGN, "name": "As you describe it", "language": "mul"}]
        return [
            {"id": name, "name": name.replace("_", " ").title(), "language": SPEAKERS.get(name, "mul")}
            for name in self._speakers
        ]

    def speech(self, segment: Segment) -> Speech | None:
        """What to generate for `segment`, None where there is nothing to say. Raises `EngineError`."""
        arguments: dict[str, Any] = {
            "text": self._plain(segment.text),
            "language": self._language(segment.language),
        }
        instructions = self._instructions(segment.instructions)
        context = None
        if self.type == "base":
            item = self._item(segment)
            arguments["voice_clone_prompt"], context = item, item.ref_code
        else:
            self._check_voice(segment)
            arguments["instruct"] = instructions
        if self.type == "custom_voice":
            arguments["speaker"] = segment.voice.lower()
        return Speech(arguments, context) if any(map(str.isalnum, arguments["text"])) else None

    def enroll(self, reference: Reference, silence: float = 0.0) -> Prompt:
        """See `prompt`; seconds of `silence` follow a recording that is continued. Raises `EngineError`."""
        if self.type != "base":
            message = f"this model of {self._name} can't speak like a recording; its base models can"
            raise EngineError(message, code="unknown_voice", param="voice")
        sound, text = _read(reference.path), self._plain(reference.transcript)
        quiet = np.zeros(int(silence * SAMPLE_RATE) if text else 0, np.float32)
        return self.prompt(np.concatenate((sound, quiet)), text)

    def prompt(self, sound: NDArray[np.float32], text: str) -> Prompt:
        """What a model of the type "base" makes of samples from -1 to 1: `ref_spk_embedding` float32
        [dimensions] and `icl_mode`, whether the recording is to be continued. It is if there is a `text` of
        what is said in it, and then `ref_code` int64 [frames, codebooks] and `ref_text` are there, too."""
        (item,) = self._wrapped.create_voice_clone_prompt(
            ref_audio=(sound, SAMPLE_RATE),  # never a path: that could be an address as well
            ref_text=text or None,
            x_vector_only_mode=not text,
        )
        prompt = {
            "ref_spk_embedding": item.ref_spk_embedding.float().cpu().numpy(),  # bfloat16 fits in it
            "icl_mode": np.array(item.icl_mode),
        }
        if item.icl_mode:
            prompt |= {"ref_code": item.ref_code.cpu().numpy(), "ref_text": np.array(text)}
        return prompt

    def greeting(self) -> Segment:
        """Something to say first, when nobody listens yet."""
        voice = next((voice["id"] for voice in self.listed()), "")
        segment = Segment("Ready, steady.", voice, "en", 1.0, None, {})
        if self.type == "voice_design":
            return segment._replace(instructions="A calm voice.")
        if self.type == "base":
            noise = np.random.default_rng(0).normal(0, 0.01, SAMPLE_RATE).astype(np.float32)
            return segment._replace(prompt=self.prompt(noise, ""))
        return segment

    def _plain(self, text: str) -> str:
        """`text` without the marks by which the model tells turns and voices apart."""
        text = clean(text)
        for mark in self._marks:
            text = text.replace(mark, " ")  # not "", lest what is left make another
        return text.strip()

    def _language(self, tag: str) -> str:
        primary = tag.lower().replace("_", "-").partition("-")[0]
        if primary in _ANY:
            return "auto"
        if primary not in self._languages:
            spoken = ", ".join(self._languages)
            message = f"{self._name} does not speak {tag!r}; it speaks {spoken}"
            raise EngineError(message, code="unsupported_language", param="lang")
        return self._languages[primary]

    def _instructions(self, words: str) -> str:
        words = self._plain(words)
        if self.type == "voice_design" and not words:
            message = f"describe the voice in `instructions`: this model of {self._name} has none of its own"
            raise EngineError(message, code="invalid_value", param="instructions")
        if words and self.type == "base":
            message = f"a model of {self._name} that speaks like a recording takes no instructions"
            raise EngineError(message, code="invalid_value", param="instructions")
        if words and not self._instructs:
            message = f"this model of {self._name} takes no instructions; 1.7b-customvoice does"
            raise EngineError(message, code="invalid_value", param="instructions")
        return words

    def _check_voice(self, segment: Segment) -> None:
        known = self._speakers or [DESIGN]
        if segment.prompt is not None or segment.voice.lower() not in known:
            raise unknown_voice(segment.voice, known)

    def _item(self, segment: Segment) -> Any:
        """The prompt as the package has it."""
        import torch
        from qwen_tts import VoiceClonePromptItem

        prompt = segment.prompt
        if prompt is None:
            way_out = "make one with: vox voices add NAME --audio FILE"
            message = (
                f"{segment.voice!r} is no voice of this model of {self._name}: it speaks like recordings"
            )
            raise EngineError(f"{message}; {way_out}", code="unknown_voice", param="voice")
        continued = bool(prompt["icl_mode"])
        return VoiceClonePromptItem(
            ref_code=torch.from_numpy(prompt["ref_code"]) if continued else None,
            ref_spk_embedding=torch.from_numpy(prompt["ref_spk_embedding"]),
            x_vector_only_mode=not continued,
            icl_mode=continued,
            ref_text=str(prompt["ref_text"]) if continued else None,
        )


def opened(engine: str, model: Model, load: Callable[[str], Any]) -> Any:
    """What a package's `load` makes of the model's directory. Raises `EngineError`."""
    from safetensors import SafetensorError

    again = f"run: vox pull {engine}/{model.name}"
    if model.directory is None:
        raise EngineError(f"{engine} needs its model; {again}", code="not_installed")
    try:
        # What is no directory would be taken for a name, and looked for in the hub.
        return load(str(Path(model.directory).resolve(strict=True)))
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        message = f"{model.directory} can't be used: {reason}; {again}"
        raise EngineError(message, code="model_broken") from None


def _read(path: str) -> NDArray[np.float32]:
    """The samples, from -1 to 1, of a file as `Reference.path` has it."""
    with wave.open(path, "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    scaled: NDArray[np.float32] = samples.astype(np.float32) / np.float32(32768)
    return scaled
