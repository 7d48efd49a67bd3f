"""A search for fewer gates: one gate after the other gives way to cheaper ones, wherever no root can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from bonsaic.passes.columns import Circuit, Recipe, replaced
from bonsaic.passes.recipes import alone, one_gate, over, two_gates

WORD = 8_000  # rows up to which the length of a column hardly tells in time
IDLE = 5  # sweeps without a smaller circuit before the search ends
CUTS = 4  # random cuts of up to four leaves tried per gate and sweep
NEAR = 32  # signals, drawn at random, that two new gates may read
STOP = 0.2  # the chance that a cut is taken before it is widened


def smallest(c: Circuit, rng: np.random.Generator, effort: int) -> Circuit:
    """The best circuit met on a random walk, `c` at worst; `effort` counts the signals looked at for every gate."""
    best, idle = c, 0
    while idle < IDLE and effort > 0 and c.gates:
        effort -= len(c.gates) * len(c.columns) * (1 + c.task.rows // WORD)
        c = _sweep(c, rng)
        idle += 1
        if c.cost() < best.cost():
            idle = 0 if len(c.gates) < len(best.gates) else idle
            best = c
    return best


def _sweep(c: Circuit, rng: np.random.Generator) -> Circuit:
    """Every gate once, in random order, replaced by a recipe that does not make the circuit larger."""
    for place in rng.permutation(len(c.gates)).tolist():
        if place < len(c.gates):
            recipe = _best(c, c.first + place, rng)
            if recipe is not None:
                other = replaced(c, c.first + place, recipe)
                c = other if len(other.gates) <= len(c.gates) else c
    return c


def _best(c: Circuit, signal: int, rng: np.random.Generator) -> Recipe | None:
    """A recipe for a gate that leaves the fewest gates, at random among equals; None where all leave more."""
    best: list[Recipe] = []
    own = c.own(signal)
    most = 0
    for recipes in _ways(c, signal, len(own), rng):
        for new, result in recipes:
            read = {result >> 1, *(x >> 1 for _, a, b in new for x in (a, b))}
            kept = c.below(read, own) if not own.isdisjoint(read) else ()
            gain = len(own) - len(kept) - len(new)
            if gain > most:
                best, most = [], gain
            if gain == most:
                best.append((new, result))
        if most > 0:
            break
    return best[int(rng.integers(len(best)))] if best else None


def _ways(
    c: Circuit, signal: int, own: int, rng: np.random.Generator
) -> Iterator[Iterable[Recipe]]:
    """Recipes for what the roots see of a signal, cheaper kinds first."""
    seen = c.observed(signal)
    on = c.columns[signal] & seen
    off = seen ^ on
    blocked = c.readers(signal)
    signals = [s for s in range(len(c.columns)) if s not in blocked]
    column = {2 * s + i: c.column(2 * s + i) for s in signals for i in (0, 1)}
    fresh = 2 * len(c.columns)
    yield alone(column, on, off)
    yield one_gate(column, on, off, fresh)
    if own >= 2:
        cuts = (over(leaves, column, on, off, fresh) for leaves in _cuts(c, signal, rng))
        yield [r for r in cuts if r is not None]
    if own >= 3:
        near = (
            signals if len(signals) <= NEAR else rng.choice(signals, NEAR, replace=False).tolist()
        )
        some = {2 * s + i: c.column(2 * s + i) for s in near for i in (0, 1)}
        yield two_gates(some, on, off, fresh)


def _cuts(c: Circuit, signal: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Random sets of up to four signals that cut this one off from the sources."""
    for _ in range(CUTS):
        cut = {signal}
        while inner := [s for s in sorted(cut) if s >= c.first]:
            s = inner[int(rng.integers(len(inner)))]
            _, a, b = c.gates[s - c.first]
            wider = cut - {s} | {a >> 1, b >> 1}
            if len(wider) > 4 or (len(cut) > 2 and rng.random() < STOP):
                break
            cut = wider
        yield sorted(cut)
