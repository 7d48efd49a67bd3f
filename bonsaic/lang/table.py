"""A program as a table: the interpreter asked at every reachable state and letter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.lang.interp import Illegal, State, initial, tick
from bonsaic.lang.program import Program, encode


def letters(program: Program) -> Iterator[tuple[int, ...]]:
    """Every combination of the inputs' values, legal or not, the first input changing slowest."""
    return itertools.product(*(p.values for p in program.inputs))


def letter_count(program: Program) -> int:
    return math.prod(len(p.values) for p in program.inputs)


def tabulate(program: Program, cap: int = 100_000) -> Mealy | None:
    """The machine of all reachable states, the first being 0; None above `cap` pairs of state and letter.

    Raises interp.Violation where a reachable value leaves its range.
    """
    if letter_count(program) > cap:
        return None
    values = list(letters(program))
    codes = [
        {v: encode(p, v) for v in p.values} | {None: (FREE,) * len(p.wires)}
        for p in program.outputs
    ]
    number: dict[State, int] = {initial(program): 0}
    after: list[list[int]] = []
    outs: list[list[list[int]]] = []
    for state in (todo := [initial(program)]):
        after.append([])
        outs.append([])
        for letter in values:
            try:
                q, y = tick(program, state, letter)
            except Illegal:
                after[-1].append(ILLEGAL)
                outs[-1].append([FREE] * len(program.output_wires))
                continue
            if q not in number:
                if (len(todo) + 1) * len(values) > cap:
                    return None
                number[q] = len(todo)
                todo.append(q)
            after[-1].append(number[q])
            outs[-1].append([b for code, v in zip(codes, y, strict=True) for b in code[v]])
    rows = [
        [b for p, v in zip(program.inputs, x, strict=True) for b in encode(p, v)] for x in values
    ]
    return Mealy(
        program.name,
        program.input_wires,
        program.output_wires,
        np.array(rows, np.uint8).reshape(len(values), len(program.input_wires)),
        np.array(after, np.int32),
        np.array(outs, np.int8),
    )
