"""A Piper voice that says phonemes as tones: `python piper.py DIRECTORY`, with `onnx` and `piper-tts`.

Each phoneme id sounds for 6 frames of 256 samples, times the length scale, at `150 + 10 * id` Hz, 500 Hz
higher a speaker; amplitude 0.3, 22,050 Hz. So a test can hear which symbols were spoken, and how fast.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from tests.kokoro_graph import Graph

SAMPLE_RATE, FRAME, FRAMES = 22_050, 256, 6


def build(directory: Path, name: str = "en_US-lessac-medium", speakers: int = 1) -> None:
    """Write the graph and its facts, as the hub has them."""
    directory.mkdir(parents=True, exist_ok=True)
    onnx.save(_model(speakers), str(directory / f"{name}.onnx"))
    locale = name.partition("-")[0]
    voices = {"en_US": "en-us", "en_GB": "en-gb-x-rp"}
    facts = {
        "audio": {"sample_rate": SAMPLE_RATE, "quality": "medium"},
        "espeak": {"voice": voices.get(locale, locale.partition("_")[0])},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": 256,
        "num_speakers": speakers,
        "speaker_id_map": {f"p{n}": n for n in range(speakers)} if speakers > 1 else {},
        "language": {"code": locale},
    }
    (directory / f"{name}.onnx.json").write_text(json.dumps(facts))


def _model(speakers: int) -> onnx.ModelProto:
    graph = Graph()
    ids = graph.add("Reshape", "input", graph.whole([-1]))
    scale = graph.add("Gather", "scales", graph.whole(1))
    frames = graph.add("Round", graph.add("Mul", scale, graph.constant(float(FRAMES))))
    length = graph.cast(graph.add("Max", frames, graph.constant(1.0)), TensorProto.INT64)
    each = graph.add("Mul", length, graph.whole([FRAME]))
    count = graph.add("Shape", ids)
    index = graph.add("Div", _range(graph, graph.add("Mul", each, count)), each)
    hertz = graph.add(
        "Mul", graph.cast(graph.add("Gather", ids, index), TensorProto.FLOAT), graph.constant(10.0)
    )
    lift = graph.constant(150.0)
    if speakers > 1:
        speaker = graph.cast(graph.add("Reshape", "sid", graph.whole([-1])), TensorProto.FLOAT)
        lift = graph.add("Add", lift, graph.add("Mul", speaker, graph.constant(500.0)))
    cycles = graph.add("Div", graph.add("Add", hertz, lift), graph.constant(float(SAMPLE_RATE)))
    phase = graph.add("CumSum", graph.cast(cycles, TensorProto.DOUBLE), graph.whole(0))
    sine = graph.add("Sin", graph.cast(graph.add("Mul", phase, graph.constant(2 * np.pi, np.float64)), 1))
    graph.add(
        "Reshape", graph.add("Mul", sine, graph.constant(0.3)), graph.whole([1, 1, 1, -1]), output="output"
    )
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["b", "n"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["b"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, ["b"]))
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "t"])
    made = helper.make_graph(graph.nodes, "tones", inputs, [output], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def _range(graph: Graph, end: str) -> str:
    scalar = graph.add("Reshape", end, graph.constant(np.array([], np.int64), np.int64))
    return graph.add("Range", graph.whole(0), scalar, graph.whole(1))


if __name__ == "__main__":
    build(Path(sys.argv[1]))
