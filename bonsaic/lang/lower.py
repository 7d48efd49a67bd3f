"""How a program becomes a module: one tick, evaluated symbolically, branches joined by select."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from bonsaic.ir.core import Module, Node, port, register
from bonsaic.lang import arith as a
from bonsaic.lang import syntax as s
from bonsaic.lang import types as t
from bonsaic.lang.arith import FALSE, TRUE
from bonsaic.lang.program import Function, Port, Program, Value
from bonsaic.lang.types import Array, Type

Nodes = Node | tuple[Node, ...]  # a tuple for an array
Env = dict[str, Nodes]
DONTCARE = port(
    "dontcare"
)  # stands for the value that does not matter until it is stored; in no module


def lower(program: Program) -> Module:
    """One tick as a module at level fin: wires in, wires out, a register per state or element of one."""
    return _Lowering(program).run()


@dataclass
class _Lowering:
    p: Program
    env: Env = field(default_factory=dict)
    care: dict[str, Node] = field(default_factory=dict)

    def run(self) -> Module:
        p = self.p
        wires = {w: port(w) for w in p.input_wires}
        legal = TRUE
        for x in p.inputs:
            self.env[x.name], valid = _decode(x, [wires[w] for w in x.wires])
            legal = a.and_(legal, valid)
        regs, init = self._registers(set(wires))
        for e in p.assumes:
            legal = a.and_(legal, self._bit(e))
        for x in p.outputs:
            self.env[x.name], self.care[x.name] = a.number(t.extent(x.type)[0]), TRUE
        self._statements(p.body)
        ends = [n for x in p.states for n in _flat(self.env[x.name])]
        outs, care = {}, {}
        for x in p.outputs:
            value, cared = self.env[x.name], self.care[x.name]
            assert isinstance(value, Node)
            for wire, bit in zip(x.wires, _encode(x, value), strict=True):
                outs[wire] = a.bit(bit)
                if cared is not TRUE:
                    care[wire] = a.bit(cared)
        return Module(
            p.name,
            "fin",
            tuple(wires.values()),
            tuple(regs),
            init,
            {r.name: n for r, n in zip(regs, ends, strict=True)},
            outs,
            None if legal is TRUE else a.bit(legal),
            care,
        )

    def _registers(self, taken: set[str]) -> tuple[list[Node], dict[str, Fraction]]:
        regs: list[Node] = []
        init: dict[str, Fraction] = {}
        for x in self.p.states:
            array = isinstance(x.type, Array)
            low, high = t.extent(x.type.element if isinstance(x.type, Array) else x.type)
            values = x.init if isinstance(x.init, tuple) else (x.init,)
            own = []
            for k, value in enumerate(values):
                name = f"{x.name}_{k}" if array else x.name
                while name in taken:
                    name += "_"
                taken.add(name)
                own.append(register(name, a.range_type(low, high)))
                init[name] = Fraction(value)
            regs += own
            self.env[x.name] = tuple(own) if array else own[0]
        return regs, init

    # --- statements

    def _statements(self, block: s.Body | None) -> None:
        for x in block.statements if isinstance(block, s.Block) else ():
            self._statement(x)

    def _statement(self, x: s.Statement) -> None:
        facts = self.p.facts
        match x:
            case s.Assign(_, s.Name(_, name), value):
                if name in self.care:
                    self.care[name] = self._cares(value)
                self.env[name] = self._fitted(value, facts.types[x])
            case s.Let(_, s.Ident(_, name), _, value):
                self.env[name] = self._fitted(value, facts.types[x])
            case s.Assign(_, s.Index(_, array, index), value):
                new = self._fitted(value, facts.types[x])
                old = _flat(self.env[array.text])
                assert isinstance(new, Node)
                i = self._number(index)
                self.env[array.text] = tuple(
                    a.select(a.eq(i, a.number(k)), new, n) for k, n in enumerate(old)
                )
            case s.For(_, s.Ident(_, name), _, _, body):
                low, high = facts.bounds[x]
                for k in range(low, high + 1):
                    self.env[name] = a.number(k)
                    self._statements(body)
            case s.If() | s.Match():
                self._branch(x)

    def _branch(self, x: s.If | s.Match) -> None:
        """Every branch from the same start, then joined."""
        env, care = self.env, self.care
        ends: list[tuple[Node, Env, dict[str, Node]]] = []
        for condition, body in self._branches(x):
            self.env, self.care = dict(env), dict(care)
            self._statements(body)
            ends.append((condition, self.env, self.care))
            self.env, self.care = env, care
        _, last, cares = ends.pop()
        for condition, this, own in reversed(ends):
            last = {k: _choose(condition, this[k], last[k]) for k in env}
            cares = {k: a.select(condition, own[k], cares[k]) for k in care}
        self.env, self.care = {k: last[k] for k in env}, cares

    def _branches(self, x: s.If | s.Match) -> Iterator[tuple[Node, s.Body | None]]:
        """Each branch with its condition, which is asked only if none before holds; that of the last is true."""
        if isinstance(x, s.Match):
            subject = self._number(x.subject)
            for arm in x.arms[:-1]:
                taken = FALSE
                for low, high in self.p.facts.cases[arm]:
                    taken = a.or_(taken, a.not_(a.outside(subject, low, high)))
                yield taken, arm.body
            yield TRUE, x.arms[-1].body
        else:
            for condition, body in x.branches:
                yield self._bit(condition), body
            yield TRUE, x.otherwise

    # --- expressions

    def _bit(self, e: s.Expr) -> Node:
        n = self._number(e)
        return n if a.is_number(n) else a.bit(n)

    def _number(self, e: s.Expr) -> Node:
        value = self._value(e)
        assert isinstance(value, Node), e
        return value

    def _fitted(self, e: s.Expr, type: Type) -> Nodes:
        """The value, which the checker has shown to lie in the type's range."""
        value = self._value(e)
        low, high = t.extent(type.element if isinstance(type, Array) else type)
        if value is DONTCARE:
            return a.number(low)
        fitted = tuple(a.cast(n, low, high) for n in _flat(value))
        return fitted if isinstance(value, tuple) else fitted[0]

    def _value(self, e: s.Expr) -> Nodes:
        match e:
            case s.Number(_, value):
                return a.number(value)
            case s.Name(_, name):
                return self._named(name)
            case s.Index(_, array, index):
                elements = _flat(self._value(array))
                i = self._number(index)
                result = elements[-1]
                for k in range(len(elements) - 2, -1, -1):
                    result = a.select(a.eq(i, a.number(k)), elements[k], result)
                return result
            case s.Call(_, s.Ident(_, name), args):
                return self._call(self.p.facts.functions[name], args)
            case s.Op(_, op, (x,)):
                return UNARY[op](self._number(x))
            case s.Op(_, op, (x, y)):
                n = BINARY[op](self._number(x), self._number(y))
                enum = self.p.facts.types[e]
                return a.mod(n, a.number(len(enum.members))) if isinstance(enum, t.Enum) else n
            case s.List(_, items):
                return tuple(self._number(x) for x in items)
            case s.Dontcare():
                return DONTCARE
            case s.If() | s.Match():
                return self._alternatives(e)
        raise AssertionError(e)

    def _cares(self, e: s.Expr) -> Node:
        """1 where the value is not `dontcare`."""
        if isinstance(e, s.Dontcare):
            return FALSE
        if not isinstance(e, s.If | s.Match):
            return TRUE
        ends = [(c, self._cares(x)) for c, x in self._branches(e)]  # type: ignore[arg-type]
        _, last = ends.pop()
        for condition, cares in reversed(ends):
            last = a.select(condition, cares, last)
        return last

    def _named(self, name: str) -> Nodes:
        consts = self.p.facts.consts
        return _constant(consts[name]) if name in consts else self.env[name]

    def _call(self, function: Function, args: tuple[s.Expr, ...]) -> Nodes:
        params = zip(args, function.params, strict=True)
        env, self.env = self.env, {n: self._fitted(x, type) for x, (n, type) in params}
        value = self._fitted(function.body, function.result)
        self.env = env
        return value

    def _alternatives(self, e: s.If | s.Match) -> Nodes:
        ends = []
        for condition, body in self._branches(e):
            assert body is not None and not isinstance(body, s.Block)
            ends.append((condition, self._value(body)))
        _, last = ends.pop()
        for condition, value in reversed(ends):
            last = _choose(condition, value, last)
        return last


