"""Which port of one machine is which of another: by name, by position where a file names none, or not there at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bonsaic.ir.core import Module, port, renamed
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.lang.kiss2 import default_names
from bonsaic.prove.machine import Machine, TableMachine
from bonsaic.prove.tick import Tick

Side = Machine | Tick


def by_position(spec: str, first: Side, impl: str, second: Side) -> list[tuple[str, str]]:
    """The ports of both, paired in their order, where the names in one of the files say nothing; else none.

    A published network names no ports, KISS2 and AIGER may not, and KISS2 and BLIF of others have names of their own.
    """
    if [len(first.inputs), len(first.outputs)] != [len(second.inputs), len(second.outputs)]:
        return []
    if not (_nameless(spec, first, second) or _nameless(impl, second, first)):
        return []
    pairs = list(zip(_ports(first), _ports(second), strict=True))
    return pairs if any(x != y for x, y in pairs) else []


def matched(spec: str, first: Machine, impl: str, second: Side) -> tuple[Machine, Side]:
    """Both machines with the same names for the same ports, as far as their files say which are the same."""
    if by_position(spec, first, impl, second):
        if _nameless(spec, first, second) and not _nameless(impl, second, first):
            renamed = _renamed(first, second.inputs, second.outputs)
            assert not isinstance(renamed, Tick)
            return renamed, second
        return first, _renamed(second, first.inputs, first.outputs)
    if isinstance(second, TableMachine) and not _nameless(impl, second, first):
        second = TableMachine(_without(second.table, first.inputs))
    inputs = _as_spelt(second.inputs, first.inputs)
    return first, _renamed(second, inputs, _as_spelt(second.outputs, first.outputs))


def with_ports(m: Module, inputs: Sequence[str], outputs: Sequence[str]) -> Module:
    """The module with other names for its ports."""
    new = renamed(m, {n: port(x, n.type) for x, n in zip(inputs, m.inputs, strict=True)})
    names = dict(zip(new.outs, outputs, strict=True))
    outs, care = ({names[y]: n for y, n in d.items()} for d in (new.outs, new.care))
    return replace(new, outs=outs, care=care)


def _ports(side: Side) -> tuple[str, ...]:
    return (*side.inputs, *side.outputs)


def _nameless(path: str, side: Side, other: Side) -> bool:
    match Path(path).suffix:
        case ".json":
            return True
        case ".kiss2" if _ports(side) == _unnamed(side):
            return True
        case ".aag" | ".aig":
            counts = (("i", len(side.inputs)), ("o", len(side.outputs)))
            return list(_ports(side)) == [f"{kind}{k}" for kind, n in counts for k in range(n)]
        case ".kiss2" | ".blif":
            return not set(map(_wire, _ports(side))) & set(map(_wire, _ports(other)))
    return False


def _unnamed(side: Side) -> tuple[str, ...]:
    """What KISS2 wires are called where the file has no names for them."""
    return (
        *default_names(".ilb", len(side.inputs)),
        *default_names(".ob", len(side.outputs)),
    )


def _wire(name: str) -> str:
    """Bit k of a vector is `v_k` here and `v[k]` to other tools."""
    return re.sub(r"\[(\d+)\]$", r"_\1", name)


def _as_spelt(names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    known = {_wire(x): x for x in wanted}
    return tuple(x if x in wanted else known.get(_wire(x), x) for x in names)


def _renamed(side: Side, inputs: Sequence[str], outputs: Sequence[str]) -> Side:
    inputs, outputs = tuple(inputs), tuple(outputs)
    if (side.inputs, side.outputs) == (inputs, outputs):
        return side
    if isinstance(side, TableMachine):
        return TableMachine(replace(side.table, inputs=inputs, outputs=outputs))
    assert isinstance(side, ModuleMachine | Tick)
    return type(side)(with_ports(side.module, inputs, outputs))


def _without(table: Mealy, wanted: Sequence[str]) -> Mealy:
    """The table without those of its other inputs on which nothing depends."""
    for name in table.inputs:
        if name in wanted:
            continue
        column = table.inputs.index(name)
        zeros, ones = (np.flatnonzero(table.letters[:, column] == b) for b in (0, 1))
        rest = np.delete(table.letters, column, axis=1)
        zeros, ones = (at[np.lexsort(rest[at].T)] if rest.size else at for at in (zeros, ones))
        alike = len(zeros) == len(ones) and (
            np.array_equal(rest[zeros], rest[ones])
            and np.array_equal(table.next[:, zeros], table.next[:, ones])
            and np.array_equal(table.outs[:, zeros], table.outs[:, ones])
        )
        if alike:
            table = replace(
                table,
                inputs=tuple(x for x in table.inputs if x != name),
                letters=rest[zeros],
                next=table.next[:, zeros],
                outs=table.outs[:, zeros],
            )
    return table
