"""What one tick of a module computes, exactly, over a whole batch of states and letters.

Arrays are always [batch, time, port] or [batch, port]. Every value is held as an integer numerator over a denominator
that is fixed per node, in int64 where a static bound allows it and in Python integers where not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bonsaic.ir.core import Module, Node, topological
from bonsaic.ir.ops import LEVELS
from bonsaic.ir.values import BIT, SIGN, Fin, Grid, Real, Type, high, low, step

INT64 = 1 << 62
ULP = Fraction(1, 1 << 24)  # unit roundoff of float32
TINY = Fraction(1, 1 << 126)  # below this float32 may flush a result to zero
LARGEST = 1 << 30  # a sum beyond it may overflow float32 when an activation takes its fourth power


@dataclass(frozen=True)
class Scale:
    """A value is numerator / den with |numerator| <= bound; float32 evaluation is off by at most `error`."""

    den: int
    bound: int
    error: Fraction = Fraction(0)

    @property
    def magnitude(self) -> Fraction:
        return Fraction(self.bound, self.den)


@dataclass(frozen=True, eq=False)
class Step:
    """next int [batch, register]; outs, care bool [batch, output]; legal, clear bool [batch].

    clear: every decision (sign of a neuron or an output) stays on its side under any float32 rounding.
    """

    next: np.ndarray
    outs: np.ndarray
    care: np.ndarray
    legal: np.ndarray
    clear: np.ndarray


class ModuleMachine:
    """A module whose registers hold finitely many values, as a machine over integer state vectors.

    `initial` is int [register]; a register's column holds its numerator over the denominator of its type; `columns` has
    per register the lowest numerator, their spacing and how many places that makes (a sparse set leaves some empty).
    `float32` says whether the registers are exact under float32 too, so that a proof covers that arithmetic.
    """

    def __init__(self, m: Module):
        self.module = m
        self.inputs = tuple(n.name for n in m.inputs)
        self.outputs = tuple(m.outs)
        types = [_finite(r.type) for r in m.regs]
        dens = [_den(t) for t in types]
        self.initial = _array([m.init[r.name] * d for r, d in zip(m.regs, dens, strict=True)])
        self.columns = [
            (int(low(t) * d), int(step(t) * d), int((high(t) - low(t)) / step(t)) + 1)
            for t, d in zip(types, dens, strict=True)
        ]
        self._scales = scales(m)
        needed = _needed(m)
        self._plan = [(n, self._kernel(n)) for n in needed]
        self.dens = dens
        wide = any(self._scales[n].bound >= INT64 for n in (*m.inputs, *m.regs, *needed))
        logic = all(n.type == BIT and n.op in LEVELS["gate"] for n in (*m.inputs, *m.regs, *needed))
        self._kind = object if wide else np.uint8 if logic else np.int64
        small = all(self._scales[r].bound < INT64 for r in m.regs)
        self._state_kind = np.int64 if wide and small else self._kind
        self.float32 = all(self._scales[m.next[r.name]].error == 0 for r in m.regs)

    def alphabet(self) -> np.ndarray:
        """uint8 [letter, input]: every combination of input wires, the first wire changing fastest."""
        count = len(self.inputs)
        return (np.arange(1 << count)[:, None] >> np.arange(count) & 1).astype(np.uint8)

    def step(self, states: np.ndarray, letters: np.ndarray) -> Step:
        """One tick: states int [batch, register], letters 0/1 [batch, input]."""
        m, scales = self.module, self._scales
        batch = len(states)
        kind = self._kind
        env: dict[Node, np.ndarray] = {}
        for i, n in enumerate(m.inputs):
            wire = letters[:, i].astype(kind)
            env[n] = wire * 2 - 1 if n.type == SIGN else wire
        for i, n in enumerate(m.regs):
            env[n] = states[:, i].astype(kind)
        clear = np.ones(batch, bool)
        with np.errstate(divide="ignore", invalid="ignore"):
            for n, kernel in self._plan:
                value, decided = kernel(env)
                if not (isinstance(value, np.ndarray) and value.dtype == kind):
                    value = np.broadcast_to(np.asarray(value, kind), batch)
                env[n] = value
                if decided is not None:
                    clear = clear & decided
        outs = np.empty((batch, len(m.outs)), bool)
        for i, n in enumerate(m.outs.values()):
            outs[:, i] = env[n] > 0
            if error := scales[n].error * scales[n].den:
                clear = clear & _above(np.abs(env[n]), error)
        care = np.ones_like(outs)
        for name, n in m.care.items():
            care[:, self.outputs.index(name)] = env[n] > 0
        legal = np.ones(batch, bool) if m.legal is None else env[m.legal].astype(np.int64) > 0
        after = np.empty((batch, len(m.regs)), self._state_kind)
        for i, (r, den) in enumerate(zip(m.regs, self.dens, strict=True)):
            n = m.next[r.name]
            after[:, i] = env[n] if scales[n].den == den else env[n] * den // scales[n].den
        return Step(after, outs, care, legal, clear)

    def _kernel(self, n: Node) -> Callable:
        if n.op == "sign":
            return self._sign(n)
        f = _MEANING[n.op](n, [self._scales[a] for a in n.args], self._scales[n])
        return lambda env: (f(*(env[a] for a in n.args)), None)

    def _sign(self, n: Node) -> Callable:
        """sign of a value; sign(ameo(x)) is read off x, since |ameo(x)| >= min(1, distance of x from -2, 0, 2)."""
        (x,) = n.args
        if x.op != "ameo":
            error = self._scales[x].error * self._scales[x].den
            return lambda env: (
                np.where(env[x] > 0, 1, -1),
                _above(np.abs(env[x]), error) if error else None,
            )
        (z,) = x.args
        s = self._scales[z]
        margin = (s.error + _rounding(s)) * s.den

        def decide(env: dict[Node, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
            v = env[z]
            two = 2 * s.den
            positive = (v > two) | ((v < 0) & (v > -two))
            distance = np.minimum(np.abs(v), np.abs(np.abs(v) - two))
            return np.where(positive, 1, -1), _above(distance, margin)

        return decide


def simulate(m: Module, words: np.ndarray) -> np.ndarray:
    """Outputs bool [batch, time, output] of the input words 0/1 [batch, time, input], from the initial state."""
    machine = ModuleMachine(m)
    batch, ticks, _ = words.shape
    states = np.broadcast_to(machine.initial, (batch, len(machine.initial)))
    outs = np.empty((batch, ticks, len(machine.outputs)), bool)
    for t in range(ticks):
        done = machine.step(states, words[:, t])
        outs[:, t], states = done.outs, done.next
    return outs


def scales(m: Module) -> dict[Node, Scale]:
    """The denominator, bound and float32 error of every node of a module with finite registers."""
    env: dict[Node, Scale] = {}
    for n in (*m.inputs, *m.regs):
        env[n] = _of_type(n.type)
    for n in m.order():
        env[n] = _scale(n, [env[a] for a in n.args])
    return env


def _needed(m: Module) -> list[Node]:
    """The nodes a tick evaluates: an ameo that only a sign reads is skipped."""
    read = {a for n in m.order() for a in n.args if n.op != "sign"} | set(m.roots())
    return [n for n in topological(m.roots()) if n.op != "ameo" or n in read]


def _finite(t: Type) -> Fin | Grid:
    assert not isinstance(t, Real), "a real register has no finite states"
    return t


def _den(t: Fin | Grid) -> int:
    return math.lcm(low(t).denominator, step(t).denominator)


def _of_type(type: Type) -> Scale:
    t = _finite(type)
    den = _den(t)
    bound = int(max(abs(low(t)), abs(high(t))) * den)
    return Scale(den, bound, Fraction(0) if _representable(den, bound) else ULP * bound / den)


def _representable(den: int, bound: int) -> bool:
    """Does float32 hold every k/den with |k| <= bound?"""
    return den & (den - 1) == 0 and bound <= 1 << 24 and den <= 1 << 100


def _scale(n: Node, args: list[Scale]) -> Scale:
    match n.op:
        case "affine":
            weights, bias = n.attr
            den = math.lcm(
                bias.denominator,
                *(w.denominator * s.den for w, s in zip(weights, args, strict=True)),
            )
            terms = [abs(w) * s.magnitude for w, s in zip(weights, args, strict=True)]
            bound = int((sum(terms) + abs(bias)) * den)
            exact = not any(s.error for s in args) and _representable(den, bound)
            # A term's weight and product are rounded, then at most one sum per term, in any order (Higham 2002, 3.1).
            count = len(weights) + 2
            gamma = count * ULP / (1 - count * ULP)
            spread = sum(abs(w) * s.error for w, s in zip(weights, args, strict=True))
            error = gamma * (Fraction(bound, den) + spread) + spread + 2 * count * TINY
            if bound > LARGEST * den:
                error = Fraction(2 * bound, den)  # no decision is clear
            return Scale(den, bound, Fraction(0) if exact else error)
        case "ameo":
            (x,) = args
            f, leak = n.attr
            den = x.den**4 * f.denominator * leak.denominator
            top = 1 + leak * max(x.magnitude - 3, Fraction(0))
            # At whole numbers up to 3 both parts are 0 or -1 or +1 alike, and float32 makes no error.
            exact = x.error == 0 and x.den == 1 and x.bound <= 3
            error = Fraction(0) if exact else (f + 4 * (1 - f)) * x.error + _rounding(x)
            return Scale(den, int(top * den) + 1, error)
        case "sign":
            return Scale(1, 1)
        case _:
            return _of_type(n.type)


def _rounding(x: Scale) -> Fraction:
    """How far float32 rounding inside the activation can move its value."""
    return 64 * ULP * (1 + x.magnitude)


def _above(values: np.ndarray, threshold: Fraction) -> np.ndarray:
    """values > threshold, for integer values."""
    return values > math.floor(threshold)


def _array(values: list[Fraction]) -> np.ndarray:
    whole = [int(v) for v in values]
    return np.array(whole, np.int64 if all(abs(v) < INT64 for v in whole) else object)


def _affine(n: Node, args: list[Scale], own: Scale) -> Callable:
    weights, bias = n.attr
    factors = [int(w * own.den / s.den) for w, s in zip(weights, args, strict=True)]
    offset = int(bias * own.den)

    def evaluate(*xs: np.ndarray) -> np.ndarray | int:
        total: np.ndarray | int = offset
        for factor, x in zip(factors, xs, strict=True):
            if factor:
                total = total + factor * x
        return total

    return evaluate


def _ameo(n: Node, args: list[Scale], own: Scale) -> Callable:
    f, leak = n.attr
    d = args[0].den
    quartic = d**4

    def evaluate(x: np.ndarray) -> np.ndarray:
        a, negative = np.abs(x), x < 0
        hard = np.where(a <= d, -a, np.where(a <= 3 * d, a - 2 * d, d)) * (quartic // d)
        inner, outer = (a - d) ** 4 - quartic, quartic - (a - 3 * d) ** 4
        soft = np.where(a <= 2 * d, inner, np.where(a <= 3 * d, outer, quartic))
        mixed = (f.numerator * hard + (f.denominator - f.numerator) * soft) * leak.denominator
        tail = np.maximum(a - 3 * d, 0) * (leak.numerator * f.denominator * (quartic // d))
        return np.where(negative, -(mixed + tail), mixed + tail)

    return evaluate


_MEANING: dict[str, Callable] = {
    "const": lambda n, args, own: lambda: int(n.attr[0] * own.den),
    "affine": _affine,
    "ameo": _ameo,
    "mul": lambda n, args, own: lambda x, y: x * y,
    "div": lambda n, args, own: lambda x, y: x // y,
    "mod": lambda n, args, own: lambda x, y: x % y,
    "eq": lambda n, args, own: lambda x, y: (x * args[1].den == y * args[0].den).astype(np.int64),
    "lt": lambda n, args, own: lambda x, y: (x * args[1].den < y * args[0].den).astype(np.int64),
    "select": lambda n, args, own: (
        lambda c, x, y: np.where(c > 0, x * (own.den // args[1].den), y * (own.den // args[2].den))
    ),
    "cast": lambda n, args, own: lambda x: np.clip(x, int(low(n.type)), int(high(n.type))),
    "not": lambda n, args, own: lambda x: x ^ 1,
    "and": lambda n, args, own: lambda x, y: x & y,
    "or": lambda n, args, own: lambda x, y: x | y,
    "xor": lambda n, args, own: lambda x, y: x ^ y,
}
