"""Boolean functions given by the rows where they must be 1 and where they must be 0, as gates; other rows are free."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from bonsaic.ir.core import Node
from bonsaic.ir.logic import FALSE, TRUE, conjunction, disjunction, invert

SYMBOLIC = 6  # leaves up to which sympy minimises exactly; it takes 0.02 s at 6, a second at 8, and times out at 10
SUBSETS = 14  # leaves up to which every set of them is tried

Cube = dict[int, bool]  # column -> the value it must have


def recover(on: np.ndarray, off: np.ndarray, leaves: Sequence[Node]) -> Node:
    """A gate that is 1 on the rows `on` and 0 on the rows `off`, both 0/1 [row, leaf], from as few leaves as can be."""
    if not len(on):
        return FALSE
    if not len(off):
        return TRUE
    keep = support(on, off)
    used = [leaves[i] for i in keep]
    ones, zeros = (np.unique(rows[:, keep], axis=0) for rows in (on, off))
    # One row is one cube, and of two leaves only an exclusive or has more: for these sympy is not worth importing.
    plain = len(keep) <= 2 or len(ones) == 1 or len(zeros) == 1
    if len(keep) <= SYMBOLIC and not plain:
        return _symbolic(ones, zeros, used)
    ways = [_sum(espresso(ones, zeros), used), invert(_sum(espresso(zeros, ones), used))]
    return min(ways, key=_literals)


def support(on: np.ndarray, off: np.ndarray) -> list[int]:
    """The smallest set of columns that still tells every row of `on` from every row of `off`; the first such set.

    Of more than SUBSETS columns a set from which none can go: the last go first.
    """
    count = on.shape[1]
    if count <= SUBSETS:
        return _smallest(on, off)
    # Rows whose sums differ, differ.
    scattered = np.random.default_rng(0).integers(1 << 64, size=count, dtype=np.uint64)
    weights = np.array([1 << i for i in range(count)] if count <= 64 else scattered, np.uint64)
    rows = np.concatenate([on, off]).astype(np.uint64)
    kept: list[int] = []
    end, of_kept = count, np.zeros(len(rows), np.uint64)  # before `end` columns are to be decided
    while True:
        low, high, total = 0, end, of_kept
        while low < high:  # the fewest columns that do, with the kept ones
            middle = (low + high) // 2
            further = total + rows[:, low:middle] @ weights[low:middle]
            if not np.isin(further[: len(on)], further[len(on) :]).any():
                high = middle
            else:
                low, total = middle + 1, further + rows[:, middle] * weights[middle]
        if not high:
            return kept[::-1]
        end = high - 1
        kept.append(end)
        of_kept = of_kept + rows[:, end] * weights[end]


def _smallest(on: np.ndarray, off: np.ndarray) -> list[int]:
    """Of all sets of columns at once: a set will not do where two rows differ only outside it."""
    count = on.shape[1]
    ones, zeros = (np.unique(rows.astype(np.int64) @ (1 << np.arange(count))) for rows in (on, off))
    alike = np.zeros(
        1 << count, bool
    )  # [set]: do two rows differ in these columns and no others, or in fewer?
    for row in ones.tolist():
        alike[row ^ zeros] = True
    for column in range(count):
        halves = alike.reshape(-1, 2, 1 << column)
        halves[:, 1] |= halves[:, 0]
    for size in range(count):
        for chosen in itertools.combinations(range(count), size):
            if not alike[~sum(1 << c for c in chosen)]:
                return list(chosen)
    return list(range(count))


def _symbolic(on: np.ndarray, off: np.ndarray, leaves: Sequence[Node]) -> Node:
    """sympy's exact two-level form, of the function or of its complement, whichever is shorter."""
    from sympy import Symbol
    from sympy.logic import POSform, SOPform

    named = {Symbol(f"x{i:02}"): leaf for i, leaf in enumerate(leaves)}
    ones = on.tolist()
    decided = {tuple(row) for row in (*ones, *off.tolist())}
    free = [
        list(row) for row in itertools.product((0, 1), repeat=len(leaves)) if row not in decided
    ]
    forms = [form(list(named), ones, free) for form in (SOPform, POSform)]
    return min((_gates(form, named) for form in forms), key=_literals)


def _gates(form: Any, leaves: dict) -> Node:
    if form in leaves:
        return leaves[form]
    ordered = sorted(form.args, key=lambda a: sorted(s.name for s in a.free_symbols))
    args = [_gates(a, leaves) for a in ordered]
    match type(form).__name__:
        case "And":
            return conjunction(args)
        case "Or":
            return disjunction(args)
        case "Not":
            return invert(args[0])
        case "BooleanTrue":
            return TRUE
        case "BooleanFalse":
            return FALSE
    raise AssertionError(form)


def espresso(on: np.ndarray, off: np.ndarray) -> list[Cube]:
    """A small irredundant set of cubes that together hold every row of `on` and no row of `off`.

    Each row not yet held grows into a cube by dropping, as long as no row of `off` gets in, the literal whose loss
    keeps it farthest from them.
    """
    cubes, held = [], np.zeros(len(on), bool)
    while not held.all():
        seed = on[np.argmin(held)]
        cube = _grown(seed, off)
        inside = (on[:, cube] == seed[cube]).all(axis=1)
        cubes.append((inside, {int(c): bool(seed[c]) for c in np.flatnonzero(cube)}))
        held |= inside
    cubes.sort(key=lambda c: (-len(c[1]), c[0].sum()))
    counts = np.sum([inside for inside, _ in cubes], axis=0)
    needed = []
    for inside, literals in cubes:
        if (counts[inside] > 1).all():
            counts = counts - inside
        else:
            needed.append(literals)
    return sorted(needed, key=lambda c: sorted(c.items()))


def _grown(seed: np.ndarray, off: np.ndarray) -> np.ndarray:
    """bool [column]: the literals a prime cube around `seed` keeps."""
    cube = np.ones(len(seed), bool)
    differs = off != seed
    while True:
        distance = (differs & cube).sum(axis=1)
        blocked = differs[distance == 1].any(axis=0)
        candidates = np.flatnonzero(cube & ~blocked)
        if not len(candidates):
            return cube
        near = 1.0 / (distance[:, None] * (distance[:, None] - 1) + 1e-9)
        risk = (near * differs[:, candidates]).sum(axis=0)
        cube[candidates[np.argmin(risk)]] = False


def _sum(cubes: list[Cube], leaves: Sequence[Node]) -> Node:
    return disjunction(
        conjunction(leaves[i] if value else invert(leaves[i]) for i, value in sorted(cube.items()))
        for cube in cubes
    )


def _literals(n: Node) -> int:
    """Leaves of the expression tree."""
    if n.op in ("and", "or", "xor", "not"):
        return sum(map(_literals, n.args))
    return 1
