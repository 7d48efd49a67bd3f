"""The last touches on a small network: exact smallest supports, readable weights, one sign convention."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bonsaic.grow.logic.gates import READS, readable, rounded, vote
from bonsaic.grow.shrink.coded import Coded, Layer, holds, seen, targets, trim
from bonsaic.grow.shrink.rows import Rows

SUPPORTS = 3000  # sets of inputs tried for one neuron


def finish(net: Coded, rows: Rows, *, over: Callable[[], bool] = lambda: False) -> Coded:
    """Fewest inputs for every neuron with these codes, then weights on the coarsest grids that keep every row right.

    Once `over`, neurons stay as they are and weights that are not needed may be left.
    """
    assert holds(net, rows)
    net = _each(trim(net, rows, over), rows, _smallest, over)
    net = _each(_readable_head(trim(net, rows, over), rows), rows, _round, over)
    assert holds(net, rows)
    return net


Neuron = tuple[np.ndarray, float]  # a weight per column, and a bias


def _each(
    net: Coded,
    rows: Rows,
    change: Callable[[np.ndarray, np.ndarray, Neuron, Callable[[], bool]], Neuron],
    over: Callable[[], bool],
) -> Coded:
    """Every neuron changed, given what it reads and what it must say."""
    layers = []
    for layer, s, want in zip(net.layers, seen(net, rows), targets(net, rows), strict=True):
        kernel, bias = layer.kernel.copy(), layer.bias.copy()
        for n in range(len(bias)):
            if not over():
                kernel[n], bias[n] = change(s.reads, want[:, n], (kernel[n], bias[n]), over)
        layers.append(Layer(layer.codes, kernel, bias))
    return replace(net, layers=tuple(layers))


def _round(reads: np.ndarray, want: np.ndarray, neuron: Neuron, over: Callable[[], bool]) -> Neuron:
    """Wide neurons that have integers already keep them."""
    weights, bias = neuron[0].copy(), neuron[1]
    used = weights != 0
    whole = bool((np.rint(weights) == weights).all()) and bias % 1 == 0
    narrow = used.sum() <= READS
    if whole and not narrow:
        return neuron
    gate = readable(reads[:, used], want) if narrow else None
    gate = gate or rounded(reads[:, used], want, weights[used], bias)
    weights[used] = gate[0]
    return weights, gate[1]


def _smallest(
    reads: np.ndarray, want: np.ndarray, neuron: Neuron, over: Callable[[], bool]
) -> Neuron:
    """As few inputs as any coarse gate with these targets could read, whichever they are."""
    cared = want != 0
    patterns, goal = (reads[cared] > 0).astype(np.int64), want[cared]
    for support in _supports(patterns.shape[1], int(np.count_nonzero(neuron[0]))):
        if over():
            break
        key = patterns[:, support] @ (1 << np.arange(len(support)))
        fires = np.zeros(1 << len(support), bool)
        fires[key[goal > 0]] = True
        if fires[key[goal < 0]].any():
            continue  # two rows look alike but want different answers
        gate = readable(reads[:, support], want)
        if gate is not None:
            weights = np.zeros(reads.shape[1])
            weights[support] = gate[0]
            return weights, gate[1]
    return neuron


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
    last = net.layers[-1]
    gates = seen(net, rows)[-1].says[:, last.bits :]
    head, head_bias = net.head.copy(), net.head_bias.copy()
    kernel, bias = last.kernel.copy(), last.bias.copy()
    for wire in range(len(head)):
        used = head[wire] != 0
        found = vote(gates[:, used], rows.want[:, wire])
        if found is not None:
            head[wire, used], head_bias[wire] = found
    for gate in range(head.shape[1]):
        if (head[:, gate] <= 0).all():
            head[:, gate] *= -1
            kernel[last.bits + gate] *= -1
            bias[last.bits + gate] *= -1
    layers = (*net.layers[:-1], Layer(last.codes, kernel, bias))
    return replace(net, layers=layers, head=head, head_bias=head_bias)
