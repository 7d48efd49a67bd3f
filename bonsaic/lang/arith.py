"""Nodes of level fin, folded as they are built where an operand is constant."""

from __future__ import annotations

from fractions import Fraction

from bonsaic.ir.core import Node, affine, const, node
from bonsaic.ir.values import BIT, Fin, Grid, Real, Type, contains, grid, high, low, size


def number(value: int) -> Node:
    return const(value)


TRUE, FALSE = const(1), const(0)


def _folded(n: Node) -> Node:
    """A node that has a single possible value is that number."""
    assert not isinstance(n.type, Real)
    return const(low(n.type)) if size(n.type) == 1 else n


def is_number(n: Node) -> bool:
    return n.op == "const"


def value_of(n: Node) -> int:
    return int(n.attr[0])


def range_type(lowest: int, highest: int) -> Type:
    return grid(lowest, highest)


def bit(n: Node) -> Node:
    """A value known to be 0 or 1, at type bit."""
    return n if n.type == BIT else node("cast", n, attr=(Fraction(0), Fraction(1)))


def linear(weights: list[int], args: list[Node], bias: int = 0) -> Node:
    terms = [(w, n) for w, n in zip(weights, args, strict=True) if w and not is_number(n)]
    bias += sum(w * value_of(n) for w, n in zip(weights, args, strict=True) if is_number(n))
    if len(terms) == 1 and terms[0][0] == 1 and bias == 0:
        return terms[0][1]
    return _folded(affine([w for w, _ in terms], [n for _, n in terms], bias))


def mul(x: Node, y: Node) -> Node:
    if is_number(x) or is_number(y):
        k, n = (x, y) if is_number(x) else (y, x)
        return linear([value_of(k)], [n])
    return _folded(node("mul", x, y))


def div(x: Node, y: Node) -> Node:
    """Floor division; where the divisor is 0 the value means nothing."""
    return _divide("div", x, y)


def mod(x: Node, y: Node) -> Node:
    return _divide("mod", x, y)


def _divide(op: str, x: Node, y: Node) -> Node:
    lowest, highest = extent(y)
    if is_number(y) and extent(x)[0] >= 0 and extent(x)[1] < highest:
        return number(0) if op == "div" else x
    if y is TRUE:
        return x if op == "div" else FALSE
    if lowest > 0 or highest < 0:
        return _folded(node(op, x, y))
    up = node(op, x, cast(select(lt(number(0), y), y, number(1)), 1, max(1, highest)))
    if lowest == 0:
        return up
    down = node(op, x, cast(select(lt(y, number(0)), y, number(-1)), lowest, -1))
    return select(lt(number(0), y), up, down)


def extent(n: Node) -> tuple[int, int]:
    assert isinstance(n.type, Fin | Grid)
    return int(low(n.type)), int(high(n.type))


def cast(n: Node, lowest: int, highest: int) -> Node:
    """The value, known to lie between the two wherever it is used."""
    if contains(grid(lowest, highest), n.type):
        return n
    return _folded(node("cast", n, attr=(Fraction(lowest), Fraction(highest))))


def outside(n: Node, lowest: int, highest: int) -> Node:
    """1 where the value does not lie between the two."""
    if lowest == highest:
        return not_(eq(n, number(lowest)))
    return or_(lt(n, number(lowest)), lt(number(highest), n))


def eq(x: Node, y: Node) -> Node:
    if x is y:
        return TRUE
    (a, b), (c, d) = extent(x), extent(y)
    return FALSE if b < c or d < a else node("eq", x, y)


def lt(x: Node, y: Node) -> Node:
    (a, b), (c, d) = extent(x), extent(y)
    return TRUE if b < c else FALSE if a >= d or x is y else node("lt", x, y)


def select(c: Node, x: Node, y: Node) -> Node:
    if x is y or c is TRUE:
        return x
    return y if c is FALSE else node("select", c, x, y)


def not_(x: Node) -> Node:
    if is_number(x):
        return FALSE if x is TRUE else TRUE
    return x.args[0] if x.op == "not" else node("not", x)


def and_(x: Node, y: Node) -> Node:
    if x is FALSE or y is FALSE:
        return FALSE
    return y if x is TRUE else x if y is TRUE or x is y else node("and", x, y)


def or_(x: Node, y: Node) -> Node:
    if x is TRUE or y is TRUE:
        return TRUE
    return y if x is FALSE else x if y is FALSE or x is y else node("or", x, y)


def xor(x: Node, y: Node) -> Node:
    if is_number(x):
        x, y = y, x
    if is_number(y):
        return not_(x) if y is TRUE else x
    return FALSE if x is y else node("xor", x, y)
