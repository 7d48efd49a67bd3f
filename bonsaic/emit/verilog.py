"""A circuit as synthesizable Verilog-2001 with a synchronous reset and initial values."""

from __future__ import annotations

from collections.abc import Sequence

from bonsaic.emit.layout import ATOM, Text, about, layout
from bonsaic.emit.names import VERILOG, Names
from bonsaic.ir.core import Module, Node, topological

OR, XOR, AND, NOT = 1, 2, 3, 4
BINDS = {"or": OR, "xor": XOR, "and": AND}
SIGN = {"or": " | ", "xor": " ^ ", "and": " & "}


def ports(m: Module) -> tuple[Names, str, dict[Node, str], dict[str, str]]:
    """The names of the module, its inputs and its outputs in Verilog; shared with the testbench."""
    names = Names(VERILOG)
    title = names.take("module", m.name)
    inputs = {n: names.take("input", n.name) for n in m.inputs}
    return names, title, inputs, {k: names.take("output", k) for k in m.outs}


def verilog(m: Module) -> str:
    """The Verilog of a circuit: clk, rst, its inputs and outputs; outputs follow the inputs within the tick.

    A value that the module names is a net of that name.
    """
    assert m.level == "gate", m.level
    names, title, inputs, outputs = ports(m)
    regs = {n: names.take("register", n.name) for n in m.regs}
    plan = layout(m, names, inputs | regs, outputs, _write, keep=True)
    wires = [(name, t) for name, _, t in plan.lines if name not in outputs.values()]
    driven = [(name, t) for name, _, t in plan.lines if name in outputs.values()]
    driven += [(name, plan.text[n]) for name, n in plan.outs]
    declared = [
        *("  input  wire " + name for name in ("clk", "rst", *inputs.values())),
        *("  output wire " + name for name in outputs.values()),
    ]
    body = [
        *(f"  reg {name};" for name in regs.values()),
        *(f"  wire {name};" for name, _ in wires),
        *_unused(m, inputs, regs),
        *(f"  assign {name} = {t.text};" for name, t in (*wires, *driven)),
    ]
    return "\n".join(
        [
            f"// {about(m, title)}",
            "// Outputs are valid before the clock edge that takes the inputs into the state.",
            *(f"// {note}" for note in names.notes),
            f"module {title} (",
            ",\n".join(declared),
            ");",
            *body,
            *_states(
                [(regs[r], bool(m.init[r.name]), plan.text[m.next[r.name]].text) for r in m.regs]
            ),
            "endmodule",
            "",
        ]
    )


def _states(regs: list[tuple[str, bool, str]]) -> list[str]:
    if not regs:
        return []
    start = [(name, f"1'b{init:d}") for name, init, _ in regs]
    return [
        "  initial begin",
        *(f"    {name} = {value};" for name, value in start),
        "  end",
        "  always @(posedge clk)",
        "    if (rst) begin",
        *(f"      {name} <= {value};" for name, value in start),
        "    end else begin",
        *(f"      {name} <= {after};" for name, _, after in regs),
        "    end",
    ]


def _unused(m: Module, inputs: dict[Node, str], regs: dict[Node, str]) -> list[str]:
    """Ports and registers that nothing reads end in one wire, so that a linter knows they are not forgotten."""
    roots = [*m.outs.values(), *m.next.values()]
    read = {a for n in topological(roots) for a in n.args}.union(roots)
    idle = [name for n, name in inputs.items() if n not in read]
    if not m.regs:
        idle = ["clk", "rst", *idle]
    idle += [name for r, name in regs.items() if r not in read]
    return [f"  wire unused = &{{1'b0, {', '.join(idle)}}};"] if idle else []


def _write(n: Node, args: Sequence[Text]) -> Text:
    match n.op:
        case "const":
            return Text(f"1'b{int(n.attr[0])}", ATOM)
        case "not":
            return Text(f"~{args[0].within(ATOM)}", NOT)
        case "and" | "or" | "xor":
            own = BINDS[n.op]
            parts = [t.text if t.binds == own or t.binds >= NOT else f"({t.text})" for t in args]
            return Text(SIGN[n.op].join(parts), own)
    raise AssertionError(n)
