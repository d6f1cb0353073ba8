# /// script
# requires-python = ">=3.10,<3.14"
# dependencies = [
#   "einops>=0.8",
#   "espeakng-loader==0.2.4",  # espeak-ng 1.52: phonemes
#   "huggingface-hub==0.36.2", # imported by the package, and pulls the weights
#   "inflect==7.5.0",
#   "numpy>=1.26",
#   "omegaconf>=2.3",          # as the next two, imported by torchtune
#   "sentencepiece>=0.2",
#   "tiktoken>=0.7",
#   "packaging>=24",
#   "regex>=2024.4",
#   "requests>=2.31",
#   "safetensors>=0.4",
#   "six>=1.16",
#   "tqdm>=4.66",
# ]
#
# [tool.vox]
# title = "VoXtream2"
# license = "MIT, Apache-2.0 (code); weights made from CC-BY-4.0 and CC-BY-NC-4.0 data; GPL-3.0 (espeak-ng)"
# environment = "own"
# sample-rate = 24000
# languages = ["en"]
# speed = [0.25, 1.75]
# streams-audio = true
# streams-text = true
# clones = true
# samples = true
# keep-alive = "5m"
# knobs = ["temperature", "top_k", "top_p", "cfg_gamma"]
# [tool.vox.variables]
# OMP_NUM_THREADS = "{cores}"
# OMP_WAIT_POLICY = "PASSIVE"  # else it is ten times slower as soon as somebody else needs a core
# PYTORCH_CUDA_ALLOC_CONF = "expandable_segments:True"
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
# [tool.vox.models.2]
# title = "zero-shot, 0.46 billion parameters"
# bytes = 2270000000
# hub = "herimor/voxtream2"
# files = ["config.json", "phoneme_to_token.json", "model.safetensors"]
# vram = 2300
# voices = false
# sample = { file = "sample.wav", language = "en" }
# [[tool.vox.models.2.parts]]
# into = "mimi"
# hub = "kyutai/moshiko-pytorch-bf16"
# files = ["tokenizer-e351c8d8-checkpoint125.safetensors"]
# [[tool.vox.models.2.parts]]
# into = "redimnet"
# url = "https://github.com/IDRnD/ReDimNet/archive/c994fce84d592930697852f8aa4884ba75760b18.zip"
# trust = "it is Python code that the engine runs"
# [[tool.vox.models.2.parts]]
# into = "redimnet.pt"
# url = "https://github.com/IDRnD/ReDimNet/releases/download/latest/M-vb2+vox2+cnc-ft_mix.pt"
# [[tool.vox.models.2.parts]]
# into = "sample.wav"
# url = """https://raw.githubusercontent.com/herimor/voxtream/\
#   8ec2d62159dae4716ae7058827244a962d40603c/assets/audio/english_male.wav"""
# [tool.vox.install]
# no-deps = ["voxtream==0.2.5", "moshi==0.2.13", "torchtune==0.4.0", "torchao==0.9.0", "torchaudio==2.11.0"]
# remove-on-cpu = ["torchaudio/lib/*.so"]
# megabytes = 1060
# [tool.vox.install.torch]
# cpu = "torch==2.13.0"
# cuda = "torch==2.13.0"
# ///
"""VoXtream2: speaks like a recording, from the third phoneme of a text that is still being written.

The package's own loader and `generate_stream` run here: a frame of 80 ms a step. What the package would fetch
from the net it is given from the model's directory, and a compiled voice as the file that it would keep.
"""

from __future__ import annotations

import math
import os
import pickle
import random
import shutil
import sys
import tempfile
import wave
from bisect import bisect_left
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment
from vox.workers.knobs import Knob, read
from vox.workers.names import unknown_voice
from vox.workers.pcm import s16le
from vox.workers.tap import Stopped
from vox.workers.voxtream_package import bring, swapped, unfilled
from vox.workers.voxtream_text import Growing, Whole

