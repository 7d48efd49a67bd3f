"""Equality without visiting states: classes of register bits that are equal at first and stay so on every tick.

Register correspondence after C. A. J. van Eijk, "Sequential equivalence checking based on structural similarities"
(2000): classes are split until the next values are equal wherever the values are, then the outputs are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from bonsaic.ir.core import Module, Node
from bonsaic.ir.ops import ameo
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import SIGN, Fin, Grid, Type, low, size, step
from bonsaic.prove.diagram import Diagrams, TooLarge
from bonsaic.prove.verdict import Proved, Unknown

EFFORT = 1_000_000  # pairs of diagrams joined, some seconds
EXACT = ("fin", "gate")  # levels whose arithmetic no rounding touches


def by_induction(
    spec: ModuleMachine, impl: ModuleMachine, passed: np.ndarray, *, effort: int = EFFORT
) -> Proved | Unknown:
    """Does an invariant of equal register bits show that `impl` gives the outputs of `spec` on every legal word?

    passed: some reachable product states, int [row, register]; they only save time. The ports must be the same. The
    proof is about exact reals; at levels `fin` and `gate` float32 computes the same.
    """
    found = equal_bits(spec, impl, passed, effort=effort)
    if isinstance(found, Unknown):
        return found
    exact = spec.module.level in EXACT and impl.module.level in EXACT
    arithmetic = "float32" if exact else "exact reals"
    return Proved(found.classes, 0, arithmetic, "register classes", "induction")


@dataclass(frozen=True)
class Equal:
    """Classes of register bits, numbered from 1 and counted from what they are at first; those of class 0 never change.

    codes: per side, by register, the classes of the bits of its value's place and what these are at first, the lowest
    first. order: classes and the names of inputs as the diagrams have them. clauses: in each, one of these classes is
    always 1, or, negative, 0.
    """

    codes: tuple[Mapping[str, tuple[list[int], list[int]]], ...]
    order: list[int | str]
    clauses: tuple[list[int], ...] = ()

    @property
    def classes(self) -> int:
        return sum(isinstance(place, int) for place in self.order)


def equal_bits(
    spec: ModuleMachine, impl: ModuleMachine, passed: np.ndarray, *, effort: int = EFFORT
) -> Equal | Unknown:
    """The invariant that `by_induction` asks for."""
    product = _Product(spec.module, impl.module, effort)
    try:
        group = product.classes(product.suggested(passed, [*spec.dens, *impl.dens]))
    except (TooLarge, RecursionError):
        return Unknown("the functions are too large for decision diagrams")
    if group is None:
        return Unknown("equal registers alone do not make the outputs equal")
    return product.equal(group)


def separate(spec: Module, impl: Module) -> Equal:
    """Nothing is said to be equal: every bit has a class of its own."""
    product = _Product(spec, impl, effort=0)
    return product.equal([*range(1, len(product.bits) + 1)])


class _Bit(NamedTuple):
    """A bit of the place of a register's value among the values of its type; `initial`: what it is at first."""

    side: int
    register: Node
    power: int
    initial: int


