"""The checker of inductions: both sides' registers are coded by bits, and stay so, in diagrams of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial, reduce
from typing import Any

from bonsaic.ir.core import Node
from bonsaic.ir.text import parse
from bonsaic.verify import EXACT, demand

# A value, a `Row` of values by bits, or None where nothing is claimed: no code of a value, or no legal letter.
Diagram = Any


def check_bits(c: Any) -> str:
    """Of how many bits both sides' registers are made; a `ValueError` where these do not show that the sides agree.

    All bits are 0 at first. Whatever they are, if no code is without a value and every clause has a 1, then after every
    legal letter the next registers are coded by such bits again, each read alike wherever it occurs, and each output
    that matters is right.
    """
    spec, impl = sides = [parse(c[side]) for side in ("spec", "impl")]
    demand(set(spec.outs) == set(impl.outs), "the sides have different outputs")
    demand({m.level for m in sides} <= {"fin", "gate"}, "it is for programs and circuits")
    free: dict[Any, Diagram] = {name: row(i, 0, 1) for i, name in enumerate(c["order"])}
    free[0] = 0
    codes = [
        {r: Code(*of[r.name]) for r in m.regs} for m, of in zip(sides, c["codes"], strict=True)
    ]
    zeros = dict.fromkeys(free, 0)
    demand(all(some(clause, zeros) for clause in c["clauses"]), "a clause is false at first")
    where: Diagram = 1
    for clause in c["clauses"]:
        where = apply(only, where, some(clause, free))
    envs: list[dict[Any, Diagram]] = []
    for m, of in zip(sides, codes, strict=True):
        env = {None: 1} | {n: free[n.name] for n in m.inputs}
        for r, code in of.items():
            demand(code.decoded(zeros) == m.init[r.name], "it starts otherwise")
            env[r] = code.decoded(free)
            where = apply(lambda w, _: w, where, env[r])
        for n in m.order():
            env[n] = value(n, [env[a] for a in n.args])
        envs.append(env)
    a, b = envs
    where = apply(only, where, a[spec.legal])
    apply(lambda _, x: demand(x > 0, "a letter is refused"), where, b[impl.legal])
    for y, n in spec.outs.items():
        matters = apply(only, where, a[spec.care.get(y)])
        apply(alike, matters, b[impl.care.get(y)], a[n], b[impl.outs[y]])
    after = {0: apply(lambda _: 0, where)}
    for m, of, env in zip(sides, codes, envs, strict=True):
        for r, code in of.items():
            place = apply(code.place, where, env[m.next[r.name]])
            for i, (k, first) in enumerate(zip(code.names, code.first, strict=True)):
                bit = apply(counted, place, i, first)
                demand(after.setdefault(k, bit) == bit, "bits that are equal do not stay so")
    for clause in c["clauses"]:
        apply(lambda _, x: demand(x > 0, "a clause does not stay true"), where, some(clause, after))
    return f"{len(after) - 1} bit{'s' * (len(after) != 2)}"


class Code:
    """A register's value is at the place that bits spell, lowest first, counted from those of its first value."""

    def __init__(self, values: list[Any], names: list[int], first: list[int]):
        demand({*map(type, names)} <= {int} and {*first} <= {0, 1}, "a bit is none")
        demand(len(values) <= 1 << len(names), "bits are missing")
        self.values, self.names, self.first = [*map(number, map(Fraction, values))], names, first
        self.places = {v: i for i, v in enumerate(self.values)}

    def decoded(self, bits: dict[Any, Diagram]) -> Diagram:
        return apply(self.at, *(bits[k] for k in self.names))

    def at(self, *bits: int) -> Fraction | int | None:
        place = sum((b ^ f) << i for i, (b, f) in enumerate(zip(bits, self.first, strict=True)))
        return self.values[place] if place < len(self.values) else None

    def place(self, _: int, v: int) -> int:
        return self.places[v]


def counted(place: int, i: int, first: int) -> int:
    return place >> i & 1 ^ first


def some(clause: list[int], bits: dict[Any, Diagram]) -> Diagram:
    """Is one of the bits 1, or of the negative ones 0?"""
    literals = (apply(counted, bits[abs(k)], 0, int(k < 0)) for k in clause)
    return reduce(partial(apply, max), literals, 0)


def only(where: int, x: int) -> int | None:
    return where if x > 0 else None


def alike(_: int, cared: int, wanted: int, found: int) -> None:
    demand(cared > 0 and (wanted > 0) == (found > 0), "an output may be wrong")


def value(n: Node, xs: Sequence[Diagram]) -> Diagram:
    if n.op != "affine":
        return apply(EXACT[n.op], 1, *xs, *map(number, n.attr))
    total: Diagram = number(n.attr[1])
    for w, x in zip(map(number, n.attr[0]), xs, strict=True):
        total = apply(plus, total, w, x)
    return total


def plus(total: int, w: int, x: int) -> int:
    return total + w * x


def number(v: Fraction) -> Fraction | int:
    """The same, but quicker to reckon with where it is whole."""
    return int(v) if v.denominator == 1 else v


@dataclass(frozen=True, eq=False)
class Row:
    """A function of bits from place `bit` on: what it is where that one is 0, and where it is 1."""

    bit: int
    ways: tuple[Diagram, Diagram]


@cache
def row(bit: int, zero: Diagram, one: Diagram) -> Row:
    return Row(bit, (zero, one))


@cache
def apply(f: Callable[..., Any], *xs: Diagram) -> Diagram:
    """f of the values of `xs` wherever all have one, bit by bit; equal functions are one object."""
    if None in xs:
        return None
    top = min((x.bit for x in xs if isinstance(x, Row)), default=-1)
    if top < 0:
        return f(*xs)
    low, high = (
        [x.ways[way] if isinstance(x, Row) and x.bit == top else x for x in xs] for way in (0, 1)
    )
    zero, one = apply(f, *low), apply(f, *high)
    return zero if zero == one else row(top, zero, one)
