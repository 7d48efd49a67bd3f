"""How a program becomes a module: one tick, evaluated symbolically, branches joined by select."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from bonsaic.ir.core import Module, Node, port, register, unused
from bonsaic.ir.logic import FALSE, TRUE, both, differ, either, invert
from bonsaic.ir.values import grid
from bonsaic.lang import arith as a
from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.arith import number
from bonsaic.lang.program import Port, Program
from bonsaic.lang.types import Array, Type

# A tuple for an array; for an output its value and a bit: does it matter?
Nodes = Node | tuple[Node, ...]
Env = dict[str, Nodes]


def lower(program: Program) -> Module:
    """One tick as a module at level fin: wires in, wires out, a register per state or element of one."""
    return _Lowering(program).run()


class _Lowering:
    def __init__(self, p: Program):
        self.p, self.facts = p, p.facts
        self.outputs = {x.name for x in p.outputs}
        self.env: Env = {}

    def run(self) -> Module:
        p = self.p
        wires = {w: port(w) for w in p.input_wires}
        legal = TRUE
        for x in p.inputs:
            self.env[x.name], valid = _decode(x, [wires[w] for w in x.wires])
            legal = both(legal, valid)
        init = self._registers(set(wires))
        regs = [r for x in p.states for r in _flat(self.env[x.name])]
        for e in p.assumes:
            legal = both(legal, self._bit(e))
        for y in p.outputs:
            self.env[y.name] = number(t.extent(y.type)[0]), TRUE
        self._statements(p.body)
        ends = [n for x in p.states for n in _flat(self.env[x.name])]
        outs: dict[str, Node] = {}
        care: dict[str, Node] = {}
        for y in p.outputs:
            value, cared = _flat(self.env[y.name])
            outs |= {w: a.bit(n) for w, n in zip(y.wires, _encode(y, value), strict=True)}
            if cared is not TRUE:
                care |= {w: a.bit(cared) for w in y.wires}
        after = {r.name: n for r, n in zip(regs, ends, strict=True)}
        legality = None if legal is TRUE else a.bit(legal)
        inputs = tuple(wires.values())
        return Module(p.name, "fin", inputs, tuple(regs), init, after, outs, legality, care)

    def _registers(self, taken: set[str]) -> dict[str, Fraction]:
        """A register for each state or element of one; what they hold at first."""
        init: dict[str, Fraction] = {}
        for x in self.p.states:
            array = isinstance(x.type, Array)
            own = []
            for k, value in enumerate(x.init if isinstance(x.init, tuple) else (x.init,)):
                name = unused(f"{x.name}_{k}" if array else x.name, taken)
                own.append(register(name, grid(*t.extent(t.element(x.type)))))
                init[name] = Fraction(value)
            self.env[x.name] = tuple(own) if array else own[0]
        return init

    # --- statements

    def _statements(self, block: s.Body | None) -> None:
        assert block is None or isinstance(block, s.Block)
        for x in block.statements if block else ():
            match x:
                case s.If() | s.Match():
                    self._branch(x)
                case s.For(_, s.Ident(_, name), _, _, body):
                    low, high = self.facts.bounds[x]
                    for k in range(low, high + 1):
                        self.env[name] = number(k)
                        self._statements(body)
                case s.Assign(_, s.Index(_, array, index), value):
                    (new,) = _flat(self._fitted(value, self.facts.types[x]))
                    old, i = _flat(self._value(array)), self._number(index)
                    picked = [a.select(a.eq(i, number(k)), new, n) for k, n in enumerate(old)]
                    self.env[array.text] = tuple(picked)
                case s.Assign(_, s.Name(_, name), value) if name in self.outputs:
                    self.env[name] = self._outcome(value, self.facts.types[x])
                case s.Assign(_, s.Name(_, name), value) | s.Let(_, s.Ident(_, name), _, value):
                    self.env[name] = self._fitted(value, self.facts.types[x])

    def _branch(self, x: s.If | s.Match) -> None:
        """Every branch from the same start, then joined."""
        env = self.env
        ends: list[tuple[Node, Env]] = []
        for condition, body in self._branches(x):
            self.env = dict(env)
            self._statements(body)
            ends.append((condition, self.env))
            self.env = env
        _, last = ends.pop()
        for condition, this in reversed(ends):
            last = {k: _choose(condition, this[k], last[k]) for k in env}
        self.env = {k: last[k] for k in env}

    def _branches(self, x: s.If | s.Match) -> Iterator[tuple[Node, s.Body | None]]:
        """Each branch with its condition, which is asked only if none before holds; that of the last is true."""
        if isinstance(x, s.If):
            for condition, body in x.branches:
                yield self._bit(condition), body
        else:
            subject = self._number(x.subject)
            for arm in x.arms[:-1]:
                taken = FALSE
                for low, high in self.facts.cases[arm]:
                    taken = either(taken, a.within(subject, low, high))
                yield taken, arm.body
        yield TRUE, x.bodies[-1]

    # --- expressions

    def _outcome(self, e: s.Expr, type: Type) -> tuple[Node, Node]:
        """An output's value, and a bit that is 1 where it matters."""
        if isinstance(e, s.Dontcare):
            return number(t.extent(type)[0]), FALSE
        if not isinstance(e, s.If | s.Match):
            (value,) = _flat(self._fitted(e, type))
            return value, TRUE
        ends = [(c, self._outcome(body, type)) for c, body in self._branches(e)]  # type: ignore[arg-type]  # an expression's bodies are expressions
        _, (value, cared) = ends.pop()
        for condition, (x, care) in reversed(ends):
            if cared is FALSE or care is FALSE:
                value = value if care is FALSE else x
            else:
                value = a.select(condition, x, value)
            cared = a.select(condition, care, cared)
        return value, cared

    def _bit(self, e: s.Expr) -> Node:
        n = self._number(e)
        return n if n.op == "const" else a.bit(n)

    def _number(self, e: s.Expr) -> Node:
        value = self._value(e)
        assert isinstance(value, Node), e
        return value

    def _fitted(self, e: s.Expr, type: Type) -> Nodes:
        """The value, which the checker has shown to lie in the type's range."""
        value = self._value(e)
        low, high = t.extent(t.element(type))
        fitted = tuple(a.cast(n, low, high) for n in _flat(value))
        return fitted if isinstance(value, tuple) else fitted[0]

    def _value(self, e: s.Expr) -> Nodes:
        match e:
            case s.Number(_, value):
                return number(value)
            case s.Name(_, name):
                known = self.facts.consts.get(name)
                if isinstance(known, tuple):
                    return tuple(map(number, known))
                return self.env[name] if known is None else number(known)
            case s.Index(_, array, index):
                elements, i = _flat(self._value(array)), self._number(index)
                picked = elements[-1]
                for k in range(len(elements) - 2, -1, -1):
                    picked = a.select(a.eq(i, number(k)), elements[k], picked)
                return picked
            case s.Call(_, s.Ident(_, name), args):
                function = self.facts.functions[name]
                params = zip(args, function.params, strict=True)
                env, self.env = self.env, {n: self._fitted(x, type) for x, (n, type) in params}
                result = self._fitted(function.body, function.result)
                self.env = env
                return result
            case s.Op(_, op, (x,)):
                return UNARY[op](self._number(x))
            case s.Op(_, op, (x, y)):
                n = BINARY[op](self._number(x), self._number(y))
                enum = self.facts.types[e]
                return a.divide("mod", n, number(t.size(enum))) if isinstance(enum, t.Enum) else n
            case s.List(_, items):
                return tuple(self._number(x) for x in items)
            case s.If() | s.Match():
                ends = [(c, self._value(body)) for c, body in self._branches(e)]  # type: ignore[arg-type]  # expressions too
                _, last = ends.pop()
                for condition, this in reversed(ends):
                    last = _choose(condition, this, last)
                return last
        raise AssertionError(e)


