# /// script
# requires-python = ">=3.10,<3.14"
# dependencies = [
#   "kokoro-onnx==0.6.1",     # brings onnxruntime, numpy and espeakng-loader
#   "huggingface-hub>=0.30",  # pulls the weights
#   "pypinyin>=0.55",         # reads Mandarin
#   "cn2an>=0.5.24",          # reads numbers in Mandarin and Japanese
#   "pykakasi>=2.3",          # reads Japanese
# ]
#
# [tool.vox]
# title = "Kokoro 82M"
# license = "Apache-2.0 (weights), MIT (code), GPL-3.0-or-later (espeak-ng, phonemizer, pykakasi)"
# environment = "own"
# sample-rate = 24000
# languages = ["en-us", "en-gb", "es", "fr", "hi", "it", "ja", "pt-br", "zh"]
# language-aliases = { en = "en-us", pt = "pt-br", cmn = "zh" }
# speed = [0.5, 2.0]
# keep-alive = "5m"
# voice = "af_heart"
# [tool.vox.default-voices]
# en-us = "af_heart"
# en-gb = "bf_emma"
# es = "ef_dora"
# fr = "ff_siwis"
# hi = "hf_alpha"
# it = "if_sara"
# ja = "jf_alpha"
# pt-br = "pf_dora"
# zh = "zf_xiaoxiao"
# [tool.vox.voices]
# en-us = ["af_heart", "af_alloy", "af_aoede", "af_bella", "af_jessica", "af_kore", "af_nicole", "af_nova",
#   "af_river", "af_sarah", "af_sky", "am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael",
#   "am_onyx", "am_puck", "am_santa"]
# en-gb = ["bf_alice", "bf_emma", "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george", "bm_lewis"]
# es = ["ef_dora", "em_alex", "em_santa"]
# fr = ["ff_siwis"]
# hi = ["hf_alpha", "hf_beta", "hm_omega", "hm_psi"]
# it = ["if_sara", "im_nicola"]
# ja = ["jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo"]
# pt-br = ["pf_dora", "pm_alex", "pm_santa"]
# zh = ["zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia",
#   "zm_yunyang"]
# [tool.vox.aliases]
# alloy = "af_alloy"
# ash = "am_michael"
# ballad = "bm_george"
# cedar = "am_adam"
# coral = "af_bella"
# echo = "am_echo"
# fable = "bm_fable"
# marin = "af_sarah"
# nova = "af_nova"
# onyx = "am_onyx"
# sage = "af_kore"
# shimmer = "af_jessica"
# verse = "am_puck"
# [tool.vox.models.82m]
# title = "full precision"
# bytes = 354000000
# hub = "onnx-community/Kokoro-82M-v1.0-ONNX"
# files = ["onnx/model.onnx", "voices/*.bin"]
# [tool.vox.models.82m-fp16]
# title = "half precision"
# bytes = 191000000
# hub = "onnx-community/Kokoro-82M-v1.0-ONNX"
# files = ["onnx/model_fp16.onnx", "voices/*.bin"]
# [tool.vox.models.82m-int8]
# title = "8-bit weights"
# bytes = 121000000
# hub = "onnx-community/Kokoro-82M-v1.0-ONNX"
# files = ["onnx/model_quantized.onnx", "voices/*.bin"]
# [tool.vox.install]
# megabytes = 260
# ///
"""Kokoro, a model of 82 million parameters that speaks nine languages faster than real time on a few cores.

A voice may be a mix, "af_bella(2)+af_sky(1)": the mean of the styles, weighted. The model's directory is as
the hub has it (`onnx/`, `voices/*.bin`) or flat as kokoro-onnx publishes it (`kokoro-v1.0.onnx`,
`voices-v1.0.bin`).
"""

from __future__ import annotations

import logging
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import kokoro_onnx
import numpy as np
import onnxruntime
from kokoro_onnx.chunker import pause_after, split_phonemes
from numpy.typing import NDArray

from vox.wire.messages import VoiceInfo
from vox.workers.engine import EngineError, Model, Progress, Ready, Segment
from vox.workers.names import unknown_voice
from vox.workers.onnx_session import FAILURES, Session, broken, open_session
from vox.workers.pcm import s16le
from vox.workers.phonemes import phonemes

_log = logging.getLogger(__name__)

Samples = NDArray[np.float32]

SAMPLE_RATE = 24000
LONGEST = 150
"""Phonemes in one run of the model: 350 would need 1.4 GB, and nothing is heard before a run has ended."""
_STYLE = (510, 1, 256)
"""The shape of a voice's style, float32: a row for each length in phonemes."""
_PAUSES = (0.25, 0.1)
"""Seconds after a sentence and after a clause, as kokoro-onnx has them."""
_QUIET = 0.01
"""Of the peak: -40 dB."""
_GRAPHS = {
    "82m": ("onnx/model.onnx", "model.onnx", "kokoro-v1.0.onnx"),
    "82m-fp16": ("onnx/model_fp16.onnx", "model_fp16.onnx", "kokoro-v1.0.fp16.onnx"),
    "82m-int8": ("onnx/model_quantized.onnx", "model_quantized.onnx", "kokoro-v1.0.int8.onnx"),
}
_ARCHIVES = ("voices-v1.0.bin", "voices.bin")
_LANGUAGES = {
    "a": "en-us", "b": "en-gb", "e": "es", "f": "fr", "h": "hi", "i": "it", "j": "ja", "p": "pt-br",
    "z": "zh",
}  # fmt: skip
"""By the first letter of a voice."""
_PART = re.compile(r"\s*([\w-]+)\s*(?:\(\s*(\d+(?:\.\d+)?)\s*\))?\s*")
"""A voice and its weight."""


