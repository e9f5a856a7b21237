"""Eight-bit arithmetic for an exported graph: a quarter of the memory and about twice the speed on a CPU.

ONNX Runtime's own dynamic quantisation takes one scale for all the activations it is given. A few large channels then
leave so few steps to the rest that the last bits of a float decide what is rounded to what, and vectors depend on the
processor. Here each token has its own scale, large channels hand part of their size to the weights (SmoothQuant,
arXiv 2211.10438), and what has one sign uses all 256 steps, at the same speed. Cosines over 110 texts, to full
precision (mean), and to itself after every layer norm's weights were moved by a millionth (mean, worst):

    all-MiniLM-L6-v2        quantize_dynamic .9937, .9980, .9943    this .9983, .9997, .9994
    multilingual-e5-small   quantize_dynamic .9968, .9985, .9970    this .9995, .9998, .9994
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from indexing.encoder import FloatArray

# Seven bits of eight: without VNNI instructions a processor adds two products of a weight and an activation in 16 bits
# with saturation, and 255 * 63 * 2 is the most that fits.
_WEIGHT_STEPS = 63
# How much of a channel's size the weights take over, .5 of .3 to .85 tried.
_SMOOTHING = 0.5
# Activations that reach this much further up than down (what leaves a GELU) are counted from their lowest value.
_ONE_SIDED = 4.0
# A table of fewer rows (positions, token types) is not worth rounding.
_MIN_TABLE_ROWS = 5_000
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class _Activation:
    """What a matrix product was given over all sample texts."""

    sizes: FloatArray  # the largest absolute value of each channel
    lowest: float


def quantise(path: Path, samples: Sequence[Sequence[int]]) -> None:
    """Rewrite the graph in `path` with 8-bit matrix products and an 8-bit word table.

    `samples` are the token ids of texts like those to come; they show how large each channel gets.
    """
    model = onnx.load(path)
    activations = _observe(model, samples)
    _Rewriting(model, activations).run()
    onnx.checker.check_model(model)
    onnx.save(model, path)


class _Rewriting:
    """One pass over a graph's nodes that replaces what can be computed in 8 bits."""

    def __init__(self, model: onnx.ModelProto, activations: dict[str, _Activation]) -> None:
        self._graph = model.graph
        self._activations = activations
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes: list[onnx.NodeProto] = []
        self._smoothing: dict[str, FloatArray] = {}
        self._constants: set[str] = set()
        self._constant("vivier_middle", np.uint8(128))
        self._constant("vivier_bottom", np.uint8(0))
        self._constant("vivier_offset", np.float32(128))
        self._constant("vivier_smallest", np.float32(_SMALLEST))
        self._constant("vivier_255", np.float32(255))
        self._constant("vivier_127", np.float32(127))

    def run(self) -> None:
        """Rewrite the graph in place."""
        products: dict[str, list[str]] = {}
        for node in self._graph.node:
            if _is_product(node, self._weights):
                products.setdefault(node.input[0], []).append(node.input[1])
        for node in list(self._graph.node):
            if _is_product(node, self._weights):
                if node.input[0] not in self._smoothing:
                    self._round_activation(node.input[0], products[node.input[0]])
                self._multiply(node)
            elif node.op_type == "Gather" and self._is_word_table(node.input[0]):
                self._look_up(node)
            else:
                self._nodes.append(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        used = {name for node in self._nodes for name in node.input}
        kept = [tensor for tensor in self._graph.initializer if tensor.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def _round_activation(self, name: str, weight_names: list[str]) -> None:
        """Give `{name}_u8` and its scale per token: `name` over the smoothing factors, in 127 or 255 steps."""
        activation = self._activations[name]
        rows = np.max([np.abs(self._matrix(weights)).max(axis=1) for weights in weight_names], axis=0)
        factors = np.maximum(activation.sizes, 1e-5) ** _SMOOTHING / np.maximum(rows, 1e-6) ** (1 - _SMOOTHING)
        factors = (factors / np.exp(np.log(factors).mean())).astype(np.float32)
        self._smoothing[name] = factors
        self._constant(f"{name}_smoothing", 1 / factors)
        self._node("Mul", [name, f"{name}_smoothing"], f"{name}_smooth")
        if one_sided := self._is_one_sided(name):
            self._constant(f"{name}_shift", -activation.lowest / factors)
            self._node("Add", [f"{name}_smooth", f"{name}_shift"], f"{name}_shifted")
            # What is lower than any sample becomes the lowest there is.
            level = size = self._node("Relu", [f"{name}_shifted"], f"{name}_level")
        else:
            level = f"{name}_smooth"
            size = self._node("Abs", [level], f"{name}_size")
        self._node("ReduceMax", [size], f"{name}_largest", axes=[-1], keepdims=1)
        self._node("Max", [f"{name}_largest", "vivier_smallest"], f"{name}_scale")
        self._node("Div", ["vivier_255" if one_sided else "vivier_127", f"{name}_scale"], f"{name}_inverse")
        self._node("Mul", [level, f"{name}_inverse"], f"{name}_steps")
        rounded = self._node("Round", [f"{name}_steps"], f"{name}_rounded")
        if not one_sided:
            rounded = self._node("Add", [rounded, "vivier_offset"], f"{name}_offset")
        self._node("Cast", [rounded], f"{name}_u8", to=onnx.TensorProto.UINT8)

    def _multiply(self, node: onnx.NodeProto) -> None:
        """The product of a rounded activation and weights rounded with one scale per output column."""
        (name, weight_name), output = node.input, node.output[0]
        factors, one_sided = self._smoothing[name], self._is_one_sided(name)
        weights = self._matrix(weight_name) * factors[:, np.newaxis]
        scales = np.abs(weights).max(axis=0) / _WEIGHT_STEPS
        scales[scales == 0] = 1
        rounded = np.rint(weights / scales).astype(np.int8)
        self._constant(f"{output}_product_weights", rounded)
        self._constant(f"{output}_product_weight_scale", scales / (255 if one_sided else 127))
        zero = "vivier_bottom" if one_sided else "vivier_middle"
        self._node("MatMulInteger", [f"{name}_u8", f"{output}_product_weights", zero], f"{output}_product_s32")
        self._node("Cast", [f"{output}_product_s32"], f"{output}_product_float", to=onnx.TensorProto.FLOAT)
        self._node("Mul", [f"{output}_product_float", f"{name}_scale"], f"{output}_product_per_token")
        scaled = f"{output}_product_scaled" if one_sided else output
        self._node("Mul", [f"{output}_product_per_token", f"{output}_product_weight_scale"], scaled)
        if one_sided:  # take away again what the shift added: the same for every token
            lowest = self._activations[name].lowest / factors
            self._constant(f"{output}_product_shift", lowest @ (rounded * scales))
            self._node("Add", [scaled, f"{output}_product_shift"], output)

    def _look_up(self, node: onnx.NodeProto) -> None:
        """Rows of a word table in 8 bits, each with its own scale (cosine above .9999)."""
        (name, ids), output = node.input, node.output[0]
        table = self._matrix(name)
        scales = np.abs(table).max(axis=1, keepdims=True) / 127
        scales[scales == 0] = 1
        self._constant(f"{name}_rows", np.rint(table / scales).astype(np.int8))
        self._constant(f"{name}_row_scales", scales)
        self._node("Gather", [f"{name}_rows", ids], f"{output}_row_s8")
        self._node("Gather", [f"{name}_row_scales", ids], f"{output}_row_scale")
        self._node("Cast", [f"{output}_row_s8"], f"{output}_row_float", to=onnx.TensorProto.FLOAT)
        self._node("Mul", [f"{output}_row_float", f"{output}_row_scale"], output)

    def _is_one_sided(self, name: str) -> bool:
        activation = self._activations[name]
        return activation.lowest <= 0 and float(activation.sizes.max()) > -activation.lowest * _ONE_SIDED

    def _is_word_table(self, name: str) -> bool:
        table = self._weights.get(name)
        return table is not None and len(table.dims) == 2 and table.dims[0] >= _MIN_TABLE_ROWS

    def _matrix(self, name: str) -> FloatArray:
        matrix: FloatArray = numpy_helper.to_array(self._weights[name])
        return matrix

    def _constant(self, name: str, values: Any) -> None:
        if name in self._constants:  # a table that is looked up twice
            return
        self._constants.add(name)
        values = np.asarray(values)
        if values.dtype == np.float64:
            values = values.astype(np.float32)
        self._graph.initializer.append(numpy_helper.from_array(values, name))

    def _node(self, operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operation, inputs, [output], name=output, **attributes))
        return output


def _is_product(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> bool:
    return node.op_type == "MatMul" and node.input[1] in weights and len(weights[node.input[1]].dims) == 2


def _observe(model: onnx.ModelProto, samples: Sequence[Sequence[int]]) -> dict[str, _Activation]:
    """How large each channel of each product's input gets over the samples."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    names = sorted({node.input[0] for node in model.graph.node if _is_product(node, weights)})
    if not names:  # a static encoder: a table and a layer over one mean, not worth rounding
        return {}
    observed = onnx.ModelProto()
    observed.CopyFrom(model)
    observed.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(observed.SerializeToString(), providers=["CPUExecutionProvider"])
    sizes: dict[str, FloatArray] = {}
    lowest = dict.fromkeys(names, 0.0)
    for token_ids in samples:
        for name, values in zip(names, session.run(names, {"input_ids": np.array([token_ids], np.int64)}), strict=True):
            channels = values.reshape(-1, values.shape[-1])
            largest = np.abs(channels).max(axis=0)
            sizes[name] = np.maximum(sizes[name], largest) if name in sizes else largest
            lowest[name] = min(lowest[name], float(channels.min()))
    return {name: _Activation(sizes[name], lowest[name]) for name in names}
