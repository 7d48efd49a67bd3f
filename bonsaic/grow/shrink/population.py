"""How a population of small networks learns one table with free codes, under a budget of inputs per neuron.

Every network holds a code per state. All (state, letter) rows are trained one step ahead: neurons
toward the code of the next state, codes toward what the neurons say, as inputs and as targets. Only
the largest weights of each neuron count, as many as its budget; the others keep learning and may
come back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.grow.shrink.coded import Coded
from bonsaic.grow.shrink.rows import Rows
from bonsaic.grow.shrink.walk import ameo

F, LEAK = 0.5, 0.1
RATE, RESTART, DECAY = 0.03, 300, 0.003
GRID = 4096  # weights leave the population as multiples of 1/4096
DEAD = -1  # the budget of a neuron that is not there


@dataclass(frozen=True)
class Shape:
    """The sizes every network of a population is padded to; each wire has its own `gates`."""

    inputs: int
    states: int
    bits: int
    wires: int
    gates: int

    @property
    def neurons(self) -> int:
        return self.bits + self.wires * self.gates

    @property
    def reads(self) -> int:
        return self.inputs + self.bits

    def parts(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Views of flat parameters [network, parameter]."""
        shapes = {
            "kernel": (self.neurons, self.reads),
            "bias": (self.neurons,),
            "head": (self.wires, self.gates),
            "head_bias": (self.wires,),
            "codes": (self.states, self.bits),
        }
        views, at = {}, 0
        for name, shape in shapes.items():
            size = int(np.prod(shape))
            views[name] = flat[:, at : at + size].reshape(len(flat), *shape)
            at += size
        return views

    @property
    def size(self) -> int:
        return (
            self.neurons * (self.reads + 1)
            + self.wires * (self.gates + 1)
            + self.states * self.bits
        )


