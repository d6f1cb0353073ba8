"""What a caller uses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import GeneratorType
from typing import Any

import torch

from ..utils.file_utils import load_wav
from .model import END, CosyVoice2Model


class FrontEnd:
    device = "cpu"

    def __init__(self, speakers: Path) -> None:
        """A `spk2info.pt` is JSON here: names of speakers, and what is kept of each."""
        kept = json.loads(speakers.read_text()) if speakers.exists() else {}
        self.spk2info: dict[str, dict[str, Any]] = {
            name: {key: torch.tensor(value) for key, value in arrays.items()} for name, arrays in kept.items()
        }

    def _extract_text_token(self, text: Any) -> tuple[Any, Any]:
        if isinstance(text, GeneratorType):
            return self._each(text), torch.tensor([0])
        tokens = torch.tensor([list(map(ord, text.replace("<|endofprompt|>", chr(END))))])
        return tokens, torch.tensor([tokens.shape[1]])

    def _each(self, text: Any) -> Iterator[Any]:
        for part in text:
            tokens, _ = self._extract_text_token(part)
            for at in range(tokens.shape[1]):
                yield tokens[:, at : at + 1]

    def zero_shot(self, text: Any, prompt_text: str, prompt_wav: str, speaker: str) -> dict[str, Any]:
        """With a `speaker` that is kept, the prompt's text is the kept one."""
        if speaker:
            found = dict(self.spk2info[speaker])
        else:
            tokens, length = self._extract_text_token(prompt_text)
            sound, rate = load_wav(prompt_wav)
            speech = torch.tensor([[0] * (sound.shape[1] * 25 // rate)])
            embedding = torch.tensor([[sound.mean()]], "f4")
            found = {"prompt_text": tokens, "prompt_text_len": length, "llm_embedding": embedding}
            found |= {"llm_prompt_speech_token": speech, "flow_prompt_speech_token": speech}
            found["flow_embedding"] = embedding
        found["text"], found["text_len"] = self._extract_text_token(text)
        return found


class CosyVoice2:
    version = 2

    def __init__(self, model_dir: str) -> None:
        if (Path(model_dir) / "llm.pt").read_bytes() == b"broken":
            raise RuntimeError("Error(s) in loading state_dict for Qwen2LM")
        self.sample_rate = 24000
        self.frontend = FrontEnd(Path(model_dir) / "spk2info.pt")
        self.model = CosyVoice2Model(self.version)

    def add_zero_shot_spk(self, prompt_text: str, prompt_wav: str, zero_shot_spk_id: str) -> bool:
        kept = self.frontend.zero_shot("", prompt_text, prompt_wav, "")
        self.frontend.spk2info[zero_shot_spk_id] = {k: v for k, v in kept.items() if k[:4] != "text"}
        return True

    def inference_sft(self, tts_text: Any, spk_id: str, **how: Any) -> Iterator[Any]:
        text, _ = self.frontend._extract_text_token(tts_text)
        yield from self.model.tts(text=text, llm_embedding=self.frontend.spk2info[spk_id]["embedding"], **how)

    def inference_zero_shot(
        self, tts_text: Any, prompt_text: str, prompt_wav: str, zero_shot_spk_id: str = "", **how: Any
    ) -> Iterator[Any]:
        yield from self.model.tts(
            **self.frontend.zero_shot(tts_text, prompt_text, prompt_wav, zero_shot_spk_id), **how
        )

    def inference_cross_lingual(
        self, tts_text: Any, prompt_wav: str, zero_shot_spk_id: str = "", **how: Any
    ) -> Iterator[Any]:
        given = self.frontend.zero_shot(tts_text, "", prompt_wav, zero_shot_spk_id)
        for name in ("prompt_text", "llm_prompt_speech_token"):
            del given[name]
        yield from self.model.tts(**given, **how)

    def inference_instruct2(
        self, tts_text: Any, instruct_text: str, prompt_wav: str, zero_shot_spk_id: str = "", **how: Any
    ) -> Iterator[Any]:
        given = self.frontend.zero_shot(tts_text, instruct_text, prompt_wav, zero_shot_spk_id)
        del given["llm_prompt_speech_token"]
        yield from self.model.tts(**given, **how)


class CosyVoice3(CosyVoice2):
    version = 3


def AutoModel(*, model_dir: str) -> CosyVoice2:
    if (Path(model_dir) / "cosyvoice2.yaml").exists():
        return CosyVoice2(model_dir)
    return CosyVoice3(model_dir)
