"""Circuits as bit columns over the rows that occur: two signals with one column are one signal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Gate = tuple[str, int, int]  # "&" or "^" of two literals
# New gates, numbered after the circuit's signals, and the literal that results.
Recipe = tuple[tuple[Gate, ...], int]
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

    def own(self, signal: int) -> set[int]:
        """The gates that nothing but this one needs, itself among them."""
        first, seen = self.first, {signal}
        stack = [r >> 1 for r in self.roots]
        while stack:
            s = stack.pop()
            if s >= first and s not in seen:
                seen.add(s)
                _, a, b = self.gates[s - first]
                stack += (a >> 1, b >> 1)
        return {signal, *(s for s in range(first, len(self.columns)) if s not in seen)}

    def below(self, signals: Iterable[int], among: set[int]) -> set[int]:
        """The gates of a set that signals are computed from, or are."""
        found: set[int] = set()
        stack = [s for s in signals if s in among]
        while stack:
            s = stack.pop()
            if s not in found:
                found.add(s)
                _, a, b = self.gates[s - self.first]
                stack += (x for x in (a >> 1, b >> 1) if x in among)
        return found


class Sheet:
    """A circuit being written, gate by gate; a gate whose column is there already is not written again."""

    def __init__(self, task: Task):
        self.task = task
        self.columns = [0, *task.sources]
        self.gates: list[Gate] = []
        self.literals: dict[int, int] = {}
        for s, column in enumerate(self.columns):
            self.literals.setdefault(column, 2 * s)
            self.literals.setdefault(column ^ task.everywhere, 2 * s + 1)

    def column(self, literal: int) -> int:
        column = self.columns[literal >> 1]
        return column ^ self.task.everywhere if literal & 1 else column

    def gate(self, op: str, a: int, b: int) -> int:
        """The literal of a gate of two literals."""
        x, y = self.column(a), self.column(b)
        column = x & y if op == "&" else x ^ y
        if column not in self.literals:
            literal = 2 * len(self.columns)
            self.literals[column] = literal
            self.literals[column ^ self.task.everywhere] = literal + 1
            self.columns.append(column)
            self.gates.append((op, min(a, b), max(a, b)))
        return self.literals[column]

    def circuit(self, roots: Sequence[int]) -> Circuit:
        """What the roots need of the gates written."""
        first = len(self.task.sources) + 1
        needed = {r >> 1 for r in roots}
        for g in range(len(self.columns) - 1, first - 1, -1):
            if g in needed:
                needed |= {literal >> 1 for literal in self.gates[g - first][1:]}
        keep = [*range(first), *(g for g in range(first, len(self.columns)) if g in needed)]
        number = {s: i for i, s in enumerate(keep)}

        def moved(literal: int) -> int:
            return 2 * number[literal >> 1] + (literal & 1)

        kept = (self.gates[g - first] for g in keep[first:])
        return Circuit(
            self.task,
            tuple((op, moved(a), moved(b)) for op, a, b in kept),
            tuple(self.columns[s] for s in keep),
            tuple(map(moved, roots)),
        )


def build(
    task: Task, gates: Mapping[int, Gate], roots: Sequence[int], instead: Mapping[int, int]
) -> Circuit:
    """The circuit of the gates that `roots` need, with literals `instead` of some signals; equal columns are shared."""
    sheet = Sheet(task)
    made = {s: sheet.literals[c] for s, c in enumerate(sheet.columns)}
    stack = [r >> 1 for r in reversed(roots)]
    while stack:
        s = stack[-1]
        below = (instead[s],) if s in instead else () if s in made else gates[s][1:]
        waiting = [x >> 1 for x in below if x >> 1 not in made]
        if s in made or not waiting:
            stack.pop()
        if s in made:
            continue
        if waiting:
            stack += reversed(waiting)
            continue
        inputs = [made[x >> 1] ^ x & 1 for x in below]
        made[s] = inputs[0] if s in instead else sheet.gate(gates[s][0], *inputs)
    return sheet.circuit([made[r >> 1] ^ r & 1 for r in roots])


def replaced(c: Circuit, signal: int, recipe: Recipe) -> Circuit:
    """`c` with a recipe, which reads no reader of `signal`, in its place."""
    new, result = recipe
    gates = dict(enumerate((*c.gates, *new), c.first))
    return build(c.task, gates, c.roots, {signal: result})
