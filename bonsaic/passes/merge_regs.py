"""Registers that say what another register says, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from bonsaic.ir.core import Module, Node, rewrite
from bonsaic.ir.run import ModuleMachine
from bonsaic.passes.dead_nodes import dead_nodes
from bonsaic.passes.logic import FALSE, TRUE, invert, simplify
from bonsaic.passes.manager import pass_
from bonsaic.passes.reach import Reach, reach
from bonsaic.prove.machine import Machine
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk

EFFORT = 10_000_000  # state-letter pairs walked in trying replacements


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
        for smaller in _candidates(m):
            effort -= len(pairs.states)
            if isinstance(walk(spec, ModuleMachine(smaller)), Proved):
                m = smaller
                break
        else:
            break
    return m


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


def _candidates(m: Module) -> Iterator[Module]:
    for r in reversed(m.regs):
        others = [x for x in m.regs if x is not r]
        for other in (FALSE, TRUE, *others, *map(invert, others)):
            yield _without(m, {r: other})


def _without(m: Module, replaced: Mapping[Node, Node]) -> Module:
    """`m` with other nodes in the place of registers, and without registers that nothing reads any more."""
    m = rewrite(m, simplify, replaced)
    regs = tuple(r for r in m.regs if r not in replaced)
    m = replace(
        m,
        regs=regs,
        init={r.name: m.init[r.name] for r in regs},
        next={r.name: m.next[r.name] for r in regs},
    )
    return dead_nodes(m)
