"""What no output can observe."""

from __future__ import annotations

from dataclasses import replace

from bonsaic.ir.core import Module
from bonsaic.ir.graph import live
from bonsaic.passes.manager import pass_


@pass_("net|quant|gate|fin", claim="exact")
def dead_nodes(m: Module) -> Module:
    """Drop registers, and with them neurons, that no output can ever observe."""
    alive = live(m)
    regs = tuple(r for r in m.regs if r in alive)
    return replace(
        m,
        regs=regs,
        init={r.name: m.init[r.name] for r in regs},
        next={r.name: m.next[r.name] for r in regs},
    )
