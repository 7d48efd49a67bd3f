"""Which codes to give the states so that every bit and wire is made of few zigzag neurons, without any training."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from bonsaic.grow.shrink.decompose import Part, one, several
from bonsaic.grow.shrink.rows import Rows
from bonsaic.grow.shrink.search import cost
from bonsaic.grow.shrink.sketch import Sketch, holds, trim

READING_A_BIT = 1.5  # a bit may turn out to be one neuron or two
ALL_CODINGS = 4  # up to this many states every coding is tried


def construct(
    rows: Rows, tries: int, rng: np.random.Generator, *, over: Callable[[], bool]
) -> list[Sketch]:
    """Right sketches, the cheapest first, from at most `tries` codings; `over` ends the tries early."""
    found: list[Sketch] = []
    climb = _Climb(rows, rng)
    for _, codes in zip(range(tries), climb.codings(), strict=False):
        if over():
            break
        parts = _decomposed(rows, codes, over)
        climb.hear(sum(_price(p) for p, _ in parts))
        if all(p is not None for p, _ in parts):
            found.append(_sketch(rows, codes, parts))
    return sorted(found, key=cost)


Signal = tuple[list[Part] | None, int]  # the neurons, and +1 or -1: do they vote for or against


class _Climb:
    """Codings to try: all of them for few states, else their numbers and steps from the best so far."""

    def __init__(self, rows: Rows, rng: np.random.Generator):
        self.states, self.rng = rows.states, rng
        self.bits = math.ceil(math.log2(rows.states)) if rows.states > 1 else 0
        self.best, self.least = np.arange(rows.states), math.inf
        self.tried = self.best

    def codings(self) -> Iterator[np.ndarray]:
        if self.states <= ALL_CODINGS:
            for others in itertools.permutations(range(1, 1 << self.bits), self.states - 1):
                if next((code for code in others if code in (1, 2)), 1) == 1:  # else a mirror image
                    yield np.array([0, *others])
            return
        while True:
            yield self.tried
            self.tried = self.best.copy()
            state, other = self.rng.choice(self.states, 2, replace=False)
            unused = np.setdiff1d(np.arange(1 << self.bits), self.best)
            if len(unused) and self.rng.random() < 0.5:
                self.tried[state] = self.rng.choice(unused)
            else:
                self.tried[[state, other]] = self.tried[[other, state]]

    def hear(self, price: float) -> None:
        """How good the last coding was."""
        if price <= self.least:
            self.best, self.least = self.tried, price


def _decomposed(rows: Rows, codes: np.ndarray, over: Callable[[], bool]) -> list[Signal]:
    bits = max(int(codes.max()).bit_length(), 0)
    digits = codes[:, None] >> np.arange(bits) & 1
    seen = np.concatenate([(rows.x > 0).astype(np.int64), digits[rows.here]], 1)
    price = np.concatenate([np.ones(rows.inputs), np.full(bits, READING_A_BIT)])
    signals: list[Signal] = []
    goals = [digits[rows.there, bit] * 2 - 1 for bit in range(bits)]
    goals += list(rows.want.T)
    for number, goal in enumerate(goals):
        make = one if number < bits else several
        if number == bits and any(parts is None for parts, _ in signals):
            signals += [(None, 1)] * rows.wires
            break
        both = [(make(seen, goal * sign, price, over), sign) for sign in (1, -1)]
        signals.append(min(both, key=lambda s: _price(s[0])))
    return signals


def _price(parts: list[Part] | None) -> float:
    return 40.0 if parts is None else sum(p.price for p in parts)


def _sketch(rows: Rows, codes: np.ndarray, signals: list[Signal]) -> Sketch:
    bits = len(signals) - rows.wires
    binary = codes[:, None] >> np.arange(bits) & 1
    seen = np.concatenate([(rows.x > 0).astype(np.int64), binary[rows.here]], 1)
    digits = binary * 2.0 - 1
    flip = np.array([sign for _, sign in signals[:bits]], float)
    kernel, bias, owner, vote = [], [], [], []
    offset = np.zeros(rows.wires)
    for number, (parts, sign) in enumerate(signals):
        assert parts is not None
        for part in parts:
            row = np.zeros(rows.inputs + bits)
            row[list(part.columns)], at_rest = part.gate(seen)
            row[rows.inputs :] *= flip
            kernel.append(row)
            bias.append(at_rest)
            owner.append(number)
            vote.append(1.0 if number < bits else float(sign))
        if number >= bits:
            offset[number - bits] = sign * (len(parts) - 1)
    net = Sketch(
        digits * flip,
        np.array(kernel),
        np.array(bias),
        np.array(owner),
        np.array(vote),
        offset,
    )
    assert holds(net, rows)
    return trim(net, rows)
