"""From the parse tree of a `.bir` text to a checked module."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from lark import Token, Tree

from bonsaic.diag import Mistake, Source, Span, mistake
from bonsaic.ir.core import Module, Node, node
from bonsaic.ir.ops import LEVELS, OPS, misfit
from bonsaic.ir.values import BIT, REAL, SIGN, Type, contains, fin, grid

# What an activation that names neither has.
DEFAULTS = {"f": Fraction(1, 2), "leak": Fraction(1, 10)}
LONGEST = 1000  # digits of a number


class Reader:
    """Builds a module from its parse tree, item by item; a value is defined above its use."""

    def __init__(self, source: Source):
        self.source = source
        self.env: dict[str, Node] = {}
        self.where: dict[str, Token] = {}
        self.level = ""

    def fail(self, t: Token | Tree, message: str, **more) -> Mistake:
        return mistake(self.span(t), message, **more)

    def span(self, t: Token | Tree) -> Span:
        at = t if isinstance(t, Token) else t.meta
        assert at.start_pos is not None and at.end_pos is not None, t
        return Span(self.source, at.start_pos, at.end_pos)

    def module(self, tree: Tree) -> Module:
        name, level, *items = _parts(tree)
        if level not in LEVELS:
            raise self.fail(
                level, f"there is no level `{level}`", help="levels: " + ", ".join(LEVELS)
            )
        self.level = str(level)
        inputs, regs = [], []
        init: dict[str, Fraction] = {}
        nexts: dict[str, Node] = {}
        outs: dict[str, Node] = {}
        care: dict[str, Node] = {}
        names: dict[Node, str] = {}
        legal: Node | None = None
        for item in items:
            first, *rest = _parts(item)
            match item.data:
                case "input":
                    inputs.append(
                        self.define(first, node("in", attr=(str(first),), type=self.wire(rest[0])))
                    )
                case "reg":
                    n = self.define(first, node("reg", attr=(str(first),), type=self.type(rest[0])))
                    regs.append(n)
                    init[n.name] = self.initial(n, rest[1])
                case "let":
                    n = self.let(item)
                    self.define(first, n)
                    if not first.startswith("%"):
                        names.setdefault(n, str(first))
                case "next":
                    self.next(first, self.look(rest[0]), nexts)
                case "out":
                    self.out(first, self.look(rest[0]), outs)
                    if rest[1:]:
                        care[str(first)] = self.bit(rest[1])
                case "legal":
                    legal = self.bit(first)
        for r in regs:
            if r.name not in nexts:
                raise self.fail(self.where[r.name], f"register `{r.name}` has no `next`")
        if not outs:
            raise self.fail(name, f"module `{name}` has no `out`")
        ordered = {r.name: nexts[r.name] for r in regs}
        return Module(
            str(name),
            self.level,
            tuple(inputs),
            tuple(regs),
            init,
            ordered,
            outs,
            legal,
            care,
            names,
        )

    def define(self, t: Token, n: Node) -> Node:
        if t in self.env:
            first = (self.span(self.where[t]), "first defined here")
            raise self.fail(t, f"`{t}` is defined twice", notes=[first])
        self.env[str(t)], self.where[str(t)] = n, t
        return n

    def look(self, t: Token) -> Node:
        if t not in self.env:
            raise self.fail(
                t, f"`{t}` is not defined", help="a value must be defined above its use"
            )
        return self.env[t]

    def bit(self, t: Token) -> Node:
        n = self.look(t)
        if not contains(BIT, n.type):
            raise self.fail(t, f"`{t}` is {n.type}, but a bit is wanted here")
        return n

    def next(self, t: Token, value: Node, nexts: dict[str, Node]) -> None:
        r = self.look(t)
        if r.op != "reg" or t in nexts:
            what = "has two `next`" if t in nexts else "is not a register"
            raise self.fail(t, f"`{t}` {what}")
        if not contains(r.type, value.type):
            raise self.fail(t, f"`{t}` holds {r.type}, but its next value is {value.type}")
        nexts[str(t)] = value

    def out(self, t: Token, value: Node, outs: dict[str, Node]) -> None:
        if t in outs:
            raise self.fail(t, f"output `{t}` is given twice")
        if not contains(BIT, value.type) and self.level in ("fin", "gate"):
            raise self.fail(
                t, f"output `{t}` is {value.type}, but at level {self.level} it is a bit"
            )
        outs[str(t)] = value

    def wire(self, t: Tree) -> Type:
        found = self.type(t)
        wanted = (BIT,) if self.level in ("fin", "gate") else (BIT, SIGN)
        if found not in wanted:
            raise self.fail(t, f"an input is {' or '.join(map(str, wanted))}, not {found}")
        return found

    def initial(self, r: Node, t: Token) -> Fraction:
        value = self.number(t)
        if not contains(r.type, fin([value])):
            raise self.fail(t, f"`{r.name}` holds {r.type}, but starts with {value}")
        return value

    def let(self, item: Tree) -> Node:
        name, op, *rest, written = _parts(item)
        attrs = {}
        if rest and isinstance(rest[0], Tree) and rest[0].data == "attrs":
            pairs = map(_parts, _parts(rest.pop(0)))
            attrs = {str(key): self.number(value) for key, value in pairs}
        args = [a for a in rest if a is not None]
        if op not in LEVELS[self.level] or op in ("in", "reg"):
            allowed = ", ".join(sorted(LEVELS[self.level] - {"in", "reg"}))
            raise self.fail(
                op, f"`{op}` is no operation of level {self.level}", help=f"operations: {allowed}"
            )
        n = self.operation(op, args, attrs)
        if n.type != (found := self.type(written)):
            raise self.fail(written, f"`{name}` is written as {found}, but {op} gives {n.type}")
        return n

    def operation(self, op: Token, args: list[Tree], attrs: dict[str, Fraction]) -> Node:
        row = OPS[op]
        wanted = row.attrs if op not in ("affine", "const") else ()
        attrs = {k: DEFAULTS[k] for k in wanted if k in DEFAULTS} | attrs
        if set(attrs) != set(wanted):
            form = "{" + ", ".join(f"{a}=..." for a in wanted) + "}" if wanted else "no attributes"
            raise self.fail(op, f"`{op}` takes {form}")
        kinds = {"affine": ("term", "number"), "const": ("number",)}.get(op, ("operand",))
        for a in args:
            if a.data not in kinds:
                raise self.fail(a, f"`{op}` cannot take this {a.data}")
        numbers = [self.number(_parts(a)[0]) for a in args if a.data == "number"]
        operands = [self.look(_parts(a)[-1]) for a in args if a.data != "number"]
        if op == "affine":
            weights = tuple(self.number(_parts(a)[0]) for a in args if a.data == "term")
            return node(op, *operands, attr=(weights, sum(numbers, Fraction(0))))
        if op == "const":
            if len(numbers) != 1:
                raise self.fail(op, "`const` takes one number")
            return node(op, attr=(numbers[0],))
        if len(operands) != row.arity:
            raise self.fail(op, f"`{op}` takes {row.arity} operands, but has {len(operands)}")
        attr = tuple(attrs[k] for k in wanted)
        if found := misfit(op, [n.type for n in operands], attr):
            at, why = found
            raise self.fail(op if at is None else args[at], why)
        return node(op, *operands, attr=attr)

    def type(self, t: Tree) -> Type:
        numbers = [self.number(c) for c in _parts(t)]
        match t.data:
            case "bit":
                return BIT
            case "real":
                return REAL
            case "values":
                return fin(numbers)
        low, high, step = (*numbers, Fraction(1))[:3]
        if high < low or step <= 0 or (high - low) % step:
            raise self.fail(t, "a range needs its low end first and whole steps to its high end")
        return grid(low, high, step)

    def number(self, t: Token) -> Fraction:
        _, _, exponent = t.lower().partition("e")
        if len(t) > LONGEST or len(exponent) > 5 or abs(int(exponent or 0)) > LONGEST:
            raise self.fail(t, f"a number has at most {LONGEST} digits")
        try:
            value = Fraction(str(t))
        except ZeroDivisionError:
            raise self.fail(t, "division by zero") from None
        if self.level == "net" and "/" not in t:
            with np.errstate(over="ignore"):
                nearest = float(np.float32(str(t)))
            if not np.isfinite(nearest):
                raise self.fail(t, "this is beyond the range of float32")
            return Fraction(nearest)
        return value


def _parts(t: Tree) -> list[Any]:
    """The children of a tree: the grammar says which are tokens and which are trees."""
    return t.children
