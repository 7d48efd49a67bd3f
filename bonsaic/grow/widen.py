"""Wider margins for a proved network, and weights on a grid: what makes its proof hold in float32 too."""

from __future__ import annotations

import numpy as np

from bonsaic.grow.activation import ameo, sign
from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import Walk
from bonsaic.grow.refit import refit_head, refit_neurons
from bonsaic.grow.teacher import Teacher

# Coarsest first; on coarser ones the value sets of sums would be few enough to be listed, which takes seconds.
GRIDS = 2.0**-7, 2.0**-9, 2.0**-12
STEPS = 120
WIDE = 0.05  # a margin that needs no refit
ROWS = 4096  # of a refit: it needs them all, and with more takes longer than growing


def widen(
    shape: Architecture, flat: np.ndarray, teacher: Teacher, found: Walk
) -> np.ndarray | None:
    """The same machine with every neuron's margin grown and all weights on a grid; None if none is proved there."""
    machine = teacher.proved_machine()
    m = machine.mealy
    row, x = np.nonzero(m.legal[found.states])
    if found.margin >= WIDE or len(row) > ROWS:
        return _rounded(shape, flat.astype(np.float64), teacher)
    flat = flat.astype(np.float64).copy()
    wires, at = machine.wires[x].astype(np.float64), 0
    *cells, (_, head, _) = shape.parts(flat)
    for layer, kernel, first in cells:
        first[:] = sign(first)
        codes = found.codes[row, at : at + layer.states]
        read = np.concatenate([np.ones((len(row), 1)), wires, codes], 1)
        want = sign(ameo(read @ kernel, shape.f, shape.leak))
        tables = np.unique(np.concatenate([read, want], 1), axis=0)
        seen, wanted = tables[:, : layer.columns], tables[:, layer.columns :]
        kernel[:] = refit_neurons(seen, wanted, kernel, STEPS, shape.f, shape.leak)
        wires = want[:, layer.states :]
        at += layer.states
    target = machine.signs[found.states[row], x]
    tables = np.unique(np.concatenate([wires, target], 1), axis=0)
    read = np.concatenate([np.ones((len(tables), 1)), tables[:, : wires.shape[1]]], 1)
    head[:] = refit_head(read, tables[:, wires.shape[1] :], head, STEPS)
    return _rounded(shape, flat, teacher)


def _rounded(shape: Architecture, flat: np.ndarray, teacher: Teacher) -> np.ndarray | None:
    """On the coarsest grid where the network is still proved."""
    for grid in GRIDS:
        rounded = np.round(flat / grid) * grid
        again = teacher.check(shape, rounded)
        if again.proved:
            return rounded
    return None
