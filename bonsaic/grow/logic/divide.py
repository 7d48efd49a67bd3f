"""How a Boolean function of many signals is divided into neurons of few."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.logic.resume import few_that_tell
from bonsaic.grow.logic.signals import Literal, Signals

ANY = 3  # inputs of which one neuron makes every function
READS = 4  # inputs a neuron is given here; more only where that saves edges
BOUND = (2, 3, 4)  # sizes of the sets of columns that are replaced together
WIDE = 17  # columns beyond which such sets are not looked for
CODINGS = 60  # of what a set says
MOST = 4000  # signals


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
        if len(signals) > MOST or self.over():
            raise TooMany
        if (known := signals.known(goal)) is not None:
            return known
        columns = self.support(goal, columns)
        if len(columns) > ANY:
            told = few_that_tell(signals, goal)
            columns = columns if told is None else told
        while True:
            gate = signals.gate(columns, goal) if len(columns) <= READS else None
            if gate is not None:
                return gate, 1
            fewer = self._bound(goal, columns)
            if fewer is None:
                return self._split(goal, columns)
            columns = self.support(goal, fewer)

    def support(self, goal: np.ndarray, columns: tuple[int, ...]) -> tuple[int, ...]:
        """Columns enough to tell the goal, the deepest left out first."""
        table = self.signals.table(columns, goal)
        kept = list(columns)
        for column in sorted(columns, key=lambda n: -self.signals.level[n]):
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
            shape = (2,) * len(bound)
            reads = sum(
                bool(
                    (
                        np.take(table.reshape(shape), 0, a) * np.take(table.reshape(shape), 1, a)
                        < 0
                    ).any()
                )
                for a in range(len(bound))
            )
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


def codings(count: int) -> Iterator[np.ndarray]:
    """Codes [class] on as few bits as there can be."""
    codes = 1 << (count - 1).bit_length()
    yield from (
        np.array(order)
        for order in itertools.islice(itertools.permutations(range(codes), count), CODINGS)
    )
