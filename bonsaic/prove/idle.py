"""Which casts of a module no legal word needs, so that a text of it may leave them out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bonsaic.ir.core import Module, Node, node, topological
from bonsaic.ir.mealy import LISTED
from bonsaic.ir.run import ModuleMachine, Step
from bonsaic.prove.machine import tabulate


def idle_casts(m: Module) -> frozenset[Node]:
    """The casts without which every legal word has the same states and outputs.

    All are left out at once and tried on every reachable state and legal letter. Those below a divisor stay, which must
    not be 0. None where they are needed, or where there are more than LISTED pairs of state and letter.
    """
    below = topological(n.args[1] for n in m.order() if n.op in ("div", "mod"))
    casts = frozenset(n for n in m.order() if n.op == "cast").difference(below)
    listed = tabulate(_Compared(m, _without(m, casts)), cap=LISTED) if casts else None
    return frozenset() if listed is None or (listed.outs > 0).any() else casts


def _without(m: Module, casts: frozenset[Node]) -> Module:
    """The module with operands for casts; a register's next value need not be of its type."""
    new: dict[Node, Node] = {n: n for n in (*m.inputs, *m.regs)}
    for n in m.order():
        args = [new[a] for a in n.args]
        new[n] = args[0] if n in casts else node(n.op, *args, attr=n.attr)
    after = {k: new[n] for k, n in m.next.items()}
    return replace(m, next=after, outs={k: new[n] for k, n in m.outs.items()}, legal=None, care={})


class _Compared(ModuleMachine):
    """The module; its outputs say that the other one, in the same state, does otherwise."""

    def __init__(self, m: Module, other: Module):
        super().__init__(m)
        self.other = ModuleMachine(other)

    def step(self, states: np.ndarray, letters: np.ndarray) -> Step:
        done, found = super().step(states, letters), self.other.step(states, letters)
        moved = (done.next != found.next).any(axis=1)
        differ = (done.outs != found.outs) & done.care | moved[:, None]
        return replace(done, outs=differ, care=np.ones_like(differ))
