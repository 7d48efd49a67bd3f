"""Machines with more states than can be visited, and the same ones written otherwise."""

from dataclasses import replace
from fractions import Fraction
from functools import reduce

from bonsaic.ir.core import Module, node, port, register, rewrite


def delays(bits):
    """The input of `bits` ticks ago."""
    x, regs = port("x"), tuple(register(f"d{i}") for i in range(bits))
    after = dict(zip([r.name for r in regs], [x, *regs[:-1]], strict=True))
    init = {r.name: Fraction(0) for r in regs}
    return Module("delays", "gate", (x,), regs, init, after, {"y": regs[-1]})


def lfsr(bits):
    """A feedback shift register, stirred by the input."""
    m = delays(bits)
    x, r = m.inputs[0], m.regs
    fed = node("xor", node("xor", r[-1], r[bits // 2]), node("xor", r[3], x))
    return replace(m, init={**m.init, "d0": Fraction(1)}, next={**m.next, "d0": fed})


def rewritten(m):
    """Every gate as others, half of the registers inverted, all with other names."""
    new = {r: register(f"new_{r.name}") for r in m.regs}
    turned = set(m.regs[::2])
    stand = {r: node("not", new[r]) if r in turned else new[r] for r in m.regs}

    def other(n):
        match n.op:
            case "and":
                return node("not", node("or", *(node("not", a) for a in n.args)))
            case "xor":
                a, b = n.args
                parts = node("and", a, node("not", b)), node("and", node("not", a), b)
                return node("or", *parts)
        return n

    body = rewrite(m, other, stand)
    return replace(
        body,
        regs=tuple(new.values()),
        init={new[r].name: 1 - m.init[r.name] if r in turned else m.init[r.name] for r in m.regs},
        next={
            new[r].name: node("not", body.next[r.name]) if r in turned else body.next[r.name]
            for r in m.regs
        },
    )


def rarely(bits):
    """Were all of the last `bits` inputs 1? No random word shows it."""
    m = delays(bits)
    return replace(m, outs={"y": reduce(lambda a, b: node("and", a, b), m.regs)})
