"""A sketch that always exists: bits and wires as sums of and-gates, perhaps with a parity inside."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bonsaic.grow.shrink.rows import Rows
from bonsaic.grow.shrink.search import cost
from bonsaic.grow.shrink.sketch import Sketch, holds, trim

PUSH = {0: 1.0, 2: 2.0, 3: 3.0}  # a false literal's weight, by the size of the parity beside it
REST = {0: -1.0, 2: -1.0, 3: 0.0}  # the bias when all literals are true


@dataclass(frozen=True, eq=False)
class _Factors:
    """What an and-gate may ask of a row: literals, and parities of two or three columns.

    seen: -1/+1 [row, column].
    """

    seen: np.ndarray

    @cached_property
    def signs(self) -> list[tuple[tuple[int, float], ...]]:
        """Of each factor, its columns with their signs: their product (of signs times columns) is 1, -1 or 1
        for a literal, a parity of two, a parity of three."""
        columns = range(self.seen.shape[1])
        sizes = [
            s
            for n in (1, 2, 3)
            if n == 1 or n <= len(columns)
            for s in itertools.combinations(columns, n)
        ]
        return [((s[0], sign), *((c, 1.0) for c in s[1:])) for s in sizes for sign in (1.0, -1.0)]

    @cached_property
    def true(self) -> np.ndarray:
        """bool [factor, row]"""
        products = []
        for factor in self.signs:
            product = np.prod([self.seen[:, c] * sign for c, sign in factor], axis=0)
            products.append(product < 0 if len(factor) == 2 else product > 0)
        return np.array(products)


@dataclass(frozen=True, eq=False)
class _Gate:
    weights: np.ndarray
    bias: float
    rows: np.ndarray  # bool [row]: where it fires


def covers(
    rows: Rows, tries: int, rng: np.random.Generator, *, over: Callable[[], bool]
) -> list[Sketch]:
    """Right sketches, the cheapest first: one at least, then from codings that differ a little from the best."""
    bits = max(rows.states - 1, 0).bit_length()
    codes = np.arange(rows.states)
    best, found = codes, [_sketch(rows, codes, bits)]
    least = cost(found[0])
    for _ in range(tries if rows.states > 1 else 0):
        if over():
            break
        codes = best.copy()
        state = rng.integers(rows.states)
        taken = np.flatnonzero(codes == (code := rng.integers(1 << bits)))
        codes[taken] = codes[state]
        codes[state] = code
        net = _sketch(rows, codes, bits)
        if cost(net) <= least:
            best, least = codes, cost(net)
            found.append(net)
    return sorted(found, key=cost)


def _sketch(rows: Rows, codes: np.ndarray, bits: int) -> Sketch:
    digits = (codes[:, None] >> np.arange(bits) & 1) * 2.0 - 1
    factors = _Factors(np.concatenate([rows.x, digits[rows.here]], 1))
    goals = np.concatenate([digits[rows.there], rows.want], 1)
    gates, owner, vote, flip = [], [], [], np.ones(bits)
    offset = np.zeros(rows.wires)
    for signal, goal in enumerate(goals.T):
        both = [(_cover(factors, goal * sign, signal < bits), sign) for sign in (1.0, -1.0)]
        own, sign = min(both, key=lambda b: len(b[0]))
        gates += own
        owner += [signal] * len(own)
        vote += [1.0 if signal < bits else sign] * len(own)
        if signal < bits:
            flip[signal] = sign
        else:
            offset[signal - bits] = sign * (len(own) - 1)
    kernel = np.array([g.weights for g in gates])
    kernel[:, rows.inputs :] *= flip
    bias = np.array([g.bias for g in gates])
    net = Sketch(digits * flip, kernel, bias, np.array(owner), np.array(vote), offset)
    assert holds(net, rows)
    return trim(net, rows)


def _cover(factors: _Factors, goal: np.ndarray, exclusive: bool) -> list[_Gate]:
    """Gates that fire nowhere that the goal is -1 and, each row once where `exclusive`, wherever it is 1."""
    left, never = goal > 0, goal < 0
    gates: list[_Gate] = []
    while left.any():
        gates.append(_grown(factors, left, never))
        left = left & ~gates[-1].rows
        if exclusive:
            never = never | gates[-1].rows
    silent = _Gate(np.zeros(factors.seen.shape[1]), 1.0, np.zeros(len(goal), bool))
    return gates or [silent]


def _grown(factors: _Factors, left: np.ndarray, never: np.ndarray) -> _Gate:
    """Factor by factor, each the one that tells most between the rows left and the rows never to fire on."""
    inside = np.ones(len(left), bool)
    chosen: list[int] = []
    usable = np.ones(len(factors.signs), bool)
    size = np.array([len(s) for s in factors.signs])
    while (inside & never).any():
        good = factors.true @ (inside & left).astype(np.float64)
        bad = factors.true @ (inside & never).astype(np.float64)
        told = bad < (inside & never).sum()
        before = (inside & left).sum() / (inside & (left | never)).sum()
        purer = np.log(np.maximum(good, 0.5) / np.maximum(good + bad, 0.5) / before)
        worth = np.where(usable & told & (good > 0), good * purer - 0.01 * size, -np.inf)
        best = int(worth.argmax())
        assert np.isfinite(worth[best]), "two rows that look alike want different things"
        chosen.append(best)
        inside &= factors.true[best]
        if size[best] > 1:
            usable &= size == 1
    for factor in list(chosen):
        rest = [f for f in chosen if f != factor]
        if not (np.all(factors.true[rest], axis=0) & never).any():
            chosen = rest
    return _gate(factors, chosen)


def _gate(factors: _Factors, chosen: list[int]) -> _Gate:
    """A false literal takes the sum below the zigzag's first turn, whatever the parity inside says."""
    parity = next((factors.signs[f] for f in chosen if len(factors.signs[f]) > 1), ())
    push = PUSH[len(parity)]
    weights = np.zeros(factors.seen.shape[1])
    for column, sign in parity:
        weights[column] = sign
    bias = REST[len(parity)]
    for factor in chosen:
        if len(factors.signs[factor]) == 1:
            ((column, sign),) = factors.signs[factor]
            weights[column] += push * sign
            bias -= push
    return _Gate(weights, bias, np.all(factors.true[chosen], axis=0))
