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
    and as what is wanted. Only the last cell has states. aux: weight of naming the state as an additional output.
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
        self._of_letter = np.eye(len(machine.wires), dtype=np.float32)[self.letter]
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
        *front, (last, kernel, _), (_, head, _) = shape.parts(self.weights)
        *front_slopes, (_, kernel_slope, _), (_, head_slope, _) = shape.parts(slopes)
        networks, rows, s = len(self.weights), len(self.state), last.states

        wires = np.broadcast_to(self.machine.wires, (networks, *self.machine.wires.shape))
        passed = []
        for _, k, _ in front:
            read = _with_ones(wires)
            y, slope = ameo_and_slope(read @ k, shape.f, shape.leak)
            passed.append((read, slope))
            wires = sign(y)

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
        codes = self._from.T @ below[:, :, last.inputs :]
        codes += self._to.T @ (-y[:, :, :s] * pull * each)
        if front:
            below = self._of_letter.T @ below[:, :, : last.inputs]
            for (read, slope), (_, k, _), (_, k_slope, _) in zip(
                passed[::-1], front[::-1], front_slopes[::-1], strict=True
            ):
                below = below * slope
                k_slope[:] = read.transpose(0, 2, 1) @ below
                below = (below @ k.transpose(0, 2, 1))[:, :, 1:]
        return codes

    def network(self, i: int) -> np.ndarray:
        """Weights [weights] of network i, its initial states the first state's code."""
        flat = self.weights[i].astype(np.float64)
        *_, (_, _, first), _ = self.shape.parts(flat)
        first[:] = sign(self.codes[i, 0])
        return flat

    def right(self) -> Iterator[int]:
        """Networks without a wrong row, in order."""
        yield from np.nonzero(self.faults == 0)[0].tolist()


def _with_ones(a: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones((*a.shape[:2], 1), a.dtype), a], 2)
