"""Chatterbox with random weights, as `vox pull` would lay it out; run inside the engine's environment:

    python tests/models/chatterbox.py OUT [--type english|multilingual|turbo] [--full]
    python tests/models/chatterbox.py REQUEST --check

Tiny by default, 80 to 120 MB. The package has its dimensions written into its code, so whoever loads a tiny
model calls `shrink()` first; `--check` does so and then holds the engine to the contract, as
`python -m vox.workers.check` does. `--full` has the real dimensions (3.2 GB).

The weights that pick the speech tokens are no accident: the tokens walk through 48 groups, a group or two a
step, and then end, so that every text takes 24 to 48 tokens (1 to 2 s), by the seed alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.pop(0)  # this folder, in which this file goes by the name of the package
os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from safetensors.torch import save_file

KINDS = ("english", "multilingual", "turbo")
HIDDEN, GROUPS, TOKENS = 64, 48, 6561
START, STOP = 6561, 6562
CAP = 60
"""Tokens at most of the tiny multilingual model: upstream's watch over the alignment keeps it from ending."""
TEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-\""
_LANGUAGES = (
    "ar", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "it", "ja", "ko", "ms", "nl", "no", "pl",
    "pt", "ru", "sv", "sw", "tr", "zh",
)  # fmt: skip
CANGJIE = {"你": "onf", "好": "vnd", "世": "pt", "界": "wol"}


def shrink() -> None:
    """Make the package build, and load, tiny models from now on."""
    import s3tokenizer.model_v2 as tokenizer
    from chatterbox.models.s3gen import s3gen
    from chatterbox.models.t3 import t3
    from chatterbox.models.t3.inference import alignment_stream_analyzer
    from chatterbox.models.t3.llama_configs import LLAMA_CONFIGS
    from chatterbox.models.t3.modules import cond_enc

    if LLAMA_CONFIGS["Llama_520M"]["num_hidden_layers"] == 2:
        return
    few = {"hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4}
    LLAMA_CONFIGS["Llama_520M"].update(few, intermediate_size=HIDDEN, head_dim=HIDDEN // 4)
    LLAMA_CONFIGS["GPT2_medium"].update(n_embd=HIDDEN, hidden_size=HIDDEN, n_layer=2, n_head=4)
    alignment_stream_analyzer.LLAMA_ALIGNED_HEADS = [(0, 3), (0, 1), (0, 2)]
    _with(cond_enc, "Perceiver", pre_attention_query_size=HIDDEN, embedding_dim=HIDDEN)
    _with(s3gen, "UpsampleConformerEncoder", num_blocks=1, linear_units=32)
    _with(s3gen, "ConditionalDecoder", channels=[32], n_blocks=1, num_mid_blocks=1, attention_head_dim=8)
    _with(s3gen, "HiFTGenerator", base_channels=32)
    _with(s3gen, "CAMPPlus", growth_rate=2, init_channels=8)
    small = tokenizer.ModelConfig(n_audio_state=64, n_audio_head=1, n_audio_layer=1)
    build = tokenizer.S3TokenizerV2.__init__
    tokenizer.S3TokenizerV2.__init__ = lambda self, name, config=None: build(self, name, small)
    speak = t3.T3.inference

    def capped(self: Any, *, max_new_tokens: int, **given: Any) -> Any:
        most = min(max_new_tokens, CAP) if self.hp.is_multilingual else max_new_tokens
        return speak(self, max_new_tokens=most, **given)

    t3.T3.inference = capped


def _with(module: Any, name: str, **forced: Any) -> None:
    made = getattr(module, name)
    setattr(module, name, lambda **given: made(**(given | forced)))


def build(directory: str | Path, kind: str = "english", full: bool = False, seed: int = 0) -> Path:
    """A model of `kind` in `directory`, with a voice of its own."""
    if not full:
        shrink()
    out = Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    with torch.random.fork_rng():
        {"english": _english, "multilingual": _multilingual, "turbo": _turbo}[kind](out, full)
    recording(out / "voice.wav", 8.0, 120.0)
    model = load(out, kind)
    model.prepare_conditionals(str(out / "voice.wav"))
    model.conds.save(out / "conds.pt")
    (out / "voice.wav").unlink()
    return out


def load(directory: str | Path, kind: str, device: str = "cpu") -> Any:
    """As the package does it."""
    from chatterbox.mtl_tts import ChatterboxMultilingualTTS
    from chatterbox.tts import ChatterboxTTS
    from chatterbox.tts_turbo import ChatterboxTurboTTS

    made = {"english": ChatterboxTTS, "multilingual": ChatterboxMultilingualTTS, "turbo": ChatterboxTurboTTS}
    if kind == "multilingual":
        _chinese_from(Path(directory))
    return made[kind].from_local(directory, device)


def _chinese_from(directory: Path) -> None:
    """The package would pull the two tables that Chinese needs."""
    import spacy_pkuseg
    from chatterbox.models.tokenizers import tokenizer

    tokenizer.hf_hub_download = lambda *, filename, **_: str(directory / filename)
    spacy_pkuseg.config.pkuseg_home = str(directory)
    spacy_pkuseg.download_model = lambda *_: None


def recording(path: str | Path, seconds: float, pitch: float) -> Path:
    """Something like a voice: the harmonics of a wandering pitch, in syllables; s16le, mono, 24 kHz."""
    time = np.arange(int(seconds * 24000)) / 24000
    wander = pitch * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * time))
    phase = 2 * np.pi * np.cumsum(wander) / 24000
    tones = sum(np.sin(n * phase) / n for n in range(1, 20))
    loudness = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * time)
    samples = 0.15 * tones * loudness + 0.002 * np.random.default_rng(0).standard_normal(len(time))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 24000, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return Path(path)


