"""Which few of the signals that are there already tell a function: sets that differ wherever it does."""

from __future__ import annotations

import numpy as np

from bonsaic.grow.logic.signals import Signals

PAIRS, ROUNDS = 1024, 40  # of rows that must be told apart, at first; and how often more are added
BRANCHES = 24  # signals that tell one pair apart, beyond which the search would take long


def few_that_tell(signals: Signals, goal: np.ndarray) -> tuple[int, ...] | None:
    """At most three signals that determine the goal -1/+1 or free [row], the least deep first."""
    rng = np.random.default_rng(0)
    ones, zeros = np.flatnonzero(goal > 0), np.flatnonzero(goal < 0)
    left, right = rng.choice(ones, PAIRS), rng.choice(zeros, PAIRS)
    values = signals.values
    usable = np.flatnonzero(values[:, 0])
    usable = usable[np.argsort(np.array(signals.level)[usable], kind="stable")]
    apart = values[usable][:, left] != values[usable][:, right]
    for _ in range(ROUNDS):
        found = _hitting(apart)
        if found is None:
            return None
        chosen = tuple(int(usable[i]) for i in found)
        pair = _confused(signals.key(chosen), ones, zeros)
        if pair is None:
            return chosen
        more = values[usable, pair[0]] != values[usable, pair[1]]
        apart = np.concatenate([apart, more[:, None]], 1)
    return None


def _hitting(apart: np.ndarray) -> tuple[int, ...] | None:
    """The first two or three rows of `apart` [signal, pair] that together are true everywhere."""
    fewest = int(apart.sum(0).argmin())
    first = np.flatnonzero(apart[:, fewest])
    if not 0 < len(first) <= BRANCHES:
        return None
    best: tuple[int, ...] | None = None
    for i in first.tolist():
        left = np.flatnonzero(~apart[i])
        if not len(left):
            return (i,)
        second = left[apart[:, left].sum(0).argmin()]
        for j in np.flatnonzero(apart[:, second]).tolist():
            rest = left[~apart[j, left]]
            third = np.flatnonzero(apart[:, rest].all(1))
            if not len(rest):
                third = np.array([j])
            if len(third):
                way = tuple(sorted({i, j, int(third[0])}))
                if best is None or _depth(way) < _depth(best):
                    best = way
    return best


def _depth(way: tuple[int, ...]) -> tuple[int, int]:
    return len(way), sum(way)


def _confused(key: np.ndarray, ones: np.ndarray, zeros: np.ndarray) -> tuple[int, int] | None:
    """A row of each that have the same key, if there are any."""
    of_one = np.full(int(key.max()) + 1, -1)
    of_one[key[ones]] = ones
    both = np.flatnonzero(of_one[key[zeros]] >= 0)
    if not len(both):
        return None
    return int(of_one[key[zeros[both[0]]]]), int(zeros[both[0]])
