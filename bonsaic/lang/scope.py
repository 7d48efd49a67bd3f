"""Which names can be seen at a place, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from bonsaic.diag import Span
from bonsaic.lang.types import Type


@dataclass(frozen=True)
class Symbol:
    """What a name means: its kind in words, its type (None: it has none, or a wrong one), where it was defined."""

    kind: str
    type: Type | None
    span: Span


@dataclass
class Scope:
    """The names visible at one place; inner scopes see outer ones and may not redefine their names."""

    outer: Scope | None = None
    names: dict[str, Symbol] = field(default_factory=dict)

    def find(self, name: str) -> Symbol | None:
        return self.names.get(name) or (self.outer.find(name) if self.outer else None)

    def visible(self) -> list[str]:
        return [*self.names, *(self.outer.visible() if self.outer else ())]
