"""The language model, the flow, the vocoder, and the two threads between them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import GeneratorType, SimpleNamespace
from typing import Any

import numpy as np
import torch

PER_CHARACTER = 4
SAMPLES = 960
"""Of a token."""
STEPS = 10
"""Of the flow, for each chunk."""
END = 1
"""The character that <|endofprompt|> is."""
_numbers = itertools.count()


def _draw(scores: Any, before: list[int], most: int) -> int:
    best = int(scores.argmax())
    return best if scores[best] > 0 else int(torch.randrange(8))


class Llm:
    """Says a character, and by whose dice, in each token: character + 256 × what was drawn."""

    speech_token_size = 2048

    def __init__(self, version: int) -> None:
        self.version = version
        self.eos_token, self.fill_token = (self.speech_token_size + number for number in (version - 2, 3))
        self.hasty = False
        """Whether it wants to end before the text does."""
        self.sampling: Callable[..., int] = partial(_draw)
        self.asked: list[SimpleNamespace] = []
        """What it was given."""
        self.made = 0
        self.step: Callable[[], object] = lambda: None
        """Called before each token."""

    def inference(
        self, text: Any, prompt_text: Any, prompt_speech_token: Any, embedding: Any, uuid: str, **_: Any
    ) -> Iterator[int]:
        if self.version == 3:
            assert END in text or END in prompt_text, "<|endofprompt|> not detected"
        self._asked(text, prompt_text, prompt_speech_token, streams=False)
        for character in text[0]:
            yield from self._tokens(int(character))

    def inference_bistream(
        self, text: Any, prompt_text: Any, prompt_speech_token: Any, embedding: Any, **_: Any
    ) -> Iterator[int]:
        if self.version == 3:
            assert END in prompt_text, "<|endofprompt|> not detected"
        self._asked(torch.tensor([[]]), prompt_text, prompt_speech_token, streams=True)
        for character in text:
            yield from self._tokens(int(character[0, 0]))

    def _asked(self, text: Any, prompt_text: Any, speech: Any, streams: bool) -> None:
        text, prompt = ("".join(map(chr, tokens[0])) for tokens in (text, prompt_text))
        self.asked.append(SimpleNamespace(text=text, prompt=prompt, speech=speech.shape[1], streams=streams))

    def _tokens(self, character: int) -> Iterator[int]:
        for _ in range(PER_CHARACTER):
            self.step()
            self.made += 1
            scores = np.zeros(self.speech_token_size + 4)
            scores[self.eos_token] = self.hasty
            drawn = self.sampling_ids(scores, [], 25, ignore_eos=True)
            if drawn >= self.speech_token_size:
                raise ValueError(f"should not get token {drawn}")
            yield character % 256 + 256 * drawn

    def sampling_ids(self, scores: Any, before: list[int], most: int, ignore_eos: bool = True) -> int:
        if ignore_eos:
            scores[self.speech_token_size] = float("-inf")  # the end, to version 2
        return self.sampling(scores, before, most)


class Estimator:
    """A step of the flow, with PyTorch's hooks."""

    def __init__(self) -> None:
        self.hooks: list[Callable[..., object]] = []
        self.steps = 0
        self.step: Callable[[], object] = lambda: None

    def register_forward_pre_hook(self, hook: Callable[..., object]) -> None:
        self.hooks.append(hook)

    def __call__(self) -> None:
        for hook in self.hooks:
            hook(self, ())
        self.step()
        self.steps += 1


class Flow:
    pre_lookahead_len = 3

    def __init__(self) -> None:
        self.decoder = SimpleNamespace(estimator=Estimator())
        self.sizes: list[int] = []
        """Tokens that were made sound of, by chunk: all of the take, every time."""

    def inference(self, token: Any) -> Any:
        self.sizes.append(token.shape[1])
        for _ in range(STEPS):
            self.decoder.estimator()
        return token


class Hift:
    def inference(self, speech_feat: Any) -> Any:
        """The first sample is drawn."""
        sound = np.repeat(speech_feat[0], SAMPLES).astype(np.float32) / 32767
        sound[0] = torch.randrange(20_000) / 32767
        return torch.from_numpy(sound[None])


class CosyVoice2Model:
    def __init__(self, version: int) -> None:
        self.token_hop_len, self.token_max_hop_len, self.stream_scale_factor = 25, 100, 2
        self.llm, self.flow, self.hift = Llm(version), Flow(), Hift()
        self.lock = threading.Lock()
        self.tts_speech_token_dict: dict[str, list[int]] = {}
        self.llm_end_dict: dict[str, bool] = {}
        self.hift_cache_dict: dict[str, Any] = {}

    def llm_job(self, text: Any, prompt_text: Any, speech: Any, embedding: Any, uuid: str) -> None:
        given = {"prompt_text": prompt_text, "prompt_speech_token": speech, "embedding": embedding}
        if isinstance(text, GeneratorType):
            tokens = self.llm.inference_bistream(text=text, **given)
        else:
            tokens = self.llm.inference(text=text, uuid=uuid, **given)
        for token in tokens:
            self.tts_speech_token_dict[uuid].append(token)
        self.llm_end_dict[uuid] = True

    def token2wav(self, token: Any, token_offset: int, uuid: str, finalize: bool = False, **_: Any) -> Any:
        if not token.shape[1]:
            raise RuntimeError("Kernel size can't be greater than actual input size")
        mel = self.flow.inference(token)[:, token_offset:]
        keep = mel.shape[1] if finalize else mel.shape[1] - self.flow.pre_lookahead_len
        return self.hift.inference(speech_feat=mel[:, :keep])

    def tts(
        self, text: Any, prompt_text: Any = None, llm_prompt_speech_token: Any = None,
        flow_prompt_speech_token: Any = None, llm_embedding: Any = None, stream: bool = False,
        **_: Any,
    ) -> Iterator[dict[str, Any]]:  # fmt: skip
        empty = torch.tensor([[]])
        prompt_text = empty if prompt_text is None else prompt_text
        speech = empty if llm_prompt_speech_token is None else llm_prompt_speech_token
        flow_prompt_speech_token = empty if flow_prompt_speech_token is None else flow_prompt_speech_token
        uuid = str(next(_numbers))
        with self.lock:
            self.tts_speech_token_dict[uuid], self.llm_end_dict[uuid] = [], False
            self.hift_cache_dict[uuid] = None
        job = threading.Thread(target=self.llm_job, args=(text, prompt_text, speech, llm_embedding, uuid))
        job.start()
        made, offset = self.tts_speech_token_dict[uuid], 0
        pad = -flow_prompt_speech_token.shape[1] % self.token_hop_len
        while stream:
            time.sleep(0.1)
            hop = self.token_hop_len + (0 if offset else pad)
            ahead = hop + self.flow.pre_lookahead_len
            if len(made) - offset >= ahead:
                given = {
                    "token": torch.tensor([made[: offset + ahead]]),
                    "token_offset": offset,
                    "uuid": uuid,
                }
                sound = self.token2wav(**given, finalize=False)
                offset += hop
                self.token_hop_len = min(
                    self.token_max_hop_len, self.token_hop_len * self.stream_scale_factor
                )
                yield {"tts_speech": sound}
            if self.llm_end_dict[uuid] and len(made) - offset < ahead:
                break
        job.join()
        token = torch.tensor([made])
        yield {"tts_speech": self.token2wav(token=token, token_offset=offset, uuid=uuid, finalize=True)}
        with self.lock:
            for kept in (self.tts_speech_token_dict, self.llm_end_dict, self.hift_cache_dict):
                kept.pop(uuid)
