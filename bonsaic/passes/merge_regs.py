"""Registers that say what another register says, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bonsaic.ir.core import Module, Node, rewrite, with_registers
from bonsaic.ir.logic import FALSE, TRUE, invert, simplify
from bonsaic.ir.run import ModuleMachine, Step
from bonsaic.passes.dead_nodes import dead_nodes
from bonsaic.passes.manager import pass_
from bonsaic.passes.reach import Reach, reach
from bonsaic.prove.machine import Machine
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk

EFFORT = 50_000_000  # gates evaluated in trying replacements


@pass_("gate", claim="observed")
def merge_regs(m: Module, *, spec: Machine) -> Module:
    """Merge registers that are equal or opposite, and drop those that are constant or that no output depends on.

    First what holds in every state that occurs; then a register is replaced by a constant, another register or its
    opposite wherever the result is still proved equal to the program.
    """
    pairs = reach(spec, m)
    if pairs is None:
        return m
    m = _without(m, _coinciding(m, pairs))
    effort = EFFORT
    while effort > 0:
        machine = ModuleMachine(m)
        for place, other, flip in _candidates(len(m.regs)):
            effort -= len(pairs.states) * len(m.order())
            if isinstance(walk(spec, _Forced(machine, place, other, flip)), Proved):
                stand = (*m.regs, FALSE)[other]
                m = _without(m, {m.regs[place]: invert(stand) if flip else stand})
                break
        else:
            break
    return m


class _Forced(ModuleMachine):
    """A machine that reads, in the place of one register, another (-1: constant 0) or its opposite."""

    def __init__(self, machine: ModuleMachine, place: int, other: int, flip: bool):
        vars(self).update(vars(machine))
        self.place, self.other, self.flip = place, other, flip

    def step(self, states: np.ndarray, letters: np.ndarray) -> Step:
        read = states.copy()
        read[:, self.place] = self.flip ^ (states[:, self.other] if self.other >= 0 else 0)
        done = super().step(read, letters)
        done.next[:, self.place] = self.initial[self.place]
        return done


def _candidates(registers: int) -> Iterator[tuple[int, int, bool]]:
    """A register to replace, the last first, by what (-1: constant 0), and whether by its opposite."""
    for place in reversed(range(registers)):
        for other in (-1, *(i for i in range(registers) if i != place)):
            yield from ((place, other, False), (place, other, True))


def _coinciding(m: Module, pairs: Reach) -> dict[Node, Node]:
    """Per register that another one or a constant can stand for, in every state that occurs, that other."""
    found: dict[Node, Node] = {}
    columns = pairs.states.T.astype(bool)
    nothing = np.zeros(len(pairs.states), bool)
    stand = {nothing.tobytes(): FALSE, (~nothing).tobytes(): TRUE}
    for r, column in zip(m.regs, columns, strict=True):
        other = stand.get(column.tobytes())
        if other is None:
            stand[column.tobytes()], stand[(~column).tobytes()] = r, invert(r)
        else:
            found[r] = other
    return found


def _without(m: Module, replaced: Mapping[Node, Node]) -> Module:
    """`m` with other nodes in the place of registers, and without registers that nothing reads any more."""
    m = rewrite(m, simplify, replaced)
    return dead_nodes(with_registers(m, (r for r in m.regs if r not in replaced)))
