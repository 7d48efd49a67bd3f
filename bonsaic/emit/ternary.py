"""Gates over 0, 1 and x: a signal is a value and whether it is known; constants fold away."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bonsaic.ir import logic
from bonsaic.ir.core import Node
from bonsaic.ir.logic import FALSE, TRUE, invert


class Signal(NamedTuple):
    """known: is the value the same whatever every x is?"""

    value: Node
    known: Node = TRUE


UNKNOWN = Signal(FALSE, FALSE)


def _choose(s: Node, x: Node, y: Node) -> Node:
    """x where s is 1, else y."""
    return x if x is y else logic.either(logic.both(s, x), logic.both(invert(s), y))


def inverted(x: Signal) -> Signal:
    return Signal(invert(x.value), x.known)


def both(x: Signal, y: Signal) -> Signal:
    """A known 0 makes it known."""
    zeros = [logic.both(z.known, invert(z.value)) for z in (x, y)]
    known = logic.either(logic.both(x.known, y.known), logic.either(*zeros))
    return Signal(logic.both(x.value, y.value), known)


def either(x: Signal, y: Signal) -> Signal:
    return inverted(both(inverted(x), inverted(y)))


def differ(x: Signal, y: Signal) -> Signal:
    return Signal(logic.differ(x.value, y.value), logic.both(x.known, y.known))


def multiplexed(x: Signal, y: Signal, s: Signal) -> Signal:
    """y where s is 1, else x; where s is not known, known if both are and they agree."""
    unlike = differ(x, y)
    alike = logic.both(unlike.known, invert(unlike.value))
    chosen = logic.both(s.known, _choose(s.value, y.known, x.known))
    return Signal(_choose(s.value, y.value, x.value), logic.either(chosen, alike))


# Yosys' cells; operands are its pins A, B and S.
GATES: dict[str, Callable[..., Signal]] = {
    "$_BUF_": lambda x: x,
    "$_NOT_": inverted,
    "$_AND_": both,
    "$_OR_": either,
    "$_XOR_": differ,
    "$_NAND_": lambda x, y: inverted(both(x, y)),
    "$_NOR_": lambda x, y: inverted(either(x, y)),
    "$_XNOR_": lambda x, y: inverted(differ(x, y)),
    "$_ANDNOT_": lambda x, y: both(x, inverted(y)),
    "$_ORNOT_": lambda x, y: either(x, inverted(y)),
    "$_MUX_": multiplexed,
}
