"""Which small round weights make one zigzag neuron do what it must."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from bonsaic.grow.activation import ameo_and_slope

# (grid, how many multiples of it a weight may be) by the number of inputs; of more inputs weights are learned
GRIDS = {
    1: ((1.0, (1, 2, 3)),),
    2: ((1.0, (1, 2, 3)), (0.5, (1, 2, 3, 4))),
    3: ((1.0, (1, 2, 3)), (0.5, (1, 2, 3, 4, 5, 6)), (0.25, (1, 2, 3, 4, 5, 6, 7, 8))),
    4: ((1.0, (1, 2, 3)), (0.5, (1, 2, 3, 4, 5, 6)), (0.25, (1, 2, 3, 4, 5, 6))),
}
READS = 4  # inputs of the neurons that are listed
ROWS = 1 << READS
PLACES = 1 << np.arange(ROWS)
TURNS = (2, 3), (4, 6), (8, 6)  # (where the zigzag turns, largest weight), in units of 1, 1/2, 1/4
WIDE, WIDEST = 4, 6  # inputs a neuron should have at most, and may have
LOOKED_AT = 4096  # of the weights that are right, the margins of this many simplest are compared
TRIES, STEPS = 128, 150  # weights learned side by side, and for how long
SIFTED = 30  # the step after which the better quarter goes on
RESTARTS = 12  # tries of each of many tasks
RATE, SURE = 0.05, 0.02  # of learning, and from where on an activation is right
FINEST = 12  # weights that fit no grid above are rounded to multiples of 2^-12 at worst


def zigzag(z: np.ndarray) -> np.ndarray:
    """The sign of the Ameo activation: - below -2, + to 0, - to 2, + above."""
    return np.where((z > 2) | ((z > -2) & (z < 0)), 1.0, -1.0)


def clearance(z: np.ndarray) -> np.ndarray:
    """How far each value is from the nearest place where the zigzag turns."""
    return np.minimum(np.abs(z), np.abs(np.abs(z) - 2))


def beyond(inputs: np.ndarray) -> float:
    """What neurons cost over their edges: two for every input beyond `WIDE`, a hundred more beyond `WIDEST`."""
    over = np.maximum(inputs - WIDEST, 0).sum()
    return float(2 * np.maximum(inputs - WIDE, 0).sum() + 100 * over)


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


def readable(seen: np.ndarray, want: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Weights and a bias on one coarse grid, with which sign(ameo(z)) is `want`.

    seen [row, input] -1/+1; want [row] -1/+1, or 0 where nobody cares. None where no such weights are found.
    """
    cared = want != 0
    rows, first = np.unique(seen[cared], axis=0, return_index=True)
    goal = want[cared][first]
    inputs = seen.shape[1]
    if inputs == 0:
        return (
            (np.zeros(0), -1.0 if goal.sum() > 0 else 1.0) if abs(goal.sum()) == len(goal) else None
        )
    if inputs > READS:
        weights = learned(rows, goal)
        return rounded(rows, goal, weights[0][1][:-1], weights[0][1][-1]) if weights else None
    for grid, sizes in GRIDS[inputs]:
        found = _on_grid(rows.astype(np.int16), goal, grid, sizes)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=32)
def _vectors(inputs: int, sizes: tuple[int, ...]) -> np.ndarray:
    """Every vector of signed sizes, the smallest sums first."""
    values = [s * v for v in sizes for s in (1, -1)]
    grid = np.array(list(itertools.product(values, repeat=inputs)), np.int16)
    return grid[np.argsort(np.abs(grid).sum(1), kind="stable")]