class Kokoro:
    def load(self, model: Model, progress: Progress) -> Ready:
        if model.directory is None:
            raise EngineError("kokoro needs its model; run: vox pull kokoro", code="not_installed")
        directory = Path(model.directory)
        self._styles = _styles(directory)
        self._voice = lru_cache(maxsize=32)(self._mixed)
        progress(0.1, "graph")
        self._session = open_session("kokoro", _graph(directory, model.name), model.device)
        self._model = _model(self._session)
        progress(0.8, "warming up")
        warm = Segment("Ready.", next(iter(self._styles)), "en-us", 1.0, None, {})
        for _ in self.speak(warm):  # the first run allocates; reading English may load a dictionary
            pass
        infos: list[VoiceInfo] = [
            {"id": name, "name": name[3:].title(), "language": _LANGUAGES.get(name[0], "en-us")}
            for name in self._styles
        ]
        return Ready(SAMPLE_RATE, infos)

    def speak(self, segment: Segment) -> Iterator[bytes]:
        style = self._voice(segment.voice.lower())
        self._session.options = options = onnxruntime.RunOptions()
        return self._speech(segment, style, options)

    def cancel(self, segment: Segment | None = None) -> None:
        self._session.options.terminate = True

    def close(self) -> None:
        pass

    def _speech(self, segment: Segment, style: Samples, options: Any) -> Iterator[bytes]:
        sentence, clause = (pause / segment.speed for pause in _PAUSES)
        for piece in split_phonemes(self._known(segment), LONGEST):
            if not any(map(str.isalpha, piece)):
                continue
            try:
                samples, _ = self._model.create(
                    piece,
                    style,
                    segment.speed,
                    is_phonemes=True,
                    sentence_pause=sentence,
                    clause_pause=clause,
                )
            except FAILURES as error:
                if options.terminate:
                    return
                raise EngineError(f"kokoro's model failed: {error}") from None
            yield s16le(_padded(samples, pause_after(piece, sentence, clause)))

    def _known(self, segment: Segment) -> str:
        """The phonemes of a segment that the model knows; the log names those that it does not."""
        found = phonemes(segment.text, segment.language)
        known: str = self._model.tokenizer.known(found)
        if unknown := sorted(set(found) - set(known)):
            _log.warning("left out symbols that the model does not know: %s", " ".join(unknown))
        return known

    def _mixed(self, expression: str) -> Samples:
        """The style of a voice, or the weighted mean of several. Raises `EngineError`."""
        weights: dict[str, float] = {}
        for part in expression.split("+"):
            found = _PART.fullmatch(part)
            name = found[1] if found else part.strip()
            if found is None or name not in self._styles:
                raise unknown_voice(name, self._styles)
            weights[name] = weights.get(name, 0.0) + float(found[2] or 1)
        total = sum(weights.values())
        if not total:
            message = f"the weights in {expression!r} are zero"
            raise EngineError(message, code="invalid_value", param="voice")
        shares = [weight / total * self._styles[name] for name, weight in weights.items()]
        mixed: Samples = np.sum(shares, axis=0, dtype=np.float32)
        return mixed


def _broken(path: Path, reason: object) -> EngineError:
    return broken("kokoro", path, reason)


def _graph(directory: Path, model: str) -> Path:
    names = _GRAPHS.get(model, ())
    for name in names:
        if (directory / name).is_file():
            return directory / name
    raise _broken(directory, f"it has no graph of {model}, which is {' or '.join(names) or 'unknown'}")


def _model(session: Session) -> Any:
    """kokoro-onnx on a session. It insists on a file of voices; an empty one does, as it is given arrays."""
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        zipfile.ZipFile(file, "w").close()
        file.flush()
        return kokoro_onnx.Kokoro.from_session(session, file.name)


def _styles(directory: Path) -> Mapping[str, Samples]:
    """All styles by voice, read when used. Raises `EngineError`."""
    loose = sorted(directory.glob("voices/*.bin"))
    if loose:
        return {path.stem: _style(path) for path in loose}
    for path in (directory / name for name in _ARCHIVES):
        if path.is_file():
            return _archive(path)
    raise _broken(directory, f"it has no voices, neither voices/*.bin nor {_ARCHIVES[0]}")


def _style(path: Path) -> Samples:
    size = 4 * int(np.prod(_STYLE))
    if path.stat().st_size != size:
        raise _broken(path, f"a voice has {size} bytes, this file {path.stat().st_size}")
    return np.memmap(path, dtype="<f4", mode="r", shape=_STYLE)


def _archive(path: Path) -> Mapping[str, Samples]:
    try:
        styles = np.load(path)
        if not isinstance(styles, np.lib.npyio.NpzFile) or next(iter(styles.values())).shape != _STYLE:
            raise _broken(path, "it is no archive of voices")
    except (OSError, ValueError, EOFError, StopIteration, zipfile.BadZipFile) as error:
        raise _broken(path, error) from None
    return styles


def _padded(samples: Samples, pause: float) -> Samples:
    """`samples` with at least `pause` seconds of quiet at their end."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET * np.max(np.abs(samples), initial=0.0))
    quiet = len(samples) - (loud[-1] + 1 if len(loud) else 0)
    return np.pad(samples, (0, max(0, int(pause * SAMPLE_RATE) - quiet)))


ENGINE = Kokoro
