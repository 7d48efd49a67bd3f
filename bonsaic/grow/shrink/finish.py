"""The last touches on a small network: exact smallest supports, readable weights, one sign convention."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bonsaic.grow.shrink.coded import Coded, holds, reads, targets, trim
from bonsaic.grow.shrink.gates import GRIDS, readable, rounded, vote
from bonsaic.grow.shrink.rows import Rows
from bonsaic.grow.shrink.walk import zigzag

SUPPORTS = 3000  # sets of inputs tried for one neuron


def finish(net: Coded, rows: Rows, *, over: Callable[[], bool] = lambda: False) -> Coded:
    """Fewest inputs for every neuron with these codes, then weights on the coarsest grids that keep every row right.

    Once `over`, neurons stay as they are.
    """
    assert holds(net, rows)
    net = _readable_head(trim(_smallest(net, rows, over), rows), rows)
    seen, want = reads(net, rows), targets(net, rows)
    kernel, bias = net.kernel.copy(), net.bias.copy()
    for n in range(len(bias)):
        used = kernel[n] != 0
        if over() or _is_round(kernel[n], bias[n], int(used.sum())):
            continue
        gate = readable(seen[:, used], want[:, n])
        if gate is None:
            gate = rounded(seen[:, used], want[:, n], kernel[n, used], bias[n])
        kernel[n, used], bias[n] = gate
    done = replace(net, kernel=kernel, bias=bias)
    assert holds(done, rows)
    return done


def _is_round(weights: np.ndarray, bias: float, inputs: int) -> bool:
    """Wide neurons that have integers already keep them."""
    return inputs > max(GRIDS) and bool((np.rint(weights) == weights).all()) and bias % 1 == 0


def _smallest(net: Coded, rows: Rows, over: Callable[[], bool]) -> Coded:
    """Each neuron reads as few inputs as any coarse gate with its targets could, whichever they are."""
    seen, want = reads(net, rows), targets(net, rows)
    kernel, bias = net.kernel.copy(), net.bias.copy()
    for n in range(len(bias)):
        cared = want[:, n] != 0
        patterns, goal = (seen[cared] > 0).astype(np.int64), want[cared, n]
        for support in _supports(patterns.shape[1], int(np.count_nonzero(kernel[n]))):
            if over():
                return replace(net, kernel=kernel, bias=bias)
            key = patterns[:, support] @ (1 << np.arange(len(support)))
            tops = np.full(1 << len(support), -2.0)
            lows = np.full(1 << len(support), 2.0)
            np.maximum.at(tops, key, goal)
            np.minimum.at(lows, key, goal)
            if (tops > lows).any():
                continue  # two rows look alike but want different answers
            gate = readable(seen[:, support], want[:, n])
            if gate is not None:
                kernel[n] = 0
                kernel[n, support], bias[n] = gate
                break
    return replace(net, kernel=kernel, bias=bias)


def _supports(columns: int, below: int) -> list[list[int]]:
    """Sets of fewer than `below` columns, the smallest first."""
    sets = (
        list(s)
        for size in range(min(below, 6))
        for s in itertools.combinations(range(columns), size)
    )
    return list(itertools.islice(sets, SUPPORTS))


def _readable_head(net: Coded, rows: Rows) -> Coded:
    """Small integers in the head; a wire that reads one gate alone reads it as it is."""
    gates = zigzag(reads(net, rows) @ net.kernel.T + net.bias)[:, net.bits :]
    head, head_bias = net.head.copy(), net.head_bias.copy()
    kernel, bias = net.kernel.copy(), net.bias.copy()
    for wire in range(len(head)):
        used = head[wire] != 0
        found = vote(gates[:, used], rows.want[:, wire])
        if found is not None:
            head[wire, used], head_bias[wire] = found
    for gate in range(head.shape[1]):
        if (head[:, gate] <= 0).all():
            head[:, gate] *= -1
            kernel[net.bits + gate] *= -1
            bias[net.bits + gate] *= -1
    return replace(net, kernel=kernel, bias=bias, head=head, head_bias=head_bias)
