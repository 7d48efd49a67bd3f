"""Registers that never change, and what follows from them."""

from __future__ import annotations

from fractions import Fraction

from bonsaic.ir.core import Module, Node, affine, const, rewrite, with_registers
from bonsaic.ir.logic import simplify
from bonsaic.ir.ops import ameo
from bonsaic.ir.values import contains
from bonsaic.passes.manager import pass_


@pass_("net|quant|gate", claim="exact")
def fold_init(m: Module) -> Module:
    """Replace registers that keep their initial value on every word by that constant, and fold constants.

    Assumes every register constant, folds, drops the assumptions that the folded next states refute, and repeats until
    the rest holds by induction.
    """
    frozen = {r: const(m.init[r.name]) for r in m.regs}
    while True:
        folded = rewrite(m, fold, frozen)
        refuted = [r for r in frozen if folded.next[r.name] is not frozen[r]]
        if not refuted:
            break
        for r in refuted:
            del frozen[r]
    return with_registers(folded, (r for r in m.regs if r not in frozen))


def fold(n: Node) -> Node:
    """`n` where its constant operands decide or simplify it."""
    values = [a.attr[0] if a.op == "const" else None for a in n.args]
    match n.op, values:
        case "affine", _:
            return _affine(n, values)
        case "ameo", [Fraction() as x]:
            return const(ameo(x, *n.attr))
        case "sign", [Fraction() as x]:
            return const(1 if x > 0 else -1)
    return simplify(n)


def _affine(n: Node, values: list[Fraction | None]) -> Node:
    weights, bias = n.attr
    bias += sum(w * v for w, v in zip(weights, values, strict=True) if v is not None)
    rest = [(w, a) for w, a, v in zip(weights, n.args, values, strict=True) if v is None and w]
    if not rest:
        return const(bias)
    folded = affine([w for w, _ in rest], [a for _, a in rest], bias)
    return folded if contains(n.type, folded.type) else n
