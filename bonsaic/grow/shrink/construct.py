"""A single cell in which every bit is one neuron and every wire a few, for codes found without any training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bonsaic.grow.shrink.coded import Coded, Layer, holds, trim
from bonsaic.grow.shrink.codings import climbed
from bonsaic.grow.shrink.decompose import Part, one, several
from bonsaic.grow.shrink.gates import beyond
from bonsaic.grow.shrink.rows import Rows, rows_of
from bonsaic.ir.mealy import Mealy

READING_A_BIT = 1.5  # a bit may turn out to cost more than a wire
NOWHERE = 40.0  # what a signal is taken to cost that no few neurons make


def cost(net: Coded) -> float:
    """Edges, and what wide neurons cost beside."""
    (layer,) = net.layers
    return net.edges + beyond(np.count_nonzero(layer.kernel, axis=1)) + 0.01 * layer.bits


def construct(
    mealy: Mealy, tries: int, rng: np.random.Generator, *, over: Callable[[], bool]
) -> list[Coded]:
    """Right networks, the cheapest first, from at most `tries` codings; `over` ends the tries early."""
    rows = rows_of(mealy)

    def judge(codes: np.ndarray) -> tuple[float, Coded | None]:
        signals = _signals(rows, codes, over)
        price = sum(_price(parts) for parts, _ in signals)
        return price, None if any(parts is None for parts, _ in signals) else _net(
            rows, codes, signals
        )

    made = climbed(mealy.reachable(), judge, tries, rng, over)
    return sorted((net for _, net in made if net is not None), key=cost)


Signal = tuple[list[Part] | None, int]  # the neurons, and +1 or -1: do they vote for or against


def _signals(rows: Rows, codes: np.ndarray, over: Callable[[], bool]) -> list[Signal]:
    seen = _seen(rows, codes)
    bits = codes.shape[1]
    price = np.concatenate([np.ones(rows.inputs), np.full(bits, READING_A_BIT)])
    signals: list[Signal] = []
    for number, goal in enumerate([*codes[rows.there].T, *rows.want.T]):
        if number == bits and any(parts is None for parts, _ in signals):
            signals += [(None, 1)] * rows.wires
            break
        make = one if number < bits else several
        both = [(make(seen, goal * sign, price, over), sign) for sign in (1, -1)]
        signals.append(min(both, key=lambda s: _price(s[0])))
    return signals


def _seen(rows: Rows, codes: np.ndarray) -> np.ndarray:
    return np.concatenate([rows.x > 0, codes[rows.here] > 0], 1).astype(np.int64)


def _price(parts: list[Part] | None) -> float:
    return NOWHERE if parts is None else sum(p.price for p in parts)


def _net(rows: Rows, codes: np.ndarray, signals: list[Signal]) -> Coded:
    bits = codes.shape[1]
    seen = _seen(rows, codes)
    flip = np.array([sign for _, sign in signals[:bits]], float)
    kernel, bias, votes = [], [], []
    offset = np.zeros(rows.wires)
    for number, (parts, sign) in enumerate(signals):
        for part in parts or []:
            row = np.zeros(rows.inputs + bits)
            row[list(part.columns)], at_rest = part.gate(seen)
            row[rows.inputs :] *= flip
            kernel.append(row)
            bias.append(at_rest)
            if number >= bits:
                votes.append(sign * (np.arange(rows.wires) == number - bits))
        if number >= bits:
            offset[number - bits] = sign * (len(parts or []) - 1)
    head = np.array(votes, float).reshape(len(votes), rows.wires).T
    net = Coded((Layer(codes * flip, np.array(kernel), np.array(bias)),), head, offset)
    assert holds(net, rows)
    return trim(net, rows)
