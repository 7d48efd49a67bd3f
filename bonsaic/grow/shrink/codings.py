"""Which codes to give the states: parts of a machine that run by themselves first, then steps from the best so far."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from bonsaic.ir.mealy import Mealy

LISTED = 12  # states up to which every set of them is looked at
PARTITIONS = 40  # that run by themselves, looked at in pairs
SPARE = 2  # bits a coding may have beyond the fewest, where no partition gives it more

T = TypeVar("T")


def climbed(
    mealy: Mealy,
    judge: Callable[[np.ndarray], tuple[float, T]],
    tries: int,
    rng: np.random.Generator,
    over: Callable[[], bool],
) -> list[tuple[float, T]]:
    """What `judge` made of the codings tried, -1/+1 [state, bit], the cheapest first; fewer `tries` once `over`."""
    made: dict[bytes, tuple[float, T]] = {}
    best, least = np.zeros((mealy.states, 0)), math.inf
    first = seeds(mealy)
    for _ in range(tries):
        if made and over():
            break
        codes = next(first, None)
        if codes is None and mealy.states == 1:
            break
        codes = _step(best, rng) if codes is None else codes
        key = np.packbits(codes > 0, axis=0).tobytes()
        if key not in made:
            made[key] = judge(codes)
        if made[key][0] <= least:
            best, least = codes, made[key][0]
    return sorted(made.values(), key=lambda m: m[0])


def _step(best: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two codes swapped, a bit of one turned, or a bit more; no two codes are the same."""
    fewest = (len(best) - 1).bit_length()
    while True:
        codes = best.copy()
        state, other = rng.choice(len(codes), 2, replace=False)
        way = rng.random()
        if way < 0.5:
            codes[[state, other]] = codes[[other, state]]
        elif way < 0.9 or codes.shape[1] >= fewest + SPARE:
            codes[state, rng.integers(codes.shape[1])] *= -1
        else:
            codes = np.concatenate([codes, rng.choice([-1.0, 1.0], (len(codes), 1))], 1)
        if len(np.unique(codes, axis=0)) == len(codes):
            return codes


def seeds(mealy: Mealy) -> Iterator[np.ndarray]:
    """Numbers in binary, bits that need no other bit, and pairs of partitions that run by themselves."""
    number = np.arange(mealy.states)
    yield _binary(number)
    if 1 < mealy.states <= LISTED:
        alone = _lone_bits(mealy)
        if alone.shape[1]:
            yield _told_apart(alone)
    closed = _closed(mealy)
    for blocks in closed:
        rank = np.array([(blocks[:s] == blocks[s]).sum() for s in number])
        yield np.concatenate([_binary(blocks), _binary(rank)], 1)
    for a, b in itertools.combinations(closed, 2):
        if len(np.unique(np.stack([a, b]), axis=1).T) == mealy.states:
            yield np.concatenate([_binary(a), _binary(b)], 1)


def _binary(number: np.ndarray) -> np.ndarray:
    return (number[:, None] >> np.arange(int(number.max()).bit_length()) & 1) * 2.0 - 1


def _lone_bits(mealy: Mealy) -> np.ndarray:
    """-1/+1 [state, bit]: every set of states of which each letter keeps, swaps, empties or fills the membership."""
    sets = _binary(np.arange(1, 1 << (mealy.states - 1)))
    sets = np.concatenate([sets, -np.ones((len(sets), mealy.states - sets.shape[1]))], 1)
    for letter in range(len(mealy.letters)):
        legal = mealy.legal[:, letter]
        after, here = sets[:, mealy.next[legal, letter]], sets[:, legal]
        same = np.abs((after * here).sum(1)) == legal.sum()
        sets = sets[same | (np.abs(after.sum(1)) == legal.sum())]
    return sets.T


def _told_apart(bits: np.ndarray) -> np.ndarray:
    """Few of the bits that tell as much apart as all do, and what is left told by numbers."""
    _, blocks = np.unique(bits, axis=0, return_inverse=True)
    for bit in reversed(range(bits.shape[1])):
        fewer = np.delete(bits, bit, 1)
        if len(np.unique(fewer, axis=0)) == blocks.max() + 1:
            bits = fewer
    rank = np.array([(blocks[:s] == blocks[s]).sum() for s in range(len(blocks))])
    return np.concatenate([bits, _binary(rank)], 1)


def _closed(mealy: Mealy) -> list[np.ndarray]:
    """Partitions, a block number per state, in which every letter takes blocks into blocks; neither all nor nothing."""
    found: dict[bytes, np.ndarray] = {}

    def keep(blocks: np.ndarray) -> None:
        if 0 < blocks.max() < mealy.states - 1:
            found.setdefault(blocks.tobytes(), blocks)

    for pair in itertools.combinations(range(mealy.states), 2):
        keep(_merged(mealy, [pair]))
        if len(found) > PARTITIONS:
            break
    for a, b in itertools.combinations(list(found.values()), 2):
        if len(found) > PARTITIONS:
            break
        keep(
            _merged(mealy, [(s, int((p == p[s]).argmax())) for p in (a, b) for s in range(len(p))])
        )
    return list(found.values())


def _merged(mealy: Mealy, pairs: list[tuple[int, int]]) -> np.ndarray:
    """The finest such partition that puts these pairs together."""
    blocks = np.arange(mealy.states)
    todo = list(pairs)
    while todo:
        a, b = todo.pop()
        if blocks[a] == blocks[b]:
            continue
        blocks[blocks == blocks[a]] = blocks[b]
        members = np.flatnonzero(blocks == blocks[b])
        for letter in range(len(mealy.letters)):
            after = [int(q) for q in mealy.next[members, letter] if q >= 0]
            todo += [(after[0], q) for q in after[1:]]
    return np.unique(blocks, return_inverse=True)[1].reshape(-1)
