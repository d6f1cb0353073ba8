# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#   "HyperPyYAML==1.2.3",
#   "ruamel.yaml<0.19",        # that of HyperPyYAML 1.2.3
#   "conformer==0.3.2",
#   "diffusers==0.29.0",
#   "einops>=0.8",
#   "huggingface-hub<1",       # pulls the weights
#   "inflect==7.3.1",
#   "librosa==0.10.2",
#   "more-itertools>=10",      # as the next two, imported by openai-whisper
#   "numba>=0.60",
#   "tiktoken>=0.7",
#   "numpy==1.26.4",
#   "omegaconf==2.3.0",
#   "onnxruntime>=1.20",
#   "regex>=2024.4",
#   "scipy>=1.11",
#   "tqdm>=4.66",
#   "transformers==4.51.3",
#   "x-transformers==2.11.24", # by cosyvoice3
# ]
#
# [tool.vox]
# title = "CosyVoice"
# license = "Apache-2.0"
# environment = "own"
# sample-rate = 24000
# languages = ["zh", "en", "ja", "ko", "de", "es", "fr", "it", "ru"]
# language-aliases = { cmn = "zh" }
# streams-audio = true
# streams-text = true
# clones = true
# instructs = true
# samples = true
# keep-alive = "30m"
# knobs = ["first_chunk_size", "chunk_size"]
# chunks = { block = 25, most = 500 }
# [tool.vox.variables]  # the two threads of the model would spin for each other's cores
# OMP_NUM_THREADS = "{cores}"
# OMP_WAIT_POLICY = "PASSIVE"
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
# [tool.vox.models."cosyvoice2-0.5b"]
# title = "Chinese, English, Japanese, Korean"
# languages = ["zh", "en", "ja", "ko"]
# bytes = 4100000000
# vram = 4500
# voices = false
# hub = "FunAudioLLM/CosyVoice2-0.5B"
# files = ["llm.pt", "flow.pt", "hift.pt", "campplus.onnx", "speech_tokenizer_v2.onnx", "CosyVoice-BlankEN/*"]
# [[tool.vox.models."cosyvoice2-0.5b".parts]]
# into = "."
# hub = "FunAudioLLM/CosyVoice2-0.5B"
# files = ["cosyvoice2.yaml"]
# trust = "it says what Python code is called to make the model"
# [[tool.vox.models."cosyvoice2-0.5b".parts]]
# into = "sample.wav"
# url = "https://raw.githubusercontent.com/FunAudioLLM/CosyVoice/ace7c47f41bbd303aa6bf1ea80e6f9fbd595cd40/asset/zero_shot_prompt.wav"
# [tool.vox.models."cosyvoice2-0.5b".sample]
# file = "sample.wav"
# transcript = "希望你以后能够做的比我还好呦。"
# language = "zh"
# [tool.vox.models."cosyvoice3-0.5b"]
# title = "nine languages and the dialects of Chinese"
# bytes = 5400000000
# vram = 6000
# voices = false
# hub = "FunAudioLLM/Fun-CosyVoice3-0.5B-2512"
# files = ["llm.pt", "flow.pt", "hift.pt", "campplus.onnx", "speech_tokenizer_v3.onnx", "CosyVoice-BlankEN/*"]
# [[tool.vox.models."cosyvoice3-0.5b".parts]]
# into = "."
# hub = "FunAudioLLM/Fun-CosyVoice3-0.5B-2512"
# files = ["cosyvoice3.yaml"]
# trust = "it says what Python code is called to make the model"
# [[tool.vox.models."cosyvoice3-0.5b".parts]]
# into = "sample.wav"
# url = "https://raw.githubusercontent.com/FunAudioLLM/CosyVoice/ace7c47f41bbd303aa6bf1ea80e6f9fbd595cd40/asset/zero_shot_prompt.wav"
# [tool.vox.models."cosyvoice3-0.5b".sample]
# file = "sample.wav"
# transcript = "希望你以后能够做的比我还好呦。"
# language = "zh"
# [tool.vox.install]  # the engine itself is a checkout that the user names
# no-deps = ["openai-whisper==20250625", "torchaudio==2.11.0"]
# remove-on-cpu = ["torchaudio/lib/*.so"]
# megabytes = 1700
# [tool.vox.install.torch]
# cpu = "torch==2.13.0"
# cuda = "torch==2.13.0"
# ///
"""CosyVoice 2 and 3: a language model picks speech tokens, flow matching and a vocoder make sound of them as
they come. Speaks like a recording, and as it is told to.

There is no package of it: it runs from a checkout of upstream's repository, which the user names. That, and
the file that describes a model, is code that this process runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from vox.wire.messages import VoiceInfo
from vox.workers import cosyvoice_package as package
from vox.workers import knobs
from vox.workers.cosyvoice_model import Model as Running
from vox.workers.cosyvoice_text import Written, plain, takes
from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment, nothing
from vox.workers.knobs import Knob
from vox.workers.names import unknown_voice
from vox.workers.pcm import s16le
from vox.workers.tap import Stopped

SAMPLE_RATE = 24000
_BLOCK = 25
"""Speech tokens, of 40 ms: the flow model was trained to see as far."""
_KNOBS = {
    "first_chunk_size": Knob(_BLOCK, _BLOCK, 20 * _BLOCK),
    "chunk_size": Knob(4 * _BLOCK, _BLOCK, 20 * _BLOCK),
}
_OPTIONS = {"source": Knob("")}
_OWN = "vox's own"
"""The speaker of the present segment, among upstream's."""
_END = "<|endofprompt|>"
_FILES = ("llm.pt", "flow.pt", "hift.pt", "campplus.onnx", "CosyVoice-BlankEN/config.json")

