"""What the prover asks of a machine, and a table as such a machine."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.ir.run import Step

WORD = 1 << 62  # how many values one word of a state's number has


class Machine(Protocol):
    """A machine over integer state vectors with 0/1 wires; see `ir.run.ModuleMachine` for the contract of `step`.

    columns: per register the lowest value, the spacing and the number of places up to the highest.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    initial: np.ndarray
    columns: list[tuple[int, int, int]]
    float32: bool

    def alphabet(self) -> np.ndarray: ...

    def step(self, states: np.ndarray, letters: np.ndarray) -> Step: ...


class TableMachine:
    """A Mealy table: one integer of state; letters outside the table's list are illegal."""

    float32 = True

    def __init__(self, table: Mealy):
        self.table = table
        self.inputs, self.outputs = table.inputs, table.outputs
        self.initial = np.zeros(1, np.int64)
        self.columns = [(0, 1, table.states)]
        self._powers = 1 << np.arange(len(table.inputs), dtype=np.int64)
        codes = table.letters.astype(np.int64) @ self._powers
        self._order = np.argsort(codes)
        self._codes = codes[self._order]

    def alphabet(self) -> np.ndarray:
        return self.table.letters

    def step(self, states: np.ndarray, letters: np.ndarray) -> Step:
        t = self.table
        codes = letters.astype(np.int64) @ self._powers
        at = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        letter, q = self._order[at], states[:, 0].astype(np.int64)
        after, outs = t.next[q, letter], t.outs[q, letter]
        legal = (self._codes[at] == codes) & (after >= 0)
        clear = np.ones(len(states), bool)
        return Step(
            np.maximum(after, 0)[:, None].astype(np.int64), outs > 0, outs != FREE, legal, clear
        )


def numbered(states: np.ndarray, columns: list[tuple[int, int, int]]) -> np.ndarray:
    """One number per state: its registers' places as digits, the first one lowest; their bytes where one is too small.

    columns: as of a `Machine`.
    """
    words, stride = [np.zeros(len(states), np.int64)], 1
    for column, (low, step, size) in zip(states.T, columns, strict=True):
        place = column if low == 0 else column - low
        place = place if step == 1 else place // step
        assert len(place) == 0 or (place.min() >= 0 and place.max() < size), "out of its type"
        while size > (room := WORD // stride):
            words[-1] += (place % room).astype(np.int64) * stride
            words.append(np.zeros(len(states), np.int64))
            place, size, stride = place // room, -(-size // room), 1
        words[-1] += place.astype(np.int64) * stride
        stride *= size
    if len(words) == 1:
        return words[0]
    return np.stack(words, axis=1).view(f"V{8 * len(words)}")[:, 0]


def tabulate(machine: Machine, *, cap: int, name: str = "machine") -> Mealy | None:
    """A machine as the table of its reachable states; None when state-letter pairs outnumber `cap`."""
    if isinstance(machine, TableMachine):
        return machine.table.reachable()
    if 1 << len(machine.inputs) > cap:
        return None
    letters = machine.alphabet()
    number = {tuple(machine.initial.tolist()): 0}
    frontier = machine.initial[None]
    nexts, outs = [], []
    while len(frontier):
        read = np.tile(letters, (len(frontier), 1))
        done = machine.step(np.repeat(frontier, len(letters), axis=0), read)
        fresh, after = [], []
        for row, legal in zip(done.next.tolist(), done.legal.tolist(), strict=True):
            if legal and tuple(row) not in number:
                number[tuple(row)] = len(number)
                fresh.append(row)
            after.append(number[tuple(row)] if legal else ILLEGAL)
        said = np.where(done.care & done.legal[:, None], done.outs, FREE)
        nexts.append(np.array(after, np.int32).reshape(len(frontier), len(letters)))
        outs.append(said.astype(np.int8).reshape(len(frontier), len(letters), -1))
        if len(number) * len(letters) > cap:
            return None
        frontier = np.array(fresh, done.next.dtype).reshape(len(fresh), len(machine.initial))
    return Mealy(
        name,
        machine.inputs,
        machine.outputs,
        letters,
        np.concatenate(nexts),
        np.concatenate(outs),
    )
