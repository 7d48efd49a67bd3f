"""The published graph file of the original system (JSON): which neuron reads what, and what makes a file none."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np

from bonsaic.diag import Mistake, mistake
from bonsaic.ir.core import Module, Node, affine, const, node, port, register
from bonsaic.ir.text import NAME
from bonsaic.ir.values import REAL, SIGN
from bonsaic.ir.verify import verify

LARGEST = 10_000_000  # characters
ACTIVATIONS = ("linear", "interpolatedAmeo", "leakyAmeo")


def read(text: str, path: str = "<text>") -> Module:
    """The network of a graph file at level `net`, its registers real; a `Mistake` says what is wrong with the file."""
    if len(text) > LARGEST:
        raise mistake(path, f"the file has {len(text)} characters, but {LARGEST} is the most read")
    try:
        graph = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise mistake(path, f"this is no JSON: {e}") from None
    name = re.sub(r"\W", "_", path.rpartition("/")[2].partition(".")[0])
    return _Reader(path).module(graph, name if NAME.fullmatch(name) else f"_{name}")


class _Reader:
    """Builds the tick of a graph. A pruned neuron (`null`) is 0, and so is an edge from it.

    Weights are the float32 numbers of the file, kept exactly. Beyond -3 and 3 the activation has the trainer's tail, of
    slope `leakyness`, and not the one of the original's viewer, of slope (1 - factor) * leakyness.
    """

    def __init__(self, path: str):
        self.path = path
        self.names: dict[Node, str] = {}

    def module(self, graph: Any, name: str) -> Module:
        ports = self.neurons(self.get(graph, "inputLayer", dict, "the file"), "inputLayer")
        for i, n in enumerate(ports):
            where = f"input {i}"
            if n and (
                n.get("weights") or self.activation(n, where) or self.number(n, "bias", where)
            ):
                raise self.fail(f"{where} has weights, a bias or an activation: it is a wire here")
        inputs = tuple(port(f"input_{i}", SIGN) for i in range(len(ports)))
        wires: list[Node | None] = list(inputs)
        regs: list[Node] = []
        init: dict[str, Fraction] = {}
        nexts: dict[str, Node] = {}
        for k, cell in enumerate(self.get(graph, "cells", list, "the file")):
            found = self.neurons(cell, f"cell {k}", "stateNeurons")
            states = [
                None if n is None else register(f"state{k}_{j}", REAL) for j, n in enumerate(found)
            ]
            sources = wires + states
            after = self.layer(cell, f"cell {k}", sources, "recurrentNeurons")
            for j, (neuron, r) in enumerate(zip(found, states, strict=True)):
                if neuron is not None and r is not None:
                    where = f"cell {k}, state {j}"
                    regs.append(r)
                    init[r.name] = self.number(neuron, "bias", where)
                    nexts[r.name] = self.tap(neuron | {"bias": 0}, where, j, after)
            if any(n is not None for n in after[len(states) :]):
                raise self.fail(f"cell {k}: a recurrent neuron has no state to feed")
            wires = self.layer(cell, f"cell {k}", sources, "outputNeurons")
            self.padded(wires, cell, f"cell {k}")
        for k, post in enumerate(self.get(graph, "postLayers", list, "the file")):
            wires = self.layer(post, f"post layer {k}", wires)
            self.padded(wires, post, f"post layer {k}")
        heads = self.neurons(self.get(graph, "outputs", dict, "the file"), "outputs")
        outs = {
            f"output_{j}": const(0) if n is None else self.tap(n, f"outputs[{j}]", j, wires)
            for j, n in enumerate(heads)
        }
        if not outs:
            raise self.fail("outputs: there is no neuron")
        return verify(Module(name, "net", inputs, tuple(regs), init, nexts, outs, names=self.names))

    def layer(
        self, part: Any, where: str, sources: list[Node | None], key: str = "neurons"
    ) -> list[Node | None]:
        listed = self.neurons(part, where, key)
        return [
            None if n is None else self.neuron(n, f"{where}, {key}[{j}]", sources)
            for j, n in enumerate(listed)
        ]

    def tap(self, neuron: dict, where: str, j: int, sources: list[Node | None]) -> Node:
        """What a state or an output passes on: the neuron of its own number, 0 where that was pruned."""
        value = self.neuron(neuron, where, sources)
        edges = [(e["index"], e["weight"]) for e in neuron["weights"]]
        pruned = j >= len(sources) or sources[j] is None
        plain = neuron["bias"] == 0 and self.activation(neuron, where) is None
        if not plain or (edges != [(j, 1)] and (edges or not pruned)):
            wanted = f"neuron {j} with weight 1, and has neither a bias nor an activation"
            raise self.fail(f"{where}: it does not pass on what it should: it reads only {wanted}")
        return value

    def neuron(self, neuron: dict, where: str, sources: list[Node | None]) -> Node:
        weights, args, read = [], [], set()
        for edge in self.get(neuron, "weights", list, where):
            index = self.get(edge, "index", int, where)
            if not 0 <= index < len(sources):
                raise self.fail(f"{where}: reads neuron {index}, but there are {len(sources)}")
            if index in read:
                raise self.fail(f"{where}: reads neuron {index} twice")
            read.add(index)
            weight, source = self.number(edge, "weight", where), sources[index]
            if weight and source is not None:
                weights.append(weight)
                args.append(source)
        bias = self.number(neuron, "bias", where)
        activation = self.activation(neuron, where)
        tap = weights == [1] and not bias and not activation
        value = args[0] if tap else affine(weights, args, bias)
        if activation:
            value = node("ameo", value, attr=activation)
        name = neuron.get("name")
        if not tap and isinstance(name, str) and NAME.fullmatch(name):
            self.names.setdefault(value, name)
        return value

    def activation(self, neuron: dict, where: str) -> tuple[Fraction, Fraction] | None:
        """(f, leak) of an Ameo, None for a linear neuron."""
        written = neuron.get("activation")
        kind = written.get("type") if isinstance(written, dict) else written
        if kind not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise self.fail(f"{where}: there is no activation {kind!r}", help=f"known: {known}")
        if kind == "linear":
            return None
        f = self.number(written, "factor", where) if kind != "leakyAmeo" else Fraction(1)
        leak = self.number(written, "leakyness", where)
        if not (0 <= f <= 1 and 0 <= leak <= 1):
            raise self.fail(f"{where}: factor and leakyness must lie between 0 and 1")
        return f, leak

    def neurons(self, part: Any, where: str, key: str = "neurons") -> list[dict | None]:
        listed = self.get(part, key, list, where)
        if not all(n is None or isinstance(n, dict) for n in listed):
            raise self.fail(f"{where}: `{key}` must list neurons and null")
        return listed

    def padded(self, wires: list[Node | None], part: dict, where: str) -> None:
        """A trailing run of pruned neurons may be missing from the list: `outputDim` says how many there are."""
        width = self.get(part, "outputDim", int, where) if "outputDim" in part else len(wires)
        if width < len(wires) or width > LARGEST:
            raise self.fail(f"{where}: `outputDim` is {width}, but {len(wires)} neurons are listed")
        wires += [None] * (width - len(wires))

    def number(self, part: Any, key: str, where: str) -> Fraction:
        value = self.get(part, key, int | float, where)
        with np.errstate(over="ignore"):
            nearest = float(np.float32(value)) if abs(value) < 1e300 else math.inf
        if not math.isfinite(nearest):
            raise self.fail(f"{where}: `{key}` is {value}, which is no finite float32")
        return Fraction(nearest)

    def get(self, part: Any, key: str, kind: Any, where: str) -> Any:
        value = part.get(key) if isinstance(part, dict) else None
        if not isinstance(value, kind) or isinstance(value, bool):
            found = "is missing" if value is None else "has the wrong shape"
            raise self.fail(f"{where}: `{key}` {found}")
        return value

    def fail(self, message: str, help: str | None = None) -> Mistake:
        return mistake(self.path, message, help=help)
