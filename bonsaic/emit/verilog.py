"""A circuit, or a program's own tick, as synthesizable Verilog-2001 with a synchronous reset and initial values."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bonsaic.emit.layout import Text, about, is_bit, layout
from bonsaic.emit.names import CPP, VERILOG, Names
from bonsaic.emit.verilog_terms import Writer, width
from bonsaic.ir.core import Module, Node, topological


def ports(m: Module) -> tuple[Names, str, dict[Node, str], dict[str, str]]:
    """The names of the module, its inputs and its outputs in Verilog; shared with the testbench."""
    names = Names(VERILOG)
    title = names.take("module", m.name)
    names.avoid(CPP)
    inputs = {n: names.take("input", n.name) for n in m.inputs}
    return names, title, inputs, {k: names.take("output", k) for k in m.outs}


def verilog(m: Module, idle: Collection[Node] = (), codings: Sequence[str] = ()) -> str:
    """The Verilog of a circuit: clk, rst, its inputs and outputs; outputs follow the inputs within the tick.

    A value that the module names is a net of that name. idle: casts that change nothing on a legal word, which are not
    written. codings: what is said of how ports are coded.
    """
    assert m.level in ("gate", "fin"), m.level
    names, title, inputs, outputs = ports(m)
    regs = {n: names.take("register", n.name) for n in m.regs}
    writer = Writer(width(m), idle)
    plan = layout(m, names, inputs | regs, outputs, writer.write, keep=True, copies=writer.copies)
    wires = [(name, n, t) for name, n, t in plan.lines if name not in outputs.values()]
    driven = [(name, t) for name, _, t in plan.lines if name in outputs.values()]
    driven += [(name, plan.text[n]) for name, n in plan.outs]
    declared = [
        *("  input  wire " + name for name in ("clk", "rst", *inputs.values())),
        *("  output wire " + name for name in outputs.values()),
    ]
    body = [
        *(f"  reg {writer.range(r)}{name};" for r, name in regs.items()),
        *(f"  wire {writer.range(n)}{name};" for name, n, _ in wires),
        *_unused(m, inputs, regs),
        *(f"  assign {name} = {t.text};" for name, _, t in wires),
        *(f"  assign {name} = {t.text};" for name, t in driven),
    ]
    return "\n".join(
        [
            f"// {about(m, title)}",
            "// Outputs are valid before the clock edge that takes the inputs into the state.",
            *(f"// {note}" for note in (*codings, *names.notes)),
            f"module {title} (",
            ",\n".join(declared),
            ");",
            *body,
            *_states(m, regs, plan.text, writer),
            "endmodule",
            "",
        ]
    )


def _states(m: Module, regs: dict[Node, str], text: dict[Node, Text], writer: Writer) -> list[str]:
    if not regs:
        return []
    start = [(name, writer.literal(m.init[r.name], is_bit(r)).text) for r, name in regs.items()]
    after = [
        (name, writer.as_held(m.next[r.name], text[m.next[r.name]], is_bit(r)).text)
        for r, name in regs.items()
    ]
    return [
        "  initial begin",
        *(f"    {name} = {value};" for name, value in start),
        "  end",
        "  always @(posedge clk)",
        "    if (rst) begin",
        *(f"      {name} <= {value};" for name, value in start),
        "    end else begin",
        *(f"      {name} <= {value};" for name, value in after),
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
