"""From the arrays of a network to a module at level `net`: one node per neuron, each with its name."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bonsaic.ir.core import Module, Node, affine, node, port, register, unused
from bonsaic.ir.values import REAL, SIGN
from bonsaic.ir.verify import verify
from bonsaic.network import Network


def lift(n: Network) -> Module:
    """The network's tick: inputs and hard states are -1/+1, an output is 1 where the head's value is above 0.

    A weight of zero is no edge. State j is register `s{j}`, the neuron that feeds it `r{j}`, an output neuron `n{j}`;
    `c{k}_` stands before these where several cells are stacked. A head neuron is `head_{wire}`.
    """
    inputs = tuple(port(name, SIGN) for name in n.inputs)
    activation = (_exact(n.f), _exact(n.leak))
    names: dict[Node, str] = {}
    regs: list[Node] = []
    init: dict[str, Fraction] = {}
    nexts: dict[str, Node] = {}

    def neuron(
        name: str, weights: np.ndarray, bias: float, sources: list[Node], hard: bool
    ) -> Node:
        value = _sum(weights, bias, sources)
        if n.activation == "ameo":  # the sign of a tanh is that of what it is taken of
            value = node("ameo", value, attr=activation)
        value = node("sign", value) if hard else value
        names.setdefault(value, name)
        return value

    wires: list[Node] = list(inputs)
    taken = {*n.inputs, *n.outputs}
    for k, cell in enumerate(n.cells):
        prefix = f"c{k}_" if len(n.cells) > 1 else ""
        states = [
            register(unused(f"{prefix}s{j}", taken), SIGN if n.hard_states else REAL)
            for j in range(cell.states)
        ]
        sources = wires + states
        for j, state in enumerate(states):
            start = _exact(cell.initial_state[j])
            init[state.name] = Fraction(1 if start > 0 else -1) if n.hard_states else start
            kernel, bias = cell.recurrent_kernel[:, j], cell.recurrent_bias[j]
            nexts[state.name] = neuron(f"{prefix}r{j}", kernel, bias, sources, n.hard_states)
        regs += states
        wires = [
            neuron(f"{prefix}n{j}", cell.output_kernel[:, j], bias, sources, n.hard_outputs)
            for j, bias in enumerate(cell.output_bias)
        ]
    outs = {}
    for j, name in enumerate(n.outputs):
        outs[name] = _sum(n.head_kernel[:, j], n.head_bias[j], wires)
        names.setdefault(outs[name], f"head_{name}")
    return verify(Module(n.name, "net", inputs, tuple(regs), init, nexts, outs, names=names))


def _exact(value: float) -> Fraction:
    return Fraction(float(np.float32(value)))


def _sum(weights: np.ndarray, bias: float, sources: list[Node]) -> Node:
    edges = [(_exact(w), s) for w, s in zip(weights, sources, strict=True) if w != 0]
    return affine([w for w, _ in edges], [s for _, s in edges], _exact(bias))
