"""Chatterbox against the package itself; run inside the engine's environment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.models import chatterbox as models
from vox.workers import chatterbox_windows
from vox.workers.engine import EngineError, Model, Ready, Reference, Segment
from vox.workers.engines import chatterbox
from vox.workers.pcm import s16le
from vox.workers.prompts import Prompts

torch.set_num_threads(1)  # tiny models are quicker with one
pytestmark = pytest.mark.filterwarnings("ignore")  # upstream's

TEXT = "Hello there, my friend."
WHOLE: dict[str, Any] = {"first_chunk_size": 1000}
PARTS: dict[str, Any] = {"first_chunk_size": 8, "chunk_size": 9}


class Loaded:
    def __init__(self, kind: str, directory: Path) -> None:
        self.kind, self.directory = kind, directory
        self.engine = chatterbox.Chatterbox()
        self.ready: Ready = self.engine.load(
            Model(kind, str(directory), "cpu", {}), lambda share, stage: None
        )
        self.model: Any = self.engine._model

    def segment(self, text: str = TEXT, seed: int | None = 1, **given: Any) -> Segment:
        options = {"s3gen_steps": 2}
        options |= {name: value for name, value in given.items() if name not in Segment._fields}
        named = {name: value for name, value in given.items() if name in Segment._fields}
        fields: dict[str, Any] = {
            "voice": "default",
            "language": "en",
            "speed": 1.0,
            "options": options,
        } | named
        return Segment(text=text, seed=seed, **fields)

    def say(self, text: str = TEXT, **given: Any) -> bytes:
        return b"".join(self.engine.speak(self.segment(text, **given)))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Loaded]:
    return {}


def loaded(kind: str, made: dict[str, Loaded], factory: pytest.TempPathFactory) -> Loaded:
    if kind not in made:
        made[kind] = Loaded(kind, models.build(factory.mktemp(kind), kind))
    return made[kind]


@pytest.fixture(params=models.KINDS)
def each(request: Any, made: dict[str, Loaded], tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return loaded(request.param, made, tmp_path_factory)


def only(kind: str) -> Any:
    @pytest.fixture
    def model(made: dict[str, Loaded], tmp_path_factory: pytest.TempPathFactory) -> Loaded:
        return loaded(kind, made, tmp_path_factory)

    return model


english, multilingual, turbo = map(only, models.KINDS)


def own_call(it: Loaded, seed: int) -> np.ndarray:
    """What the package says, by itself."""
    language = {"language_id": "en"} if it.kind == "multilingual" else {}
    model = models.load(it.directory, it.kind)
    torch.manual_seed(seed)
    sound: np.ndarray = model.generate(TEXT, **language).numpy()[0]
    return sound


def samples(sound: bytes) -> np.ndarray:
    return np.frombuffer(sound, "<i2").astype(np.float32) / 32767


def hooks(model: Any) -> list[str]:
    """Whose hooks are on the model, but for those that transformers puts there once."""
    modules = [*model.t3.modules(), *model.s3gen.modules()]
    found = [
        hook
        for module in modules
        for hook in (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
    ]
    names = {hook.__module__ for hook in found}
    return sorted(name for name in names if name.startswith(("vox", "chatterbox")))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[torch.Tensor]]:
    """The speech tokens of each window that S3Gen is given."""
    from chatterbox.models.s3gen import S3Gen

    seen: list[torch.Tensor] = []
    inference = S3Gen.inference

    def spy(self: Any, speech_tokens: torch.Tensor, **given: Any) -> Any:
        seen.append(speech_tokens.clone())
        return inference(self, speech_tokens=speech_tokens, **given)

    monkeypatch.setattr(S3Gen, "inference", spy)
    yield seen


def test_in_one_window_it_says_what_the_package_says(each: Loaded) -> None:
    steps = 2 if each.kind == "turbo" else 10
    assert each.say(seed=3, s3gen_steps=steps, **WHOLE) == s16le(own_call(each, 3))


def test_in_many_windows_it_says_the_same_tokens(each: Loaded, decoded: list[torch.Tensor]) -> None:
    whole = own_call(each, 3)
    (tokens,) = decoded
    decoded.clear()
    chunks = list(each.engine.speak(each.segment(seed=3, **PARTS)))
    assert len(b"".join(chunks)) // 2 == len(whole)
    assert len(chunks) == len(decoded) > 2
    said = 0
    for window, last in zip(decoded, [False] * (len(decoded) - 1) + [True], strict=True):
        start = max(0, said - chatterbox_windows.CONTEXT)
        assert torch.equal(window, tokens[start : start + len(window)])
        said = start + len(window) - (0 if last else chatterbox_windows.AHEAD)
    assert said == len(tokens)


def test_the_first_chunk_is_short_and_comes_before_the_last_token(each: Loaded) -> None:
    picked = []
    count = each.model.t3.speech_emb.register_forward_pre_hook(lambda *_: picked.append(1))
    chunks = each.engine.speak(each.segment(**PARTS))
    first = next(chunks)
    chunks.close()
    count.remove()
    assert len(first) // 2 == (8 - chatterbox_windows.AHEAD) * 960 - chatterbox_windows.OVERLAP
    assert len(picked) < 8 + 2 * 9


def test_no_window_begins_with_a_click(each: Loaded) -> None:
    sound = samples(each.say(**PARTS))
    steps = np.abs(np.diff(sound))
    seams = [(8 - 3 + 9 * n) * 960 for n in range(20) if (8 - 3 + 9 * n) * 960 < len(sound)]
    near = np.concatenate([steps[seam - 490 : seam + 10] for seam in seams])
    assert len(seams) > 1 and near.max() <= steps.max() and near.mean() < 1.5 * steps.mean()


def test_the_watermark_is_in_streamed_sound(each: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    find = each.model.watermarker.get_watermark
    assert find(samples(each.say(**PARTS)), sample_rate=24000) == 1
    monkeypatch.setattr(
        each.model, "watermarker", type("", (), {"apply_watermark": lambda self, s, **_: s})()
    )
    assert find(samples(each.say(**PARTS)), sample_rate=24000) == 0


def test_the_same_seed_repeats_and_another_does_not(each: Loaded) -> None:
    assert each.say(seed=5, **PARTS) == each.say(seed=5, **PARTS) != each.say(seed=6, **PARTS)


def test_without_a_seed_nothing_repeats_not_even_after_one(english: Loaded) -> None:
    said = []
    for _ in range(2):
        english.say(seed=5)
        said.append(english.say(seed=None))
    assert said[0] != said[1]


def test_cancel_while_tokens_are_picked_stops_at_the_next(each: Loaded) -> None:
    segment, picked = each.segment(**WHOLE), []

    def at_token(*_: Any) -> None:
        picked.append(1)
        if len(picked) == 10:
            each.engine.cancel(segment)

    hook = each.model.t3.speech_emb.register_forward_pre_hook(at_token)
    assert list(each.engine.speak(segment)) == []
    hook.remove()
    assert len(picked) == 10
    assert each.say(seed=5) == each.say(seed=5)


def test_cancel_while_sound_is_made_stops_at_the_next_step(each: Loaded) -> None:
    segment, steps = each.segment(s3gen_steps=10, **WHOLE), []

    def at_step(*_: Any) -> None:
        steps.append(1)
        if len(steps) == 3:
            each.engine.cancel(segment)

    hook = each.model.s3gen.flow.decoder.estimator.time_mlp.register_forward_pre_hook(at_step)
    assert list(each.engine.speak(segment)) == []
    hook.remove()
    assert len(steps) == 3


def test_cancel_of_another_segment_changes_nothing(english: Loaded) -> None:
    now = english.engine.speak(english.segment(**PARTS))
    first = next(now)
    english.engine.cancel(english.segment("Something else."))
    assert first + b"".join(now) == english.say(**PARTS)


def test_an_abandoned_stream_leaves_nothing_behind(each: Loaded) -> None:
    before = each.say(**PARTS)
    threads = threading.active_count()
    each.engine.speak(each.segment()).close()  # before it began
    stream = each.engine.speak(each.segment(seed=9, exaggeration=1.5, **PARTS))
    next(stream)
    stream.close()
    assert threading.active_count() == threads
    assert hooks(each.model) == []
    assert each.say(**PARTS) == before


def test_a_long_text_is_spoken_and_one_too_long_is_refused(each: Loaded) -> None:
    assert len(each.say("A long story. " * 100)) > 24000
    with pytest.raises(EngineError, match="2048 in one go") as refused:
        each.say("word " * 1200)
    assert refused.value.code == "invalid_value"
    assert each.say() == each.say()


def test_speech_that_reaches_the_limit_does_not_end_as_if_whole(
    english: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chatterbox_windows, "MOST", 12)
    stream = english.engine.speak(english.segment())
    with pytest.raises(EngineError, match="cut off at 40 s"):
        for chunk in stream:
            assert chunk


@pytest.mark.parametrize("text", ["", "  \n", "…", "!?", "👍"])
def test_text_without_a_word_is_silence(english: Loaded, text: str, decoded: list[torch.Tensor]) -> None:
    assert english.say(text) == b"" and not decoded


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ({"voice": "nobody"}, "unknown_voice", "unknown voice 'nobody'"),
        ({"language": "xx"}, "unsupported_language", "does not speak 'xx'; it speaks"),
        ({"tempo": 1}, "invalid_value", "has no option 'tempo'; it has exaggeration, cfg_weight"),
        ({"cfg_weight": 2}, "invalid_value", "a number from 0 to 1, not 2"),
        ({"exaggeration": 0}, "invalid_value", "a number from 0.25 to 2, not 0"),
        ({"chunk_size": 1}, "invalid_value", "a whole number from 5 to 1000, not 1"),
    ],
)
def test_what_it_cannot_do_is_refused(each: Loaded, given: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(EngineError, match=says) as refused:
        each.say(**given)
    assert refused.value.code == code


def test_knobs_change_the_sound(english: Loaded) -> None:
    usual = english.say()
    knobs: tuple[dict[str, Any], ...] = (
        {"exaggeration": 2},
        {"temperature": 5},
        {"cfg_weight": 1},
        {"s3gen_steps": 3},
    )
    for changed in knobs:
        assert english.say(**changed) != usual
    assert english.say(exaggeration=0.5, cfg_weight="0.5", s3gen_steps="2") == usual


def test_no_guidance_is_possible_though_the_package_fails_on_it(english: Loaded) -> None:
    assert len(english.say(cfg_weight=0)) > 24000


def test_turbo_says_once_what_it_ignores(turbo: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    turbo.engine._told = False
    usual = turbo.say()
    assert usual == turbo.say(exaggeration=1.5, cfg_weight=0.9) == turbo.say(min_p=0.5)
    told = [line for line in capsys.readouterr().err.splitlines() if "no use" in line]
    assert told == ["chatterbox/turbo has no use for cfg_weight, exaggeration"]


def test_languages(multilingual: Loaded, english: Loaded) -> None:
    assert multilingual.ready.voices[0]["language"] == "mul"
    assert english.ready.voices[0]["language"] == "en"
    said = {
        tag: multilingual.say("So, so.", language=tag)
        for tag in ("en", "de", "de-at", "ja", "ko", "he", "ru")
    }
    assert said["de"] == said["de-at"]
    with pytest.raises(EngineError, match=r"chatterbox/english does not speak 'de'; it speaks en$"):
        english.say(language="de")


def test_mandarin_is_read_with_its_tables_or_not_at_all(
    multilingual: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert multilingual.say("你好,世界。", language="zh-cn")
    read = multilingual.model.tokenizer.cangjie_converter
    assert read("世你") == "[cj_p][cj_t][cj_.] [cj_o][cj_n][cj_f][cj_.]"
    monkeypatch.setattr(read, "word2cj", {})
    with pytest.raises(EngineError, match="vox pull chatterbox/multilingual"):
        multilingual.say("你好", language="zh")


def test_mandarin_without_its_tables_hinders_no_other_language(multilingual: Loaded, tmp_path: Path) -> None:
    for file in multilingual.directory.iterdir():
        if file.name not in ("Cangjie5_TC.json", "spacy_ontonotes"):
            (tmp_path / file.name).symlink_to(file)
    poor = Loaded("multilingual", tmp_path)
    assert poor.say(language="fr")
    with pytest.raises(EngineError, match="tables for Chinese are missing"):
        poor.say(language="zh")


def reference(directory: Path, name: str = "a", seconds: float = 6.0, pitch: float = 180.0) -> Reference:
    path = models.recording(directory / f"{name}.wav", seconds, pitch)
    return Reference(name * 64, str(path), "", "en")


def test_a_voice_prompt_sounds_the_same_from_memory_and_from_disk(each: Loaded, tmp_path: Path) -> None:
    kept, model = str(tmp_path / "prompts"), Model(each.kind, str(each.directory), "cpu", {})
    voice = reference(tmp_path)
    prompts = Prompts(kept, chatterbox.__file__, model)
    made, memory = (prompts.of(voice, each.engine.enroll) for _ in range(2))
    disk = Prompts(kept, chatterbox.__file__, model).of(voice, each.engine.enroll)
    assert [source for _, source in (made, memory, disk)] == ["made", "memory", "disk"]
    assert all(isinstance(array, np.ndarray) and array.dtype != object for array in made[0].values())
    said = [each.say(prompt=prompt, voice="anna") for prompt, _ in (made, memory, disk)]
    assert said[0] == said[1] == said[2] != each.say()


def test_enrolling_is_what_the_package_does(english: Loaded, tmp_path: Path) -> None:
    voice = reference(tmp_path)
    model = models.load(english.directory, "english")
    torch.manual_seed(4)
    own = model.generate(TEXT, audio_prompt_path=voice.path, exaggeration=0.7)
    said = english.say(seed=4, prompt=english.engine.enroll(voice), exaggeration=0.7, s3gen_steps=10, **WHOLE)
    assert said == s16le(own.numpy()[0])


def test_segments_never_hear_each_other(each: Loaded, tmp_path: Path) -> None:
    low = each.engine.enroll(reference(tmp_path, "a", pitch=100))
    high = each.engine.enroll(reference(tmp_path, "b", pitch=250))
    alone = [each.say(prompt=low), each.say(prompt=high), each.say()]
    assert len(set(alone)) == 3
    each.say(prompt=high, exaggeration=2)
    assert [each.say(), each.say(prompt=high), each.say(prompt=low)] == alone[::-1]


def test_turbo_wants_more_than_five_seconds(turbo: Loaded, english: Loaded, tmp_path: Path) -> None:
    short = reference(tmp_path, seconds=3.2)
    with pytest.raises(EngineError, match=r"longer than 5 s, and this has 3\.2 s") as refused:
        turbo.engine.enroll(short)
    assert refused.value.code == "invalid_value"
    assert english.say(prompt=english.engine.enroll(short))


def test_a_model_that_is_not_whole_is_named(english: Loaded, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"it has no ve\.safetensors, t3_cfg.*vox pull") as broken:
        Loaded("english", tmp_path)
    assert broken.value.code == "model_broken"
    for file in english.directory.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "ve.safetensors").unlink()
    (tmp_path / "ve.safetensors").write_bytes(b"damaged")
    with pytest.raises(EngineError, match=r"can't be used: .*vox pull chatterbox/english") as broken:
        Loaded("english", tmp_path)
    assert broken.value.code == "model_broken"


@pytest.mark.parametrize(("there", "device", "says"), [(False, "cpu", "vox pull"), (True, "tpu", "on 'tpu'")])
def test_no_model_or_no_device(english: Loaded, there: bool, device: str, says: str) -> None:
    model = Model("english", str(english.directory) if there else None, device, {})
    with pytest.raises(EngineError, match=says) as refused:
        chatterbox.Chatterbox().load(model, lambda share, stage: None)
    assert refused.value.code == "not_installed"


def test_loading_asks_no_network(multilingual: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", asked)
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    assert Loaded("multilingual", multilingual.directory).ready.voices
