# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "piper-tts==1.8.0",       # brings onnxruntime, and espeak-ng compiled in
#   "huggingface-hub>=0.30",  # pulls the voices
# ]
#
# [tool.vox]
# title = "Piper"
# license = "GPL-3.0-or-later (code, espeak-ng); each voice has its own"
# environment = "own"
# sample-rate = 22050
# languages = ["en-us", "en-gb", "de", "es", "fr", "it", "nl", "pl", "pt-br", "ru", "sv", "tr", "uk", "vi",
#   "zh"]
# language-aliases = { en = "en-us", pt = "pt-br", cmn = "zh" }
# speed = [0.5, 2.0]
# keep-alive = "5m"
# voice = "lessac"
# knobs = ["noise_scale", "noise_w_scale"]
# variables = { OMP_NUM_THREADS = "{cores}" }
# [tool.vox.voices]
# en-us = ["lessac", "amy", "ryan"]
# en-gb = ["alba", "cori"]
# de = ["thorsten"]
# es = ["davefx"]
# fr = ["siwis"]
# it = ["paola"]
# nl = ["mls"]
# pl = ["darkman"]
# pt-br = ["faber"]
# ru = ["irina"]
# sv = ["nst"]
# tr = ["dfki"]
# uk = ["ukrainian_tts"]
# vi = ["vais1000"]
# zh = ["huayan"]
# [tool.vox.aliases]
# alloy = "lessac"
# ash = "ryan"
# ballad = "alba"
# cedar = "ryan"
# coral = "amy"
# echo = "ryan"
# fable = "alba"
# marin = "amy"
# nova = "amy"
# onyx = "ryan"
# sage = "cori"
# shimmer = "cori"
# verse = "lessac"
# [tool.vox.models.lessac]
# title = "American, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["en/en_US/lessac/medium/*"]
# languages = ["en-us"]
# voices = ["lessac"]
# [tool.vox.models.amy]
# title = "American, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["en/en_US/amy/medium/*"]
# languages = ["en-us"]
# voices = ["amy"]
# [tool.vox.models.ryan]
# title = "American, high"
# bytes = 121000000
# hub = "rhasspy/piper-voices"
# files = ["en/en_US/ryan/high/*"]
# languages = ["en-us"]
# voices = ["ryan"]
# license = "CC-BY-NC-SA-4.0"
# [tool.vox.models.alba]
# title = "British, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["en/en_GB/alba/medium/*"]
# languages = ["en-gb"]
# voices = ["alba"]
# license = "CC-BY-4.0"
# [tool.vox.models.cori]
# title = "British, high"
# bytes = 114000000
# hub = "rhasspy/piper-voices"
# files = ["en/en_GB/cori/high/*"]
# languages = ["en-gb"]
# voices = ["cori"]
# [tool.vox.models.thorsten]
# title = "German, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["de/de_DE/thorsten/medium/*"]
# languages = ["de"]
# voices = ["thorsten"]
# license = "CC0-1.0"
# [tool.vox.models.davefx]
# title = "Spanish, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["es/es_ES/davefx/medium/*"]
# languages = ["es"]
# voices = ["davefx"]
# [tool.vox.models.siwis]
# title = "French, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["fr/fr_FR/siwis/medium/*"]
# languages = ["fr"]
# voices = ["siwis"]
# license = "CC-BY-4.0"
# [tool.vox.models.paola]
# title = "Italian, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["it/it_IT/paola/medium/*"]
# languages = ["it"]
# voices = ["paola"]
# [tool.vox.models.mls]
# title = "Dutch, medium"
# bytes = 77000000
# hub = "rhasspy/piper-voices"
# files = ["nl/nl_NL/mls/medium/*"]
# languages = ["nl"]
# voices = ["mls"]
# license = "CC-BY-4.0"
# [tool.vox.models.darkman]
# title = "Polish, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["pl/pl_PL/darkman/medium/*"]
# languages = ["pl"]
# voices = ["darkman"]
# [tool.vox.models.faber]
# title = "Brazilian, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["pt/pt_BR/faber/medium/*"]
# languages = ["pt-br"]
# voices = ["faber"]
# [tool.vox.models.irina]
# title = "Russian, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["ru/ru_RU/irina/medium/*"]
# languages = ["ru"]
# voices = ["irina"]
# [tool.vox.models.nst]
# title = "Swedish, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["sv/sv_SE/nst/medium/*"]
# languages = ["sv"]
# voices = ["nst"]
# license = "CC0-1.0"
# [tool.vox.models.dfki]
# title = "Turkish, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["tr/tr_TR/dfki/medium/*"]
# languages = ["tr"]
# voices = ["dfki"]
# [tool.vox.models.ukrainian-tts]
# title = "Ukrainian, medium"
# bytes = 77000000
# hub = "rhasspy/piper-voices"
# files = ["uk/uk_UA/ukrainian_tts/medium/*"]
# languages = ["uk"]
# voices = ["ukrainian_tts"]
# [tool.vox.models.vais1000]
# title = "Vietnamese, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["vi/vi_VN/vais1000/medium/*"]
# languages = ["vi"]
# voices = ["vais1000"]
# license = "CC-BY-4.0"
# [tool.vox.models.huayan]
# title = "Mandarin, medium"
# bytes = 63000000
# hub = "rhasspy/piper-voices"
# files = ["zh/zh_CN/huayan/medium/*"]
# languages = ["zh"]
# voices = ["huayan"]
# [tool.vox.install]
# megabytes = 220
# ///
"""Piper, small VITS models, one a voice: the fast neural speech for small machines.

A model's directory is as the hub has it, or flat; each `X.onnx` with an `X.onnx.json` beside it is a voice,
named as in `en_US-NAME-medium`, and the speakers of a voice that has several are `NAME-SPEAKER`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PiperConfig

from vox.wire.messages import VoiceInfo
from vox.workers.engine import EngineError, Model, Progress, Ready, Segment
from vox.workers.knobs import Knob, read
from vox.workers.names import unknown_voice
from vox.workers.onnx_session import FAILURES, Session, broken, open_session
from vox.workers.pcm import s16le
from vox.workers.plain import clean

KNOBS = {"noise_scale": Knob(-1.0, -1.0, 2.0), "noise_w_scale": Knob(-1.0, -1.0, 2.0)}
"""How much the sound, and the length of phonemes, vary; negative: as the voice was made for."""
PAUSE = 0.2
"""Seconds of silence after a sentence; Piper itself leaves none."""


class _Voice(NamedTuple):
    graph: Path
    config: PiperConfig
    language: str
    speaker: int | None


class Piper:
    def load(self, model: Model, progress: Progress) -> Ready:
        if model.directory is None:
            raise EngineError("piper needs a voice; run: vox pull piper", code="not_installed")
        self._device = model.device
        self._voices = _voices(Path(model.directory))
        self._open: dict[Path, PiperVoice] = {}
        self._running: Session | None = None
        first = model.name if model.name in self._voices else next(iter(self._voices))
        progress(0.1, "graph")
        rate = self._voices[first].config.sample_rate
        others = [name for name, voice in self._voices.items() if voice.config.sample_rate != rate]
        if others:
            message = (
                f"{', '.join(others)} and {first} have different sample rates; keep them in two directories"
            )
            raise EngineError(message, code="model_broken")
        progress(0.7, "warming up")
        for _ in self.speak(Segment("Ready.", first, "en-us", 1.0, None, {})):
            pass
        infos: list[VoiceInfo] = [
            {"id": name, "name": name.title(), "language": voice.language}
            for name, voice in self._voices.items()
        ]
        return Ready(rate, infos)

    def speak(self, segment: Segment) -> Iterator[bytes]:
        name = segment.voice.lower()
        if name not in self._voices:
            raise unknown_voice(segment.voice, self._voices)
        voice = self._voices[name]
        settings = _settings(segment, voice.speaker)
        piper = self._opened(voice)
        session: Session = piper.session
        session.options = options = onnxruntime.RunOptions()
        self._running = session
        silence = bytes(2 * int(PAUSE / segment.speed * voice.config.sample_rate))
        return _speech(piper, clean(segment.text), settings, silence, options)

    def cancel(self, segment: Segment | None = None) -> None:
        if self._running is not None:
            self._running.options.terminate = True

    def close(self) -> None:
        pass

    def _opened(self, voice: _Voice) -> PiperVoice:
        if voice.graph not in self._open:
            session = open_session("piper", voice.graph, self._device)
            self._open[voice.graph] = PiperVoice(session=session, config=voice.config)
        return self._open[voice.graph]


def _speech(piper: PiperVoice, text: str, settings: Any, silence: bytes, options: Any) -> Iterator[bytes]:
    try:
        for sentence in piper.phonemize(text):
            if options.terminate:
                return
            if any(map(str.isalpha, sentence)):
                audio = piper.phoneme_ids_to_audio(piper.phonemes_to_ids(sentence), settings)
                yield s16le(np.asarray(audio)) + silence
    except FAILURES as error:
        if not options.terminate:
            raise EngineError(f"piper's model failed: {error}") from None


def _settings(segment: Segment, speaker: int | None) -> SynthesisConfig:
    knobs = read(segment.options, KNOBS, "piper")
    noise, width = (None if knobs[name] < 0 else knobs[name] for name in KNOBS)
    return SynthesisConfig(speaker, 1 / segment.speed, noise, width)


def _voices(directory: Path) -> dict[str, _Voice]:
    """All voices below `directory` by id. Raises `EngineError`."""
    found: dict[str, _Voice] = {}
    for graph in sorted(directory.rglob("*.onnx")):
        facts = graph.with_name(graph.name + ".json")
        try:
            stated = json.loads(facts.read_text(encoding="utf-8"))
            config = PiperConfig.from_dict(stated)
        except (OSError, ValueError, KeyError) as error:
            raise broken("piper", facts, f"{type(error).__name__}: {error}") from None
        parts = graph.stem.split("-")
        name = (parts[1] if len(parts) > 2 else graph.stem).lower()  # en_US-lessac-medium
        name = name if name not in found else graph.stem.lower()
        tag = _tag(str(stated.get("language", {}).get("code", "")) or config.espeak_voice)
        found[name] = _Voice(graph, config, tag, None)
        if config.num_speakers > 1:
            for speaker, number in config.speaker_id_map.items():
                found[f"{name}-{speaker}".lower()] = _Voice(graph, config, tag, number)
    if not found:
        raise broken("piper", directory, "it has no voice, which is an .onnx with an .onnx.json")
    return found


def _tag(code: str) -> str:
    """Piper's `en_US` as the BCP 47 tag in the header: with a region only where that makes a difference."""
    tag = code.lower().replace("_", "-")
    return tag if tag in ("en-us", "en-gb", "pt-br", "pt-pt") else tag.partition("-")[0].replace("cmn", "zh")


ENGINE = Piper
