"""AIGER, ASCII or binary, as this project and other tools write it, read into a circuit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from bonsaic.diag import Span, mistake
from bonsaic.emit.netlist import Definition, Netlist, read_size
from bonsaic.ir.core import Module, Node, node

Line = tuple[str, Span]
VARIABLES = 300_000  # of a binary file, whose ASCII text must not be too large to read


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


def read_aiger_binary(content: bytes, path: str = "<bytes>") -> Module:
    """The circuit of an `.aig` file, which is read as the ASCII text that says the same."""
    head, _, rest = content.partition(b"\n")
    header = re.fullmatch(rb"aig (\d{1,9}) (\d{1,9}) (\d{1,9}) (\d{1,9}) (\d{1,9})", head)
    if not header:
        found = head[:40].decode("ascii", "replace")
        help = "write binary AIGER with the five numbers M I L O A"
        raise mistake(path, f"found `{found}`, expected `aig` and five numbers", help=help)
    variables, inputs, latches, outputs, gates = map(int, header.groups())
    if variables != inputs + latches + gates:
        raise mistake(path, f"{variables} variables are not the inputs, latches and gates")
    if variables > VARIABLES:
        raise mistake(
            path, f"{variables:,} variables are more than the {VARIABLES:,} that are read"
        )
    *rows, rest = rest.split(b"\n", latches + outputs)
    if len(rows) < latches + outputs:
        raise mistake(path, f"the file ends at row {len(rows)} of {latches + outputs}: it is cut")
    numbers = [row.decode("ascii", "replace") for row in rows]
    lines = [f"aag {variables} {inputs} {latches} {outputs} {gates}"]
    lines += [str(2 * k + 2) for k in range(inputs)]
    lines += [f"{2 * (inputs + k) + 2} {row}" for k, row in enumerate(numbers[:latches])]
    lines += numbers[latches:]
    at = 0
    for z in range(2 * (inputs + latches) + 2, 2 * variables + 2, 2):
        first, at = _delta(rest, at, path)
        second, at = _delta(rest, at, path)
        if not 0 < first <= z or not 0 <= second <= z - first:
            raise mistake(path, f"gate {z} reads a gate that is not before it")
        lines.append(f"{z} {z - first} {z - first - second}")
    tail = rest[at:].decode("utf-8", "replace")
    return read_aiger("\n".join(lines) + "\n" + tail, path)


def _delta(content: bytes, at: int, path: str) -> tuple[int, int]:
    """A number, seven bits a byte, lowest first, and where the next one begins."""
    number = 0
    for shift in range(0, 35, 7):
        if at >= len(content):
            raise mistake(path, "the file ends inside its gates: it is cut")
        number |= (content[at] & 0x7F) << shift
        at += 1
        if not content[at - 1] & 0x80:
            return number, at
    raise mistake(path, "a gate's number has more than five bytes")


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
