"""How a table machine and a hard network walk side by side, for every legal word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.grow.activation import ameo
from bonsaic.grow.logic.gates import clearance, zigzag
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.network import Network

PAIRS = 200_000  # a walk that meets more pairs than this is given up


@dataclass(frozen=True)
class Agreement:
    """The walk met `pairs` (state, code) pairs and came no nearer than `margin` to any decision."""

    pairs: int
    margin: float


def agree(mealy: Mealy, network: Network) -> Agreement | None:
    """Walk every reachable pair; None where an output is wrong or the walk is too long.

    Exact for weights on a grid of 2^-12 or coarser, which float64 adds without rounding.
    """
    walked = _walk(mealy, network)
    if walked is None:
        return None
    _, wrong, pairs, margin = walked
    return None if wrong else Agreement(pairs, margin)


def machine_of(network: Network, mealy: Mealy) -> Mealy:
    """The network's own machine, minimised: what it answers on the words that `mealy` calls legal.

    An output that is free in `mealy` is free here.
    """
    own = raw_machine_of(network, mealy)
    assert own is not None, "a network with more codes than a walk can hold"
    return own[0].minimised()


def raw_machine_of(network: Network, mealy: Mealy) -> tuple[Mealy, np.ndarray] | None:
    """The network's own machine, a state per reachable (state of `mealy`, code) pair, and the codes."""
    walked = _walk(mealy, network, keep_wrong=True)
    return None if walked is None else walked[0]


def _walk(
    mealy: Mealy, network: Network, keep_wrong: bool = False
) -> tuple[tuple[Mealy, np.ndarray], bool, int, float] | None:
    assert network.hard_states
    letters = mealy.letters.astype(np.float64) * 2 - 1
    start = np.concatenate([np.where(c.initial_state > 0, 1.0, -1.0) for c in network.cells])
    number = {_keys(np.zeros(1, np.int64), start[None])[0]: 0}
    here, code = np.zeros(1, np.int64), start[None]
    nexts, answers, codes, wrong, margin = [], [], [], False, np.inf
    while len(here):
        pair, letter = np.nonzero(mealy.legal[here])
        after, y, clear = _tick(network, letters[letter], code[pair])
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
        here, code = there[fresh], after[fresh]
    own = Mealy(
        mealy.name,
        mealy.inputs,
        mealy.outputs,
        mealy.letters,
        np.concatenate(nexts),
        np.concatenate(answers),
    )
    return (own, np.concatenate(codes)), wrong, len(number), float(margin)


def _keys(here: np.ndarray, code: np.ndarray) -> list[bytes]:
    packed = np.packbits(code > 0, axis=1)
    both = np.concatenate(
        [here.astype(np.int32)[:, None].view(np.uint8).reshape(len(here), 4), packed], 1
    )
    return [row.tobytes() for row in both]


def _tick(
    network: Network, x: np.ndarray, code: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The codes after a tick, the head's values, and the smallest clearance of a hard neuron."""
    after, at, clear = [], 0, np.inf
    for cell in network.cells:
        c = np.concatenate([x, code[:, at : at + cell.states]], 1)
        at += cell.states
        z = c @ cell.recurrent_kernel.astype(np.float64) + cell.recurrent_bias
        out = c @ cell.output_kernel.astype(np.float64) + cell.output_bias
        if z.size:
            clear = min(clear, clearance(z).min())
        if network.hard_outputs and out.size:
            clear = min(clear, clearance(out).min())
        after.append(zigzag(z))
        x = zigzag(out) if network.hard_outputs else ameo(out, network.f, network.leak)
    head = x @ network.head_kernel.astype(np.float64) + network.head_bias
    return np.concatenate(after, 1), head, float(clear)
