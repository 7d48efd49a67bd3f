"""The walk of deep and narrow products: both sides tabulated over all register values, then state by state."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bonsaic.prove.machine import Machine

ROWS = 1 << 21  # pairs of a register value and a letter that one side may have
CHUNK = 1 << 16  # of them stepped at once


class Side(NamedTuple):
    """By register value * letters + letter: the next value, -1 where illegal; outputs and cares as bits; clear."""

    next: list[int]
    outs: list[int]
    care: list[int]
    clear: list[bool]
    initial: int
    values: int


class Chain(NamedTuple):
    """How many pairs and transitions there are, and the words (letter numbers) that end in a difference, unclearly."""

    states: int
    transitions: int
    wrong: list[int] | None
    unclear: list[int] | None


def tabulate_side(machine: Machine, letters: np.ndarray, outputs: list[int]) -> Side | None:
    """The machine over all values of its registers, not only the reachable ones; None where these are too many."""
    sizes = [size for _, _, size in machine.columns]
    values, k = math.prod(sizes), len(letters)
    if values * k > ROWS:
        return None
    strides = [math.prod(sizes[:i]) for i in range(len(sizes))]
    bits = 1 << np.arange(len(outputs), dtype=np.int64)
    nexts: list[int] = []
    outs: list[int] = []
    care: list[int] = []
    clear: list[bool] = []
    for at in range(0, values * k, CHUNK):
        row = np.arange(at, min(at + CHUNK, values * k))
        code, letter = row // k, row % k
        state = np.empty((len(row), len(sizes)), np.int64)
        for i, (low, step, size) in enumerate(machine.columns):
            state[:, i] = code // strides[i] % size * step + low
        done = machine.step(state, letters[letter])
        after = np.zeros(len(row), np.int64)
        for i, (low, step, _) in enumerate(machine.columns):
            after += (done.next[:, i].astype(np.int64) - low) // step * strides[i]
        nexts += np.where(done.legal, after, -1).tolist()
        outs += (done.outs[:, outputs] @ bits).tolist()
        care += (done.care[:, outputs] @ bits).tolist()
        clear += done.clear.tolist()
    places = zip(machine.initial.tolist(), machine.columns, strides, strict=True)
    initial = sum((v - low) // step * stride for v, (low, step, _), stride in places)
    return Side(nexts, outs, care, clear, initial, values)


def follow(a: Side, b: Side, letters: int, cap: int) -> Chain | None:
    """Breadth first over pairs, as `walk` does it; None beyond `cap` pairs."""
    start = a.initial * b.values + b.initial
    number, todo, parents = {start}, [start], [-1]
    transitions, unclear = 0, None

    def word(edge: int) -> list[int]:
        found = []
        while edge >= 0:
            at, letter = divmod(edge, letters)
            found.append(letter)
            edge = parents[at]
        return found[::-1]

    for at, pair in enumerate(todo):
        p, q = divmod(pair, b.values)
        for letter in range(letters):
            i, j = p * letters + letter, q * letters + letter
            if a.next[i] < 0:
                continue
            transitions += 1
            if ((a.outs[i] ^ b.outs[j]) | ~b.care[j]) & a.care[i] or b.next[j] < 0:
                return Chain(len(todo), transitions, word(at * letters + letter), None)
            if unclear is None and not (a.clear[i] and b.clear[j]):
                unclear = at * letters + letter
            after = a.next[i] * b.values + b.next[j]
            if after not in number:
                if len(todo) >= cap:
                    return None
                number.add(after)
                todo.append(after)
                parents.append(at * letters + letter)
    return Chain(len(todo), transitions, None, None if unclear is None else word(unclear))
