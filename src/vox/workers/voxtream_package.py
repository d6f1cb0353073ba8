"""The package `voxtream`, imported without what its engine has no use for, and with espeak-ng as a library.

As it stands its import takes 12 s and 3.5 GB: it gives three transformers a vocabulary of 128,256 words that
is thrown away, fills all weights with random numbers, and brings packages for evaluation, for training and
for cleaning recordings. Nothing that is left out here is reached by speaking.
"""

from __future__ import annotations

import ctypes as C
import functools
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from vox.workers.engine import EngineError

_UNUSED = {
    "g2p_en": ("G2p",),  # the other phonemizer; asks the net for data of NLTK as soon as it is imported
    "nltk": (),
    "pyloudnorm": ("Meter",),  # recordings come levelled
    "silero_vad": ("get_speech_timestamps", "load_silero_vad"),  # recordings come trimmed
    "voxtream.utils.sidon_se": ("LazySidonSE",),  # removes noise from recordings, with a model of its own
}
"""Modules that only have to be there, and the names that are imported from them."""

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_POSITION_CHARACTER = 1
_CHARS_UTF8 = 1
_TRACE = 0x02 | ord("_") << 8  # IPA, phonemes parted by "_", as the option --ipa=1
_SAMPLE_RATE = 22050
_LONG_WORD = re.compile(r"\S{40}(?=\w)")
"""espeak-ng leaves out what a word has beyond 160 bytes."""
_LONG_CLAUSE = re.compile(r".{150,180}(?=\s)")
"""It also leaves out what a clause has beyond 800 bytes; a letter may have four."""


def bring() -> Any:
    """The module `voxtream.generator`. Raises `EngineError` where a package is missing."""
    try:
        with ExitStack() as stack:
            stack.enter_context(_stand_ins())
            stack.enter_context(unfilled())
            stack.enter_context(swapped(importlib.import_module("typeguard"), typechecked=lambda it: it))
            builders = llama()
            made = builders.llama3_2
            stack.enter_context(swapped(builders, llama3_2=lambda **it: made(**{**it, "vocab_size": 1})))
            generator = importlib.import_module("voxtream.generator")
            _phonemes_from_library(importlib.import_module("voxtream.utils.text.phonemizer"))
    except ImportError as error:
        message = f"a package of voxtream can't be used: {error}; run: vox engine install voxtream"
        raise EngineError(message, code="not_installed") from None
    return generator


def llama() -> Any:
    """The module `torchtune.models.llama3_2`, without the `__init__` of torchtune, which imports all that it
    has: data sets, and pandas for them. Raises `ImportError`."""
    spec = importlib.util.find_spec("torchtune")
    if "torchtune" not in sys.modules and spec is not None:
        sys.modules["torchtune"] = importlib.util.module_from_spec(spec)
    return importlib.import_module("torchtune.models.llama3_2")


@contextmanager
def swapped(owner: Any, **new: Any) -> Iterator[None]:
    """`owner` with other attributes for a while."""
    old = {name: getattr(owner, name) for name in new}
    try:
        for name, value in new.items():
            setattr(owner, name, value)
        yield
    finally:
        for name, value in old.items():
            setattr(owner, name, value)


@contextmanager
def unfilled() -> Iterator[None]:
    """PyTorch's layers are made without random weights, and then get the tensors of a file as they lie there,
    in memory that the system maps, instead of copies."""
    from torch import nn

    load = nn.Module.load_state_dict

    def adopt(module: nn.Module, state: Any, strict: bool = True) -> Any:
        return load(module, state, strict, assign=True)

    with ExitStack() as stack:
        for layer in (nn.Linear, nn.Embedding, nn.modules.conv._ConvNd):
            stack.enter_context(swapped(layer, reset_parameters=lambda self: None))
        stack.enter_context(swapped(nn.Module, load_state_dict=adopt))
        yield


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Modules that do nothing in the place of those not used, unless they are there already."""
    missing = [name for name in _UNUSED if name not in sys.modules]
    for name in missing:
        module = ModuleType(name)
        for known in _UNUSED[name]:
            setattr(module, known, type(known, (), {"__init__": lambda self, **_: None}))
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def _phonemes_from_library(module: Any) -> None:
    """Have the package's phonemizer ask the library for what it would start the program `espeak-ng` for, at
    13 ms a call."""
    module._espeak_exe = _program
    module.is_tool = lambda name: name == "espeak-ng"
    module.get_espeakng_version = lambda: "1.52.0"
    module.ESpeak._ESPEAK_LIB = "espeak-ng"


def _program(name: str, arguments: Sequence[str], sync: bool = False) -> list[bytes]:
    """What the program prints, by lines: its voices, or the phonemes of the last argument."""
    if arguments == ["--voices"]:
        return [b"Pty Language Age/Gender VoiceName", b" 2 en-us --/M English_(America)"]
    # One line: the package would join the last phoneme of a clause and the first of the next to one.
    return [b" ".join(printed(arguments[-1]).split())]


def printed(text: str) -> bytes:
    """What `espeak-ng -q -b 1 -v en-us --ipa=1 TEXT` prints: the phonemes of American English in IPA, a line
    for each clause. The library's function for phonemes won't do: it forgets the stress that a lone "we" or
    "and" gets."""
    library, libc = _library()
    buffer, size = C.c_void_p(), C.c_size_t()
    file = libc.open_memstream(C.byref(buffer), C.byref(size))
    data = _LONG_CLAUSE.sub(r"\g<0>,", _LONG_WORD.sub(r"\g<0> ", text)).encode() + b"\0"
    library.espeak_SetPhonemeTrace(_TRACE, file)
    library.espeak_Synth(data, len(data), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
    library.espeak_SetPhonemeTrace(0, None)
    libc.fclose(file)
    try:
        return C.string_at(buffer, size.value)
    finally:
        libc.free(buffer)


@functools.cache
def _library() -> tuple[C.CDLL, C.CDLL]:
    """espeak-ng, speaking American English to nobody, and the C library. Raises `EngineError`."""
    import espeakng_loader

    library, libc = C.CDLL(espeakng_loader.get_library_path()), C.CDLL(None)
    libc.open_memstream.restype = C.c_void_p
    for function in (libc.fclose, libc.free):
        function.argtypes = [C.c_void_p]
    library.espeak_SetPhonemeTrace.argtypes = [C.c_int, C.c_void_p]
    data = str(espeakng_loader.get_data_path()).encode()
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
    if rate != _SAMPLE_RATE or library.espeak_SetVoiceByName(b"en-us"):
        raise EngineError(f"espeak-ng can't use its data in {data.decode()}", code="model_broken")
    return library, libc
