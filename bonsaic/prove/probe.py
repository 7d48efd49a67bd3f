"""Random legal words run through two machines: a difference found by chance, and the states that were passed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bonsaic.ir.run import ModuleMachine
from bonsaic.prove.machine import Machine
from bonsaic.prove.verdict import Differs
from bonsaic.prove.walk import WIRES, differs, same_ports, wrong_rows

WORDS, TICKS = 64, 256  # random words, and how long they are where every letter is legal


def probe(spec: Machine, impl: Machine, rng: np.random.Generator) -> Differs | np.ndarray:
    """A word that tells the machines apart, not a shortest one; else product states int [row, register] that occur.

    Without a row, no legal letter was met.
    """
    columns = same_ports(spec, impl)
    start = np.concatenate([spec.initial, impl.initial])
    states = np.repeat(start[None], WORDS, axis=0)
    read, passed = [], []
    for _ in range(TICKS):
        letters = _draw(spec, rng)
        a = spec.step(states[:, : len(spec.initial)], letters)
        b = impl.step(states[:, len(spec.initial) :], columns.feed(letters))
        legal = np.flatnonzero(a.legal)
        read.append((letters, a.legal))
        b = replace(b, outs=b.outs[legal], care=b.care[legal], legal=b.legal[legal])
        wrong = wrong_rows(a, b, legal, columns.outputs)
        if len(wrong):
            row = legal[wrong[0]]
            word = np.array([letters[row] for letters, taken in read if taken[row]])
            return replace(differs(spec, impl, columns, word), shortest=False)
        after = np.concatenate([a.next, b.next], axis=1)
        states = np.where(a.legal[:, None], after, states)
        passed.append(states[legal])
    return np.concatenate(passed)


def replay(spec: Machine, impl: Machine, word: np.ndarray) -> Differs | None:
    """The beginning of a word, letters 0/1 [tick, input], up to the first tick that tells the machines apart."""
    columns = same_ports(spec, impl)
    p, q = spec.initial[None], impl.initial[None]
    for t, letter in enumerate(word):
        a, b = spec.step(p, letter[None]), impl.step(q, columns.feed(letter[None]))
        if not a.legal[0]:
            return None
        if len(wrong_rows(a, b, np.zeros(1, np.intp), columns.outputs)):
            return replace(differs(spec, impl, columns, word[: t + 1]), shortest=False)
        p, q = a.next, b.next
    return None


def _draw(spec: Machine, rng: np.random.Generator) -> np.ndarray:
    if isinstance(spec, ModuleMachine) and len(spec.inputs) > WIRES:
        return rng.integers(0, 2, (WORDS, len(spec.inputs)), np.uint8)
    letters = spec.alphabet()
    return letters[rng.integers(0, len(letters), WORDS)]
