"""L*: a machine learned by asking about words alone, of a trained network or of the program itself.

Angluin's algorithm ("Learning regular sets from queries and counterexamples", 1987), with every suffix of a word that
is answered wrongly as a new column (Maler and Pnueli, 1995); the oracle may be a network (Weiss, Goldberg and Yahav,
"Extracting automata from recurrent neural networks", 2018). Which words are legal and which outputs matter is always
the program's to say, as in training.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import first_codes, tick
from bonsaic.grow.teacher import Teacher
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy

Word = tuple[int, ...]
# Suffixes of one letter at first, and further ones; what needs more is no small machine.
FIRST, SUFFIXES = 32, 200
BLOCK = 1024  # words to which suffixes are put at once


class ProgramOracle:
    """The program's answers to words; where an output does not matter it is FREE.

    questions: words of one round, beyond which a table takes too long.
    """

    questions = 4_000_000

    def __init__(self, teacher: Teacher):
        self.teacher = teacher

    def answers(self, letters: np.ndarray) -> np.ndarray:
        """int8 [words, ticks, outputs]: 0, 1 or FREE."""
        wanted = self.teacher.answers(letters)[1]
        return np.where(wanted == 0, FREE, wanted > 0).astype(np.int8)


class NetworkOracle(ProgramOracle):
    """A soft network's answers; where an output does not matter to the program it is FREE."""

    questions = 500_000

    def __init__(self, shape: Architecture, flat: np.ndarray, teacher: Teacher):
        super().__init__(teacher)
        self._shape, self._flat = shape, flat.astype(np.float64)

    def answers(self, letters: np.ndarray) -> np.ndarray:
        wires, matters = self.teacher.answers(letters)
        codes = np.repeat(first_codes(self._shape, self._flat)[None], len(letters), 0)
        values = np.empty(matters.shape)
        for t in range(letters.shape[1]):
            letter = wires[:, t].astype(np.float64)
            codes, values[:, t], _ = tick(self._shape, self._flat, letter, codes, hard=False)
        return np.where(matters == 0, FREE, values > 0).astype(np.int8)


def learn(
    oracle: ProgramOracle, words: np.ndarray, states: int, over: Callable[[], bool] = lambda: False
) -> Mealy | None:
    """A machine of at most `states` states that answers legal words [words, ticks] of letters as the oracle does.

    States are told apart by the answers to suffixes; None where there is no such machine, or none is found in time.
    """
    wanted = oracle.answers(words)
    letters = len(oracle.teacher.mealy.letters)
    suffixes: list[Word] = [(x,) for x in range(0, letters, -(-letters // FIRST))]
    while len(suffixes) <= FIRST + SUFFIXES and not over():
        machine = _close(oracle, suffixes, states, over)
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
        suffixes += [word[i:] for i in range(1, t + 1) if word[i:] not in suffixes]
    return None


def _close(
    oracle: ProgramOracle, suffixes: list[Word], most: int, over: Callable[[], bool]
) -> Mealy | None:
    """The machine of the access words that suffixes tell apart, breadth first; None if it is too large, or `over`."""
    mealy = oracle.teacher.mealy
    letters: list[Word] = [(x,) for x in range(len(mealy.letters))]
    if most * len(letters) * len(suffixes) > oracle.questions:
        return None
    layer, new = np.zeros((1, 0), np.int64), 0  # words of one length; how many states are older
    number = {_rows(oracle, layer, suffixes).tobytes(): 0}
    following = np.full((most, len(letters)), ILLEGAL, np.int32)
    outs: list[np.ndarray] = []
    while len(layer):
        told = _rows(oracle, layer, letters)
        outs += list(told[:, :, :-1])
        row, x = np.nonzero(told[:, :, -1])
        further = np.concatenate([layer[row], x[:, None]], 1)
        reached: list[int] = []
        for i in range(len(further)):
            if i % BLOCK == 0:
                if over():
                    return None
                told = _rows(oracle, further[i : i + BLOCK], suffixes)
            at = number.setdefault(told[i % BLOCK].tobytes(), len(number))
            if at == most:
                return None
            if at == len(outs) + len(reached):
                reached.append(i)
            following[new + row[i], x[i]] = at
        new += len(layer)
        layer = further[reached]
    table = following[: len(outs)], np.array(outs)
    return Mealy(mealy.name, mealy.inputs, mealy.outputs, mealy.letters, *table)


def _rows(oracle: ProgramOracle, words: np.ndarray, suffixes: list[Word]) -> np.ndarray:
    """int8 [words, suffixes, outputs + 1]: the answer as the suffix ends, and whether the whole word is legal."""
    rows = np.empty((len(words), len(suffixes), len(oracle.teacher.mealy.outputs) + 1), np.int8)
    of_length = defaultdict(list)
    for j, suffix in enumerate(suffixes):
        of_length[len(suffix)].append((j, suffix))
    for listed in of_length.values():
        ends = np.array([suffix for _, suffix in listed])
        whole = [np.repeat(words, len(ends), 0), np.tile(ends, (len(words), 1))]
        together = np.concatenate(whole, 1)
        legal = oracle.teacher.legal(together)[:, None]
        last = np.where(legal, oracle.answers(together)[:, -1], FREE)
        answers = np.hstack([last, legal]).reshape(len(words), len(ends), -1)
        rows[:, [j for j, _ in listed]] = answers
    return rows
