"""Repair: an almost right network is retaught its own transition table, its codes sorted by the machine's states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.activation import ameo, sign
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import Walk, walk
from bonsaic.grow.refit import refit_neurons, refit_outputs
from bonsaic.grow.table import Table
from bonsaic.grow.words import Sampler

WORDS, TICKS = 20, 32  # run anew in every round; many small rounds work, few big ones do not
NEURON_STEPS, OUTPUT_STEPS = 30, 60
EFFORT = 40_000  # rows taught in all rounds together
SETTLE_WORDS, SETTLE_TICKS = 64, 24
SETTLE_STEPS, SETTLE_CHECK = 240, 20
SETTLE_ROWS = 400  # bigger tables take too long
TOO_FEW = 12  # pairs in all, below which a pair met once counts too


@dataclass(frozen=True)
class Pairs:
    """Pairs of a machine state and a code that the network was seen in. good: fit to be taught."""

    state: np.ndarray
    code: np.ndarray
    count: np.ndarray
    good: np.ndarray


def repair(
    shape: Architecture,
    flat: np.ndarray,
    machine: Sampler,
    rng: np.random.Generator,
    rounds: int = 80,
) -> tuple[np.ndarray, Walk] | None:
    """Weights that answer rightly everywhere and their walk, or None after `rounds` rounds.

    Only the last cell may have states, and only it and the head are retaught.
    """
    flat = flat.astype(np.float64)
    wires = _features(shape, flat, machine)
    taught, words = 0, WORDS + machine.mealy.states // 2
    letters, states = machine.draw(rng, rounds * words, TICKS)
    for k in range(0, rounds * words, words):
        pairs = _sort_codes(
            shape, flat, machine, wires, letters[k : k + words], states[k : k + words]
        )
        if pairs is None:
            return None
        taught += int(machine.mealy.legal[pairs.state[pairs.good]].sum())
        if taught > EFFORT:
            return None
        flat = _reteach(shape, flat, machine, wires, pairs)
        found = walk(shape, flat, machine)
        if found.right:
            return flat, found
    return None


def settle(
    shape: Architecture,
    weights: np.ndarray,
    machine: Sampler,
    rng: np.random.Generator,
    hard: float,
) -> Iterator[tuple[int, np.ndarray, Walk]]:
    """Trains networks [networks, weights] on the table at once, each from its own average code of every state.

    Yields number, weights and walk of those that answer rightly everywhere; takes soft states, too.
    """
    if machine.mealy.legal.sum() > SETTLE_ROWS:
        return
    table = Table(shape, weights, _average_codes(shape, weights, machine, rng, hard), machine)
    done: set[int] = set()
    for _ in range(SETTLE_STEPS // SETTLE_CHECK):
        for _ in range(SETTLE_CHECK):
            table.step()
        for i in table.right():
            found = walk(shape, table.network(i), machine) if i not in done else None
            if found and found.right:
                done.add(i)
                yield i, table.network(i), found


def _average_codes(
    shape: Architecture,
    weights: np.ndarray,
    machine: Sampler,
    rng: np.random.Generator,
    hard: float,
) -> np.ndarray:
    """[networks, states of the machine, state bits], over words of which each state is part."""
    letters, states = machine.draw(rng, SETTLE_WORDS + machine.mealy.states, SETTLE_TICKS)
    *front, (layer, kernel, first), _ = shape.parts(weights)
    s = layer.states
    wires = np.broadcast_to(machine.wires, (len(weights), *machine.wires.shape))
    for _, k, _ in front:
        wires = sign(ameo(wires @ k[:, 1:] + k[:, :1], shape.f, shape.leak))
    code = np.repeat((first + hard * (sign(first) - first))[:, None], len(letters), 1)
    total = np.zeros((len(weights), machine.mealy.states, s), np.float32)
    for t in range(SETTLE_TICKS):
        in_state = np.eye(machine.mealy.states, dtype=np.float32)[states[:, t]]
        total += in_state.T @ code
        read = np.concatenate([wires[:, letters[:, t]], code], 2)
        y = ameo(read @ kernel[:, 1:, :s] + kernel[:, :1, :s], shape.f, shape.leak)
        code = y + hard * (sign(y) - y)
    met = np.bincount(states.ravel(), minlength=machine.mealy.states)
    return total / np.maximum(met, 1).astype(np.float32)[:, None]


def _features(shape: Architecture, flat: np.ndarray, machine: Sampler) -> np.ndarray:
    """What the last cell reads of every letter, [letters, wires]."""
    wires = machine.wires.astype(np.float64)
    for layer, kernel, _ in list(shape.parts(flat))[:-2]:
        assert not layer.states, shape
        wires = sign(ameo(wires @ kernel[1:] + kernel[0], shape.f, shape.leak))
    return wires


def _run(shape: Architecture, flat: np.ndarray, wires: np.ndarray) -> np.ndarray:
    """Codes before every tick, [words, ticks, states]."""
    *_, (_, kernel, first), _ = shape.parts(flat)
    states = shape.cells[-1][0]
    codes = np.empty((*wires.shape[:2], states))
    code = np.tile(sign(first), (len(wires), 1))
    for t in range(wires.shape[1]):
        codes[:, t] = code
        read = np.concatenate([wires[:, t], code], 1)
        code = sign(ameo(read @ kernel[1:, :states] + kernel[0, :states], shape.f, shape.leak))
    return codes


def _sort_codes(
    shape: Architecture,
    flat: np.ndarray,
    machine: Sampler,
    wires: np.ndarray,
    letters: np.ndarray,
    visited: np.ndarray,
) -> Pairs | None:
    """The pairs met on these words; None if some state has no code of its own.

    A code met in several states belongs to the one it was met in most; a good pair has its code to itself, answers
    rightly on three quarters of its letters, and was met twice. Each state's most met pair is good in any case.
    """
    m = machine.mealy
    codes = _run(shape, flat, wires[letters])
    rows = np.concatenate([visited[..., None], codes], 2).reshape(-1, 1 + codes.shape[2])
    rows, count = np.unique(rows, axis=0, return_counts=True)
    state, code = rows[:, 0].astype(np.int64), rows[:, 1:]
    _, same = np.unique(code, axis=0, return_inverse=True)
    by_code = np.lexsort((state, -count, same.ravel()))
    owner = np.zeros(len(rows), bool)
    owner[by_code[np.diff(same.ravel()[by_code], prepend=-1) != 0]] = True

    row, x = np.nonzero(m.legal[state])
    wrong = _wrong(shape, flat, machine, wires, state[row], x, code[row]).any(1)
    faults = np.bincount(row, wrong, len(rows))
    good = owner & (faults <= 0.25 * m.legal[state].sum(1))
    good &= (count >= 2) | (len(rows) < TOO_FEW)
    best = np.lexsort((-count, ~owner, state))
    best = best[np.diff(state[best], prepend=-1) != 0]
    if len(best) < m.states or not owner[best].all():
        return None
    lacking = ~np.isin(state[best], state[good])
    good[best[lacking]] = True
    return Pairs(state, code, count, good)


def _wrong(
    shape: Architecture,
    flat: np.ndarray,
    machine: Sampler,
    wires: np.ndarray,
    state: np.ndarray,
    x: np.ndarray,
    code: np.ndarray,
) -> np.ndarray:
    """bool [rows, outputs]"""
    *_, (_, kernel, _), (_, head, _) = shape.parts(flat)
    s = shape.cells[-1][0]
    read = np.concatenate([wires[x], code], 1)
    bits = sign(ameo(read @ kernel[1:, s:] + kernel[0, s:], shape.f, shape.leak))
    target = machine.signs[state, x]
    return (target != 0) & ((bits @ head[1:] + head[0]) * target <= 0)


def _reteach(
    shape: Architecture, flat: np.ndarray, machine: Sampler, wires: np.ndarray, pairs: Pairs
) -> np.ndarray:
    """Weights refitted on every good pair and legal letter.

    The wanted next code is the network's own where that is good for the right state, else the nearest good one.
    """
    m, s = machine.mealy, shape.cells[-1][0]
    state, code = pairs.state[pairs.good], pairs.code[pairs.good]
    flat = flat.copy()
    *_, (_, kernel, first), (_, head, _) = shape.parts(flat)
    start = sign(first)
    if not ((code == start).all(1) & (state == 0)).any():
        of_start = np.nonzero(state == 0)[0]
        start = code[of_start[pairs.count[pairs.good][of_start].argmax()]]
    first[:] = start

    row, x = np.nonzero(m.legal[state])
    read = np.concatenate([np.ones((len(row), 1)), wires[x], code[row]], 1)
    follow = machine.next[state[row], x]
    y = ameo(read @ kernel[:, :s], shape.f, shape.leak)
    want = sign(y)
    good = {(q, c.tobytes()) for q, c in zip(state.tolist(), code, strict=True)}
    lost = [i for i, q in enumerate(follow.tolist()) if (q, want[i].tobytes()) not in good]
    if lost:
        near = np.clip(y[lost], -1, 1) @ code.T + 0.3 * np.log(pairs.count[pairs.good])
        near[follow[lost][:, None] != state] = -np.inf
        want[lost] = code[near.argmax(1)]

    bad = (y * want).min(0) <= 0.02
    if bad.any():
        kernel[:, :s][:, bad], _ = refit_neurons(
            read, want[:, bad], kernel[:, :s][:, bad], NEURON_STEPS, shape.f, shape.leak
        )
    target = machine.signs[state[row], x]
    kernel[:, s:], head[:], _ = refit_outputs(
        read, target, kernel[:, s:], head, OUTPUT_STEPS, shape.f, shape.leak
    )
    return flat
