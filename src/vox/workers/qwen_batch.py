"""Streams out of the package qwen-tts, and batches: segments that wait together are rows of one generation.

The talker makes a frame of codes a step, for all rows at once. A forward hook sees each frame; what is new is
decoded in windows that begin `CONTEXT` frames earlier, so that the pieces are the whole, and handed over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, cast
from weakref import ref

import numpy as np

from vox.workers.engine import EngineError, Segment
from vox.workers.pcm import s16le
from vox.workers.qwen_speech import FRAME_RATE, METHODS, SAMPLE_RATE, Speech
from vox.workers.tap import Stopped, Tap

CONTEXT = 25
"""Frames: what the package itself takes where it decodes long speech in parts."""


class Row:
    """A segment to be generated. What its `tap` hands over is s16le PCM; `done` is set when the model has no
    more to do with it."""

    def __init__(
        self, segment: Segment, speech: Speech, settings: dict[str, Any], work: Callable[[Row], None]
    ) -> None:
        """`settings` are the engine's knobs."""
        self.segment, self.speech, self.settings = segment, speech, settings
        own = ref(self)  # no cycle, so that all that was made is gone with its listener
        self.tap: Tap[bytes] = Tap(lambda _: work(cast(Row, own())))
        self.done: Future[None] = Future()

    def goes_with(self, other: Row) -> bool:
        seeded = self.segment.seed is not None or other.segment.seed is not None
        return not seeded and self.settings == other.settings


class Batches:
    """The one thread that runs the model, and what waits for it."""

    def __init__(self, wrapped: Any, most: int | None = None) -> None:
        """`wrapped` is a `qwen_tts.Qwen3TTSModel`; at most `most` rows are generated at once, None: all."""
        self._wrapped, self._most = wrapped, most
        self._waiting: list[Row] = []
        self._lock = threading.Lock()
        # Always the same: what torch.compile records for a card belongs to a thread.
        self._thread = ThreadPoolExecutor(1, "generate")

    def speak(self, row: Row) -> Iterator[bytes]:
        with row.tap:
            yield from row.tap

    def wait(self, row: Row) -> None:
        """The work of a row's tap: returns once the row is generated or stopped. Raises what generating it
        raised."""
        with self._lock:
            self._waiting.append(row)
        self._thread.submit(self._generate)
        row.done.result()

    def release(self) -> None:
        """Let go of those that were stopped while they waited."""
        with self._lock:
            for row in [row for row in self._waiting if row.tap.stopped]:
                self._waiting.remove(row)
                row.done.set_result(None)

    def _generate(self) -> None:
        self.release()
        with self._lock:
            if not self._waiting:  # they went with others
                return
            first, *others = self._waiting
            rows = [first, *filter(first.goes_with, others)][: self._most]
            self._waiting = [row for row in others if row not in rows]
        failure: BaseException | None = None
        try:
            _Batch(self._wrapped, rows, self.release).run()
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the rows are waited for
            failure = error
        for row in rows:
            if row.done.done():
                continue
            if failure is None:
                row.done.set_result(None)
            else:
                row.done.set_exception(failure)


class _Batch:
    """One generation. Each method runs in the thread that generates."""

    def __init__(self, wrapped: Any, rows: list[Row], each_step: Callable[[], None]) -> None:
        self._wrapped, self._rows, self._each_step = wrapped, rows, each_step
        self._live = dict(enumerate(rows))
        """Those that are still spoken and listened to, by their place in the batch."""
        self._codec = wrapped.model.speech_tokenizer
        self._decode = self._codec.decode
        self._step = int(self._codec.get_decode_upsample_rate())
        """Samples of a frame."""
        self._end = int(wrapped.model.config.talker_config.codec_eos_token_id)
        self._frames: list[Any] = []
        """int64 [rows, codebooks], one a frame."""
        self._sent = 0
        self._size = rows[0].settings["first_chunk_size"]
        """Frames in the next piece. It doubles up to the size that was asked for, as the second piece has to
        be made while the first is heard."""

    def run(self) -> None:
        """Generate all rows to their ends. Raises `Stopped` when nobody listens, and `EngineError`."""
        import torch

        settings, seed = self._rows[0].settings, self._rows[0].segment.seed
        if seed is None:
            torch.seed()
        else:
            torch.manual_seed(seed)
        longest = int(settings["max_seconds"] * FRAME_RATE)
        speeches = [row.speech.arguments for row in self._rows]
        with self._watched():
            getattr(self._wrapped, METHODS[self._wrapped.model.tts_model_type])(
                **{name: [speech[name] for speech in speeches] for name in speeches[0]},
                **{name: settings[name] for name in ("temperature", "top_k", "top_p", "repetition_penalty")},
                max_new_tokens=longest + 1,  # the last is never made into a frame
            )
        self._hand_over(list(self._live))
        if len(self._frames) >= longest and self._live:
            message = f"the speech had no end after {settings['max_seconds']:g} s"
            raise EngineError(f"{message}; say less at a time, or raise the option max_seconds")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Meanwhile each frame is seen, and the package does not decode the whole in the end."""
        hook = self._wrapped.model.talker.register_forward_hook(self._see)
        self._codec.decode = lambda encoded: ([np.zeros(0, np.float32)] * len(encoded), SAMPLE_RATE)
        try:
            yield
        finally:
            hook.remove()
            del self._codec.decode  # the class has it

    def _see(self, talker: Any, given: tuple[Any, ...], output: Any) -> None:
        """After each step of the talker: take its frame. Raises `Stopped` into it."""
        self._each_step()
        codes = output.hidden_states[1]  # None when it has read the prompt
        ended: list[int] = []
        if codes is not None and len(self._rows) > 1:  # a single row has no step after its end
            ended = [place for place, code in enumerate(codes[:, 0].tolist()) if code == self._end]
        self._hand_over([place for place in ended if place in self._live])
        for place, row in list(self._live.items()):
            if place in ended or row.tap.stopped:
                del self._live[place]
                row.done.set_result(None)
        if not self._live:
            raise Stopped
        if codes is not None:
            self._frames.append(codes)
        if len(self._frames) - self._sent >= self._size:
            self._hand_over(list(self._live))
            self._sent = len(self._frames)
            self._size = min(2 * self._size, self._rows[0].settings["chunk_size"])

    def _hand_over(self, places: list[int]) -> None:
        """Decode what was not sent yet of some rows."""
        import torch

        if not places or self._sent == len(self._frames):
            return
        start = max(0, self._sent - CONTEXT)
        frames = torch.stack(self._frames[start:], dim=1)
        windows, heard = [], []
        for place in places:
            window, before = frames[place], self._rows[place].speech.context
            missing = CONTEXT - (self._sent - start)
            if before is not None and missing:
                before = before[-missing:].to(window.device)
                window = torch.cat((before, window))
            windows.append({"audio_codes": window})
            heard.append(len(window) - (len(self._frames) - self._sent))
        sounds, _ = self._decode(windows)
        for place, sound, frames_heard in zip(places, sounds, heard, strict=True):
            with suppress(Stopped):  # the next step sees to it
                self._rows[place].tap.put(s16le(sound[frames_heard * self._step :]))
