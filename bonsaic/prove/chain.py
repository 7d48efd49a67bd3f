"""The walk of deep and narrow products: both sides tabulated over all register values, then state by state."""

from __future__ import annotations

import math
from array import array
from itertools import islice
from operator import add
from typing import NamedTuple

import numpy as np

from bonsaic.prove.machine import Machine, numbered

ROWS = 1 << 21  # pairs of a register value and a letter, times outputs, that one side may have
CHUNK = 1 << 16  # of them stepped at once
NOWHERE = -(1 << 62)  # where an illegal letter leads, whatever is added


class Side(NamedTuple):
    """By register value * letters + letter: the next value, -1 where illegal; outs and care [row, output]; clear."""

    next: np.ndarray
    outs: np.ndarray
    care: np.ndarray
    clear: np.ndarray
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
    values, k = math.prod(size for _, _, size in machine.columns), len(letters)
    if values * k * max(1, len(outputs)) > ROWS:
        return None
    parts: list[tuple[np.ndarray, ...]] = []
    for at in range(0, values, max(1, CHUNK // k)):
        rest = np.arange(at, min(at + max(1, CHUNK // k), values), dtype=np.int32)
        state = np.empty((len(rest), len(machine.columns)), machine.initial.dtype, order="F")
        for i, (low, step, size) in enumerate(machine.columns):
            above = rest // size
            state[:, i] = (rest - above * size).astype(state.dtype) * step + low
            rest = above
        done = machine.step(np.repeat(state, k, axis=0), np.tile(letters, (len(state), 1)))
        after = numbered(done.next, machine.columns)
        after = np.where(done.legal, after, -1).astype(np.int32)
        parts.append((after, done.outs[:, outputs], done.care[:, outputs], done.clear))
    after, outs, care, clear = (np.concatenate(column) for column in zip(*parts, strict=True))
    initial = int(numbered(machine.initial[None], machine.columns)[0])
    return Side(after, outs, care, clear, initial, values)


def follow(a: Side, b: Side, letters: int, cap: int) -> Chain | None:
    """Breadth first over pairs, as `walk` does it; None beyond `cap` pairs.

    CHUNK pairs lead on, then they are compared: what follows a difference among them is listed in vain.
    """
    first = _integers(np.where(a.next < 0, NOWHERE, a.next.astype(np.int64) * b.values))
    second = _integers(np.maximum(b.next, 0))
    todo = [a.initial * b.values + b.initial]
    seen, ahead = set(todo), iter(todo)
    done = transitions = 0
    unclear = None
    while done < len(todo) <= cap:
        for pair in islice(ahead, CHUNK):
            p = pair // b.values
            q = (pair - p * b.values) * letters
            p *= letters
            for after in map(add, first[p : p + letters], second[q : q + letters]):
                if after not in seen and after >= 0:
                    seen.add(after)
                    todo.append(after)
        i, j = _rows(np.array(todo[done : done + CHUNK]), b.values, letters)
        legal = a.next[i] >= 0
        transitions += int(legal.sum())
        differ = ((a.outs[i] != b.outs[j]) | ~b.care[j]) & a.care[i]
        wrong = np.flatnonzero(legal & (differ.any(axis=1) | (b.next[j] < 0)))
        if len(wrong):
            word = _word(a, b, letters, todo, done * letters + int(wrong[0]))
            return Chain(len(todo), transitions, word, None)
        close = np.flatnonzero(legal & ~(a.clear[i] & b.clear[j]))
        if unclear is None and len(close):
            unclear = _word(a, b, letters, todo, done * letters + int(close[0]))
        done += len(i) // letters
    return Chain(len(todo), transitions, None, unclear) if len(todo) <= cap else None


def _integers(values: np.ndarray) -> array:
    """What Python reads faster than an array of NumPy, and holds smaller than a list."""
    made = array(values.dtype.char)
    made.frombytes(values.view(np.uint8).data)
    return made


def _rows(pairs: np.ndarray, values: int, letters: int) -> tuple[np.ndarray, np.ndarray]:
    """Where in the tables of both sides the letters of pairs are, in order."""
    read = np.arange(letters)
    p, q = np.divmod(pairs, values)
    return (p[:, None] * letters + read).ravel(), (q[:, None] * letters + read).ravel()


def _word(a: Side, b: Side, letters: int, todo: list[int], edge: int) -> list[int]:
    """The letters up to the edge, pair * letters + letter, along the first that led to each pair: a shortest word."""
    pairs = np.array(todo)
    i, j = _rows(pairs, b.values, letters)
    after = a.next[i].astype(np.int64) * b.values + np.maximum(b.next[j], 0)
    codes, parents = np.unique(np.where(a.next[i] < 0, -1, after), return_index=True)
    at, letter = divmod(edge, letters)
    word = [letter]
    while at:
        at, letter = divmod(int(parents[np.searchsorted(codes, pairs[at])]), letters)
        word.append(letter)
    return word[::-1]