SAMPLE_RATE = 24000
SYLLABLES = 4.0
"""A second, at speed 1: the pace of ordinary English."""
MOST = 1000
"""Characters that upstream says the model takes."""
_A_SYLLABLE = 4
"""Characters of English, about."""
_USUAL = 40
"""Seconds that a take should last: upstream ends it at 60."""
_MIMI = "kyutai/moshiko-pytorch-bf16"
_FILES = {
    "model_repo": "herimor/voxtream2", "model_name": "model.safetensors", "model_config_name": "config.json",
    "phoneme_dict_name": "phoneme_to_token.json", "model_weight_path": None, "hf_token": None,
    "mimi_repo": _MIMI, "mimi_name": "tokenizer-e351c8d8-checkpoint125.safetensors",
    "spk_enc_repo": "IDRnD/ReDimNet", "spk_enc_model": "ReDimNet", "spk_enc_model_name": "M",
    "spk_enc_train_type": "ft_mix", "spk_enc_dataset": "vb2+vox2+cnc",
}  # fmt: skip
_CONFIG = {
    "sil_token": 120, "unk_token": 122, "eop_token": 122, "bos_token": 123, "eos_token": 124,
    "audio_pad_token": 2049, "punct_map": {".": 117, ",": 118, "?": 119, "!": 121},
    "phoneme_index_map": {"0": [0, 1], "1": [0, 2], "2": [1, 1], "3": [1, 2], "4": [2, 1], "5": [2, 2]},
    "num_codebooks": 16, "num_phones_per_frame": 2, "audio_delay_frames": 1, "max_phone_tokens": 2000,
    "mimi_sr": SAMPLE_RATE, "mimi_vocab_size": 2048, "mimi_frame_ms": 80, "spk_enc_sr": 16000,
    "max_audio_length_ms": 60000, "min_prompt_sec": 1, "max_prompt_sec": 20,
    "phonemizer": "espeak", "text_context": " context", "text_context_length": 18,
    "min_look_ahead_phones": 3, "frame_repeat_counter": 25, "spk_rate_window_sec": 3.0,
    "temperature": 0.9, "topk": 5, "top_p": 0.9, "cfg_gamma": 1.5, "cfg_ac_gamma": 3.0,
    "spk_proj_weight": 1.5, "reset_streaming_state": False, "cache_prompt": True,
    # What is done to a recording: nothing, it comes trimmed and levelled.
    "enhance_prompt": False, "sidon_se_reload_model": False, "apply_vad": False, "min_speech_seg_sec": 0.3,
    "normalize_prompt_loudness": False, "prompt_loudness_lufs": -23.0,
}  # fmt: skip
"""Upstream's configs/generator.json, which the wheel lacks."""
_RATES = {
    1: (52, 15, 1, 2, 1, 3, 3.0, 1.25),
    2: (44, 24, 2, 2, 1, 1, 3.0, 1.25),
    3: (24, 23, 2, 3, 1, 1, 5.0, 1.5),
    4: (40, 59, 5, 12, 1, 2, 5.0, 1.5),
    5: (21, 43, 4, 13, 1, 2, 7.0, 2.0),
    6: (27, 69, 6, 30, 2, 7, 7.0, 2.0),
    7: (6, 18, 2, 9, 1, 3, 10.0, 2.5),
}
"""Upstream's configs/speaking_rate.json: by syllables a second how often each of the six states comes, the
weight, cfg_gamma."""
_KNOBS = {
    "temperature": Knob(0.9, 0.05, 2),
    "top_k": Knob(5, 1, 2050),
    "top_p": Knob(0.9, 0, 1),
    "cfg_gamma": Knob(1.5, 1, 5),
}


