"""The network of a layout: a cell of features, a cell of states, and where it is needed a cell of outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bonsaic.grow.shrink.decompose import several
from bonsaic.grow.shrink.features import needed
from bonsaic.grow.shrink.letters import Shifted
from bonsaic.grow.shrink.stages import BIT, Layout, Workshop, wanted
from bonsaic.ir.mealy import Mealy
from bonsaic.network import Cell, Network

PASSED = 2.0  # what reading a wire may cost that is handed on twice


@dataclass(eq=False)
class _Gates:
    """The neurons of a cell that say something to the next, each listed once."""

    listed: dict[tuple, int] = field(default_factory=dict)

    def add(self, weights: Sequence[tuple[int, float]], bias: float) -> int:
        """The number of the neuron with these (column, weight) inputs."""
        key = (tuple(sorted((c, w) for c, w in weights if w)), float(bias))
        return self.listed.setdefault(key, len(self.listed))

    def passed(self, column: int) -> int:
        """The number of the neuron that says what a column says."""
        return self.add([(column, -1.0)], 0.0)

    def arrays(self, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """float32 [column, neuron] and [neuron]"""
        kernel = np.zeros((columns, len(self.listed)), np.float32)
        for neuron, (weights, _) in enumerate(self.listed):
            for column, weight in weights:
                kernel[column, neuron] = weight
        return kernel, np.array([bias for _, bias in self.listed], np.float32)

    def cell(self, columns: int) -> Cell:
        """As a cell without states."""
        nothing = np.zeros(0, np.float32)
        return Cell(np.zeros((columns, 0), np.float32), nothing, nothing, *self.arrays(columns))


def stacked(workshop: Workshop, plan: Layout, like: Network) -> Network | None:
    """The network of a layout, with the names and the note of `like`; None where some part takes too many gates."""
    mealy = workshop.mealy
    apart = [w for w, own in enumerate(plan.wires) if own is None]
    rear = _rear(mealy, plan.codes, apart)
    if rear is None or None in plan.bits:
        return None
    front, middle = _Front(workshop), _Gates()
    bits = [[front.neuron(n) for n in own] for own in filter(None, plan.bits)]
    wires = [[front.neuron(n) for n in own or []] for own in plan.wires]
    passed = {c: front.gates.passed(c) for c in rear.wires}
    if front.failed:
        return None
    # A middle neuron's columns: the front's gates, then the neurons of each bit.
    width = len(front.gates.listed)
    ends = np.cumsum([width, *map(len, bits)])

    def reading(neuron: _Fed) -> tuple[list[tuple[int, float]], float]:
        weights, bias = list(neuron.front), neuron.bias
        for bit in np.flatnonzero(neuron.weights).tolist():
            weight = float(neuron.weights[bit])
            weights += [(column, weight) for column in range(ends[bit], ends[bit + 1])]
            bias += weight * (len(bits[bit]) - 1)
        return weights, bias

    states = [reading(n) for own in bits for n in own]
    recurrent = np.zeros((int(ends[-1]), len(states)), np.float32)
    for number, (read, _) in enumerate(states):
        for column, weight in read:
            recurrent[column, number] = weight
    start = np.full(len(states), -1, np.float32)
    start[ends[:-1][plan.codes[0] > 0] - width] = 1

    said = [
        [middle.add(*reading(n)) for n in own] if b in rear.bits else []
        for b, own in enumerate(bits)
    ]
    through = {c: middle.passed(gate) for c, gate in passed.items()}
    votes = [
        [middle.add(*reading(n)) for n in own] for own in wires
    ]  # of each wire, its last gates
    last = _Gates()
    if apart:
        votes = [list(map(last.passed, gates)) for gates in votes]
    for wire, parts in zip(apart, rear.parts, strict=True):
        for columns, (weights, bias) in parts:
            reads: list[tuple[int, float]] = []
            for column, weight in zip(columns, weights.tolist(), strict=True):
                gates = said[column] if column < len(bits) else [through[column - len(bits)]]
                reads += [(gate, weight) for gate in gates]
                bias += weight * (len(gates) - 1)
            votes[wire].append(last.add(reads, bias))
    middle_cell = Cell(
        recurrent,
        np.array([bias for _, bias in states], np.float32),
        start,
        *middle.arrays(int(ends[-1])),
    )
    cells = [front.gates.cell(len(mealy.inputs)), middle_cell]
    if apart:
        cells.append(last.cell(len(middle.listed)))
    head = np.zeros((cells[-1].outputs, len(votes)), np.float32)
    for wire, gates in enumerate(votes):
        for gate in gates:
            head[gate, wire] = 1
    offset = np.array([len(gates) - 1 for gates in votes], np.float32)
    return Network(like.name, like.inputs, like.outputs, tuple(cells), head, offset, note=like.note)


@dataclass(frozen=True, eq=False)
class _Fed:
    """A neuron with what it reads of the front's gates, its weights on the bits, and its bias, the turn being 2."""

    front: list[tuple[int, float]]
    weights: np.ndarray
    bias: float


