"""The decoder worker: reads what strangers send. A process of its own, as a file that breaks it must not
break the streams that the codec has open; with limits on what it may use.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from typing import Any

from vox.wire.messages import Loaded
from vox.workers.download import download
from vox.workers.engine import EngineError, Progress
from vox.workers.reference import reference
from vox.workers.service import Job

MEMORY = 3 << 30
"""Bytes of address space: ten minutes of sound need a tenth of it, libraries included."""


class Decoder:
    """`Service` with two operations, `reference` (`ReferenceRequest`) and `download` (`DownloadRequest`)."""

    streams = 2

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded:
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_FSIZE, 1 << 20)  # its log, and nothing else
        if sys.platform == "linux":  # elsewhere it does not do what it says
            _limit(resource.RLIMIT_AS, MEMORY)
        return {"sample_rate": 0, "voices": []}

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        """Raises `EngineError`."""
        if op == "reference":
            return reference(request, job)
        if op == "download":
            return download(request, job)
        raise EngineError(f"the decoder can't {op}", code="invalid_value")

    def cancel(self, job: Job) -> None:
        """Its steps are short."""

    def close(self) -> None:
        """There is nothing to give back."""


def _limit(what: int, most: int) -> None:
    """At most `most`; less where whoever started us has less already."""
    hard = resource.getrlimit(what)[1]
    found = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (found, found))
