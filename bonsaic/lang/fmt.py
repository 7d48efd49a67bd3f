"""The canonical layout of a `.bp` text: indentation, spaces and line breaks; what stands in it, comments too, is kept.

A statement, an arm and a declaration start a line. Braces that were written on one line stay so if there is at most one
statement in them. A break inside a statement is kept, and the rest of it indented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lark import Token, Tree

from bonsaic.diag import Source
from bonsaic.lang.parse import parse_tree

DECLARATIONS = {"const", "enum", "fn", "program", "state", "assume"}
LINES = DECLARATIONS | {"assign", "let", "for_", "if_", "match_", "arm"}
OPEN = {"program", "match_", "select"}  # rules whose braces always hold several lines
STEP, REST = "  ", "    "  # indentation of a block, and of the rest of a statement
COMMENT = re.compile(r"//[^\n]*")


def format_text(text: str, path: str = "<text>") -> str:
    """The canonical layout of a program text; formatting it again changes nothing. Raises a `Mistake`."""
    tokens, starts = _tokens(parse_tree(Source(path, text), keep_all_tokens=True))
    layout = _Layout()
    opened = _opened(text, tokens, starts)
    at = 0
    for k, (token, rule) in enumerate(tokens):
        gap = text[at : token.start_pos]
        layout.token(gap, token, rule, token.start_pos in starts, opened.get(k))
        at = token.end_pos or 0
    return layout.finish(text[at:])


def _tokens(tree: Tree) -> tuple[list[tuple[Token, str]], set[int]]:
    """Every token with the rule it belongs to, and where something starts that stands on a line of its own."""
    tokens: list[tuple[Token, str]] = []
    starts: set[int] = set()
    stack: list[tuple[Tree | Token, str]] = [(tree, "")]
    while stack:
        x, rule = stack.pop()
        if isinstance(x, Token):
            tokens.append((x, rule))
        elif x is not None:
            if x.data in LINES:
                starts.add(x.meta.start_pos)
            stack += [(c, str(x.data)) for c in reversed(x.children)]
    return tokens, starts


def _opened(text: str, tokens: list[tuple[Token, str]], starts: set[int]) -> dict[int, bool]:
    """For every brace, by its index: do its contents stand on lines of their own?"""
    opened: dict[int, bool] = {}
    stack: list[int] = []
    for k, (token, rule) in enumerate(tokens):
        if token == "{":
            stack.append(k)
            opened[k] = rule in OPEN
        elif token == "}":
            first = stack.pop()
            inside = [t for t, _ in tokens[first + 1 : k]]
            several = rule == "block" and sum(t.start_pos in starts for t in inside) > 1
            opened[first] |= several or "\n" in text[tokens[first][0].end_pos : token.start_pos]
            opened[k] = opened[first]
            if stack and opened[first]:
                opened[stack[-1]] = True
    return opened


@dataclass
class _Layout:
    lines: list[str] = field(default_factory=list)
    line: str = ""  # being written
    braces: list[bool] = field(default_factory=list)  # enclosing ones: opened?
    before: Token | None = None
    sign: bool = False  # was the token before a sign?

    def token(self, gap: str, token: Token, rule: str, starts: bool, opened: bool | None) -> None:
        closes = token == "}" and opened
        follows = self.before == "{" and self.braces[-1]
        fresh = follows or closes or (starts and (not self.braces or self.braces[-1]))
        if token == "}":
            self.braces.pop()
        level = sum(self.braces)
        kept = "\n" in gap and token not in ("{", "else", "}") and self.before is not None
        rest = "" if fresh or rule == "enum" or token in (")", "else", "}") else REST
        self._comments(gap, level + bool(closes), rest, fresh and not closes and not follows)
        if fresh or kept:
            self._end()
        if not self.line:
            self.line = STEP * level + rest + token
        else:
            self.line += (" " if self._space(token) else "") + token
        self.sign = token == "-" and rule in ("unary", "negative")
        if token == "{":
            self.braces.append(bool(opened))
        self.before = token

    def finish(self, gap: str) -> str:
        self._comments(gap, 0, "", False)
        self._end()
        return "\n".join(self.lines) + "\n" if self.lines else ""

    def _comments(self, gap: str, level: int, rest: str, spaced: bool) -> None:
        """The comments between two tokens, and a blank line where there were some and one may stand."""
        at = 0
        first = self.before == "{"
        for found in COMMENT.finditer(gap):
            blank, at = gap[at : found.start()], found.end()
            comment = found.group().rstrip()
            if "\n" not in blank and self.line:
                self.line += f" {comment}"
            else:
                self._end()
                if blank.count("\n") > 1 and not first and self.lines:
                    self._blank()
                self.line = STEP * level + rest + comment
            self._end()
            first = False
        if gap[at:].count("\n") > 1 and spaced and (self.line or self.lines):
            self._end()
            self._blank()

    def _end(self) -> None:
        if self.line:
            self.lines.append(self.line)
        self.line = ""

    def _blank(self) -> None:
        if self.lines[-1]:
            self.lines.append("")

    def _space(self, token: Token) -> bool:
        """Is there a space between the last token and this one on a line?"""
        last = self.before
        assert last is not None
        if last in ("(", "[", "..") or self.sign or token in (")", "]", ",", ":", ".."):
            return False
        if token == "(":
            return last.type != "NAME" and last != "int"
        if token == "[":
            return last.type != "NAME" and last not in ("int", "bit", "]")
        return not (last == "{" and token == "}")
