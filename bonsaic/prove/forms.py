"""One tick over a whole set of states whose registers vary together: affine forms, rounded outwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bonsaic.ir.core import Node
from bonsaic.ir.values import SIGN
from bonsaic.prove.tick import Tick, ameo

UNIT = 2.0**-24  # unit roundoff of float32
SLACK = 2.0**-40  # covers the float64 rounding of a bound itself
TINY = 2.0**-120  # covers products that float32 flushes to zero
LARGEST = 2.0**30  # a sum beyond it may overflow float32 when an activation takes its fourth power
# How far float32 may put ameo(x) off, per 1 + |x|: above all of its known formulas.
ACTIVATION = 2.0**-14

Ends = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Form:
    """Values that lie between low and high and are sums: `slopes` times unknowns between -1 and 1, and a rest.

    slopes float64 [batch, unknown]; low, high, and least and most of the rest, float64 [batch]. A row has the same
    unknowns in all forms of a tick.
    """

    low: np.ndarray
    high: np.ndarray
    slopes: np.ndarray
    least: np.ndarray
    most: np.ndarray

    def __getitem__(self, rows: np.ndarray | slice) -> Form:
        return Form(*(values[rows] for values in vars(self).values()))


def boxes(low: np.ndarray, high: np.ndarray, *, together: bool = True) -> list[Form]:
    """A form per register of boxes [batch, register]: a register's place in its box is its unknown.

    together: whether what registers have in common is followed; where not, there are no unknowns, and what comes of
    them are intervals.
    """
    if not together:
        return [_between(a, b, 0) for a, b in zip(low.T, high.T, strict=True)]
    middle = (low + high) / 2
    radius = np.maximum(high - middle, middle - low) * (1 + SLACK)
    unit = np.eye(low.shape[1])
    return [
        Form(low[:, i], high[:, i], radius[:, [i]] * unit[i], middle[:, i], middle[:, i])
        for i in range(low.shape[1])
    ]


def joined(parts: Sequence[Form]) -> Form:
    """The rows of several forms in one."""
    columns = zip(*(vars(p).values() for p in parts), strict=True)
    return Form(*map(np.concatenate, columns))


def renewed(forms: Sequence[Form]) -> list[Form]:
    """The same forms, in which each one's rest is an unknown of its own, so that it is followed together, too."""
    made = []
    for i, x in enumerate(forms):
        middle = (x.least + x.most) / 2
        rest = np.zeros((len(middle), len(forms)))
        rest[:, i] = np.maximum(x.most - middle, middle - x.least) * (1 + SLACK)
        made.append(Form(x.low, x.high, np.concatenate([x.slopes, rest], axis=1), middle, middle))
    return made


def image(tick: Tick, states: Sequence[Form], letters: np.ndarray) -> tuple[list[Form], list[Form]]:
    """Forms of the next states and of the output values of every state in `states`, under letters 0/1 [batch, input].

    They hold the exact values and whatever float32 makes of them, in any order of summation. OverflowError where that
    may be nothing finite.
    """
    unknowns = states[0].slopes.shape[1] if states else 0
    env: dict[Node, Form] = dict(zip(tick.module.regs, states, strict=True))
    for i, n in enumerate(tick.module.inputs):
        wire = letters[:, i].astype(np.float64)
        value = wire * 2 - 1 if n.type == SIGN else wire
        env[n] = _between(value, value, unknowns)
    for n in tick.order:
        xs = [env[a] for a in n.args]
        match n.op:
            case "affine":
                weights, bias = n.attr
                env[n] = _affine(weights, float(bias), xs, np.zeros((len(letters), unknowns)))
            case "ameo":
                f, leak = map(float, n.attr)
                env[n] = _ameo(f, leak, xs[0])
            case "sign":
                low, high = (np.where(e > 0, 1.0, -1.0) for e in (xs[0].low, xs[0].high))
                env[n] = _between(low, high, unknowns)
            case _:
                value = np.full(len(letters), float(n.attr[0]))
                env[n] = _between(value, value, unknowns)
    m = tick.module
    return [env[n] for n in m.next.values()], [env[n] for n in m.outs.values()]


def _between(low: np.ndarray, high: np.ndarray, unknowns: int) -> Form:
    return Form(low, high, np.zeros((len(low), unknowns)), low, high)


