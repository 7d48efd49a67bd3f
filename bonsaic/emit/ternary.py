"""Gates over 0, 1 and x: a signal is a value and whether it is known; constants fold away."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bonsaic.ir.core import Node, const, node

FALSE, TRUE = const(0), const(1)


class Signal(NamedTuple):
    """known: is the value the same whatever every x is?"""

    value: Node
    known: Node = TRUE


UNKNOWN = Signal(FALSE, FALSE)


def bit(op: str, *args: Node) -> Node:
    """A gate, or what is left of it where an operand is constant or the operands are equal."""
    if op == "not":
        (x,) = args
        return {FALSE: TRUE, TRUE: FALSE}.get(x) or (x.args[0] if x.op == "not" else node(op, x))
    x, y = args
    if x in (FALSE, TRUE):
        x, y = y, x
    match op:
        case "and" if y in (FALSE, TRUE):
            return x if y is TRUE else FALSE
        case "or" if y in (FALSE, TRUE):
            return x if y is FALSE else TRUE
        case "xor" if y in (FALSE, TRUE):
            return x if y is FALSE else bit("not", x)
    if x is y:
        return FALSE if op == "xor" else x
    return node(op, x, y)


def folded(n: Node) -> Node:
    """A node as `bit` would have built it."""
    return bit(n.op, *n.args) if n.op in ("not", "and", "or", "xor") else n


def _choose(s: Node, x: Node, y: Node) -> Node:
    """x where s is 1, else y."""
    if x is y:
        return x
    return bit("or", bit("and", s, x), bit("and", bit("not", s), y))


def inverted(x: Signal) -> Signal:
    return Signal(bit("not", x.value), x.known)


def both(x: Signal, y: Signal) -> Signal:
    """A known 0 makes it known."""
    zeros = [bit("and", z.known, bit("not", z.value)) for z in (x, y)]
    known = bit("or", bit("and", x.known, y.known), bit("or", *zeros))
    return Signal(bit("and", x.value, y.value), TRUE if TRUE is x.known is y.known else known)


def either(x: Signal, y: Signal) -> Signal:
    return Signal(bit("or", x.value, y.value), both(inverted(x), inverted(y)).known)


def differ(x: Signal, y: Signal) -> Signal:
    return Signal(bit("xor", x.value, y.value), bit("and", x.known, y.known))


def multiplexed(x: Signal, y: Signal, s: Signal) -> Signal:
    """y where s is 1, else x; where s is not known, known if both are and they agree."""
    alike = bit("and", differ(x, y).known, bit("not", differ(x, y).value))
    chosen = bit("and", s.known, _choose(s.value, y.known, x.known))
    known = chosen if s.known is TRUE else bit("or", chosen, alike)
    return Signal(_choose(s.value, y.value, x.value), known)


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
