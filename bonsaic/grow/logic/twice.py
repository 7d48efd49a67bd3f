"""A machine that knows the last letter too: a transition may then take two ticks, by two letters at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bonsaic.grow.logic.parts import Part, binary
from bonsaic.ir.mealy import ILLEGAL, Mealy


@dataclass(frozen=True, eq=False)
class Twice:
    """mealy: its states are pairs of a state `at` [state] and the letter `last` [state] that led there.

    acts [word, state]: by every two letters, the state two ticks later, -1 where there is none. After the last state
    comes that before the first tick, by whose second letter the first state goes on.
    """

    mealy: Mealy
    at: np.ndarray
    last: np.ndarray
    acts: np.ndarray

    def words(self, state: np.ndarray, letter: np.ndarray) -> np.ndarray:
        """The two letters, the last and this one, as a number."""
        return self.last[state] * len(self.mealy.letters) + letter

    @property
    def coding(self) -> tuple[Part, ...]:
        """First the last letter, whose bits are its wires; then the state."""
        letters, labels = np.unique(self.last, return_inverse=True)
        codes = self.mealy.letters[letters] * 2.0 - 1
        return Part(labels.reshape(-1), codes), Part(self.at, binary(np.arange(self.at.max() + 1)))


def twice(mealy: Mealy) -> Twice:
    """Of a machine whose states can all be reached. At first the last letter was number 0."""
    states, letters = mealy.next.shape
    pair = np.where(mealy.legal, mealy.next * letters + np.arange(letters), ILLEGAL)
    both = replace(
        mealy,
        next=np.repeat(pair, letters, 0).astype(np.int32),
        outs=np.repeat(mealy.outs, letters, 0),
    )
    number = np.arange(states * letters)
    # what the reachable part keeps of each state is told by an output of its own
    named = replace(both, outs=np.broadcast_to(number[:, None, None], (*both.next.shape, 1)))
    kept = named.reachable().outs[:, 0, 0]
    after = np.append(mealy.next, [[ILLEGAL] * letters], 0).T
    acts = np.stack([after[c][after[first]] for first in range(letters) for c in range(letters)])
    acts = np.append(acts, np.full((letters * letters, 1), ILLEGAL), 1)
    acts[:letters, -1] = mealy.next[0]
    return Twice(both.reachable(), kept // letters, kept % letters, acts)
