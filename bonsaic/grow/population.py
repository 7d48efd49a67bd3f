"""A population in training: fused kernel, sparsity penalty and Adam (Kingma and Ba, 2015) as one jitted step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tinygrad import Tensor, TinyJit

from bonsaic.grow import kernel
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.kernel import Batch

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Sparsity:
    """The price of a kernel, the original's (Primozic, 2023), with t the threshold and s the steepness:
    intensity * mean(tanh((|w| - t) * s) - tanh(-t * s)) + l1 * mean(|w|).
    """

    intensity: float = 0.02
    threshold: float = 0.025
    steepness: float = 25.0
    l1: float = 0.001

    def penalty(self, w: np.ndarray) -> np.ndarray:
        """What every weight costs, before the mean over its tensor."""
        a, s, t = np.abs(w), self.steepness, self.threshold
        return self.intensity * (np.tanh((a - t) * s) - np.tanh(-t * s)) + self.l1 * a


class Population:
    """Weights and Adam's moments of `batch.networks` networks on the device, and the words they learn from."""

    def __init__(self, shape: Architecture, batch: Batch, weights: np.ndarray, sparsity: Sparsity):
        self.shape, self.batch = shape, batch
        self.weights = Tensor(weights).contiguous().realize()
        self.first, self.second = (
            Tensor.zeros(*weights.shape).contiguous().realize() for _ in "mv"
        )
        self.losses = Tensor.zeros(batch.networks, 2).contiguous().realize()
        share = Tensor(np.tile(shape.regularised(), (batch.networks, 1))).realize()
        self._knobs = Tensor.zeros(7).contiguous().realize()
        self._picks = (
            Tensor(np.zeros((batch.networks, batch.vectors), np.int32)).contiguous().realize()
        )
        self._learned: tuple[Tensor, ...] = ()
        self._steps = 0

        constants = {key.upper(): f"{float(value)}f" for key, value in vars(sparsity).items()}
        constants |= {"BETA1": f"{BETA1}f", "BETA2": f"{BETA2}f", "EPSILON": f"{EPSILON}f"}

        @TinyJit
        def step() -> Tensor:
            gradients, sums = self._run()
            moved = (self.weights, self.first, self.second, self.losses)
            return Tensor.realize(
                *kernel.adam(constants, moved, gradients, sums, share, self._knobs)
            )

        self._step = step

    def learn(self, words: np.ndarray, targets: np.ndarray) -> None:
        """Put words [n, ticks, inputs] and targets [n, ticks, outputs] on the device, n always the same."""
        rows = [packed(a, self.batch.lanes) for a in (words, targets)]
        if self._learned:
            for tensor, values in zip(self._learned, rows, strict=True):
                put(tensor, values)
        else:
            self._learned = tuple(Tensor(values).realize() for values in rows)

    def step(
        self,
        rate: float,
        hard_states: float,
        hard_outputs: float,
        picks: np.ndarray,
        ticks: int | None = None,
    ) -> None:
        """One step of Adam on the first ticks of the picked vectors [networks, vectors]; on all without `ticks`."""
        ticks = ticks or self.batch.ticks
        self._steps += 1
        unbias = [1 / (1 - beta**self._steps) for beta in (BETA1, BETA2)]
        scale = 1 / (self.batch.words * ticks * self.shape.outputs)
        knobs = [hard_states, hard_outputs, ticks, rate, *unbias, scale]
        put(self._knobs, np.array(knobs, np.float32))
        put(self._picks, picks.astype(np.int32))
        self._step()

    def _run(self) -> tuple[Tensor, Tensor]:
        """The fused kernel on the picked words: gradients and sums."""
        words, targets = self._learned
        run = (self.used(), words, targets, self._picks, self._knobs)
        return kernel.losses(self.shape, self.batch, *run)

    def replace(
        self, losers: np.ndarray, winners: np.ndarray, noise: float, rng: np.random.Generator
    ) -> None:
        """Losers become copies of winners, Adam's moments too, with normal noise on the weights."""
        for tensor in (self.weights, self.first, self.second):
            values = tensor.numpy().copy()
            values[losers] = values[winners]
            if tensor is self.weights:
                values[losers] += rng.normal(0, noise, values[losers].shape)
            put(tensor, values)

    def used(self) -> Tensor:
        """What the networks compute with, differentiable in the weights."""
        return self.weights

    def networks(self) -> np.ndarray:
        """float32 [networks, weights], as used."""
        return self.weights.numpy()

    def state(self) -> dict[str, np.ndarray]:
        """The weights and Adam's moments."""
        return {name: getattr(self, name).numpy() for name in ("weights", "first", "second")}

    def restore(self, state: dict[str, np.ndarray], steps: int) -> None:
        """Go on after so many steps that ended with this `state`."""
        self._steps = steps
        for name in ("weights", "first", "second"):
            put(getattr(self, name), state[name])

    def loss(self) -> np.ndarray:
        """[networks, 2]: mean loss and share of wrong decisions in the last step."""
        return self.losses.numpy()


def put(tensor: Tensor, values: np.ndarray) -> None:
    """Overwrite a realized tensor in its place, where a jitted function reads it."""
    buffer = tensor._buffer()
    buffer.allocator._copyin(buffer._buf, np.ascontiguousarray(values).data.cast("B"))


def packed(a: np.ndarray, lanes: int) -> np.ndarray:
    """[words, ticks, wires] as the kernel reads it: float32 [words / lanes, ticks, wires, lanes]."""
    if a.shape[2] == 0:  # a program without inputs; the device knows no empty buffers
        a = np.zeros((*a.shape[:2], 1))
    words, ticks, wires = a.shape
    rows = a.reshape(words // lanes, lanes, ticks, wires).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(rows, dtype=np.float32)
