"""Which registers hold a part without short codes: one for each way into a label, with few others to read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.logic.divide import TooMany
from bonsaic.grow.logic.gates import WIDEST, beyond

GROWN = 40  # times as many registers as there are letters and labels are too many
MANY = 1  # and so many are, where fewer have more inputs than a neuron should have
FEW = 4  # inputs with which is begun


@dataclass(frozen=True)
class Way:
    """It is on where the label became `label`: by a letter of `classes`, and some of `reads` was on, or `none` was.

    reads: numbers of groups. whole: whether `classes` are all there are.
    """

    label: int
    classes: tuple[int, ...]
    reads: tuple[int, ...]
    none: bool
    whole: bool

    @property
    def inputs(self) -> int:
        return len(self.reads) + (not self.whole)


@dataclass(frozen=True)
class Ways:
    """Exactly one of the ways is on, and those of a label are together in its groups."""

    ways: tuple[Way, ...]
    groups: tuple[tuple[int, ...], ...]

    def of(self, label: int) -> list[int]:
        return [i for i, way in enumerate(self.ways) if way.label == label]

    @property
    def cost(self) -> float:
        fans = np.array([w.inputs for w in self.ways], int)
        return float(fans.sum()) + beyond(fans)


def ways_into(acts: np.ndarray, size: int, over: Callable[[], bool]) -> Ways:
    """The cheapest of those with at most `WIDEST` inputs to each; else with as few as can be.

    acts [class, label]: the next label, or -1 where it is free. size: of the largest group.
    over: whether there is no time left, and then `TooMany` is raised.
    """
    steps = _steps(acts, over)
    all_ = (w for most in range(FEW, WIDEST + 1) if (w := _within(acts, steps, most, size, GROWN)))
    narrow = min(all_, key=lambda w: w.cost, default=None)
    if narrow is not None:
        return narrow
    wider = (_within(acts, steps, most, size, MANY) for most in itertools.count(WIDEST + 1))
    return next(w for w in wider if w is not None)


@dataclass(frozen=True, eq=False)
class _Steps:
    """Steps from the labels `sources` [step, label], or from none of `others`, by `classes` [step, class]."""

    label: np.ndarray
    classes: np.ndarray
    sources: np.ndarray
    others: np.ndarray

    def reads(self, groups: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How many groups each must read, whether they are those of none, and how many registers that takes."""
        told, other = self.sources @ groups, self.others @ groups
        room = most - ~self.classes.all(1)
        none = (other < told) & (other <= room)
        registers = np.where(none, 1, np.maximum(1, -(-told // room)))
        return np.where(none, other, told), none, registers


def _within(acts: np.ndarray, steps: _Steps, most: int, size: int, grown: int) -> Ways | None:
    """Ways of at most so many inputs. Who comes by many is split, and then more is to be read of it: until all fit."""
    count = np.ones(acts.shape[1], int)
    while True:
        groups = -(-count // size)
        _, none, registers = steps.reads(groups, most)
        more = np.bincount(steps.label, registers, len(count)).astype(int)
        if (more <= count).all():
            break
        count = np.maximum(count, more)
        if count.sum() > grown * acts.size:
            return None
    first = np.cumsum(groups) - groups
    numbers = [range(a, a + g) for a, g in zip(first.tolist(), groups.tolist(), strict=True)]
    own: list[list[Way]] = [[] for _ in count]
    for i, label in enumerate(steps.label.tolist()):
        of = np.flatnonzero((steps.others if none[i] else steps.sources)[i]).tolist()
        read = [n for q in of for n in numbers[q]]
        classes, whole = tuple(np.flatnonzero(steps.classes[i]).tolist()), steps.classes[i].all()
        for part in range(registers[i]):
            dealt = tuple(read[part :: registers[i]])
            own[label].append(Way(label, classes, dealt, bool(none[i]), bool(whole)))
    ways: list[Way] = []
    grouped: list[tuple[int, ...]] = []
    for label, of_label in enumerate(own):
        never = Way(label, (), (), False, False)
        of_label += [never] * (int(count[label]) - len(of_label))
        number = range(len(ways), len(ways) + len(of_label))
        grouped += [tuple(number[i :: groups[label]]) for i in range(groups[label])]
        ways += of_label
    return Ways(tuple(ways), tuple(grouped))


def _steps(acts: np.ndarray, over: Callable[[], bool]) -> _Steps:
    """Which labels become which by which classes: as few such blocks as are found one after the other."""
    labels, blocks, others = [], [], []
    for label in range(acts.shape[1]):
        left = acts == label
        while left.any():
            if over():
                raise TooMany
            found = list(_blocks(left))
            worth = [(1 + q.sum()) / (q.sum() * c.sum()) for c, q in found]
            classes, sources = found[int(np.argmin(worth))]
            left = left & ~np.outer(classes, sources)
            labels.append(label)
            blocks.append((classes, sources))
            others.append((acts[classes] >= 0).any(0) & ~sources)  # blocks of their own among them
    by, whence = (np.array(side) for side in zip(*blocks, strict=True))
    return _Steps(np.array(labels), by, whence.astype(int), np.array(others).astype(int))


def _blocks(left: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The classes and labels of the largest blocks that contain a whole row, or a whole column."""
    for c in np.flatnonzero(left.any(1)):
        yield (left | ~left[c]).all(1), left[c]
    for q in np.flatnonzero(left.any(0)):
        yield left[:, q], (left | ~left[:, q, None]).all(0)
