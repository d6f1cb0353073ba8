"""espeak-ng by ctypes: the library and the data that the wheel `espeakng-loader` carries.

Functions, structures and constants are those of espeak-ng's `speak_lib.h`. The library keeps its state in
global variables, so one thread at a time uses it, and this module is functions, not a class: there is one
espeak-ng in a process.

It also keeps the phase of its pitch flutter from one utterance to the next and has no call to reset it. So
after each utterance the library is unloaded and loaded again (2 ms, behind the last sample): every utterance
begins from the same state, and the same request gives the same samples. Each time 2 kB are lost that
espeak-ng does not free. Where the C library never unloads (musl) it is in vain.
"""

from __future__ import annotations

import ctypes as C
import functools
import re
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import espeakng_loader

from vox.workers.engine import EngineError

SAMPLE_RATE = 22050
"""Hz."""
TIE = "^"
"""Stands between the letters of one phoneme in what `phonemes` returns."""

_SYNCHRONOUS = 2  # samples come through the callback, on the thread that called
_DONT_EXIT = 0x8000  # report missing data, do not end the process
_BUFFER_MS = 60  # of samples a callback, the least that it does
_POSITION_CHARACTER = 1
_CHARS_UTF8 = 1
_RATE = 1  # the parameter, in words a minute
_IPA = 0x02 | 0x80 | ord(TIE) << 8

_HARMLESS = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")", "`": "'", "©": "(c)"})
"""Some dictionaries replace such a character by words, which overflows a buffer of the library where a long
clause follows: the process aborts (Sinhala "]", Vietnamese "`", Portuguese "©")."""
_LONG_WORD = re.compile(r"[가-힣]{16}(?=\w)|\S{25,39}(?=\w)")
"""espeak-ng leaves out what a word has beyond 160 bytes, and Thai has no spaces between words."""
_KOREAN = re.compile("[가-힣]")
_LONG_CLAUSE = re.compile(r"[^,.;:!?…]{50,75}(?=\s)")
"""It also leaves out what a clause has beyond 800, and takes Korean apart into letters of 3 bytes."""
_UNFINISHED = frozenset(("gmq/fo", "trk/kaa", "art/xex"))
"""Languages that espeak-ng lists though their dictionaries are not there."""

_CALLBACK = C.CFUNCTYPE(C.c_int, C.c_void_p, C.c_int, C.c_void_p)
_lock = threading.Lock()
_libc = C.CDLL(None)
_libc.dlclose.argtypes = [C.c_void_p]


class Voice(NamedTuple):
    """One entry of espeak-ng's list: a language, or a variant (a timbre that suits any language)."""

    name: str
    tags: list[tuple[int, str]]
    """What it speaks in BCP 47, lower case, each behind its rank (lower is better); its own tag first."""
    identifier: str
    """What `speak` and `phonemes` take; a variant is put behind a language by "+", without its "!v/"."""


class _VoiceStruct(C.Structure):
    _fields_ = (
        ("name", C.c_char_p),
        ("languages", C.c_void_p),
        ("identifier", C.c_char_p),
        ("gender", C.c_ubyte),
        ("age", C.c_ubyte),
        ("variant", C.c_ubyte),
        ("unused", C.c_ubyte),
        ("score", C.c_int),
        ("spare", C.c_void_p),
    )


def voices() -> list[Voice]:
    """All languages."""
    with _lock:
        return [voice for voice in _listed(None) if voice.identifier not in _UNFINISHED]


def variants() -> list[Voice]:
    """All variants."""
    wanted = _VoiceStruct(languages=C.cast(C.c_char_p(b"variant"), C.c_void_p))
    with _lock:
        return list(_listed(C.byref(wanted)))


def speak(text: str, voice: str, wpm: int, take: Callable[[bytes], bool]) -> None:
    """Give the speech of `text` to `take`, s16le mono at `SAMPLE_RATE`, in pieces of 60 ms or less, until it
    returns False. `voice` is an identifier, `wpm` the pace in words a minute, 80 to 450.

    There is no pause after the last word. Raises `EngineError`.
    """

    def callback(samples: int | None, count: int, events: int | None) -> int:
        return 0 if not samples or count <= 0 or take(C.string_at(samples, 2 * count)) else 1

    held = _CALLBACK(callback)  # must live as long as the library may call it
    data = _encode(text)
    with _lock:
        library = _library().select(voice)
        library.espeak_SetParameter(_RATE, wpm, 0)
        library.espeak_SetSynthCallback(held)
        _libc.srand(1)  # breathy variants draw their noise from rand()
        failed = library.espeak_Synth(data, len(data), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
        _library().reload()
        _library().select(voice)  # the next one is likely the same
    if failed:
        raise EngineError(f"espeak-ng failed with code {failed}")


def phonemes(text: str, voice: str) -> str:
    """The phonemes of `text` in IPA with stress marks, words parted by spaces, `TIE` inside a phoneme of
    several letters, "(en)" where the language changes. The punctuation is gone. `voice` is an identifier."""
    buffer = C.create_string_buffer(_encode(text))
    at = C.c_void_p(C.addressof(buffer))
    clauses = []
    with _lock:
        library = _library().select(voice)
        while at.value:  # one clause a call
            clauses.append(library.espeak_TextToPhonemes(C.byref(at), _CHARS_UTF8, _IPA) or b"")
    return " ".join(b" ".join(clauses).decode().split())


def _encode(text: str) -> bytes:
    text = _LONG_WORD.sub(r"\g<0> ", text.translate(_HARMLESS))
    if _KOREAN.search(text):
        text = _LONG_CLAUSE.sub(r"\g<0>,", text)
    return text.encode() + b"\0"


class _Library:
    """The copy of espeak-ng that is loaded. It has one voice: to select one queues a command that only speech
    takes out of the queue again, so for another voice the library is loaded anew."""

    def __init__(self) -> None:
        self._load()

    def _load(self) -> None:
        self._voice = ""
        self.call = C.CDLL(espeakng_loader.get_library_path())
        self.call.espeak_ListVoices.restype = C.POINTER(C.POINTER(_VoiceStruct))
        self.call.espeak_TextToPhonemes.argtypes = [C.POINTER(C.c_void_p), C.c_int, C.c_int]
        self.call.espeak_TextToPhonemes.restype = C.c_char_p
        data = str(espeakng_loader.get_data_path())
        rate = self.call.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data.encode(), _DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise EngineError(f"espeak-ng can't use its data in {data}", code="model_broken")

    def select(self, voice: str) -> C.CDLL:
        """The library, set to `voice`. Raises `EngineError`."""
        if self._voice not in ("", voice):
            self.reload()
        if self._voice != voice and self.call.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EngineError(f"espeak-ng has no voice {voice!r}", code="unknown_voice", param="voice")
        self._voice = voice
        return self.call

    def reload(self) -> None:
        """Forget all that was said."""
        self.call.espeak_Terminate()
        _libc.dlclose(self.call._handle)
        self._load()


@functools.cache
def _library() -> _Library:
    return _Library()


def _listed(wanted: object) -> Iterator[Voice]:
    array = _library().call.espeak_ListVoices(wanted)
    index = 0
    while array[index]:
        found = array[index].contents
        index += 1
        yield Voice(found.name.decode().strip(), _tags(found.languages), found.identifier.decode())


def _tags(address: int) -> list[tuple[int, str]]:
    """The tags at `address`: a byte of rank and a C string each, then a zero byte."""
    tags = []
    while rank := C.string_at(address, 1)[0]:
        tag = C.string_at(address + 1)
        tags.append((rank, tag.decode().lower()))
        address += len(tag) + 2
    return tags
