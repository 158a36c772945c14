"""Writes dlib's face network as an ONNX graph, in full precision or in eight bits.

The graph is that of dlib's `anet_type` (face_recognition_model_v1): a convolution 7×7 and a pooling, then residual
blocks of two convolutions each. The first block of a stage halves the picture; its shortcut is a 2×2 average, and where
shortcut and convolutions differ in size or channels the smaller one is filled with zeros.

In eight bits every value between two operations is rounded to one of 256 steps of a range that was measured once
(ranges.py), and every weight to one of 127 steps of its output channel; onnxruntime then computes in integers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from proctoring.faces.weights import Convolution, Network

SIDE = 150  # px of a chip
INPUT, OUTPUT = "chip", "descriptor"
Ranges = Mapping[str, tuple[float, float]]
WEIGHT_STEPS = 63  # of 127: seven bits, else sums of products overflow on processors without VNNI
_OPSET, _IR_VERSION = 17, 9


@dataclass(frozen=True, slots=True)
class _Value:
    """A named value of the graph, (1, channels, side, side); `step` is what one of its 256 steps is worth."""

    name: str
    channels: int
    side: int
    step: float = 0.0


@dataclass
class _Graph:
    """Nodes and constants so far; without `ranges` nothing is rounded."""

    ranges: Ranges | None
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def rounded(self, value: _Value, *, relu: bool = False) -> _Value:
        """Cut a value off at zero where asked, and round it to the steps of its range."""
        if self.ranges is None:
            name = self.add("Relu", [value.name], f"{value.name}_relu") if relu else value.name
            return _Value(name, value.channels, value.side)
        low, high = self.ranges[value.name]
        low = 0.0 if relu else min(low, 0.0)  # what is below the lowest step becomes the lowest: that is the relu
        step = (max(high, 0.0) - low) / 255
        return self._stepped(value, step, round(-low / step))

    def _stepped(self, value: _Value, step: float, zero: int) -> _Value:
        name = value.name
        scale = [
            self.constant(f"{name}_step", np.array(step, np.float32)),
            self.constant(f"{name}_zero", np.array(zero, np.uint8)),
        ]
        whole = self.add("QuantizeLinear", [name, *scale], f"{name}_whole")
        return _Value(
            self.add("DequantizeLinear", [whole, *scale], f"{name}_rounded"), value.channels, value.side, step
        )

    def weights(self, name: str, layer: Convolution, step: float) -> list[str]:
        """Return the names of the weights and the bias of a convolution whose input has this step."""
        if self.ranges is None:
            return [self.constant(f"{name}_weights", layer.weights), self.constant(f"{name}_bias", layer.bias)]
        steps = np.maximum(np.abs(layer.weights).max(axis=(1, 2, 3)) / WEIGHT_STEPS, 1e-12).astype(np.float32)
        weights = np.rint(layer.weights / steps[:, None, None, None]).astype(np.int8)
        bias = np.rint(layer.bias.astype(np.float64) / (steps * np.float64(step))).astype(np.int32)
        zeros = np.zeros(len(steps), np.int8)
        return [
            self._in_steps(f"{name}_weights", weights, steps, zeros),
            self._in_steps(f"{name}_bias", bias, (steps * np.float32(step)).astype(np.float32), zeros.astype(np.int32)),
        ]

    def _in_steps(
        self, name: str, whole: NDArray[np.generic], steps: NDArray[np.float32], zeros: NDArray[np.generic]
    ) -> str:
        parts = [
            self.constant(f"{name}_{part}", values) for part, values in zip("wsz", (whole, steps, zeros), strict=True)
        ]
        return self.add("DequantizeLinear", parts, name, axis=0)


def build(network: Network, ranges: Ranges | None = None) -> onnx.ModelProto:
    """Return the network as a model: float32 (1, 3, 150, 150) RGB from 0 to 255 in, (1, 128) out.

    With `ranges` (lowest and highest of each value) it computes in eight bits.
    """
    graph = _Graph(ranges)
    first, *others = network.convolutions
    value = _convolve(graph, _normalised(graph, network.mean), first, "first", relu=True)
    name = graph.add("MaxPool", [value.name], "pooled", kernel_shape=[3, 3], strides=[2, 2])
    value = graph.rounded(_Value(name, value.channels, (value.side - 3) // 2 + 1))
    for number, (one, two) in enumerate(zip(others[::2], others[1::2], strict=True)):
        value = _block(graph, value, one, two, f"block{number}")
    flat = graph.add("ReduceMean", [value.name], "flat", axes=[2, 3], keepdims=0)
    graph.add("MatMul", [flat, graph.constant("matrix", network.matrix)], OUTPUT)
    inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 3, SIDE, SIDE])]
    outputs = [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, network.matrix.shape[1]])]
    whole = helper.make_graph(graph.nodes, "dlib_face", inputs, outputs, graph.constants)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    onnx.checker.check_model(model)
    return model


def _normalised(graph: _Graph, mean: NDArray[np.float32]) -> _Value:
    centred = graph.add("Sub", [INPUT, graph.constant("mean", mean.reshape(1, 3, 1, 1))], "centred")
    name = graph.add("Mul", [centred, graph.constant("share", np.array(1 / 256, np.float32))], "normalised")
    return graph.rounded(_Value(name, 3, SIDE))


def _block(graph: _Graph, value: _Value, one: Convolution, two: Convolution, name: str) -> _Value:
    """Add two convolutions to their shortcut."""
    main = _convolve(graph, _convolve(graph, value, one, f"{name}_one", relu=True), two, f"{name}_two")
    shortcut = value
    if one.stride == 2:
        shortcut = _convolve(graph, value, _average(value.channels, main.channels), f"{name}_short")
    if main.side < shortcut.side:
        main = _filled(graph, main, shortcut.side)
    total = graph.add("Add", [main.name, shortcut.name], f"{name}_sum")
    return graph.rounded(_Value(total, main.channels, main.side), relu=True)


def _average(inputs: int, outputs: int) -> Convolution:
    """Write the 2×2 average, and the channels of zeros behind it, as a convolution: one operation instead of two."""
    weights = np.zeros((outputs, inputs, 2, 2), np.float32)
    weights[range(inputs), range(inputs)] = 0.25
    return Convolution(weights, np.zeros(outputs, np.float32), stride=2, padding=0)


def _convolve(graph: _Graph, value: _Value, layer: Convolution, name: str, *, relu: bool = False) -> _Value:
    inputs = [value.name, *graph.weights(name, layer, value.step)]
    result = graph.add("Conv", inputs, name, strides=[layer.stride] * 2, pads=[layer.padding] * 4)
    outputs, _, rows, _ = layer.weights.shape
    side = (value.side + 2 * layer.padding - rows) // layer.stride + 1
    return graph.rounded(_Value(result, outputs, side), relu=relu)


def _filled(graph: _Graph, value: _Value, side: int) -> _Value:
    """Fill a value with zeros to the right and below."""
    ends = np.array([0, 0, 0, 0, 0, 0, side - value.side, side - value.side], np.int64)
    name = graph.add("Pad", [value.name, graph.constant(f"{value.name}_ends", ends)], f"{value.name}_filled")
    return _Value(name, value.channels, side)
