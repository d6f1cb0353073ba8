"""The real voxtream package on a tiny model: run by pytest inside the engine's environment."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("moshi")

import numpy as np  # noqa: E402

from tests.models import voxtream as models  # noqa: E402
from tests.models.voxtream_engine import PATH, TEXT, Voxtream, reference  # noqa: E402
from vox.workers import voxtream_package, voxtream_text  # noqa: E402
from vox.workers.engine import EngineError, Model  # noqa: E402
from vox.workers.plugins import load_engine  # noqa: E402
from vox.workers.prompts import Prompts  # noqa: E402

OTHER = "Staff do not always do enough to prevent violence."
LONG = " ".join(f"{TEXT} {number} times {OTHER}" for number in ("One", "two", "three", "four", "five", "six"))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voxtream]:
    torch.set_num_threads(1)
    made = Voxtream(models.build(tmp_path_factory.mktemp("voxtream")))
    yield made
    scratch = Path(made.engine._scratch.name)
    made.engine.close()
    assert not scratch.exists()


@pytest.fixture
def vox(loaded: Voxtream) -> Voxtream:
    loaded.forget()
    return loaded


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that is being written is there before the first word is asked for."""

    class Inline:
        def __init__(self, target: Callable[..., None], args: Any, daemon: bool) -> None:
            self.ident: int | None = None
            self._target, self._args = target, args

        def start(self) -> None:
            self.ident = 1
            self._target(*self._args)

    monkeypatch.setattr(threading, "Thread", Inline)


def spoken(texts: list[Any]) -> list[str]:
    """Their words."""
    return " ".join(texts).split()


def test_load(loaded: Voxtream) -> None:
    assert (loaded.ready.sample_rate, loaded.ready.voices) == (24000, [])
    assert loaded.stages == sorted(loaded.stages) and len(loaded.stages) > 2
    assert torch.cuda.is_available() or os.environ["NO_TORCH_COMPILE"], "it would want a compiler"
    absent = {"nltk", "g2p_en", "silero_vad", "pyloudnorm", "transformers", "datasets", "pandas", "librosa"}
    assert not absent & sys.modules.keys()


def test_the_stream_is_what_the_package_makes(vox: Voxtream) -> None:
    whole = vox.own(TEXT)
    chunks = list(vox.speak())
    assert b"".join(chunks) == whole
    assert {len(chunk) for chunk in chunks} == {2 * 1920}, "not a frame a chunk"
    assert max(np.abs(np.frombuffer(whole, "<i2"))) > 1000


def test_a_text_being_written_is_what_the_package_makes(vox: Voxtream, at_once: None) -> None:
    from voxtream.utils.generator import text_generator

    whole = vox.own(text_generator(TEXT))
    assert vox.say("", deltas=iter([TEXT[:9], "", TEXT[9:30], TEXT[30:]])) == whole
    assert whole != vox.say(TEXT)


def test_it_speaks_before_the_text_has_ended(vox: Voxtream) -> None:
    more = threading.Event()

    def written() -> Iterator[str]:
        yield "In general, some meth"
        more.wait()
        yield "od is then needed — to "
        yield "evaluate."

    sound = vox.speak("", deltas=written())
    first = next(sound)
    assert len(first) == 2 * 1920 and not more.is_set()
    more.set()
    assert len(b"".join(sound)) > 5 * len(first)
    assert vox.read == spoken(["In general, some method is then needed to evaluate."])


def test_a_failure_of_the_text_is_not_the_end_of_it(vox: Voxtream) -> None:
    def written() -> Iterator[str]:
        yield "In general, some method "
        raise OSError("the writer fell asleep")

    with pytest.raises(OSError, match="asleep"):
        vox.say("", deltas=written())


