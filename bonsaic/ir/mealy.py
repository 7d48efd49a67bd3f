"""A finite machine as a table: what programs, KISS2 files and grown networks are once their states are listed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

ILLEGAL = -1  # in `next`: this letter may not be read in this state
FREE = -1  # in `outs`: this output does not matter here
LISTED = 100_000  # pairs of state and letter up to which machines are listed as tables


@dataclass(frozen=True, eq=False)
class Mealy:
    """States 0 (the first) to n-1; letters are rows of 0/1 wires.

    letters: uint8 [letter, input wire]
    next: int32 [state, letter], ILLEGAL where the letter may not be read
    outs: int8 [state, letter, output wire], 0, 1 or FREE (FREE throughout where the letter is illegal)
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    letters: np.ndarray
    next: np.ndarray
    outs: np.ndarray

    @property
    def states(self) -> int:
        return len(self.next)

    @property
    def legal(self) -> np.ndarray:
        """bool [state, letter]"""
        return self.next >= 0

    def reachable(self) -> Mealy:
        """Only the states that some legal word reaches, numbered in breadth-first order."""
        seen = {0: 0}
        for state in (todo := [0]):
            for q in self.next[state].tolist():
                if q >= 0 and q not in seen:
                    seen[q] = len(todo)
                    todo.append(q)
        number = np.full(self.states + 1, ILLEGAL, np.int32)
        number[todo] = np.arange(len(todo))
        return replace(self, next=number[self.next[todo]], outs=self.outs[todo])

    def classes(self) -> np.ndarray:
        """int [state]: alike where equivalent; a don't-care equals only a don't-care, illegal only illegal."""
        cls = _classes(np.hstack([self.legal, self.outs.reshape(self.states, -1)]))
        while True:
            after = np.where(self.legal, cls[self.next], ILLEGAL)
            finer = _classes(np.hstack([cls[:, None], after]))
            if finer.max() == cls.max():
                return cls
            cls = finer

    def minimised(self) -> Mealy:
        """The machine of inequivalent reachable states."""
        m = self.reachable()
        cls = m.classes()
        _, keep = np.unique(cls, return_index=True)
        after = np.where(m.legal[keep], cls[m.next[keep]], ILLEGAL)
        return replace(m, next=after.astype(np.int32), outs=m.outs[keep])

    def distances(self) -> np.ndarray:
        """int32 [from, to]: the fewest ticks from one state to another; `states` where there is no way."""
        n = self.states
        d = np.full((n, n), n, np.int32)
        reach = np.eye(n, dtype=bool)
        step = np.zeros((n, n), bool)
        rows, cols = np.nonzero(self.legal)
        step[rows, self.next[rows, cols]] = True
        frontier, ticks = reach.copy(), 0
        while frontier.any():
            d[frontier] = ticks
            frontier = ((frontier.astype(np.float32) @ step.astype(np.float32)) > 0) & ~reach
            reach |= frontier
            ticks += 1
        return d


def _classes(rows: np.ndarray) -> np.ndarray:
    """Per row a number that equal rows share, counted in the order in which they first occur."""
    number: dict[bytes, int] = {}
    return np.array([number.setdefault(row.tobytes(), len(number)) for row in rows])
