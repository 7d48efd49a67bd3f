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
from bonsaic.lang.types import Array, Enum, Int, Type, extent

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


def compile_tick(p: Program, ran: set[s.Block] | None) -> Step:
    """`tick` of one program as a function; it adds the blocks it runs to `ran`."""
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

    def __init__(self, facts: Facts, ran: set[s.Block] | None):
        self.facts, self.ran = facts, ran
        self.functions: dict[str, Callable] = {}

    def block(self, block: s.Body | None) -> Meaning:
        assert block is None or isinstance(block, s.Block)
        parts = [self.statement(x) for x in block.statements] if block else []
        if block and self.ran is not None:
            mark, ran = block, self.ran
            parts.insert(0, lambda env: ran.add(mark))

        def run(env: Env) -> None:
            for part in parts:
                part(env)

        return parts[0] if len(parts) == 1 else run

    def statement(self, x: s.Statement) -> Meaning:
        facts = self.facts
        match x:
            case s.Assign(_, s.Index() as target, value):
                return _store_element(
                    target, self.expression(target.index), self.fitted(value, facts.types[x])
                )
            case s.Assign(_, s.Name(_, name), value) | s.Let(_, s.Ident(_, name), _, value):
                return _store(name, self.fitted(value, facts.types[x]))
            case s.For(_, s.Ident(_, name), _, _, body):
                low, high = facts.bounds[x]
                return _repeat(name, range(low, high + 1), self.block(body))
            case s.If() | s.Match():
                return self.choice(x, self.block)
        raise AssertionError(x)

    def choice(self, x: s.If | s.Match, meaning: Callable) -> Meaning:
        """The meaning of the first body whose condition holds, or whose pattern fits."""
        if isinstance(x, s.Match):
            arms = [(self.facts.cases[arm], meaning(arm.body)) for arm in x.arms]
            return _select(self.expression(x.subject), arms)
        branches = [(self.expression(c), meaning(body)) for c, body in x.branches]
        return _branch(branches, meaning(x.otherwise))

    def fitted(self, e: s.Expr, type: Type) -> Callable:
        """The value of an expression, checked to be one of the type."""
        value = self.expression(e)
        if isinstance(type, Array):
            if not isinstance(type.element, Int):
                return value
            low, high = extent(type.element)
        elif isinstance(type, Int):
            low, high = extent(type)
        else:
            return value

        def run(env: Env) -> Value | None:
            v = value(env)
            for x in v if isinstance(v, tuple) else (v,):
                if x is not None and not low <= x <= high:
                    raise Violation(e.span, f"{x} is outside {Int(low, high)}")
            return v

        return run

    def expression(self, e: s.Expr) -> Meaning:
        match e:
            case s.Number(_, value):
                return lambda env: value
            case s.Name(_, name):
                if name in self.facts.consts:
                    fixed = self.facts.consts[name]
                    return lambda env: fixed
                return operator.itemgetter(name)
            case s.Index():
                array, index = (
                    self.expression(s.Name(e.array.span, e.array.text)),
                    self.expression(e.index),
                )
                return lambda env: (a := array(env))[_inside(index(env), a, e)]
            case s.Call(_, s.Ident(_, "int"), (x,)):
                return self.expression(x)
            case s.Call(_, s.Ident(_, name), args):
                return self.call(name, args)
            case s.Unary(_, op, x):
                inner = self.expression(x)
                return (lambda env: 1 - inner(env)) if op == "not" else (lambda env: -inner(env))
            case s.Binary():
                return self.binary(e)
            case s.List(_, items):
                parts = [self.expression(x) for x in items]
                return lambda env: tuple([x(env) for x in parts])
            case s.Dontcare():
                return lambda env: None
            case s.If() | s.Match():
                return self.choice(e, self.expression)
        raise AssertionError(e)

    def call(self, name: str, args: tuple[s.Expr, ...]) -> Meaning:
        params = self.facts.functions[name].params
        values = [(n, self.fitted(a, type)) for a, (n, type) in zip(args, params, strict=True)]
        if name not in self.functions:
            function = self.facts.functions[name]
            self.functions[name] = self.fitted(function.body, function.result)
        body = self.functions[name]
        return lambda env: body({n: value(env) for n, value in values})

    def binary(self, e: s.Binary) -> Meaning:
        left, right = self.expression(e.left), self.expression(e.right)
        match e.op:
            case "and":
                return lambda env: left(env) and right(env)
            case "or":
                return lambda env: left(env) or right(env)
            case "/" | "%":
                f = operator.floordiv if e.op == "/" else operator.mod

                def divide(env: Env) -> Value:
                    x, y = left(env), right(env)
                    if y == 0:
                        raise Violation(e.right.span, "this divides by zero")
                    return f(x, y)

                return divide
        f = _OPERATIONS[e.op]
        if isinstance(enum := self.facts.types[e], Enum):
            count = len(enum.members)
            return lambda env: f(left(env), right(env)) % count
        return lambda env: f(left(env), right(env))


def _store(name: str, value: Callable) -> Meaning:
    def run(env: Env) -> None:
        env[name] = value(env)

    return run


def _store_element(target: s.Index, index: Callable, value: Callable) -> Meaning:
    name = target.array.text

    def run(env: Env) -> None:
        new = value(env)
        array = env[name]
        assert isinstance(array, tuple)
        i = _inside(index(env), array, target)
        env[name] = (*array[:i], new, *array[i + 1 :])

    return run


def _repeat(name: str, values: range, body: Callable) -> Meaning:
    def run(env: Env) -> None:
        for i in values:
            env[name] = i
            body(env)

    return run


def _branch(branches: list[tuple[Callable, Callable]], otherwise: Callable) -> Callable:
    def run(env: Env) -> Value | None:
        for condition, body in branches:
            if condition(env):
                return body(env)
        return otherwise(env)

    return run


def _select(
    subject: Callable, arms: list[tuple[tuple[tuple[int, int], ...], Callable]]
) -> Callable:
    def run(env: Env) -> Value | None:
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
    raise Violation(
        place.index.span,
        f"index {index} is outside `{place.array.text}`, whose elements are 0 to {len(array) - 1}",
    )


_OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "xor": operator.xor,
    "==": lambda x, y: int(x == y),
    "!=": lambda x, y: int(x != y),
    "<": lambda x, y: int(x < y),
    "<=": lambda x, y: int(x <= y),
    ">": lambda x, y: int(x > y),
    ">=": lambda x, y: int(x >= y),
}