@pytest.mark.parametrize("begun", [True, False])
def test_cancel_ends_a_wait_for_text(vox: Voxtream, begun: bool) -> None:
    before = set(threading.enumerate())
    silent, heard, over = threading.Event(), threading.Event(), threading.Event()

    def written() -> Iterator[str]:
        yield "In general, some method is then " if begun else " "
        heard.set()
        over.wait()

    wanted = vox.segment("", deltas=written())

    def listen() -> None:
        for _ in vox.engine.speak(wanted):
            heard.set()
        silent.set()

    threading.Thread(target=listen, daemon=True).start()
    assert heard.wait(60)
    vox.engine.cancel(wanted)
    assert silent.wait(60), "it goes on waiting"
    over.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()


def test_closing_ends_the_reading_of_the_text(vox: Voxtream) -> None:
    before = set(threading.enumerate())
    over = threading.Event()
    taken = []

    def written() -> Iterator[str]:
        yield "In general, some method is then "
        over.wait()
        for word in ("one ", "two ", "three "):
            taken.append(word)
            yield word

    sound = vox.speak("", deltas=written())
    next(sound)
    sound.close()
    over.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()
    assert len(taken) <= 1


def test_cancel_takes_one_step(vox: Voxtream) -> None:
    wanted = vox.segment()
    sound = vox.engine.speak(wanted)
    for _ in range(3):
        next(sound)
    steps = vox.steps
    vox.engine.cancel(vox.segment())  # another one
    assert next(sound)
    vox.engine.cancel(wanted)
    assert next(sound, None) is None
    assert vox.steps <= steps + 2


@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_an_abandoned_stream_leaves_nothing(vox: Voxtream, how: str) -> None:
    whole = vox.say()
    wanted = vox.segment(LONG, voice="you", speed=1.5, options={"temperature": 0.4}, seed=5)
    sound = vox.engine.speak(wanted)
    for _ in range(4):
        next(sound)
    if how == "cancelled":
        vox.engine.cancel(wanted)
    sound.close()
    assert vox.say() == whole


def test_seed(vox: Voxtream) -> None:
    assert vox.say(seed=3) == vox.say(seed=3) == vox.say(seed=3 + 2**32)
    assert vox.say(seed=3) != vox.say(seed=4)
    assert vox.say(seed=None) != vox.say(seed=None)


def test_two_callers_never_hear_each_other(vox: Voxtream) -> None:
    mine, yours = vox.say(), vox.say(OTHER, voice="you", seed=2)
    assert vox.say(TEXT, voice="you") != mine
    assert (vox.say(), vox.say(OTHER, voice="you", seed=2), vox.say()) == (mine, yours, mine)


