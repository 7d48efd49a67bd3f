"""BLIF, as this project and other tools write it, read into a circuit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from bonsaic.diag import Span, mistake
from bonsaic.emit.netlist import Definition, Netlist, read_size, sum_of_products
from bonsaic.ir.core import Module, node

Words = list[tuple[str, Span]]


def read_blif(text: str, path: str = "<text>") -> Module:
    """The first and only model of a file; anything wrong or unsupported in it is a `Mistake`."""
    net = Netlist(read_size(text, path))
    lines = list(_lines(net))
    if lines[0][0][0] != ".model":
        raise mistake(lines[0][0][1], f"found `{lines[0][0][0]}`, expected `.model`")
    if lines[-1][0][0] != ".end":
        raise mistake(lines[-1][0][1], "the file ends without `.end`: it may be cut")
    cover: tuple[Words, list[Words]] | None = None
    wires: Words = []
    clocks: dict[str, Span] = {}
    for words in lines:
        (keyword, span), *rest = words
        if not keyword.startswith("."):
            if cover is None:
                raise mistake(span, "a row of a table, but no `.names` is open")
            cover[1].append(words)
            continue
        if cover:
            _define(net, *cover)
        cover = None
        match keyword:
            case ".model":
                if net.name:
                    raise mistake(span, "a second `.model`: only one is read")
                net.name = rest[0][0] if rest else "model"
            case ".inputs":
                for name, at in rest:
                    if name in net.inputs:
                        raise mistake(at, f"input `{name}` is given twice")
                    net.inputs[name] = at
            case ".outputs":
                wires += rest
            case ".latch":
                _latch(net, clocks, span, rest)
            case ".names":
                if not rest:
                    raise mistake(span, "`.names` needs at least the signal it defines")
                cover = (rest, [])
            case ".end":
                if words is not lines[-1]:
                    raise mistake(span, "something follows the `.end`: only one model is read")
            case _:
                raise mistake(span, f"`{keyword}` is not read")
    for name, at in wires:
        if name in net.outputs:
            raise mistake(at, f"output `{name}` is given twice")
        net.outputs[name] = (at, name)
    for clock, at in clocks.items():
        if clock in net.registers or clock in net.definitions:
            raise mistake(at, f"`{clock}` clocks a register and is no input")
        net.inputs.pop(clock, None)  # it only says when a tick is; whatever reads it is refused
    return net.module()


def _lines(net: Netlist) -> Iterator[Words]:
    """The words of each line that has some; a backslash joins lines, # begins a comment."""
    words: Words = []
    at = 0
    for line in net.source.text.splitlines(keepends=True):
        code = line.split("#")[0].rstrip()
        joined = code.endswith("\\")
        for found in re.finditer(r"\S+", code.removesuffix("\\")):
            words.append((found[0], Span(net.source, at + found.start(), at + found.end())))
        at += len(line)
        if words and not joined:
            yield words
            words = []
    if words:
        yield words
    elif not re.search(r"^[^#\s]", net.source.text, re.M):
        raise mistake(net.source.path, "the file has nothing but comments")


def _latch(net: Netlist, clocks: dict[str, Span], span: Span, rest: Words) -> None:
    """`.latch input output [type control] [initial value]`; every register moves on the one rising edge of a tick."""
    if len(rest) < 2 or len(rest) > 5:
        raise mistake(span, "`.latch` takes an input, an output and an initial value")
    (after, at), (name, _) = rest[:2]
    value = rest[-1][0] if len(rest) in (3, 5) else "3"
    if value not in "0123" or len(value) != 1:
        raise mistake(rest[-1][1], f"found `{value}`, expected an initial value 0, 1, 2 or 3")
    if len(rest) > 3:
        (edge, edge_at), (clock, clock_at) = rest[2:4]
        if edge != "re":
            help = "registers that move on the rising edge, `re`, are read"
            raise mistake(edge_at, f"a register of type `{edge}` is not read", help=help)
        if clock != "NIL":
            clocks.setdefault(clock, clock_at)
        if len(clocks) > 1:
            raise mistake(clock_at, f"two clocks: {', '.join(clocks)}; only one is read")
    if name in net.registers:
        raise mistake(span, f"register `{name}` is defined twice")
    net.registers[name] = (span, int(value) if value in "01" else None)
    net.nexts[name] = (at, after)


def _define(net: Netlist, signals: Words, rows: list[Words]) -> None:
    *operands, (name, span) = signals
    cubes, values = [], set()
    for row in rows:
        width = 2 if operands else 1
        cube, value = (row[0][0] if operands else ""), row[-1][0]
        if len(row) != width or len(cube) != len(operands) or set(cube) - set("01-"):
            raise mistake(
                row[0][1], f"a row for `{name}` has {len(operands)} of 0, 1, - and a 0 or 1"
            )
        if value not in ("0", "1"):
            raise mistake(row[-1][1], f"found `{value}`, expected 0 or 1")
        cubes.append(cube)
        values.add(value)
    if len(values) > 1:
        raise mistake(span, f"the rows of `{name}` give both 0 and 1")
    build = partial(sum_of_products, cubes)
    inverted = values == {"0"}
    net.define(
        name,
        Definition(
            span,
            [x for x, _ in operands],
            (lambda nodes: node("not", build(nodes))) if inverted else build,
        ),
    )