class Voxtream:
    def load(self, model: Model, progress: Progress) -> Ready:
        directory = _directory(model)
        os.environ |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
        progress(0.05, "packages")
        device = _device(model.device)
        if device == "cpu" or not shutil.which("cc"):
            os.environ["NO_TORCH_COMPILE"] = "1"  # read by moshi, which would want a compiler
        module = bring()
        progress(0.3, "weights")
        with unfilled(), _from(directory, device, module):
            config = module.SpeechGeneratorConfig(**_FILES, **_CONFIG)
            self._generator = module.SpeechGenerator(config, {})
        self._config = config
        self._now: tuple[Segment, Whole | Growing] | None = None
        self._compiled: Prompt | None = None
        self._scratch = tempfile.TemporaryDirectory(prefix="vox-voxtream-")
        progress(0.8, "warming up")
        self._warm_up()
        return Ready(SAMPLE_RATE, [])

    def enroll(self, reference: Reference) -> Prompt:
        """`audio_tokens`, int64[1, 16, T], of 80 ms each, and `spk_embedding`, float32[1, 192]."""
        import numpy as np
        import torch
        from voxtream.utils.generator.prompt import encode_audio_prompt, extract_speaker_template

        with wave.open(reference.path) as file:
            rate, data = file.getframerate(), file.readframes(file.getnframes())
        shortest = self._config.min_prompt_sec
        if len(data) < 2 * rate * shortest:
            message = f"voxtream needs a recording of {shortest} s, and this has {len(data) / 2 / rate:.2f} s"
            raise EngineError(message, code="invalid_value", param="voice")
        context = self._generator.ctx
        waveform = torch.from_numpy(np.frombuffer(data, "<i2").astype(np.float32) / 32768)[None]
        where = {"device": context.device, "dtype": context.dtype}
        with torch.inference_mode():
            tokens = encode_audio_prompt(waveform, rate, context.mimi_prompt, SAMPLE_RATE, **where)
            speaker = extract_speaker_template(
                waveform, rate, context.spk_enc, self._config.spk_enc_sr, **where
            )
        return {"audio_tokens": tokens.cpu().numpy(), "spk_embedding": speaker.float().cpu().numpy()}

    def speak(self, segment: Segment) -> Generator[bytes, None, None]:
        knobs = read(segment.options, _KNOBS, "voxtream")
        if segment.prompt is None:
            raise unknown_voice(segment.voice, ())
        if segment.language.lower().partition("-")[0] != "en":
            message = f"voxtream does not speak {segment.language!r}; it speaks en"
            raise EngineError(message, code="unsupported_language", param="lang")
        return self._speech(segment, segment.prompt, knobs)

    def cancel(self, segment: Segment) -> None:
        now = self._now
        if now is not None and now[0] is segment:
            now[1].stop()

    def close(self) -> None:
        self._scratch.cleanup()

    def _speech(
        self, segment: Segment, prompt: Prompt, knobs: Mapping[str, Any]
    ) -> Generator[bytes, None, None]:
        rate = SYLLABLES * segment.speed
        most = min(MOST, int(_USUAL * _A_SYLLABLE * rate))
        text: Whole | Growing = Whole(segment.text, most)
        if segment.deltas is not None:
            text = Growing(segment.deltas, most)
        self._now = segment, text
        try:
            self._set(knobs, segment.seed)
            given = {
                "prompt_audio_path": self._file(prompt),
                "speaking_rate": None if segment.speed == 1.0 else repeat(rate),
                "return_progress": True,
            }
            while (take := text.take()) is not None:
                with closing(self._generator.generate_stream(text=take, **given)) as frames:
                    yield from self._sound(frames, text)
        except Stopped:
            return
        finally:
            text.stop()
            self._now = None

    def _sound(self, frames: Iterator[Any], text: Whole | Growing) -> Iterator[bytes]:
        """The sound of a take. What upstream's limit of a minute cuts off goes to the next one."""
        config = self._config
        left = config.max_audio_length_ms // config.mimi_frame_ms - config.audio_delay_frames
        for samples, _, progress in frames:
            if text.stopped:
                return
            yield s16le(samples)
            left -= 1
            if not left:
                text.put_back(self._unsaid(text, progress["phone_position"]))

    def _unsaid(self, text: Whole | Growing, phonemes: int) -> list[str]:
        """The words of a take from the one on that its phoneme number `phonemes` is in; at least one word is
        taken as said."""
        from voxtream.utils.generator.text import text_to_phone_tokens

        context = self._generator.ctx
        count = partial(
            text_to_phone_tokens,
            config=self._config,
            phone_to_token=context.phone_to_token,
            phonemizer=context.phonemizer,
        )

        def until(number: int) -> int:
            """Phonemes up to and with a word."""
            words = text.words[: number + 1]
            if isinstance(text, Whole):
                return len(count(" ".join(words))[0])
            return sum(len(count(word, full_streaming=True)[0]) for word in words)

        first = bisect_left(range(len(text.words)), phonemes, key=until)
        return text.words[max(first, 1) :]

    def _set(self, knobs: Mapping[str, Any], seed: int | None) -> None:
        """What the package has for all, for the next segment."""
        from voxtream.utils.generator import set_seed

        set_seed(random.SystemRandom().getrandbits(32) if seed is None else seed % 2**32)
        config = self._config
        config.temperature, config.topk = knobs["temperature"], knobs["top_k"]
        config.top_p, config.cfg_gamma = knobs["top_p"], knobs["cfg_gamma"]
        # The weights were made for voxtream 0.2.4, which took logarithms to the base of ten and left the
        # temperature out; this gives what they gave there.
        unit = knobs["temperature"] / math.log(10)
        self._generator.spk_rate_config = {
            str(rate): {"duration_state": states, "weight": weight * unit, "cfg_gamma": gamma}
            for rate, (*states, weight, gamma) in _RATES.items()
        }

    def _file(self, prompt: Prompt) -> Path:
        """The recording that the package finds the compiled voice of, and which there is none of."""
        import numpy as np

        recording = Path(self._scratch.name, "voice.wav")
        if prompt is not self._compiled:
            np.save(recording.with_suffix(".prompt.npy"), dict(prompt), allow_pickle=True)  # type: ignore[arg-type]
            self._compiled = prompt
        return recording

    def _warm_up(self) -> None:
        """The first frame that is heard is the second, the first of those that are all alike. A card records
        what they do at the one after it."""
        import numpy as np

        voice = {
            "audio_tokens": np.zeros((1, self._config.num_codebooks, 25), np.int64),
            "spk_embedding": np.full((1, 192), 192**-0.5, np.float32),
        }
        segment = Segment("Ready when you are.", "", "en", 1.0, 0, {}, prompt=voice)
        frames = 1 if self._generator.ctx.device == "cpu" else 4
        with closing(self.speak(segment)) as sound:
            for _ in zip(range(frames), sound, strict=False):
                pass


