"""What a program means: the interpreter of the syntax tree, the oracle that everything else is held against."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bonsaic.diag import Span
from bonsaic.lang import syntax as s
from bonsaic.lang.program import Facts, Program, Value
from bonsaic.lang.types import Array, Enum, Int, Type, extent

Env = dict[str, Value | None]
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


@functools.lru_cache(maxsize=64)
def _compiled(p: Program) -> Callable:
    names = [x.name for x in (*p.states, *p.inputs)]
    kept = [x.name for x in p.states]
    outputs = [x.name for x in p.outputs]
    assumes = [_expression(e, p.facts) for e in p.assumes]
    run = _block(p.body, p.facts)

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
    return _expression(e, facts)({})


def _block(block: s.Block, facts: Facts) -> Callable[[Env], None]:
    parts = [_statement(x, facts) for x in block.statements]

    def run(env: Env) -> None:
        for part in parts:
            part(env)

    return parts[0] if len(parts) == 1 else run


def _statement(x: s.Statement, facts: Facts) -> Callable[[Env], None]:
    match x:
        case s.Assign(span, s.Name(_, name), value) | s.Let(span, s.Ident(_, name), _, value):
            return _store(name, _fitted(value, facts.types[x], facts))
        case s.Assign(span, s.Index() as target, value):
            return _store_element(target, _fitted(value, facts.types[x], facts), facts)
        case s.For(_, s.Ident(_, name), _, _, body):
            low, high = facts.bounds[x]
            return _repeat(name, range(low, high + 1), _block(body, facts))
        case s.If(_, branches, otherwise):
            return _branch(
                [(_expression(c, facts), _block(b, facts)) for c, b in branches],
                _block(otherwise, facts) if otherwise else lambda env: None,
            )
        case s.Match(_, subject, arms):
            bodies = [(facts.cases[arm], _block(arm.body, facts)) for arm in arms]
            return _select(_expression(subject, facts), bodies)


def _store(name: str, value: Callable) -> Callable[[Env], None]:
    def run(env: Env) -> None:
        env[name] = value(env)

    return run


def _store_element(target: s.Index, value: Callable, facts: Facts) -> Callable[[Env], None]:
    name, index = target.array.text, _expression(target.index, facts)

    def run(env: Env) -> None:
        new = value(env)
        array = env[name]
        assert isinstance(array, tuple)
        i = _inside(index(env), array, target)
        env[name] = (*array[:i], new, *array[i + 1 :])

    return run


def _repeat(name: str, values: range, body: Callable) -> Callable[[Env], None]:
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


def _fitted(e: s.Expr, type: Type, facts: Facts) -> Callable:
    """The value of an expression, checked to be one of the type."""
    value = _expression(e, facts)
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


def _expression(e: s.Expr, facts: Facts) -> Callable[[Env], Value]:
    match e:
        case s.Number(_, value):
            return lambda env: value
        case s.Name(_, name):
            if name in facts.consts:
                fixed = facts.consts[name]
                return lambda env: fixed
            return operator.itemgetter(name)
        case s.Index():
            array, index = (
                _expression(s.Name(e.array.span, e.array.text), facts),
                _expression(e.index, facts),
            )
            return lambda env: (a := array(env))[_inside(index(env), a, e)]
        case s.Call(_, s.Ident(_, "int"), (x,)):
            return _expression(x, facts)
        case s.Call(_, s.Ident(_, name), args):
            return _call(name, args, facts)
        case s.Unary(_, op, x):
            inner = _expression(x, facts)
            return (lambda env: 1 - inner(env)) if op == "not" else (lambda env: -inner(env))
        case s.Binary():
            return _binary(e, facts)
        case s.List(_, items):
            parts = [_expression(x, facts) for x in items]
            return lambda env: tuple([x(env) for x in parts])
        case s.Dontcare():
            return lambda env: None
        case s.If(_, branches, otherwise):
            return _branch(
                [(_expression(c, facts), _expression(b, facts)) for c, b in branches],
                _expression(otherwise, facts),
            )
        case s.Match(_, subject, arms):
            bodies = [(facts.cases[arm], _expression(arm.body, facts)) for arm in arms]
            return _select(_expression(subject, facts), bodies)
    raise AssertionError(e)


def _call(name: str, args: tuple[s.Expr, ...], facts: Facts) -> Callable[[Env], Value]:
    params = facts.functions[name].params
    values = [(n, _fitted(a, type, facts)) for a, (n, type) in zip(args, params, strict=True)]
    body = _function(name, facts)
    return lambda env: body({n: value(env) for n, value in values})


@functools.lru_cache(maxsize=1024)
def _function(name: str, facts: Facts) -> Callable[[Env], Value]:
    function = facts.functions[name]
    return _fitted(function.body, function.result, facts)


def _binary(e: s.Binary, facts: Facts) -> Callable[[Env], Value]:
    left, right = _expression(e.left, facts), _expression(e.right, facts)
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
    if isinstance(enum := facts.types[e], Enum):
        count = len(enum.members)
        return lambda env: f(left(env), right(env)) % count
    return lambda env: f(left(env), right(env))
