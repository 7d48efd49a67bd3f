"""How a value is written in Verilog: bits as one wire, numbers as signed vectors that are all equally wide."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from fractions import Fraction

from bonsaic.emit.layout import ATOM, MIRRORED, Text, is_bit, summed
from bonsaic.ir.core import Module, Node
from bonsaic.ir.values import Real, Type, high, low

NUMBER = re.compile(r"-?\d+'sd\d+")
IF, OR, XOR, AND, COMPARE, ADD, MUL, UNARY = range(8)
LOGIC = {"or": (OR, " | "), "xor": (XOR, " ^ "), "and": (AND, " & ")}


def width(m: Module) -> int:
    """Bits that hold every number of a tick; sums may wrap on the way, so only values and operands count."""
    largest = 1
    for n in (*m.inputs, *m.regs, *m.order()):
        largest = max(largest, _magnitude(n.type))
        if n.op == "affine":
            largest = max(largest, *(abs(int(w)) for w in (*n.attr[0], n.attr[1])))
        if n.op in ("div", "mod"):
            largest = max(largest, sum(2 * _magnitude(a.type) for a in n.args))
        if n.op == "cast":
            largest = max(largest, *(abs(int(v)) for v in n.attr))
    return largest.bit_length() + 1


def _magnitude(t: Type) -> int:
    assert not isinstance(t, Real)
    return int(max(abs(low(t)), abs(high(t))))


class Writer:
    """Writes operations for numbers of `width` bits; a cast in `idle` is its operand."""

    def __init__(self, width: int, idle: Collection[Node] = ()):
        self.width, self.idle = width, idle

    def range(self, n: Node) -> str:
        """What stands before the name in a declaration."""
        return "" if is_bit(n) else f"signed [{self.width - 1}:0] "

    def literal(self, value: Fraction | int, bit: bool) -> Text:
        if bit:
            return Text(f"1'b{int(value)}", ATOM)
        text = f"{self.width}'sd{abs(int(value))}"
        return Text(f"-{text}", UNARY) if value < 0 else Text(text, ATOM)

    def as_held(self, n: Node, text: Text, bit: bool) -> Text:
        """A value where a bit, or a number, is wanted."""
        if n.op == "const":
            return self.literal(n.attr[0], bit)
        if bit or not is_bit(n):
            return text
        one, zero = self.literal(1, False), self.literal(0, False)
        return Text(f"({text.within(OR)} ? {one.text} : {zero.text})", ATOM)

    def copies(self, n: Node) -> bool:
        """Is an operand written more than once?"""
        return n.op in ("div", "mod") or (n.op == "cast" and n not in self.idle)

    def write(self, n: Node, args: Sequence[Text]) -> Text:
        match n.op:
            case "const":
                return self.literal(n.attr[0], is_bit(n))
            case "not":
                return Text(f"~{args[0].within(ATOM)}", UNARY)
            case "and" | "or" | "xor":
                own, sign = LOGIC[n.op]
                bare = (own, UNARY, ATOM)
                return Text(
                    sign.join(t.text if t.binds in bare else f"({t.text})" for t in args), own
                )
            case "eq" if all(map(is_bit, n.args)):
                bits = [self.as_held(a, t, True) for a, t in zip(n.args, args, strict=True)]
                return Text(f"~({' ^ '.join(t.within(XOR) for t in bits)})", UNARY)
            case "select":
                x, y = (
                    self.as_held(a, t, is_bit(n)).within(OR)
                    for a, t in zip(n.args[1:], args[1:], strict=True)
                )
                return Text(f"{args[0].within(OR)} ? {x} : {y}", IF)
        numbers = [self.as_held(a, t, False) for a, t in zip(n.args, args, strict=True)]
        if n.op in ("eq", "lt"):
            return _compare(numbers[0], "==" if n.op == "eq" else "<", numbers[1])
        result = numbers[0] if n in self.idle else self._arithmetic(n, args, numbers)
        return _compare(result, "==", self.literal(1, False)) if is_bit(n) else result

    def _arithmetic(self, n: Node, raw: Sequence[Text], args: Sequence[Text]) -> Text:
        match n.op:
            case "affine":
                return self._sum(n, raw)
            case "mul":
                return Text(f"{args[0].within(UNARY)} * {args[1].within(UNARY)}", MUL)
            case "div" | "mod":
                return _divide(n, args[0].within(UNARY), args[1].within(ATOM))
            case "cast":
                return self._held_between(n, args[0])
        raise AssertionError(n)

    def _held_between(self, n: Node, x: Text) -> Text:
        """Only the bounds that the operand may pass are written."""
        (lo, hi), t = n.attr, n.args[0].type
        assert not isinstance(t, Real)
        text = x
        for bound, sign, passed in ((hi, ">", high(t) > hi), (lo, "<", low(t) < lo)):
            if passed:
                limit = self.literal(bound, False).text
                text = Text(f"{x.within(UNARY)} {sign} {limit} ? {limit} : {text.text}", IF)
        return text

    def _sum(self, n: Node, args: Sequence[Text]) -> Text:
        """A bit weighs its weight or nothing; bits that weigh different powers of two stand side by side."""
        weights, bias = n.attr
        bits = {int(w): t for w, a, t in zip(weights, n.args, args, strict=True) if is_bit(a)}
        if len(bits) == len(args) > 1 and not bias and all(w > 0 == w & (w - 1) for w in bits):
            highest = max(bits).bit_length() - 1
            zeros = f"{self.width - 1 - highest}'b0"
            places = (bits.get(1 << k) for k in range(highest, -1, -1))
            code = ", ".join([zeros, *(t.text if t else "1'b0" for t in places)])
            return Text(f"$signed({{{code}}})", UNARY)
        terms = []
        for w, a, x in zip(weights, n.args, args, strict=True):
            size = self.literal(abs(w), False).text
            if is_bit(a) and a.op != "const":
                text = f"({x.within(OR)} ? {size} : {self.literal(0, False).text})"
            else:
                number = self.as_held(a, x, False)
                text = (
                    number.added(ADD, w, UNARY)
                    if abs(w) == 1
                    else f"{size} * {number.within(UNARY)}"
                )
            terms += [(w < 0, text)] if w else []
        terms += [(bias < 0, self.literal(abs(bias), False).text)] if bias or not terms else []
        return Text(summed(terms), ADD)


def _compare(x: Text, sign: str, y: Text) -> Text:
    if NUMBER.fullmatch(x.text):  # a number stands on the right
        x, sign, y = y, MIRRORED[sign], x
    return Text(f"{x.within(ADD)} {sign} {y.within(ADD)}", COMPARE)


def _divide(n: Node, x: str, y: str) -> Text:
    """Verilog rounds towards zero and its remainder has the dividend's sign; ours rounds down."""
    a, b = n.args
    assert not isinstance(a.type, Real) and not isinstance(b.type, Real)
    plain = low(a.type) >= 0 and low(b.type) > 0
    remainder = f"{x} % {y}" if plain else f"({x} % {y} + {y}) % {y}"
    if n.op == "mod":
        return Text(remainder, MUL)
    return Text(f"{x} / {y}" if plain else f"({x} - ({remainder})) / {y}", MUL)
