"""Parts of a machine that run one after the other: partitions of its states that every letter takes into each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bonsaic.ir.mealy import Mealy

LARGE = 256  # states beyond which only the bits of their numbers are tried
FEW = 24  # states of which every two are put together


@dataclass(frozen=True, eq=False)
class Part:
    """A partition of the states, a label for each [state], and what codes the labels, -1/+1 [label, bit]."""

    labels: np.ndarray
    codes: np.ndarray


def numbered(mealy: Mealy) -> tuple[Part, ...]:
    """The machine's parts, their labels' numbers in binary."""
    return tuple(Part(p, binary(np.arange(p.max() + 1))) for p in parts(mealy))


def binary(number: np.ndarray) -> np.ndarray:
    """-1/+1 [..., bit], the lowest first."""
    return (number[:, None] >> np.arange(int(number.max()).bit_length()) & 1) * 2.0 - 1


def parts(mealy: Mealy) -> list[np.ndarray]:
    """Labels [state] of each part: what it says next is told by the letter, the parts before it and itself.

    Together the labels tell the state. Without such parts there is one, and its labels are the states.
    """
    found: list[np.ndarray] = []
    known = np.zeros(mealy.states, np.int64)
    for blocks in closed(mealy):
        met = _numbered(np.stack([known, blocks], 1))
        if met.max() > known.max():
            finer = met.max() == blocks.max()
            found.append(_ranks(known, blocks) if finer else blocks)
            known = met
    if known.max() < mealy.states - 1:
        found.append(_ranks(known, np.arange(mealy.states)))
    return found


@lru_cache(maxsize=4)
def closed(mealy: Mealy) -> list[np.ndarray]:
    """Closed partitions, block numbers [state], the coarsest first: the finest that put some state with the first (with
    any, where they are few, and with none, where they are many), or all states whose numbers agree in a bit, or in the
    bits up to one, or from one on.
    """
    following = np.unique(mealy.next, axis=1)
    number = np.arange(mealy.states)
    firsts = number[: mealy.states if mealy.states <= FEW else mealy.states <= LARGE]
    wanted = [np.where(number == q, p, number) for p in firsts for q in number[p + 1 :]]
    for bit in range((mealy.states - 1).bit_length()):  # what binary numbers would fall into
        for blocks in (number >> bit & 1, number % (2 << bit), number >> bit):
            _, first, which = np.unique(blocks, return_index=True, return_inverse=True)
            wanted.append(first[which])
    found = {}
    for start in wanted:
        blocks = _numbered(_close(start, following)[:, None])
        if 0 < blocks.max() < mealy.states - 1:
            found[blocks.tobytes()] = blocks
    return sorted(found.values(), key=lambda b: int(b.max()))


def _close(blocks: np.ndarray, following: np.ndarray) -> np.ndarray:
    """The finest coarser partition in which a letter takes no block into two."""
    states = len(blocks)
    legal = following >= 0
    while True:
        after = np.where(legal, blocks[following], states)
        least = np.full(after.shape, states)
        np.minimum.at(least, blocks, after)
        differ = legal & (after > least[blocks])
        if not differ.any():
            return blocks
        root = np.arange(states)
        low, high = np.sort(np.stack([after[differ], least[blocks][differ]]), 0)
        np.minimum.at(root, high, low)
        while (root[root] != root).any():
            root = root[root]
        blocks = root[blocks]


def _ranks(known: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Of each state, how many earlier blocks there are inside its known one."""
    rank = np.zeros(len(known), np.int64)
    for label in range(int(known.max()) + 1):
        rank[known == label] = _numbered(blocks[known == label][:, None])
    return rank


def _numbered(rows: np.ndarray) -> np.ndarray:
    """Equal rows as numbers, in the order they first come."""
    _, first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number.reshape(-1)]
