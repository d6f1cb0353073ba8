"""The engine `cosyvoice` on the checkout that stands in for upstream's: `cosyvoice_stand_in`."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from vox import paths
from vox.workers.engine import Model, Segment
from vox.workers.plugins import load_engine

CHECKOUT = Path(__file__).parent / "cosyvoice_stand_in"
ENGINE = os.path.join(paths.engines_dir(), "cosyvoice.py")
PER_CHARACTER, SAMPLES, STEPS = 4, 960, 10
LEAD = "You are a helpful assistant."
END = chr(1)
"""What <|endofprompt|> is to the stand-in."""
TEXT = "a text that is to be spoken in this test."
SENTENCE = "One more sentence that is said in this very long text. "


def files(directory: Path, version: int = 2, **more: str) -> str:
    directory.mkdir(exist_ok=True)
    named = {f"cosyvoice{version}.yaml": "", f"speech_tokenizer_v{version}.onnx": ""}
    named |= dict.fromkeys(("llm.pt", "flow.pt", "hift.pt", "campplus.onnx"), "")
    (directory / "CosyVoice-BlankEN").mkdir(exist_ok=True)
    (directory / "CosyVoice-BlankEN" / "config.json").touch()
    for name, content in (named | more).items():
        (directory / name).write_text(content)
    return str(directory)


class Tried:
    """An engine, and upstream's model in it."""

    def __init__(self, directory: str, version: int = 2, device: str = "cpu") -> None:
        self.engine = load_engine("cosyvoice", ENGINE)
        model = Model(f"cosyvoice{version}-0.5b", directory, device, {"source": str(CHECKOUT)})
        self.ready = self.engine.load(model, lambda share, stage: None)
        self.model = self.engine._upstream.model

    def segment(self, text: str = TEXT, **more: Any) -> Segment:
        return Segment(text, "somebody", "en", 1.0, more.pop("seed", 1), more.pop("options", {}), **more)

    def chunks(self, *given: Any, **named: Any) -> list[int]:
        """Speech tokens, by chunk."""
        segment = given[0] if given and isinstance(given[0], Segment) else self.segment(*given, **named)
        return [len(piece) // 2 // SAMPLES for piece in self.engine.speak(segment)]

    def sound(self, *given: Any, **named: Any) -> bytes:
        return b"".join(self.engine.speak(self.segment(*given, **named)))

    def said(self, *given: Any, **named: Any) -> str:
        """The characters that were heard."""
        samples = np.frombuffer(self.sound(*given, **named), "<i2")[SAMPLES // 2 :: SAMPLES]
        return "".join(map(chr, samples[::PER_CHARACTER] % 256))

    @property
    def idle(self) -> bool:
        """Whether nothing is left of any request."""
        model = self.model
        kept = (model.tts_speech_token_dict, model.llm_end_dict, model.hift_cache_dict)
        return not any(kept) and not self.engine._frontend.spk2info


def letters(text: str) -> Any:
    torch = importlib.import_module("torch")
    return torch.tensor([list(map(ord, text))])
