"""Which single neuron makes a bit's next value: bits of its own part that it reads, and features of what comes in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from bonsaic.grow.logic.divide import codings
from bonsaic.grow.logic.gates import READS, WIDEST, learned, possible
from bonsaic.grow.logic.signals import weights_of

LEARNED = 600  # and where the weights are learned
SUPPORTS = 12  # sets of own bits of one size that are tried
FEWER = 2  # sizes looked at beyond the first that will do


Weights = tuple[tuple[float, ...], float]
Made = tuple[np.ndarray, Callable[[], Weights | None]]


@dataclass(frozen=True, eq=False)
class Neuron:
    """It reads features, coded 0/1 for every class [class, feature], and own bits; weights in that order."""

    price: float
    coded: np.ndarray
    own: tuple[int, ...]
    weights: tuple[float, ...]
    bias: float


def neuron(
    does: np.ndarray,
    codes: np.ndarray,
    price: Callable[[np.ndarray], float],
    below: float = np.inf,
) -> Neuron | None:
    """The cheapest found that costs less than `below`.

    does [class, label] -1, 0 (free), 1: what it says; codes -1/+1 [label, bit]; price(coded): of features coded so.
    At most `WIDEST` inputs.
    """
    width = (len(does) - 1).bit_length()
    best: Neuron | None = None
    made: Callable[[], Weights | None]
    sizes = 0
    for size in range(min(WIDEST - width, codes.shape[1]) + 1):
        found = False
        inputs = size + width + 2 * max(size + width - READS, 0)
        if inputs >= (below if best is None else best.price):
            break
        for own in _telling(does, codes, size):
            for coded, weights in _made(does, codes[:, own], width):
                found = True
                paid = inputs + price(coded)
                if paid < (below if best is None else best.price):
                    best, made = Neuron(paid, coded, own, (), 0.0), weights
        sizes += found or sizes > 0
        if sizes >= FEWER:
            break
    gate = None if best is None else made()
    return None if best is None or gate is None else replace(best, weights=gate[0], bias=gate[1])


def _telling(does: np.ndarray, codes: np.ndarray, size: int) -> list[tuple[int, ...]]:
    """Sets of so many bits that tell the labels apart which some class tells apart."""
    one, other = np.triu_indices(len(codes), 1)
    differ = (does[:, one] * does[:, other] < 0).any(0)
    apart = codes[one[differ]] != codes[other[differ]]
    sets = np.array(list(itertools.combinations(range(codes.shape[1]), size)), int)
    enough = apart[:, sets].any(2).all(0) if size else np.array([not len(apart)])
    return [tuple(s) for s in sets[enough][:SUPPORTS].tolist()]


def _made(does: np.ndarray, own: np.ndarray, width: int) -> list[Made]:
    """Codes of the classes on `width` features with which one neuron does it, and its weights."""
    inputs = width + own.shape[1]
    place = (own > 0) @ (1 << np.arange(own.shape[1])[::-1])
    told = np.zeros((len(does), 1 << own.shape[1]), np.int8)
    for label, at in enumerate(place.tolist()):
        told[:, at] = np.where(does[:, label] == 0, told[:, at], does[:, label])
    bits = np.arange(1 << width)[:, None] >> np.arange(width)[::-1] & 1
    if inputs > READS:
        return _learned(told.tobytes(), len(told), own.shape[1])
    made: list[Made] = []
    for numbers in codings(len(does)):
        table = np.zeros((1 << width, told.shape[1]), np.int8)
        table[numbers] = told
        if possible(table.reshape(-1)):
            made.append((bits[numbers], partial(weights_of, inputs, table.tobytes())))
    return made


@lru_cache(maxsize=4096)
def _learned(table: bytes, classes: int, own: int) -> list[Made]:
    """As `_made`, learned for many codings at once."""
    told = np.frombuffer(table, np.int8).reshape(classes, -1)
    width = (classes - 1).bit_length()
    bits = np.arange(1 << width)[:, None] >> np.arange(width)[::-1] & 1
    rng = np.random.default_rng(0)
    numbers = np.array([rng.permutation(len(bits))[: len(told)] for _ in range(LEARNED)])
    patterns = np.arange(1 << own)[:, None] >> np.arange(own)[::-1] & 1
    which, at = np.nonzero(told)
    seen = np.concatenate(
        [bits[numbers[:, which]], np.broadcast_to(patterns[at], (len(numbers), len(at), own))], 2
    )
    return [
        (bits[numbers[i]], partial(_kept, tuple(w[:-1].tolist()), float(w[-1])))
        for i, w in learned(seen * 2 - 1, told[which, at])
    ]


def _kept(weights: tuple[float, ...], bias: float) -> Weights:
    return weights, bias


def merged(rows: np.ndarray, free: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A class for each row and what the class says; rows that contradict nowhere, but for `free`, share one."""
    distinct, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    said: list[np.ndarray] = []
    classes = np.zeros(len(distinct), np.int64)
    for i in np.argsort(first).tolist():
        row = distinct[i]
        for c, other in enumerate(said):
            if ((row == other) | (row == free) | (other == free)).all():
                said[c] = np.where(other == free, row, other)
                classes[i] = c
                break
        else:
            classes[i] = len(said)
            said.append(row)
    return classes[which.reshape(-1)], np.array(said)
