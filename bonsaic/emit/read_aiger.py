"""ASCII AIGER, as this project and other tools write it, read into a circuit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from bonsaic.diag import Span, mistake
from bonsaic.emit.netlist import Definition, Netlist, read_size
from bonsaic.ir.core import Module, Node, node

Line = tuple[str, Span]


def read_aiger(text: str, path: str = "<text>") -> Module:
    """The circuit of an `.aag` file; anything wrong, missing or unsupported in it is a `Mistake`."""
    net = Netlist(read_size(text, path))
    if not text.endswith("\n"):
        raise mistake(path, "the last line has no end: the file is cut")
    lines = _lines(net)
    first, span = next(lines)
    header = re.fullmatch(r"aag (\d+) (\d+) (\d+) (\d+) (\d+)", first)
    if not header:
        help = "write ASCII AIGER with the five numbers M I L O A"
        raise mistake(span, f"found `{first[:40]}`, expected `aag` and five numbers", help=help)
    variables, *counts = map(int, header.groups())
    if variables < counts[0] + counts[1] + counts[3]:
        raise mistake(span, f"{variables} variables are fewer than inputs, latches and gates")
    parts: list[list[tuple[list[int], Span]]] = [[], [], [], []]
    kinds = (("input", (1,)), ("latch", (2, 3)), ("output", (1,)), ("gate", (3,)))
    for part, count, (kind, widths) in zip(parts, counts, kinds, strict=True):
        for k in range(count):
            line, at = next(lines, (None, None))
            if line is None or at is None:
                raise mistake(path, f"the file ends at {kind} {k} of {count}: it is cut")
            part.append((_numbers(line, at, kind, widths, variables), at))
    symbols = _symbols(lines, counts)
    net.name = _title(text) or Path(path).stem
    _fill(net, parts, symbols)
    return net.module()


def _lines(net: Netlist) -> Iterator[Line]:
    at = 0
    for line in net.source.text.splitlines(keepends=True):
        yield line.rstrip("\r\n"), Span(net.source, at, at + len(line.rstrip("\r\n")))
        at += len(line)


def _numbers(line: str, at: Span, kind: str, widths: tuple[int, ...], variables: int) -> list[int]:
    words = line.split(" ")
    if not all(w.isascii() and w.isdigit() for w in words) or len(words) not in widths:
        wanted = " or ".join(map(str, widths))
        raise mistake(at, f"found `{line[:40]}`, expected {wanted} numbers for this {kind}")
    numbers = list(map(int, words))
    if max(numbers) > 2 * variables + 1:
        raise mistake(at, f"{max(numbers)} is above the largest literal {2 * variables + 1}")
    if kind != "output" and (numbers[0] % 2 or not numbers[0]):
        raise mistake(
            at, f"{numbers[0]} cannot be defined: a {kind} defines an even literal above 0"
        )
    return numbers


def _symbols(lines: Iterator[Line], counts: list[int]) -> dict[str, str]:
    """`i0`, `l0`, `o0` -> name."""
    found: dict[str, str] = {}
    sizes = dict(zip("ilo", counts, strict=False))
    for line, at in lines:
        if line == "c":
            break
        entry = re.fullmatch(r"([ilo])(\d+) (\S.*)", line)
        if not entry or int(entry[2]) >= sizes[entry[1]]:
            raise mistake(at, f"found `{line[:40]}`, expected a name such as `i0 x`, or `c`")
        if entry[1] + entry[2] in found:
            raise mistake(at, f"`{entry[1]}{entry[2]}` is named twice")
        found[entry[1] + entry[2]] = entry[3]
    return found


def _title(text: str) -> str:
    comment = re.search(r"^c\n(\w+): ", text, re.M)
    return comment[1] if comment else ""


def _fill(net: Netlist, parts: list[list[tuple[list[int], Span]]], symbols: dict[str, str]) -> None:
    """Names variables after their symbols and hands everything to the netlist."""
    inputs, latches, outputs, gates = parts
    names: dict[int, str] = {0: "constant 0"}
    taken = set(names.values())
    for kind, part in (("i", inputs), ("l", latches), ("", gates)):
        for k, (numbers, at) in enumerate(part):
            name = symbols.get(f"{kind}{k}") or (f"{kind}{k}" if kind else f"gate {numbers[0]}")
            if numbers[0] in names:
                raise mistake(at, f"{numbers[0]} is defined twice")
            if name in taken:
                raise mistake(at, f"two signals are named `{name}`")
            taken.add(name)
            names[numbers[0]] = name
    for numbers, at in inputs:
        net.inputs[names[numbers[0]]] = at
    start = Span(net.source, 0, 3)
    net.define(
        "constant 0", Definition(start, [], lambda nodes: node("const", attr=(Fraction(0),)))
    )
    for (z, x, y), at in gates:
        _gate(net, names, z, x, y, at)

    def signal(literal: int, at: Span) -> str:
        """The name of a literal; an inverse is defined when it is first asked for."""
        name = names.get(literal & ~1, str(literal & ~1))
        if literal & 1 and f"not {name}" not in net.definitions:
            net.define(f"not {name}", Definition(at, [name], lambda nodes: node("not", *nodes)))
        return f"not {name}" if literal & 1 else name

    for numbers, at in latches:
        own, after, *init = numbers
        value = init[0] if init else 0
        if value not in (0, 1, own):
            raise mistake(at, f"found {value}, expected an initial value 0, 1 or {own} itself")
        net.registers[names[own]] = (at, value if value in (0, 1) else None)
        net.nexts[names[own]] = (at, signal(after, at))
    for k, ((literal,), at) in enumerate(outputs):
        name = symbols.get(f"o{k}", f"o{k}")
        if name in net.outputs:
            raise mistake(at, f"two outputs are named `{name}`")
        net.outputs[name] = (at, signal(literal, at))


def _gate(net: Netlist, names: dict[int, str], z: int, x: int, y: int, at: Span) -> None:
    operands = [names.get(v & ~1, str(v & ~1)) for v in (x, y)]

    def build(nodes: list[Node]) -> Node:
        return node(
            "and", *(node("not", n) if v & 1 else n for n, v in zip(nodes, (x, y), strict=True))
        )

    net.define(names[z], Definition(at, operands, build))
