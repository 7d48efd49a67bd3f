"""Random modules of every level, and the dumbest meaning of one: a tick in fractions, node by node."""

import random
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from bonsaic.bench.brute import meaning
from bonsaic.ir.core import Module, affine, const, node, port, register, rewrite
from bonsaic.ir.values import BIT, REAL, SIGN, Real, contains, fin, grid, members
from bonsaic.ir.verify import verify

LEVELS = ("fin", "net", "quant", "gate")


def modules(*levels: str, **options):
    """A hypothesis strategy: random modules of these levels (default: all)."""
    return st.builds(
        lambda seed, level: random_module(random.Random(seed), level, **options),
        st.integers(0, 2**32),
        st.sampled_from(levels or LEVELS),
    )


def random_module(
    rng: random.Random, level: str, *, inputs: int = 2, regs: int = 3, nodes: int = 8, outs: int = 2
) -> Module:
    """At most so many ports, registers and nodes; `observable` extras (legal, care) at random."""
    build = {"fin": _fin, "gate": _gate, "net": _net, "quant": _net}[level]
    return verify(build(rng, level, *(rng.randint(1, k) for k in (inputs, regs, nodes, outs))))


def _assemble(rng, level, ins, registers, values, fit, outs):
    init = {r.name: _some(rng, r.type) for r in registers}
    nexts = {r.name: fit(r) for r in registers}
    bits = [v for v in values if v.type == BIT]
    finals = bits if level in ("fin", "gate") else values
    outputs = {f"y{i}": rng.choice(finals) for i in range(outs)}
    care = {y: rng.choice(bits) for y in outputs if bits and rng.random() < 0.2}
    legal = rng.choice(bits) if bits and rng.random() < 0.2 else None
    names = {v: f"v{i}" for i, v in enumerate(values) if v.op not in ("in", "reg", "const")}
    kept = {v: s for v, s in names.items() if rng.random() < 0.5}
    return Module("m", level, ins, registers, init, nexts, outputs, legal, care, kept)


def _some(rng, t):
    if isinstance(t, Real):
        return Fraction(float(np.float32(rng.gauss(0, 1))))
    return rng.choice(members(t))


def _gate(rng, level, inputs, regs, nodes, outs):
    ins = tuple(port(f"x{i}") for i in range(inputs))
    registers = tuple(register(f"r{i}") for i in range(regs))
    values = [*ins, *registers, *([const(rng.randint(0, 1))] if rng.random() < 0.2 else [])]
    values = [v if v.type == BIT else values[0] for v in values]
    for _ in range(nodes):
        op = rng.choice(("not", "and", "or", "xor"))
        values.append(node(op, *(rng.choice(values) for _ in range(1 if op == "not" else 2))))
    return _assemble(rng, level, ins, registers, values, lambda r: rng.choice(values), outs)


def _fin(rng, level, inputs, regs, nodes, outs):
    ins = tuple(port(f"x{i}") for i in range(inputs))
    kinds = [BIT, grid(0, 2), grid(-3, 5), fin([-2, 0, 7]), grid(0, 20)]
    registers = tuple(register(f"r{i}", rng.choice(kinds)) for i in range(regs))
    values = [*ins, *registers, const(rng.randint(-3, 3))]

    def bit():
        return rng.choice([v for v in values if v.type == BIT])

    for _ in range(nodes):
        x, y = rng.choice(values), rng.choice(values)
        match rng.choice(("affine", "mul", "div", "mod", "eq", "lt", "select", "cast", "logic")):
            case "affine":
                weights = [rng.randint(-3, 3) for _ in range(2)]
                values.append(affine(weights, [x, y], rng.randint(-2, 2)))
            case "mul" if len(members(x.type)) < 100 and len(members(y.type)) < 100:
                values.append(node("mul", x, y))
            case "div" | "mod" as op:
                values.append(node(op, x, const(rng.choice((-3, -2, 1, 2, 5)))))
            case "eq" | "lt" as op:
                values.append(node(op, x, y))
            case "select":
                values.append(node("select", bit(), x, y))
            case "cast":
                low = rng.randint(-3, 3)
                values.append(
                    node("cast", x, attr=(Fraction(low), Fraction(low + rng.randint(0, 4))))
                )
            case _:
                values.append(node(rng.choice(("and", "or", "xor")), bit(), bit()))

    def fit(r):
        fitting = [v for v in values if contains(r.type, v.type)]
        return rng.choice([*fitting, r, const(rng.choice(members(r.type)))])

    return _assemble(rng, level, ins, registers, values, fit, outs)


def _net(rng, level, inputs, regs, nodes, outs):
    def number():
        if level == "quant":
            return Fraction(rng.randint(-6, 6), rng.choice((1, 1, 2, 4)))
        return Fraction(float(np.float32(rng.choice((1, 0.5, rng.gauss(0, 1), rng.gauss(0, 1))))))

    ins = tuple(port(f"x{i}", rng.choice((BIT, SIGN))) for i in range(inputs))
    registers = tuple(register(f"r{i}", SIGN) for i in range(regs))
    values = [*ins, *registers]
    f, leak = Fraction(1, 2), Fraction(float(np.float32(0.1)))
    for _ in range(nodes):
        args = rng.sample(values, min(len(values), rng.randint(0, 4)))
        z = affine([number() for _ in args], args, number())
        match rng.choice(("affine", "ameo", "sign", "sign", "hard")):
            case "affine":
                values.append(z)
            case "ameo" if len(values) < 8:
                values.append(node("ameo", z, attr=(f, leak)))
            case "sign":
                values.append(node("sign", node("ameo", z, attr=(f, leak))))
            case _:
                values.append(node("sign", z))

    def fit(r):
        return rng.choice([*(v for v in values if v.type == SIGN), r])

    return _assemble(rng, level, ins, registers, values, fit, outs)


def counting(limit, carry_on=0):
    """A module that counts letters 1 from 0 to `limit`, then goes on with `carry_on`."""
    x, r = port("x0"), register("n", grid(0, limit))
    full = node("eq", r, const(limit))
    up = node("cast", affine([1, 1], [r, x]), attr=(Fraction(0), Fraction(limit)))
    step = node("select", node("and", full, x), const(carry_on), up)
    zero = node("eq", step, const(0))
    return Module("counter", "fin", (x,), (r,), {"n": Fraction(0)}, {"n": step}, {"y": zero})


def soften(m: Module) -> Module:
    """The same text with registers of type real: no machine, but a module to print and parse."""
    assert m.level in ("net", "quant")
    regs = tuple(register(r.name, REAL) for r in m.regs)
    new = rewrite(m, lambda n: n, dict(zip(m.regs, regs, strict=True)))
    return Module(m.name, m.level, m.inputs, regs, m.init, new.next, new.outs)


def tick(m: Module, state: dict, letter: dict):
    """(next state, outputs, cares, legal) of one tick; letters are 0/1 wires by port name."""
    env = {
        n: Fraction(letter[n.name] * 2 - 1 if n.type == SIGN else letter[n.name]) for n in m.inputs
    }
    env |= {n: state[n.name] for n in m.regs}

    def value(n):
        if n not in env:
            env[n] = meaning(n, [value(a) for a in n.args])
        return env[n]

    after = {k: value(v) for k, v in m.next.items()}
    outs = {k: int(value(v) > 0) for k, v in m.outs.items()}
    care = {k: int(value(m.care[k])) if k in m.care else 1 for k in m.outs}
    return after, outs, care, m.legal is None or value(m.legal) == 1
