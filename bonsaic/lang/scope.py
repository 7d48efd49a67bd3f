"""Which names can be seen at a place and what they mean, and every mistake met so far."""

from __future__ import annotations

import difflib
from collections import ChainMap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bonsaic.diag import Diagnostic, Span
from bonsaic.lang import syntax as s
from bonsaic.lang.types import Type

SUGGESTED = 20  # mistakes after which no nearest names are looked for
HABITS = {"true": "1", "True": "1", "false": "0", "False": "0"}


@dataclass(frozen=True)
class Symbol:
    """What a name means: its kind in words, its type (None: it has none, or a wrong one), where it was defined."""

    kind: str
    type: Type | None
    span: Span


class Names:
    """Inner scopes see outer ones and may not redefine their names."""

    def __init__(self) -> None:
        self.mistakes: list[Diagnostic] = []
        self.scope: ChainMap[str, Symbol] = ChainMap()

    def error(
        self,
        where: Span,
        message: str,
        *,
        note: tuple[Span, str] | None = None,
        help: str | None = None,
    ) -> None:
        self.mistakes.append(Diagnostic(where, message, [note] if note else [], help))

    @contextmanager
    def inner(self) -> Iterator[None]:
        """A scope of its own for what is defined inside."""
        self.scope = self.scope.new_child()
        yield
        self.scope = self.scope.parents

    def define(self, name: s.Ident, kind: str, type: Type | None) -> None:
        """Let a name mean something from here on; another meaning before is one mistake, not one more at every use."""
        found = self.scope.get(name.text)
        if found:
            note = (found.span, f"{found.kind} `{name.text}` is first defined here")
            self.error(name.span, f"`{name.text}` is already defined", note=note)
        self.scope[name.text] = Symbol(kind, type, name.span)

    def lookup(self, name: str, span: Span, wanted: Callable[[Symbol], bool]) -> Symbol | None:
        """The symbol of a name; if there is none, the nearest name that would do is suggested."""
        found = self.scope.get(name)
        if found is None:
            hint = f"write `{HABITS[name]}`" if name in HABITS else None
            if not hint and len(self.mistakes) < SUGGESTED:
                able = [n for n, symbol in self.scope.items() if wanted(symbol)]
                near = difflib.get_close_matches(name, able, 1)
                hint = f"did you mean `{near[0]}`?" if near else None
            self.error(span, f"`{name}` is not defined", help=hint)
        return found
