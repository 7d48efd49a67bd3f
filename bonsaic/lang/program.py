"""What a checked program is: its ports and their wires, its states, and what the checker found out about its parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from bonsaic.diag import Span
from bonsaic.lang import syntax as s
from bonsaic.lang.types import Array, Bit, Enum, Scalar, Type, extent, size

Value = int | tuple[int, ...]  # a bit, an integer or a member's index; a tuple for an array


@dataclass(frozen=True)
class Port:
    """An input or output. Its value becomes wires: a bit is one wire, others one per code bit, lowest first."""

    name: str
    type: Scalar
    encoding: str = "binary"
    frequency: float | None = None

    @property
    def wires(self) -> tuple[str, ...]:
        if self.encoding == "onehot":
            return tuple(f"{self.name}_{k}" for k in range(size(self.type)))
        if isinstance(self.type, Bit):
            return (self.name,)
        return tuple(f"{self.name}_{k}" for k in range((size(self.type) - 1).bit_length()))

    @property
    def values(self) -> range:
        low, high = extent(self.type)
        return range(low, high + 1)


@dataclass(frozen=True)
class State:
    """A variable that is kept from tick to tick; `init` is its value before the first."""

    name: str
    type: Type
    init: Value


@dataclass(frozen=True)
class Function:
    """params: names and types, in the order of the arguments."""

    params: tuple[tuple[str, Type], ...]
    result: Type
    body: s.Expr


Extent = tuple[int, int]  # parts that are evaluated, levels that they are nested


@dataclass(eq=False)
class Facts:
    """What the checker found out about the parts of a file.

    types: of expressions, and of what a `let` or an assignment stores to. bounds: of `for`. cases: the values an arm
    matches. extents: of functions.
    """

    types: dict[s.Part, Type] = field(default_factory=dict)
    bounds: dict[s.For, tuple[int, int]] = field(default_factory=dict)
    cases: dict[s.Arm, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    consts: dict[str, Value] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    extents: dict[str, Extent] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Program:
    """A program whose text has been checked.

    about: the comment line above it. unsure: what may leave its range as far as the text shows, functions included.
    """

    name: str
    about: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    states: tuple[State, ...]
    assumes: tuple[s.Expr, ...]
    body: s.Block
    facts: Facts = field(repr=False)
    unsure: tuple[Span, ...] = field(repr=False)
    span: Span = field(repr=False)

    @property
    def input_wires(self) -> tuple[str, ...]:
        return tuple(w for p in self.inputs for w in p.wires)

    @property
    def output_wires(self) -> tuple[str, ...]:
        return tuple(w for p in self.outputs for w in p.wires)


def encode(port: Port, value: int) -> tuple[int, ...]:
    """The 0/1 of the port's wires for one of its values."""
    low, high = extent(port.type)
    assert low <= value <= high, (port.name, value)
    if port.encoding == "onehot":
        return tuple(int(k == value - low) for k in range(size(port.type)))
    return tuple((value - low) >> k & 1 for k in range(len(port.wires)))


def decode(port: Port, bits: tuple[int, ...]) -> int | None:
    """The value a code stands for; None if for none."""
    low, high = extent(port.type)
    if port.encoding == "onehot":
        return low + bits.index(1) if sum(bits) == 1 else None
    value = low + sum(b << k for k, b in enumerate(bits))
    return value if value <= high else None


WRITTEN_OUT = 4  # wires of a port that are all written down


def coding(port: Port) -> str:
    """How the port's wires say its value: `a: int[-3..4] = a_0 + 2*a_1 + 4*a_2 - 3`."""
    low, _ = extent(port.type)
    start = f"{port.name}: {port.type}"
    if port.encoding == "onehot":
        pairs = zip(port.wires, port.values, strict=True)
        wires = [f"{w} for {show_value(port.type, v)}" for w, v in pairs]
        return f"{start}, one of these is 1: {', '.join(_shortened(wires))}"
    terms = [w if k == 0 else f"{1 << k}*{w}" for k, w in enumerate(port.wires)]
    offset = f" {'+' if low > 0 else '-'} {abs(low)}" if low else ""
    members = port.type.members if isinstance(port.type, Enum) else ()
    named = "".join(f", {k} is {member}" for k, member in enumerate(members))
    return f"{start} = {' + '.join(_shortened(terms))}{offset}{named}"


def _shortened(parts: list[str]) -> list[str]:
    return parts if len(parts) <= WRITTEN_OUT else [*parts[:2], "...", parts[-1]]


def codings(program: Program) -> list[str]:
    """The same for every port that is not a bit on a wire of its own name."""
    ports = (*program.inputs, *program.outputs)
    return [coding(p) for p in ports if p.wires != (p.name,)]


def show_value(type: Type, value: Value | None) -> str:
    """A value as it is written in the language; `-` for one that does not matter."""
    if value is None:
        return "-"
    if isinstance(value, tuple):
        assert isinstance(type, Array)
        return "[" + ", ".join(show_value(type.element, v) for v in value) + "]"
    return type.members[value] if isinstance(type, Enum) else str(value)
