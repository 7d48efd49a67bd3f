"""Which codes to give the states: parts of a machine that run by themselves first, then steps from the best so far."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from bonsaic.grow.logic.parts import Part, binary, closed, numbered
from bonsaic.grow.shrink.sieve import short_codes
from bonsaic.ir.mealy import FREE, Mealy

LISTED = 12  # states up to which every set of them is looked at
PARTITIONS = 40  # that run by themselves, looked at in pairs
SPARE = 2  # bits a coding may have beyond the fewest, where no partition gives it more

T = TypeVar("T")
Coding = tuple[Part, ...]  # together their codes tell the states apart


def climbed(
    mealy: Mealy,
    judge: Callable[[Coding], tuple[float, T]],
    tries: int,
    rng: np.random.Generator,
    over: Callable[[], bool],
) -> list[tuple[float, T]]:
    """What `judge` made of the codings tried, the cheapest first; fewer `tries` once `over`."""
    made: dict[tuple, tuple[float, T]] = {}
    best: Coding = ()
    least, first = math.inf, seeds(mealy)
    for _ in range(tries):
        if made and over():
            break
        coding = next(first, None)
        if coding is None and mealy.states == 1:
            break
        coding = _step(best, rng) if coding is None else coding
        key = tuple(
            (p.labels.tobytes(), np.packbits(p.codes > 0, axis=0).tobytes()) for p in coding
        )
        if key not in made:
            made[key] = judge(coding)
        if made[key][0] <= least:
            best, least = coding, made[key][0]
    return sorted(made.values(), key=lambda m: m[0])


def _step(best: Coding, rng: np.random.Generator) -> Coding:
    """In one part two codes swapped, a bit of one turned, or a bit more or less; no two codes are the same."""
    at = int(rng.integers(len(best)))
    labels, before = best[at].labels, best[at].codes
    fewest = (len(before) - 1).bit_length()
    while True:
        codes = before.copy()
        label, other = rng.choice(len(codes), 2, replace=False)
        way = rng.random()
        if way < 0.5:
            codes[[label, other]] = codes[[other, label]]
        elif way < 0.9:
            codes[label, rng.integers(codes.shape[1])] *= -1
        elif codes.shape[1] < fewest + SPARE:
            codes = np.concatenate([codes, rng.choice([-1.0, 1.0], (len(codes), 1))], 1)
        else:
            codes = np.delete(codes, rng.integers(codes.shape[1]), 1)
        if len(np.unique(codes, axis=0)) == len(codes):
            return (*best[:at], Part(labels, codes), *best[at + 1 :])


def seeds(mealy: Mealy) -> Iterator[Coding]:
    """A machine's parts, its states' numbers and what else their codes may well be."""
    number = np.arange(mealy.states)
    if mealy.states == 1:
        yield ()
        return
    remembered = _remembered(mealy)
    enough = len(np.unique(remembered, axis=0)) == mealy.states
    if enough:  # the plainest neurons of all
        yield (Part(number, _told_apart(remembered)),)
    yield (Part(number, binary(number)),)
    if mealy.states <= LISTED:
        alone = _lone_bits(mealy)
        if alone.shape[1]:
            yield (Part(number, _told_apart(alone)),)
    if remembered.shape[1] and not enough:
        yield (Part(number, _told_apart(remembered)),)
    yield numbered(mealy)
    line = _in_line(mealy)
    if len(line) == mealy.states > 2:  # is the state beyond the first, the second, ...
        yield (Part(number, np.where(np.argsort(line)[:, None] > number[:-1], 1.0, -1.0)),)
    yield from ((Part(number, codes),) for codes in short_codes(mealy))
    yield from ((Part(number, codes),) for codes in _others(mealy))


def _others(mealy: Mealy) -> Iterator[np.ndarray]:
    """A bit for each state, and pairs of partitions that run by themselves."""
    number = np.arange(mealy.states)
    if mealy.states <= LISTED:
        yield 2 * np.eye(mealy.states) - 1
    partitions = closed(mealy)[:PARTITIONS]
    for blocks in partitions:
        rank = np.array([(blocks[:s] == blocks[s]).sum() for s in number])
        yield np.concatenate([binary(blocks), binary(rank)], 1)
    for a, b in itertools.combinations(partitions, 2):
        if len(np.unique(np.stack([a, b]), axis=1).T) == mealy.states:
            yield np.concatenate([binary(a), binary(b)], 1)


def _in_line(mealy: Mealy) -> list[int]:
    """The states from one end to the other, if every tick stays or steps to a neighbour; else some of them, or none."""
    state, letter = np.nonzero(mealy.legal)
    near = np.zeros((mealy.states, mealy.states), bool)
    near[state, mealy.next[state, letter]] = True
    near = (near | near.T) & ~np.eye(mealy.states, dtype=bool)
    neighbours = near.sum(1)
    line = np.flatnonzero(neighbours == 1)[:1].tolist()
    while line and neighbours.max() == 2:
        onward = np.flatnonzero(near[line[-1]])
        fresh = [int(s) for s in onward if s not in line[-2:]]
        if not fresh:
            break
        line += fresh
    return line


def _lone_bits(mealy: Mealy) -> np.ndarray:
    """-1/+1 [state, bit]: every set of states of which each letter keeps, swaps, empties or fills the membership."""
    sets = binary(np.arange(1, 1 << (mealy.states - 1)))
    sets = np.concatenate([sets, -np.ones((len(sets), mealy.states - sets.shape[1]))], 1)
    for letter in range(len(mealy.letters)):
        legal = mealy.legal[:, letter]
        after, here = sets[:, mealy.next[legal, letter]], sets[:, legal]
        same = np.abs((after * here).sum(1)) == legal.sum()
        sets = sets[same | (np.abs(after.sum(1)) == legal.sum())]
    return sets.T


def _remembered(mealy: Mealy) -> np.ndarray:
    """-1/+1 [state, bit]: what an input or output was some ticks ago, where every way into a state says the same."""
    state, letter = np.nonzero(mealy.legal)
    after, outs = mealy.next[state, letter], mealy.outs[state, letter]
    inputs = mealy.letters[letter] * 2.0 - 1
    found: list[np.ndarray] = []
    for said in np.concatenate([inputs, np.where(outs == FREE, 0, outs * 2.0 - 1)], 1).T:
        for _ in range((mealy.states - 1).bit_length()):
            ones, none = (np.bincount(after[said == s], minlength=mealy.states) for s in (1, -1))
            bit = np.where(ones > 0, 1.0, -1.0)  # before any tick all were 0
            if ((ones > 0) & (none > 0)).any() or any((bit == other).all() for other in found):
                break
            found.append(bit)
            said = bit[state]
    return np.array(found).reshape(-1, mealy.states).T


def _told_apart(bits: np.ndarray) -> np.ndarray:
    """Few of the bits that tell as much apart as all do, and what is left told by numbers."""
    _, blocks = np.unique(bits, axis=0, return_inverse=True)
    for bit in reversed(range(bits.shape[1])):
        fewer = np.delete(bits, bit, 1)
        if len(np.unique(fewer, axis=0)) == blocks.max() + 1:
            bits = fewer
    rank = np.array([(blocks[:s] == blocks[s]).sum() for s in range(len(blocks))])
    return np.concatenate([bits, binary(rank)], 1)