def _directory(model: Model) -> Path:
    """Where the model's files are. Raises `EngineError`."""
    if model.directory is None:
        raise EngineError("voxtream needs its model; run: vox pull voxtream", code="not_installed")
    directory = Path(model.directory)
    names = [str(_FILES[name]) for name in ("model_config_name", "phoneme_dict_name", "model_name")]
    for name in (*names, f"mimi/{_FILES['mimi_name']}", "redimnet/hubconf.py", "redimnet.pt"):
        if not (directory / name).is_file():
            message = f"{directory / name} is missing; run: vox pull voxtream"
            raise EngineError(message, code="model_broken")
    return directory


def _device(wanted: str) -> str:
    """Where the package runs. Raises `EngineError`."""
    import torch

    if wanted not in ("auto", "cpu", "cuda"):
        message = f"voxtream can't run on {wanted!r}; set engines.voxtream.device to auto, cpu or cuda"
        raise EngineError(message, code="not_installed")
    if wanted == "cuda" and not torch.cuda.is_available():
        message = "torch finds no CUDA device; set engines.voxtream.device to auto or cpu"
        raise EngineError(message, code="not_installed")
    return "cpu" if wanted == "cpu" or not torch.cuda.is_available() else "cuda"


@contextmanager
def _from(directory: Path, device: str, module: Any) -> Iterator[None]:
    """The package finds in `directory` what it would fetch, finds `device`, and leaves the number of threads
    as it is. Raises `EngineError` where the files are no good."""
    import torch
    from safetensors import SafetensorError
    from voxtream.utils.generator import setup

    hub = torch.hub.load
    broken = (OSError, RuntimeError, LookupError, TypeError, ValueError, AssertionError, EOFError)

    def file(repository: str, name: str, **_: Any) -> str:
        return str(directory / ("mimi" if repository == _MIMI else "") / name)

    def code(repository: str, name: str, **given: Any) -> Any:
        return hub(str(directory / "redimnet"), name, source="local", **given)

    def weights(*_: Any, **__: Any) -> Any:
        return torch.load(directory / "redimnet.pt", map_location="cpu", weights_only=True)

    with ExitStack() as stack:
        stack.enter_context(swapped(setup, hf_hub_download=file))
        stack.enter_context(swapped(torch.hub, load=code, load_state_dict_from_url=weights))
        stack.enter_context(swapped(sys, dont_write_bytecode=True))  # the directory stays as it was pulled
        stack.enter_context(swapped(module, configure_cpu_threads=lambda: None))
        if device == "cpu":
            stack.enter_context(swapped(torch.cuda, is_available=lambda: False))
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except (*broken, SafetensorError, pickle.UnpicklingError) as error:
            reason = str(error).partition("\n")[0]
            message = f"the model in {directory} can't be used: {reason}; run: vox pull voxtream"
            raise EngineError(message, code="model_broken") from error


ENGINE = Voxtream
