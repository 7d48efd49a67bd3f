"""How a `.bp` text becomes a syntax tree."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer_NonRecursive, Tree, UnexpectedInput
from lark.tree import Meta

from bonsaic.diag import Source, Span, mistake
from bonsaic.lang import syntax as s
from bonsaic.lang.explain import explain

LONGEST = 200_000  # characters of a file
DEEPEST = 100  # levels of nesting
DIGITS = 12  # of a number: more than any range allows
GRAMMAR = Path(__file__).with_name("bp.lark")


def parse_text(text: str, path: str = "<text>", *, longest: int = LONGEST) -> s.File:
    """The syntax tree of a text of at most `longest` characters. Raises a `Mistake` where it leaves the grammar."""
    source = Source(path, text)
    tree = parse_tree(source, longest=longest)
    _check_depth(tree, source)
    return _Build(source).transform(tree)


def parse_tree(source: Source, *, longest: int = LONGEST, keep_all_tokens: bool = False) -> Tree:
    """What the grammar makes of a text, keywords and punctuation included if wanted. Raises a `Mistake`."""
    size = len(source.text)
    if size > longest:
        message = f"the file has {size:,} characters; a program has at most {longest:,}"
        raise mistake(source.path, message)
    try:
        return grammar(keep_all_tokens=keep_all_tokens).parse(source.text)
    except UnexpectedInput as e:
        raise explain(e, source, grammar()) from None


@functools.cache
def grammar(*, keep_all_tokens: bool = False) -> Lark:
    return Lark(
        GRAMMAR.read_text(),
        parser="lalr",
        lexer="basic",
        propagate_positions=True,
        keep_all_tokens=keep_all_tokens,
    )


@functools.cache
def reserved() -> frozenset[str]:
    """The words of the language, which name nothing else."""
    return frozenset(t.pattern.value for t in grammar().terminals)


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


class _Build(Transformer_NonRecursive):
    """From the bottom up: every rule of the grammar by its row in RULES."""

    def __init__(self, source: Source):
        super().__init__()
        self.source = source

    def __default__(self, data: str, children: list[Any], meta: Meta) -> Any:
        place = getattr(meta, "start_pos", 0), getattr(meta, "end_pos", 0)
        return RULES[data](Span(self.source, *place), *children)

    def _place(self, token: Token) -> Span:
        assert token.start_pos is not None and token.end_pos is not None
        return Span(self.source, token.start_pos, token.end_pos)

    def NAME(self, token: Token) -> s.Ident:
        return s.Ident(self._place(token), str(token))

    def INT(self, token: Token) -> s.Number:
        """Longer numbers are cut: still beyond every range, so that the checker reports them."""
        return s.Number(self._place(token), int(token.lstrip("0")[:DIGITS] or "0"))

    DECIMAL = NAME


def _program(
    span: Span,
    name: s.Ident,
    inputs: Ports,
    outputs: Ports,
    head: tuple[s.Part, ...],
    body: s.Block,
) -> s.ProgramText:
    states = tuple(x for x in head if isinstance(x, s.StateText))
    assumes = tuple(x.condition for x in head if isinstance(x, s.Assume))
    return s.ProgramText(span, name, inputs, outputs, states, assumes, body)


def _option(span: Span, x: s.Ident | s.Number) -> s.Option:
    text = span.source.text
    kind = "~" if text[span.start] == "~" else "as"
    return s.Option(span, kind, text[x.span.start : x.span.end])


def _if(span: Span, *parts: Any) -> s.If:
    return s.If(span, tuple(zip(parts[:-1:2], parts[1:-1:2], strict=True)), parts[-1])


def _match(span: Span, subject: s.Expr, *arms: s.Arm) -> s.Match:
    return s.Match(span, subject, arms)


Ports = tuple[s.PortText, ...]
RULES: dict[str, Callable[..., Any]] = {
    "start": lambda span, *declarations: s.File(span, declarations),
    "tuple": lambda span, *parts: parts,
    "const": s.Const,
    "enum": lambda span, name, *members: s.EnumText(span, name, members),
    "fn": s.Fn,
    "program": _program,
    "port": lambda span, name, type, *options: s.PortText(span, name, type, options),
    "option": _option,
    "state": s.StateText,
    "assume": s.Assume,
    "bit_type": lambda span: s.TypeText(span, "bit"),
    "int_type": lambda span, low, high: s.TypeText(span, "int", (low, high)),
    "enum_type": lambda span, name: s.TypeText(span, "enum", name=name.text),
    "array_type": lambda span, element, size: s.TypeText(span, "array", (size,), element=element),
    "assign": s.Assign,
    "let": s.Let,
    "for_": s.For,
    "if_": _if,
    "match_": _match,
    "block": lambda span, *statements: s.Block(span, statements),
    "arm": s.Arm,
    "pattern": s.Pattern,
    "negative": lambda span, minus, number: s.Number(span, -number.value),
    "binary": lambda span, left, op, right: s.Op(span, str(op), (left, right)),
    "unary": lambda span, op, x: s.Op(span, str(op), (x,)),
    "name": lambda span, name: s.Name(span, name.text),
    "index": lambda span, a, index: s.Index(span, s.Name(a.span, a.text), index),
    "call": s.Call,
    "to_int": lambda span, x: s.Op(span, "int", (x,)),
    "items": lambda span, *items: s.List(span, items),
    "dontcare": s.Dontcare,
    "choose": _if,
    "select": _match,
}
