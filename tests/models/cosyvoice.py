"""A CosyVoice 2 or 3 of random weights that the real loader accepts: `python tests/models/cosyvoice.py OUT
CHECKOUT [--version 3]`, inside the engine's environment.

The directory is as `vox pull` makes it, 40 MB; the checkout is upstream's, whose description of its model is
read, made small, and written. It says noise, at some two tokens of 40 ms a byte of text.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]  # as a script: else the package is this file

WIDTH = 32
TOKENS = 64
"""Speech tokens that there are."""
_SMALL = {
    "llm_input_size": WIDTH, "llm_output_size": WIDTH, "speech_token_size": TOKENS, "vocab_size": TOKENS,
    "linear_units": 64, "num_blocks": 1, "n_blocks": 1, "num_mid_blocks": 1, "num_heads": 1,
    "attention_head_dim": 8, "base_channels": 32, "cond_channels": 16,  # and of version 3:
    "dim": WIDTH, "depth": 1, "heads": 2, "dim_head": 16,
}  # fmt: skip
_WORDS = 151643
"""Of Qwen's tokenizer: the model has the number of a word behind them in its code."""


def build(directory: Path, checkout: Path, version: int = 2) -> None:
    from hyperpyyaml import load_hyperpyyaml

    from vox.workers import cosyvoice_package

    directory.mkdir(parents=True)
    cosyvoice_package.bring(cosyvoice_package.checkout(str(checkout)))
    import torch

    torch.manual_seed(7)
    language_model = directory / "CosyVoice-BlankEN"
    _qwen(language_model)
    name = f"cosyvoice{version}"
    text = (checkout / f"examples/libritts/{name}/conf/{name}.yaml").read_text()
    for key, value in _SMALL.items():
        text = re.sub(rf"^( *{key}): \d+\b", rf"\1: {value}", text, flags=re.MULTILINE)
    text = text.replace("channels: [256]", "channels: [32]").replace("channels: 1024", "channels: 32")
    text = text[: text.index("# train conf") if "# train conf" in text else None]
    (directory / f"{name}.yaml").write_text(text)
    with cosyvoice_package.training_left_out(), (directory / f"{name}.yaml").open() as file:
        parts = load_hyperpyyaml(file, overrides={"qwen_pretrain_path": str(language_model)})
    _tamed(parts["llm"], version)
    for part in ("llm", "flow", "hift"):
        torch.save(parts[part].state_dict(), directory / f"{part}.pt")
    _graphs(directory, f"speech_tokenizer_v{version}.onnx")


def _tamed(llm: Any, version: int) -> None:
    """Let a take end by and by, and only in the way that it should. All vectors have a first element that
    stays as it is, by which the words that mean an end get their probability."""
    import torch

    constant = 4.0
    layers = llm.llm.model.model
    with torch.no_grad():
        tables = [layers.embed_tokens, llm.speech_embedding]
        for table in tables + ([llm.llm_embedding] if version == 2 else []):
            table.weight[:, 0] = constant
        for layer in layers.layers:
            layer.self_attn.o_proj.weight[0] = 0
            layer.mlp.down_proj.weight[0] = 0
        llm.llm_decoder.weight[:, 0] = 0
        llm.llm_decoder.weight[TOKENS:, 0] = -50
        llm.llm_decoder.weight[llm.eos_token, 0] = 0.25 if version == 2 else -0.1  # 3 has no least length
        if llm.llm_decoder.bias is not None:
            llm.llm_decoder.bias.zero_()


def _qwen(directory: Path) -> None:
    """A transformer of two layers, and a tokenizer to which every byte is a word."""
    from transformers import Qwen2Config, Qwen2ForCausalLM
    from transformers.models.qwen2.tokenization_qwen2 import bytes_to_unicode

    config = Qwen2Config(
        vocab_size=_WORDS + 400, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(directory)
    words = {word: number for number, word in enumerate(bytes_to_unicode().values())}
    words |= {f"unused{number}": number for number in range(len(words), _WORDS)}
    (directory / "vocab.json").write_text(json.dumps(words))
    (directory / "merges.txt").write_text("#version: 0.2\n")
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    added = {str(_WORDS + number): {"content": word, "special": True} for number, word in enumerate(special)}
    settings = {"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": added}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))


def _graphs(directory: Path, tokenizer: str) -> None:
    """The encoders of a recording: the mean of a spectrum times noise, and how loud it is, from 0 to 63."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def save(name: str, nodes: list[Any], inputs: list[Any], output: Any, constants: dict[str, Any]) -> None:
        kept = [numpy_helper.from_array(array, name) for name, array in constants.items()]
        graph = helper.make_graph(nodes, "graph", inputs, [output], kept)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        onnx.save(model, directory / name)

    value = helper.make_tensor_value_info
    noise = np.random.default_rng(0).normal(0, 0.1, (80, 192)).astype(np.float32)
    save(
        "campplus.onnx",
        [
            helper.make_node("ReduceMean", ["feats", "time"], ["mean"], keepdims=0),
            helper.make_node("MatMul", ["mean", "noise"], ["speaker"]),
        ],
        [value("feats", TensorProto.FLOAT, [1, "T", 80])],
        value("speaker", TensorProto.FLOAT, [1, 192]),
        {"noise": noise, "time": np.array([1])},
    )
    numbers = {"one": 1, "scale": 30, "zero": 0, "most": TOKENS - 1}
    save(
        tokenizer,
        [
            helper.make_node("ReduceMean", ["feats", "bands"], ["loud"], keepdims=0),
            helper.make_node("Slice", ["loud", "first", "last", "bands", "step"], ["fourth"]),
            helper.make_node("Add", ["fourth", "one"], ["above"]),
            helper.make_node("Mul", ["above", "scale"], ["scaled"]),
            helper.make_node("Clip", ["scaled", "zero", "most"], ["clipped"]),
            helper.make_node("Cast", ["clipped"], ["tokens"], to=TensorProto.INT32),
        ],
        [value("feats", TensorProto.FLOAT, [1, 128, "T"]), value("feats_length", TensorProto.INT32, [1])],
        value("tokens", TensorProto.INT32, [1, "N"]),
        {
            "bands": np.array([1]), "first": np.array([0]), "last": np.array([1 << 30]),
            "step": np.array([4]), **{name: np.array(number, np.float32) for name, number in numbers.items()},
        },
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--version", type=int, choices=(2, 3), default=2)
    given = parser.parse_args()
    build(given.out, given.checkout, given.version)


if __name__ == "__main__":
    main()
