"""The exact check inside growing: every pair of machine state and network code that legal words reach, in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bonsaic.grow.activation import sign
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.words import Sampler

CAP = 1000  # pairs, and CAP_PER_STATE more for every state; beyond them the network counts as wrong
CAP_PER_STATE = 50
BLOCK = 256  # pairs that are looked at between two looks at the clock
EXAMPLES = 8  # words that a wrong network is told at most
MARGIN = 2e-3  # what every decision of a good network clears zero by


@dataclass(frozen=True)
class Walk:
    """right: every reachable decision has the wanted sign. margin: the smallest |value| before a sign or at an output.

    states [pairs] and codes -1/+1 [pairs, state bits]: what was met. words: some shortest words, int [ticks] of
    letters, whose last letter is answered wrongly.
    """

    right: bool
    margin: float
    states: np.ndarray
    codes: np.ndarray
    words: tuple[np.ndarray, ...] = ()

    @property
    def proved(self) -> bool:
        return self.right and self.margin >= MARGIN


class Codes:
    """Numbers for codes: the bits themselves, or where these are many the order in which codes are first met."""

    def __init__(self, states: int):
        self.powers = 1 << np.arange(min(states, 40), dtype=np.int64)
        self.states = states
        self.known: dict[bytes, int] = {}

    def number(self, codes: np.ndarray) -> np.ndarray:
        """int64 [rows] of codes -1/+1 [rows, state bits]: equal exactly where the codes are."""
        bits = codes > 0
        if self.states <= 40:
            return bits @ self.powers
        known = self.known
        return np.array([known.setdefault(b.tobytes(), len(known)) for b in bits], np.int64)


def tick(
    shape: Architecture, flat: np.ndarray, wires: np.ndarray, codes: np.ndarray, *, hard: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Next codes [rows, states], output values [rows, outputs], smallest |value| before a sign [rows].

    wires -1/+1 [rows, inputs]; codes [rows, states], of all cells side by side. hard: whether states go through sign,
    as the outputs of cells do.
    """
    after, at = [], 0
    margin = np.full(len(wires), np.inf)
    *cells, (_, head, _) = shape.parts(flat)
    for layer, kernel, _ in cells:
        read = np.concatenate([wires, codes[:, at : at + layer.states]], 1)
        y = shape.neuron(read @ kernel[1:] + kernel[0])
        margin = np.minimum(margin, np.abs(y).min(1, initial=np.inf))
        after.append(sign(y[:, : layer.states]) if hard else y[:, : layer.states])
        wires = sign(y[:, layer.states :])
        at += layer.states
    return np.concatenate(after, 1), wires @ head[1:] + head[0], margin


def first_codes(shape: Architecture, flat: np.ndarray) -> np.ndarray:
    """[states], as soft as they are."""
    return np.concatenate([first for _, _, first in shape.parts(flat)])


def walk(
    shape: Architecture,
    flat: np.ndarray,
    machine: Sampler,
    over: Callable[[], bool] = lambda: False,
) -> Walk:
    """Breadth first through the product of the machine and the network with weights [weights].

    Not proved, and without words, where it is too long or time is over.
    """
    m, flat = machine.mealy, flat.astype(np.float64)
    states = sum(s for s, _ in shape.cells)
    number = Codes(states)
    code, q = sign(first_codes(shape, flat))[None], np.zeros(1, np.int64)
    seen = number.number(code) * m.states + q
    met = [(q, code)]
    history: list[
        tuple[np.ndarray, np.ndarray]
    ] = []  # per depth: parent row and letter of every frontier row
    margin = np.inf
    while len(q):
        row, x = np.nonzero(m.legal[q])
        ticks = []
        for at in range(0, max(1, len(row)), BLOCK):
            if over():
                return Walk(False, float(margin), *_together(met))
            some = slice(at, at + BLOCK)
            wires = machine.wires[x[some]].astype(np.float64)
            ticks.append(tick(shape, flat, wires, code[row[some]], hard=True))
        after, value, clear = (np.concatenate(side) for side in zip(*ticks, strict=True))
        target = machine.signs[q[row], x]
        decided = np.where(target == 0, np.inf, value * target)
        margin = min(margin, clear.min(initial=np.inf), decided.min(initial=np.inf))
        wrong = np.nonzero((decided <= 0).any(1))[0]
        if len(wrong):
            words = tuple(_word(history, row[i], x[i]) for i in wrong[:EXAMPLES])
            return Walk(False, float(margin), *_together(met), words)
        follow = machine.next[q[row], x]
        keys, where = np.unique(number.number(after) * m.states + follow, return_index=True)
        where = where[~np.isin(keys, seen)]
        seen = np.concatenate([seen, number.number(after[where]) * m.states + follow[where]])
        if len(seen) > CAP + CAP_PER_STATE * m.states:
            return Walk(False, float(margin), *_together(met))
        history.append((row[where], x[where]))
        code, q = after[where], follow[where]
        met.append((q, code))
    return Walk(True, float(margin), *_together(met))


def _together(met: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([q for q, _ in met]), np.concatenate([c for _, c in met])


def _word(history: list[tuple[np.ndarray, np.ndarray]], row: int, letter: int) -> np.ndarray:
    word = [letter]
    for parents, letters in reversed(history):
        word.append(letters[row])
        row = parents[row]
    return np.array(word[::-1], np.int64)