def test_a_long_text_is_spoken_in_takes(vox: Voxtream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["vox_engine_voxtream"], "_USUAL", 5)
    sound = vox.say(LONG[:240])
    takes = list(vox.takes)
    assert vox.say(LONG[:240]) == sound
    assert len(takes) > 3 and spoken(takes) == LONG[:240].split()
    assert all(len(take) <= 5 * 16 for take in takes)
    assert vox.steps == 2 * (len(sound) // 3840 + len(takes))


@pytest.mark.parametrize(("speed", "longest"), [(0.25, 160), (1.0, 640), (1.75, 1000)])
def test_a_take_lasts_well_below_a_minute(
    vox: Voxtream, monkeypatch: pytest.MonkeyPatch, speed: float, longest: int
) -> None:
    takes: list[str] = []

    def heard(text: str, **_: Any) -> Iterator[Any]:
        takes.append(text)
        yield from ()

    monkeypatch.setattr(vox.generator, "generate_stream", heard)
    assert not list(vox.speak(LONG * 2, speed=speed))
    assert spoken(takes) == (LONG * 2).split()
    assert longest / 2 < max(map(len, takes)) <= longest
    assert all(take.endswith(".") for take in takes[:-1])


def test_where_a_take_ends() -> None:
    def takes(text: str, most: int) -> list[str]:
        whole = voxtream_text.Whole(text, most)
        return list(iter(whole.take, None))

    assert takes("One two. Three four, five six seven", 20) == ["One two.", "Three four,", "five six seven"]
    assert takes("One two three four", 9) == ["One two", "three", "four"]
    assert takes("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert takes("One,, — two", 5) == ["One,,", "two"]


def test_an_endless_text_is_spoken_in_takes(vox: Voxtream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["vox_engine_voxtream"], "_USUAL", 5)
    vox.say("", deltas=iter([LONG[:100], LONG[100:240]]))
    assert vox.read == LONG[:240].split()
    assert len(vox.takes) > 2


@pytest.mark.parametrize("streamed", [False, True])
def test_what_a_minute_cuts_off_is_spoken(
    vox: Voxtream, streamed: bool, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    monkeypatch.setattr(vox.config, "max_audio_length_ms", 10 * 80)
    frames = len(vox.say("", deltas=iter([TEXT]))) if streamed else len(vox.say(TEXT))
    assert len(vox.takes) > 2
    assert frames // 3840 == vox.steps - len(vox.takes)
    assert set(spoken(vox.read)) == set(TEXT.split())
    for take, after in zip(vox.takes, vox.takes[1:] if not streamed else [], strict=False):
        assert take.endswith(after) and take != after


@pytest.mark.parametrize("streamed", [False, True])
def test_a_take_goes_on_from_the_word_that_it_stopped_in(
    vox: Voxtream, streamed: bool, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    words = ["We", "never", "saw", "the", "old", "fox", "again."]
    text = voxtream_text.Growing([], 9) if streamed else voxtream_text.Whole("", 9)
    text.words = words
    phonemize = vox.generator.ctx.phonemizer.phonemize
    until = [phonemize(" ".join(words[:n])).replace(" ", "|").count("|") + 1 for n in range(1, 8)]
    assert vox.engine._unsaid(text, until[2]) == words[2:], "the word it is in is said again"
    assert vox.engine._unsaid(text, until[2] + 1) == words[3:]
    assert vox.engine._unsaid(text, 0) == words[1:], "no take goes on for ever"
    assert vox.engine._unsaid(text, until[6] + 5) == []


@pytest.mark.parametrize("text", ["", " \n", "…", "?!", "\u200b", "😀 —"])
def test_nothing_to_say(vox: Voxtream, text: str) -> None:
    assert vox.say(text) == b""
    assert vox.say("", deltas=iter([text, text])) == b""
    assert not vox.steps


def test_nothing_is_lost_behind_a_dash(vox: Voxtream, monkeypatch: pytest.MonkeyPatch) -> None:
    vox.say("— … and then he left")
    vox.say("", deltas=iter(["…and ", "—then ", "he left"]))
    assert spoken(vox.read) == 2 * ["and", "then", "he", "left"]


@pytest.mark.parametrize(
    ("given", "code", "sentence"),
    [
        ({"voice": "nobody"}, "unknown_voice", "unknown voice 'nobody'"),
        ({"language": "fr"}, "unsupported_language", "does not speak 'fr'; it speaks en"),
        ({"options": {"tempo": 1}}, "invalid_value", "temperature, top_k, top_p, cfg_gamma"),
        ({"options": {"temperature": 0}}, "invalid_value", "a number from 0.05 to 2"),
        ({"options": {"top_k": 2.5}}, "invalid_value", "a whole number from 1 to 2050"),
    ],
)
def test_refusals(vox: Voxtream, given: dict[str, Any], code: str, sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence) as refusal:
        vox.say(TEXT, **given)
    assert refusal.value.code == code


def test_knobs(vox: Voxtream) -> None:
    whole = vox.say()
    sounds = [vox.say(options={name: value}) for name, value in
              (("temperature", 0.2), ("top_k", 1), ("top_p", 0.1), ("cfg_gamma", 3.0))]  # fmt: skip
    assert len({whole, *sounds}) == 5
    assert vox.say() == whole, "a knob stays turned"


def test_a_voice_is_compiled_once(vox: Voxtream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model("2", str(vox.directory), "cpu", {})
    mine = reference(vox.directory / "sample.wav")
    prompts = Prompts(str(tmp_path), PATH, model)
    made, source = prompts.of(mine, vox.engine.enroll)
    assert source == "made"
    tokens, speaker = made["audio_tokens"], made["spk_embedding"]
    assert (tokens.dtype, tokens.shape) == (np.int64, (1, 16, 50))
    assert (speaker.dtype, speaker.shape) == (np.float32, (1, 192))

    def again(*_: Any, **__: Any) -> Any:
        raise AssertionError("the recording is processed again")

    monkeypatch.setattr(vox.generator.ctx.mimi_prompt, "encode", again)
    monkeypatch.setattr(vox.generator.ctx, "spk_enc", again)
    kept, source = prompts.of(mine, again)
    assert source == "memory"
    read, source = Prompts(str(tmp_path), PATH, model).of(mine, again)
    assert source == "disk"
    assert vox.say(prompt=made) == vox.say(prompt=kept) == vox.say(prompt=read)


def test_a_recording_too_short(vox: Voxtream, tmp_path: Path) -> None:
    path = models.recording(tmp_path / "short.wav", 0.8, 120.0)
    with pytest.raises(EngineError, match=r"needs a recording of 1 s, and this has 0.80 s") as refusal:
        vox.engine.enroll(reference(path))
    assert refusal.value.code == "invalid_value"


def test_speed_is_the_packages_own(vox: Voxtream, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = vox.own(TEXT, speaking_rate=repeat(6.0))
    assert vox.say(TEXT, speed=1.5) == whole
    slow, usual, fast = (len(vox.say(speed=speed)) for speed in (0.25, 1.0, 1.75))
    assert slow > 1.3 * fast and slow > usual


def test_the_rates_are_those_of_the_table(vox: Voxtream) -> None:
    """voxtream 0.2.5 puts the weights to another use than 0.2.4, for which they were made."""
    temperature = 0.7
    vox.say(speed=0.75, options={"temperature": temperature})
    rate = vox.generator.spk_rate_config["3"]
    target = torch.tensor(rate["duration_state"]) / sum(rate["duration_state"])
    logits, now = torch.randn(6), torch.tensor([0.3, 0.1, 0.2, 0.2, 0.1, 0.1])
    then = torch.softmax(logits / temperature, -1) * torch.exp(5.0 * (torch.log10(target) - torch.log10(now)))
    here = torch.softmax((logits + rate["weight"] * (target.log() - now.log())) / temperature, -1)
    assert torch.allclose(then / then.sum(), here, atol=1e-6)
    assert math.isclose(rate["weight"], 5.0 * temperature / math.log(10))


def test_phonemes_are_those_of_the_program() -> None:
    said = {"We": "w_ˈiː\n", "hello world context": "h_ə_l_ˈoʊ w_ˈɜː_l_d k_ˈɑː_n_t_ɛ_k_s_t\n"}
    for text, phonemes in said.items():
        assert voxtream_package.printed(text).decode().lstrip() == phonemes


def test_no_phoneme_is_lost_or_joined(vox: Voxtream) -> None:
    phonemize = vox.generator.ctx.phonemizer.phonemize
    assert phonemize(" ".join(["quick fox"] * 200)).count("f|ˈɑː|k|s") == 200
    assert phonemize("hm" * 300).count("m") == 300
    assert phonemize("we, you.") == "w|ˈiː, j|ˈuː."


def test_refuses_to_load(vox: Voxtream, tmp_path: Path) -> None:
    def load(directory: Path | None, device: str = "cpu") -> EngineError:
        model = Model("2", str(directory) if directory else None, device, {})
        with models.again(), pytest.raises(EngineError) as refusal:
            load_engine("voxtream", PATH).load(model, lambda share, stage: None)
        return refusal.value

    assert load(None).code == "not_installed"
    assert load(vox.directory, "mps").code == "not_installed"
    if not torch.cuda.is_available():
        assert "torch finds no CUDA device" in str(load(vox.directory, "cuda"))
    empty = load(tmp_path)
    assert empty.code == "model_broken" and "config.json is missing" in str(empty)
    for name in ("model.safetensors", "redimnet.pt"):
        broken = tmp_path / name
        broken.mkdir()
        for path in vox.directory.iterdir():
            (broken / path.name).symlink_to(path)
        (broken / name).unlink()
        (broken / name).write_bytes(b"<html>not found</html>")
        assert load(broken).code == "model_broken"
