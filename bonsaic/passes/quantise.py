"""Numbers a person can read."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bonsaic.ir.core import Module, Node, node, rewrite
from bonsaic.passes.manager import pass_
from bonsaic.passes.weights import change, numbers, strongest
from bonsaic.prove.machine import Machine

FINEST = 24  # bits after the point: finer than any weight of float32 in the range that networks use
PLAIN = 1000  # the largest denominator of an activation's constants


@pass_("net -> quant", claim="approx")
def quantise(m: Module, *, spec: Machine, step: Fraction | None = None) -> Module:
    """Round every weight, bias and initial state to a multiple of a step; the coarsest power of 1/2 that is proved.

    A step of 0 rounds nothing.
    """
    if step is not None:
        return _round(m, step)
    steps = [Fraction(1, 1 << bits) for bits in range(FINEST + 1)]
    return strongest(m, steps, _round, spec) or replace(m, level="quant")


def _round(m: Module, step: Fraction) -> Module:
    rounded = change(m, lambda w: round(w / step) * step if step else w)
    return replace(rewrite(rounded, _plain), level="quant")


def _plain(n: Node) -> Node:
    """An activation whose f and leak are the plain fractions that float32 stands for: 1/10, not 13421773/134217728."""
    if n.op != "ameo":
        return n
    return node("ameo", *n.args, attr=tuple(v.limit_denominator(PLAIN) for v in n.attr))


def bits(m: Module) -> int:
    """How many bits after the point the numbers of a module need."""
    return max((w.denominator.bit_length() - 1 for w in numbers(m)), default=0)
