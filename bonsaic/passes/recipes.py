"""Ways to make a signal, known on some rows only, from other signals with the fewest gates."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from bonsaic.passes import exact
from bonsaic.passes.columns import Gate, Recipe

PAIRS = 20_000  # of signals that could be the two operands of one gate; beyond, none is looked at

Columns = Mapping[int, int]  # literal -> column


def alone(column: Columns, on: int, off: int) -> list[Recipe]:
    """The literals that are 1 on the rows `on` and 0 on the rows `off`."""
    return [((), d) for d, x in column.items() if not on & ~x and not x & off]


def one_gate(column: Columns, on: int, off: int, fresh: int) -> list[Recipe]:
    """A gate of two literals; its own is `fresh`."""
    return [((gate,), fresh + flip) for gate, flip in _pairs(column, on, off)]


def two_gates(column: Columns, on: int, off: int, fresh: int) -> Iterator[Recipe]:
    """A gate of one literal and a gate of two others."""
    for inverted, (ones, zeros) in enumerate(((on, off), (off, on))):
        for a, x in column.items():
            if not ones & ~x and x & zeros != zeros:
                for inner, flip in _pairs(column, ones, zeros & x):
                    yield (inner, ("&", a, fresh + flip)), fresh + 2 + inverted
    for a, x in column.items():
        if a and not a & 1:
            for inner, flip in _pairs(column, (on & ~x) | (off & x), (on & x) | (off & ~x)):
                yield (inner, ("^", a, fresh + flip)), fresh + 2


def _pairs(column: Columns, on: int, off: int) -> Iterator[tuple[Gate, int]]:
    """Gates of two literals, each with 1 where its inverse is meant."""
    for inverted, (ones, zeros) in enumerate(((on, off), (off, on))):
        above = [(d, x & zeros) for d, x in column.items() if not ones & ~x]
        if len(above) ** 2 <= 2 * PAIRS:
            for (a, x), (b, y) in itertools.combinations(above, 2):
                if not x & y:
                    yield ("&", a, b), inverted
    seen = on | off
    place = {x & seen: d for d, x in column.items()}
    for a, x in column.items():
        other = place.get((x & seen) ^ on)
        if other is not None and a < other and not a & 1:
            yield ("^", a, other & ~1), other & 1


def over(leaves: Sequence[int], column: Columns, on: int, off: int, fresh: int) -> Recipe | None:
    """The exact minimum over up to four signals; None where they do not tell `on` from `off`."""
    four = [*(2 * s for s in leaves), *[0] * (4 - len(leaves))]
    cells = [on | off]
    for literal in reversed(four):
        x = column[literal]
        cells = [half for cell in cells for half in (cell & ~x, cell & x)]
    ones = sum(1 << i for i, cell in enumerate(cells) if cell & on)
    zeros = sum(1 << i for i, cell in enumerate(cells) if cell & off)
    return None if ones & zeros else _chain(_cheapest(ones, zeros), four, fresh)


def _chain(f: int, leaves: Sequence[int], fresh: int) -> Recipe:
    if f in (0, 0xFFFF):
        return (), int(f > 0)
    gates: list[Gate] = []

    def gate(kind: str, x: int, y: int) -> int:
        match kind:
            case "^":
                gates.append(("^", x, y))
            case "|":
                gates.append(("&", x ^ 1, y ^ 1))
            case _:
                gates.append(("&", x ^ (kind == "<"), y ^ (kind == ">")))
        return fresh + 2 * len(gates) - 2 + (kind == "|")

    result = exact.realise(f, leaves, lambda x: x ^ 1, gate)
    return tuple(gates), result


_cheapest = cache(exact.cheapest)
