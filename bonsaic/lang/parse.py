"""How a `.bp` text becomes a syntax tree, and how a text that does not is explained."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken
from lark.tree import Meta

from bonsaic.diag import Source, Span, mistake
from bonsaic.lang import syntax as s

DEEPEST = 60  # levels of nesting
LONGEST = 9  # digits of a number
GRAMMAR = Path(__file__).with_name("bp.lark")


def parse_text(text: str, path: str = "<text>") -> s.File:
    """The syntax tree of a `.bp` text. A `Mistake` names the first place where it does not follow the grammar."""
    source = Source(path, text)
    grammar = _grammar()
    builder = _Build(source)
    try:
        parser = grammar.parse_interactive(text)
        for token in _shallow(parser.lexer_thread.lex(parser.parser_state), source):
            parser.feed_token(token)
        parser.feed_eof()
    except UnexpectedToken as e:
        _explain(e, source)
    return builder


@functools.cache
def _grammar() -> Lark:
    return Lark(GRAMMAR.read_text(), parser="lalr", lexer="basic", propagate_positions=True)
