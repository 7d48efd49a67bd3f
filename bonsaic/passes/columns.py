"""Circuits as bit columns over the rows that occur: two signals with one column are one signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Gate = tuple[str, int, int]  # "&" or "^" of two literals
Recipe = tuple[
    tuple[Gate, ...], int
]  # new gates, numbered after the circuit's signals, and the literal that results
# A literal is 2 * signal, plus 1 where it is inverted. Signal 0 is constant 0, then come the sources, then the gates.
# A column is a big integer: bit r is the signal's value on row r.


@dataclass(frozen=True)
class Task:
    """What to compute: per source its column, per root its column and the rows where it matters."""

    rows: int
    sources: tuple[int, ...]
    wanted: tuple[int, ...]
    care: tuple[int, ...]

    @property
    def everywhere(self) -> int:
        return (1 << self.rows) - 1


@dataclass(frozen=True)
class Circuit:
    """Gates in topological order, all of them read; columns of all signals; a literal per root."""

    task: Task
    gates: tuple[Gate, ...]
    columns: tuple[int, ...]
    roots: tuple[int, ...]

    @property
    def first(self) -> int:
        """The signal of the first gate."""
        return len(self.task.sources) + 1

    def column(self, literal: int) -> int:
        column = self.columns[literal >> 1]
        return column ^ self.task.everywhere if literal & 1 else column

    def cost(self) -> tuple[int, int, int]:
        """Gates, then the longest path, then xors."""
        level = [0] * self.first
        for _, a, b in self.gates:
            level.append(1 + max(level[a >> 1], level[b >> 1]))
        return len(self.gates), max(level), sum(op == "^" for op, _, _ in self.gates)

    def correct(self) -> bool:
        t = self.task
        return all(
            (self.column(r) ^ w) & c == 0
            for r, w, c in zip(self.roots, t.wanted, t.care, strict=True)
        )

    def observed(self, signal: int) -> int:
        """The rows where some root that matters would change with this signal alone."""
        flipped = {signal: self.columns[signal] ^ self.task.everywhere}
        everywhere = self.task.everywhere
        for g, (op, a, b) in enumerate(
            self.gates[max(0, signal - self.first + 1) :], max(signal + 1, self.first)
        ):
            x, y = flipped.get(a >> 1), flipped.get(b >> 1)
            if x is None and y is None:
                continue
            x = self.columns[a >> 1] if x is None else x
            y = self.columns[b >> 1] if y is None else y
            x, y = (x ^ everywhere if a & 1 else x), (y ^ everywhere if b & 1 else y)
            value = x & y if op == "&" else x ^ y
            if value != self.columns[g]:
                flipped[g] = value
        seen = 0
        for r, care in zip(self.roots, self.task.care, strict=True):
            if r >> 1 in flipped:
                seen |= (flipped[r >> 1] ^ self.columns[r >> 1]) & care
        return seen

    def readers(self, signal: int) -> set[int]:
        """The signal itself and every gate that depends on it."""
        found = {signal}
        for g, (_, a, b) in enumerate(self.gates, self.first):
            if a >> 1 in found or b >> 1 in found:
                found.add(g)
        return found

    def own(self, signal: int) -> int:
        """How many gates go when this one goes: those read by nothing else."""
        seen: set[int] = set()
        stack = [r >> 1 for r in self.roots]
        while stack:
            s = stack.pop()
            if s >= self.first and s != signal and s not in seen:
                seen.add(s)
                _, a, b = self.gates[s - self.first]
                stack += (a >> 1, b >> 1)
        return len(self.gates) - len(seen)


def build(
    task: Task, gates: Mapping[int, Gate], roots: tuple[int, ...], instead: Mapping[int, int]
) -> Circuit:
    """The circuit of the gates that `roots` need, with literals `instead` of some signals; equal columns are shared."""
    columns = [0, *task.sources]
    everywhere = task.everywhere
    literal_of = {0: 0, everywhere: 1}
    for s, column in enumerate(task.sources, 1):
        literal_of.setdefault(column, 2 * s)
        literal_of.setdefault(column ^ everywhere, 2 * s + 1)
    made: dict[int, int] = {s: literal_of[c] for s, c in enumerate(columns)}
    out: list[Gate] = []
    stack = [r >> 1 for r in reversed(roots)]
    while stack:
        s = stack[-1]
        if s in made:
            stack.pop()
            continue
        if s in instead:
            below = instead[s]
            if below >> 1 in made:
                made[s] = made[below >> 1] ^ below & 1
                stack.pop()
            else:
                stack.append(below >> 1)
            continue
        op, a, b = gates[s]
        waiting = [x for x in (b >> 1, a >> 1) if x not in made]
        if waiting:
            stack += waiting
            continue
        a, b = made[a >> 1] ^ a & 1, made[b >> 1] ^ b & 1
        x, y = (columns[v >> 1] ^ (everywhere if v & 1 else 0) for v in (a, b))
        column = x & y if op == "&" else x ^ y
        if column not in literal_of:
            literal_of[column], literal_of[column ^ everywhere] = (
                2 * len(columns),
                2 * len(columns) + 1,
            )
            columns.append(column)
            out.append((op, min(a, b), max(a, b)))
        made[s] = literal_of[column]
        stack.pop()
    return _trimmed(task, out, columns, tuple(made[r >> 1] ^ r & 1 for r in roots))


def _trimmed(task: Task, gates: list[Gate], columns: list[int], roots: tuple[int, ...]) -> Circuit:
    """Without the gates that sharing has left unread."""
    first = len(task.sources) + 1
    needed = {r >> 1 for r in roots}
    for g in range(len(columns) - 1, first - 1, -1):
        if g in needed:
            needed |= {gates[g - first][1] >> 1, gates[g - first][2] >> 1}
    keep = [*range(first), *(g for g in range(first, len(columns)) if g in needed)]
    number = {s: i for i, s in enumerate(keep)}

    def moved(literal: int) -> int:
        return 2 * number[literal >> 1] + (literal & 1)

    kept = [gates[g - first] for g in keep[first:]]
    return Circuit(
        task,
        tuple((op, moved(a), moved(b)) for op, a, b in kept),
        tuple(columns[s] for s in keep),
        tuple(map(moved, roots)),
    )


def replaced(c: Circuit, signal: int, recipe: Recipe) -> Circuit:
    """`c` with a recipe, which reads no reader of `signal`, in its place."""
    new, result = recipe
    gates = dict(enumerate((*c.gates, *new), c.first))
    return build(c.task, gates, c.roots, {signal: result})
