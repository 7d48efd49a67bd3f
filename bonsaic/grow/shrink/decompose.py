"""How any Boolean function is made of a few zigzag neurons of at most four inputs each.

A function that no such neuron computes is a sum of several: for a state bit at most one of them fires,
for an output wire they may overlap. All 4-input zigzag functions with small round weights are listed once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bonsaic.grow.shrink.gates import readable

READS = 4
ROWS = 1 << READS
PLACES = 1 << np.arange(ROWS)
TURNS = (
    (2, 3),
    (4, 6),
    (8, 6),
)  # (where the zigzag turns, largest weight), in units of 1, 1/2, 1/4
MOST = 6  # the most neurons a signal is made of
FULLEST = 40  # of the neurons on the same columns, beside a literal, those that cover most
KEPT = 1200  # of the neurons that say nothing wrong, this many are tried as parts of a cover
WIDER = 2.0  # what an input beyond the usual costs more
WIDEST = 6  # the most inputs a neuron may have
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
        if found is not None:
            return found
        # the last column is a literal: where it is wrong it pushes the rest beyond the last turn
        *others, last = self.columns
        (is_one,) = np.unique(seen[self.says > 0, last])
        here = seen[:, last] == is_one
        inner = readable(seen[here][:, others] * 2 - 1, self.says[here])
        assert inner is not None, self
        push = math.ceil((np.abs(inner[0]).sum() + inner[1] + 3) / 2)
        return np.append(inner[0], push * (2.0 * is_one - 1)), inner[1] - push


def _patterns(columns: int) -> np.ndarray:
    return np.arange(1 << columns)[:, None] >> np.arange(columns) & 1


@lru_cache(maxsize=1)
def functions() -> tuple[np.ndarray, np.ndarray]:
    """Every function of four inputs that a neuron with small round weights computes.

    Its table, a bit per pattern, and [function, input] whether the input matters.
    """
    seen = _patterns(READS) * 2 - 1
    first: set[int] = set()
    for turn, largest in TURNS:
        sizes = itertools.combinations_with_replacement(range(largest + 1), READS)
        weights = np.array(list(sizes))
        bias = np.arange(-READS * largest - turn, READS * largest + turn + 1)
        z = (weights @ seen.T)[:, None] + bias[:, None]
        clear = ((z != 0) & (np.abs(z) != turn)).all(2)
        fires = (z > turn) | ((z < 0) & (z > -turn))
        first |= set((fires @ PLACES)[clear].tolist())
    known = np.zeros(1 << ROWS, bool)
    base = np.array(sorted(first))[:, None] >> np.arange(ROWS) & 1
    for order in itertools.permutations(range(READS)):
        for flips in itertools.product((0, 1), repeat=READS):
            moved = (_patterns(READS)[:, order] ^ np.array(flips)) @ (1 << np.arange(READS))
            known[base[:, moved] @ PLACES] = True
    tables = np.flatnonzero(known)
    answers = tables[:, None] >> np.arange(ROWS) & 1
    matters = np.stack(
        [(answers != answers[:, np.arange(ROWS) ^ (1 << i)]).any(1) for i in range(READS)], 1
    )
    return tables, matters


@dataclass(frozen=True, eq=False)
class _Parts:
    """Neurons that never fire where the goal is 0: tables, supports, prices, and what each covers."""

    table: np.ndarray
    support: np.ndarray
    price: np.ndarray
    mark: np.ndarray  # uint64: the sum of its covered rows' random marks
    covers: np.ndarray  # bool [part, row where the goal is 1]
    literal: np.ndarray  # [part, (column, value)]: fires only where this too, column -1 for always


def decompose(
    seen: np.ndarray,
    goal: np.ndarray,
    price: np.ndarray,
    exclusive: bool,
    over: Callable[[], bool] = lambda: False,
) -> list[Part] | None:
    """Cheap neurons, at most three: none fires where the goal is -1, and where it is 1 one or more do.

    exclusive: exactly one does. seen: 0/1 [row, column]; goal [row] -1, 0 (free), 1; price [column],
    of reading it. None where none are found, or it was `over` first.
    """
    columns = seen.shape[1]
    if columns < READS:
        seen = np.concatenate([seen, np.zeros((len(seen), READS - columns), seen.dtype)], 1)
        price = np.concatenate([price, np.full(READS - columns, NEVER)])
    if not (goal > 0).any():
        return [Part((), -np.ones(len(goal)), 0.0)]
    marks = np.random.default_rng(0).integers(0, 1 << 63, int((goal > 0).sum()), dtype=np.uint64)
    parts = _parts(seen, goal, price, marks)
    whole = marks.sum(dtype=np.uint64)
    chosen = _alone(parts, whole)
    if chosen is None and len(parts.price):
        chosen = _split(parts, whole) if exclusive else _cover(parts)
    if chosen is None and not over():
        parts = _parts(seen, goal, price, marks, literals=True, over=over)
        chosen = _alone(parts, whole) or _greedy(parts, exclusive)
    narrow = None if chosen is None else [_part(parts, i, seen) for i in chosen]
    paid = math.inf if narrow is None else sum(p.price for p in narrow)
    for reads in range(READS + 1, WIDEST + 1):
        if over() or paid <= reads + 1 + WIDER * (reads - READS):
            break
        wide = _wide(seen, goal, price, reads)
        if wide and wide.price <= paid:
            return [wide]
    return narrow


def _part(parts: _Parts, i: int, seen: np.ndarray) -> Part:
    """Only the columns that matter."""
    literal, is_one = parts.literal[i]
    answers = parts.table[i] >> np.arange(ROWS) & 1
    support = list(itertools.combinations(range(seen.shape[1]), READS))[parts.support[i]]
    kept = [c for c in range(READS) if (answers != answers[np.arange(ROWS) ^ (1 << c)]).any()]
    columns = tuple(support[c] for c in kept)
    says = answers[seen[:, support] @ (1 << np.arange(READS))] * 2 - 1
    if literal >= 0:
        columns = (*columns, int(literal))
        says = np.where(seen[:, literal] == is_one, says, -1)
    return Part(columns, says, float(parts.price[i]) + 1)


def _wide(seen: np.ndarray, goal: np.ndarray, price: np.ndarray, reads: int) -> Part | None:
    """One neuron of so many inputs, where that is enough."""
    cared = goal != 0
    for support in itertools.combinations(range(seen.shape[1]), reads):
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


def _parts(
    seen: np.ndarray,
    goal: np.ndarray,
    price: np.ndarray,
    marks: np.ndarray,
    literals: bool = False,
    over: Callable[[], bool] = lambda: False,
) -> _Parts:
    """literals: also those that fire only where one more column is 0, or 1.
    A neuron can always be made so: a large weight takes it beyond the last turn of the zigzag.
    """
    tables, matters = functions()
    found: list[tuple[np.ndarray, ...]] = []
    columns = range(seen.shape[1])
    extra = itertools.product(columns, (0, 1)) if literals else ()
    supports = list(enumerate(itertools.combinations(columns, READS)))
    for (number, support), (also, value) in itertools.product(supports, [(-1, 0), *extra]):
        if also in support or (found and over()):
            continue
        here = seen[:, also] == value if also >= 0 else np.ones(len(seen), bool)
        row = seen[:, support] @ (1 << np.arange(READS))
        never = np.bitwise_or.reduce(1 << row[here & (goal < 0)], initial=0)
        wanted = np.bitwise_or.reduce(1 << row[here & (goal > 0)], initial=0)
        fine = np.flatnonzero(((tables & never) == 0) & ((tables & wanted) != 0))
        cost = matters[fine] @ price[list(support)]
        fine = fine[np.argsort(cost, kind="stable")]
        keys, at = np.unique(tables[fine] & wanted, return_index=True)
        if literals:  # only the fullest, or there are too many
            full = np.argsort(-np.bitwise_count(keys.astype(np.uint32)), kind="stable")[:FULLEST]
            keys, at = keys[full], at[full]
        fine = fine[at]
        above = goal > 0
        covered = here[above]
        by_pattern = np.zeros(ROWS, np.uint64)
        np.add.at(by_pattern, row[above & here], marks[covered])
        fired = keys[:, None] >> np.arange(ROWS) & 1
        found.append(
            (
                tables[fine],
                np.full(len(fine), number),
                matters[fine] @ price[list(support)] + (price[also] if also >= 0 else 0.0),
                (fired.astype(np.uint64) * by_pattern).sum(1, dtype=np.uint64),
                fired[:, row[above]].astype(bool) & covered,
                np.tile([also, value], (len(fine), 1)),
            )
        )
    table, support_, cost, mark, covers, literal = (
        np.concatenate(c) for c in zip(*found, strict=True)
    )
    order = np.argsort(cost, kind="stable")
    _, at = np.unique(mark[order], return_index=True)
    at = order[at]
    return _Parts(table[at], support_[at], cost[at], mark[at], covers[at], literal[at])


def _alone(parts: _Parts, whole: np.uint64) -> list[int] | None:
    at = np.flatnonzero(parts.mark == whole)
    return [int(at[parts.price[at].argmin()])] if len(at) else None


def _split(parts: _Parts, whole: np.uint64) -> list[int] | None:
    """Two parts that share no row and cover all, else three."""
    pair = _pair(parts.mark, parts.price, whole, np.arange(len(parts.mark)))
    if pair is not None:
        return pair
    best, least = None, np.inf
    large = np.argsort(-parts.covers.sum(1), kind="stable")[:WIDE]
    for i in large.tolist():
        beside = np.flatnonzero(~(parts.covers & parts.covers[i]).any(1))
        rest = (whole - parts.mark[[i]])[0]  # as an array: it may wrap round
        two = _pair(parts.mark[beside], parts.price[beside], rest, beside)
        if two is not None and parts.price[[i, *two]].sum() < least:
            best, least = [i, *two], parts.price[[i, *two]].sum()
    return best


def _greedy(parts: _Parts, exclusive: bool) -> list[int] | None:
    """Up to `MOST` parts, each time the one that covers most rows for its price."""
    chosen: list[int] = []
    left = np.ones(parts.covers.shape[1], bool)
    fits = np.ones(len(parts.price), bool)
    while left.any() and len(chosen) < MOST:
        gain = (parts.covers & left).sum(1) / (parts.price + 1) * fits
        if not len(gain) or gain.max() == 0:
            return None
        chosen.append(int(gain.argmax()))
        left &= ~parts.covers[chosen[-1]]
        if exclusive:
            fits &= ~(parts.covers & parts.covers[chosen[-1]]).any(1)
    return None if left.any() else chosen


def _pair(
    marks: np.ndarray, price: np.ndarray, whole: np.uint64, names: np.ndarray
) -> list[int] | None:
    """The cheapest two whose marks sum to the whole: such marks cover everything once."""
    order = np.argsort(marks)
    other = whole - marks
    at = np.minimum(np.searchsorted(marks[order], other), len(marks) - 1)
    match = np.flatnonzero(marks[order[at]] == other) if len(marks) else np.zeros(0, int)
    if not len(match):
        return None
    mate = order[at[match]]
    best = (price[match] + price[mate]).argmin()
    return [int(names[match[best]]), int(names[mate[best]])]


def _cover(parts: _Parts) -> list[int] | None:
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
        left = few * few[i]
        three = np.where(left @ few.T == 0, cost[:, None] + cost + cost[i], np.inf)
        if three.min() < least:
            least = three.min()
            best = [i, *np.unravel_index(three.argmin(), three.shape)]
    return None if best is None else order[np.array(best, int)].tolist()
