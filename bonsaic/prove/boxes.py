"""An inductive invariant of a network with real states: boxes that every legal letter maps into boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.ir.mealy import Mealy
from bonsaic.prove.tick import Tick

GRID = 2.0**-14  # the ends of boxes are multiples of it
EAGER = 2.0**-9  # a box that has grown many times grows by this much more
PATIENCE = 12  # how many times a box grows before that
BATCH = 4096  # images computed at once


@dataclass(frozen=True, eq=False)
class Invariant:
    """Box i holds the network's states between low[i] and high[i] while the specification is in state[i].

    Box 0 holds the initial state. after int [box, letter]: the box that holds every image, -1 where the letter is
    illegal. low, high float64 [box, register].
    """

    state: np.ndarray
    low: np.ndarray
    high: np.ndarray
    after: np.ndarray

    @property
    def transitions(self) -> int:
        return int((self.after >= 0).sum())


@dataclass(frozen=True)
class Grain:
    """Which images share a box: those with the same state, the same last `letters`, and centres that round alike.

    level: to multiples of what a centre is rounded, register by register; None: the centre does not matter.
    """

    level: float | None
    letters: int


@dataclass(frozen=True)
class Leak:
    """Why no invariant was found at this grain: an output is wrong somewhere in a box, or there are too many boxes."""

    reason: str
    boxes: int


def find(spec: Mealy, tick: Tick, feed: np.ndarray, grain: Grain, *, most: int) -> Invariant | Leak:
    """At most `most` boxes on which every output is right, grown from the initial state until they hold their images.

    feed: the tick's input wires of every letter of `spec`; its outputs are in the order of `spec`'s.
    """
    boxes = _Boxes(spec, grain, tick.initial)
    while boxes.dirty:
        todo = np.array(sorted(boxes.dirty))
        boxes.dirty.clear()
        rows, letters = np.nonzero(spec.legal[boxes.state[todo]])
        for at in range(0, len(rows), BATCH):
            box, letter = todo[rows[at : at + BATCH]], letters[at : at + BATCH]
            low, high, least, greatest = tick.image(boxes.low[box], boxes.high[box], feed[letter])
            said = spec.outs[boxes.state[box], letter]
            if (((said == 1) & ~(least > 0)) | ((said == 0) & ~(greatest <= 0))).any():
                return Leak("an output may be wrong", boxes.count)
            boxes.place(box, letter, *_outwards(low, high))
            if boxes.count > most:
                return Leak("too many boxes", boxes.count)
    return boxes.invariant()


def _outwards(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.floor(low / GRID) * GRID, np.ceil(high / GRID) * GRID


class _Boxes:
    """The boxes so far; a box that changed since its images were placed is dirty."""

    def __init__(self, spec: Mealy, grain: Grain, initial: np.ndarray):
        self.spec, self.grain = spec, grain
        self.base = len(spec.letters)
        self.span = self.base**grain.letters
        self.state = np.zeros(1, np.int64)
        self.past = np.zeros(1, np.int64)
        self.low, self.high = _outwards(
            np.nextafter(initial, -np.inf)[None], np.nextafter(initial, np.inf)[None]
        )
        self.grown = np.zeros(1, np.int64)
        self.after = np.full((1, self.base), -1)
        self.number: dict[bytes, int] = {}
        self.dirty = {0}

    @property
    def count(self) -> int:
        return len(self.state)

    def place(self, box: np.ndarray, letter: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """Put every image into a box: the one that held it before where that still does, else that of its label."""
        before = self.after[box, letter]
        held = (self.low[before] <= low) & (high <= self.high[before])
        rest = np.flatnonzero((before < 0) | ~held.all(axis=1))
        if not len(rest):
            return
        box, letter, low, high = box[rest], letter[rest], low[rest], high[rest]
        state = self.spec.next[self.state[box], letter].astype(np.int64)
        past = (self.past[box] * self.base + letter) % self.span
        label = [state, past]
        if self.grain.level is not None:
            centre = np.floor((low + high) / 2 / self.grain.level)
            label += list(centre.astype(np.int64).T)
        labels, first, which = np.unique(
            np.stack(label, axis=1), axis=0, return_index=True, return_inverse=True
        )
        which = which.reshape(-1)
        lows = np.full((len(labels), low.shape[1]), np.inf)
        highs = -lows
        np.minimum.at(lows, which, low)
        np.maximum.at(highs, which, high)
        known = np.array([self.number.get(row.tobytes(), -1) for row in labels])
        new = np.flatnonzero(known < 0)
        known[new] = self.count + np.arange(len(new))
        self.number.update((labels[i].tobytes(), int(known[i])) for i in new)
        self.dirty.update(known[new].tolist())
        self._found(state[first[new]], past[first[new]], lows[new], highs[new])
        self._grow(known, lows, highs)
        self.after[box, letter] = known[which]

    def _found(
        self, state: np.ndarray, past: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> None:
        self.state = np.concatenate([self.state, state])
        self.past = np.concatenate([self.past, past])
        self.low, self.high = np.concatenate([self.low, low]), np.concatenate([self.high, high])
        self.grown = np.concatenate([self.grown, np.zeros(len(state), np.int64)])
        self.after = np.concatenate([self.after, np.full((len(state), self.base), -1)])

    def _grow(self, box: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        down, up = np.maximum(self.low[box] - low, 0), np.maximum(high - self.high[box], 0)
        grew = (down > 0).any(axis=1) | (up > 0).any(axis=1)
        self.grown[box] += grew
        eager = np.where(self.grown[box] > PATIENCE, 1.0, 0.0)[:, None]
        self.low[box] -= down + eager * np.where(down > 0, down + EAGER, 0)
        self.high[box] += up + eager * np.where(up > 0, up + EAGER, 0)
        self.dirty.update(box[grew].tolist())

    def invariant(self) -> Invariant:
        """Only the boxes that words reach, in breadth-first order."""
        seen = {0: 0}
        for box in (todo := [0]):
            for target in self.after[box].tolist():
                if target >= 0 and target not in seen:
                    seen[target] = len(todo)
                    todo.append(target)
        number = np.full(self.count + 1, -1)
        number[todo] = np.arange(len(todo))
        after = number[self.after[todo]]
        return Invariant(self.state[todo], self.low[todo], self.high[todo], after)
