"""The walk of deep and narrow products: both sides tabulated over all register values, then state by state."""

from __future__ import annotations

import math
from array import array
from itertools import islice
from typing import NamedTuple

import numpy as np

from bonsaic.prove.machine import Machine, numbered

ROWS = 1 << 21  # pairs of a register value and a letter, times outputs, that one side may have
CHUNK = 1 << 14  # of them stepped at once


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
    todo = _Pairs(a, b, letters)
    done = transitions = 0
    unclear = None
    while done < len(todo) <= cap:
        todo.lead_on(CHUNK)
        i, j = todo.rows(done, done + CHUNK)
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


class _Pairs:
    """The pairs found so far, in order. Most values of the side with more of them are met with one of the other's only,
    and are marked with that; the rest is a set."""

    def __init__(self, a: Side, b: Side, letters: int):
        self.letters, self.swapped = letters, b.values > a.values
        sides = (b, a) if self.swapped else (a, b)
        self.next = [
            _integers(side.next if side is a else np.maximum(side.next, 0)) for side in sides
        ]
        self.first, self.second = (array("i", [side.initial]) for side in sides)
        self.ahead = zip(self.first, self.second, strict=True)
        self.values = sides[1].values
        # The last one is that of an illegal letter.
        self.partner = array("i", [-1]) * (sides[0].values + 1)
        self.partner[sides[0].initial] = sides[1].initial
        self.others: set[int] = set()

    def __len__(self) -> int:
        return len(self.first)

    def lead_on(self, count: int) -> None:
        """The next `count` pairs lead where their letters lead."""
        (one, two), partner, others, k = self.next, self.partner, self.others, self.letters
        for p, q in islice(self.ahead, count):
            p *= k
            q *= k
            for r, s in zip(one[p : p + k], two[q : q + k], strict=True):
                if partner[r] != s and r >= 0 and s >= 0:
                    if partner[r] < 0:
                        partner[r] = s
                    elif (pair := r * self.values + s) in others:
                        continue
                    else:
                        others.add(pair)
                    self.first.append(r)
                    self.second.append(s)

    def rows(self, start: int = 0, stop: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Where in the tables of both sides the letters of pairs are, in order."""
        read = np.arange(self.letters)
        columns = (np.array(side[start:stop], np.int64) for side in (self.first, self.second))
        i, j = ((column[:, None] * self.letters + read).ravel() for column in columns)
        return (j, i) if self.swapped else (i, j)


def _integers(values: np.ndarray) -> array:
    """What Python reads faster than an array of NumPy, and holds smaller than a list."""
    made = array(values.dtype.char)
    made.frombytes(values.view(np.uint8).data)
    return made


def _word(a: Side, b: Side, letters: int, todo: _Pairs, edge: int) -> list[int]:
    """The letters up to the edge, pair * letters + letter, along the first that led to each pair: a shortest word."""
    i, j = todo.rows()
    pairs = i[::letters] // letters * b.values + j[::letters] // letters
    after = a.next[i].astype(np.int64) * b.values + np.maximum(b.next[j], 0)
    codes, parents = np.unique(np.where(a.next[i] < 0, -1, after), return_index=True)
    at, letter = divmod(edge, letters)
    word = [letter]
    while at:
        at, letter = divmod(int(parents[np.searchsorted(codes, pairs[at])]), letters)
        word.append(letter)
    return word[::-1]
