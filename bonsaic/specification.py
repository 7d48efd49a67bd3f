"""A program as what everything after it is held to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.diag import mistake
from bonsaic.ir.mealy import Mealy
from bonsaic.lang import Program, check_all, load, tabulate
from bonsaic.lang.sample import frequencies
from bonsaic.prove.machine import Machine, TableMachine

WALKED = 100_000  # state-letter pairs up to which the proof is against the interpreter itself


@dataclass(frozen=True)
class Specification:
    """A checked program and what everything after it is held to.

    table: its inequivalent reachable states. machine: what proofs walk against; up to WALKED state-letter pairs that is
    the AST interpreter's own table (`oracle` is "interpreter"), so that a fault in lowering cannot hide. frequencies:
    how often each of the table's letters is drawn in words to learn from, up to a factor.
    """

    program: Program
    table: Mealy
    machine: Machine
    oracle: str
    frequencies: np.ndarray


def specify(path: str) -> Specification:
    """Read, check and list a program; anything wrong with it is a `Mistake`."""
    program = load(path)
    check_all(program)
    table = tabulate(program, WALKED)
    if table is None:
        raise mistake(
            path,
            f"`{program.name}` has more than {WALKED} reachable state-letter pairs, too many to grow",
            help="`bonsaic check`, `run` and `emit` still work; narrow its ranges to grow a network",
        )
    machine, often = TableMachine(table), frequencies(program)
    return Specification(program, table.minimised(), machine, "interpreter", often)
