"""The real kokoro engine, real kokoro-onnx and onnxruntime, on a model that says each token as a tone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vox import paths

HERE = Path(__file__).parent
MEANS = {"af_heart": 0.0, "af_bella": 1.0, "af_sky": 2.0}
"""Of the styles that `kokoro_graph.py` makes; how far a voice lifts each tone."""
PAD, SPACE = 0, 16
"""The token before and after what the model is given, and that of a space."""
LONG = "The quick brown fox jumps over the lazy dog, and then it sleeps. " * 8


class Kokoro:
    """The engine in a process of its own environment."""

    def __init__(self, python: Path, printed: Path) -> None:
        engine = os.path.join(paths.engines_dir(), "kokoro.py")
        with printed.open("w") as stderr:
            self._process = subprocess.Popen(
                [python, HERE / "kokoro_driver.py", engine],
                env={**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
            )  # fmt: skip
        self.printed = printed

    def do(self, what: str, **request: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **request}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self.printed.read_text()
        return json.loads(answer)

    def speak(self, text: str, **request: Any) -> Any:
        return self.do("speak", text=text, **request)

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0, self.printed.read_text()


@pytest.fixture(scope="module")
def models(kokoro_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two directories: `hub` and `flat`."""
    directory = tmp_path_factory.mktemp("kokoro")
    for layout in ("hub", "flat"):
        builder = [kokoro_python, HERE.parent / "kokoro_graph.py", directory / layout, layout]
        subprocess.run(builder, check=True)
    return directory


@pytest.fixture(scope="module")
def process(kokoro_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kokoro]:
    kokoro = Kokoro(kokoro_python, tmp_path_factory.mktemp("driver") / "stderr.txt")
    yield kokoro
    kokoro.close()


@pytest.fixture
def kokoro(process: Kokoro, models: Path) -> Kokoro:
    """Loaded from the hub's layout."""
    assert process.do("load", directory=str(models / "hub"))["rate"] == 24000
    return process


@pytest.fixture
def files(models: Path, tmp_path: Path) -> Path:
    """A copy of the hub's layout, to be spoiled."""
    return Path(shutil.copytree(models / "hub", tmp_path / "model"))


def padded(tokens: list[int]) -> list[list[int]]:
    return [[PAD, *tokens, PAD]]


def unspaced(pieces: list[list[int]]) -> list[int]:
    """The tokens of all pieces but those of spaces, which may go where a text is cut."""
    return [token for piece in pieces for token in piece if token not in (PAD, SPACE)]


@pytest.mark.parametrize("layout", ["hub", "flat"])
def test_each_phoneme_is_spoken_in_its_place(process: Kokoro, models: Path, layout: str) -> None:
    ready = process.do("load", directory=str(models / layout))
    assert {voice["id"]: voice["language"] for voice in ready["voices"]} == {
        "af_heart": "en-us", "af_bella": "en-us", "af_sky": "en-us", "bf_emma": "en-gb",
    }  # fmt: skip
    shares = [share for share, _ in ready["stages"]]
    assert shares == sorted(shares) and len(shares) >= 2
    text = "Hello, world. It works!"
    assert process.speak(text)["tokens"] == padded(process.do("read", text=text, language="en-us")["tokens"])


