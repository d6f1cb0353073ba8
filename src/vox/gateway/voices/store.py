"""The user's own voices on disk: a directory each, with the recording and what is known of it."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress

import msgspec

from vox import paths
from vox.errors import Conflict, NotFound, VoxError, unknown
from vox.gateway.speech import Reference
from vox.gateway.voices.references import Prepared, checked_name, checked_text, identify, write

FACTS, SAMPLE = "voice.json", "sample.wav"


class _Damaged(VoxError):
    """The facts of a voice can't be read."""


class Voice(msgspec.Struct, frozen=True):
    """One voice of the user's: `voice.json`."""

    id: str
    name: str
    """As it was given; the id is the same in lower case."""
    sound: str
    """SHA-256 of the samples, 64 hexadecimal digits."""
    seconds: float
    created: int
    """Seconds since 1970."""
    transcript: str = ""
    language: str = ""
    consent: str = ""

    @property
    def reference(self) -> Reference:
        path = os.path.join(paths.voices_dir(), self.id, SAMPLE)
        return Reference(identify(self.sound, self.transcript), path, self.transcript, self.language)


def find(name: str) -> Voice | None:
    """The voice of that name, in any case."""
    try:
        with open(os.path.join(paths.voices_dir(), checked_name(name), FACTS), "rb") as file:
            return msgspec.json.decode(file.read(), type=Voice)
    except (OSError, VoxError):
        return None
    except msgspec.DecodeError as error:
        raise _Damaged(
            f"{file.name} can't be read: {error}; remove the voice: vox voices rm {name}"
        ) from None


def known(name: str) -> Voice:
    """The voice of that name. Raises `NotFound`."""
    voice = find(name)
    if voice is None:
        sentence = unknown("voice of your own", name, [voice.id for voice in listed()])
        raise NotFound(sentence, code="voice_not_found", param="voice")
    return voice


def taken(id: str) -> Conflict:
    """The error for a name that is in use."""
    return Conflict(f"there is a voice {id!r} already; remove it first: vox voices rm {id}", param="name")


def listed() -> list[Voice]:
    """All voices, by name. One that can't be read is left out."""
    found = []
    with suppress(FileNotFoundError):
        for name in sorted(os.listdir(paths.voices_dir())):
            with suppress(VoxError):
                voice = find(name)
                found += [voice] if voice else []
    return found


def add(name: str, prepared: Prepared, transcript: str, language: str, consent: str) -> Voice:
    """Keep a voice. Raises `BadRequest` for a name that can't be one, `Conflict`."""
    id = checked_name(name)
    if find(id) is not None:
        raise taken(id)
    voice = Voice(
        id=id,
        name=name,
        sound=prepared.sound,
        seconds=round(prepared.seconds, 3),
        created=int(time.time()),
        transcript=transcript.strip(),
        language=language.lower(),
        consent=checked_text(consent, "consent"),
    )
    directory = paths.make_private(os.path.join(paths.make_private(paths.voices_dir()), id))
    write(os.path.join(directory, SAMPLE), prepared.wav)
    write(os.path.join(directory, FACTS), msgspec.json.encode(voice))  # last: it makes the voice
    return voice


def remove(name: str) -> Voice:
    """Forget a voice: its recording and all that was compiled from it. Raises `NotFound`."""
    try:
        voice = known(name)
    except _Damaged:
        voice = Voice(id=checked_name(name), name=name, sound="", seconds=0.0, created=0)
    shutil.rmtree(os.path.join(paths.voices_dir(), voice.id))
    return voice
