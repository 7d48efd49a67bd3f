"""How much one tick evaluates once loops and functions are written out, how deeply nested, and the limits of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bonsaic.diag import Diagnostic
from bonsaic.lang import syntax as s
from bonsaic.lang.program import Facts, Program

MOST = 50_000  # parts evaluated in a tick
DEEPEST = 150  # levels, with the bodies of called functions in place


@dataclass(frozen=True)
class Extent:
    parts: int
    levels: int


class _Recursion(Exception):
    def __init__(self, call: s.Call):
        self.call = call


def check_extent(file: s.File, facts: Facts) -> list[Diagnostic]:
    """The functions that call themselves, and the programs whose tick is too large."""
    known: dict[str, Extent] = {}
    try:
        for p in file.programs:
            total = _sum(
                [*map(_Measure(facts, known).of, p.assumes), _Measure(facts, known).of(p.body)]
            )
            if total.parts > MOST:
                return [
                    Diagnostic(
                        p.name.span,
                        f"one tick of `{p.name.text}` evaluates {_about(total.parts)} parts once its loops and "
                        f"functions are written out; the limit is {MOST:,}",
                    )
                ]
            if total.levels > DEEPEST:
                return [
                    Diagnostic(
                        p.name.span,
                        f"`{p.name.text}` is nested {total.levels:,} levels deep once its functions are "
                        f"written out; the limit is {DEEPEST}",
                    )
                ]
        measure = _Measure(facts, known)
        for name in facts.functions:
            measure.function(name, None)
    except _Recursion as r:
        name = r.call.function.text
        return [
            Diagnostic(
                r.call.span, f"`{name}` calls itself; a tick always ends, so there is no recursion"
            )
        ]
    return []


def tick_parts(program: Program) -> int:
    """How many parts of the program a tick evaluates at most."""
    measure = _Measure(program.facts, {})
    return _sum([*map(measure.of, program.assumes), measure.of(program.body)]).parts


def _about(parts: int) -> str:
    return f"{parts:,}" if parts < 10**12 else "more than 10^12"


def _sum(parts: Iterable[Extent]) -> Extent:
    known = list(parts)
    return Extent(1 + sum(x.parts for x in known), 1 + max((x.levels for x in known), default=0))


class _Measure:
    def __init__(self, facts: Facts, known: dict[str, Extent]):
        self.facts, self.known = facts, known
        self.open: list[str] = []

    def function(self, name: str, call: s.Call | None) -> Extent:
        if name in self.open:
            assert call
            raise _Recursion(call)
        if name not in self.known:
            self.open.append(name)
            self.known[name] = self.of(self.facts.functions[name].body)
            self.open.pop()
        return self.known[name]

    def of(self, x: s.Body | s.Statement | None) -> Extent:
        match x:
            case None | s.Number() | s.Name() | s.Dontcare():
                return Extent(1, 1)
            case s.Index(_, _, index):
                return _sum([self.of(index)])
            case s.Call(_, s.Ident(_, "int"), (value,)):
                return self.of(value)
            case s.Call(_, function, args):
                return _sum([*map(self.of, args), self.function(function.text, x)])
            case s.Unary(_, _, operand):
                return _sum([self.of(operand)])
            case s.Binary(_, _, left, right):
                return _sum([self.of(left), self.of(right)])
            case s.List(_, items):
                return _sum(map(self.of, items))
            case s.Block(_, statements):
                return _sum(map(self.of, statements))
            case s.If(_, branches, otherwise):
                return _sum([*(self.of(y) for pair in branches for y in pair), self.of(otherwise)])
            case s.Match(_, subject, arms):
                return _sum([self.of(subject), *(self.of(a.body) for a in arms)])
            case s.Assign(_, target, value):
                return _sum([self.of(target), self.of(value)])
            case s.Let(_, _, _, value):
                return self.of(value)
            case s.For(_, _, _, _, body):
                low, high = self.facts.bounds[x]
                inner = self.of(body)
                return Extent((high - low + 1) * (inner.parts + 1), inner.levels + 1)
        raise AssertionError(x)
