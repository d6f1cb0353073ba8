"""A VoXtream2 model of random weights that the real loader accepts: `python tests/models/voxtream.py OUT
[--full]`, inside the engine's environment.

The directory is as `vox pull` makes it. Tiny (25 MB, three seconds) unless `--full`, which has the dimensions
of the published model (2.2 GB). All six states of a phoneme are about as likely, so it says a dozen phonemes
a second, in noise. The speaker encoder is a stand-in in both: a convolution, behind what torch.hub asks for.

The package has its dimensions in its code. Before it is imported, `shrink` makes them tiny in this process; a
process that loads a tiny model calls it too, and as the package uses its modules up, `again` lets a process
load twice. `--check REQUEST` is `python -m vox.workers.check` in such a one.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]  # as a script: else the package is this file

import numpy as np

WIDTH = 64
"""Of the tiny transformers; the full ones have 1024."""
WORDS = (
    "the quick brown fox jumps over a lazy dog she sells seashells by shore measure thing this church judge "
    "boy out year hello test world sentence another longer here okay context we and you are fire poor either"
)
_HUBCONF = """
dependencies = ["torch"]

import torch


class Encoder(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.spec = torch.nn.Identity()
        self.bn = torch.nn.BatchNorm1d(width)
        self.layer = torch.nn.Conv1d(1, width, 400, 160)

    def forward(self, sound):
        return self.layer(sound[:, None]).abs().mean(-1)


def ReDimNet(model_name, train_type="ptn", dataset="vox2"):
    print("a line on stdout, as upstream's")
    url = f"https://github.com/IDRnD/ReDimNet/releases/download/latest/{model_name}-{dataset}-{train_type}.pt"
    file = torch.hub.load_state_dict_from_url(url, progress=True)
    model = Encoder(**file["model_config"])
    model.load_state_dict(file["state_dict"])
    return model
"""


def shrink() -> None:
    """Make the package tiny, in this process. Does nothing the second time."""
    from moshi.models import loaders

    from vox.workers.voxtream_package import llama

    builder = llama()
    if loaders._seanet_kwargs["dimension"] == WIDTH:
        return
    made = builder.llama3_2
    tiny = {"num_layers": 1, "num_heads": 4, "num_kv_heads": 2, "embed_dim": WIDTH, "intermediate_dim": WIDTH}
    builder.llama3_2 = lambda **given: made(**{**given, **tiny})
    loaders._seanet_kwargs.update(n_filters=4, dimension=WIDTH)
    loaders._quantizer_kwargs.update(dimension=16, input_dimension=WIDTH, output_dimension=WIDTH)
    loaders._transformer_kwargs.update(
        d_model=WIDTH,
        num_heads=4,
        num_layers=1,
        dim_feedforward=WIDTH,
        input_dimension=WIDTH,
        output_dimensions=[WIDTH],
    )


@contextmanager
def again() -> Iterator[None]:
    """The package is afterwards as if no model had been made."""
    from voxtream.utils.model import MODEL_POOL

    kept = copy.deepcopy(MODEL_POOL)
    yield
    MODEL_POOL.update(kept)


def build(directory: str | Path, full: bool = False) -> Path:
    """Write the model. The same arguments give the same weights."""
    os.environ["NO_TORCH_COMPILE"] = "1"
    import torch

    if not full:
        shrink()
    from vox.workers.voxtream_package import bring

    bring()
    out = Path(directory)
    for part in (out / "mimi", out / "redimnet"):
        part.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(), nullcontext() if full else again():
        torch.manual_seed(0)
        _transformers(out, 1024 if full else WIDTH)
        _codec(out / "mimi" / "tokenizer-e351c8d8-checkpoint125.safetensors")
        _speaker_encoder(out)
    _phonemes(out / "phoneme_to_token.json")
    recording(out / "sample.wav", 4.0, 120.0)
    return out


def recording(path: str | Path, seconds: float, pitch: float) -> Path:
    """Something like a voice: the harmonics of a wandering pitch, in syllables; s16le, mono, 24 kHz."""
    time = np.arange(int(seconds * 24000)) / 24000
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.1 * np.sin(4.4 * time))) / 24000
    tones = sum(np.sin(n * phase) / n for n in range(1, 20))
    samples = 0.15 * tones * (0.55 + 0.45 * np.sin(18.8 * time))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 24000, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return Path(path)


def _transformers(out: Path, width: int) -> None:
    from voxtream.model import Model, ModelConfig

    # Upstream's configs/train.yaml.
    config = {
        "phone_former": "phone_former", "temp_former": "temp_former", "dep_former": "dep_former_csm",
        "phone_vocab_size": 125, "audio_vocab_size": 2050, "audio_pad_size": 0, "embedding_dim": width,
        "spk_embedding_dim": 192, "num_codebooks": 16, "num_phone_states": 6, "amortization_divisor": 16,
        "max_look_ahead": 5, "audio_window_size": 625, "phone_window_size": 625,
    }  # fmt: skip
    (out / "config.json").write_text(json.dumps(config))
    model = Model(ModelConfig(**config))
    _fill(model)
    _save(model, out / "model.safetensors")


def _codec(path: Path) -> None:
    from moshi.models import loaders

    mimi = loaders.get_mimi(None)
    _save(_fill(mimi), path)


def _fill(model: Any) -> Any:
    """Weights that keep the size of what goes through them: the package's modules were made without any."""
    import torch

    for name, tensor in model.state_dict().items():
        if name.endswith(("_initialized", "cluster_usage")):
            tensor.fill_(1)
        elif "norm" in name or "layer_scale" in name or name.endswith("scale"):
            continue
        elif name.endswith("bias"):
            tensor.zero_()
        elif "embedding" in name:
            tensor.normal_()
        elif tensor.is_floating_point():
            inputs = tensor[0].numel() if tensor.dim() < 3 or "conv" in name else tensor.shape[-2]
            tensor.copy_(torch.randn(tensor.shape) * inputs**-0.5)
    return model


def _save(model: Any, path: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}, path)


def _speaker_encoder(out: Path) -> None:
    import torch

    (out / "redimnet" / "hubconf.py").write_text(_HUBCONF)
    layer, norm = torch.nn.Conv1d(1, 192, 400, 160), torch.nn.BatchNorm1d(192)
    state = {f"layer.{name}": tensor for name, tensor in layer.state_dict().items()}
    state |= {f"bn.{name}": tensor for name, tensor in norm.state_dict().items()}
    torch.save({"model_config": {"width": 192}, "state_dict": state}, out / "redimnet.pt")


def _phonemes(path: Path) -> None:
    from vox.workers.voxtream_package import printed

    lines = (printed(word).decode().replace("_", " ") for word in WORDS.split())
    found = {phoneme for line in lines for phoneme in line.split()}
    table = {phoneme: number for number, phoneme in enumerate(sorted(found)[:117])}
    table |= {".": 117, ",": 118, "?": 119, "!": 121, "unk": 122}
    path.write_text(json.dumps(table))


def main() -> None:
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=style)
    parser.add_argument("out")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--check", metavar="REQUEST")
    given = parser.parse_args()
    build(given.out, given.full)
    if given.check:
        from vox.workers import check

        sys.argv[1:] = [given.check]
        sys.exit(check.main())


if __name__ == "__main__":
    main()
