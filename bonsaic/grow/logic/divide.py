"""How a Boolean function of many signals is divided into neurons of few."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.logic.decompose import several
from bonsaic.grow.logic.gates import READS, beyond, possible
from bonsaic.grow.logic.resume import few_that_tell
from bonsaic.grow.logic.signals import Gate, Literal, Signals

ANY = 3  # inputs of which one neuron makes every function
COVERED = 10  # columns up to which a few neurons are looked for of which some fires
BOUND = (2, 3, 4)  # sizes of the sets of columns that are replaced together
WIDE = 17  # columns beyond which such sets are not looked for
ALL, CODINGS = 4, 60  # codes of which all orders are tried, and how many orders of more
MOST = 4000  # signals of known values
DEEPER = 3.0  # what a neuron costs more for each that lies before it


class TooMany(Exception):
    """The function takes more neurons than is sensible, or longer than there is time."""


@dataclass(frozen=True)
class Divider:
    """over: whether there is no time left."""

    signals: Signals
    over: Callable[[], bool]

    def divide(self, goal: np.ndarray, columns: tuple[int, ...]) -> Literal:
        """A signal for the goal -1/+1 or free [row], which the columns determine; new ones are added where needed."""
        signals = self.signals
        if np.count_nonzero(signals.values[:, 0]) > MOST or self.over():
            raise TooMany
        if (known := signals.known(goal)) is not None:
            return known
        columns = self.support(goal, columns)
        if len(columns) > ANY:
            told = few_that_tell(signals, goal)
            columns = columns if told is None else told
        before = len(signals)
        literal = self._narrowed(goal, columns)
        covered = self.cover(goal, columns) if len(signals) > before + 1 else None
        if covered is not None:
            votes, sign = covered
            any_ = Gate(votes, (2.0,) * len(votes), 2.0 * len(votes) + 1)
            other = (votes[0] if len(votes) == 1 else signals.neuron(any_)), sign
            return min((literal, other), key=lambda at: self._paid(at[0], before))
        return literal

    def chosen(self, goal: np.ndarray, columns: tuple[int, ...], wires: int) -> Literal:
        """As `divide`, by the value of one wire after the other; wires: how many of the signals are that."""
        told = self.support(goal, columns)
        wire = next((n for n in told if n < wires), None)
        if wire is None or len(told) <= ANY or self.signals.known(goal) is not None:
            return self.divide(goal, told)
        sides = []
        for value in (-1, 1):
            here = np.where(self.signals.values[wire] == value, goal, 0).astype(np.int8)
            sides.append(self.chosen(here, columns, wires)[0])
        return self.divide(goal, (wire, *sides))

    def cover(
        self, goal: np.ndarray, columns: tuple[int, ...]
    ) -> tuple[tuple[int, ...], int] | None:
        """Signals of which some fires where the goal is 1, or with sign -1 where it is -1, and none elsewhere."""
        signals = self.signals
        columns = self.support(goal, columns)
        if not READS < len(columns) <= COVERED:
            return None
        table = signals.table(columns, goal).reshape(-1)
        cared = np.flatnonzero(table)
        seen = cared[:, None] >> np.arange(len(columns))[::-1] & 1
        found = []
        for sign in (1, -1):
            parts = several(seen, sign * table[cared], np.ones(len(columns)), self.over)
            if parts is not None:
                found.append((sum(p.price for p in parts), sign, parts))
        if not found:
            return None
        _, sign, parts = min(found, key=lambda f: f[0])
        votes = []
        for part in parts:
            says = np.zeros(len(table), np.int8)
            says[cared] = part.says
            reads = tuple(columns[c] for c in part.columns)
            gate = signals.gate(reads, says[signals.key(columns)])
            if gate is None:
                return None
            votes.append(gate)
        return tuple(dict.fromkeys(votes)), sign

    def _paid(self, n: int, before: int) -> float:
        """Inputs of the new neurons that a signal needs, and what is handed on to the cells where they stand."""
        cone, todo = set(), [n]
        while todo:
            gate = self.signals.gates[m := todo.pop()]
            if m >= before and m not in cone and gate is not None:
                cone.add(m)
                todo += gate.reads
        fans = [len(gate.reads) for m in cone if (gate := self.signals.gates[m])]
        return sum(fans) + beyond(np.array(fans, int)) + DEEPER * self.signals.level[n]

    def _narrowed(self, goal: np.ndarray, columns: tuple[int, ...]) -> Literal:
        """Some columns replaced by fewer signals that tell as much, until one neuron is left to make."""
        while True:
            gate = self.signals.gate(columns, goal) if len(columns) <= READS else None
            if gate is not None:
                return gate, 1
            fewer = self._bound(goal, columns)
            if fewer is None:
                return self._split(goal, columns)
            columns = self.support(goal, fewer)

    def price(self, goal: np.ndarray, columns: tuple[int, ...]) -> float:
        """About how many inputs it takes."""
        told = self.support(goal, columns)
        if len(told) < 2:
            return len(told) / 2
        alone = len(told) <= READS and possible(self.signals.table(told, goal).reshape(-1))
        return len(told) if alone else 2.0 * len(told)

    def support(
        self, goal: np.ndarray, columns: tuple[int, ...], first: Sequence[int] = ()
    ) -> tuple[int, ...]:
        """Columns enough to tell the goal, left out where they can be: these first, then the deepest."""
        table = self.signals.table(columns, goal)
        kept = list(columns)
        level = self.signals.level
        for column in sorted(columns, key=lambda n: (n not in first, -level[n])):
            axis = kept.index(column)
            low, high = np.take(table, 0, axis), np.take(table, 1, axis)
            if not (low * high < 0).any():
                table = np.where(low == 0, high, low)
                kept.remove(column)
        return tuple(kept)

    def _bound(self, goal: np.ndarray, columns: tuple[int, ...]) -> tuple[int, ...] | None:
        """The columns with some set of them replaced by fewer signals that tell as much, if there is one."""
        if len(columns) > WIDE:
            return None
        table = self.signals.table(columns, goal)
        for size in BOUND:
            if size >= len(columns):
                return None
            ways = []
            for axes in itertools.combinations(range(len(columns)), size):
                classes = _classes(table, axes, 1 << (size - 1))
                if classes is not None:
                    bits = int(classes.max()).bit_length()
                    depth = sum(self.signals.level[columns[a]] for a in axes)
                    ways.append(((bits, depth), axes, classes))
                if self.over():
                    raise TooMany
            if ways:
                _, axes, classes = min(ways, key=lambda w: w[0])
                bound = tuple(columns[a] for a in axes)
                told = self._coded(bound, classes)
                return (*(c for c in columns if c not in bound), *told)
        return None

    def _coded(self, bound: tuple[int, ...], classes: np.ndarray) -> list[int]:
        """Signals that tell the class [pattern of `bound`]: of the codings tried, the one that takes least."""
        key = self.signals.key(bound)
        patterns = np.unique(key)

        def price(bit: np.ndarray) -> float:
            if self.signals.known(bit[key]) is not None:
                return 0
            table = np.zeros(len(bit), np.int8)
            table[patterns] = bit[patterns]
            reads = _reads(table.reshape((2,) * len(bound)))
            return reads + (reads > ANY)

        best: tuple[float, list[np.ndarray]] | None = None
        for code in codings(int(classes.max()) + 1):
            bits = [
                (code[classes] >> b & 1).astype(np.int8) * 2 - 1
                for b in range(int(code.max()).bit_length())
            ]
            cost = sum(price(bit) for bit in bits)
            if best is None or cost < best[0]:
                best = cost, bits
        assert best is not None
        return list(dict.fromkeys(self.divide(bit[key], bound)[0] for bit in best[1]))

    def _split(self, goal: np.ndarray, columns: tuple[int, ...]) -> Literal:
        """By the value of one column: that which leaves the least to read on both sides."""
        table = self.signals.table(columns, goal)

        def rest(axis: int) -> int:
            return sum(_reads(np.take(table, side, axis)) for side in (0, 1))

        column = columns[min(range(len(columns)), key=rest)]
        others = tuple(c for c in columns if c != column)
        sides = []
        for value in (-1, 1):
            here = np.where(self.signals.values[column] == value, goal, 0).astype(np.int8)
            sides.append(self.divide(here, others)[0])
        gate = self.signals.gate(tuple(dict.fromkeys((column, *sides))), goal)
        assert gate is not None
        return gate, 1


def _reads(table: np.ndarray) -> int:
    """How many columns matter, each by itself."""
    return sum(
        bool((np.take(table, 0, a) * np.take(table, 1, a) < 0).any()) for a in range(table.ndim)
    )


def _classes(table: np.ndarray, axes: tuple[int, ...], most: int) -> np.ndarray | None:
    """A class for every pattern of these axes, such that patterns of one class never contradict; None beyond `most`."""
    rows = np.moveaxis(table, axes, range(len(axes))).reshape(1 << len(axes), -1)
    on, off = (rows > 0).astype(np.float32), (rows < 0).astype(np.float32)
    contradict = on @ off.T > 0
    contradict |= contradict.T
    classes = np.full(len(rows), -1)
    for u in range(len(rows)):
        taken = set(classes[contradict[u]].tolist())
        classes[u] = next(c for c in itertools.count() if c not in taken)
        if classes[u] >= most:
            return None
    return classes


def codings(count: int) -> list[np.ndarray]:
    """Codes [class] on as few bits as there can be: all, or many of them."""
    codes = 1 << (count - 1).bit_length()
    if codes <= ALL:
        return [np.array(order) for order in itertools.permutations(range(codes), count)]
    rng = np.random.default_rng(0)
    return [np.arange(count), *(rng.permutation(codes)[:count] for _ in range(CODINGS))]