def _flat(value: Nodes) -> tuple[Node, ...]:
    return value if isinstance(value, tuple) else (value,)


def _constant(value: Value) -> Nodes:
    return tuple(map(a.number, value)) if isinstance(value, tuple) else a.number(value)


def _choose(condition: Node, x: Nodes, y: Nodes) -> Nodes:
    """x where the condition holds, else y; what does not matter is whatever the other is."""
    if x is DONTCARE or y is DONTCARE:
        return y if x is DONTCARE else x
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
    return a.cast(value, low, high), a.not_(a.lt(a.number(high), value))


def _encode(x: Port, value: Node) -> list[Node]:
    """The bits of a port's wires for a value."""
    low, high = t.extent(x.type)
    if x.encoding == "onehot":
        return [a.eq(value, a.number(v)) for v in range(low, high + 1)]
    offset = a.linear([1], [value], -low)
    return [a.mod(a.div(offset, a.number(1 << k)), a.number(2)) for k in range(len(x.wires))]


UNARY: dict[str, Callable[[Node], Node]] = {
    "not": a.not_,
    "-": lambda x: a.linear([-1], [x]),
    "int": lambda x: x,
}
BINARY: dict[str, Callable[[Node, Node], Node]] = {
    "and": a.and_,
    "or": a.or_,
    "xor": a.xor,
    "+": lambda x, y: a.linear([1, 1], [x, y]),
    "-": lambda x, y: a.linear([1, -1], [x, y]),
    "*": a.mul,
    "/": a.div,
    "%": a.mod,
    "==": a.eq,
    "!=": lambda x, y: a.not_(a.eq(x, y)),
    "<": a.lt,
    "<=": lambda x, y: a.not_(a.lt(y, x)),
    ">": lambda x, y: a.lt(y, x),
    ">=": lambda x, y: a.not_(a.lt(x, y)),
}
