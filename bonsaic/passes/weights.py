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
CHANGED = 100_000  # numbers changed in trying them


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
    m: Module, settings: Sequence[Fraction], f: Callable[[Module, Fraction], Module], spec: Machine
) -> Module | None:
    """`m` under the first setting, strongest first, that is proved equal to the specification.

    Up to SCANNED settings are tried one by one. Of more, and of a large module, whose proofs take long, the boundary is
    found by bisection: a setting is taken as soon as it is proved and the next stronger one is not.
    """
    if len(settings) <= SCANNED and len(settings) * len(numbers(m)) <= CHANGED:
        tried = (f(m, s) for s in settings)
        return next((t for t in tried if _proved(t, spec)), None)
    best, low, high = None, 0, len(settings)
    while low < high:
        middle = (low + high) // 2
        changed = f(m, settings[middle])
        if _proved(changed, spec):
            best, high = changed, middle
        else:
            low = middle + 1
    return best


def _proved(m: Module, spec: Machine) -> bool:
    return isinstance(walk(spec, ModuleMachine(m)), Proved)
