"""How a population's weights lie in memory: layers of one kernel each, and how a network is cut out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bonsaic.grow.activation import ameo
from bonsaic.network import Cell, Network


@dataclass(frozen=True)
class Layer:
    """Reads [1, inputs, states] through one kernel [columns, neurons] whose first neurons are the next states.

    weights: of the kernel, and the initial states.
    """

    inputs: int
    states: int
    outputs: int

    @property
    def columns(self) -> int:
        return 1 + self.inputs + self.states

    @property
    def neurons(self) -> int:
        return self.states + self.outputs

    @property
    def weights(self) -> int:
        return self.columns * self.neurons + self.states


@dataclass(frozen=True)
class Architecture:
    """Bonsai cells of (states, outputs) between `inputs` and `outputs` wires; the last layer is the linear head."""

    inputs: int
    cells: tuple[tuple[int, int], ...]
    outputs: int
    f: float = 0.5
    leak: float = 0.1
    activation: str = "ameo"  # or "tanh"
    hard: bool = True  # its networks' states and cell outputs go through sign

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        widths = (self.inputs, *(outputs for _, outputs in self.cells))
        cells = [Layer(w, s, o) for w, (s, o) in zip(widths, self.cells, strict=False)]
        return (*cells, Layer(widths[-1], 0, self.outputs))

    @property
    def weights(self) -> int:
        return sum(layer.weights for layer in self.layers)

    def neuron(self, z: np.ndarray) -> np.ndarray:
        """What a cell's neuron makes of its sum."""
        return ameo(z, self.f, self.leak) if self.activation == "ameo" else np.tanh(z)

    def parts(self, flat: np.ndarray) -> Iterator[tuple[Layer, np.ndarray, np.ndarray]]:
        """Each layer with views of its kernel [..., columns, neurons] and initial states [..., states]."""
        at = 0
        for layer in self.layers:
            end = at + layer.columns * layer.neurons
            kernel = flat[..., at:end].reshape(*flat.shape[:-1], layer.columns, layer.neurons)
            yield layer, kernel, flat[..., end : end + layer.states]
            at = end + layer.states

    def initial(self, rng: np.random.Generator, networks: int) -> np.ndarray:
        """float32 [networks, weights]: Glorot-normal kernels, biases and initial states of deviation 1/2."""
        flat = np.zeros((networks, self.weights), np.float32)
        for layer, kernel, first in self.parts(flat):
            head = layer is self.layers[-1]
            kernel[:, 0] = 0 if head else rng.normal(0, 0.5, kernel[:, 0].shape)
            for part in (kernel[:, 1:, : layer.states], kernel[:, 1:, layer.states :]):
                deviation = np.sqrt(2 / max(1, part.shape[1] + part.shape[2]))
                part[...] = rng.normal(0, deviation, part.shape)
            first[...] = rng.normal(0, 0.5, first.shape)
        return flat

    def regularised(self) -> np.ndarray:
        """float32 [weights]: 1 / size of its tensor for a kernel's weight; 0 for biases and initial states."""
        flat = np.zeros(self.weights, np.float32)
        for layer, kernel, _ in self.parts(flat):
            for part in (kernel[1:, : layer.states], kernel[1:, layer.states :]):
                part[...] = 1 / max(1, part.size)
        return flat

    def network(self, flat: np.ndarray, name: str, inputs: tuple, outputs: tuple) -> Network:
        """One network's weights [weights] as a `Network`."""
        cells = []
        *parts, (_, head, _) = self.parts(np.asarray(flat, np.float32))
        for layer, kernel, first in parts:
            k = layer.states
            start = np.where(first > 0, 1, -1) if self.hard else first
            arrays = (kernel[1:, :k], kernel[0, :k], start, kernel[1:, k:], kernel[0, k:])
            cells.append(Cell(*(np.array(a, np.float32) for a in arrays)))
        kernel, bias = head[1:].copy(), head[0].copy()
        settings = (self.f, self.leak, self.activation, self.hard, self.hard)
        return Network(name, inputs, outputs, tuple(cells), kernel, bias, *settings)
