"""The types of values: finite sets of exact numbers, evenly spaced grids, and reals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

EXPLICIT = 8  # a set with more values than this is widened to the grid that contains it


@dataclass(frozen=True)
class Fin:
    """A small sorted set of exact numbers; `bit` is Fin((0, 1))."""

    values: tuple[Fraction, ...]

    def __str__(self) -> str:
        return "bit" if self == BIT else "{" + ", ".join(map(str, self.values)) + "}"


@dataclass(frozen=True)
class Grid:
    """All numbers lo, lo + step, ..., hi."""

    lo: Fraction
    hi: Fraction
    step: Fraction

    def __str__(self) -> str:
        return (
            f"int[{self.lo}..{self.hi}]"
            if self.step == 1 and self.lo.denominator == 1
            else f"{{{self.lo}..{self.hi} by {self.step}}}"
        )


@dataclass(frozen=True)
class Real:
    """Any real number; at level `net`, as float32 arithmetic approximates it."""

    def __str__(self) -> str:
        return "real"


Type = Fin | Grid | Real
REAL = Real()


def fin(values: Iterable[Fraction | int]) -> Fin | Grid:
    """The canonical type that holds `values`: a run of integers is a grid, a large set its surrounding grid."""
    vs = tuple(sorted({Fraction(v) for v in values}))
    assert vs, "an empty value set"
    step = _step(vs)
    if len(vs) > EXPLICIT or (
        step == 1 == vs[0].denominator and len(vs) > 2 and len(vs) == vs[-1] - vs[0] + 1
    ):
        return Grid(vs[0], vs[-1], step)
    return Fin(vs)


def grid(lo: Fraction | int, hi: Fraction | int, step: Fraction | int = 1) -> Fin | Grid:
    """The canonical type that holds lo, lo + step, ..., hi."""
    lo, hi, step = Fraction(lo), Fraction(hi), Fraction(step)
    count = (hi - lo) // step + 1
    if count <= EXPLICIT:
        return fin(lo + k * step for k in range(count))
    return Grid(lo, hi, step)


def _step(vs: tuple[Fraction, ...]) -> Fraction:
    den = math.lcm(*(v.denominator for v in vs))
    num = math.gcd(*(int((v - vs[0]) * den) for v in vs))
    return Fraction(num, den) if num else Fraction(1)


def low(t: Fin | Grid) -> Fraction:
    return t.values[0] if isinstance(t, Fin) else t.lo


def high(t: Fin | Grid) -> Fraction:
    return t.values[-1] if isinstance(t, Fin) else t.hi


def step(t: Fin | Grid) -> Fraction:
    """The spacing of the coarsest grid through all values."""
    return _step(t.values) if isinstance(t, Fin) else t.step


def size(t: Fin | Grid) -> int:
    return len(t.values) if isinstance(t, Fin) else int((t.hi - t.lo) // t.step) + 1


def members(t: Fin | Grid) -> list[Fraction]:
    """Every value, ascending."""
    return list(t.values) if isinstance(t, Fin) else [t.lo + k * t.step for k in range(size(t))]


def contains(outer: Type, inner: Type) -> bool:
    """Is every value of `inner` one of `outer`?"""
    if isinstance(outer, Real):
        return True
    if isinstance(inner, Real):
        return False
    if isinstance(outer, Grid):
        aligned = (low(inner) - outer.lo) % outer.step == 0
        spaced = size(inner) == 1 or step(inner) % outer.step == 0
        return aligned and spaced and outer.lo <= low(inner) and high(inner) <= outer.hi
    return size(inner) <= len(outer.values) and set(members(inner)) <= set(outer.values)


BIT = Fin((Fraction(0), Fraction(1)))
SIGN = Fin((Fraction(-1), Fraction(1)))
