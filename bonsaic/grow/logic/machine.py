"""A network without training, from a machine's table: divided into neurons, its states held part by part."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.logic.divide import Divider, TooMany, codings
from bonsaic.grow.logic.layout import Plan, built
from bonsaic.grow.logic.parts import parts
from bonsaic.grow.logic.signals import Gate, Signals, weights_of
from bonsaic.grow.logic.tidy import tidied
from bonsaic.ir.mealy import FREE, Mealy

INPUTS = 20  # wires beyond which the tables take too much room
MOST_EDGES = 200_000
BINARY = 3  # bits of a part's own state up to which one neuron each may be enough
READS, CODINGS = 5, 12  # inputs of such a neuron; codings of its features that are tried


def construct(mealy: Mealy, over: Callable[[], bool]) -> tuple[Architecture, np.ndarray] | None:
    """A network's shape and weights for a machine; None where it takes too many neurons or too long."""
    if len(mealy.inputs) > INPUTS:
        return None
    state, letter = np.nonzero(mealy.legal)
    signals = Signals(len(state))
    columns = [signals.give(_signs(mealy.letters[letter, i])) for i in range(len(mealy.inputs))]
    made = _Machine(mealy, Divider(signals, over), Plan(signals, len(columns)), columns)
    try:
        for number, labels in enumerate(parts(mealy)):
            made.hold(number, labels)
        outs = mealy.outs[state, letter]
        wanted = np.where(outs == FREE, 0, outs * 2 - 1).astype(np.int8)
        for goal in wanted.T:
            made.plan.outputs.append(made.divider.divide(goal, tuple(made.columns)))
        tidied(made.plan, over)
    except TooMany:
        return None
    return built(made.plan)


