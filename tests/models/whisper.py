"""A Whisper model of random weights, in the form that CTranslate2 loads: `python whisper.py DIRECTORY`.

What it hears is nonsense, but nonsense of the same shape: one layer of 64, a tokenizer of bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH, LAYERS, HEADS, MEL = 64, 1, 1, 80


def build(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(directory / "tokenizer.json"))
    vocabulary = [tokenizer.id_to_token(n) for n in range(tokenizer.get_vocab_size())]
    spec = ctranslate2.specs.WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    random = np.random.default_rng(1)
    _fill(spec, random, len(vocabulary))
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{code}|>") for code in _LANGUAGE_CODES]
    spec.config.alignment_heads = [[0, 0]]
    spec.register_vocabulary(vocabulary)
    spec.validate()
    spec.optimize()
    spec.save(str(directory))


def _tokenizer() -> Tokenizer:
    """Whisper's special tokens over bytes: first text, then what is special, last the times."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in _LANGUAGE_CODES)]
    names += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
    names += ["<|notimestamps|>", *(f"<|{n * 0.02:.2f}|>" for n in range(1501))]
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in names])
    return tokenizer


def _fill(spec: ctranslate2.specs.WhisperSpec, random: np.random.Generator, words: int) -> None:
    def weight(*shape: int) -> np.ndarray:
        return random.normal(0, 0.5, shape).astype(np.float32)

    encoder, decoder = spec.encoder, spec.decoder
    for convolution, channels in ((encoder.conv1, MEL), (encoder.conv2, WIDTH)):
        convolution.weight, convolution.bias = weight(WIDTH, channels, 3), weight(WIDTH)
    encoder.position_encodings.encodings = weight(1500, WIDTH)
    decoder.embeddings.weight = weight(words, WIDTH)
    decoder.position_encodings.encodings = weight(448, WIDTH)
    decoder.projection.weight = decoder.embeddings.weight
    decoder.scale_embeddings = False
    for half in (encoder, decoder):
        _norm(half.layer_norm)
        for layer in half.layer:
            _attention(layer.self_attention, weight, joined=True)
            if half is decoder:
                _attention(layer.attention, weight, joined=False)
            _norm(layer.ffn.layer_norm)
            _linear(layer.ffn.linear_0, weight, 4 * WIDTH, WIDTH)
            _linear(layer.ffn.linear_1, weight, WIDTH, 4 * WIDTH)


def _attention(attention: object, weight: object, joined: bool) -> None:
    _norm(attention.layer_norm)  # type: ignore[attr-defined]
    shapes = ((3 * WIDTH,), (WIDTH,)) if joined else ((WIDTH,), (2 * WIDTH,), (WIDTH,))
    for linear, (rows,) in zip(attention.linear, shapes, strict=True):  # type: ignore[attr-defined]
        _linear(linear, weight, rows, WIDTH)


def _linear(linear: object, weight: object, rows: int, columns: int) -> None:
    linear.weight, linear.bias = weight(rows, columns), weight(rows)  # type: ignore[attr-defined,operator]


def _norm(norm: object) -> None:
    norm.gamma, norm.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)  # type: ignore[attr-defined]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
