"""Everything the compiler knows about an operation: one row each, with its type rule, and which levels allow it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bonsaic.ir.values import (
    BIT,
    EXPLICIT,
    REAL,
    SIGN,
    Fin,
    Grid,
    Real,
    Type,
    contains,
    fin,
    grid,
    high,
    low,
    members,
    size,
    step,
)


@dataclass(frozen=True)
class Op:
    """How many operands (None: any number), the names of its attributes, and its type rule."""

    arity: int | None
    attrs: tuple[str, ...]
    infer: Callable[[Sequence[Type], tuple], Type]
    meaning: str


FINEST = 64  # numbers between multiples of 1/64 make a value real: no one wants to read its set
SUMS = 4096  # above this many combinations the value set of an operation is approximated by a grid
ACTIVATED = 512  # above this many arguments the values of an activation are not listed


def _affine(types: Sequence[Type], attr: tuple) -> Type:
    weights, bias = attr
    fine = any(w.denominator > FINEST for w in (*weights, bias))
    finite = [t for t in types if not isinstance(t, Real)]
    if fine or len(finite) < len(types):
        return REAL
    terms = [_scale(w, t) for w, t in zip(weights, finite, strict=True) if w != 0]
    if sum(size(t) - 1 for t in terms) >= EXPLICIT:  # a sum has more values than this, so a grid
        least, most = (bias + sum(map(end, terms)) for end in (low, high))
        return grid(least, most, _gcd([step(t) for t in terms if size(t) > 1]))
    return fin(bias + sum(vs) for vs in itertools.product(*map(members, terms)))


def _scale(w: Fraction, t: Fin | Grid) -> Fin | Grid:
    if isinstance(t, Fin):
        return fin(w * v for v in t.values)
    ends = sorted((w * t.lo, w * t.hi))
    return grid(ends[0], ends[1], abs(w) * t.step)


def _gcd(steps: Sequence[Fraction]) -> Fraction:
    den = math.lcm(*(s.denominator for s in steps))
    return Fraction(math.gcd(*(int(s * den) for s in steps)), den) or Fraction(1)


def _integers(types: Sequence[Type], f: Callable[[Fraction, Fraction], Fraction]) -> Type:
    """The hull of f over all pairs of values: exact for small sets, from the corners for grids (f monotone in each)."""
    a, b = types
    assert not isinstance(a, Real) and not isinstance(b, Real)
    if size(a) * size(b) <= SUMS:
        return fin(f(x, y) for x in members(a) for y in members(b))
    corners = [f(x, y) for x in (low(a), high(a)) for y in (low(b), high(b))]
    return grid(min(corners), max(corners))


def _div(types: Sequence[Type], attr: tuple) -> Type:
    return _integers(types, lambda x, y: Fraction(x // y))


def _mod(types: Sequence[Type], attr: tuple) -> Type:
    a, b = types
    assert not isinstance(a, Real) and not isinstance(b, Real)
    if size(a) * size(b) <= SUMS:
        return fin(x % y for x in members(a) for y in members(b))
    return grid(0, high(b) - 1) if low(b) > 0 else grid(low(b) + 1, 0)


def _join(types: Sequence[Type], attr: tuple) -> Type:
    a, b = types[1:]
    if isinstance(a, Real) or isinstance(b, Real):
        return REAL
    if contains(a, b):
        return a
    if contains(b, a):
        return b
    if size(a) + size(b) <= SUMS:
        return fin(itertools.chain(members(a), members(b)))
    joint = _gcd([step(a), step(b), abs(low(a) - low(b))])
    return grid(min(low(a), low(b)), max(high(a), high(b)), joint)


def ameo(x: Fraction, f: Fraction, leak: Fraction) -> Fraction:
    """The interpolated Ameo activation, exactly: f * hard + (1 - f) * quartic, odd, zeros at -2, 0 and 2.

    From C. Primozic, "Boolean Logic with Neural Networks" (2022); both parts leak beyond -3 and 3.
    """
    if x < 0:
        return -ameo(-x, f, leak)
    if x > 3:
        return 1 + leak * (x - 3)
    if x <= 1:
        hard, soft = -x, (x - 1) ** 4 - 1
    else:
        hard, soft = x - 2, (x - 1) ** 4 - 1 if x <= 2 else 1 - (x - 3) ** 4
    return f * hard + (1 - f) * soft


def _ameo(types: Sequence[Type], attr: tuple) -> Type:
    (t,) = types
    if isinstance(t, Real) or size(t) > ACTIVATED:
        return REAL
    values = fin(ameo(v, *attr) for v in members(t))
    coarse = max(low(values).denominator, step(values).denominator) <= FINEST
    return values if coarse else REAL


def _bit(types: Sequence[Type], attr: tuple) -> Type:
    return BIT


OPS: dict[str, Op] = {
    "in": Op(0, (), _bit, "a port's value this tick"),
    "reg": Op(0, (), _bit, "a register's value at the start of the tick"),
    "const": Op(0, ("value",), lambda t, a: fin([a[0]]), "a number"),
    "affine": Op(
        None, ("weights", "bias"), _affine, "the weighted sum of the operands plus a bias"
    ),
    "mul": Op(2, (), lambda t, a: _integers(t, lambda x, y: x * y), "product of integers"),
    "div": Op(2, (), _div, "quotient, rounded towards minus infinity"),
    "mod": Op(2, (), _mod, "remainder, with the sign of the divisor"),
    "eq": Op(2, (), _bit, "1 where the operands are equal"),
    "lt": Op(2, (), _bit, "1 where the first operand is smaller"),
    "select": Op(3, (), _join, "the second operand where the first is 1, else the third"),
    "cast": Op(
        1,
        ("lo", "hi"),
        lambda t, a: grid(a[0], a[1]),
        "the operand, held between lo and hi (a lowering casts only what it knows to lie there)",
    ),
    "ameo": Op(1, ("f", "leak"), _ameo, "the interpolated Ameo activation"),
    "sign": Op(1, (), lambda t, a: SIGN, "+1 where the operand is above 0, else -1"),
    "not": Op(1, (), _bit, "1 - x"),
    "and": Op(2, (), _bit, "both"),
    "or": Op(2, (), _bit, "at least one"),
    "xor": Op(2, (), _bit, "exactly one"),
}

LOGIC = ("not", "and", "or", "xor")
LEVELS: dict[str, frozenset[str]] = {
    "fin": frozenset(
        {"in", "reg", "const", "affine", "mul", "div", "mod", "eq", "lt", "select", "cast", *LOGIC}
    ),
    "net": frozenset({"in", "reg", "const", "affine", "ameo", "sign"}),
    "quant": frozenset({"in", "reg", "const", "affine", "ameo", "sign"}),
    "gate": frozenset({"in", "reg", "const", *LOGIC}),
}

WHOLE = ("mul", "div", "mod", "eq", "lt", "cast")


def misfit(op: str, types: Sequence[Type], attr: tuple) -> tuple[int | None, str] | None:
    """Why an operation cannot read operands of these types: which one (None: the attributes), and a sentence."""
    for i, t in enumerate(types):
        if (op in LOGIC or (op == "select" and i == 0)) and not contains(BIT, t):
            return i, f"`{op}` reads a bit here, but this is {t}"
        if op in (*WHOLE, "select") and isinstance(t, Real):
            return i, f"`{op}` reads finitely many values, but this is real"
        if op in WHOLE and not isinstance(t, Real):
            if any(v.denominator != 1 for v in (low(t), step(t))):
                return i, f"`{op}` reads whole numbers, but this is {t}"
            if op in ("div", "mod") and i == 1 and low(t) <= 0 <= high(t):
                return i, f"`{op}` needs a divisor of one sign, but this is {t}"
    match op:
        case "cast" if attr[0] > attr[1] or any(v.denominator != 1 for v in attr):
            return None, "`cast` needs whole numbers lo <= hi"
        case "ameo" if not all(0 <= v <= 1 for v in attr):
            return None, "`ameo` needs f and leak between 0 and 1"
    return None
