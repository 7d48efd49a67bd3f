"""A program as what everything after it is held to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonsaic.diag import mistake
from bonsaic.ir.mealy import LISTED, Mealy
from bonsaic.lang import Program, check_all, load, tabulate
from bonsaic.lang.sample import frequencies
from bonsaic.prove.machine import TableMachine


@dataclass(frozen=True)
class Specification:
    """A checked program and what everything after it is held to.

    table: its inequivalent reachable states. machine: what proofs walk against, all its reachable states as the
    interpreter of the syntax tree has them, so that a fault in lowering cannot hide. frequencies: float [letter], how
    often each of the table's letters is drawn in words to learn from, up to a factor.
    """

    program: Program
    table: Mealy
    machine: TableMachine
    frequencies: np.ndarray


def specify(path: str) -> Specification:
    """Read, check and list a program; anything wrong with it is a `Mistake`."""
    program = load(path)
    check_all(program)
    table = tabulate(program)
    if table is None:
        raise mistake(
            path,
            f"`{program.name}` has more than {LISTED:,} reachable state-letter pairs, too many to grow",
            help="`bonsaic check`, `run` and `emit` still work; narrow its ranges to grow a network",
        )
    return Specification(program, table.minimised(), TableMachine(table), frequencies(program))
