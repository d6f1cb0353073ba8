"""Upstream's model, made fit for a daemon: hooks in the instance, nothing of the checkout is changed.

What `tts` does there: a thread, `llm_job`, puts speech tokens into a dictionary, which `tts` looks into every
0.1 s, and makes sound of when there are enough. What is put right here:

- How many are enough doubles with every chunk, and is never set back; so only the first request of all has a
  first chunk that is short.
- A failure in the thread is lost, and `tts` waits for ever.
- The thread goes on when nobody listens any more, and what `tts` keeps of a request is left behind.
- It waits for the next tenth of a second.
- The thread and `tts` draw from the same dice, at the same time; so no seed could bring a sound back.
- Of a text that is being written the thread fails when it draws a token that may not come yet: what is to
  keep it from that is for version 2, and has the wrong number for 3.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from types import SimpleNamespace
from typing import Any

from vox.workers.tap import Stopped

_MOST = 1000
"""Speech tokens of a take, 40 s: upstream limits what it makes of a text, but not of one that is being
written."""
_KEPT = ("tts_speech_token_dict", "llm_end_dict", "hift_cache_dict")
"""What it has of requests, by request."""
Inference = Callable[..., Iterator[Any]]
"""Of the language model: speech tokens, one by one."""


class Model:
    """One `CosyVoice2Model` or `CosyVoice3Model`. One take at a time."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._news = threading.Event()
        """There is a new token, or an end."""
        self._left = threading.Event()
        """The thread is done."""
        self._stopped = self._over = False
        self._error: BaseException | None = None
        self._dice: tuple[AbstractContextManager[Any], ...] = ()
        self._job, self._sound = model.llm_job, model.token2wav
        model.llm_job, model.token2wav = self._listened, self._checked
        llm = model.llm
        llm.inference = self._watched(llm.inference, False)
        llm.inference_bistream = self._watched(llm.inference_bistream, True)
        self._draw, llm.sampling_ids = llm.sampling_ids, self._possible
        self._written = False
        """Whether the text is still being written."""
        llm.sampling = self._rolling(llm.sampling, 0)
        model.hift.inference = self._rolling(model.hift.inference, 1)
        model.flow.decoder.estimator.register_forward_pre_hook(lambda *_: self._check())
        self._module = vars(sys.modules[type(model).__module__])

    def begin(self, seed: int | None) -> None:
        """A new segment."""
        self._stopped = False
        self._dice = nullcontext(), nullcontext()
        if seed is not None:
            lock = threading.Lock()
            self._dice = _Dice(seed, lock), _Dice(seed + 1, lock)

    def stop(self) -> None:
        """From any thread: the segment is not wanted any more. Each of its takes ends, within one token, one
        step of the flow or one run of the vocoder."""
        self._stopped = True
        self._news.set()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def take(
        self, speech: Callable[[], Iterator[Any]], first: int, most: int, quit: Callable[[], None]
    ) -> Iterator[Any]:
        """The sound of one take, in chunks: float32[1, N]. `speech` is a call of upstream's that makes one
        take; `first` and `most` are the sizes of chunks, in speech tokens. `quit` is called when it ends
        early, and is to free the thread where that waits for text."""
        model = self._model
        model.token_hop_len, model.token_max_hop_len = first, most
        self._error, self._over = None, False
        self._left.clear()
        self._module["time"] = SimpleNamespace(sleep=self._sleep)
        outputs = speech()
        try:
            for output in outputs:
                self._check()
                yield output["tts_speech"]
        except Stopped:
            return
        finally:
            self._over = True
            outputs.close()  # type: ignore[attr-defined]
            if model.llm_end_dict:  # it has begun, and come to no end
                quit()
                self._left.wait()
            for name in _KEPT:
                getattr(model, name).clear()

    def _check(self) -> None:
        if self._stopped or self._over:
            raise Stopped

    def _sleep(self, seconds: float) -> None:
        """For `tts` between its looks."""
        if not self._left.is_set():
            self._news.wait(seconds)
            self._news.clear()
        self._check()
        if self._error is not None:
            raise self._error

    def _listened(self, *given: Any) -> None:
        try:
            self._job(*given)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits for the sound
            self._error = error
        finally:
            *_, request = given
            self._model.llm_end_dict[request] = True
            self._left.set()
            self._news.set()

    def _watched(self, inference: Inference, written: bool) -> Inference:
        """The tokens, one by one."""

        def watched(**given: Any) -> Iterator[Any]:
            self._written = written
            for token in islice(inference(**given), _MOST):
                self._check()
                yield token
                self._news.set()  # it has been kept by now

        return watched

    def _possible(self, scores: Any, *given: Any, ignore_eos: bool = True) -> Any:
        """A token drawn by its logarithmic probability, `scores`, float32[N]."""
        if self._written:  # a word is said, or more text is asked for, or after its end the end is told
            llm = self._model.llm
            other = llm.fill_token if ignore_eos else llm.eos_token
            score = float(scores[other])
            scores[llm.speech_token_size :] = float("-inf")
            scores[other] = score
        return self._draw(scores, *given, ignore_eos=ignore_eos)

    def _checked(self, **given: Any) -> Any:
        self._check()
        if self._error is not None:
            raise self._error
        if given["token"].shape[1] <= given["token_offset"]:
            raise Stopped  # there is nothing to make sound of
        return self._sound(**given)

    def _rolling(self, call: Callable[..., Any], which: int) -> Callable[..., Any]:
        """`call`, with dice of its own."""

        def rolling(*given: Any, **named: Any) -> Any:
            with self._dice[which]:
                return call(*given, **named)

        return rolling


class _Dice:
    """PyTorch's dice, as one of several that roll them left them. Meanwhile the others wait."""

    def __init__(self, seed: int, lock: threading.Lock) -> None:
        self._seed, self._lock = seed, lock
        self._left: tuple[Any, Any] | None = None

    def __enter__(self) -> None:
        import torch

        self._lock.acquire()
        if self._left is None:
            torch.manual_seed(self._seed % 2**63)
            return
        own, card = self._left
        torch.set_rng_state(own)
        if card is not None:
            torch.cuda.set_rng_state(card)

    def __exit__(self, *_: object) -> None:
        import torch

        card = torch.cuda.get_rng_state() if torch.cuda.is_available() else None
        self._left = torch.get_rng_state(), card
        self._lock.release()
