"""The syntax tree of a `.bp` file: what the text says, with the place of every part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import dataclass_transform

from bonsaic.diag import Span


@dataclass_transform(frozen_default=True, eq_default=False)
@dataclass(frozen=True, eq=False)
class Part:
    """Anything with a place: a frozen dataclass, compared by identity so that tables can say something about each."""

    span: Span

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, eq=False)(cls)


class Ident(Part):
    """A name where it is defined or used."""

    text: str


# --- expressions


class Number(Part):
    value: int


class Name(Part):
    text: str


class Index(Part):
    array: Name
    index: Expr


class Call(Part):
    function: Ident
    args: tuple[Expr, ...]


class Op(Part):
    """An operator and its operands, also `int(x)`, whose operator is "int"."""

    op: str
    args: tuple[Expr, ...]


class List(Part):
    items: tuple[Expr, ...]


class Dontcare(Part):
    pass


class Block(Part):
    """Statements in braces."""

    statements: tuple[Statement, ...]


class If(Part):
    """`if` with any number of `else if`; bodies are blocks in a statement and expressions in a value."""

    branches: tuple[tuple[Expr, Body], ...]
    otherwise: Body | None

    @property
    def bodies(self) -> list[Body | None]:
        return [body for _, body in self.branches] + [self.otherwise]


class Pattern(Part):
    """All values from `low` to `high`; None is the wildcard, a single value has no `high`."""

    low: Name | Number | None = None
    high: Name | Number | None = None


class Arm(Part):
    patterns: tuple[Pattern, ...]
    body: Body


class Match(Part):
    """`match`; bodies are blocks in a statement and expressions in a value."""

    subject: Expr
    arms: tuple[Arm, ...]

    @property
    def bodies(self) -> list[Body | None]:
        return [arm.body for arm in self.arms]


# --- statements


class Assign(Part):
    target: Name | Index
    value: Expr


class Let(Part):
    name: Ident
    type: TypeText | None
    value: Expr


class For(Part):
    name: Ident
    low: Expr
    high: Expr
    body: Block


# --- types and declarations


class TypeText(Part):
    """A type as written: kind is "bit", "int" (args: low, high), "enum" (name) or "array" (element, args: size)."""

    kind: str
    args: tuple[Expr, ...] = ()
    name: str = ""
    element: TypeText | None = None


class Option(Part):
    """`as NAME` (kind "as") or `~ p` (kind "~")."""

    kind: str
    text: str


class PortText(Part):
    """An input, an output or a function's parameter."""

    name: Ident
    type: TypeText
    options: tuple[Option, ...]


class StateText(Part):
    name: Ident
    type: TypeText
    init: Expr


class Assume(Part):
    condition: Expr


class Const(Part):
    name: Ident
    value: Expr


class EnumText(Part):
    name: Ident
    members: tuple[Ident, ...]


class Fn(Part):
    name: Ident
    params: tuple[PortText, ...]
    result: TypeText
    body: Expr


class ProgramText(Part):
    name: Ident
    inputs: tuple[PortText, ...]
    outputs: tuple[PortText, ...]
    states: tuple[StateText, ...]
    assumes: tuple[Expr, ...]
    body: Block


class File(Part):
    """A whole `.bp` file, its declarations in order."""

    declarations: tuple[Const | EnumText | Fn | ProgramText, ...]


Expr = Number | Name | Index | Call | Op | List | Dontcare | If | Match
Statement = Assign | Let | For | If | Match
Body = Expr | Block


def children(part: Part) -> list[Part]:
    """The parts right below one, in the order of the text."""
    found: list[Part] = []
    todo = [getattr(part, f.name) for f in reversed(fields(part))]
    while todo:
        x = todo.pop()
        if isinstance(x, tuple):
            todo += reversed(x)
        elif isinstance(x, Part):
            found.append(x)
    return found


def walk(part: Part) -> Iterator[Part]:
    """A part and everything below it, in the order of the text."""
    todo = [part]
    while todo:
        yield (x := todo.pop())
        todo += reversed(children(x))
