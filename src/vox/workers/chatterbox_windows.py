"""Chatterbox while it speaks: its speech tokens, as they are picked, become sound in windows that overlap.

A window begins with a little of what was said before, for the voice to go on from, and all but the last end
in tokens whose sound is not settled yet. Each fades in over the end of the one before.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from vox.workers.engine import EngineError
from vox.workers.pcm import s16le
from vox.workers.seams import Samples, Seams
from vox.workers.tap import Stopped, Tap

SAMPLE_RATE = 24000
"""Hz."""
SAMPLES = 960
"""Of one speech token: 40 ms."""
CONTEXT = 25
"""Tokens, said before, that a window begins with; S3Gen fades the first of them in."""
AHEAD = 3
"""Tokens by which S3Gen looks ahead: the last ones before more follow are not settled."""
OVERLAP = 480
"""Samples (20 ms) over which one window fades into the next."""
MOST = 1000
"""Speech tokens (40 s) that the package makes at most."""
SOUNDS = 6561
"""Speech tokens from here on are marks, not sound."""


class Windows:
    """Takes the place of S3Gen, and of the watermarker after it, in a model of the package that is about to
    make one utterance. Used as a context manager it sees every token, and ends the work once the tap is
    stopped."""

    def __init__(self, model: Any, tap: Tap[bytes], first: int, size: int, steps: int) -> None:
        """Decodes after `first` tokens and then after `size` more each time; `steps` are the decoder's."""
        self._t3, self._s3gen, self._watermarker = model.t3, model.s3gen, model.watermarker
        self._ref, self._tap = model.conds.gen, tap
        self._due, self._size, self._steps = first, size, steps
        self._seams = Seams(OVERLAP)
        self._tokens: list[Any] = []
        self._said = 0  # tokens
        self._hooks = ExitStack()

    def __enter__(self) -> None:
        estimator = self._s3gen.flow.decoder.estimator
        t3, step = self._t3, estimator.time_mlp
        for module, hook in ((t3.text_emb, self._text), (t3.speech_emb, self._token), (step, self._step)):
            self._hooks.callback(module.register_forward_pre_hook(hook).remove)

    def __exit__(self, *_: object) -> None:
        self._hooks.close()
        for layer in getattr(self._t3.tfmr, "layers", ()):  # the multilingual model leaves its own behind
            hooks = layer.self_attn._forward_hooks
            for key in [key for key, hook in hooks.items() if hook.__module__.startswith("chatterbox.")]:
                del hooks[key]

    def inference(self, speech_tokens: Any, **_: Any) -> tuple[Any, None]:
        """Called by the package once all tokens are there."""
        tokens = speech_tokens[speech_tokens < SOUNDS]
        if not len(tokens):
            raise EngineError("the model made no sound of this text; another seed, or other words, may help")
        ready = self._decode(tokens, len(tokens))
        self._put(np.concatenate((ready, self._seams.finish())))
        if len(self._tokens) > MOST:
            raise EngineError("the speech was cut off at 40 s, the most that chatterbox makes in one go")
        return speech_tokens.new_zeros(1, 0), None

    def apply_watermark(self, sound: Any, **_: Any) -> Any:
        return sound

    def _text(self, module: Any, args: Any) -> None:
        most, length = self._t3.hp.max_text_tokens, args[0].shape[1] - 2
        if length > most:
            message = f"the text has {length} tokens; chatterbox takes {most} in one go"
            raise EngineError(message, code="invalid_value", param="input")

    def _step(self, *_: Any) -> None:
        if self._tap.stopped:
            raise Stopped

    def _token(self, module: Any, args: Any) -> None:
        self._step()
        if args[0].shape != (1, 1):  # the voice, or the beginning for both halves of the guidance
            return
        self._tokens.append(args[0])
        if len(self._tokens) > self._due:  # the first is the mark of the beginning
            self._due += self._size
            self._part()

    def _part(self) -> None:
        """Decode the tokens so far, and leave the dice as they were: what is picked next must not change."""
        import torch

        tokens = torch.cat(self._tokens, dim=1)[0]
        tokens = tokens[tokens < SOUNDS]
        device = self._s3gen.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            if len(tokens) - AHEAD > self._said:
                self._put(self._decode(tokens, len(tokens) - AHEAD))

    def _decode(self, tokens: Any, until: int) -> Samples:
        """The sound, as far as it is settled, of what follows the last window, up to the token `until`."""
        start = max(0, self._said - CONTEXT)
        sound, _ = self._s3gen.inference(
            speech_tokens=tokens[start:], ref_dict=self._ref, n_cfm_timesteps=self._steps
        )
        marked = self._watermarker.apply_watermark(sound.squeeze(0).cpu().numpy(), sample_rate=SAMPLE_RATE)
        fresh = max(0, self._said * SAMPLES - OVERLAP) - start * SAMPLES
        self._said = until
        return self._seams.feed(marked[fresh : (until - start) * SAMPLES])

    def _put(self, samples: Samples) -> None:
        self._tap.put(s16le(samples))
