"""Where a user's mistake is in the source text, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Source:
    """A text and the path it came from."""

    path: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Span:
    """The characters `start` to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    def at(self) -> tuple[int, int]:
        """1-based line and column of the first character."""
        before = self.source.text[: self.start]
        return before.count("\n") + 1, self.start - (before.rfind("\n") + 1) + 1


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: its place (a span, or just a path), a sentence, further places, and a next step."""

    where: Span | str
    message: str
    notes: Sequence[tuple[Span, str]] = ()
    help: str | None = None

    def render(self) -> str:
        """`path:line:col: error: sentence`, the line with carets, then notes and help."""
        if isinstance(self.where, str):
            lines = [f"{self.where}: error: {self.message}"]
        else:
            lines = [_excerpt(self.where, "error", self.message)]
        lines += [_excerpt(span, "note", text) for span, text in self.notes]
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


class Mistake(Exception):
    """Mistakes in what the user wrote, all found ones at once. Exit status 2."""

    def __init__(self, *diagnostics: Diagnostic):
        assert diagnostics
        self.diagnostics = diagnostics
        super().__init__("\n".join(d.render() for d in diagnostics))


class Missing(Exception):
    """Something bonsaic needs is not on this machine; the message names the command that installs it. Exit status 3."""


def mistake(
    where: Span | str,
    message: str,
    *,
    notes: Sequence[tuple[Span, str]] = (),
    help: str | None = None,
) -> Mistake:
    """A `Mistake` with a single diagnostic."""
    return Mistake(Diagnostic(where, message, notes, help))


def counted(number: int, noun: str) -> str:
    """`1 gate`, `2 gates`, `1,000 gates`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


EXCERPT_COLUMNS = 100


def _excerpt(span: Span, kind: str, message: str) -> str:
    line, column = span.at()
    lines = span.source.text.split("\n")
    text = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    width = max(1, min(span.end - span.start, len(text) - column + 1))
    first = max(0, column - 1 - EXCERPT_COLUMNS // 2) if len(text) > EXCERPT_COLUMNS else 0
    shown = "".join(c if c.isprintable() else " " for c in text[first : first + EXCERPT_COLUMNS])
    pad = column - 1 - first
    width = max(1, min(width, EXCERPT_COLUMNS - pad))
    gutter = f"{line:>5} | "
    return (
        f"{span.source.path}:{line}:{column}: {kind}: {message}\n"
        f"{gutter}{shown}\n{' ' * (len(gutter) - 2)}| {' ' * pad}{'^' * width}"
    )
