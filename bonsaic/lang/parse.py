"""How a `.bp` text becomes a syntax tree."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer_NonRecursive, Tree, UnexpectedInput, v_args
from lark.tree import Meta

from bonsaic.diag import Source, Span, mistake
from bonsaic.lang import syntax as s
from bonsaic.lang.explain import explain

LONGEST = 60_000  # characters of a file
DEEPEST = 100  # levels of nesting
DIGITS = 12  # of a number: more than any range allows
GRAMMAR = Path(__file__).with_name("bp.lark")


def parse_text(text: str, path: str = "<text>", *, longest: int = LONGEST) -> s.File:
    """The syntax tree of a text of at most `longest` characters. Raises a `Mistake` where it leaves the grammar."""
    source = Source(path, text)
    if len(text) > longest:
        raise mistake(
            path, f"the file has {len(text):,} characters; a program has at most {longest:,}"
        )
    try:
        tree = grammar().parse(text)
    except UnexpectedInput as e:
        raise explain(e, source) from None
    _check_depth(tree, source)
    return _Build(source).transform(tree)


@functools.cache
def grammar() -> Lark:
    return Lark(GRAMMAR.read_text(), parser="lalr", lexer="basic", propagate_positions=True)


def _check_depth(tree: Tree, source: Source) -> None:
    level: list[Tree] = [tree]
    for _ in range(DEEPEST):
        level = [c for t in level for c in t.children if isinstance(c, Tree)]
        if not level:
            return
    where = Span(source, level[0].meta.start_pos, level[0].meta.end_pos)
    raise mistake(
        where,
        f"this is nested more than {DEEPEST} levels deep, which is the limit",
        help="name a part of it with `let` or `fn`; a long chain of operators counts a level for each",
    )


@v_args(meta=True)
class _Build(Transformer_NonRecursive):
    """One method per rule of the grammar: from the rule's parts to the part of the syntax tree."""

    def __init__(self, source: Source):
        super().__init__()
        self.source = source

    def _span(self, meta: Meta) -> Span:
        return Span(self.source, getattr(meta, "start_pos", 0), getattr(meta, "end_pos", 0))

    def _place(self, token: Token) -> Span:
        assert token.start_pos is not None and token.end_pos is not None
        return Span(self.source, token.start_pos, token.end_pos)

    def _ident(self, token: Token) -> s.Ident:
        return s.Ident(self._place(token), str(token))

    def _number(self, digits: Token, span: Span, sign: int = 1) -> s.Number:
        """Longer numbers are cut: still beyond every range, so that the checker reports them."""
        return s.Number(span, sign * int(digits.lstrip("0")[:DIGITS] or "0"))

    def start(self, m: Meta, c: list[Any]) -> s.File:
        return s.File(self._span(m), tuple(c))

    def const(self, m: Meta, c: list[Any]) -> s.Const:
        return s.Const(self._span(m), self._ident(c[0]), c[1])

    def enum(self, m: Meta, c: list[Any]) -> s.EnumText:
        name, *members = map(self._ident, c)
        return s.EnumText(self._span(m), name, tuple(members))

    def fn(self, m: Meta, c: list[Any]) -> s.Fn:
        return s.Fn(self._span(m), self._ident(c[0]), c[1] or (), c[2], c[3])

    def params(self, m: Meta, c: list[Any]) -> tuple[s.PortText, ...]:
        return tuple(c)

    ports = arguments = patterns = params

    def param(self, m: Meta, c: list[Any]) -> s.PortText:
        return s.PortText(self._span(m), self._ident(c[0]), c[1], tuple(c[2:]))

    port = param

    def option(self, m: Meta, c: list[Any]) -> s.Option:
        return s.Option(self._span(m), "as" if c[0].type == "NAME" else "~", str(c[0]))

    def program(self, m: Meta, c: list[Any]) -> s.ProgramText:
        name, inputs, outputs, *rest = c
        states = tuple(x for x in rest if isinstance(x, s.StateText))
        assumes = tuple(x.args[0] for x in rest if isinstance(x, s.Call))
        body = tuple(x for x in rest if not isinstance(x, s.StateText | s.Call))
        block = s.Block(self._span(m), body)
        ident = self._ident(name)
        return s.ProgramText(self._span(m), ident, inputs or (), outputs, states, assumes, block)

    def state(self, m: Meta, c: list[Any]) -> s.StateText:
        return s.StateText(self._span(m), self._ident(c[0]), c[1], c[2])

    def assume(self, m: Meta, c: list[Any]) -> s.Call:
        return s.Call(self._span(m), s.Ident(self._span(m), "assume"), (c[0],))

    def bit_type(self, m: Meta, c: list[Any]) -> s.TypeText:
        return s.TypeText(self._span(m), "bit")

    def int_type(self, m: Meta, c: list[Any]) -> s.TypeText:
        return s.TypeText(self._span(m), "int", (c[0], c[1]))

    def enum_type(self, m: Meta, c: list[Any]) -> s.TypeText:
        return s.TypeText(self._span(m), "enum", name=str(c[0]))

    def array_type(self, m: Meta, c: list[Any]) -> s.TypeText:
        return s.TypeText(self._span(m), "array", (c[1],), element=c[0])

    def assign(self, m: Meta, c: list[Any]) -> s.Assign:
        return s.Assign(self._span(m), c[0], c[1])

    def target(self, m: Meta, c: list[Any]) -> s.Name | s.Index:
        return self.name(m, c) if c[1] is None else self.index(m, c)

    def let(self, m: Meta, c: list[Any]) -> s.Let:
        return s.Let(self._span(m), self._ident(c[0]), c[1], c[2])

    def for_(self, m: Meta, c: list[Any]) -> s.For:
        return s.For(self._span(m), self._ident(c[0]), c[1], c[2], c[3])

    def if_(self, m: Meta, c: list[Any]) -> s.If:
        return s.If(self._span(m), tuple(zip(c[:-1:2], c[1:-1:2], strict=True)), c[-1])

    choose = if_

    def match_(self, m: Meta, c: list[Any]) -> s.Match:
        return s.Match(self._span(m), c[0], tuple(c[1:]))

    select = match_

    def block(self, m: Meta, c: list[Any]) -> s.Block:
        return s.Block(self._span(m), tuple(c))

    def arm(self, m: Meta, c: list[Any]) -> s.Arm:
        return s.Arm(self._span(m), c[0], c[1])

    choice = arm

    def pattern(self, m: Meta, c: list[Any]) -> s.Pattern:
        low, high = c or (None, None)
        return s.Pattern(self._span(m), low, high)

    def signed(self, m: Meta, c: list[Any]) -> s.Name | s.Number:
        if c[0].type == "NAME":
            return s.Name(self._span(m), str(c[0]))
        return self._number(c[-1], self._span(m), -1 if len(c) == 2 else 1)

    def _binary(self, m: Meta, op: str, c: list[Any]) -> s.Binary:
        return s.Binary(self._span(m), op, c[0], c[-1])

    def binary_or(self, m: Meta, c: list[Any]) -> s.Binary:
        return self._binary(m, "or", c)

    def binary_xor(self, m: Meta, c: list[Any]) -> s.Binary:
        return self._binary(m, "xor", c)

    def binary_and(self, m: Meta, c: list[Any]) -> s.Binary:
        return self._binary(m, "and", c)

    def binary(self, m: Meta, c: list[Any]) -> s.Binary:
        return self._binary(m, str(c[1]), c)

    compare = binary

    def negate(self, m: Meta, c: list[Any]) -> s.Unary:
        return s.Unary(self._span(m), "not", c[0])

    def minus(self, m: Meta, c: list[Any]) -> s.Unary:
        return s.Unary(self._span(m), "-", c[1])

    def number(self, m: Meta, c: list[Any]) -> s.Number:
        return self._number(c[0], self._span(m))

    def name(self, m: Meta, c: list[Any]) -> s.Name:
        return s.Name(self._span(m), str(c[0]))

    def index(self, m: Meta, c: list[Any]) -> s.Index:
        return s.Index(self._span(m), self._ident(c[0]), c[1])

    def call(self, m: Meta, c: list[Any]) -> s.Call:
        return s.Call(self._span(m), self._ident(c[0]), c[1] or ())

    def to_int(self, m: Meta, c: list[Any]) -> s.Call:
        return s.Call(self._span(m), s.Ident(self._span(m), "int"), (c[0],))

    def dontcare(self, m: Meta, c: list[Any]) -> s.Dontcare:
        return s.Dontcare(self._span(m))

    def group(self, m: Meta, c: list[Any]) -> s.Expr:
        return c[0]

    def items(self, m: Meta, c: list[Any]) -> s.List:
        return s.List(self._span(m), tuple(c))