def _on_grid(
    rows: np.ndarray, goal: np.ndarray, grid: float, sizes: tuple[int, ...]
) -> tuple[np.ndarray, float] | None:
    vectors = _vectors(rows.shape[1], sizes)
    turn = round(2 / grid)
    reach = rows.shape[1] * max(sizes) + turn
    biases = np.arange(-reach, reach + 1, dtype=np.int16)
    which = np.repeat(np.arange(len(vectors)), len(biases))
    bias = np.tile(biases, len(vectors))
    for row, sign in zip(rows, goal, strict=True):
        z = (vectors @ row)[which] + bias
        z *= np.int16(sign)
        right = (z > turn) | ((z < 0) & (z > -turn))
        which, bias = which[right], bias[right]
        if not len(which):
            return None
    which, bias = which[:LOOKED_AT], bias[:LOOKED_AT]
    z = vectors[which] @ rows.T.astype(np.int64) + bias[:, None] if len(rows) else bias[:, None]
    margin = np.minimum(np.abs(z), np.abs(np.abs(z) - turn)).min(1)
    plain = np.abs(vectors[which]).sum(1) + 0.5 * np.abs(bias)
    best = np.lexsort((plain, -np.minimum(margin, turn // 2 or 1)))[0]
    return vectors[which[best]] * grid, float(bias[best]) * grid


def possible(table: np.ndarray) -> bool:
    """May a neuron of at most `READS` inputs say this table of -1, 0 (free), 1?"""
    full = np.tile(table, ROWS // len(table))
    said, free = (full > 0) @ PLACES, (full == 0) @ PLACES
    return bool(((functions()[0] | free) == (said | free)).any())


def learned(seen: np.ndarray, want: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Weights and then a bias that are right, by gradient descent from many places, some of the first to get there.

    seen -1/+1 [row, input], or a place's own each [place, row, input]; with the number of the place.
    """
    count = len(seen) if seen.ndim == 3 else TRIES
    goal = want.astype(np.float32)
    at = _Descent(_with_bias(seen), count)
    for step in range(1, STEPS + 1):
        y, slope = at.answers()
        wrong = (y * goal <= SURE).sum(1)
        if not wrong.all():
            right = np.flatnonzero(wrong == 0).tolist()
            return [(int(at.place[i]), at.w[i].astype(np.float64)) for i in right]
        at.step(step, y, slope, goal)
        if step == SIFTED:
            at.keep(np.argsort(wrong, kind="stable")[: count // 4])
    return []


def learnable(seen: np.ndarray, want: np.ndarray) -> np.ndarray:
    """bool [task]: of which some neuron was learned that does it, `RESTARTS` tries each.

    seen -1/+1 [task, row, input], want -1/+1 [task, row].
    """
    at = _Descent(np.repeat(_with_bias(seen), RESTARTS, 0), RESTARTS * len(seen))
    goal = np.repeat(want.astype(np.float32), RESTARTS, 0)
    done = np.zeros(len(seen), bool)
    for step in range(1, STEPS + 1):
        y, slope = at.answers()
        done[at.place[(y * goal > SURE).all(1)] // RESTARTS] = True
        at.step(step, y, slope, goal)
        if step % SIFTED == 0:
            open_ = np.flatnonzero(~done[at.place // RESTARTS])
            at.keep(open_)
            goal = goal[open_]
    return done


def _with_bias(seen: np.ndarray) -> np.ndarray:
    return np.concatenate([seen, np.ones((*seen.shape[:-1], 1))], -1).astype(np.float32)


class _Descent:
    """Weights w [place, input] under way by Adam; place: the numbers of those that are left."""

    def __init__(self, rows: np.ndarray, count: int):
        self.rows, self.place = rows, np.arange(count)
        drawn = np.random.default_rng(0).standard_normal((count, rows.shape[-1]))
        self.w = drawn.astype(np.float32)
        self.mean, self.square = np.zeros_like(self.w), np.zeros_like(self.w)

    def answers(self) -> tuple[np.ndarray, np.ndarray]:
        """Activations [place, row] and their slopes."""
        return ameo_and_slope((self.rows @ self.w[:, :, None])[:, :, 0], 0.5, 0.1)

    def step(self, number: int, y: np.ndarray, slope: np.ndarray, goal: np.ndarray) -> None:
        pull = np.where(y * goal < 0.6, y - goal, 0) * slope
        slopes = (pull[:, None] @ self.rows)[:, 0]
        self.mean += 0.1 * (slopes - self.mean)
        self.square += 0.01 * (slopes * slopes - self.square)
        rooted = np.sqrt(self.square / (1 - 0.99**number)) + 1e-7
        self.w -= RATE * self.mean / (1 - 0.9**number) / rooted

    def keep(self, some: np.ndarray) -> None:
        if self.rows.ndim == 3:
            self.rows = self.rows[some]
        self.place, self.w = self.place[some], self.w[some]
        self.mean, self.square = self.mean[some], self.square[some]


def rounded(
    seen: np.ndarray, want: np.ndarray, weights: np.ndarray, bias: float
) -> tuple[np.ndarray, float]:
    """The same neuron with its margin grown, on the coarsest grid that keeps it right with half that margin."""
    cared = want != 0
    rows = np.unique(np.concatenate([seen, want[:, None]], 1)[cared], axis=0)
    goal, rows = rows[:, -1], np.concatenate([rows[:, :-1], np.ones((len(rows), 1))], 1)
    v = np.append(weights, bias)

    def margins(v: np.ndarray) -> np.ndarray:
        z = rows @ v.T
        return (clearance(z) * (zigzag(z) * goal[:, None])).min(0, initial=1.0)

    def margin(v: np.ndarray) -> float:
        return float(margins(v[None])[0])

    best, moves = margin(v), np.array(list(_moves(len(v))))
    assert best > 0, best
    step = 0.25
    while step > 1e-3:
        every = v + step * moves
        reached = margins(every)
        if reached.max() > best + 1e-9:
            v, best = every[reached.argmax()], float(reached.max())
        else:
            step /= 2
    for log2 in range(FINEST):
        coarse = np.rint(v * 2**log2) / 2**log2
        if margin(coarse) > best / 2:
            return coarse[:-1], float(coarse[-1])
    fine = np.rint(v * 2**FINEST) / 2**FINEST
    assert margin(fine) > 0, margin(fine)
    return fine[:-1], float(fine[-1])


def _moves(count: int) -> Iterator[np.ndarray]:
    """Unit steps along one or two axes."""
    for i, j in itertools.combinations_with_replacement(range(count), 2):
        for s, t in itertools.product((1, -1), repeat=2):
            move = np.zeros(count)
            move[i] += s
            move[j] += t
            yield move


def vote(gates: np.ndarray, want: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Small integer head weights, none of them 0, and a bias, with which the linear head's sign is `want`."""
    cared = want != 0
    rows, first = np.unique(gates[cared], axis=0, return_index=True)
    goal = want[cared][first]
    count = gates.shape[1]
    if count > 4:
        return None
    tries = [
        (np.array(w, float), float(b))
        for w in itertools.product((1, -1, 2, -2), repeat=count)
        for b in range(-2 * count - 1, 2 * count + 2)
    ]

    def worth(at: tuple[np.ndarray, float]) -> tuple[float, float]:
        margin = ((rows @ at[0] + at[1]) * goal).min() if len(rows) else 1.0
        return min(margin, 1.0), -np.abs(at[0]).sum() - abs(at[1])

    best = max(tries, key=worth)
    return best if worth(best)[0] > 0 else None