def test_english_is_read_by_espeak_where_misaki_is_not_installed(kokoro: Kokoro) -> None:
    assert kokoro.do("read", text="Hello, world!", language="en-us")["phonemes"] == "həlˈO, wˈɜɹld!"


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("zh", "你好，世界。", "ni↓xau↓, ʂɨ↘ ʨje↘."),
        ("zh", "我们Hello去2,024年", "wo↓mən həlˈO ʨʰy↘ ɚ↘ li↗ŋ ɚ↘ sɨ↘ njɛ↗n"),
        ("zh", "熊用银行", "ɕjʊ↗ŋ jʊ↘ŋ i↗nxa↗ŋ"),
        ("zh", "哦嗯", "ɔ↗ n↗"),
        ("ja", "今日は、世界。", "kʲoːβa, sekai."),
        ("ja", "学校で3月に会う", "ɡaʔkoː de saŋɡaʦɨ ɲi aɯ"),
        ("ja", "Coffeeを10,000円", "kˈɔfi o iʨimaɴeɴ"),
        ("ja", "今日は2024年一月三日です", "kʲoːβa ɲiseɲɲiʥɨːjoneɴ iʨiɡaʦɨ mʲiʔka desɨ"),
        ("ja", "誤差は0.05、合言葉はゼロ〇七", "ɡosa βa ɾeːteɴʣeɾoɡo, aikotoba βa ʣeɾoʣeɾonana"),
        ("ja", "一緒に三人で九時三十分に", "iʔɕoɲi saɲɲiɴ de kɯʥi saɲʥɨʔpɯɴ ɲi"),
    ],
)
def test_mandarin_and_japanese_have_readers_of_their_own(
    kokoro: Kokoro, language: str, text: str, wanted: str
) -> None:
    found = kokoro.do("read", text=text, language=language)
    assert found["phonemes"] == wanted
    assert None not in found["tokens"]


@pytest.mark.parametrize(
    ("voice", "lift"),
    [
        ("af_bella", 1.0),
        ("AF_Sky", 2.0),
        ("af_bella(2)+af_sky(1)", 4 / 3),
        ("af_bella+af_sky", 1.5),
        (" af_heart (1) + af_sky (0.5) ", 2 / 3),
    ],
)
def test_a_mix_of_voices_sounds_between_them(kokoro: Kokoro, voice: str, lift: float) -> None:
    wanted = padded(kokoro.do("read", text="Hello.", language="en-us")["tokens"])
    assert kokoro.speak("Hello.", voice=voice, lift=lift)["tokens"] == wanted
    assert kokoro.speak("Hello.", voice=voice, lift=0.0)["tokens"] != wanted


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_speed_divides_the_duration(kokoro: Kokoro, speed: float) -> None:
    plain, other = (kokoro.speak("Hello there", speed=each)["samples"] for each in (1.0, speed))
    assert plain / other == pytest.approx(speed, rel=0.15)


def test_a_long_segment_comes_in_pieces_and_whole(kokoro: Kokoro) -> None:
    pieces = kokoro.speak(LONG)["tokens"]
    assert len(pieces) >= 3 and max(map(len, pieces)) <= 150 + 2
    assert unspaced(pieces) == unspaced([kokoro.do("read", text=LONG, language="en-us")["tokens"]])


def test_a_word_too_long_for_the_model_is_cut_and_not_lost(kokoro: Kokoro) -> None:
    wanted = unspaced([kokoro.do("read", text="x" * 400, language="en-us")["tokens"]])
    assert unspaced(kokoro.speak("x" * 400)["tokens"]) == wanted and len(wanted) > 510


@pytest.mark.parametrize(("mark", "seconds"), [(".", 0.25), ("?", 0.25), (",", 0.1), ("", 0.0)])
def test_a_segment_ends_in_the_pause_that_its_mark_asks_for(
    kokoro: Kokoro, mark: str, seconds: float
) -> None:
    for speed in (1.0, 2.0):
        tail = kokoro.speak(f"Hello{mark}", speed=speed)["tail"]
        assert tail == pytest.approx(seconds * 24000 / speed, abs=600)


@pytest.mark.parametrize("take", [0, 1, 2])
def test_an_abandoned_segment_leaves_nothing_behind(kokoro: Kokoro, take: int) -> None:
    assert len(kokoro.speak(LONG, take=take)["tokens"]) == take
    wanted = padded(kokoro.do("read", text="Hello.", language="en-us")["tokens"])
    assert kokoro.speak("Hello.")["tokens"] == wanted


