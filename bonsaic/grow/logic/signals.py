"""Signals on the rows of a table: what is given, and zigzag neurons made of earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bonsaic.grow.logic.gates import READS, possible, readable, zigzag

SAMPLE = 64  # rows compared before all are
FREE = 0  # in a goal: nobody cares on this row

Literal = tuple[int, int]  # a signal, and +1 or -1: is it meant as it is, or its opposite


@dataclass(frozen=True)
class Gate:
    """A neuron: sign(ameo(weights @ reads + bias)). reads: numbers of signals."""

    reads: tuple[int, ...]
    weights: tuple[float, ...]
    bias: float


def signs(bits: np.ndarray) -> np.ndarray:
    """int8: +1 where there is something, else -1."""
    return (bits != 0).astype(np.int8) * 2 - 1


class Signals:
    """Signals are numbered in the order they come; given ones have no gate. rows: how many values each has."""

    def __init__(self, rows: int):
        self.rows = rows
        self.gates: list[Gate | None] = []
        self.level: list[int] = []
        self._values = np.empty((64, rows), np.int8)

    def __len__(self) -> int:
        return len(self.gates)

    @property
    def values(self) -> np.ndarray:
        """int8 [signal, row], -1 or +1; of a signal given without values 0."""
        return self._values[: len(self)]

    def give(self, values: np.ndarray | int, level: int = 0, gate: Gate | None = None) -> int:
        """A new signal with these values. level: how many neurons lie before it, roughly."""
        if len(self) == len(self._values):
            self._values = np.concatenate([self._values, np.empty_like(self._values)])
        self._values[len(self)] = values
        self.gates.append(gate)
        self.level.append(level)
        return len(self) - 1

    def known(self, goal: np.ndarray) -> Literal | None:
        """A signal that says the goal [row], or its opposite, wherever it is not free."""
        cared = np.flatnonzero(goal)
        few = cared[:: 1 + len(cared) // SAMPLE]
        score = self.values[:, few].astype(np.float32) @ goal[few].astype(np.float32)
        for n in np.flatnonzero((np.abs(score) == len(few)) & (self.values[:, 0] != 0)).tolist():
            said = self._values[n, cared]
            for sign in (1, -1):
                if (said == sign * goal[cared]).all():
                    return n, sign
        return None

    def gate(self, reads: tuple[int, ...], goal: np.ndarray) -> int | None:
        """A new neuron that reads these and says the goal, if some round weights make one."""
        table = self.table(reads, goal).reshape(-1)
        found = weights_of(len(reads), table.tobytes())
        if found is None:
            return None
        return self.neuron(Gate(reads, *found))

    def neuron(self, gate: Gate) -> int:
        """A new signal, what this neuron says."""
        z = np.full(self.rows, gate.bias)
        for n, weight in zip(gate.reads, gate.weights, strict=True):
            z += weight * self._values[n]
        level = 1 + max((self.level[n] for n in gate.reads), default=0)
        return self.give(zigzag(z).astype(np.int8), level, gate)

    def table(self, reads: tuple[int, ...], goal: np.ndarray) -> np.ndarray:
        """int8, an axis of length 2 for each of `reads`: the goal by their values; FREE where no row has them."""
        table = np.zeros(1 << len(reads), np.int8)
        cared = goal != FREE
        table[self.key(reads)[cared]] = goal[cared]
        return table.reshape((2,) * len(reads))

    def tells(self, reads: tuple[int, ...], goal: np.ndarray) -> bool:
        """Do these determine the goal?"""
        return bool((self.table(reads, goal).reshape(-1)[self.key(reads)] * goal >= 0).all())

    def key(self, reads: tuple[int, ...]) -> np.ndarray:
        """int [row]: the values of `reads` as a number, the first being its highest bit."""
        key = np.zeros(self.rows, np.int32)
        for n in reads:
            key <<= 1
            key |= self._values[n] > 0
        return key


@lru_cache(maxsize=4096)
def weights_of(inputs: int, table: bytes) -> tuple[tuple[float, ...], float] | None:
    """Round weights and a bias for an int8 table of -1, FREE, +1, in which the first input changes slowest."""
    goal = np.frombuffer(table, np.int8)
    if inputs <= READS and not possible(goal):
        return None
    patterns = (np.arange(1 << inputs)[:, None] >> np.arange(inputs)[::-1] & 1) * 2 - 1
    found = readable(patterns, goal)
    return None if found is None else (tuple(found[0].tolist()), float(found[1]))
