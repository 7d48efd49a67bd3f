"""A circuit from nothing but columns: each root from what is there, else split by the signal that helps most."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from bonsaic.passes.columns import Circuit, Recipe, Sheet, Task
from bonsaic.passes.recipes import alone, one_gate, over, two_gates

LEAVES = 12  # sources up to which every four of them are tried
NEAR = 32  # signals, sources first and then the latest gates, that a gate may read


class _TooLarge(Exception):
    """The circuit has more gates than it may have."""


def construct(task: Task, order: Sequence[int], most: int) -> Circuit | None:
    """The circuit of all roots, built in the order given; None where it would take more than so many gates."""
    sheet = Sheet(task)
    roots = [0] * len(task.wanted)
    try:
        for i in order:
            on = task.wanted[i] & task.care[i]
            roots[i] = _make(sheet, on, task.care[i] ^ on, most)
    except _TooLarge:
        return None
    return sheet.circuit(roots)


def _make(sheet: Sheet, on: int, off: int, most: int) -> int:
    """The literal of a signal that is 1 on the rows `on` and 0 on the rows `off`."""
    if len(sheet.gates) > most:
        raise _TooLarge
    recipe = _small(sheet, on, off)
    if recipe is not None:
        return _written(sheet, recipe)
    near = _near(sheet)
    scored = []
    for d, x in near.items():
        if not on & ~x and off & ~x:
            scored.append((_pairs(on, off & x), 0, d))
        if not x & off and on & x:
            scored.append((_pairs(on & ~x, off), 1, d))
        if d and not d & 1:
            scored.append((2 * (_pairs(on & x, off & x) + _pairs(on & ~x, off & ~x)), 2, d))
    _, way, d = min(scored)
    x = sheet.column(d)
    if way == 0:
        return sheet.gate("&", d, _make(sheet, on, off & x, most))
    if way == 1:
        return sheet.gate("&", d ^ 1, _make(sheet, on & ~x, off, most) ^ 1) ^ 1
    high = _make(sheet, on & x, off & x, most)
    low = _make(sheet, on & ~x, off & ~x, most)
    return sheet.gate("^", low, sheet.gate("&", d, sheet.gate("^", high, low)))


def _small(sheet: Sheet, on: int, off: int) -> Recipe | None:
    near, fresh = _near(sheet), 2 * len(sheet.columns)
    found: list[Recipe] = alone(near, on, off) or one_gate(near, on, off, fresh)
    if found:
        return found[0]
    double = next(two_gates(near, on, off, fresh), None)
    if double is not None:
        return double
    sources = range(1, len(sheet.task.sources) + 1)
    fours = itertools.combinations(sources, 4) if 4 <= len(sources) <= LEAVES else [sources[:4]]
    recipes = [over(four, near, on, off, fresh) for four in fours]
    return min((r for r in recipes if r is not None), key=lambda r: len(r[0]), default=None)


def _near(sheet: Sheet) -> dict[int, int]:
    count, sources = len(sheet.columns), len(sheet.task.sources) + 1
    signals = [*range(sources), *range(max(sources, count - NEAR), count)]
    return {2 * s + i: sheet.column(2 * s + i) for s in signals for i in (0, 1)}


def _pairs(on: int, off: int) -> int:
    """How many pairs of rows are still to be told apart."""
    return on.bit_count() * off.bit_count()


def _written(sheet: Sheet, recipe: Recipe) -> int:
    """The literal of a recipe, whose own gates are numbered after the sheet's."""
    gates, result = recipe
    first = len(sheet.columns)
    made: list[int] = []

    def literal(x: int) -> int:
        return made[(x >> 1) - first] ^ x & 1 if x >> 1 >= first else x

    for op, a, b in gates:
        made.append(sheet.gate(op, literal(a), literal(b)))
    return literal(result)
