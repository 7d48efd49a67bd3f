"""How any Boolean function is made of a few zigzag neurons of at most four inputs each.

Where none computes a function, it is where some of several fires.
All 4-input zigzag functions with small round weights are listed once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.logic.gates import READS, ROWS, WIDEST, functions, readable

MOST = 6  # the most neurons a signal is made of
KEPT = 1200  # of the neurons that say nothing wrong, this many are tried as parts of a cover
WIDER = 2.0  # what an input beyond the usual costs more
NEVER = 1e6  # the price of a column that is not there
WIDE = 300  # and this many as parts of a cover by three


@dataclass(frozen=True, eq=False)
class Part:
    """A neuron: the columns it reads, what it says on each row (0: no matter), and what it costs."""

    columns: tuple[int, ...]
    says: np.ndarray
    price: float

    def gate(self, seen: np.ndarray) -> tuple[np.ndarray, float]:
        """Round weights for the columns, and a bias; seen: 0/1 [row, column]."""
        found = readable(seen[:, self.columns] * 2 - 1, self.says)
        assert found is not None, self
        return found


@dataclass(frozen=True, eq=False)
class _Parts:
    """Neurons that never fire where the goal is 0: tables, supports, prices, and what each covers."""

    table: np.ndarray
    support: np.ndarray
    price: np.ndarray
    mark: np.ndarray  # uint64: the sum of its covered rows' random marks
    covers: np.ndarray  # bool [part, row where the goal is 1]
    whole: np.uint64  # the sum of all marks


def several(
    seen: np.ndarray,
    goal: np.ndarray,
    price: np.ndarray,
    over: Callable[[], bool] = lambda: False,
) -> list[Part] | None:
    """Up to `MOST` cheap neurons of which none fires where the goal is -1, and where it is 1 one or more do.

    seen: 0/1 [row, column]; goal [row] -1, 0 (free), 1; price [column], of reading it. None where none are found, and
    once it is `over`.
    """
    parts = _parts(seen, goal, price, over)
    chosen = _alone(parts)
    if chosen is None and len(parts.price):
        chosen = _cover(parts, over) or _greedy(parts)
    return _cheaper(parts, chosen, seen, goal, price, over)


def _cheaper(
    parts: _Parts,
    chosen: list[int] | None,
    seen: np.ndarray,
    goal: np.ndarray,
    price: np.ndarray,
    over: Callable[[], bool],
) -> list[Part] | None:
    """The parts chosen, or one wider neuron where that costs no more."""
    if not (goal > 0).any():
        return [Part((), -np.ones(len(goal)), 0.0)]
    narrow = None if chosen is None else [_part(parts, i, seen) for i in chosen]
    paid = math.inf if narrow is None else sum(p.price for p in narrow)
    for reads in range(READS + 1, WIDEST + 1):
        if over() or paid <= reads + 1 + WIDER * (reads - READS):
            break
        wide = _wide(seen, goal, price, reads, over)
        if wide and wide.price <= paid:
            return [wide]
    return narrow


def _part(parts: _Parts, i: int, seen: np.ndarray) -> Part:
    """Only the columns that matter."""
    answers = parts.table[i] >> np.arange(ROWS) & 1
    seen = _padded(seen)
    support = list(itertools.combinations(range(seen.shape[1]), READS))[parts.support[i]]
    kept = [c for c in range(READS) if (answers != answers[np.arange(ROWS) ^ (1 << c)]).any()]
    columns = tuple(support[c] for c in kept)
    says = answers[seen[:, support] @ (1 << np.arange(READS))] * 2 - 1
    return Part(columns, says, float(parts.price[i]) + 1)


def _wide(
    seen: np.ndarray,
    goal: np.ndarray,
    price: np.ndarray,
    reads: int,
    over: Callable[[], bool],
) -> Part | None:
    """One neuron of so many inputs, where that is enough."""
    cared = goal != 0
    for support in itertools.combinations(range(seen.shape[1]), reads):
        if over():
            return None
        key = seen[cared][:, support] @ (1 << np.arange(reads))
        one = np.zeros(1 << reads, bool)
        zero = one.copy()
        one[key[goal[cared] > 0]] = True
        zero[key[goal[cared] < 0]] = True
        if (one & zero).any():
            continue
        gate = readable(seen[:, support] * 2 - 1, goal)
        if gate is not None:
            extra = WIDER * (reads - READS)
            return Part(support, goal, float(price[list(support)].sum()) + extra + 1)
    return None


def _padded(seen: np.ndarray) -> np.ndarray:
    """With columns of 0, so that there are enough for a neuron."""
    lacking = max(READS - seen.shape[1], 0)
    return np.concatenate([seen, np.zeros((len(seen), lacking), seen.dtype)], 1)


def _parts(
    seen: np.ndarray, goal: np.ndarray, price: np.ndarray, over: Callable[[], bool]
) -> _Parts:
    seen = _padded(seen)
    price = np.append(price, np.full(seen.shape[1] - len(price), NEVER))
    marks = np.random.default_rng(0).integers(0, 1 << 63, int((goal > 0).sum()), dtype=np.uint64)
    tables, matters = functions()
    found: list[tuple[np.ndarray, ...]] = []
    above = goal > 0
    for number, support in enumerate(itertools.combinations(range(seen.shape[1]), READS)):
        if found and over():
            break
        row = seen[:, support] @ (1 << np.arange(READS))
        never = np.bitwise_or.reduce(1 << row[goal < 0], initial=0)
        wanted = np.bitwise_or.reduce(1 << row[above], initial=0)
        fine = np.flatnonzero(((tables & never) == 0) & ((tables & wanted) != 0))
        cost = matters[fine] @ price[list(support)]
        fine = fine[np.argsort(cost, kind="stable")]
        keys, at = np.unique(tables[fine] & wanted, return_index=True)
        fine = fine[at]
        by_pattern = np.zeros(ROWS, np.uint64)
        np.add.at(by_pattern, row[above], marks)
        fired = keys[:, None] >> np.arange(ROWS) & 1
        found.append(
            (
                tables[fine],
                np.full(len(fine), number),
                matters[fine] @ price[list(support)],
                (fired.astype(np.uint64) * by_pattern).sum(1, dtype=np.uint64),
                fired[:, row[above]].astype(bool),
            )
        )
    table, support_, cost, mark, covers = (np.concatenate(c) for c in zip(*found, strict=True))
    order = np.argsort(cost, kind="stable")
    _, at = np.unique(mark[order], return_index=True)
    at = order[at]
    whole = marks.sum(dtype=np.uint64)
    return _Parts(table[at], support_[at], cost[at], mark[at], covers[at], whole)


def _alone(parts: _Parts) -> list[int] | None:
    at = np.flatnonzero(parts.mark == parts.whole)
    return [int(at[parts.price[at].argmin()])] if len(at) else None


def _greedy(parts: _Parts) -> list[int] | None:
    """Up to `MOST` parts, each time the one that covers most rows for its price."""
    chosen: list[int] = []
    left = np.ones(parts.covers.shape[1], bool)
    while left.any() and len(chosen) < MOST:
        gain = (parts.covers & left).sum(1) / (parts.price + 1)
        if not len(gain) or gain.max() == 0:
            return None
        chosen.append(int(gain.argmax()))
        left &= ~parts.covers[chosen[-1]]
    return None if left.any() else chosen


def _cover(parts: _Parts, over: Callable[[], bool]) -> list[int] | None:
    """Two parts that cover all rows together, else three."""
    size = parts.covers.sum(1)
    order = np.lexsort((parts.price, -size))[:KEPT]
    open_ = (~parts.covers[order]).astype(np.float32)
    price = parts.price[order]
    both = np.where(open_ @ open_.T == 0, price[:, None] + price, np.inf)
    if np.isfinite(both).any():
        return order[list(np.unravel_index(both.argmin(), both.shape))].tolist()
    best, least = None, np.inf
    few, cost = open_[:WIDE], price[:WIDE]
    for i in range(len(few)):
        if over():
            break
        left, paid = few[i + 1 :, few[i] > 0], cost[i + 1 :]
        three = np.where(left @ left.T == 0, paid[:, None] + paid + cost[i], np.inf)
        if (cheapest := three.min(initial=np.inf)) < least:
            least = cheapest
            best = [i, *(i + 1 + n for n in np.unravel_index(three.argmin(), three.shape))]
    return None if best is None else order[np.array(best, int)].tolist()
