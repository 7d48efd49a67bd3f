"""A circuit whose signals may be defined in any order, as read from a text, put together into a module."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from bonsaic.diag import Mistake, Source, Span, mistake
from bonsaic.emit.names import originals
from bonsaic.ir.core import Module, Node, node, port, register
from bonsaic.ir.verify import verify

LARGEST = 10_000_000  # characters
NAMED = re.compile(r"(?!t\d+$)[^\s\d]\S*")  # a signal whose name someone chose


@dataclass(frozen=True)
class Definition:
    """A signal as a function of other signals, and where it is written."""

    span: Span
    operands: Sequence[str]
    build: Callable[[list[Node]], Node]


@dataclass
class Netlist:
    """What has been read so far. Names are those of the text; the notes of an emitted text give the module's back."""

    source: Source
    name: str = ""
    inputs: dict[str, Span] = field(default_factory=dict)
    registers: dict[str, tuple[Span, int | None]] = field(default_factory=dict)
    outputs: dict[str, tuple[Span, str]] = field(default_factory=dict)
    nexts: dict[str, tuple[Span, str]] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)

    def define(self, name: str, definition: Definition) -> None:
        """A signal's one definition; a second is a `Mistake`."""
        for known in (self.inputs.get(name), self.registers.get(name, [None])[0]):
            if known:
                raise _twice(name, definition.span, known)
        if name in self.definitions:
            raise _twice(name, definition.span, self.definitions[name].span)
        self.definitions[name] = definition

    def module(self) -> Module:
        """The module; anything undefined, a loop, or a register that starts with no value is a `Mistake`."""
        if not self.outputs:
            raise mistake(self.source.path, "the circuit has no output")
        for name, known in self.inputs.items():  # a text may name its inputs last
            if name in self.definitions:
                raise _twice(name, self.definitions[name].span, known)
        for name, (span, _) in self.registers.items():
            if name in self.inputs:
                raise _twice(name, span, self.inputs[name])
            if name in self.definitions:
                raise _twice(name, span, self.definitions[name].span)
        first = originals(self.source.text)
        nodes: dict[str, Node] = {}
        for name in self.inputs:
            nodes[name] = port(first.get(("input", name), name))
        for name, (span, init) in self.registers.items():
            if init is None:
                raise mistake(span, f"register `{name}` has no initial value")
            if name not in self.nexts:
                raise mistake(span, f"register `{name}` has no next value")
            nodes[name] = register(first.get(("register", name), name))
        for span, name in (*self.outputs.values(), *self.nexts.values()):
            self._resolve(name, span, nodes)
        regs = {nodes[r].name: r for r in self.registers}
        return verify(
            Module(
                first.get(("module", self.name), self.name),
                "gate",
                tuple(nodes[x] for x in self.inputs),
                tuple(nodes[r] for r in self.registers),
                {k: Fraction(self.registers[r][1] or 0) for k, r in regs.items()},
                {k: nodes[self.nexts[r][1]] for k, r in regs.items()},
                {first.get(("output", y), y): nodes[x] for y, (_, x) in self.outputs.items()},
                names={
                    nodes[x]: first.get(("value", x), x)
                    for x in reversed(self.definitions)
                    if x in nodes and x not in self.outputs and NAMED.fullmatch(x)
                },
            )
        )

    def _resolve(self, name: str, span: Span, nodes: dict[str, Node]) -> None:
        """Builds the signal and all below it."""
        stack: list[tuple[str, Span, bool]] = [(name, span, False)]
        open_: dict[str, None] = {}
        while stack:
            name, span, ready = stack.pop()
            if ready:
                d = self.definitions[name]
                nodes[name] = d.build([nodes[x] for x in d.operands])
                del open_[name]
                continue
            if name in nodes:
                continue
            if name not in self.definitions:
                raise mistake(span, f"`{name}` is not defined")
            d = self.definitions[name]
            if name in open_:
                loop = list(open_)[list(open_).index(name) :]
                raise mistake(d.span, f"a loop without a register: {', '.join([*loop, name])}")
            open_[name] = None
            stack.append((name, span, True))
            stack += [(x, d.span, False) for x in reversed(d.operands)]


def _twice(name: str, span: Span, known: Span) -> Mistake:
    return mistake(span, f"`{name}` is defined twice", notes=[(known, "first defined here")])


def read_size(text: str, path: str) -> Source:
    """The text as a source; one that is empty or too large to be a circuit is a `Mistake`."""
    if not text.strip():
        raise mistake(path, "the file is empty")
    if len(text) > LARGEST:
        raise mistake(path, f"the file has {len(text)} characters, but {LARGEST} is the most read")
    return Source(path, text)


def sum_of_products(rows: Sequence[str], inputs: Sequence[Node]) -> Node:
    """The or of cubes over inputs; a row is a string of 0, 1 and -. The two rows of an xor become one."""
    if sorted(rows) == ["01", "10"]:
        return node("xor", *inputs)
    cubes = [_cube(r, inputs) for r in rows]
    return tree("or", cubes) if cubes else node("const", attr=(Fraction(0),))


def _cube(row: str, inputs: Sequence[Node]) -> Node:
    literals = [
        x if c == "1" else node("not", x) for c, x in zip(row, inputs, strict=True) if c != "-"
    ]
    return tree("and", literals) if literals else node("const", attr=(Fraction(1),))


def tree(op: str, parts: Sequence[Node]) -> Node:
    """One operation over many operands, balanced."""
    while len(parts) > 1:
        parts = [
            node(op, *pair) if len(pair) == 2 else pair[0]
            for pair in (parts[i : i + 2] for i in range(0, len(parts), 2))
        ]
    return parts[0]
