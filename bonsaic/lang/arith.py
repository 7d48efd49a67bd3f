"""Nodes of level fin, folded as they are built where an operand is constant."""

from __future__ import annotations

from fractions import Fraction

from bonsaic.ir.core import Node, affine, node
from bonsaic.ir.core import const as number
from bonsaic.ir.logic import FALSE, TRUE, both, differ, either, invert
from bonsaic.ir.values import BIT, Real, contains, grid, high, low, size


def _made(op: str, *args: Node, attr: tuple = ()) -> Node:
    """A node; one that has a single possible value is that number."""
    return _folded(node(op, *args, attr=attr))


def _folded(n: Node) -> Node:
    assert not isinstance(n.type, Real)
    return number(low(n.type)) if size(n.type) == 1 else n


def extent(n: Node) -> tuple[int, int]:
    """The lowest and the highest value it may have."""
    assert not isinstance(n.type, Real)
    return int(low(n.type)), int(high(n.type))


def bit(n: Node) -> Node:
    """A value known to be 0 or 1, at type bit."""
    return n if n.type == BIT else node("cast", n, attr=(Fraction(0), Fraction(1)))


def cast(n: Node, lowest: int, highest: int) -> Node:
    """The value, known to lie between the two wherever it is used."""
    if contains(grid(lowest, highest), n.type):
        return n
    return _made("cast", n, attr=(Fraction(lowest), Fraction(highest)))


def linear(weights: list[int], args: list[Node], bias: int = 0) -> Node:
    """The weighted sum and the bias; constants become bias, and a single operand as it is stays itself."""
    terms = [(w, n) for w, n in zip(weights, args, strict=True) if w and n.op != "const"]
    bias += sum(w * n.attr[0] for w, n in zip(weights, args, strict=True) if n.op == "const")
    if len(terms) == 1 and terms[0][0] == 1 and bias == 0:
        return terms[0][1]
    return _folded(affine([w for w, _ in terms], [n for _, n in terms], bias))


def mul(x: Node, y: Node) -> Node:
    """x * y; by a constant it is a weighted sum."""
    for k, n in ((x, y), (y, x)):
        if k.op == "const":
            return linear([int(k.attr[0])], [n])
    return _made("mul", x, y)


def divide(op: str, x: Node, y: Node) -> Node:
    """`div` or `mod`, rounding down; where the divisor is 0 the value means nothing."""
    lowest, highest = extent(y)
    if y.op == "const" and extent(x)[0] >= 0 and extent(x)[1] < highest:
        return FALSE if op == "div" else x
    if y is TRUE:
        return x if op == "div" else FALSE
    if lowest > 0 or highest < 0:
        return _made(op, x, y)
    positive = lt(FALSE, y)
    up = node(op, x, cast(select(positive, y, TRUE), 1, max(1, highest)))
    if lowest == 0:
        return up
    down = node(op, x, cast(select(lt(y, FALSE), y, number(-1)), lowest, -1))
    return select(positive, up, down)


def within(n: Node, lowest: int, highest: int) -> Node:
    """1 where the value lies between the two."""
    if lowest == highest:
        return eq(n, number(lowest))
    return invert(either(lt(n, number(lowest)), lt(number(highest), n)))


def eq(x: Node, y: Node) -> Node:
    """1 where the two are equal; of bits a gate."""
    if x is y:
        return TRUE
    (a, b), (c, d) = extent(x), extent(y)
    if b < c or d < a:
        return FALSE
    return (
        invert(differ(x, y))
        if contains(BIT, x.type) and contains(BIT, y.type)
        else node("eq", x, y)
    )


def lt(x: Node, y: Node) -> Node:
    """1 where x < y."""
    (a, b), (c, d) = extent(x), extent(y)
    return TRUE if b < c else FALSE if a >= d or x is y else node("lt", x, y)


def select(c: Node, x: Node, y: Node) -> Node:
    """x where c is 1, else y; a gate where one of them is a constant bit."""
    if x is y or c is TRUE:
        return x
    if c is FALSE:
        return y
    if c.op == "not":
        return select(c.args[0], y, x)
    if contains(BIT, x.type) and contains(BIT, y.type):
        if x is TRUE or y is FALSE:
            return either(c, y) if x is TRUE else both(c, x)
        if x is FALSE or y is TRUE:
            return both(invert(c), y) if x is FALSE else either(invert(c), x)
    if x.op == "select" and y in x.args[1:]:
        d, first, second = x.args
        return (
            select(both(c, d), first, y) if y is second else select(both(c, invert(d)), second, y)
        )
    if y.op == "select" and x in y.args[1:]:
        d, first, second = y.args
        return (
            select(either(c, d), x, second)
            if x is first
            else select(either(c, invert(d)), x, first)
        )
    return node("select", c, x, y)
