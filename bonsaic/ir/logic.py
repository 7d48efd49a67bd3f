"""Gates built with the identities of Boolean algebra applied, and how they are counted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from bonsaic.ir.core import Module, Node, const, node

FALSE, TRUE = const(0), const(1)  # held here, so that the interned nodes stay alive


def invert(a: Node) -> Node:
    match a.op:
        case "not":
            return a.args[0]
        case "const":
            return TRUE if a is FALSE else FALSE
    return node("not", a)


def both(a: Node, b: Node) -> Node:
    """a and b; neither an and nor an or is ever built of two inverted operands."""
    return _joined("and", "or", TRUE, a, b)


def either(a: Node, b: Node) -> Node:
    """a or b"""
    return _joined("or", "and", FALSE, a, b)


def _joined(op: str, dual: str, neutral: Node, a: Node, b: Node) -> Node:
    stronger = invert(neutral)
    if a is stronger or b is stronger or a is invert(b):
        return stronger
    if a is neutral or a is b:
        return b
    if b is neutral:
        return a
    if a.op == b.op == "not":
        return invert(node(dual, a.args[0], b.args[0]))
    return node(op, a, b)


def differ(a: Node, b: Node) -> Node:
    """a xor b; inverters move to its output."""
    if a.op == "const":
        return invert(b) if a is TRUE else b
    if b.op == "const":
        return invert(a) if b is TRUE else a
    odd = (a.op == "not") != (b.op == "not")
    x, y = (n.args[0] if n.op == "not" else n for n in (a, b))
    plain = FALSE if x is y else node("xor", x, y)
    return invert(plain) if odd else plain


def simplify(n: Node) -> Node:
    """`n` with the identities applied, for operands that have been through it."""
    match n.op:
        case "not":
            return invert(n.args[0])
        case "and":
            return both(*n.args)
        case "or":
            return either(*n.args)
        case "xor":
            return differ(*n.args)
    return n


def conjunction(terms: Iterable[Node]) -> Node:
    return reduce(both, terms, TRUE)


def disjunction(terms: Iterable[Node]) -> Node:
    return reduce(either, terms, FALSE)


def gates(m: Module) -> int:
    """Two-input gates of any kind; inverters are free and a shared gate counts once."""
    return sum(len(n.args) == 2 for n in m.order())


def depth(m: Module) -> int:
    """Gates on the longest path through a tick."""
    level: dict[Node, int] = {}
    for n in m.order():
        level[n] = max((level.get(a, 0) for a in n.args), default=0) + (len(n.args) == 2)
    return max(level.values(), default=0)
