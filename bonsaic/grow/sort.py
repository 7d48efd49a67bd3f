"""Sorting codes by state in one stroke: neurons that act on the machine's state, read linearly out of the code."""

from __future__ import annotations

import numpy as np

from bonsaic.grow.activation import ameo, sign
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.refit import refit_head
from bonsaic.grow.words import Sampler

WORDS, TICKS = 64, 24  # that a network's own codes are met on
SHIFTS, CLEAR = np.linspace(-1, 1, 41), 0.15
RIDGE = 1e-9  # of the least squares, for codes that are not independent


def sort_codes(
    shape: Architecture, flat: np.ndarray, machine: Sampler, means: np.ndarray
) -> np.ndarray:
    """Weights under which every code of a state acts as `means` [states of the machine, neurons] says.

    means: what codes and bias together add to each neuron's sum in each state of the machine, moved a little where a
    sum would come near a zero of the activation; what wires add stays. A code is then a feature of the state and letter
    before it; least squares reads the state out of it, and its product with `means` is the new kernel. Exact where the
    features are independent, so with somewhat more state bits than the machine has rows.
    """
    m = machine.mealy
    flat = flat.astype(np.float64).copy()
    *_, (layer, kernel, first), (_, head, _) = shape.parts(flat)
    s, wires = layer.states, machine.wires.astype(np.float64)
    row, x = np.nonzero(m.legal)
    of_wires = wires @ kernel[1 : 1 + layer.inputs]
    means = means + _clearing(shape, machine, means, of_wires)
    bits = sign(ameo(means[row] + of_wires[x], shape.f, shape.leak))
    if s:
        first[:] = sign(first)
        codes = np.concatenate([np.ones((len(row) + 1, 1)), np.vstack([bits[:, :s], first])], 1)
        after = np.eye(m.states)[np.append(machine.next[row, x], 0)]
        read = _least_squares(codes, after)
        kernel[1 + layer.inputs :] = read[1:] @ means
        kernel[0] = read[0] @ means
    else:
        kernel[0] = means[0]
    target = machine.signs[row, x]
    features = np.concatenate([np.ones((len(row), 1)), bits[:, s:]], 1)
    head[:] = _least_squares(features, target)
    if ((features @ head) * target < np.abs(target) * 0.1).any():
        head[:] = refit_head(features, target, head, 200)
    return flat


def _clearing(
    shape: Architecture, machine: Sampler, means: np.ndarray, of_wires: np.ndarray
) -> np.ndarray:
    """The shift [states of the machine, neurons] of least size that keeps every letter's sum clear of zeros, if any."""
    shifts = SHIFTS[np.argsort(np.abs(SHIFTS), kind="stable")]
    moved = np.zeros_like(means)
    for q, legal in enumerate(machine.mealy.legal):
        y = ameo(shifts[:, None, None] + means[q] + of_wires[legal], shape.f, shape.leak)
        clear = np.minimum(np.abs(y).min(1), CLEAR)  # [shifts, neurons]
        moved[q] = shifts[clear.argmax(0)]
    return moved


def own_means(
    shape: Architecture, flat: np.ndarray, machine: Sampler, rng: np.random.Generator, hard: float
) -> np.ndarray:
    """[states of the machine, neurons]: what the network's codes and biases added up to on average in each state."""
    m, flat = machine.mealy, flat.astype(np.float64)
    (layer, kernel, first), _ = shape.parts(flat)
    s, at = layer.states, 1 + layer.inputs
    letters, states = machine.draw(rng, WORDS + m.states, TICKS)
    total, count = np.zeros((m.states, layer.neurons)), np.zeros(m.states)
    code = np.tile(first + hard * (sign(first) - first), (len(letters), 1))
    for t in range(TICKS):
        added = kernel[0] + code @ kernel[at:]
        np.add.at(total, states[:, t], added)
        np.add.at(count, states[:, t], 1)
        y = ameo(
            machine.wires[letters[:, t]] @ kernel[1:at, :s] + added[:, :s], shape.f, shape.leak
        )
        code = y + hard * (sign(y) - y)
    return total / np.maximum(count, 1)[:, None]


def _least_squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.solve(a.T @ a + RIDGE * np.eye(a.shape[1]), a.T @ b)
