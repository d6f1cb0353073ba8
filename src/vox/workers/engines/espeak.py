# /// script
# requires-python = ">=3.10"
# dependencies = ["espeakng-loader>=0.2.4"]
#
# [tool.vox]
# title = "espeak-ng"
# license = "GPL-3.0-or-later"
# environment = "base"
# normalize = "markup"
# modules = ["espeakng_loader"]
# sample-rate = 22050
# speed = [0.5, 2.5]
# streams-audio = true
# deterministic = true
# keep-alive = "5m"
# voice = "default"
# [tool.vox.default-voices]
# en = "en-us"
# en-gb = "en-gb"
# fr = "fr-fr"
# fr-be = "fr-be"
# fr-ch = "fr-ch"
# [tool.vox.aliases]
# alloy = "andrea"
# ash = "m3"
# ballad = "m2"
# cedar = "m7"
# coral = "f2"
# echo = "m1"
# fable = "edward"
# marin = "linda"
# nova = "f3"
# onyx = "m5"
# sage = "f4"
# shimmer = "f5"
# verse = "m4"
# ///
"""espeak-ng: formant synthesis, over a hundred languages, no weights; robotic, instant, always there.

A voice is a language ("en-us", "cmn"), a variant ("f3", a timbre that speaks the segment's language), or both
("de+f3"); "default" is the plain timbre in the segment's language.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue

from vox.wire.messages import VoiceInfo
from vox.workers import espeak
from vox.workers.engine import EngineError, Model, Progress, Ready, Segment, nothing
from vox.workers.names import unknown_voice
from vox.workers.plain import clean

_WPM = 175
"""espeak-ng's own pace in words a minute; its limits are 80 and 450."""
_AHEAD = 64
"""Pieces that may lie between the thread that synthesises and the one that asks: about 2.5 s of sound."""
_PAUSES = {**dict.fromkeys(".!?…。！？।؟", 0.3), **dict.fromkeys(",;:，、；：—", 0.15)}
"""Seconds after a mark, as espeak-ng has them inside a text."""
_CLOSING = "\"')]}”’»」』）"
_ANY = "mul"
"""ISO 639-2 for several languages: of a voice that speaks any."""


class Espeak:
    def load(self, model: Model, progress: Progress) -> Ready:
        self._languages: dict[str, str] = {}  # identifier by voice id
        self._tags = {_ANY: "en-us", "en": "en-us"}  # voice id by BCP 47 tag
        self._variants = {"default": ""}  # what stands behind the identifier, by voice id
        infos: list[VoiceInfo] = [{"id": "default", "name": "Default", "language": _ANY}]
        ranked = []
        for voice in espeak.voices():
            tag = voice.tags[0][1]
            name = _tail(voice) if tag in self._languages else tag
            self._languages[name] = voice.identifier
            ranked += [(rank, tag, name) for rank, tag in voice.tags]
            infos.append({"id": name, "name": voice.name, "language": tag})
        for _, tag, name in sorted(ranked):
            self._tags.setdefault(tag, name)
        for variant in espeak.variants():
            self._variants[_tail(variant)] = "+" + variant.identifier.removeprefix("!v/")
            infos.append({"id": _tail(variant), "name": variant.name, "language": _ANY})
        espeak.speak("a", self._languages["en-us"], _WPM, lambda piece: False)  # the first is slower by 2 ms
        return Ready(espeak.SAMPLE_RATE, infos)

    def speak(self, segment: Segment) -> Iterator[bytes]:
        voice = self._identifier(segment.voice.lower(), segment.language.lower())
        text = clean(segment.text)
        return _speech(text, voice, segment.speed) if text else iter(())

    cancel = nothing
    close = nothing

    def _identifier(self, voice: str, language: str) -> str:
        """What espeak-ng calls the voice. Raises `EngineError` for an unknown voice or language."""
        if voice in self._variants:
            return self._languages[self._speaker(language)] + self._variants[voice]
        first, plus, second = voice.partition("+")
        if first not in self._languages:
            raise unknown_voice(voice, [*self._languages, *self._variants])
        if plus and second not in self._variants:
            raise unknown_voice(voice, [f"{first}+{variant}" for variant in self._variants])
        return self._languages[first] + (self._variants[second] if plus else "")

    def _speaker(self, language: str) -> str:
        """The voice of a language: that of the tag itself, else of the tag without its last part, …"""
        tag = language or _ANY
        while tag not in self._languages and tag not in self._tags:
            tag, dash, _ = tag.rpartition("-")
            if not dash:
                message = (
                    f"espeak does not speak {language!r}; `vox voices` lists the languages that it does."
                )
                raise EngineError(message, code="unsupported_language", param="lang")
        return tag if tag in self._languages else self._tags[tag]


def _tail(voice: espeak.Voice) -> str:
    """A voice id from the last part of the identifier."""
    return voice.identifier.rpartition("/")[2].lower().replace(" ", "_")


def _speech(text: str, voice: str, speed: float) -> Iterator[bytes]:
    """The samples, and the pause that the last mark asks for: espeak-ng's own would shrink to nothing as the
    speed grows."""
    yield from _stream(text, voice, round(_WPM * speed))
    if pause := _PAUSES.get(text.rstrip(_CLOSING)[-1:]):
        yield bytes(2 * round(pause / speed * espeak.SAMPLE_RATE))


def _stream(text: str, voice: str, wpm: int) -> Iterator[bytes]:
    """The speech as it is made by a thread of its own; closed early, the thread ends at its next piece."""
    pieces: SimpleQueue[bytes | EngineError] = SimpleQueue()
    room = threading.Semaphore(_AHEAD)
    wanted = True

    def take(piece: bytes) -> bool:
        room.acquire()
        pieces.put(piece)
        return wanted

    def synthesise() -> None:
        try:
            espeak.speak(text, voice, wpm, take)
            pieces.put(b"")
        except EngineError as error:
            pieces.put(error)

    thread = threading.Thread(target=synthesise, daemon=True)
    thread.start()
    try:
        while piece := pieces.get():
            if isinstance(piece, EngineError):
                raise piece
            yield piece
            room.release()
    finally:
        wanted = False
        room.release()
        thread.join()


ENGINE = Espeak
