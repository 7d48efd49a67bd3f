"""What every module must satisfy, whatever pass built it."""

from __future__ import annotations

from bonsaic.ir.core import Module
from bonsaic.ir.ops import LEVELS, misfit
from bonsaic.ir.values import BIT, SIGN, contains, fin


def verify(m: Module) -> Module:
    """`m` itself; an ill-formed module is a fault of the pass that made it and fails an assertion."""
    allowed = LEVELS[m.level]
    known = {*m.inputs, *m.regs}
    names = [n.name for n in (*m.inputs, *m.regs)]
    assert len(set(names)) == len(names), f"{m.name}: two of {names} share a name"
    registers = [r.name for r in m.regs]
    assert list(m.init) == registers == list(m.next), f"{m.name}: {list(m.init)} or {list(m.next)}"
    for n in m.order():
        assert n.op in allowed, f"{m.name}: {n.op} at level {m.level}"
        assert (why := misfit(n.op, [a.type for a in n.args], n.attr)) is None, f"{m.name}: {why}"
        for a in n.args:
            assert a.op not in ("in", "reg") or a in known, f"{m.name}: reads {a}, which it has not"
    for r in m.regs:
        after = m.next[r.name]
        assert contains(r.type, fin([m.init[r.name]])), (
            f"{m.name}: {r.name} starts outside {r.type}"
        )
        assert contains(r.type, after.type), f"{m.name}: {r.name} of {r.type} becomes {after.type}"
    for port in m.inputs:
        assert port.type == BIT or (port.type == SIGN and m.level in ("net", "quant")), port
    for root in [*m.care.values(), *([] if m.legal is None else [m.legal])]:
        assert contains(BIT, root.type), f"{m.name}: {root} says whether, so it must be a bit"
    assert m.outs and set(m.care) <= set(m.outs), (
        f"{m.name}: outputs {list(m.outs)}, cares {list(m.care)}"
    )
    if m.level in ("fin", "gate"):
        assert all(contains(BIT, n.type) for n in m.outs.values()), f"{m.name}: an output is no bit"
    return m