def _flat(value: Nodes) -> tuple[Node, ...]:
    return value if isinstance(value, tuple) else (value,)


def _choose(condition: Node, x: Nodes, y: Nodes) -> Nodes:
    """x where the condition holds, else y."""
    pairs = zip(_flat(x), _flat(y), strict=True)
    chosen = tuple(a.select(condition, v, w) for v, w in pairs)
    return chosen if isinstance(x, tuple) else chosen[0]


def _decode(x: Port, wires: list[Node]) -> tuple[Node, Node]:
    """The value that a port's wires stand for, and a bit that is 1 where they stand for one."""
    low, high = t.extent(x.type)
    if x.encoding == "onehot":
        value = a.linear(list(range(len(wires))), wires, low)
        return a.cast(value, low, high), a.eq(a.linear([1] * len(wires), wires), TRUE)
    value = a.linear([1 << k for k in range(len(wires))], wires, low)
    return a.cast(value, low, high), invert(a.lt(number(high), value))


def _encode(x: Port, value: Node) -> list[Node]:
    """The bits of a port's wires for a value."""
    low, high = t.extent(x.type)
    if x.encoding == "onehot":
        return [a.eq(value, number(v)) for v in range(low, high + 1)]
    rest = [
        a.divide("div", a.linear([1], [value], -low), number(1 << k)) for k in range(len(x.wires))
    ]
    return [a.divide("mod", n, number(2)) for n in rest]


UNARY: dict[str, Callable[[Node], Node]] = {
    "not": invert,
    "-": lambda x: a.linear([-1], [x]),
    "int": lambda x: x,
}
BINARY: dict[str, Callable[[Node, Node], Node]] = {
    "and": both,
    "or": either,
    "xor": differ,
    "+": lambda x, y: a.linear([1, 1], [x, y]),
    "-": lambda x, y: a.linear([1, -1], [x, y]),
    "*": a.mul,
    "/": lambda x, y: a.divide("div", x, y),
    "%": lambda x, y: a.divide("mod", x, y),
    "==": a.eq,
    "!=": lambda x, y: invert(a.eq(x, y)),
    "<": a.lt,
    "<=": lambda x, y: invert(a.lt(y, x)),
    ">": lambda x, y: a.lt(y, x),
    ">=": lambda x, y: invert(a.lt(x, y)),
}
