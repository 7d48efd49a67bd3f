"""Circuits that several tests emit: the two of the original's hand analysis, one full of bad names, random ones."""

from fractions import Fraction

import numpy as np

from bonsaic.emit.python import python
from bonsaic.emit.verilog import verilog
from bonsaic.ir.core import Module, Node, node, port, register
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.verify import verify
from bonsaic.prove.choices import draw
from bonsaic.prove.machine import tabulate
from bonsaic.prove.property import Held, Skipped, check_python, check_verilog

LISTS = draw(64, 0)[:60]  # of letters, of which machines make legal words


def runs_as(
    m: Module, table: Mealy, python_text: str | None = None, verilog_text: str | None = None
) -> bool:
    """Whether Python and, where it can be simulated, Verilog of a module give the table's outputs on some words."""
    software, hardware = python_text or python(m), verilog_text or verilog(m)
    return isinstance(check_python(software, m.name, table, choices=LISTS), Held) and isinstance(
        check_verilog(hardware, m.name, table, choices=LISTS[:10]), Held | Skipped
    )


def no(x: Node) -> Node:
    return node("not", x)


def circuit(name, inputs, regs, outs, names=None) -> Module:
    """regs: (register, initial value, next)."""
    init = {r.name: Fraction(v) for r, v, _ in regs}
    after = {r.name: n for r, _, n in regs}
    states = tuple(r for r, _, _ in regs)
    return verify(Module(name, "gate", tuple(inputs), states, init, after, outs, names=names or {}))


def replace_111() -> Module:
    x, s0, s1 = port("x"), register("s0"), register("s1")
    y = node("or", node("or", no(s0), s1), x)
    return circuit("replace_111", [x], [(s0, 1, no(x)), (s1, 0, no(node("or", s0, x)))], {"y": y})


def loop_3() -> Module:
    s0, s1 = register("s0"), register("s1")
    return circuit("loop_3", [], [(s0, 1, no(node("xor", s0, s1))), (s1, 0, no(s0))], {"out": s1})


def badly_named() -> Module:
    """Keywords, builtins, clashes, text that would end a comment or a module, letters outside ASCII."""
    names = ["clk", "for", "layer0.state[1]", "print", "größe", "self"]
    a, b, c, d, e, f = (port(n) for n in names)
    r, s = register("always"), register("_read")
    z = node("and", a, b)
    x = node("xor", z, node("not", node("or", c, r)))
    y = node("or", node("and", d, x), node("and", e, node("xor", f, s)))
    outs = {"rst": no(x), "switch": y, "for": d, 'quote"\n"""\nendmodule // \\': x}
    regs = [(r, 0, x), (s, 1, no(y))]
    return circuit("bit", [a, b, c, d, e, f], regs, outs, {z: "neuron[0]", y: "0th"})


def anything(seed: int, gates: int = 14, inputs: int = 2, registers: int = 3) -> Module:
    """A random circuit, some of it unused, with constants, repeated operands and outputs that are ports."""
    rng = np.random.default_rng(seed)
    ports = [port(f"x{i}") for i in range(inputs)]
    regs = [register(f"s{i}") for i in range(registers)]
    pool = [*ports, *regs]
    for _ in range(gates):
        op = ("not", "and", "or", "xor")[rng.integers(4)]
        picked = [pool[i] for i in rng.integers(0, len(pool), 1 if op == "not" else 2)]
        pool.append(node(op, *picked))
    names = {n: f"neuron{i}" for i, n in enumerate(pool) if n.op in ("and", "xor") and i % 2}
    states = [(r, int(rng.integers(2)), pool[rng.integers(len(pool))]) for r in regs]
    outs = {f"y{i}": pool[-1 - rng.integers(len(pool))] for i in range(2)}
    return circuit(f"random_{seed}", ports, states, outs, names)


def table(m: Module) -> Mealy:
    """The circuit's reachable states as a table, by the evaluator that the emitters do not use."""
    found = tabulate(ModuleMachine(m), cap=100_000, name=m.name)
    assert found is not None
    return found


ALL = [replace_111(), loop_3(), badly_named(), *(anything(seed) for seed in range(12))]