class Population:
    """`count` networks side by side. budgets: int [network, neuron], DEAD for a neuron that is not there."""

    def __init__(self, rows: Rows, shape: Shape, count: int, rng: np.random.Generator):
        self.rows, self.shape, self.rng = rows, shape, rng
        self.flat = np.zeros((count, shape.size), np.float32)
        self.mean, self.square = np.zeros_like(self.flat), np.zeros_like(self.flat)
        self._gradient = np.zeros_like(self.flat)
        self.age = np.zeros(count, np.int64)
        self.budgets = np.zeros((count, shape.neurons), np.int64)
        n = len(rows.here)
        self._leaving = np.zeros((shape.states, n), np.float32)
        self._leaving[rows.here, np.arange(n)] = 1
        self._entering = np.zeros((shape.states, n), np.float32)
        self._entering[rows.there, np.arange(n)] = 1

    def fresh(self) -> np.ndarray:
        """The parameters of one untrained network."""
        flat = np.zeros((1, self.shape.size), np.float32)
        p, draw = self.shape.parts(flat), self.rng.standard_normal
        p["kernel"][:] = draw(p["kernel"].shape) * 0.6
        p["bias"][:] = draw(p["bias"].shape) * 0.7
        p["head"][:] = np.abs(draw(p["head"].shape)) * 0.3 + 0.7
        p["codes"][:] = draw(p["codes"].shape) * 0.5
        return flat[0]

    def place(self, i: int, flat: np.ndarray, budgets: np.ndarray) -> None:
        """Start network i again from these parameters."""
        self.flat[i], self.budgets[i] = flat, budgets
        self.mean[i] = self.square[i] = 0
        self.age[i] = 0

    def look(self) -> np.ndarray:
        """How many rows each network has wrong; `learn` then steps down the gradient found on the way."""
        s, rows, bits = self.shape, self.rows, self.shape.bits
        p, g = s.parts(self.flat), s.parts(self._gradient)
        mask, alive = self._mask(), (self.budgets != DEAD).astype(np.float32)
        here_bits = alive[:, None, :bits]
        gates = alive[:, bits:].reshape(-1, s.wires, s.gates)
        n, count = len(rows.here), len(self.flat)

        codes = np.where(p["codes"] > 0, np.float32(1), np.float32(-1)) * here_bits
        seen = np.empty((count, n, s.reads), np.float32)
        seen[:, :, : s.inputs] = rows.x
        seen[:, :, s.inputs :] = codes[:, rows.here]
        kernel = p["kernel"] * mask
        value, slope = ameo(seen @ kernel.swapaxes(1, 2) + p["bias"][:, None], F, LEAK)

        state, goal = value[:, :, :bits], codes[:, rows.there]
        agreed = state * goal
        late = (agreed < 0.6) & (here_bits > 0)
        scale = 2 / np.maximum(here_bits.sum(2, keepdims=True), 1)
        fired = np.where(value[:, :, bits:] > 0, np.float32(1), np.float32(-1))
        fired = fired.reshape(count, n, s.wires, s.gates)
        head = p["head"] * gates
        y = (fired * head[:, None]).sum(3) + p["head_bias"][:, None]
        right = y * rows.want
        miss = np.where((right < 1) & (rows.want != 0), (y - rows.want) * 2, np.float32(0))
        wrong = ((agreed <= 0.01) & (here_bits > 0)).any(2) | (
            (right <= 0.01) & (rows.want != 0)
        ).any(2)

        several = (gates.sum(2) > 1).astype(np.float32)
        g["head"][:] = np.einsum("pry,pryg->pyg", miss, fired) * gates * several[:, :, None]
        g["head_bias"][:] = miss.sum(1) * several
        pull = np.empty((count, n, s.neurons), np.float32)
        pull[:, :, :bits] = np.where(late, state - goal, 0) * scale
        pull[:, :, bits:] = (miss[..., None] * head[:, None]).reshape(count, n, -1)
        pull *= slope
        g["kernel"][:] = pull.swapaxes(1, 2) @ seen
        g["bias"][:] = pull.sum(1)
        back = (pull @ kernel)[:, :, s.inputs :]
        g["codes"][:] = self._leaving @ back - self._entering @ (np.where(late, state, 0) * scale)
        return wrong.sum(1)

    def _mask(self) -> np.ndarray:
        """[network, neuron, read]: 1 for the largest weights of each neuron, within its budget."""
        s = self.shape
        size = np.abs(s.parts(self.flat)["kernel"])
        size[:, :, s.inputs :] *= (self.budgets[:, None, : s.bits] != DEAD) + np.float32(0)
        if s.reads == 0:
            return size
        budget = np.clip(self.budgets, 0, s.reads)
        ordered = np.sort(size, axis=2)
        least = np.take_along_axis(ordered, np.minimum(s.reads - budget, s.reads - 1)[..., None], 2)
        return ((size >= least) & (size > 0) & (budget > 0)[..., None]).astype(np.float32)

    def learn(self) -> None:
        """One step of Adam for all networks."""
        self.age += 1
        grad = self._gradient * np.float32(1 / len(self.rows.here))
        age = self.age[:, None].astype(np.float32)
        cooled = 0.15 + 0.85 * (1 - (age % RESTART) / RESTART)
        rate = RATE * cooled / (1 - 0.9**age)
        self.mean += np.float32(0.1) * (grad - self.mean)
        self.square += np.float32(0.01) * (grad * grad - self.square)
        self.flat -= rate * self.mean / (np.sqrt(self.square / (1 - 0.99**age)) + np.float32(1e-7))
        p = self.shape.parts(self.flat)
        p["kernel"] *= np.float32(1 - DECAY)
        np.clip(p["codes"], -1, 1, out=p["codes"])

    def embed(self, net: Coded) -> tuple[np.ndarray, np.ndarray] | None:
        """A coded network as parameters and budgets of this population; None where it does not fit."""
        s = self.shape
        if net.bits > s.bits or (net.head != 0).sum(1).max(initial=0) > s.gates:
            return None
        flat, budgets = np.zeros((1, s.size), np.float32), np.full(s.neurons, DEAD)
        p = s.parts(flat)
        width = s.inputs + net.bits
        p["codes"][0, :, : net.bits] = net.codes * 0.5
        p["head_bias"][0] = net.head_bias
        slots: list[tuple[int, int]] = [(j, j) for j in range(net.bits)]
        for wire in range(s.wires):
            for k, gate in enumerate(np.flatnonzero(net.head[wire])):
                slots.append((s.bits + wire * s.gates + k, net.bits + int(gate)))
                p["head"][0, wire, k] = net.head[wire, gate]
        for slot, neuron in slots:
            p["kernel"][0, slot, :width] = net.kernel[neuron]
            p["bias"][0, slot] = net.bias[neuron]
            budgets[slot] = net.fan_in[neuron]
        return flat[0], budgets

    def coded(self, i: int) -> Coded:
        """Network i as it fires, its weights rounded to the grid."""
        s = self.shape
        flat = self.flat[i : i + 1].astype(np.float64)
        p, mask = s.parts(np.rint(flat * GRID) / GRID), self._mask_of(i)
        alive = self.budgets[i] != DEAD
        bits, gates = alive[: s.bits], alive[s.bits :]
        columns = np.concatenate([np.ones(s.inputs, bool), bits])
        head = np.zeros((s.wires, s.wires * s.gates))
        for wire in range(s.wires):
            head[wire, wire * s.gates : (wire + 1) * s.gates] = p["head"][0, wire]
        codes = np.where(self.shape.parts(flat)["codes"][0] > 0, 1.0, -1.0)
        return Coded(
            codes[:, bits],
            (p["kernel"][0] * mask)[alive][:, columns],
            p["bias"][0][alive],
            head[:, gates],
            p["head_bias"][0],
        )

    def _mask_of(self, i: int) -> np.ndarray:
        whole = (self.flat, self.budgets)
        self.flat, self.budgets = self.flat[i : i + 1], self.budgets[i : i + 1]
        mask = self._mask()[0]
        self.flat, self.budgets = whole
        return mask
