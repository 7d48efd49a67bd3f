"""What the populations of a campaign add up to, and how it is written down with the one under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.checkpoint import Snapshot
from bonsaic.ir.mealy import Mealy

if TYPE_CHECKING:
    from bonsaic.grow.loop import Attempt

TRAINED = "trained"
CONSTRUCTED = "constructed from the program's table, not trained"
ASKED_FOR = "constructed from the machine that answers to words tell (L*), not trained"
ANSWERED = "constructed from the outputs of every word of one letter, not trained"


@dataclass
class Record:
    """populations: those that are over. best: shape and weights of the most promising network. made: how it was."""

    populations: int = 0
    steps: int = 0
    tried: int = 0
    solved: int = 0
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    best: tuple[Architecture, np.ndarray] | None = None
    made: str = TRAINED
    wrong_before: float = 0.0
    outstanding: list[list[int]] = field(default_factory=list)


def snapshot(record: Record, attempt: Attempt) -> Snapshot:
    """Everything that what comes next depends on."""
    facts, arrays = attempt.state()
    own = {name: value for name, value in vars(record).items() if name != "best"}
    if record.best is not None:
        own["cells"], arrays["best"] = record.best[0].cells, record.best[1]
    told = sorted(attempt.teacher.told)
    return Snapshot({"record": own, "attempt": facts, "told": told}, arrays)


def record_of(start: Snapshot, mealy: Mealy) -> Record:
    """The record in a snapshot of this machine's campaign."""
    own = dict(start.facts["record"])
    own["curve"] = [tuple(row) for row in own["curve"]]
    cells = tuple(tuple(cell) for cell in own.pop("cells", ()))
    shape = Architecture(len(mealy.inputs), cells, len(mealy.outputs))
    return Record(**own, best=(shape, start.arrays["best"]) if cells else None)
