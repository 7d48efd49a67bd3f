"""The syntax tree of a `.bp` file: what the text says, with the place of every part."""

from __future__ import annotations

from dataclasses import dataclass

from bonsaic.diag import Span


@dataclass(frozen=True, eq=False)
class Part:
    """Anything with a place. Parts are compared by identity, so that tables can say something about each."""

    span: Span


@dataclass(frozen=True, eq=False)
class Ident(Part):
    """A name where it is defined or used."""

    text: str


# --- expressions


@dataclass(frozen=True, eq=False)
class Number(Part):
    value: int


@dataclass(frozen=True, eq=False)
class Name(Part):
    text: str


@dataclass(frozen=True, eq=False)
class Index(Part):
    array: Ident
    index: Expr


@dataclass(frozen=True, eq=False)
class Call(Part):
    """A function's value; `int(...)` is the call of the function named "int"."""

    function: Ident
    args: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Unary(Part):
    """`not x` or `-x`."""

    op: str
    x: Expr


@dataclass(frozen=True, eq=False)
class Binary(Part):
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False)
class List(Part):
    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Dontcare(Part):
    pass


@dataclass(frozen=True, eq=False)
class Block(Part):
    """Statements in braces."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, eq=False)
class If(Part):
    """`if` with any number of `else if`; bodies are blocks in a statement and expressions in a value."""

    branches: tuple[tuple[Expr, Body], ...]
    otherwise: Body | None


@dataclass(frozen=True, eq=False)
class Pattern(Part):
    """All values from `low` to `high`; None is the wildcard, a single value has no `high`."""

    low: Name | Number | None
    high: Name | Number | None


@dataclass(frozen=True, eq=False)
class Arm(Part):
    patterns: tuple[Pattern, ...]
    body: Body


@dataclass(frozen=True, eq=False)
class Match(Part):
    """`match`; bodies are blocks in a statement and expressions in a value."""

    subject: Expr
    arms: tuple[Arm, ...]


# --- statements


@dataclass(frozen=True, eq=False)
class Assign(Part):
    target: Name | Index
    value: Expr


@dataclass(frozen=True, eq=False)
class Let(Part):
    name: Ident
    type: TypeText | None
    value: Expr


@dataclass(frozen=True, eq=False)
class For(Part):
    name: Ident
    low: Expr
    high: Expr
    body: Block


# --- types and declarations


@dataclass(frozen=True, eq=False)
class TypeText(Part):
    """A type as written: kind is "bit", "int" (args: low, high), "enum" (name) or "array" (element, args: size)."""

    kind: str
    args: tuple[Expr, ...] = ()
    name: str = ""
    element: TypeText | None = None


@dataclass(frozen=True, eq=False)
class Option(Part):
    """`as NAME` (kind "as") or `~ p` (kind "~")."""

    kind: str
    text: str


@dataclass(frozen=True, eq=False)
class PortText(Part):
    name: Ident
    type: TypeText
    options: tuple[Option, ...]


@dataclass(frozen=True, eq=False)
class StateText(Part):
    name: Ident
    type: TypeText
    init: Expr


@dataclass(frozen=True, eq=False)
class Const(Part):
    name: Ident
    value: Expr


@dataclass(frozen=True, eq=False)
class EnumText(Part):
    name: Ident
    members: tuple[Ident, ...]


@dataclass(frozen=True, eq=False)
class Fn(Part):
    name: Ident
    params: tuple[PortText, ...]
    result: TypeText
    body: Expr


@dataclass(frozen=True, eq=False)
class ProgramText(Part):
    name: Ident
    inputs: tuple[PortText, ...]
    outputs: tuple[PortText, ...]
    states: tuple[StateText, ...]
    assumes: tuple[Expr, ...]
    body: Block


@dataclass(frozen=True, eq=False)
class File(Part):
    """A whole `.bp` file, its declarations in order."""

    declarations: tuple[Const | EnumText | Fn | ProgramText, ...]

    @property
    def programs(self) -> tuple[ProgramText, ...]:
        return tuple(d for d in self.declarations if isinstance(d, ProgramText))


Expr = Number | Name | Index | Call | Unary | Binary | List | Dontcare | If | Match
Statement = Assign | Let | For | If | Match
Body = Expr | Block