def test_a_cancel_ends_the_run_of_the_model_and_the_next_segment_is_right(
    process: Kokoro, models: Path
) -> None:
    process.do("load", directory=str(models / "hub"), model="82m-fp16")  # the slow one
    for cancelled in ("cancelled", "cancelled_early"):
        assert process.do(cancelled, text="Hello, world.") == {"pieces": 0}
        wanted = padded(process.do("read", text="Hello.", language="en-us")["tokens"])
        assert process.speak("Hello.")["tokens"] == wanted


@pytest.mark.parametrize(
    "text",
    ["", " \r\n", "...!?", "\x00\ud800", "😀👍🏽", "\u200b", "(", "—", "a" + "\u0301" * 300, "<|>{}[]`"],
)
def test_odd_text_does_no_harm(kokoro: Kokoro, text: str) -> None:
    answer = kokoro.speak(text)
    assert "code" not in answer
    assert bool(answer["tokens"]) == any(map(str.isalnum, text))


def test_symbols_that_the_model_does_not_know_are_left_out_and_the_log_names_them(kokoro: Kokoro) -> None:
    found = kokoro.do("read", text="ळ नमस्ते", language="hi")
    assert None in found["tokens"]
    known = [token for token in found["tokens"] if token is not None]
    assert kokoro.speak("ळ नमस्ते", language="hi")["tokens"] == padded(known)
    assert "does not know: ɭ" in kokoro.printed.read_text()


@pytest.mark.parametrize(
    ("request_", "code", "param", "words"),
    [
        ({"voice": "af_bela"}, "unknown_voice", "voice", "did you mean af_bella"),
        ({"voice": "af_bella+af_skyy(2)"}, "unknown_voice", "voice", "'af_skyy'"),
        ({"voice": "af_bella(two)"}, "unknown_voice", "voice", "af_bella"),
        ({"voice": "af_bella+"}, "unknown_voice", "voice", "''"),
        ({"voice": "af_bella(0)"}, "invalid_value", "voice", "zero"),
        ({"language": "de"}, "unsupported_language", "lang", "en-gb, en-us, es, fr, hi, it, ja, pt-br, zh"),
    ],
)
def test_what_does_not_exist_is_refused(
    kokoro: Kokoro, request_: dict[str, str], code: str, param: str, words: str
) -> None:
    answer = kokoro.speak("Hello.", **request_)
    assert (answer["code"], answer["param"]) == (code, param)
    assert words in answer["message"]


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda files: (files / "onnx" / "model.onnx").unlink(), "model.onnx"),
        (lambda files: (files / "onnx" / "model.onnx").write_bytes(b"not a graph"), "model.onnx"),
        (lambda files: (files / "onnx" / "model.onnx").write_bytes(b""), "model.onnx"),
        (lambda files: (files / "voices" / "af_sky.bin").write_bytes(b"\0" * 100), "af_sky.bin"),
        (lambda files: shutil.rmtree(files / "voices"), "voices/*.bin"),
    ],
)
def test_files_that_are_missing_or_broken_are_named(
    process: Kokoro, files: Path, spoil: Callable[[Path], object], name: str
) -> None:
    spoil(files)
    answer = process.do("load", directory=str(files))
    assert answer["code"] == "model_broken"
    assert name in answer["message"] and "vox pull kokoro" in answer["message"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_a_broken_archive_of_voices_is_named(
    process: Kokoro, models: Path, tmp_path: Path, content: bytes
) -> None:
    files = Path(shutil.copytree(models / "flat", tmp_path / "model"))
    (files / "voices-v1.0.bin").write_bytes(content)
    answer = process.do("load", directory=str(files))
    assert answer["code"] == "model_broken" and "voices-v1.0.bin" in answer["message"]


def test_without_a_model_the_command_to_get_it_is_named(process: Kokoro) -> None:
    answer = process.do("load", directory=None)
    assert answer["code"] == "not_installed" and "vox pull kokoro" in answer["message"]


def test_a_device_that_onnxruntime_has_not_is_refused(process: Kokoro, models: Path) -> None:
    answer = process.do("load", directory=str(models / "hub"), device="cuda")
    assert answer["code"] == "not_installed" and "'cuda'" in answer["message"]
