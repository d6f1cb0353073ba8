# /// script
# requires-python = ">=3.10"
# dependencies = []
#
# [tool.vox]
# title = "macOS say"
# license = "Apple's macOS licence"
# environment = "base"
# normalize = "markup"
# platforms = ["darwin"]
# sample-rate = 22050
# speed = [0.5, 2.0]
# keep-alive = "5m"
# voice = "default"
# [tool.vox.default-voices]
# en = "samantha"
# en-us = "samantha"
# en-au = "karen"
# en-gb = "daniel"
# en-ie = "moira"
# en-in = "rishi"
# en-za = "tessa"
# da = "sara"
# de = "anna"
# el = "melina"
# es = "monica"
# es-mx = "paulina"
# fi = "satu"
# fr = "thomas"
# fr-ca = "amelie"
# hi = "lekha"
# it = "alice"
# ja = "kyoko"
# ko = "yuna"
# nb = "nora"
# nl = "xander"
# pl = "zosia"
# pt = "luciana"
# pt-br = "luciana"
# pt-pt = "joana"
# ru = "milena"
# sv = "alva"
# th = "kanya"
# tr = "yelda"
# zh = "tingting"
# zh-hk = "sinji"
# zh-tw = "meijia"
# [tool.vox.aliases]
# alloy = "samantha"
# ash = "fred"
# ballad = "rishi"
# coral = "karen"
# echo = "ralph"
# fable = "daniel"
# onyx = "fred"
# nova = "samantha"
# sage = "tessa"
# shimmer = "moira"
# verse = "daniel"
# marin = "kathy"
# cedar = "rishi"
# ///
"""The speech of macOS through its program `say`.

"default" is the voice that the system's settings name; the others are those of `say -v ?`, spelled as ids:
"Eddy (German (Germany))" is "eddy-german-germany".
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
import unicodedata
import wave
from collections.abc import Iterator
from pathlib import Path

from vox.wire.messages import VoiceInfo
from vox.workers.engine import EngineError, Model, Progress, Ready, Segment
from vox.workers.names import unknown_voice
from vox.workers.plain import clean

SAMPLE_RATE = 22050
_WPM = 175
"""The pace of most voices, in words a minute."""
_LINE = re.compile(r"(?P<name>\S.*?)\s+(?P<language>[a-z]{2,3}(?:[_-]\w+)*)(?:@\S*)?\s+#")
"""One voice of `say -v ?`: name, locale, "#", a sentence."""
_FRAMES = 8192
"""Samples that are yielded at a time."""


class Say:
    def load(self, model: Model, progress: Progress) -> Ready:
        self._cancelled = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            listed = subprocess.run(["say", "-v", "?"], capture_output=True, check=True).stdout
        except FileNotFoundError:
            raise EngineError("there is no program `say`; only macOS has it", code="not_installed") from None
        except subprocess.CalledProcessError as error:
            raise EngineError(f"`say -v ?` failed: {_last_line(error.stderr)}") from None
        self._names = {"default": ""}
        infos: list[VoiceInfo] = [{"id": "default", "name": "System voice", "language": "mul"}]
        for name, language in parse_voices(listed.decode(errors="replace")):
            if identifier := voice_id(name):
                self._names[identifier] = name
                infos.append({"id": identifier, "name": name, "language": language})
        return Ready(SAMPLE_RATE, infos)

    def speak(self, segment: Segment) -> Iterator[bytes]:
        voice = segment.voice.lower()
        if voice not in self._names:
            raise unknown_voice(voice, self._names)
        self._cancelled = threading.Event()
        text = clean(segment.text).replace("[[", "[")  # "[[…]]" would be a command to the synthesiser
        return self._speech(text, self._names[voice], segment.speed, self._cancelled) if text else iter(())

    def cancel(self, segment: Segment | None = None) -> None:
        self._cancelled.set()
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        self.cancel()

    def _speech(self, text: str, name: str, speed: float, cancelled: threading.Event) -> Iterator[bytes]:
        with tempfile.TemporaryDirectory(prefix="vox-say-") as directory:
            path = Path(directory, "speech.wav")
            with subprocess.Popen(
                command(path, name, speed), stdin=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                self._process = process
                if cancelled.is_set():
                    process.kill()
                complaint = process.communicate(text.encode())[1]
            self._process = None
            if cancelled.is_set():
                return
            if process.returncode or not path.exists():
                raise EngineError(f"`say` failed with code {process.returncode}: {_last_line(complaint)}")
            with wave.open(str(path)) as speech:
                while frames := speech.readframes(_FRAMES):
                    yield frames


def command(path: Path, name: str, speed: float) -> list[str]:
    """The command line that speaks its input into a WAV file; `name` empty: the system's voice."""
    line = ["say", "-f", "-", "-o", str(path), "--file-format=WAVE", f"--data-format=LEI16@{SAMPLE_RATE}"]
    if name:
        line += ["-v", name]
    if speed != 1.0:
        line += ["-r", str(round(_WPM * speed))]
    return line


def parse_voices(listed: str) -> Iterator[tuple[str, str]]:
    """The voices of `say -v ?` as (name, BCP 47 tag in lower case)."""
    for line in listed.splitlines():
        if found := _LINE.match(line):
            yield found["name"], found["language"].replace("_", "-").lower()


def voice_id(name: str) -> str:
    """A voice's name without accents, its words in lower case and joined by hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _last_line(complaint: bytes) -> str:
    return complaint.decode(errors="replace").strip().rpartition("\n")[2] or "it did not say why"


ENGINE = Say
