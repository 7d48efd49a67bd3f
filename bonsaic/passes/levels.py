"""Which levels of a network's real states have to be told apart, and by which thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

THRESHOLDS = 2048  # that are compared
PLACES = 20_000


@dataclass(frozen=True, eq=False)
class Places:
    """Place i holds the states between low[i] and high[i] float64 [place, register], all with one future: that of the
    program's state[i]. after int [place, letter]: where a letter leads, -1 where it is illegal. Place 0 is the first.
    """

    state: np.ndarray
    low: np.ndarray
    high: np.ndarray
    after: np.ndarray


@dataclass(frozen=True, eq=False)
class Level:
    """Is a register above a threshold? side: bool [place], by a place's middle where it lies on both sides."""

    register: int
    threshold: float
    side: np.ndarray


def levels(kind: np.ndarray, places: Places) -> list[Level] | None:
    """As few levels as are found that tell places of different kinds apart, by register and threshold.

    Thresholds in gaps, where no place is, come first, then those that cut places. Places of two kinds that hold one
    state stay together. None where there are too many to compare.
    """
    if len(kind) > PLACES:
        return None
    chosen = _chosen(kind, list(_gaps(places)), [])
    if _mixed(kind, chosen):
        chosen = _chosen(kind, list(_between(places)), chosen)
    mixed = _mixed(kind, chosen)
    for level in chosen[::-1]:
        fewer = [x for x in chosen if x is not level]
        if _mixed(kind, fewer) == mixed:
            chosen = fewer
    return sorted(chosen, key=lambda x: (x.register, x.threshold))


def _gaps(places: Places) -> Iterator[Level]:
    """A threshold in each gap between the values of a register, the widest gaps first."""
    found = []
    for i, (low, high) in enumerate(zip(places.low.T, places.high.T, strict=True)):
        order = np.argsort(low)
        ends = np.maximum.accumulate(high[order])[:-1]
        starts = low[order][1:]
        for k in np.flatnonzero(starts > ends).tolist():
            t = float(ends[k] + starts[k]) / 2
            found.append((float(starts[k] - ends[k]), Level(i, t, low > t)))
    found.sort(key=lambda pair: -pair[0])
    return iter([level for _, level in found])


def _between(places: Places) -> Iterator[Level]:
    """A threshold between any two neighbours among the middles of a register's places."""
    for i, middle in enumerate(((places.low + places.high) / 2).T):
        values = np.unique(middle)
        for t in ((values[1:] + values[:-1]) / 2).tolist():
            yield Level(i, t, middle > t)


def _chosen(kind: np.ndarray, candidates: list[Level], chosen: list[Level]) -> list[Level]:
    """`chosen` and candidates on top, each the one that then tells the most pairs apart, until none tells any."""
    chosen = chosen.copy()
    candidates = candidates[:: -(-len(candidates) // THRESHOLDS) or 1]
    sides = np.array([x.side for x in candidates], bool).reshape(-1, len(kind))
    while len(sides):
        gains = _gains(kind, _blocks(chosen, len(kind)), sides)
        if gains.max() == 0:
            break
        chosen.append(candidates[int(np.argmax(gains))])
    return chosen


def _gains(kind: np.ndarray, block: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """int [candidate]: how many pairs of different kinds within one block lie on different sides."""
    order = np.lexsort((kind, block))
    block, kind = block[order], kind[order]
    new = np.ones(len(kind), bool)
    new[1:] = (block[1:] != block[:-1]) | (kind[1:] != kind[:-1])
    starts = np.flatnonzero(new)
    ones = np.add.reduceat(sides[:, order].astype(np.int64), starts, axis=1)
    zeros = np.diff([*starts, len(kind)]) - ones
    blocks = np.flatnonzero(np.diff(block[starts], prepend=-1))
    whole = np.add.reduceat(ones, blocks, axis=1) * np.add.reduceat(zeros, blocks, axis=1)
    return whole.sum(axis=1) - (ones * zeros).sum(axis=1)


def _mixed(kind: np.ndarray, chosen: list[Level]) -> int:
    """How many pairs of different kinds no level tells apart."""
    block = _blocks(chosen, len(kind))
    pairs, sizes = np.unique(np.stack([block, kind], axis=1), axis=0, return_counts=True)
    return int((np.bincount(pairs[:, 0], sizes) ** 2).sum() - (sizes**2).sum())


def _blocks(chosen: list[Level], count: int) -> np.ndarray:
    """int [place]: alike where no chosen level tells places apart."""
    if not chosen:
        return np.zeros(count, np.int64)
    sides = np.array([x.side for x in chosen], bool).T
    return np.unique(sides, axis=0, return_inverse=True)[1].reshape(-1)
