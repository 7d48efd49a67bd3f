"""Repair: the codes of a network that is nearly right are sorted by the states of a machine, in one stroke."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.activation import ameo, sign
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import first_codes, tick
from bonsaic.grow.refit import refit_head
from bonsaic.grow.words import Sampler

NEARLY = 0.05  # share of wrong outputs, on words not seen before, of a network that is nearly right
WORDS = 64  # and one more for every state, on which a network is judged and its codes are met
MUTATION = 0.3  # of the first copy of a neuron; the next is mutated twice as much, and so on
SHIFTS, CLEAR = np.linspace(-1, 1, 41), 0.15
RIDGE = 1e-9  # of the least squares, for codes that are not independent


@dataclass(frozen=True)
class Seen:
    """What a network did on words it had not seen.

    wrong: how much of the outputs that should have been 0, and of those that should have been 1, was not, on average.
    means: what its codes and biases added up to, on average [states of the machine, neurons].
    """

    wrong: float
    means: np.ndarray


def repaired(
    shape: Architecture,
    flat: np.ndarray,
    machine: Sampler,
    seen: Seen,
    rng: np.random.Generator,
    *,
    copied: bool,
) -> tuple[Architecture, np.ndarray]:
    """The network sorted; copied: with mutated copies of its neurons for every row of the machine and more."""
    rows = int(machine.mealy.legal.sum())
    least = rows + rows // 4 + 16 if copied else 0
    return _sorted(*_copied(shape, flat.astype(np.float64), seen.means, least, rng), machine)


def look(
    shape: Architecture, flat: np.ndarray, machine: Sampler, ticks: int, rng: np.random.Generator
) -> Seen:
    """Run a network of one cell with soft states on fresh words of so many ticks."""
    m, flat = machine.mealy, flat.astype(np.float64)
    (layer, kernel, _), _ = shape.parts(flat)
    letters, states = machine.draw(rng, WORDS + m.states, ticks)
    total, count = np.zeros((m.states, layer.neurons)), np.zeros(m.states)
    asked, wrong = np.zeros((2, len(m.outputs))), np.zeros((2, len(m.outputs)))
    codes = np.tile(first_codes(shape, flat), (len(letters), 1))
    for t in range(ticks):
        np.add.at(total, states[:, t], kernel[0] + codes @ kernel[1 + layer.inputs :])
        np.add.at(count, states[:, t], 1)
        wires = machine.wires[letters[:, t]].astype(float)
        codes, values, _ = tick(shape, flat, wires, codes, hard=False)
        target = machine.signs[states[:, t], letters[:, t]]
        for value, sign_of in enumerate((-1, 1)):
            asked[value] += (target == sign_of).sum(0)
            wrong[value] += ((target == sign_of) & (values * sign_of <= 0)).sum(0)
    share = wrong[asked > 0] / asked[asked > 0]
    return Seen(float(share.mean()) if len(share) else 0.0, total / np.maximum(count, 1)[:, None])


def _copied(
    shape: Architecture, flat: np.ndarray, means: np.ndarray, least: int, rng: np.random.Generator
) -> tuple[Architecture, np.ndarray, np.ndarray]:
    """The network with mutated copies of its neurons, so that it has `least` of either kind; none is read."""
    (layer, kernel, first), _ = shape.parts(flat)
    counts = max(layer.states, least), max(layer.outputs, least)
    wider = replace(shape, cells=(counts,))
    source, noise = [], []
    for start, of, count in zip(
        (0, layer.states), (layer.states, layer.outputs), counts, strict=True
    ):
        copy, which = np.divmod(np.arange(count), of)
        source.append(start + which)
        noise.append(MUTATION * copy)
    wires = slice(1, 1 + layer.inputs)
    columns, mutation = np.concatenate(source), np.concatenate(noise)
    made = np.zeros(wider.weights)
    (_, new, new_first), _ = wider.parts(made)
    new[wires] = kernel[wires][:, columns]
    new[wires] += mutation * rng.normal(size=new[wires].shape)
    new_first[:] = sign(first)[columns[: counts[0]]]
    moved = means[:, columns]
    return wider, made, moved + mutation * rng.normal(size=moved.shape)


def _sorted(
    shape: Architecture, flat: np.ndarray, means: np.ndarray, machine: Sampler
) -> tuple[Architecture, np.ndarray]:
    """Weights under which every code of a state acts as `means` [states of the machine, neurons] says.

    The means are moved a little where a sum would come near a zero of the activation; what wires add stays. A code is
    then a feature of the state and letter before it; least squares reads the state out of it, and its product with
    `means` is the new kernel. Exact where the features are independent, so with somewhat more state bits than the
    machine has rows.
    """
    m = machine.mealy
    (layer, kernel, first), (_, head, _) = shape.parts(flat)
    s, wires = layer.states, machine.wires.astype(np.float64)
    row, x = np.nonzero(m.legal)
    of_wires = wires @ kernel[1 : 1 + layer.inputs]
    means = means + _clearing(shape, machine, means, of_wires)
    bits = sign(ameo(means[row] + of_wires[x], shape.f, shape.leak))
    codes = np.concatenate([np.ones((len(row) + 1, 1)), np.vstack([bits[:, :s], first])], 1)
    after = np.eye(m.states)[np.append(machine.next[row, x], 0)]
    read = _least_squares(codes, after)
    kernel[1 + layer.inputs :] = read[1:] @ means
    kernel[0] = read[0] @ means
    target = machine.signs[row, x]
    features = np.concatenate([np.ones((len(row), 1)), bits[:, s:]], 1)
    head[:] = _least_squares(features, target)
    if ((features @ head) * target < np.abs(target) * 0.1).any():
        head[:] = refit_head(features, target, head, 200)
    return shape, flat


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


def _least_squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.solve(a.T @ a + RIDGE * np.eye(a.shape[1]), a.T @ b)
