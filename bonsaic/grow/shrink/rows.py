"""What a shrinker reads: every legal (state, letter) row of a table machine, as -1/+1 arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.ir.mealy import FREE, Mealy


@dataclass(frozen=True, eq=False)
class Rows:
    """One row per legal letter of each state.

    x: float32 [row, input wire], -1/+1. here, there: int [row], the state before and after.
    want: float32 [row, output wire], -1, +1, or 0 where the output is free.
    """

    x: np.ndarray
    here: np.ndarray
    there: np.ndarray
    want: np.ndarray


def rows_of(mealy: Mealy) -> Rows:
    """The legal rows of the reachable part of a machine."""
    m = mealy.reachable()
    here, letter = np.nonzero(m.legal)
    x = m.letters[letter].astype(np.float32) * 2 - 1
    outs = m.outs[here, letter].astype(np.float32)
    want = np.where(outs == FREE, 0, outs * 2 - 1).astype(np.float32)
    return Rows(x, here, m.next[here, letter].astype(np.int64), want)