def _meet(low: np.ndarray, high: np.ndarray, slopes: np.ndarray, rest: Ends) -> Form:
    """The form of values of which two things are known: their ends, and that they are such sums."""
    spread = np.abs(slopes).sum(axis=1) * (1 + SLACK)
    return Form(
        np.maximum(low, rest[0] - spread), np.minimum(high, rest[1] + spread), slopes, *rest
    )


def _affine(weights: Sequence, bias: float, xs: Sequence[Form], slopes: np.ndarray) -> Form:
    low = high = np.full(len(slopes), float(bias))
    size = np.abs(low)
    for w, x in zip(map(float, weights), xs, strict=True):
        a, b = (x.low, x.high) if w > 0 else (x.high, x.low)
        low, high = low + w * a, high + w * b
        size = size + abs(w) * np.maximum(np.abs(a), np.abs(b))
    if (size > LARGEST).any():
        raise OverflowError("a sum may be too large for float32")
    count = len(weights) + 2
    off = size * (count * UNIT / (1 - count * UNIT) + SLACK) + count * TINY * (size > 0)
    low, high = low - off, high + off
    if not slopes.shape[1]:
        return Form(low, high, slopes, low, high)
    least = most = np.full(len(slopes), float(bias))
    parts = np.abs(least)
    for w, x in zip(map(float, weights), xs, strict=True):
        c, d = (x.least, x.most) if w > 0 else (x.most, x.least)
        least, most = least + w * c, most + w * d
        slopes = slopes + w * x.slopes
        parts = parts + abs(w) * (np.abs(x.slopes).sum(axis=1) + np.maximum(np.abs(c), np.abs(d)))
    loose = off + parts * SLACK
    return _meet(low, high, slopes, (least - loose, most + loose))


def _ameo(f: float, leak: float, x: Form) -> Form:
    """The activation on a mean slope; where it may turn, between its ends."""
    a, b = ameo(x.low, f, leak), ameo(x.high, f, leak)
    least, most = np.minimum(a, b), np.maximum(a, b)
    least = np.where((x.low <= 1) & (x.high >= 1), np.minimum(least, -1.0), least)
    most = np.where((x.low <= -1) & (x.high >= -1), np.maximum(most, 1.0), most)
    off = ACTIVATION * (1 + np.maximum(np.abs(x.low), np.abs(x.high)))
    off = np.where(zero := (x.low == 0) & (x.high == 0), 0.0, off)
    least, most = np.where(zero, 0.0, least), np.where(zero, 0.0, most)
    if not x.slopes.shape[1]:
        return Form(least - off, most + off, x.slopes, least - off, most + off)
    flat, steep = _slopes(f, leak, x)
    turns = (flat < 0) & (steep > 0)
    slope = np.where(turns, 0.0, (flat + steep) / 2)
    middle = (x.low + x.high) / 2
    around = ameo(middle, f, leak) - slope * middle
    far = (steep - flat) / 2 * (x.high - x.low) / 2 + off
    ends = slope * x.least, slope * x.most
    far = far + (1 + np.abs(ends[0]) + np.abs(ends[1]) + np.abs(around)) * SLACK
    rest = (
        np.where(turns, least - off, np.minimum(*ends) + around - far),
        np.where(turns, most + off, np.maximum(*ends) + around + far),
    )
    return _meet(least - off, most + off, slope[:, None] * x.slopes, rest)


def _slopes(f: float, leak: float, x: Form) -> Ends:
    """The least and the greatest slope of the activation between a form's ends: between its corners it is monotone."""
    top = f + 4 * (1 - f)
    jumps = [(1.0, (-f, f)), (2.0, (top,)), (3.0, (f, leak))]
    corners = [(0.0, (-top,)), *jumps, *((-corner, values) for corner, values in jumps)]
    ends = _slope(f, leak, x.low), _slope(f, leak, x.high)
    least, most = np.minimum(*ends), np.maximum(*ends)
    for corner, values in corners:
        inside = (x.low <= corner) & (corner <= x.high)
        least = np.where(inside, np.minimum(least, min(values)), least)
        most = np.where(inside, np.maximum(most, max(values)), most)
    return least - SLACK, most + SLACK


def _slope(f: float, leak: float, x: np.ndarray) -> np.ndarray:
    a = np.abs(x)
    d = np.where(a > 2, a - 3, a - 1)
    slope = f * np.sign(d) + 4 * (1 - f) * d**3
    return np.where(a > 3, leak, np.where(a > 2, -slope, slope))
