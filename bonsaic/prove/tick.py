"""One tick of a network with real states, in floating point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bonsaic.ir.core import Module, Node
from bonsaic.ir.values import SIGN


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
        with np.errstate(over="ignore", invalid="ignore"):  # then it is what float32 makes of it
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

    def kinds(self, letters: np.ndarray) -> np.ndarray:
        """Letters of one number lead to the same states: they differ in nothing that a register reads."""
        m = replace(self.module, outs={})
        read = {x for n in m.order() for x in n.args} | {*m.next.values()}
        columns = [i for i, n in enumerate(m.inputs) if n in read]
        return np.unique(letters[:, columns], axis=0, return_inverse=True)[1].reshape(-1)

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
