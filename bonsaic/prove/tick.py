"""One tick of a network with real states: as float32 computes it, and over boxes of states, rounded outwards."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bonsaic.ir.core import Module, Node
from bonsaic.ir.values import SIGN

UNIT = 2.0**-24  # unit roundoff of float32
SLACK = 2.0**-40  # covers the float64 rounding of a bound itself
TINY = 2.0**-120  # covers products that float32 flushes to zero
ACTIVATION = (
    2.0**-11
)  # how far float32 may put ameo(x) off, per 1 + |x|: any of its known formulas stays below


class Tick:
    """The tick of a module of level `net` or `quant`: letters are 0/1 [batch, input], states float [batch, register].

    inputs, outputs, legal words: as for any machine, except that the states are no finite set.
    """

    def __init__(self, m: Module):
        assert m.level in ("net", "quant") and m.legal is None and not m.care, m.name
        self.module = m
        self.inputs = tuple(n.name for n in m.inputs)
        self.outputs = tuple(m.outs)
        self.order = m.order()
        self.initial = np.array([float(m.init[r.name]) for r in m.regs], np.float64)

    def run(
        self, states: np.ndarray, letters: np.ndarray, kind: type = np.float32
    ) -> tuple[np.ndarray, np.ndarray]:
        """Next states and output values, every operation rounded to `kind`, sums from left to right, the bias last."""
        env = self._sources(states, letters, kind)
        for n in self.order:
            xs = [env[a] for a in n.args]
            match n.op:
                case "affine":
                    value: np.ndarray = np.zeros(len(states), kind)
                    for w, x in zip(n.attr[0], xs, strict=True):
                        value = value + kind(float(w)) * x
                    env[n] = value + kind(float(n.attr[1]))
                case "ameo":
                    env[n] = ameo(xs[0], *(kind(float(v)) for v in n.attr))
                case "sign":
                    env[n] = np.where(xs[0] > 0, kind(1), kind(-1))
                case _:
                    env[n] = np.full(len(states), kind(float(n.attr[0])))
        return _stack(env, self.module.next, states), _stack(env, self.module.outs, states)

    def image(
        self, low: np.ndarray, high: np.ndarray, letters: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Low and high ends of the next states, then of the output values, of every state between low and high.

        They hold the exact values and whatever float32 makes of them, in any order of summation.
        """
        lows, highs = (self._sources(s, letters, np.float64) for s in (low, high))
        for n in self.order:
            ends = [(lows[a], highs[a]) for a in n.args]
            match n.op:
                case "affine":
                    lows[n], highs[n] = _affine(n, ends, len(low))
                case "ameo":
                    lows[n], highs[n] = _ameo(n, *ends[0])
                case "sign":
                    lows[n], highs[n] = (np.where(e > 0, 1.0, -1.0) for e in ends[0])
                case _:
                    lows[n] = highs[n] = np.full(len(low), float(n.attr[0]))
        m = self.module
        after = _stack(lows, m.next, low), _stack(highs, m.next, low)
        return *after, _stack(lows, m.outs, low), _stack(highs, m.outs, low)

    def _sources(
        self, states: np.ndarray, letters: np.ndarray, kind: type
    ) -> dict[Node, np.ndarray]:
        env: dict[Node, np.ndarray] = {}
        for i, n in enumerate(self.module.inputs):
            wire: np.ndarray = letters[:, i].astype(kind)
            env[n] = wire * 2 - 1 if n.type == SIGN else wire
        return env | {n: states[:, i].astype(kind) for i, n in enumerate(self.module.regs)}


def _stack(env: dict[Node, np.ndarray], what: Mapping[str, Node], states: np.ndarray) -> np.ndarray:
    """[batch, column] of the named nodes."""
    columns = [env[n] for n in what.values()]
    return np.stack(columns, axis=1) if columns else np.empty((len(states), 0))


def ameo(x: np.ndarray, f: float, leak: float) -> np.ndarray:
    """The interpolated Ameo, operation by operation in the precision of its arguments."""
    a = np.abs(x)
    d = np.where(a > 2, a - 3, a - 1)
    square = d * d
    y = f * np.abs(d) + (1 - f) * square * square - 1
    y = np.where(a > 2, -y, y)
    y = np.where(a > 3, 1 + leak * d, y)
    return np.where(x < 0, -y, y)


def _affine(
    n: Node, ends: list[tuple[np.ndarray, np.ndarray]], batch: int
) -> tuple[np.ndarray, np.ndarray]:
    weights, bias = n.attr
    low = high = np.full(batch, float(bias))
    magnitude = np.abs(low)
    for w, (a, b) in zip(map(float, weights), ends, strict=True):
        low, high = low + w * (a if w > 0 else b), high + w * (b if w > 0 else a)
        magnitude = magnitude + abs(w) * np.maximum(np.abs(a), np.abs(b))
    count = len(weights) + 2
    off = magnitude * (count * UNIT / (1 - count * UNIT) + SLACK) + count * TINY
    return low - off, high + off


def _ameo(n: Node, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Monotone but for a maximum of 1 at -1 and a minimum of -1 at 1."""
    f, leak = map(float, n.attr)
    a, b = ameo(low, f, leak), ameo(high, f, leak)
    least = np.where((low <= 1) & (high >= 1), np.minimum(np.minimum(a, b), -1.0), np.minimum(a, b))
    most = np.where((low <= -1) & (high >= -1), np.maximum(np.maximum(a, b), 1.0), np.maximum(a, b))
    off = ACTIVATION * (1 + np.maximum(np.abs(low), np.abs(high)))
    return least - off, most + off
