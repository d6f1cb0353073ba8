# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "faster-whisper==1.2.1",  # brings CTranslate2, PyAV and the hub's client
# ]
#
# [tool.vox]
# title = "Whisper, by CTranslate2: writes down what is said"
# license = "MIT"
# role = "transcript"
# environment = "own"
# sample-rate = 0
# keep-alive = "1m"
# variables = { OMP_NUM_THREADS = "{cores}" }
# [tool.vox.models.small]
# title = "small, multilingual"
# bytes = 486000000
# hub = "Systran/faster-whisper-small"
# files = ["config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
# [tool.vox.models.tiny]
# title = "tiny, multilingual"
# bytes = 78000000
# hub = "Systran/faster-whisper-tiny"
# files = ["config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
# [tool.vox.models.base]
# title = "base, multilingual"
# bytes = 148000000
# hub = "Systran/faster-whisper-base"
# files = ["config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
# [tool.vox.models.large-v3-turbo]
# title = "large v3 turbo, multilingual"
# bytes = 1620000000
# hub = "mobiuslabsgmbh/faster-whisper-large-v3-turbo"
# files = ["config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
# [tool.vox.install]
# megabytes = 480
# ///
"""Whisper writes down what is said in a recording: a voice's transcript, or the text of a conversion."""

from __future__ import annotations

import os

from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio
from faster_whisper.tokenizer import _LANGUAGE_CODES

from vox.workers.engine import EngineError, Model, Progress, Ready, Transcript, nothing

RATE = 16_000
"""Hz that the model listens at."""


class Whisper:
    def load(self, model: Model, progress: Progress) -> Ready:
        """8-bit weights on the CPU, half precision on a card (option `compute_type`)."""
        if model.directory is None:
            raise EngineError("whisper needs its model; run: vox pull whisper", code="not_installed")
        device = {"mps": "cpu"}.get(model.device, model.device)
        kind = str(model.options.get("compute_type", "default" if device == "cuda" else "int8"))
        if not os.path.exists(
            os.path.join(model.directory, "tokenizer.json")
        ):  # it would be asked of the hub
            raise EngineError(
                f"{model.directory} has no tokenizer.json; run: vox pull whisper", code="model_broken"
            )
        try:
            self._model = WhisperModel(
                model.directory, device=device, compute_type=kind, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(f"{model.directory} can't be used: {error}", code="model_broken") from None
        return Ready(0, [])

    def transcribe(self, path: str, language: str) -> Transcript:
        tag = language.partition("-")[0] or None
        if tag is not None and tag not in _LANGUAGE_CODES:
            message = f"whisper does not know the language {language!r}; leave it out to have it found out"
            raise EngineError(message, code="unsupported_language", param="language")
        sound = decode_audio(path, sampling_rate=RATE)
        # Each part by itself: what was heard before makes it repeat itself after a silence.
        parts, found = self._model.transcribe(
            sound, language=tag, vad_filter=True, condition_on_previous_text=False
        )
        text = " ".join(part.text.strip() for part in parts)
        return Transcript(text.strip(), language or str(found.language))

    cancel = close = nothing


ENGINE = Whisper
