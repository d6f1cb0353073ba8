"""A Qwen3-TTS model of random weights that the real loader accepts: `python tests/models/qwen.py OUT [--type
base] [--size 0.6b] [--full]`, inside the engine's environment.

The directory is as `vox pull` makes it. Tiny (2 MB, half a second) unless `--full`, which has the dimensions
of the published model. What it says is noise of about -20 dB; each frame is the last with a chance of about
1/33 (tiny) or 1/2049 (full), so lengths vary with the seed.
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

import torch
from qwen_tts.core import Qwen3TTSTokenizerV2Config, Qwen3TTSTokenizerV2Model
from qwen_tts.core.models import Qwen3TTSConfig, Qwen3TTSForConditionalGeneration
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from transformers import EncodecFeatureExtractor

TYPES = ("custom_voice", "voice_design", "base")
SIZES = {"0.6b": "0b6", "1.7b": "1b7"}
"""What the configuration calls the sizes."""
HIDDEN = {"0.6b": (1024, 3072), "1.7b": (2048, 6144)}
"""Width of the full talker and of its feed-forward layers."""
LANGUAGES = {
    "chinese": 2055, "english": 2050, "german": 2053, "italian": 2070, "portuguese": 2071, "spanish": 2054,
    "japanese": 2058, "korean": 2064, "french": 2061, "russian": 2069, "beijing_dialect": 2074,
    "sichuan_dialect": 2062,
}  # fmt: skip
SPEAKERS = {
    "serena": 3066, "vivian": 3065, "uncle_fu": 3010, "ryan": 3061, "aiden": 2861, "ono_anna": 2873,
    "sohee": 2864, "eric": 2875, "dylan": 2878,
}  # fmt: skip
DIALECTS = {"eric": "sichuan_dialect", "dylan": "beijing_dialect"}
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tts_pad>", "<tts_text_bos>", "<tts_text_eod>"]
CODES = 32
"""Entries of a tiny codebook; the full one has 2048."""
LOUDNESS = 0.1
"""RMS of the sound."""

_GENERATION = {
    "do_sample": True, "repetition_penalty": 1.05, "temperature": 0.9, "top_p": 1.0, "top_k": 50,
    "subtalker_dosample": True, "subtalker_temperature": 0.9, "subtalker_top_p": 1.0, "subtalker_top_k": 50,
    "max_new_tokens": 8192,
}  # fmt: skip


def build(directory: Path, type: str = "custom_voice", size: str = "1.7b", full: bool = False) -> None:
    """Write the model. The same arguments give the same weights."""
    torch.manual_seed(0)
    directory.mkdir(parents=True, exist_ok=True)
    tokens = _tokenizer(directory)
    _talker(directory, tokens, type, size, full)
    _codec(directory / "speech_tokenizer", full)


def _tokenizer(directory: Path) -> dict[str, int]:
    """Bytes as tokens, besides the words that the package counts on to be one. Returns ids by token."""
    vocabulary = {char: id for id, char in enumerate(sorted(ByteLevel.alphabet()))}
    merges: list[str] = []
    for word in ("assistant", "user"):
        for end in range(1, len(word)):
            merges.append(f"{word[:end]} {word[end]}")
            vocabulary.setdefault(word[: end + 1], len(vocabulary))
    (directory / "vocab.json").write_text(json.dumps(vocabulary))
    (directory / "merges.txt").write_text("\n".join(["#version: 0.2", *dict.fromkeys(merges), ""]))
    specials = {token: len(vocabulary) + at for at, token in enumerate(SPECIALS)}
    plain = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "added_tokens_decoder": {str(id): {"content": token, **plain} for token, id in specials.items()},
        "additional_special_tokens": SPECIALS[1:],
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "model_max_length": 131072,
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(config))
    return vocabulary | specials


def _talker(directory: Path, tokens: dict[str, int], type: str, size: str, full: bool) -> None:
    config = {
        "talker_config": _full_talker(size) if full else _tiny_talker(len(tokens)),
        "speaker_encoder_config": _speaker_encoder(size, full),
        "tokenizer_type": "qwen3_tts_tokenizer_12hz",
        "tts_model_size": SIZES[size],
        "tts_model_type": type,
        "im_start_token_id": tokens["<|im_start|>"],
        "im_end_token_id": tokens["<|im_end|>"],
        "tts_pad_token_id": tokens["<tts_pad>"],
        "tts_bos_token_id": tokens["<tts_text_bos>"],
        "tts_eos_token_id": tokens["<tts_text_eod>"],
    }
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16 if full else torch.float32)  # as published
    try:
        model = Qwen3TTSForConditionalGeneration(Qwen3TTSConfig(**copy.deepcopy(config)))
    finally:
        torch.set_default_dtype(usual)
    _save(model, directory)  # what it writes of its configuration it does not take back
    known = {"model_type": "qwen3_tts", "architectures": ["Qwen3TTSForConditionalGeneration"]}
    (directory / "config.json").write_text(json.dumps(known | config))
    (directory / "generation_config.json").write_text(json.dumps(_GENERATION))


def _tiny_talker(tokens: int) -> dict[str, Any]:
    return _talker_of(
        codes=CODES,
        first=CODES,
        languages={name: CODES + 10 + at for at, name in enumerate(LANGUAGES)},
        speakers={name: CODES + 40 + at for at, name in enumerate(SPEAKERS)},
        shape={
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 8, "text_hidden_size": 32, "text_vocab_size": tokens + 8,
            "max_position_embeddings": 4096, "initializer_range": 0.05,  # else the prompt hardly matters
        },
        predictor={
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64,
        },
        sections=[2, 1, 1],
    )  # fmt: skip


def _full_talker(size: str) -> dict[str, Any]:
    hidden, wide = HIDDEN[size]
    return _talker_of(
        codes=2048,
        first=2148,
        languages=LANGUAGES,
        speakers=SPEAKERS,
        shape={
            "hidden_size": hidden, "intermediate_size": wide, "num_hidden_layers": 28,
            "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "text_hidden_size": 2048,
            "text_vocab_size": 151936, "max_position_embeddings": 32768,
        },
        predictor={
            "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 5, "num_attention_heads": 16,
            "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 65536,
        },
        sections=[24, 20, 20],
    )  # fmt: skip


def _talker_of(
    codes: int,
    first: int,
    languages: dict[str, int],
    speakers: dict[str, int],
    shape: dict[str, Any],
    predictor: dict[str, Any],
    sections: list[int],
) -> dict[str, Any]:
    """`codes` entries in a codebook; `first` of the marks, which lie in the last 1024 of the vocabulary,
    where only the end may be sampled; `sections` of the rotary embedding, half a head in sum."""
    marks = ("pad", "bos", "eos_token", "think", "nothink", "think_bos", "think_eos")
    shared = {"num_code_groups": 16, "rope_theta": 1000000}
    return {
        **shape,
        **shared,
        **{f"codec_{mark}_id": first + at for at, mark in enumerate(marks)},
        "vocab_size": codes + 1024,
        "pad_token_id": None,
        "rope_scaling": {
            "interleaved": True,
            "mrope_section": sections,
            "rope_type": "default",
            "type": "default",
        },
        "codec_language_id": languages,
        "spk_id": speakers,
        "spk_is_dialect": {name: DIALECTS.get(name, False) for name in speakers},
        "code_predictor_config": {**predictor, **shared, "vocab_size": codes},
    }


def _speaker_encoder(size: str, full: bool) -> dict[str, Any]:
    if full:
        return {"enc_dim": HIDDEN[size][0]}
    return {
        "mel_dim": 128, "enc_dim": 32, "enc_channels": [16, 16, 16, 16, 48], "enc_attention_channels": 8,
        "enc_res2net_scale": 8, "enc_se_channels": 8,
    }  # fmt: skip


def _codec(directory: Path, full: bool) -> None:
    shapes = (_FULL_ENCODER, _FULL_DECODER) if full else (_TINY_ENCODER, _TINY_DECODER)
    model = Qwen3TTSTokenizerV2Model(
        Qwen3TTSTokenizerV2Config(encoder_config=shapes[0], decoder_config=shapes[1])
    ).eval()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if name.endswith("embedding_sum"):  # zeros would be silence
                weights.normal_(0, 1)
            elif not full and name.startswith("decoder.") and weights.dim() > 1 and "embedding" not in name:
                weights.normal_(0, weights[0].numel() ** -0.5)
        last = model.decoder.decoder[-1].conv
        last.bias.zero_()
        last.weight.mul_(1e-4)  # the decoder clips
        sound = model.decoder(torch.randint(0, shapes[1]["codebook_size"], (1, 16, 25)))
        last.weight.mul_(LOUDNESS / sound.std())
    _save(model, directory)
    EncodecFeatureExtractor(feature_size=1, sampling_rate=24000, padding_value=0.0).save_pretrained(directory)


def _save(model: Any, directory: Path) -> None:
    """As `save_pretrained` does, which fails with the newer transformers that `qwen-tts-hf` needs."""
    model.config.save_pretrained(directory)
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


_TINY_ENCODER: dict[str, Any] = {
    "upsample_groups": 32, "num_filters": 4, "hidden_size": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 32,
    "codebook_size": CODES, "codebook_dim": 16, "vector_quantization_hidden_dimension": 16,
    "num_quantizers": 32, "sliding_window": 25, "upsampling_ratios": [8, 6, 5, 4],
}  # fmt: skip
_TINY_DECODER: dict[str, Any] = {
    "codebook_size": CODES, "codebook_dim": 32, "hidden_size": 16, "latent_dim": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 32,
    "decoder_dim": 64, "num_quantizers": 16, "upsample_rates": [8, 5, 4, 3], "upsampling_ratios": [2, 2],
    "sliding_window": 8,  # it hears less than 25 frames back, so that windows can be held against the whole
}  # fmt: skip
_FULL_ENCODER: dict[str, Any] = {"num_quantizers": 32, "codebook_dim": 256}
_FULL_DECODER: dict[str, Any] = {
    "codebook_size": 2048, "codebook_dim": 512, "hidden_size": 512, "latent_dim": 1024,
    "num_hidden_layers": 8, "num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 64,
    "intermediate_size": 1024, "decoder_dim": 1536, "num_quantizers": 16, "upsample_rates": [8, 5, 4, 3],
    "upsampling_ratios": [2, 2], "sliding_window": 72,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=TYPES, default=TYPES[0])
    parser.add_argument("--size", choices=list(SIZES), default="1.7b")
    parser.add_argument("--full", action="store_true", help="the dimensions of the published model")
    options = parser.parse_args()
    build(options.out, options.type, options.size, options.full)


if __name__ == "__main__":
    main()
