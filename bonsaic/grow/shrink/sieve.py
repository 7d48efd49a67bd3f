"""Short codes of states of which one neuron each says what they become, found among many at once."""

from __future__ import annotations

import numpy as np

from bonsaic.grow.logic.gates import RESTARTS, WIDEST, learnable
from bonsaic.ir.mealy import Mealy

ROOM = 130_000  # rows that are learned at once, of all tries together
DRAWN = 8  # codings drawn for each that is tried, as many are the same but for the bits' order and sense


def short_codes(mealy: Mealy) -> np.ndarray:
    """Codes -1/+1 [coding, state, bit] of as few bits as can be, whose neurons read the wires and the bits alone."""
    wires, bits = len(mealy.inputs), (mealy.states - 1).bit_length()
    state, letter = np.nonzero(mealy.legal)
    count = ROOM // (max(bits, 1) * RESTARTS * len(state))
    if mealy.states < 3 or wires + bits > WIDEST or not count:
        return np.empty((0, mealy.states, bits))
    codes = _drawn(mealy.states, bits, count)
    letters = np.broadcast_to(mealy.letters[letter] * 2.0 - 1, (len(codes), len(letter), wires))
    seen = np.concatenate([codes[:, state], letters], 2)
    goals = codes[:, mealy.next[state, letter]].transpose(0, 2, 1)
    held = learnable(np.repeat(seen, bits, 0), goals.reshape(-1, len(state)))
    return codes[held.reshape(len(codes), bits).all(1)]


def _drawn(states: int, bits: int, count: int) -> np.ndarray:
    """At most so many codings, no two of which differ in the order and the sense of their bits alone."""
    rng = np.random.default_rng(0)
    numbers = rng.random((DRAWN * count, 1 << bits)).argsort(1)[:, :states]
    codes = (numbers ^ numbers[:, :1])[:, :, None] >> np.arange(bits) & 1
    columns = np.sort((1 << np.arange(states)) @ codes, axis=1)
    first = np.sort(np.unique(columns, axis=0, return_index=True)[1])[:count]
    return codes[first] * 2.0 - 1
