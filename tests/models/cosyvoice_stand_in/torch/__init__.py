"""What of PyTorch is used: arrays, and one pair of dice for all."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import numpy as np

_dice = random.Random()
manual_seed, get_rng_state, set_rng_state = _dice.seed, _dice.getstate, _dice.setstate
randrange = _dice.randrange
cuda = SimpleNamespace(is_available=lambda: False)


class OutOfMemoryError(RuntimeError):
    pass


class Tensor(np.ndarray):
    def to(self, *_: Any, **__: Any) -> Tensor:
        return self

    cpu = to

    def numpy(self) -> Any:
        return self.view(np.ndarray)


def from_numpy(array: Any) -> Tensor:
    return array.view(Tensor)  # type: ignore[no-any-return]


def tensor(values: Any, dtype: Any = np.int32) -> Tensor:
    return from_numpy(np.array(values, dtype))
