"""A search for fewer gates: one gate after the other gives way to cheaper ones, wherever no root can tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np

from bonsaic.passes import exact
from bonsaic.passes.columns import Circuit, Gate, Recipe, replaced

IDLE = 6  # sweeps without a smaller circuit before it is taken
CUTS = 4  # random cuts of up to four leaves tried per gate and sweep
STOP = 0.2  # the chance that a cut is taken before it is widened
LOOK = 10  # recipes of one kind that are tried out per gate and sweep
TRIED = 400_000  # pairs of signals looked at per gate


def smallest(c: Circuit, rng: np.random.Generator, effort: int) -> Circuit:
    """The best circuit met on a walk of at most about `effort` looks at a pair of signals; never a larger one."""
    best, idle = c, 0
    walk = _Walk(rng, effort)
    while idle < IDLE and walk.effort > 0 and c.gates:
        c = walk.sweep(c)
        idle += 1
        if c.cost() < best.cost():
            idle = 0 if len(c.gates) < len(best.gates) else idle
            best = c
    return best


class _Walk:
    def __init__(self, rng: np.random.Generator, effort: int):
        self.rng, self.effort = rng, effort

    def sweep(self, c: Circuit) -> Circuit:
        """Every gate once, in random order, replaced by a recipe that does not make the circuit larger."""
        for place in self.rng.permutation(len(c.gates)).tolist():
            if place < len(c.gates) and self.effort > 0:
                c = self.step(c, c.first + place)
        return c

    def step(self, c: Circuit, signal: int) -> Circuit:
        """`c` with the best of some replacements of one gate, a random one of those equally good."""
        best = [c]
        for recipes in self.ways(c, signal, c.own(signal)):
            for i in self.rng.permutation(len(recipes))[:LOOK].tolist():
                other = replaced(c, signal, recipes[i])
                if len(other.gates) < len(best[0].gates):
                    best = []
                if not best or len(other.gates) == len(best[0].gates):
                    best.append(other)
            if len(best[0].gates) < len(c.gates):
                break
        return best[int(self.rng.integers(len(best)))]

    def ways(self, c: Circuit, signal: int, own: int) -> Iterator[list[Recipe]]:
        """Recipes for what the roots see of a signal, of at most `own` gates: lists, cheaper ones first."""
        seen = c.observed(signal)
        on = c.columns[signal] & seen
        off = seen ^ on
        blocked = c.readers(signal)
        literals = [2 * s + i for s in range(len(c.columns)) if s not in blocked for i in (0, 1)]
        column = {d: c.column(d) for d in literals}
        fresh = 2 * len(c.columns)
        yield [((), d) for d, x in column.items() if not on & ~x and not x & off]
        yield [((gate,), fresh + flip) for gate, flip in self.two(column, on, off)]
        if own >= 2:
            yield list(self.cuts(c, signal, on, off, own))
        if own >= 3:
            yield list(self.three(column, on, off, fresh))

    def two(self, column: dict[int, int], on: int, off: int) -> Iterator[tuple[Gate, int]]:
        for inverted, (ones, zeros) in enumerate(((on, off), (off, on))):
            above = [(d, x & zeros) for d, x in column.items() if not ones & ~x]
            self.effort -= len(above) ** 2 // 2
            if len(above) ** 2 < 2 * TRIED:
                for (a, x), (b, y) in itertools.combinations(above, 2):
                    if not x & y:
                        yield ("&", a, b), inverted
        seen = on | off
        place = {x & seen: d for d, x in column.items() if not d & 1}
        for a, x in column.items():
            other = place.get((x ^ on) & seen)
            if other is not None and a < other:
                yield ("^", a, other), 0

    def three(self, column: dict[int, int], on: int, off: int, fresh: int) -> Iterator[Recipe]:
        """A gate of one signal and a gate of two others."""
        for inverted, (ones, zeros) in enumerate(((on, off), (off, on))):
            for a, x in column.items():
                if not ones & ~x and x & zeros != zeros:
                    for inner, flip in self.two(column, ones, zeros & x):
                        yield (inner, ("&", a, fresh + flip)), fresh + 2 + inverted
        for a, x in column.items():
            if a and not a & 1 and self.effort > 0:
                for inner, flip in self.two(column, (on & ~x) | (off & x), (on & x) | (off & ~x)):
                    yield (inner, ("^", a, fresh + flip)), fresh + 2

    def cuts(self, c: Circuit, signal: int, on: int, off: int, own: int) -> Iterator[Recipe]:
        """Exact minima over up to four signals that cut this one off from the sources, or over the sources."""
        for leaves in self.leaves(c, signal):
            cells = [on | off]
            for s in reversed(leaves):
                x = c.columns[s]
                cells = [half for cell in cells for half in (cell & ~x, cell & x)]
            ones = sum(1 << i for i, cell in enumerate(cells) if cell & on)
            zeros = sum(1 << i for i, cell in enumerate(cells) if cell & off)
            if not ones & zeros:
                yield _exact(ones, zeros, leaves, 2 * len(c.columns))

    def leaves(self, c: Circuit, signal: int) -> Iterator[list[int]]:
        for _ in range(CUTS):
            cut = {signal}
            while inner := [s for s in sorted(cut) if s >= c.first]:
                s = inner[int(self.rng.integers(len(inner)))]
                _, a, b = c.gates[s - c.first]
                wider = cut - {s} | {a >> 1, b >> 1}
                if len(wider) > 4:
                    break
                cut = wider
                if self.rng.random() < STOP and signal not in cut and len(cut) > 2:
                    break
            yield sorted(cut) + [0] * (4 - len(cut))


def _exact(ones: int, zeros: int, leaves: list[int], fresh: int) -> Recipe:
    gates: list[Gate] = []

    def gate(kind: str, x: int, y: int) -> int:
        op, a, b, flip = {
            "&": ("&", x, y, 0),
            ">": ("&", x, y ^ 1, 0),
            "<": ("&", x ^ 1, y, 0),
            "|": ("&", x ^ 1, y ^ 1, 1),
            "^": ("^", x, y, 0),
        }[kind]
        gates.append((op, a, b))
        return fresh + 2 * len(gates) - 2 + flip

    f = _cheapest(ones, zeros)
    assert f not in (0, 0xFFFF), "a signal that is constant where it matters is no gate"
    result = exact.realise(f, [2 * s for s in leaves], lambda x: x ^ 1, gate)
    return tuple(gates), result


_cheapest = cache(exact.cheapest)
