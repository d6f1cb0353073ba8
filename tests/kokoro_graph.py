"""A model with Kokoro's inputs and outputs that says tokens as tones: `python kokoro_graph.py DIRECTORY`.

Token t sounds for `2 + t % 3` frames of 600 samples, divided by the speed, at `200 + 20 * t` Hz, higher by
200 Hz for each 1.0 of the mean of the style; amplitude 0.3, 24 kHz. So a test can hear which symbols were
spoken, in which order, at which speed, by which voice. The phase runs on from tone to tone. Needs `onnx` and
`numpy`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

SAMPLE_RATE = 24000
FRAME = 600
STYLE = (510, 1, 256)
VOICES = {"af_heart": 0.0, "af_bella": 1.0, "af_sky": 2.0, "bf_emma": 3.0}
"""Mean of the style, by voice."""


class Graph:
    """Nodes and constants, each named when it is made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: ArrayLike, dtype: type = np.float32) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype=dtype), name))
        return name

    def whole(self, value: ArrayLike) -> str:
        return self.constant(value, np.int64)

    def add(self, operation: str, *inputs: str, output: str = "", **attributes: int) -> str:
        name = output or f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def cast(self, value: str, to: int, output: str = "") -> str:
        return self.add("Cast", value, output=output, to=to)


def make(tokens_input: str = "input_ids", work: int = 0) -> onnx.ModelProto:
    """The model; older exports call the input `tokens`. `work` is how many products of large matrices a run
    takes besides, so that it lasts."""
    graph = Graph()
    tokens = graph.add("Reshape", tokens_input, graph.whole([-1]))
    token_of_frame = graph.add("Gather", tokens, _index_of_frame(graph, tokens))
    hertz = graph.add("Add", *_scaled(graph, token_of_frame, 20.0, 200.0))
    lift = graph.add("Mul", _toil(graph, work), graph.constant(200.0))
    _sines(graph, graph.add("Add", hertz, lift))
    inputs = [
        helper.make_tensor_value_info(tokens_input, TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    outputs = [
        helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["samples"]),
        helper.make_tensor_value_info("duration", TensorProto.INT64, ["n"]),
    ]
    made = helper.make_graph(graph.nodes, "tones", inputs, outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def _toil(graph: Graph, products: int) -> str:
    """The mean of the style, the long way round."""
    mean = graph.add("ReduceMean", "style", keepdims=0)
    if not products:
        return mean
    matrix = graph.add("Expand", graph.add("Mul", mean, graph.constant(0.0)), graph.whole([1000, 1000]))
    for _ in range(products):
        matrix = graph.add("MatMul", matrix, matrix)
    return graph.add("Add", mean, graph.add("ReduceMax", matrix, keepdims=0))


def _scaled(graph: Graph, whole: str, factor: float, offset: float) -> tuple[str, str]:
    number = graph.cast(whole, TensorProto.FLOAT)
    return graph.add("Mul", number, graph.constant(factor)), graph.constant(offset)


def _index_of_frame(graph: Graph, tokens: str) -> str:
    """For each frame, which token it belongs to: how many tokens have ended by then."""
    zero, one = graph.whole(0), graph.whole(1)
    frames = graph.add("Add", *_scaled(graph, graph.add("Mod", tokens, graph.whole(3)), 1.0, 2.0))
    rounded = graph.add("Round", graph.add("Div", frames, "speed"))
    duration = graph.cast(graph.add("Max", rounded, graph.constant(1.0)), TensorProto.INT64, "duration")
    ends = graph.add("Unsqueeze", graph.add("CumSum", duration, zero), graph.whole([0]))
    total = graph.add("ReduceSum", duration, graph.whole([0]), keepdims=0)
    numbers = graph.add("Unsqueeze", graph.add("Range", zero, total, one), graph.whole([1]))
    ended = graph.cast(graph.add("GreaterOrEqual", numbers, ends), TensorProto.INT64)
    return graph.add("ReduceSum", ended, graph.whole([1]), keepdims=0)


def _sines(graph: Graph, hertz: str) -> None:
    """The output `audio` from one frequency a frame."""
    column = graph.add("Unsqueeze", hertz, graph.whole([1]))
    each = graph.add("Expand", column, graph.whole([1, FRAME]))
    cycles = graph.add("Div", graph.add("Reshape", each, graph.whole([-1])), graph.constant(SAMPLE_RATE))
    phase = graph.add("CumSum", graph.cast(cycles, TensorProto.DOUBLE), graph.whole(0))
    turn = graph.add("Mod", phase, graph.constant(1.0, np.float64), fmod=1)
    angle = graph.add("Mul", graph.cast(turn, TensorProto.FLOAT), graph.constant(2 * np.pi))
    graph.add("Mul", graph.add("Sin", angle), graph.constant(0.3), output="audio")


def build(directory: Path, layout: str = "hub") -> None:
    """The files of the model as the hub has them, or "flat" as kokoro-onnx publishes them; with the hub's, a
    slow one in the place of the model of half precision."""
    styles = {voice: np.full(STYLE, mean, dtype="<f4") for voice, mean in VOICES.items()}
    if layout == "hub":
        (directory / "onnx").mkdir(parents=True, exist_ok=True)
        (directory / "voices").mkdir(exist_ok=True)
        onnx.save(make(), directory / "onnx" / "model.onnx")
        onnx.save(make(work=100), directory / "onnx" / "model_fp16.onnx")
        for voice, style in styles.items():
            (directory / "voices" / f"{voice}.bin").write_bytes(style.tobytes())
    else:
        directory.mkdir(parents=True, exist_ok=True)
        onnx.save(make("tokens"), directory / "kokoro-v1.0.onnx")
        with (directory / "voices-v1.0.bin").open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **styles)


if __name__ == "__main__":
    build(Path(sys.argv[1]), *sys.argv[2:3])
