"""How far a machine shrinks when what does not matter, illegal letters too, may be chosen freely."""

from __future__ import annotations

import numpy as np

from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy


def merged(machine: Mealy) -> Mealy:
    """A machine that does the same on every legal word wherever it matters, by merging states greedily.

    The number of states is an upper bound of the fewest; letters illegal in all merged states stay illegal.
    """
    m = machine.minimised()
    after, outs, into = m.next.copy(), m.outs.copy(), np.arange(m.states)
    for a in range(m.states):
        for b in range(a + 1, m.states):
            if into[a] == a and into[b] == b:
                tried = _union(after.copy(), outs.copy(), into.copy(), a, b)
                after, outs, into = tried or (after, outs, into)
    keep = np.flatnonzero(into == np.arange(m.states))
    number = np.full(m.states + 1, ILLEGAL, np.int32)
    number[keep] = np.arange(len(keep))
    target = np.where(after[keep] == ILLEGAL, ILLEGAL, number[into[after[keep]]]).astype(np.int32)
    return Mealy(m.name, m.inputs, m.outputs, m.letters, target, outs[keep]).reachable()


def _union(
    after: np.ndarray, outs: np.ndarray, into: np.ndarray, a: int, b: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The tables with two states made one, and all that follows from it; None where outputs contradict."""
    todo = [(a, b)]
    while todo:
        x, y = sorted(int(into[s]) for s in todo.pop())
        if x == y:
            continue
        if ((outs[x] != FREE) & (outs[y] != FREE) & (outs[x] != outs[y])).any():
            return None
        both = (after[x] != ILLEGAL) & (after[y] != ILLEGAL)
        todo += zip(after[x][both].tolist(), after[y][both].tolist(), strict=True)
        outs[x] = np.where(outs[x] == FREE, outs[y], outs[x])
        after[x] = np.where(after[x] == ILLEGAL, after[y], after[x])
        into[into == y] = x
    return after, outs, into