def _english(out: Path, full: bool) -> None:
    from chatterbox.models.t3 import T3

    _save(_walking(T3(), full), out / "t3_cfg.safetensors")
    _save(_s3gen(full), out / "s3gen.safetensors")
    _save(_voice_encoder(), out / "ve.safetensors")
    _graphemes(out / "tokenizer.json", TEXT)


def _multilingual(out: Path, full: bool) -> None:
    import srsly
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.modules.t3_config import T3Config

    _save(_walking(T3(T3Config.multilingual()), full), out / "t3_mtl23ls_v2.safetensors")
    torch.save(_s3gen(full).state_dict(), out / "s3gen.pt")
    torch.save(_voice_encoder().state_dict(), out / "ve.pt")
    codes = [f"[cj_{letter}]" for letter in "abcdefghijklmnopqrstuvwxyz."]
    marks = [f"[{language}]" for language in _LANGUAGES]
    _graphemes(out / "grapheme_mtl_merged_expanded_v1.json", TEXT + "äöüßéàñçłåø，。", [*codes, *marks])
    table = [f"{word}\t{code}" for word, code in CANGJIE.items()]
    (out / "Cangjie5_TC.json").write_text(json.dumps(table), encoding="utf-8")
    words = out / "spacy_ontonotes"
    words.mkdir(exist_ok=True)
    tags = {"B": 0, "I": 1}
    features = {"unigram": [], "bigram": [], "feature_to_idx": {"$$": 0}, "tag_to_idx": tags}
    srsly.write_msgpack(words / "features.msgpack", features)
    np.savez(
        words / "weights.npz", sizes=np.array([2, 1]), w=np.array([1.0, 0, 0, 0, 0, 0])
    )  # every letter is a word


def _turbo(out: Path, full: bool) -> None:
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.modules.t3_config import T3Config
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    hp = T3Config(text_tokens_dict_size=50276)
    hp.llama_config_name, hp.speech_tokens_dict_size, hp.input_pos_emb = "GPT2_medium", 6563, None
    hp.speech_cond_prompt_len, hp.use_perceiver_resampler, hp.emotion_adv = 375, False, False
    _save(_walking(T3(hp), full), out / "t3_turbo_v1.safetensors")
    _save(_s3gen(full, meanflow=True), out / "s3gen_meanflow.safetensors")
    _save(_voice_encoder(), out / "ve.safetensors")
    letters = [*bytes_to_unicode().values(), "<|endoftext|>"]
    (out / "vocab.json").write_text(json.dumps({letter: n for n, letter in enumerate(letters)}))
    (out / "merges.txt").write_text("#version: 0.2\n")
    end = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    (out / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer", **end}))
    (out / "special_tokens_map.json").write_text(json.dumps(end))
    (out / "added_tokens.json").write_text("{}")


def _graphemes(path: Path, letters: str, extra: Sequence[str] = ()) -> None:
    """A tokenizer of single letters. The package wants these five marks; 255 and 0 are in its code."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    marks = {"[STOP]": 0, "[UNK]": 1, "[SPACE]": 2, "[START]": 255}
    free = (number for number in range(3, 704) if number != 255)
    vocabulary = marks | {word: next(free) for word in [*letters, *extra]}
    vocabulary |= {f"[{number}]": number for number in free if number < 255}  # a gap would be complained of
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([*marks, *extra])
    tokenizer.save(str(path))


def _s3gen(full: bool, meanflow: bool = False) -> Any:
    from chatterbox.models.s3gen import S3Gen

    s3gen = S3Gen(meanflow=meanflow)
    if not full:
        with torch.no_grad():
            s3gen.mel2wav.conv_post.bias.fill_(1.0)  # louder
    return s3gen


def _voice_encoder() -> Any:
    from chatterbox.models.voice_encoder import VoiceEncoder

    return VoiceEncoder()


def _save(module: torch.nn.Module, path: Path) -> None:
    save_file({name: tensor.contiguous().clone() for name, tensor in module.state_dict().items()}, path)


def _walking(t3: Any, full: bool) -> Any:
    """`t3`, its weights changed so that each speech token leads to one of the next group or the one after,
    and the last group to the end, or where that is forbidden to the first group again. A dimension of the
    embedding says in which group a token is, one more that it is the mark of the beginning."""
    token = torch.arange(TOKENS)
    group = token * GROUPS // TOKENS
    loudness = 1 if full else 10  # of text and voice, which two layers would hardly hear
    with torch.no_grad():
        for name, weight in t3.tfmr.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight[: GROUPS + 1] = 0  # text and voice decide which token of a group, not which group
            elif name.endswith("c_proj.weight"):
                weight[:, : GROUPS + 1] = 0
            if name.endswith(("v_proj.weight", "o_proj.weight", "c_attn.weight", "c_proj.weight")):
                weight.mul_(loudness)
        here, there = t3.speech_emb.weight, t3.speech_head.weight
        here[:, : GROUPS + 1] = 0
        there[:, : GROUPS + 1] = 0
        there.mul_(loudness)
        here[token, group] = 10
        here[START, GROUPS] = 10
        for step in (1, 2):
            there[token, (group - step) % GROUPS] = 8
        there[token[group == 0], GROUPS - 2] = 0
        there[token[group < 2], GROUPS] = 8
        there[STOP, GROUPS - 1] = 16
    return t3


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", help="a directory; with --check the request, as JSON")
    parser.add_argument("--type", choices=KINDS, default="english")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    if given.check:
        from vox.workers import check

        shrink()
        sys.argv = ["check", given.out]
        return check.main()
    build(given.out, given.type, given.full)
    return 0


if __name__ == "__main__":
    sys.exit(main())
