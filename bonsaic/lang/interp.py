"""What a program means: the interpreter of the syntax tree, the oracle that everything else is held against."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bonsaic.diag import Span
from bonsaic.lang import syntax as s
from bonsaic.lang.program import Facts, Program, Value
from bonsaic.lang.types import Enum, Int, Type, element

Env = dict[str, Any]  # the values of names; None for an output that does not matter
State = tuple[Value, ...]


class Illegal(Exception):
    """The program's assumptions forbid this letter in this state."""


@dataclass(eq=False)
class Violation(Exception):
    """A value outside its range, an index outside its array or a division by zero, met while running."""

    span: Span
    message: str


def initial(program: Program) -> State:
    """The state before the first tick: one value per `state`, in the order they are declared."""
    return tuple(x.init for x in program.states)


def tick(
    program: Program, state: State, values: tuple[int, ...]
) -> tuple[State, tuple[int | None, ...]]:
    """The state after and the outputs of one tick, None for `dontcare`; `values` has one per input.

    Raises Illegal where an assumption does not hold, Violation where a value leaves its range.
    """
    return _compiled(program)(state, values)


Meaning = Callable[[Env], Any]  # of a part of the tree, given the values of the names
Step = Callable[[State, tuple[int, ...]], tuple[State, tuple[int | None, ...]]]


@functools.lru_cache(maxsize=64)
def _compiled(p: Program) -> Step:
    return compile_tick(p, None)


def compile_tick(p: Program, ran: set[s.Body] | None) -> Step:
    """`tick` of one program as a function; it adds the bodies of `if` and `match` it runs to `ran`."""
    names = [x.name for x in p.states] + [x.name for x in p.inputs]
    kept = [x.name for x in p.states]
    outputs = [x.name for x in p.outputs]
    meaning = _Meaning(p.facts, ran)
    assumes = [meaning.expression(e) for e in p.assumes]
    run = meaning.block(p.body)

    def step(state: State, values: tuple[int, ...]) -> tuple[State, tuple]:
        env: Env = dict(zip(names, state + values, strict=True))
        for holds in assumes:
            if not holds(env):
                raise Illegal
        run(env)
        return tuple([env[n] for n in kept]), tuple([env[n] for n in outputs])

    return step


def evaluate(e: s.Expr, facts: Facts) -> Value:
    """The value of a constant expression. Raises Violation."""
    return _Meaning(facts, None).expression(e)({})


class _Meaning:
    """Each part of the tree as a Python function of the values of the names."""

    def __init__(self, facts: Facts, ran: set[s.Body] | None):
        self.facts, self.ran = facts, ran
        self.functions: dict[str, Meaning] = {}

    def block(self, block: s.Body | None) -> Meaning:
        assert block is None or isinstance(block, s.Block)
        parts = [self.statement(x) for x in block.statements] if block else []

        def run(env: Env) -> None:
            for part in parts:
                part(env)

        return parts[0] if len(parts) == 1 else run

    def statement(self, x: s.Statement) -> Meaning:
        match x:
            case s.If() | s.Match():
                return self.choice(x, self.block)
            case s.For(_, s.Ident(_, name), _, _, body):
                low, high = self.facts.bounds[x]
                return _repeat(name, range(low, high + 1), self.block(body))
            case s.Let(_, s.Ident(_, name)) | s.Assign(_, s.Name(_, name)):
                return _store(name, self.fitted(x.value, self.facts.types[x]))
            case s.Assign(_, s.Index() as target, value):
                index = self.expression(target.index)
                return _store_element(target, index, self.fitted(value, self.facts.types[x]))
        raise AssertionError(x)

    def choice(self, x: s.If | s.Match, meaning: Callable[[Any], Meaning]) -> Meaning:
        """The meaning of the first body whose condition holds, or whose pattern fits."""

        def body(b: s.Body | None) -> Meaning:
            return meaning(b) if b is None or self.ran is None else _mark(b, meaning(b), self.ran)

        if isinstance(x, s.Match):
            arms = [(self.facts.cases[arm], body(arm.body)) for arm in x.arms]
            return _select(self.expression(x.subject), arms)
        branches = [(self.expression(c), body(b)) for c, b in x.branches]
        return _branch(branches, body(x.otherwise))

    def fitted(self, e: s.Expr, type: Type) -> Meaning:
        """The value of an expression, checked to be one of the type."""
        value = self.expression(e)
        kind = element(type)
        if not isinstance(kind, Int):
            return value
        low, high = kind.low, kind.high

        def run(env: Env) -> Value | None:
            v = value(env)
            for x in v if isinstance(v, tuple) else (v,):
                if x is not None and not low <= x <= high:
                    raise Violation(e.span, f"{x} is outside {kind}")
            return v

        return run

    def expression(self, e: s.Expr) -> Meaning:
        match e:
            case s.Number(_, value):
                return lambda env: value
            case s.Name(_, name):
                if name not in self.facts.consts:
                    return operator.itemgetter(name)
                fixed = self.facts.consts[name]
                return lambda env: fixed
            case s.Index():
                array, index = self.expression(e.array), self.expression(e.index)
                return lambda env: (a := array(env))[_inside(index(env), a, e)]
            case s.Call(_, s.Ident(_, name), args):
                return self.call(name, args)
            case s.Op():
                return self.operation(e, *map(self.expression, e.args))
            case s.List(_, items):
                parts = [self.expression(x) for x in items]
                return lambda env: tuple([x(env) for x in parts])
            case s.Dontcare():
                return lambda env: None
            case s.If() | s.Match():
                return self.choice(e, self.expression)
        raise AssertionError(e)

    def call(self, name: str, args: tuple[s.Expr, ...]) -> Meaning:
        function = self.facts.functions[name]
        pairs = zip(args, function.params, strict=True)
        values = [(n, self.fitted(a, type)) for a, (n, type) in pairs]
        if name not in self.functions:
            self.functions[name] = self.fitted(function.body, function.result)
        body = self.functions[name]
        return lambda env: body({n: value(env) for n, value in values})

    def operation(self, e: s.Op, left: Meaning, right: Meaning | None = None) -> Meaning:
        if right is None:
            return _unary(e.op, left)
        match e.op:
            case "and":
                return lambda env: left(env) and right(env)
            case "or":
                return lambda env: left(env) or right(env)
            case "/" | "%":
                return _divide(e, left, right)
        f = OPERATIONS[e.op]
        if isinstance(enum := self.facts.types[e], Enum):
            count = len(enum.members)
            return lambda env: f(left(env), right(env)) % count
        return lambda env: f(left(env), right(env))


