"""Machines of step functions, as the tables that growing and pruning work from."""

import itertools
from collections.abc import Callable, Hashable

import numpy as np

from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy

Step = Callable[[Hashable, tuple[int, ...]], tuple[Hashable, tuple[int, ...]] | None]


def table(name: str, first: Hashable, step: Step, inputs: int) -> Mealy:
    """The machine of a step function, which answers None for an illegal letter."""
    letters = list(itertools.product((0, 1), repeat=inputs))
    number, todo, rows = {first: 0}, [first], []
    for state in todo:
        rows.append([step(state, x) for x in letters])
        for after, _ in filter(None, rows[-1]):
            if after not in number:
                number[after] = len(todo)
                todo.append(after)
    wires = len(next(r[1] for row in rows for r in row if r))
    nexts = [[number[r[0]] if r else ILLEGAL for r in row] for row in rows]
    outs = [[r[1] if r else (FREE,) * wires for r in row] for row in rows]
    return Mealy(
        name,
        tuple(f"x{i}" for i in range(inputs)),
        tuple(f"y{i}" for i in range(wires)),
        np.array(letters, np.uint8).reshape(len(letters), inputs),
        np.array(nexts, np.int32),
        np.array(outs, np.int8).reshape(len(rows), len(letters), wires),
    ).minimised()
