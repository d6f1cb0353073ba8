"""Samples of a model to the bytes of the wire."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def s16le(samples: NDArray[np.floating]) -> bytes:
    """Floats from -1 to 1, of any shape, as signed 16-bit little-endian PCM; what is louder is clipped, NaN
    is silent."""
    scaled = np.nan_to_num(samples.astype(np.float32).ravel(), nan=0.0, posinf=1.0, neginf=-1.0) * 32767
    return np.clip(np.round(scaled), -32767, 32767).astype("<i2").tobytes()