def _unary(op: str, x: Meaning) -> Meaning:
    match op:
        case "not":
            return lambda env: 1 - x(env)
        case "-":
            return lambda env: -x(env)
    assert op == "int", op
    return x


def _divide(e: s.Op, left: Meaning, right: Meaning) -> Meaning:
    f, place = OPERATIONS[e.op], e.args[1].span

    def run(env: Env) -> int:
        x, y = left(env), right(env)
        if y == 0:
            raise Violation(place, "this divides by zero")
        return f(x, y)

    return run


def _mark(body: s.Body, meaning: Meaning, ran: set[s.Body]) -> Meaning:
    def run(env: Env) -> Any:
        ran.add(body)
        return meaning(env)

    return run


def _store(name: str, value: Meaning) -> Meaning:
    def run(env: Env) -> None:
        env[name] = value(env)

    return run


def _store_element(target: s.Index, index: Meaning, value: Meaning) -> Meaning:
    name = target.array.text

    def run(env: Env) -> None:
        new, array = value(env), env[name]
        i = _inside(index(env), array, target)
        env[name] = (*array[:i], new, *array[i + 1 :])

    return run


def _repeat(name: str, values: range, body: Meaning) -> Meaning:
    def run(env: Env) -> None:
        for i in values:
            env[name] = i
            body(env)

    return run


def _branch(branches: list[tuple[Meaning, Meaning]], otherwise: Meaning) -> Meaning:
    def run(env: Env) -> Any:
        for condition, body in branches:
            if condition(env):
                return body(env)
        return otherwise(env)

    return run


def _select(subject: Meaning, arms: list[tuple[tuple[tuple[int, int], ...], Meaning]]) -> Meaning:
    def run(env: Env) -> Any:
        value = subject(env)
        for cases, body in arms:
            for low, high in cases:
                if low <= value <= high:
                    return body(env)
        raise AssertionError(value)

    return run


def _inside(index: int, array: tuple[int, ...], place: s.Index) -> int:
    if 0 <= index < len(array):
        return index
    elements = f"`{place.array.text}`, whose elements are 0 to {len(array) - 1}"
    raise Violation(place.index.span, f"index {index} is outside {elements}")


OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
    "%": operator.mod,
    "xor": operator.xor,
    "==": lambda x, y: int(x == y),
    "!=": lambda x, y: int(x != y),
    "<": lambda x, y: int(x < y),
    "<=": lambda x, y: int(x <= y),
    ">": lambda x, y: int(x > y),
    ">=": lambda x, y: int(x >= y),
}