Speech = Callable[[Any], Iterator[Any]]
"""What speaks one take, a text or a generator of its parts."""


class _Version(NamedTuple):
    """What tells the models apart."""

    files: tuple[str, ...]
    lead: str
    """What each instruction begins with; version 3 speaks nothing without one."""
    languages: tuple[str, ...]


_VERSIONS = (
    _Version(("cosyvoice2.yaml", "speech_tokenizer_v2.onnx"), "", ("zh", "en", "ja", "ko")),
    _Version(
        ("cosyvoice3.yaml", "speech_tokenizer_v3.onnx"),
        "You are a helpful assistant.",
        ("zh", "en", "ja", "ko", "de", "es", "fr", "it", "ru"),
    ),
)


class _How(NamedTuple):
    """How a segment is spoken."""

    speech: Speech
    speaker: Mapping[str, Any] | None
    """What goes by the name `_OWN`."""
    streams: bool
    """Whether `speech` can be given a text that is still being written."""


class Cosyvoice:
    def load(self, model: Model, progress: Progress) -> Ready:
        options = knobs.read(model.options, _OPTIONS, "cosyvoice")
        directory, self._version = _files(model)
        self._name = f"cosyvoice/{model.name}"
        source = package.checkout(options["source"])
        if model.device == "cpu":
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # upstream takes what there is
        progress(0.05, "packages")
        upstream = package.bring(source)
        _device(model.device)
        progress(0.3, "weights")
        self._upstream = _open(upstream, directory, model.name)
        self._frontend = self._upstream.frontend
        self._running = Running(self._upstream.model)
        self._now: tuple[Segment, Written | None] | None = None
        lead = self._version.lead
        self._lead = lead + _END if lead else ""
        self._unsaid = self._tokens(self._lead)[0].shape[1]
        self._presets = _presets(self._frontend.spk2info)
        progress(0.8, "warming up")
        self._warm_up()
        return Ready(SAMPLE_RATE, [VoiceInfo(id=id, name=name, language="mul") for id, name in self._presets])

    def enroll(self, reference: Reference) -> Prompt:
        """What upstream keeps of a speaker, int32 but for `prompt_speech_feat`, float32[1, 2 T, 80], and the
        embeddings, float32[1, 192]: tokens of the transcript, and T speech tokens of 40 ms."""
        known = self._frontend.spk2info
        text = self._lead + plain(reference.transcript)
        try:
            self._upstream.add_zero_shot_spk(text, reference.path, _OWN)
            return {name: tensor.cpu().numpy() for name, tensor in known[_OWN].items()}
        finally:
            known.pop(_OWN, None)

    def speak(self, segment: Segment) -> Generator[bytes, None, None]:
        sizes = knobs.read(segment.options, _KNOBS, self._name)
        for name, size in sizes.items():
            if size % _BLOCK:
                message = f"option {name} is a multiple of {_BLOCK}, not {size}"
                raise EngineError(message, code="invalid_value", param=name)
        language = segment.language.lower().partition("-")[0]
        if language not in self._version.languages:
            known = ", ".join(self._version.languages)
            message = f"{self._name} does not speak {segment.language!r}; it speaks {known}"
            raise EngineError(message, code="unsupported_language", param="language")
        return self._speech(segment, self._how(segment), sizes["first_chunk_size"], sizes["chunk_size"])

    def cancel(self, segment: Segment) -> None:
        now = self._now
        if now is not None and now[0] is segment:
            self._running.stop()
            if now[1] is not None:
                now[1].stop()

    close = nothing

    def _speech(self, segment: Segment, how: _How, first: int, most: int) -> Generator[bytes, None, None]:
        written = Written(segment.deltas) if segment.deltas is not None else None
        quit = written.stop if written is not None else lambda: None
        self._running.begin(segment.seed)
        self._now = segment, written
        if how.speaker is not None:
            self._frontend.spk2info[_OWN] = how.speaker
        try:
            for text in _takes(segment.text, written, how.streams):
                sound = self._running.take(partial(how.speech, text), first, max(first, most), quit)
                with closing(sound):  # type: ignore[type-var]
                    for samples in sound:
                        yield s16le(samples.numpy())
                if self._running.stopped:
                    return
        except Stopped:
            return
        finally:
            quit()
            self._frontend.spk2info.pop(_OWN, None)
            self._now = None

    def _how(self, segment: Segment) -> _How:
        """Raises `EngineError`."""
        known, instructions = self._frontend.spk2info, plain(segment.instructions)
        if segment.prompt is not None:
            return self._like(_tensors(segment.prompt, self._frontend.device), instructions)
        names = {id.lower(): name for id, name in self._presets}
        name = names.get(segment.voice.lower())
        if name is None:
            raise unknown_voice(segment.voice, names)
        if "flow_embedding" in known[name]:  # as `save_spkinfo` keeps a recording
            return self._like(known[name], instructions)
        if instructions:
            message = (
                f"the voice {segment.voice!r} of {self._name} takes no instructions; a recorded one does"
            )
            raise EngineError(message, code="invalid_value", param="instructions")
        sft = self._upstream.inference_sft
        return _How(lambda text: sft(self._lead + text, name, stream=True, text_frontend=False), None, False)

    def _like(self, speaker: Mapping[str, Any], instructions: str) -> _How:
        """How to speak like a recording."""
        kept = {"zero_shot_spk_id": _OWN, "stream": True, "text_frontend": False}
        upstream = self._upstream
        if not instructions and speaker["prompt_text"].shape[1] > self._unsaid:
            return _How(lambda text: upstream.inference_zero_shot(text, "", "", **kept), speaker, True)
        if not instructions and not self._lead:
            return _How(lambda text: upstream.inference_cross_lingual(text, "", **kept), speaker, False)
        # Upstream takes a kept speaker for the instruction too. Without one version 3 wants the lead alone,
        # which it would count as text if it were in front of that.
        lead = f"{self._version.lead} {instructions}".strip() + _END
        tokens, length = self._tokens(lead)
        told = {**speaker, "prompt_text": tokens, "prompt_text_len": length}
        return _How(lambda text: upstream.inference_instruct2(text, lead, "", **kept), told, False)

    def _tokens(self, text: str) -> tuple[Any, Any]:
        """int32[1, N], and N as int32[1]."""
        found: tuple[Any, Any] = self._frontend._extract_text_token(text)
        return found

    def _warm_up(self) -> None:
        """Say the beginning of something in nobody's voice."""
        import numpy as np

        tokens, frames = np.zeros((1, _BLOCK), np.int32), np.zeros((1, 2 * _BLOCK, 80), np.float32)
        embedding = np.full((1, 192), 192**-0.5, np.float32)
        voice = {
            "llm_prompt_speech_token": tokens, "flow_prompt_speech_token": tokens,
            "prompt_speech_feat": frames, "llm_embedding": embedding, "flow_embedding": embedding,
            "prompt_text": self._tokens(self._lead + "Hello there.")[0].cpu().numpy(),
        }  # fmt: skip
        names = ("prompt_text", "llm_prompt_speech_token", "flow_prompt_speech_token", "prompt_speech_feat")
        lengths = {f"{name}_len": np.array([voice[name].shape[1]], np.int32) for name in names}
        segment = Segment("Ready when you are.", "", "en", 1.0, 0, {}, prompt=voice | lengths)
        with closing(self.speak(segment)) as sound:
            next(sound, None)