@dataclass(eq=False)
class _Front:
    workshop: Workshop
    gates: _Gates = field(default_factory=_Gates)
    failed: bool = False

    def neuron(self, n: Shifted) -> _Fed:
        """The neuron, its features made of gates; where no few gates make one, the front has failed."""
        unit, features = 2 / n.turn, self.workshop.features(n)
        summed = features.summed(n.allowed, n.first)
        bits = n.weights.shape[0] - len(n.view.free)
        bias = summed.bias * unit
        read: list[tuple[int, float]] = [
            (self.gates.passed(wire), float(weight) * unit)
            for wire, weight in zip(n.view.free, n.weights[bits:], strict=True)
            if weight
        ]
        for added, feature in summed.terms:
            step = added * unit
            parts, opposite = features.parts(feature), features.parts(~feature)
            if opposite and (not parts or len(opposite) < len(parts)):
                parts, bias, step = opposite, bias + step, -step
            for part in parts or []:
                weights, at_rest = part.gate(features.letters.astype(np.int64))
                wires = [n.view.bound[c] for c in part.columns]
                gate = self.gates.add(list(zip(wires, weights.tolist(), strict=True)), at_rest)
                read.append((gate, step / 2))
                bias += step / 2
            self.failed |= not parts
        return _Fed(read, n.weights[:bits] * unit, bias)


@dataclass(frozen=True, eq=False)
class _Back:
    """Of each wire made apart, its gates: columns (the next code's bits, then the input wires), weights and bias."""

    bits: set[int]
    wires: list[int]
    parts: list[list[tuple[list[int], tuple[np.ndarray, float]]]]


def _rear(mealy: Mealy, codes: np.ndarray, apart: list[int]) -> _Back | None:
    """What the outputs make of the next code and the letter; None where these do not tell, or few gates cannot."""
    here, letter = np.nonzero(mealy.legal)
    after = (codes[mealy.next[here, letter]] > 0).astype(np.int64)
    seen = np.concatenate([after, mealy.letters[letter].astype(np.int64)], 1)
    bits, used, every = codes.shape[1], set(), []
    for wire in apart:
        want = wanted(mealy)[wire][here, letter]
        told = needed(seen, want > 0, want != 0)
        key = seen[:, told] @ (1 << np.arange(len(told)))
        if np.isin(key[want > 0], key[want < 0]).any():
            return None
        price = np.where(np.array(told) < bits, BIT, PASSED)
        parts = several(seen[:, told], want, price)
        if not parts:
            return None
        every.append([([told[c] for c in p.columns], p.gate(seen[:, told])) for p in parts])
        used |= {c for columns, _ in every[-1] for c in columns}
    inputs = sorted(c - bits for c in used if c >= bits)
    return _Back({c for c in used if c < bits}, inputs, every)
