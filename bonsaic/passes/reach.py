"""Which states and letters of a module occur under a specification, and what its nodes are worth there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from bonsaic.ir.core import Module, Node, affine
from bonsaic.ir.run import ModuleMachine
from bonsaic.prove.machine import Machine
from bonsaic.prove.walk import same_ports

CAP = 1 << 20  # product transitions
CHUNK = 1 << 14  # product states stepped at once


@dataclass(frozen=True, eq=False)
class Reach:
    """Every pair of a module's state and a letter that some legal word reaches, each once.

    states int [row, register], numerators as in `ModuleMachine`; letters 0/1 [row, input]; care bool [row, output]:
    whether the output matters in at least one occurrence of the pair.
    """

    states: np.ndarray
    letters: np.ndarray
    care: np.ndarray


def reach(spec: Machine, m: Module) -> Reach | None:
    """The pairs of `m` that occur on the words that `spec` allows; None when there are too many to list."""
    impl = ModuleMachine(m)
    columns = same_ports(spec, impl)
    alphabet, width = spec.alphabet(), len(spec.initial)
    frontier = np.concatenate([spec.initial, impl.initial])[None].astype(np.int64)
    seen = {frontier.tobytes()}
    pairs, cares, transitions = [], [], 0
    while len(frontier):
        fresh = []
        for at in range(0, len(frontier), CHUNK):
            states = np.repeat(frontier[at : at + CHUNK], len(alphabet), axis=0)
            read = np.tile(alphabet, (len(states) // len(alphabet), 1))
            wanted = spec.step(states[:, :width], read)
            legal = np.flatnonzero(wanted.legal)
            own, letters = states[legal, width:], columns.feed(read[legal])
            after = impl.step(own, letters).next.astype(np.int64)
            care = np.empty((len(legal), len(impl.outputs)), bool)
            care[:, columns.outputs] = wanted.care[legal]
            pairs.append(np.concatenate([own, letters], axis=1))
            cares.append(care)
            fresh.append(np.concatenate([wanted.next[legal].astype(np.int64), after], axis=1))
            transitions += len(legal)
            if transitions > CAP:
                return None
        unique = np.unique(np.concatenate(fresh), axis=0)
        new = [i for i, row in enumerate(unique) if row.tobytes() not in seen]
        frontier = unique[new]
        seen.update(row.tobytes() for row in frontier)
    rows, which = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)
    matters = np.zeros((len(rows), len(impl.outputs)), bool)
    np.logical_or.at(matters, which.reshape(-1), np.concatenate(cares))
    registers = len(impl.initial)
    return Reach(rows[:, :registers], rows[:, registers:].astype(np.uint8), matters)


def above(
    m: Module, states: np.ndarray, letters: np.ndarray, asked: Sequence[tuple[Node, Fraction]]
) -> np.ndarray:
    """bool [row, question]: is the node's value above the threshold? Exact."""
    probes = {str(i): n if not t else affine([1], [n], -t) for i, (n, t) in enumerate(asked)}
    machine = ModuleMachine(replace(m, outs=probes, care={}, legal=None))
    return machine.step(states, letters).outs
