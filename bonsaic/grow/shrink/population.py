"""How a population of small networks learns one table with free codes, under a budget of inputs per neuron.

Every network holds a code per state. All (state, letter) rows are trained one step ahead: neurons
toward the code of the next state, codes toward what the neurons say, as inputs and as targets. Only
the largest weights of each neuron count, as many as its budget; the others keep learning and may
come back. A state bit has one neuron; an output wire's one or several vote.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.grow.shrink.coded import Coded, Layer
from bonsaic.grow.shrink.rows import Rows
from bonsaic.grow.shrink.walk import ameo

F, LEAK = 0.5, 0.1
RATE, RESTART, DECAY = 0.03, 300, 0.003
MARGIN = 0.6  # an activation this far on the right side is left alone
GRID = 4096  # weights leave the population as multiples of 1/4096
ONE = np.float32(1)
CLOSE = np.float32(0.01)  # an activation nearer to 0 is not trusted
DEAD = -1  # the budget of a neuron that is not there


@dataclass(frozen=True)
class Shape:
    """The sizes every network of a population is padded to: so many bits, and so many neurons for each wire."""

    inputs: int
    states: int
    bits: int
    wires: int
    per_wire: int

    @property
    def neurons(self) -> int:
        return self.bits + self.wires * self.per_wire

    @property
    def reads(self) -> int:
        return self.inputs + self.bits

    @property
    def size(self) -> int:
        votes = self.wires * (self.per_wire + 1)
        return self.neurons * (self.reads + 1) + votes + self.states * self.bits

    def parts(self, flat: np.ndarray) -> tuple[np.ndarray, ...]:
        """Kernel, bias, votes, offset and codes as views of flat parameters [network, parameter]."""
        shapes = (
            (self.neurons, self.reads),
            (self.neurons,),
            (self.wires * self.per_wire,),
            (self.wires,),
            (self.states, self.bits),
        )
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        cut = np.split(flat, ends[:-1], axis=1)
        return tuple(c.reshape(len(flat), *s) for c, s in zip(cut, shapes, strict=True))

    def owners(self) -> np.ndarray:
        """The signal of each neuron: the bits, then the wires."""
        wires = self.bits + np.repeat(np.arange(self.wires), self.per_wire)
        return np.concatenate([np.arange(self.bits), wires])


class Population:
    """`count` networks side by side; budgets: int [network, neuron], DEAD for one not there."""

    def __init__(self, rows: Rows, shape: Shape, count: int, rng: np.random.Generator):
        self.rows, self.shape, self.rng = rows, shape, rng
        self.flat = np.zeros((count, shape.size), np.float32)
        self.mean, self.square = np.zeros_like(self.flat), np.zeros_like(self.flat)
        self._gradient = np.zeros_like(self.flat)
        self.age = np.zeros(count, np.int64)
        self.budgets = np.full((count, shape.neurons), DEAD)
        n = len(rows.here)
        self._leaving = np.zeros((shape.states, n), np.float32)
        self._leaving[rows.here, np.arange(n)] = 1
        self._entering = np.zeros((shape.states, n), np.float32)
        self._entering[rows.there, np.arange(n)] = 1

    def fresh(self) -> np.ndarray:
        """The parameters of one untrained network."""
        flat = self.rng.standard_normal((1, self.shape.size)).astype(np.float32)
        kernel, bias, votes, offset, codes = self.shape.parts(flat)
        kernel *= 0.6
        bias *= 0.7
        votes[:] = np.abs(votes) * 0.3 + 0.7
        offset[:] = 0
        codes *= 0.5
        return flat[0]

    def place(self, i: int, flat: np.ndarray, budgets: np.ndarray) -> None:
        """Start network i again from these parameters."""
        self.flat[i], self.budgets[i] = flat, budgets
        self.mean[i] = self.square[i] = 0
        self.age[i] = 0

    def there(self) -> np.ndarray:
        """bool [network, bit]: which bits have a neuron."""
        return self.budgets[:, : self.shape.bits] != DEAD

    def look(self) -> np.ndarray:
        """How many rows each network has wrong; finds the gradient that `learn` steps down."""
        s, rows, cut = self.shape, self.rows, self.shape.bits
        weights, bias, votes, offset, real = s.parts(self.flat)
        to_weights, to_bias, to_votes, to_offset, to_codes = s.parts(self._gradient)
        count, n = len(self.flat), len(rows.here)
        alive = self.budgets != DEAD
        there = self.there()[:, None]

        codes = np.where(real > 0, ONE, -ONE) * there
        seen = np.empty((count, n, s.reads), np.float32)
        seen[:, :, : s.inputs] = rows.x
        seen[:, :, s.inputs :] = codes[:, rows.here]
        kernel = weights * self._mask(there)
        value, slope = ameo(seen @ kernel.swapaxes(1, 2) + bias[:, None], F, LEAK)

        goal = codes[:, rows.there]
        target = goal * alive[:, None, :cut]
        late = (value[:, :, :cut] * target < MARGIN) & (target != 0)
        wrong = ((value[:, :, :cut] * target <= CLOSE) & (target != 0)).any(2)
        scale = 2 / np.maximum(there.sum(2, keepdims=True), 1).astype(np.float32)
        pull = np.empty((count, n, s.neurons), np.float32)
        pull[:, :, :cut] = np.where(late, value[:, :, :cut] - target, np.float32(0)) * scale

        vote = votes * alive[:, cut:]
        fired = np.where(value[:, :, cut:] > 0, ONE, -ONE)
        y = (fired * vote[:, None]).reshape(count, n, s.wires, s.per_wire).sum(3) + offset[:, None]
        right = y * rows.want
        wrong |= ((right <= CLOSE) & (rows.want != 0)).any(2)
        miss = np.where((right < 1) & (rows.want != 0), (y - rows.want) * 2, np.float32(0))
        spread = np.repeat(miss, s.per_wire, axis=2)
        pull[:, :, cut:] = spread * vote[:, None]

        pull *= slope
        to_weights[:] = pull.swapaxes(1, 2) @ seen
        to_bias[:] = pull.sum(1)
        several = alive[:, cut:].reshape(count, s.wires, s.per_wire).sum(2) > 1
        to_votes[:] = (spread * fired).sum(1) * np.repeat(several, s.per_wire, axis=1)
        to_offset[:] = miss.sum(1) * several
        behind = np.where(late, value[:, :, :cut], np.float32(0)) * scale
        back = (pull @ kernel)[:, :, s.inputs :]
        to_codes[:] = self._leaving @ back - self._entering @ behind
        return wrong.sum(1)

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
        kernel, *_, codes = self.shape.parts(self.flat)
        kernel *= np.float32(1 - DECAY)
        np.clip(codes, -1, 1, out=codes)

    def _mask(self, there: np.ndarray) -> np.ndarray:
        """[network, neuron, read]: 1 for the largest weights of each neuron, within its budget."""
        s = self.shape
        size = np.abs(s.parts(self.flat)[0])
        size[:, :, s.inputs :] *= there
        if s.reads == 0:
            return size
        budget = np.clip(self.budgets, 0, s.reads)
        ordered = np.sort(size, axis=2)
        nth = np.minimum(s.reads - budget, s.reads - 1)[..., None]
        least = np.take_along_axis(ordered, nth, 2)
        return ((size >= least) & (size > 0) & (budget > 0)[..., None]).astype(np.float32)

    def coded(self, i: int) -> Coded:
        """Network i as it fires, its weights rounded to the grid."""
        s = self.shape
        alive = self.budgets[i] != DEAD
        there = self.there()
        bits = there[i]
        flat = np.rint(self.flat[i : i + 1].astype(np.float64) * GRID) / GRID
        kernel, bias, votes, offset, _ = s.parts(flat)
        real = s.parts(self.flat)[-1][i]
        columns = np.concatenate([np.ones(s.inputs, bool), bits])
        kernel = (kernel[0] * self._mask(there[:, None])[i])[alive][:, columns]
        layer = Layer(np.where(real > 0, 1.0, -1.0)[:, bits], kernel, bias[0][alive])
        owner = s.owners()[s.bits :] - s.bits
        head = votes[0] * (owner == np.arange(s.wires)[:, None])
        return Coded((layer,), head[:, alive[s.bits :]], offset[0])

    def embed(self, net: Coded) -> tuple[np.ndarray, np.ndarray]:
        """A network of one cell as parameters and budgets of this population."""
        s, (layer,) = self.shape, net.layers
        flat, budgets = np.zeros((1, s.size), np.float32), np.full(s.neurons, DEAD)
        kernel, bias, votes, offset, codes = s.parts(flat)
        codes[0, :, : layer.bits] = layer.codes * 0.5
        offset[0] = net.head_bias
        slots = [(bit, bit) for bit in range(layer.bits)]
        for wire, own in enumerate(net.head):
            first = s.bits + wire * s.per_wire
            for slot, gate in enumerate(np.flatnonzero(own).tolist(), first):
                votes[0, slot - s.bits] = own[gate]
                slots.append((slot, layer.bits + gate))
        for slot, neuron in slots:
            kernel[0, slot, : s.inputs + layer.bits] = layer.kernel[neuron]
            bias[0, slot] = layer.bias[neuron]
            budgets[slot] = np.count_nonzero(layer.kernel[neuron])
        return flat[0], budgets
