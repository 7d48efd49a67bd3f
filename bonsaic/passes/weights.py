"""What clipping and quantising share: every number of a network module, changed at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from bonsaic.ir.core import Module, Node, affine, const, rewrite
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import contains, fin
from bonsaic.prove.machine import Machine
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk

SCANNED = 64  # settings that are all tried


def numbers(m: Module) -> list[Fraction]:
    """Every weight, bias and initial state, with repeats."""
    found = [w for n in m.order() if n.op == "affine" for w in (*n.attr[0], n.attr[1])]
    return found + list(m.init.values())


def change(m: Module, f: Callable[[Fraction], Fraction]) -> Module:
    """`m` with f applied to every weight, bias and initial state; an edge whose weight becomes 0 goes.

    An initial state of a register that cannot hold the new value (a hard state is -1 or +1) stays.
    """

    def node(n: Node) -> Node:
        if n.op != "affine":
            return n
        edges = [(f(w), a) for w, a in zip(n.attr[0], n.args, strict=True)]
        kept = [(w, a) for w, a in edges if w]
        bias = f(n.attr[1])
        return affine([w for w, _ in kept], [a for _, a in kept], bias) if kept else const(bias)

    init = {
        r.name: f(m.init[r.name]) if contains(r.type, fin([f(m.init[r.name])])) else m.init[r.name]
        for r in m.regs
    }
    return replace(rewrite(m, node), init=init)


def strongest(
    settings: Sequence[Fraction], make: Callable[[Fraction], Module], spec: Machine
) -> Module | None:
    """The module of the first setting, strongest first, that is proved equal to the specification.

    Up to SCANNED settings are tried one by one. Of more, whose proofs take long, the boundary is found by bisection: a
    setting is taken as soon as it is proved and the next stronger one is not.
    """
    if len(settings) <= SCANNED:
        tried = (make(s) for s in settings)
        return next((m for m in tried if _proved(m, spec)), None)
    best, low, high = None, 0, len(settings)
    while low < high:
        middle = (low + high) // 2
        m = make(settings[middle])
        if _proved(m, spec):
            best, high = m, middle
        else:
            low = middle + 1
    return best


def _proved(m: Module, spec: Machine) -> bool:
    return isinstance(walk(spec, ModuleMachine(m)), Proved)
