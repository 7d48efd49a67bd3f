"""Training one tick at a time: every row of the machine's table at once, with a movable code for every state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bonsaic.grow.activation import ameo_and_slope, sign
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.words import Sampler

RATE, BETA1, BETA2 = 0.02, 0.9, 0.99
PULL, INSIST = 1.0, 4.0
CLEAR = 1e-3  # by which a decision counts as right


class Table:
    """Networks [networks, weights] of one shape and their codes [networks, states of the machine, state bits].

    A row is a state and a legal letter: the network reads the state's code and shall answer the row's outputs and turn
    its states into the next state's code. Codes are used through their signs and move from both ends, as what is read
    and as what is wanted. The networks have one cell.
    """

    def __init__(
        self, shape: Architecture, weights: np.ndarray, codes: np.ndarray, machine: Sampler
    ):
        m = machine.mealy
        self.shape, self.machine = shape, machine
        self.weights, self.codes = weights.astype(np.float32), codes.astype(np.float32)
        self._moments = [(np.zeros_like(v), np.zeros_like(v)) for v in (self.weights, self.codes)]
        self.state, self.letter = np.nonzero(m.legal)
        self.follow = machine.next[self.state, self.letter]
        self.target = machine.signs[self.state, self.letter]
        self._free = self.target == 0
        one_hot = np.eye(m.states, dtype=np.float32)
        self._from, self._to = one_hot[self.state], one_hot[self.follow]
        self.steps = 0
        self.faults = np.full(len(weights), len(self.state))

    def step(self) -> None:
        """One step of Adam; `faults` is then the number of rows each network got wrong before it."""
        slopes = np.zeros_like(self.weights)
        code_slopes = self._slopes(slopes)
        self.steps += 1
        unbias1, unbias2 = 1 / (1 - BETA1**self.steps), 1 / (1 - BETA2**self.steps)
        for values, g, (first, second) in zip(
            (self.weights, self.codes), (slopes, code_slopes), self._moments, strict=True
        ):
            first += (1 - BETA1) * (g - first)
            second += (1 - BETA2) * (g * g - second)
            values -= RATE * unbias1 * first / (np.sqrt(second * unbias2) + 1e-8)
        np.clip(self.codes, -1, 1, out=self.codes)

    def _slopes(self, slopes: np.ndarray) -> np.ndarray:
        """Fills `slopes` [networks, weights], returns those of the codes."""
        shape, code = self.shape, sign(self.codes)
        (cell, kernel, _), (_, head, _) = shape.parts(self.weights)
        (_, kernel_slope, _), (_, head_slope, _) = shape.parts(slopes)
        networks, rows, s = len(self.weights), len(self.state), cell.states

        wires = np.broadcast_to(self.machine.wires, (networks, *self.machine.wires.shape))
        read = _with_ones(np.concatenate([wires[:, self.letter], code[:, self.state]], 2))
        y, slope = ameo_and_slope(read @ kernel, shape.f, shape.leak)
        want = code[:, self.follow]
        agree = y[:, :, :s] * want
        bits = _with_ones(sign(y[:, :, s:]))
        value = bits @ head
        right = np.where(self._free, 9, value * self.target)
        self.faults = ((agree < CLEAR).any(2) | (right < CLEAR).any(2)).sum(1)

        pull = (agree < PULL) * (1 + INSIST * (agree <= 0.1)).astype(np.float32)
        each = np.float32(2 / (max(1, s) * rows))
        back = np.empty_like(y)
        back[:, :, :s] = (y[:, :, :s] - want) * pull * each
        missed = (right < 1) * (1 + INSIST * (right <= 0.1)).astype(np.float32)
        e = (value - self.target) * missed * np.float32(2 / rows)
        head_slope[:] = bits.transpose(0, 2, 1) @ e
        back[:, :, s:] = e @ head[:, 1:].transpose(0, 2, 1)
        back *= slope
        kernel_slope[:] = read.transpose(0, 2, 1) @ back
        below = back @ kernel.transpose(0, 2, 1)[:, :, 1:]
        codes = self._from.T @ below[:, :, cell.inputs :]
        codes += self._to.T @ (-y[:, :, :s] * pull * each)
        return codes

    def network(self, i: int) -> np.ndarray:
        """Weights [weights] of network i, its initial states the first state's code."""
        flat = self.weights[i].astype(np.float64)
        (_, _, first), _ = self.shape.parts(flat)
        first[:] = sign(self.codes[i, 0])
        return flat

    def right(self) -> Iterator[int]:
        """Networks without a wrong row, in order."""
        yield from np.nonzero(self.faults == 0)[0].tolist()


def _with_ones(a: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones((*a.shape[:2], 1), a.dtype), a], 2)