def _takes(text: str, written: Written | None, streams: bool) -> Iterator[Any]:
    if written is None:
        return takes(text)
    return written.streams() if streams else written.sentences()


def _files(model: Model) -> tuple[Path, _Version]:
    """Where the model's files are, and what it is. Raises `EngineError`."""
    again = f"run: vox pull cosyvoice/{model.name}"
    if model.directory is None:
        raise EngineError(f"cosyvoice needs its model; {again}", code="not_installed")
    directory = Path(model.directory)
    for version in _VERSIONS:
        if (directory / version.files[0]).is_file():
            missing = [name for name in (*version.files, *_FILES) if not (directory / name).is_file()]
            if missing:
                message = f"{directory} has no {', '.join(missing)}; {again}"
                raise EngineError(message, code="model_broken")
            return directory, version
    names = " or ".join(version.files[0] for version in _VERSIONS)
    raise EngineError(f"{directory} has no {names}; {again}", code="model_broken")


def _device(wanted: str) -> None:
    """Raises `EngineError` for one that upstream can't run on here."""
    import torch

    if wanted not in ("auto", "cpu", "cuda"):
        message = f"cosyvoice can't run on {wanted!r}; set engines.cosyvoice.device to auto, cpu or cuda"
        raise EngineError(message, code="not_installed")
    if wanted == "cuda" and not torch.cuda.is_available():
        message = "torch finds no CUDA device; set engines.cosyvoice.device to auto or cpu"
        raise EngineError(message, code="not_installed")


def _open(upstream: Any, directory: Path, name: str) -> Any:
    """Upstream's own model. Raises `EngineError`."""
    import torch

    try:
        with package.training_left_out():
            return upstream.AutoModel(model_dir=str(directory))
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        message = f"{directory} can't be used: {reason}; run: vox pull cosyvoice/{name}"
        raise EngineError(message, code="model_broken") from error


def _presets(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The speakers of a `spk2info.pt`, as (voice id, upstream's name): most names are Chinese, and an id has
    to be of ASCII."""
    found = []
    for number, name in enumerate(known, 1):
        usable = name.isascii() and name[:1].isalnum() and name.replace("-", "_").isidentifier()
        found.append((name if usable else f"speaker{number}", name))
    return found


def _tensors(prompt: Prompt, device: Any) -> dict[str, Any]:
    import torch

    return {name: torch.from_numpy(array).to(device) for name, array in prompt.items()}


ENGINE = Cosyvoice
