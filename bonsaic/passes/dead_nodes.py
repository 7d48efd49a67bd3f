"""What no output can observe."""

from __future__ import annotations

from bonsaic.ir.core import Module, with_registers
from bonsaic.ir.graph import live
from bonsaic.passes.manager import pass_


@pass_("net|quant|gate|fin", claim="exact")
def dead_nodes(m: Module) -> Module:
    """Drop registers, and with them neurons, that no output can ever observe."""
    alive = live(m)
    return with_registers(m, (r for r in m.regs if r in alive))
