"""The machine a trained network is taken for, found by asking the network alone about further words.

This is Angluin's L* ("Learning regular sets from queries and counterexamples", 1987) with the network as its teacher
(Weiss, Goldberg and Yahav, "Extracting automata from recurrent neural networks", 2018). The program is asked, as in
training, which words are legal and which outputs matter.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import soft_tick
from bonsaic.grow.teacher import Teacher
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy

Word = tuple[int, ...]
QUESTIONS = 50_000  # words of one round; larger tables take too long
SUFFIXES = 100  # beyond a letter's; a network that needs more has no small machine


def own_machine(
    shape: Architecture, flat: np.ndarray, teacher: Teacher, words: np.ndarray, states: int
) -> Mealy | None:
    """A machine of at most `states` states that answers legal words [words, ticks] of letters as the soft network does.

    States are told apart by the network's answers to suffixes; None where there is no such machine, or none is found.
    """
    ask = _Network(shape, flat, teacher)
    mealy = teacher.mealy
    wanted = ask.answers(words)
    suffixes: list[Word] = []
    while len(suffixes) <= SUFFIXES:
        machine = _close(ask, mealy, suffixes, states)
        if machine is None:
            return None
        at = np.zeros(len(words), np.int64)
        for t in range(words.shape[1]):
            differs = (machine.outs[at, words[:, t]] != wanted[:, t]).any(1)
            if differs.any():
                word = tuple(words[differs.argmax(), : t + 1].tolist())
                break
            at = machine.next[at, words[:, t]]
        else:
            return machine
        suffixes += [word[i:] for i in range(t) if word[i:] not in suffixes]
    return None


def _close(ask: _Network, mealy: Mealy, suffixes: list[Word], most: int) -> Mealy | None:
    """The machine of the access words that suffixes tell apart, breadth first; None beyond `most` states."""
    letters = len(mealy.letters)
    if most * letters * (letters + len(suffixes)) > QUESTIONS:
        return None
    reached: list[Word] = [()]
    rows = ask.rows(reached, letters, suffixes)
    number = {rows[0].tobytes(): 0}
    following = np.full((most, letters), ILLEGAL, np.int32)
    new = 0
    while new < len(reached):
        old, new = new, len(reached)
        legal = [(q, x) for q in range(old, new) for x in range(letters) if rows[q][x, -1]]
        further = [(*reached[q], x) for q, x in legal]
        for (q, x), word, row in zip(
            legal, further, ask.rows(further, letters, suffixes), strict=True
        ):
            at = number.setdefault(row.tobytes(), len(reached))
            if at == len(reached):
                if at == most:
                    return None
                reached.append(word)
                rows.append(row)
            following[q, x] = at
    outs = np.array([row[:letters, :-1] for row in rows], np.int8)
    return Mealy(
        mealy.name, mealy.inputs, mealy.outputs, mealy.letters, following[: len(outs)], outs
    )


class _Network:
    """A soft network's answers; where an output does not matter to the program it is FREE."""

    def __init__(self, shape: Architecture, flat: np.ndarray, teacher: Teacher):
        self._shape, self._flat, self._teacher = shape, flat.astype(np.float64), teacher

    def answers(self, letters: np.ndarray) -> np.ndarray:
        """int8 [words, ticks, outputs]: 0, 1 or FREE."""
        wires, matters = self._teacher.answers(letters)
        codes = np.concatenate([first for _, _, first in self._shape.parts(self._flat)])
        codes = np.repeat(codes[None], len(letters), 0)
        values = np.empty(matters.shape)
        for t in range(letters.shape[1]):
            codes, values[:, t] = soft_tick(
                self._shape, self._flat, wires[:, t].astype(np.float64), codes
            )
        return np.where(matters == 0, FREE, values > 0).astype(np.int8)

    def rows(self, reached: list[Word], letters: int, suffixes: list[Word]) -> list[np.ndarray]:
        """Of each word, [letters + suffixes, outputs + 1]: the answer when the suffix ends, and whether it is legal."""
        of_length = defaultdict(list)
        for i, word in enumerate(reached):
            for j, suffix in enumerate([*((x,) for x in range(letters)), *suffixes]):
                of_length[len(word) + len(suffix)].append((i, j, word + suffix))
        shape = len(reached), letters + len(suffixes), self._shape.outputs + 1
        rows = np.empty(shape, np.int8)
        for asked in of_length.values():
            words = np.array([word for _, _, word in asked])
            legal = self._teacher.legal(words)[:, None]
            last = np.where(legal, self.answers(words)[:, -1], FREE)
            rows[[i for i, _, _ in asked], [j for _, j, _ in asked]] = np.hstack([last, legal])
        return list(rows)
