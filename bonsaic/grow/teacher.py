"""What a network is told of its program, by guide; everything told is written down under its name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.check import Walk, walk
from bonsaic.grow.words import Sampler
from bonsaic.ir.mealy import Mealy
from bonsaic.lift import lift
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.verdict import Unknown, Verdict

WORDS = "words that visit every state, their outputs, and how large the machine is"
VERDICTS = "yes or no to a network, with shortest words it gets wrong"
CODES = "the program's state behind each of the network's own codes"
STATES = "the program's states as targets"
MAY_TELL = {
    "none": (WORDS, VERDICTS),
    "repair": (WORDS, VERDICTS, CODES),
    "states": (WORDS, VERDICTS, CODES, STATES),
}


class _Late(Exception):
    """There is no time left."""


class Teacher:
    """Stands between the networks and the machine; `told` names what it has told so far."""

    def __init__(self, machine: Sampler, guide: str):
        self._machine, self.guide = machine, guide
        self.told: set[str] = set()

    @property
    def mealy(self) -> Mealy:
        """For ports and sizes: how many states, rows and ticks from state to state there are."""
        return self._machine.mealy

    def _tell(self, what: str) -> Sampler:
        assert what in MAY_TELL[self.guide], (what, self.guide)
        self.told.add(what)
        return self._machine

    def may_tell(self, what: str) -> bool:
        return what in MAY_TELL[self.guide]

    def draw(self, rng: np.random.Generator, words: int, ticks: int) -> np.ndarray:
        """Letters of legal words, int [words, ticks]."""
        return self._tell(WORDS).draw(rng, words, ticks)[0]

    def extend(self, words: list[np.ndarray], ticks: int, rng: np.random.Generator) -> np.ndarray:
        """Legal words [words, ticks] that begin with these, or with as much of them as fits."""
        return self._tell(WORDS).extend(words, ticks, rng)

    def answers(self, letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Wires [words, ticks, inputs] and wanted outputs [words, ticks, outputs], 0 where they do not matter."""
        machine = self._tell(WORDS)
        return machine.wires[letters], machine.signs[machine.replay(letters), letters]

    def legal(self, letters: np.ndarray) -> np.ndarray:
        """bool [words]: whether every letter may be read where it stands in its word [words, ticks]."""
        machine = self._tell(WORDS)
        return machine.mealy.legal[machine.replay(letters), letters].all(1)

    def check(
        self, shape: Architecture, flat: np.ndarray, over: Callable[[], bool] = lambda: False
    ) -> Walk:
        """The exact check's verdict; not proved, and without words, where time is over."""
        return walk(shape, flat, self._tell(VERDICTS), over)

    def judge(self, shape: Architecture, flat: np.ndarray, over: Callable[[], bool]) -> Verdict:
        """The prover's verdict on a network of real values; Unknown too where there is no time to look further."""
        mealy = self._tell(VERDICTS).mealy
        network = shape.network(flat, mealy.name, mealy.inputs, mealy.outputs)

        def look(stage: str) -> None:
            if over():
                raise _Late

        try:
            rng = np.random.default_rng(0)
            return prove_soft(TableMachine(mealy), lift(network), rng, progress=look)[0]
        except _Late:
            return Unknown("there was no time left to look for a proof")

    def proved_machine(self) -> Sampler:
        """The machine, once a network is right: it knows nothing then that the network does not."""
        return self._tell(VERDICTS)

    def sorted_by_state(self) -> Sampler:
        """The machine, for sorting a network's own codes by its states."""
        return self._tell(CODES)

    def taught_by_state(self) -> Sampler:
        """The machine, for using its states as targets."""
        return self._tell(STATES)
