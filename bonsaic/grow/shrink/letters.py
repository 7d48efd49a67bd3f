"""Which neurons make a signal, given codes of the states, where every letter may shift a neuron's bias as it likes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

STATES = 63  # a function of the state is a word of bits
TURNS = (2, 4)  # where the zigzag turns, in units of 1 and of 1/2
READ = {  # up to so many bits: the weights of neurons that read one of them, two, three ...
    4: ((1,), (1, 2, 3), (1, 2, 3, 4), (1, 2)),
    7: ((1,), (1, 2, 3), (1, 2)),
    STATES: ((1,), (1, 2)),
}
MOST = 12  # neurons of one signal
COMPARED = 12  # of the neurons that do alone, how often this many must shift is worked out
PAIRED = 150  # neurons, each good for other letters, that are looked at in pairs
SHIFTING = 2.0  # what another bias costs, in inputs


@dataclass(frozen=True, eq=False)
class View:
    """A machine whose state is a state and what is on the `free` input wires; its letters are the rest of the letter.

    codes -1/+1 [seen state, bit, then free wire]; letters 0/1 [bound letter, bound wire]; bound: which wires these are.
    """

    free: tuple[int, ...]
    bound: tuple[int, ...]
    codes: np.ndarray
    letters: np.ndarray
    _state: np.ndarray  # of each letter, the free wires' part and the bound letter
    _letter: np.ndarray

    def of(self, goal: np.ndarray) -> np.ndarray:
        """A goal [state, letter] as [seen state, bound letter], 0 where no letter is like that."""
        patterns = 1 << len(self.free)
        seen = np.zeros((len(goal), patterns, len(self.letters)), goal.dtype)
        seen[:, self._state, self._letter] = goal
        return seen.reshape(-1, len(self.letters))


def view(codes: np.ndarray, letters: np.ndarray, free: tuple[int, ...] = ()) -> View:
    """How codes -1/+1 [state, bit] and letters 0/1 [letter, wire] look with these wires free."""
    bound = tuple(w for w in range(letters.shape[1]) if w not in free)
    rest, which = np.unique(letters[:, bound], axis=0, return_inverse=True)
    patterns = np.arange(1 << len(free))[:, None] >> np.arange(len(free)) & 1
    place = letters[:, free].astype(np.int64) @ (1 << np.arange(len(free)))
    both = [np.repeat(codes, len(patterns), 0), np.tile(patterns * 2.0 - 1, (len(codes), 1))]
    return View(free, bound, np.concatenate(both, 1), rest, place, which.reshape(-1))


@dataclass(frozen=True, eq=False)
class Shifted:
    """A neuron of a view: weights [bit, then free wire], where the zigzag turns in their units, and its biases.

    allowed bool [letter, bias]: the biases, whole numbers from `first`, that are right under each letter.
    """

    view: View
    weights: np.ndarray
    turn: int
    first: int
    allowed: np.ndarray

    @property
    def biases(self) -> int:
        """How many it takes, about."""
        left, count = self.allowed, 0
        while len(left):
            left = left[~left[:, left.sum(0).argmax()]]
            count += 1
        return count


@dataclass(frozen=True, eq=False)
class Bank:
    """Neurons that read few bits of a view's codes, and the functions of its state that their biases make.

    weights [neuron, bit] and turn [neuron]; mask uint64 [function], a bit per state, those of a neuron together;
    first [neuron], where they begin.
    """

    view: View
    weights: np.ndarray
    turn: np.ndarray
    mask: np.ndarray
    first: np.ndarray


@lru_cache(maxsize=8)
def _weights(bits: int) -> np.ndarray:
    """[neuron, bit], few inputs first."""
    rows = [np.zeros(bits, np.int16)]
    every = next(sizes for most, sizes in READ.items() if bits <= most)
    for reads, size in enumerate(every, 1):
        for at in itertools.combinations(range(bits), reads):
            for sizes in itertools.product(size, repeat=reads):
                for signs in itertools.product((1, -1), repeat=reads):
                    rows.append(np.zeros(bits, np.int16))
                    rows[-1][list(at)] = np.multiply(sizes, signs)
    return np.array(rows)


def bank(view: View) -> Bank:
    """Every neuron worth trying for these codes."""
    codes = view.codes
    base = _weights(codes.shape[1])
    powers = np.uint64(1) << np.arange(len(codes), dtype=np.uint64)
    neuron, mask = [], []
    for number, turn in enumerate(TURNS):
        reach = int(np.abs(base).sum(1).max()) + turn
        fires, clear = _fires(codes, base, turn, np.arange(-reach, reach + 1, dtype=np.int16))
        at, _ = np.nonzero(clear)
        neuron.append(at + number * len(base))
        mask.append(np.tensordot(powers, fires.astype(np.uint64), 1)[clear])
    which, function = np.concatenate(neuron), np.concatenate(mask)
    order = np.lexsort((function, which))
    fresh = np.ones(len(order), bool)  # of biases that do the same, one is enough
    fresh[1:] = (np.diff(which[order]) != 0) | (np.diff(function[order]) != 0)
    order = order[fresh]
    present, first = np.unique(which[order], return_index=True)
    return Bank(
        view,
        base[present % len(base)],
        np.array(TURNS)[present // len(base)],
        function[order],
        first,
    )


def _fires(
    codes: np.ndarray, weights: np.ndarray, turn: int, biases: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """bool [state, neuron, bias], and whether no state comes close to a turn [neuron, bias]."""
    z = (codes.astype(np.int16) @ weights.T)[:, :, None] + biases
    size = np.abs(z)
    return (z > turn) | ((z < 0) & (size < turn)), ((z != 0) & (size != turn)).all(0)


def neurons(known: Bank, goal: np.ndarray, price: np.ndarray) -> list[Shifted] | None:
    """A few cheap neurons of which, under every letter, one at most fires: where the goal is 1, never where it is -1.

    goal -1, 0 (free), 1 [state, letter]; price [bit], of reading it. None where none are found.
    """
    goal = known.view.of(goal)
    powers = np.uint64(1) << np.arange(len(goal), dtype=np.uint64)
    want, care = ((powers @ part.astype(np.uint64)) for part in (goal > 0, goal != 0))
    pairs, of_letter = np.unique(np.stack([want, care], 1), axis=0, return_inverse=True)
    of_letter = of_letter.reshape(-1)
    fits = ((known.mask[:, None] ^ pairs[:, 0]) & pairs[:, 1]) == 0
    able = np.logical_or.reduceat(fits, known.first, axis=0)
    cost = (known.weights != 0) @ np.append(price, np.ones(len(known.view.free)))
    alone = np.flatnonzero(able.all(1))
    if len(alone):
        few = alone[np.argsort(cost[alone], kind="stable")[:COMPARED]]
        ways = [_shifted(known, n, goal, np.ones(goal.shape[1], bool)) for n in few.tolist()]
        worth = [cost[n] + SHIFTING * w.biases for n, w in zip(few, ways, strict=True)]
        return [ways[int(np.argmin(worth))]]
    left = pairs[:, 0] != 0
    chosen = []
    for n in _together(able[:, left], cost) or []:
        chosen.append(_shifted(known, n, goal, (able[n] & left)[of_letter]))
        left = left & ~able[n]
    return chosen or None


def _together(able: np.ndarray, cost: np.ndarray) -> list[int] | None:
    """The cheapest two neurons that can be every function between them, else a few found greedily."""
    order = np.argsort(cost, kind="stable")
    _, at = np.unique(able[order], axis=0, return_index=True)
    few = order[at]
    few = few[np.lexsort((cost[few], -able[few].sum(1)))[:PAIRED]]
    lacks = (~able[few]).astype(np.float32)
    both = np.where(lacks @ lacks.T == 0, cost[few][:, None] + cost[few], np.inf)
    if np.isfinite(both).any():
        return few[list(np.unravel_index(both.argmin(), both.shape))].tolist()
    chosen: list[int] = []
    left = np.ones(able.shape[1], bool)
    while left.any() and len(chosen) < MOST:
        gain = (able & left).sum(1) / (cost + SHIFTING)
        chosen.append(int(gain.argmax()))
        left &= ~able[chosen[-1]]
    return None if left.any() else chosen


def _shifted(known: Bank, n: int, goal: np.ndarray, mine: np.ndarray) -> Shifted:
    """Neuron n where it is to be the goal under the letters that are `mine`, and silent under the others."""
    weights, turn = known.weights[n], int(known.turn[n])
    reach = int(np.abs(weights).sum()) + turn + 1
    fires, clear = _fires(known.view.codes, weights[None], turn, np.arange(-reach, reach + 1))
    is_ = np.where(fires[:, 0], 1, -1).astype(np.int16)
    wanted = np.where(mine, goal, -1).astype(np.int16)
    misses = (np.abs(wanted).sum(0)[:, None] - wanted.T @ is_) > 0
    return Shifted(known.view, weights, turn, -reach, ~misses & clear[0])