class _Product:
    """Both ticks as functions of the shared inputs and of one bit for every class of register bits.

    A bit is counted from its initial value, so every class is 0 at first; class 0 is always 0.
    """

    def __init__(self, spec: Module, impl: Module, effort: int):
        self.sides = (spec, impl)
        self.diagrams = Diagrams(effort)
        self.bits = [
            _Bit(side, r, i, _place(r.type, m.init[r.name]) >> i & 1)
            for side, m in enumerate(self.sides)
            for r in m.regs
            for i in range(_width(r.type))
        ]
        met = {
            (side if a.op == "reg" else None, a): None  # both sides read the same inputs
            for side, m in enumerate(self.sides)
            for n in (*m.order(), *m.roots(), *m.regs)
            for a in (*n.args, n)
            if a.op in ("in", "reg")
        }
        listed = [(s, a.name, i) for s, a in met for i in range(_width(a.type))]
        self.order = {key: place for place, key in enumerate(dict.fromkeys(listed))}

    def suggested(self, passed: np.ndarray, dens: list[int]) -> list[int]:
        """A class for every bit: those that were always equal share one. dens: as in `ModuleMachine`."""
        registers = [(side, r) for side, m in enumerate(self.sides) for r in m.regs]
        codes = {
            key: _places(key[1].type, passed[:, i], den)
            for i, (key, den) in enumerate(zip(registers, dens, strict=True))
        }
        seen = [(codes[b.side, b.register] >> b.power & 1) ^ b.initial for b in self.bits]
        ids = {bytes(len(passed)): 0}
        return [ids.setdefault(bits.astype(np.uint8).tobytes(), len(ids)) for bits in seen]

    def classes(self, group: list[int]) -> list[int] | None:
        """A class for every bit, these or finer ones, that show that the outputs are equal; None: they do not."""
        zero = self.diagrams.value(0)
        while True:
            allowed, wrong, after = self._tick(group)
            ids = {(0, zero): 0}
            split = [
                ids.setdefault((g, self._both(allowed, n)), len(ids))
                for g, n in zip(group, after, strict=True)
            ]
            if len(ids) == len({0, *group}):
                return split if self._both(allowed, wrong) == zero else None
            group = split

    def equal(self, group: list[int]) -> Equal:
        """What these classes say."""
        codes: list[dict[str, tuple[list[int], list[int]]]] = [
            {r.name: ([], []) for r in m.regs} for m in self.sides
        ]
        placed: dict[int | str, int] = {}
        for bit, g in zip(self.bits, group, strict=True):
            names, first = codes[bit.side][bit.register.name]
            names.append(g)
            first.append(bit.initial)
            if g:
                placed.setdefault(g, self.order[bit.side, bit.register.name, bit.power])
        last = len(self.order)  # of the inputs that nothing reads
        for n in (n for m in self.sides for n in m.inputs):
            placed[n.name] = self.order.get((None, n.name, 0), last)
        return Equal((*codes,), sorted(placed, key=placed.__getitem__))

    def _tick(self, group: list[int]) -> tuple[int, int, list[int]]:
        """Where a letter may be read, where an output is then wrong, and every bit after it, of the classes' bits."""
        d = self.diagrams
        stand = {0: d.value(0)}
        state: tuple[dict[Node, list[int]], ...] = ({}, {})
        for bit, g in zip(self.bits, group, strict=True):
            if g not in stand:
                stand[g] = d.bit(self.order[bit.side, bit.register.name, bit.power])
            now = self._flip(stand[g], bit.initial)
            state[bit.side].setdefault(bit.register, []).append(now)
        allowed = d.value(1)
        values = []
        for m, codes in zip(self.sides, state, strict=True):
            env = {n: self._wire(n) for n in m.inputs}
            for r in m.regs:
                env[r], possible = self._register(r.type, codes.get(r, []))
                allowed = self._both(allowed, possible)
            for n in m.order():
                env[n] = self._node(n, [env[a] for a in n.args])
            values.append(env)
        after = [
            self._flip(self._code(b.register.type, b.power, values[b.side][n]), b.initial)
            for b in self.bits
            for n in [self.sides[b.side].next[b.register.name]]
        ]
        (a, b), (spec, impl) = values, self.sides
        allowed = self._both(allowed, self._holds(a, spec.legal))
        wrong = self._flip(self._holds(b, impl.legal), 1)
        for y, n in spec.outs.items():
            unlike = d.apply("unlike", lambda x, z: (x > 0) != (z > 0), a[n], b[impl.outs[y]])
            free = self._flip(self._holds(b, impl.care.get(y)), 1)
            cared = self._both(self._holds(a, spec.care.get(y)), d.apply("or", max, unlike, free))
            wrong = d.apply("or", max, wrong, cared)
        return allowed, wrong, after

    def _wire(self, n: Node) -> int:
        if (place := self.order.get((None, n.name, 0))) is None:  # nothing reads it
            return self.diagrams.value(0)
        wire = self.diagrams.bit(place)
        return self.diagrams.apply("wire", lambda x: 2 * x - 1, wire) if n.type == SIGN else wire

    def _register(self, t: Type, bits: list[int]) -> tuple[int, int]:
        """The value whose place these bits are, and whether there is one: a type holds what its register ever is."""
        d = self.diagrams
        code = d.value(0)
        for i, bit in enumerate(bits):
            code = d.apply(("bit", i), lambda c, b, i=i: c + b * (1 << i), code, bit)
        value = d.apply(("value", t), lambda c: _value(t, c), code)
        return value, d.apply(("in", _size(t)), lambda c: int(c < _size(t)), code)

    def _code(self, t: Type, index: int, value: int) -> int:
        return self.diagrams.apply(("code", t, index), lambda v: _place(t, v) >> index & 1, value)

    def _node(self, n: Node, xs: list[int]) -> int:
        d = self.diagrams
        if n.op != "affine":
            f = MEANING[n.op](*n.attr)
            return d.apply((n.op, *n.attr), f, *xs) if xs else d.value(f())
        weights, bias = n.attr
        total = d.value(bias)
        for w, x in zip(weights, xs, strict=True):
            total = d.apply(("plus", w), lambda s, v, w=w: s + w * v, total, x)
        return total

    def _holds(self, env: Mapping[Node, int], n: Node | None) -> int:
        return self.diagrams.value(1) if n is None else env[n]

    def _both(self, x: int, y: int) -> int:
        return self.diagrams.apply("and", min, x, y)

    def _flip(self, x: int, flip: int) -> int:
        return self.diagrams.apply("not", lambda b: 1 - b, x) if flip else x


def _size(t: Type) -> int:
    assert isinstance(t, Fin | Grid), t
    return size(t)


def _width(t: Type) -> int:
    """The bits that tell the values of a type apart."""
    return (_size(t) - 1).bit_length()


def _place(t: Type, value: Fraction) -> int:
    assert isinstance(t, Fin | Grid), t
    return t.values.index(value) if isinstance(t, Fin) else int((value - t.lo) / t.step)


def _places(t: Type, numerators: np.ndarray, den: int) -> np.ndarray:
    assert isinstance(t, Fin | Grid), t
    if isinstance(t, Fin):
        return np.searchsorted([int(v * den) for v in t.values], numerators)
    return (numerators - int(t.lo * den)) // int(t.step * den)


def _value(t: Type, place: int) -> Fraction:
    """The value at a place, the last one for places that the type does not have."""
    assert isinstance(t, Fin | Grid), t
    place = min(int(place), size(t) - 1)
    return t.values[place] if isinstance(t, Fin) else low(t) + place * step(t)


MEANING: dict[str, Callable[..., Callable]] = {
    "const": lambda value: lambda: value,
    "mul": lambda: lambda x, y: x * y,
    "div": lambda: lambda x, y: x // y,
    "mod": lambda: lambda x, y: x % y,
    "eq": lambda: lambda x, y: int(x == y),
    "lt": lambda: lambda x, y: int(x < y),
    "select": lambda: lambda c, x, y: x if c else y,
    "cast": lambda lo, hi: lambda x: min(max(x, lo), hi),
    "ameo": lambda f, leak: lambda x: ameo(Fraction(x), f, leak),
    "sign": lambda: lambda x: 1 if x > 0 else -1,
    "not": lambda: lambda x: 1 - x,
    "and": lambda: min,
    "or": lambda: max,
    "xor": lambda: lambda x, y: int(x != y),
}