class _Machine:
    """columns: the signals that tell a row's letter and the parts so far."""

    def __init__(self, mealy: Mealy, divider: Divider, plan: Plan, columns: list[int]):
        self.mealy, self.divider, self.plan, self.columns = mealy, divider, plan, columns
        self.state, self.letter = np.nonzero(mealy.legal)
        self.known = np.zeros(mealy.states, np.int64)

    def hold(self, number: int, labels: np.ndarray) -> None:
        """Registers for a part, and what they become."""
        count = int(labels.max()) + 1
        reads, acts = self._acts(labels, count)
        bits = (count - 1).bit_length()
        if bits > BINARY or not self._binary(number, labels, reads, acts, bits):
            self._one_hot(number, labels, reads, acts, bits)
        self.known = np.unique(np.stack([self.known, labels], 1), axis=0, return_inverse=True)[
            1
        ].reshape(-1)

    def _acts(self, labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """What the part reads [row] of letters and earlier parts, and what each such does [read, label]: -1 is free."""
        after = self.mealy.next[self.state, self.letter]
        pairs = np.stack([self.known[self.state], self.letter], 1)
        _, reads = np.unique(pairs, axis=0, return_inverse=True)
        reads = reads.reshape(-1)
        acts = np.full((int(reads.max()) + 1, count), -1)
        acts[reads, labels[self.state]] = labels[after]
        return reads, acts

    def _binary(
        self, number: int, labels: np.ndarray, reads: np.ndarray, acts: np.ndarray, bits: int
    ) -> bool:
        """A register for each bit of the label, if one neuron makes each of few features and these bits."""
        signals, columns = self.divider.signals, tuple(self.columns)
        chosen = []
        for bit in range(bits):
            own = np.where(acts < 0, 0, (acts >> bit & 1) * 2 - 1)
            own = np.pad(own, ((0, 0), (0, (1 << bits) - own.shape[1])))
            classes, does = _merged(own)
            best = None
            for code in itertools.islice(codings(len(does)), CODINGS):
                width = int(code.max()).bit_length()
                if width + bits > READS:
                    return False
                table = np.zeros((1 << width, 1 << bits), np.int8)
                table[code] = does
                found = weights_of(width + bits, table.tobytes())
                if found is None:
                    continue
                goals = [_signs(code[classes][reads] >> b & 1) for b in reversed(range(width))]
                price = sum(len(self.divider.support(goal, columns)) for goal in goals)
                if best is None or price < best[0]:
                    best = price, goals, found
            if best is None:
                return False
            chosen.append(best[1:])
        features = [[self.divider.divide(goal, columns) for goal in goals] for goals, _ in chosen]
        values = [_signs(labels[self.state] >> b & 1) for b in range(bits)]
        registers = [signals.give(v) for v in values]
        self.columns += registers
        for bit, (of_bit, (_, (weights, bias))) in enumerate(zip(features, chosen, strict=True)):
            gate_reads = [n for n, _ in of_bit] + registers[::-1]
            turned = [w * sign for w, (_, sign) in zip(weights, of_bit, strict=False)]
            self.plan.becomes[registers[bit]] = _gate(
                gate_reads, [*turned, *weights[len(of_bit) :]], bias
            )
            self.plan.first[registers[bit]] = int(labels[0] >> bit & 1) * 2 - 1
            self.plan.cell[registers[bit]] = number
        return True

    def _one_hot(
        self, number: int, labels: np.ndarray, reads: np.ndarray, acts: np.ndarray, bits: int
    ) -> None:
        """A register for every label and class of what is read: it says that both were so on the last tick."""
        signals, columns = self.divider.signals, tuple(self.columns)
        classes, does = _merged(acts, free=-1)
        width = (len(does) - 1).bit_length()
        features = [
            self.divider.divide(_signs(classes[reads] >> b & 1), columns) for b in range(width)
        ]
        origin = {}
        into: dict[int, list[int]] = {q: [] for q in range(acts.shape[1])}
        for q, c in itertools.product(range(acts.shape[1]), range(len(does))):
            if does[c, q] >= 0:
                n = signals.give(0)
                origin[n] = q, c
                into[int(does[c, q])].append(n)
        start = int(labels[0])
        if not into[start]:
            n = signals.give(0)
            into[start].append(n)
            origin[n] = -1, 0
        if sum(len(into[q]) for q, _ in origin.values() if q >= 0) > MOST_EDGES:
            raise TooMany
        for n, (q, c) in origin.items():
            wanted = [(f, sign if c >> b & 1 else -sign) for b, (f, sign) in enumerate(features)]
            self.plan.becomes[n] = _both(wanted, into[q]) if q >= 0 else Gate((), (), 1.0)
            self.plan.first[n] = 1 if n == into[start][0] else -1
            self.plan.cell[n] = number
        for b in range(bits):
            sides = [[n for q, ns in into.items() for n in ns if q >> b & 1 == v] for v in (0, 1)]
            v = int(len(sides[1]) <= len(sides[0]))
            told = _signs((labels[self.state] >> b & 1) == v)
            self.columns.append(signals.give(told, 1, _both([], sides[v])))


def _both(wanted: list[tuple[int, int]], one_of: list[int]) -> Gate:
    """Fires where each wanted signal has its sign and one of the others, which never fire together, does."""
    reads, weights = (
        [n for n, _ in wanted] + one_of,
        [3.0 * s for _, s in wanted] + [3.0] * len(one_of),
    )
    return Gate(tuple(reads), tuple(weights), 3.0 - 3 * len(wanted) - 3.0 * (2 - len(one_of)))


def _gate(reads: list[int], weights: list[float], bias: float) -> Gate:
    """Where a signal is read twice, its weights are added."""
    total: dict[int, float] = {}
    for n, weight in zip(reads, weights, strict=True):
        total[n] = total.get(n, 0.0) + weight
    return Gate(tuple(total), tuple(total.values()), bias)


def _merged(rows: np.ndarray, free: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A class for each row and what the class says; rows that contradict nowhere, but for `free`, share one."""
    distinct, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    said: list[np.ndarray] = []
    classes = np.zeros(len(distinct), np.int64)
    for i in np.argsort(first).tolist():
        row = distinct[i]
        for c, other in enumerate(said):
            if ((row == other) | (row == free) | (other == free)).all():
                said[c] = np.where(other == free, row, other)
                classes[i] = c
                break
        else:
            classes[i] = len(said)
            said.append(row)
    return classes[which.reshape(-1)], np.array(said)


def _signs(bits: np.ndarray) -> np.ndarray:
    return (bits != 0).astype(np.int8) * 2 - 1
