"""An inductive invariant of a network with real states: boxes into which every word leads back before long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.ir.mealy import Mealy
from bonsaic.prove.forms import Form, boxes, image, joined, renewed
from bonsaic.prove.search import Reached
from bonsaic.prove.tick import Tick

GRID = 2.0**-14  # the ends of boxes are multiples of it
FIRST = 1 / 8  # of a grain, how far a box that is met on the way at first reaches
MARGIN = 1 / 32  # how much wider than what was reached a box is, of its width and of the grain
EAGER = 2.0**-9  # a box that has grown many times grows by this much more
PATIENCE = 12  # how many times a box grows before that
CROWD = 64  # boxes followed at once
BATCH = 4096  # images computed at once


@dataclass(frozen=True, eq=False)
class Invariant:
    """Place i holds the network's states between low[i] and high[i] while the specification is in state[i].

    Place 0 holds the initial state. after int [place, letter]: the place that the letter leads to, -1 where it is
    illegal. Where `home` a place is a box and holds all states between its ends; elsewhere it is passed through, and
    holds what its one predecessor, an earlier place, leads to. low, high float64 [place, register]. together: whether
    registers had to be followed together; where not, a box leads into boxes in one tick, register by register.
    """

    state: np.ndarray
    low: np.ndarray
    high: np.ndarray
    after: np.ndarray
    home: np.ndarray
    together: bool

    @property
    def transitions(self) -> int:
        return int((self.after >= 0).sum())


@dataclass(frozen=True)
class Grain:
    """Which states share a box: those of one program state whose registers round down alike to multiples of `level`.

    ticks: after at most so many a box's states must be in boxes again. With one the registers are followed apart.
    """

    level: float
    ticks: int


@dataclass(frozen=True)
class Leak:
    """Why no invariant was found at this grain: an output may be wrong, or there is too much to follow.

    boxes: how many there were by then; images: how many were computed.
    """

    reason: str
    boxes: int
    images: int


def find(
    spec: Mealy, tick: Tick, feed: np.ndarray, grain: Grain, reached: Reached, *, most: int
) -> Invariant | Leak:
    """Boxes from which every output is right, grown until all words lead back into them.

    feed: the tick's input wires of every letter of `spec`; its outputs are in the order of `spec`'s. reached: states
    that the first boxes are put round. most: how many images are computed.
    """
    search = _Search(spec, tick, feed, grain, reached, most)
    while search.dirty:
        todo = np.array(sorted(search.dirty))
        search.dirty.clear()
        for at in range(0, len(todo), CROWD):
            try:
                leak = search.follow(todo[at : at + CROWD], None)
            except OverflowError as e:
                leak = search.leak(str(e))
            if leak:
                return leak
    return search.invariant()


@dataclass(frozen=True, eq=False)
class _Front:
    """States under way: the number of the place they are at, the specification's state, the registers' forms."""

    place: np.ndarray
    state: np.ndarray
    forms: list[Form]

    def __getitem__(self, rows: np.ndarray) -> _Front:
        return _Front(self.place[rows], self.state[rows], [f[rows] for f in self.forms])


class _Tree:
    """The places in the order they are found, and where letters lead from them."""

    def __init__(self) -> None:
        self.box: list[int] = []  # -1: passed through
        self.number: dict[int, int] = {}  # of boxes
        self.rows: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []

    def place(self, box: int, state: int, low: np.ndarray, high: np.ndarray, letters: int) -> int:
        """The number of a place: of its own where it is passed through, else of its box."""
        if box >= 0 and box in self.number:
            return self.number[box]
        if box >= 0:
            self.number[box] = len(self.box)
        self.box.append(box)
        self.rows.append((state, low, high, np.full(letters, -1)))
        return len(self.box) - 1


class _Search:
    """The boxes so far. What leads into a box makes it live; one that came alive or grew is dirty."""

    def __init__(
        self, spec: Mealy, tick: Tick, feed: np.ndarray, grain: Grain, reached: Reached, most: int
    ):
        self.spec, self.tick, self.feed, self.grain = spec, tick, feed, grain
        self.images, self.most = 0, most
        self.kind = tick.kinds(feed)
        self.together = grain.ticks > 1
        self.number: dict[bytes, int] = {}
        self.state, self.grown = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.low = self.high = np.zeros((0, len(tick.initial)))
        self.live = np.zeros(0, bool)
        self.dirty: set[int] = set()
        start = tick.initial[None]
        ends = (
            np.where(start % 1 == 0, start, np.nextafter(start, far)) for far in (-np.inf, np.inf)
        )
        self.put(np.zeros(1, np.int64), *ends)
        self.put(reached.state, reached.values, reached.values)
        still = (self.low == self.high) & (self.low % 1 == 0)  # then float32 may hold it for ever
        margin = MARGIN * (self.high - self.low + min(self.grain.level, 1 / 4)) * ~still
        self.low, self.high = _outwards(self.low - margin, self.high + margin)
        self.live[1:] = False
        self.dirty = {0}

    def follow(self, roots: np.ndarray, tree: _Tree | None = None) -> Leak | None:
        """Every word from these boxes until it is in a box again; where it is not in time the boxes grow.

        With a tree nothing grows any more, and all that is met is written down.
        """
        spec = self.spec
        places = roots if tree is None else np.array([tree.number[r] for r in roots.tolist()])
        ends = self.low[roots], self.high[roots]
        front = _Front(places, self.state[roots], boxes(*ends, together=self.together))
        left = self.grain.ticks
        while True:  # until nothing is left to follow, at 0 at the latest
            left -= 1
            rows, letters = np.nonzero(spec.legal[front.state])
            parts = []
            for at in range(0, len(rows), BATCH):
                row, letter = rows[at : at + BATCH], letters[at : at + BATCH]
                self.images += len(row)
                if tree is None and self.images > self.most:
                    return self.leak("there is too much to follow")
                forms, outs = image(self.tick, [f[row] for f in front.forms], self.feed[letter])
                if self.errs(front.state[row], letter, outs):
                    return self.leak("an output may be wrong")
                to = spec.next[front.state[row], letter]
                first, alike = _distinct(row, to, self.kind[letter])
                after = _Front(front.place[row[first]], to[first], [f[first] for f in forms])
                low, high = _ends(after.forms, len(first))
                box = self.home(after.state, low, high)
                inside = (self.low[box] <= low) & (high <= self.high[box])
                outside = np.flatnonzero((box < 0) | ~inside.all(axis=1))
                reached = np.delete(box, outside)
                self.dirty.update(reached[~self.live[reached]].tolist())
                self.live[reached] = True
                if tree is None and left:
                    new = outside[box[outside] < 0]
                    middle, reach = (low[new] + high[new]) / 2, FIRST * self.grain.level
                    half = np.minimum((high[new] - low[new]) / 2, reach)
                    self.put(after.state[new], middle - half, middle + half)
                    parts.append(after[outside])
                elif tree is None:
                    self.put(after.state[outside], low[outside], high[outside])
                else:
                    assert left or not len(outside), outside
                    box[outside] = -1
                    places = self.write(tree, after, box, low, high)
                    for place, i, n in zip(front.place[row], letter, alike, strict=True):
                        tree.rows[place][3][i] = places[n]
                    parts.append(after[outside])
            if not sum(len(p.state) for p in parts):
                return None
            front = _Front(
                np.concatenate([p.place for p in parts]),
                np.concatenate([p.state for p in parts]),
                renewed([joined(column) for column in zip(*(p.forms for p in parts), strict=True)]),
            )

    def leak(self, reason: str) -> Leak:
        return Leak(reason, len(self.state), self.images)

    def errs(self, state: np.ndarray, letter: np.ndarray, outs: list[Form]) -> bool:
        """May an output that matters be wrong somewhere?"""
        said = self.spec.outs[state, letter]
        return any(
            bool((((said[:, i] == 1) & ~(y.low > 0)) | ((said[:, i] == 0) & ~(y.high <= 0))).any())
            for i, y in enumerate(outs)
        )

    def labels(self, state: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Which images share a box: those of equal rows."""
        cell = np.floor((low + high) / 2 / self.grain.level).astype(np.int64)
        return np.column_stack([state.astype(np.int64), cell])

    def home(self, state: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The box of every image's label, -1 where there is none yet."""
        labels, which = np.unique(self.labels(state, low, high), axis=0, return_inverse=True)
        found = [self.number.get(row.tobytes(), -1) for row in labels]
        return np.array(found, np.int64)[which.reshape(-1)]

    def put(self, state: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """Let the boxes of these images' labels hold them; they are live and dirty then."""
        if not len(state):
            return
        low, high = _outwards(low, high)
        labels, which = np.unique(self.labels(state, low, high), axis=0, return_inverse=True)
        least = np.full((len(labels), low.shape[1]), np.inf)
        most = -least
        np.minimum.at(least, which.reshape(-1), low)
        np.maximum.at(most, which.reshape(-1), high)
        count = len(self.state)
        box = np.array([self.number.get(row.tobytes(), -1) for row in labels])
        new = np.flatnonzero(box < 0)
        box[new] = count + np.arange(len(new))
        self.number.update((labels[i].tobytes(), int(box[i])) for i in new)
        self.state = np.concatenate([self.state, labels[new, 0]])
        self.low = np.concatenate([self.low, least[new]])
        self.high = np.concatenate([self.high, most[new]])
        self.grown = np.concatenate([self.grown, np.zeros(len(new), np.int64)])
        self.live = np.concatenate([self.live, np.zeros(len(new), bool)])
        down, up = np.maximum(self.low[box] - least, 0), np.maximum(most - self.high[box], 0)
        self.grown[box] += (down > 0).any(axis=1) | (up > 0).any(axis=1)
        eager = EAGER * (self.grown[box] > PATIENCE)[:, None]
        self.low[box] -= down * (1 + (eager > 0)) + eager * (down > 0)
        self.high[box] += up * (1 + (eager > 0)) + eager * (up > 0)
        self.live[box] = True
        self.dirty.update(box.tolist())

    def write(
        self, tree: _Tree, after: _Front, box: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        """Note the places that letters lead to; `after.place` is then these, no longer where they came from."""
        for i, b in enumerate(box.tolist()):
            ends = (low[i], high[i]) if b < 0 else (self.low[b], self.high[b])
            after.place[i] = tree.place(b, int(after.state[i]), *ends, len(self.feed))
        return after.place

    def invariant(self) -> Invariant:
        """What words reach, in breadth-first order of the boxes."""
        tree = _Tree()
        tree.place(0, 0, self.low[0], self.high[0], len(self.feed))
        done = 0
        while done < len(tree.box):
            todo = [b for b in tree.box[done:] if b >= 0]
            done = len(tree.box)
            for at in range(0, len(todo), CROWD):
                self.follow(np.array(todo[at : at + CROWD]), tree)
        state, low, high, after = map(np.array, zip(*tree.rows, strict=True))
        return Invariant(state, low, high, after, np.array(tree.box) >= 0, self.together)


def _distinct(*keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each combination of whole numbers, and per row the place of its own among them."""
    number = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        number = number * (int(key.max(initial=0)) + 1) + key
    _, first, alike = np.unique(number, return_index=True, return_inverse=True)
    return first, alike


def _ends(forms: list[Form], batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Low and high [batch, register], rounded outwards to the grid."""
    if not forms:
        return np.empty((batch, 0)), np.empty((batch, 0))
    return _outwards(
        np.stack([f.low for f in forms], axis=1), np.stack([f.high for f in forms], axis=1)
    )


def _outwards(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.floor(low / GRID) * GRID, np.ceil(high / GRID) * GRID
