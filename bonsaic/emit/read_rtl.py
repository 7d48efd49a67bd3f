"""Verilog as people write it, read by Yosys: which port is the clock, which the reset, and what an x means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import accumulate

from bonsaic.diag import Missing, Mistake, Source, Span, mistake
from bonsaic.emit.first_state import begin
from bonsaic.emit.names import originals
from bonsaic.emit.netlist import Definition, Netlist, read_size
from bonsaic.emit.ternary import GATES, TRUE, UNKNOWN, Signal
from bonsaic.emit.top_module import top_module
from bonsaic.emit.yosys import INSTALL, installed, yosys
from bonsaic.ir.core import Module, Node, const, unused
from bonsaic.ir.verify import verify

# No pass here may choose a value for an x: `opt_expr` keeps them, where plain `opt` would not.
PASSES = (
    "read_verilog {flag} source.v; hierarchy -check -top {top}; proc; flatten; check; memory; dffunmap; "
    "techmap; opt_expr -keepdc; opt_clean; write_json made"
)
WARNINGS = {  # what is said beside the result, and refused here
    r"Latch inferred for signal `\\[^.']*\.\\?(\S+)'": "is a latch: some branch gives it no value",
    r"multiple conflicting drivers for [^.\s]*\.\\?(\S+):": "is driven by two at once",
}
SECONDS = 60
Bit = int | str  # the number of a signal, or "0", "1", "x", "z"


def read_rtl(text: str, path: str = "<text>", data: Collection[str] = ()) -> Module:
    """The one design of a Verilog file as gates, from its initial values or, where it has none, from its reset.

    The clock is no input of the module; nor is the reset, which stays inactive: an input named like one that brings
    registers to constants, unless it is among the names `data`. Bit k of a vector `v` is `v_k`. An output is cared for
    where no x reaches it. A `Mistake` where it is no machine of one clock; `Missing` where Yosys is not installed.
    """
    source = read_size(text, path)
    if not installed():
        what = "Verilog other than the gates that bonsaic emits is read through Yosys"
        raise Missing(f"{path}: {what}: {INSTALL}")
    top = top_module(source)
    flag = "-sv" if path.endswith(".sv") else ""
    said = yosys(text, PASSES.format(flag=flag, top=top), seconds=SECONDS)
    for warning, fault in WARNINGS.items():
        if found := re.search(warning, said.printed):
            raise mistake(path, f"`{found[1]}` {fault}")
    if said.made is None:
        raise _refused(source, said.last())
    try:
        design = json.loads(said.made)["modules"][top]
    except (ValueError, KeyError):
        raise _refused(source, said.last()) from None
    return _Reader(source, top, design, data).read()


def _refused(source: Source, last: str) -> Mistake:
    """What Yosys said, at the line that it names."""
    said = re.match(r"(?:source\.v:(\d+): )?(?:ERROR: )?(.*)", last)
    assert said
    where = _span(source, int(said[1])) if said[1] else source.path
    return mistake(where, f"Yosys says: {said[2].rstrip('.')}")


def _span(source: Source, line: int, column: int = 1, width: int | None = None) -> Span:
    starts = _starts(source.text)
    line = min(line, len(starts) - 1)
    start, end = starts[line - 1] + column - 1, starts[line] - 1
    return Span(source, start, max(start + 1, end if width is None else min(end, start + width)))


@lru_cache(1)
def _starts(text: str) -> list[int]:
    """Where each line begins, and one after the last."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


def _known(name: str) -> str:
    return f"{name}[known]"


def _reached(cells: Sequence[dict]) -> set[Bit]:
    """The bits that an x may reach."""
    found: set[Bit] = set()
    fresh: set[Bit] = {"x", "z"}
    while fresh:
        found |= fresh
        fresh = set()
        for c in cells:
            wires = c["connections"]
            if any(b in found for pin in "ABSD" for b in wires.get(pin, ())):
                fresh |= {*wires.get("Y", ()), *wires.get("Q", ())} - found
    return found


