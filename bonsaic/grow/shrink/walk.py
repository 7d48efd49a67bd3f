"""How a table machine and a hard network walk side by side, for every legal word."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bonsaic.grow.activation import ameo
from bonsaic.grow.logic.gates import clearance, zigzag
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.network import Network

PAIRS = 200_000  # a walk that meets more pairs than this is given up
FEW = 30  # bits of which rows that are equal are looked for
BLOCK = 2048  # rows of what is walked at once: what fits into the cache
LOOKED_UP = 12  # columns that are multiplied as fast as one is looked up

_Sum = Callable[[np.ndarray], np.ndarray]


def agree(mealy: Mealy, network: Network) -> float | None:
    """How near a reachable (state, code) pair comes to a decision; None where an output is wrong or these are too many.

    Exact for weights on a grid of 2^-12 or coarser, which float64 adds without rounding.
    """
    walked = _walk(mealy, network)
    return None if walked is None else walked[2]


def machine_of(network: Network, mealy: Mealy) -> tuple[Mealy, float]:
    """A right network's own machine, minimised: what it answers on the words that `mealy` calls legal; and its margin.

    An output that is free in `mealy` is free here.
    """
    walked = _walk(mealy, network, keep_wrong=True)
    assert walked is not None, "a network with more codes than a walk can hold"
    (own, _), wrong, margin = walked
    assert not wrong, "only a network that is right has a machine of its own"
    return own.minimised(), margin


def raw_machine_of(network: Network, mealy: Mealy) -> tuple[Mealy, np.ndarray] | None:
    """The network's own machine, a state per reachable (state of `mealy`, code) pair, and the codes."""
    walked = _walk(mealy, network, keep_wrong=True)
    return None if walked is None else walked[0]


def _walk(
    mealy: Mealy, network: Network, keep_wrong: bool = False
) -> tuple[tuple[Mealy, np.ndarray], bool, float] | None:
    assert network.hard_states
    letters = mealy.letters.astype(np.float64) * 2 - 1
    sums = [
        (_sum(c.recurrent_kernel, c.recurrent_bias), _sum(c.output_kernel, c.output_bias))
        for c in network.cells
    ]
    start = np.concatenate([np.where(c.initial_state > 0, 1.0, -1.0) for c in network.cells])
    number = {_keys(np.zeros(1, np.int64), start[None])[0]: 0}
    states, found = np.zeros(1, np.int64), start[None]
    pairs = max(1, BLOCK // len(letters))
    nexts, answers, codes, wrong, margin = [], [], [], False, np.inf
    while len(states):
        further = []
        for at in range(0, len(states), pairs):
            here, code = states[at : at + pairs], found[at : at + pairs]
            pair, letter = np.nonzero(mealy.legal[here])
            after, y, clear = _tick(network, sums, letters, letter, code[pair])
            want = mealy.outs[here[pair], letter]
            wrong |= bool(((want != FREE) & (want != (y > 0))).any())
            if wrong and not keep_wrong:
                return None
            margin = min(margin, clear)
            if (want != FREE).any():
                margin = min(margin, float(np.abs(y[want != FREE]).min()))
            there = mealy.next[here[pair], letter].astype(np.int64)
            fresh, ids = [], np.empty(len(there), np.int32)
            for i, key in enumerate(_keys(there, after)):
                if key not in number:
                    number[key] = len(number)
                    fresh.append(i)
                ids[i] = number[key]
            if len(number) > PAIRS:
                return None
            table = np.full((len(here), len(letters)), ILLEGAL, np.int32)
            table[pair, letter] = ids
            outs = np.full((len(here), len(letters), len(mealy.outputs)), FREE, np.int8)
            outs[pair, letter] = np.where(want == FREE, FREE, y > 0)
            nexts.append(table)
            answers.append(outs)
            codes.append(code)
            further.append((there[fresh], after[fresh]))
        states, found = (np.concatenate(side) for side in zip(*further, strict=True))
    own = Mealy(
        mealy.name,
        mealy.inputs,
        mealy.outputs,
        mealy.letters,
        np.concatenate(nexts),
        np.concatenate(answers),
    )
    return (own, np.concatenate(codes)), wrong, float(margin)


def _keys(here: np.ndarray, code: np.ndarray) -> list[bytes]:
    packed = np.packbits(code > 0, axis=1)
    both = np.concatenate(
        [here.astype(np.int32)[:, None].view(np.uint8).reshape(len(here), 4), packed], 1
    )
    return [row.tobytes() for row in both]


def _tick(
    network: Network,
    sums: Sequence[tuple[_Sum, _Sum]],
    x: np.ndarray,
    which: np.ndarray,
    code: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, float]:
    """The codes after a tick, the head's values, and the smallest clearance of a hard neuron; which [row]: of `x`.

    A cell that reads the same on many rows is asked once.
    """
    after, at, clear = [], 0, np.inf
    for cell, (recurrent, output) in zip(network.cells, sums, strict=True):
        own, at = code[:, at : at + cell.states], at + cell.states
        key = which
        if 0 < cell.states <= FEW:
            key = which << cell.states | (own > 0) @ (1 << np.arange(cell.states))
        elif cell.states:
            key = np.arange(len(which))
        _, first, back = np.unique(key, return_index=True, return_inverse=True)
        c = np.concatenate([x[which[first]], own[first]], 1)
        which = back.reshape(-1)
        z, out = recurrent(c), output(c)
        clear = min(clear, clearance(z).min(initial=np.inf))
        if network.hard_outputs:
            clear = min(clear, clearance(out).min(initial=np.inf))
        after.append(zigzag(z)[which])
        x = zigzag(out) if network.hard_outputs else ameo(out, network.f, network.leak)
    head = x @ network.head_kernel.astype(np.float64) + network.head_bias
    return np.concatenate(after, 1), head[which], float(clear)


def _sum(kernel: np.ndarray, bias: np.ndarray) -> _Sum:
    """What neurons make of c [row, column]: few columns are looked up, many are multiplied."""
    weights = kernel.astype(np.float64)
    fan = int((weights != 0).sum(0).max(initial=0))
    if fan * LOOKED_UP > len(weights):
        return lambda c: c @ weights + bias
    columns = np.argsort(weights == 0, axis=0, kind="stable")[:fan]
    of = np.take_along_axis(weights, columns, 0)

    def looked_up(c: np.ndarray) -> np.ndarray:
        side_by_side = np.ascontiguousarray(c.T)
        total = np.repeat(bias[:, None].astype(np.float64), len(c), 1)
        for column, weight in zip(columns, of, strict=True):
            total += side_by_side[column] * weight[:, None]
        return total.T

    return looked_up
