"""The fewest two-input gates for every function of up to four inputs: the table that `tests/exact_search.py` finds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeVar

import numpy as np

T = TypeVar("T")

INPUTS = np.array([0xAAAA, 0xCCCC, 0xF0F0, 0xFF00], np.uint16)  # truth tables: bit r is row r
ORDERS = list(itertools.permutations(range(4)))
KINDS = {  # the gates of two operands that are 0 where both are
    "&": lambda x, y: x & y,
    ">": lambda x, y: x & ~y,
    "<": lambda x, y: ~x & y,
    "|": lambda x, y: x | y,
    "^": lambda x, y: x ^ y,
}


def cheapest(on: int, off: int) -> int:
    """A function of least size that is 1 on the rows `on` and 0 on the rows `off` (masks of 16 rows); few xors."""
    fits = np.flatnonzero((_EVERY & (on | off)) == on)
    return int(fits[np.argmin(_costs()[fits])])


def size(f: int) -> int:
    """The fewest gates that compute `f`, inverters free."""
    return len(_classes()[_home(f)[1]][1])


def realise(
    f: int, leaves: Sequence[T], invert: Callable[[T], T], gate: Callable[[str, T, T], T]
) -> T:
    """A shortest chain of `f` over four leaves, in the hands of what inverts and what makes a gate of KINDS.

    Constants have none: the caller looks for them first.
    """
    transform, which = _home(f)
    order, mask, negated = ORDERS[transform // 32], transform // 2 % 16, transform % 2
    _, chain = _classes()[which]
    signals = [invert(leaves[i]) if mask >> i & 1 else leaves[i] for i in order]
    for step in chain:
        x, y = (signals[ord(name) - ord("a")] for name in (step[0], step[2]))
        signals.append(gate(step[1], x, y))
    result = signals[-1] if chain else signals[0]
    return invert(result) if negated else result


_EVERY = np.arange(1 << 16, dtype=np.uint32)


@cache
def _classes() -> list[tuple[int, list[str]]]:
    """A member of every class under the transforms, and its shortest chain."""
    lines = files("bonsaic.passes").joinpath("exact4.txt").read_text("ascii").splitlines()
    return [(int(f, 16), chain) for f, *chain in map(str.split, lines)]


@cache
def _homes() -> np.ndarray:
    """int32 [function]: transform * classes + class that make it."""
    moved = transforms(np.array([f for f, _ in _classes()], np.uint32))
    homes = np.empty(1 << 16, np.int32)
    homes[moved.reshape(-1)] = np.arange(moved.size)
    return homes


def _home(f: int) -> tuple[int, int]:
    return divmod(int(_homes()[f]), len(_classes()))


@cache
def _costs() -> np.ndarray:
    """int32 [function]: first the gates, then how many of them are xors."""
    own = np.array([10 * len(c) + sum("^" in step for step in c) for _, c in _classes()])
    return own[_homes() % len(own)]


def transforms(functions: np.ndarray) -> np.ndarray:
    """uint16 [transform, function]: each function with inputs reordered, then inputs and output negated.

    Transform 32 * p + 2 * n + o takes input order number p, negates the inputs in the mask n and the output if o.
    """
    rows = np.arange(16)
    tables = np.empty((24, 16, 2, len(functions)), np.uint16)
    for p, order in enumerate(ORDERS):
        for mask in range(16):
            source = np.bitwise_or.reduce([((rows ^ mask) >> order[i] & 1) << i for i in range(4)])
            moved = np.bitwise_or.reduce(
                [(functions >> int(source[r]) & 1) << r for r in range(16)]
            )
            tables[p, mask, 0], tables[p, mask, 1] = moved, ~moved & 0xFFFF
    return tables.reshape(768, -1)