class _Reader:
    def __init__(self, source: Source, top: str, design: dict, data: Collection[str]):
        self.source, self.design = source, design
        self.net = Netlist(source, top)
        renamed = {name for (kind, _), name in originals(source.text).items() if kind == "input"}
        self.data = set(data) - renamed
        self.names: dict[Bit, str] = {value: f"constant {value}" for value in "01xz"}
        self.where: dict[str, Span] = {}  # each named signal's declaration
        self.unknown = _reached(list(design["cells"].values()))
        self.starts: dict[str, int | None] = {}  # the initial value of each register
        self.cleared: dict[str, int] = {}  # what an asynchronous reset makes a register
        self.resets: dict[str, str] = {}  # an asynchronous reset and the value on which it acts
        self.clocks: dict[str, str] = {}  # each with its edge

    def read(self) -> Module:
        for value in "01xz":
            signal = UNKNOWN if value in "xz" else Signal(const(int(value)))
            self._define(value, self._span({}), [], partial(Signal, *signal))
        self._ports()
        initial = self._signals()
        for c in self.design["cells"].values():
            if c["type"].startswith("$_DFF_"):
                self._register(c, initial)
            else:
                self._gate(c)
        self._undriven()
        for clock in self.clocks:
            self._refuse(clock, self.net.inputs.pop(clock), f"the clock `{clock}` is read")
        cares = self._outputs()
        begin(self.net, self.starts, self.cleared, self.resets, self.data)
        m = self.net.module()
        outs = list(m.outs.items())
        count = len(outs) - len(cares)
        care = {outs[i][0]: n for i, (_, n) in zip(cares, outs[count:], strict=True)}
        return verify(replace(m, outs=dict(outs[:count]), care=care))

    def _span(self, part: dict) -> Span:
        """Where a cell or net is written."""
        src = part.get("attributes", {}).get("src", "")
        found = re.search(r"source\.v:(\d+)\.(\d+)-(\d+)\.(\d+)", src)
        if not found:
            return _span(self.source, 1)
        line, column, last, end = map(int, found.groups())
        return _span(self.source, line, column, end - column if line == last else None)

    def _ports(self) -> None:
        wires: set[str] = set()
        for name, p in self.design["ports"].items():
            span = self._span(self.design["netnames"].get(name, {}))
            if p["direction"] == "inout":
                raise mistake(span, f"`{name}` is both input and output")
            for wire, b in _wires(name, p):
                if wire in wires:
                    raise mistake(span, f"two ports have a wire `{wire}`")
                wires.add(wire)
                if p["direction"] == "input":
                    self.names[b] = wire
                    self.net.inputs[wire] = span
                else:
                    self.net.outputs[wire] = (span, "")

    def _signals(self) -> dict[Bit, int]:
        """Names every bit of the text's own signals; returns the initial values."""
        taken = set(self.names.values())
        initial: dict[Bit, int] = {}
        for name, n in self.design["netnames"].items():
            for (wire, b), value in zip(_wires(name, n), _bits(n, "init"), strict=True):
                if value in "01":
                    initial[b] = int(value)
                if not n["hide_name"] and b not in self.names:
                    self.names[b] = unused(wire, taken)
                    self.where[self.names[b]] = self._span(n)
        for c in self.design["cells"].values():
            for b in (b for bits in c["connections"].values() for b in bits):
                if b not in self.names:
                    self.names[b] = unused(f"t{b}", taken)
        return initial

    def _define(self, b: Bit, span: Span, pins: list[Bit], gate: Callable[..., Signal]) -> None:
        """The value of a bit as a function of others, and whether it is known where an x may reach it."""
        doubtful = [p in self.unknown for p in pins]
        operands = [self.names[p] for p in pins]
        operands += [_known(self.names[p]) for p in pins if p in self.unknown]

        def build(part: int, nodes: list[Node]) -> Node:
            rest = iter(nodes[len(pins) :])
            pairs = zip(nodes, doubtful, strict=False)
            return gate(*(Signal(v, next(rest) if d else TRUE) for v, d in pairs))[part]

        self.net.define(self.names[b], Definition(span, operands, partial(build, 0)))
        if b in self.unknown:
            self.net.define(_known(self.names[b]), Definition(span, operands, partial(build, 1)))

    def _refuse(self, name: str, span: Span, message: str) -> None:
        """Whatever reads this signal is a mistake."""

        def build(nodes: list[Node]) -> Node:
            raise mistake(span, message)

        self.net.define(name, Definition(span, [], build))

    def _gate(self, c: dict) -> None:
        wires = c["connections"]
        if c["type"] in GATES:
            pins = [wires[pin][0] for pin in "ABS" if pin in wires]
            self._define(wires["Y"][0], self._span(c), pins, GATES[c["type"]])
            return
        for pin, direction in c["port_directions"].items():
            for b in wires[pin] if direction == "output" else ():
                message = f"`{self.names[b]}` is neither a gate nor a register: Yosys makes it a `{c['type']}`"
                self._refuse(self.names[b], self._span(c), message)

    def _register(self, c: dict, initial: dict[Bit, int]) -> None:
        wires, span = {pin: bits[0] for pin, bits in c["connections"].items()}, self._span(c)
        name, after = self.names[wires["Q"]], self.names[wires["D"]]
        edge, level, value = c["type"][6:-1].ljust(3)
        self._control(self.clocks, wires["C"], edge, span, f"`{name}` is clocked by")
        if value != " ":
            acts = "1" if level == "P" else "0"
            self._control(self.resets, wires["R"], acts, span, f"`{name}` is reset by")
            self.cleared[name] = int(value)
        self.starts[name] = initial.get(wires["Q"])
        self.net.registers[name] = (span, self.starts[name] or 0)
        self.net.nexts[name] = (span, after)
        if wires["Q"] in self.unknown:
            self.net.registers[_known(name)] = (span, 1)
            self.net.nexts[_known(name)] = (span, _known(after))

    def _control(self, known: dict[str, str], b: Bit, how: str, span: Span, what: str) -> None:
        """All registers share one clock and one edge, and likewise one asynchronous reset; both are inputs."""
        name = self.names[b]
        if name not in self.net.inputs:
            raise mistake(span, f"{what} `{name}`, which is no input")
        known.setdefault(name, how)
        if known != {name: how}:
            others = " or by its other edge" if len(known) == 1 else f", another by `{min(known)}`"
            raise mistake(span, f"{what} `{name}`{others}: a machine has one clock and one reset")

    def _undriven(self) -> None:
        defined = {*self.net.inputs, *self.net.registers, *self.net.definitions}
        for name in self.names.values():
            if name not in defined:
                where = self.where.get(name, self._span({}))
                self._refuse(name, where, f"nothing drives `{name}`")

    def _outputs(self) -> list[int]:
        """Connects the outputs; returns which may be x. Whether these are known are outputs that come last."""
        cares = []
        for name, p in self.design["ports"].items():
            for wire, b in _wires(name, p) if p["direction"] == "output" else ():
                span, _ = self.net.outputs[wire]
                self.net.outputs[wire] = (span, self.names[b])
                if b in self.unknown:
                    cares.append((list(self.net.outputs).index(wire), wire, span, b))
        for _, wire, span, b in cares:
            self.net.outputs[_known(wire)] = (span, _known(self.names[b]))
        return [i for i, *_ in cares]


def _wires(name: str, p: dict) -> Iterator[tuple[str, Bit]]:
    """The bits of a port or net, each with its name."""
    bits, offset = p["bits"], p.get("offset", 0)
    for k, b in enumerate(bits):
        place = len(bits) - 1 - k if p.get("upto") else k
        yield (name if bits[1:] == [] and not offset else f"{name}_{place + offset}"), b


def _bits(n: dict, attribute: str) -> str:
    """An attribute with a character for each bit of a net, the lowest first."""
    text = n.get("attributes", {}).get(attribute, "")
    return text[::-1].ljust(len(n["bits"]), "x")[: len(n["bits"])]
