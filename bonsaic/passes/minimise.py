"""Fewer gates for the same machine."""

from __future__ import annotations

from bonsaic.ir.core import Module, rewrite
from bonsaic.passes.logic import simplify
from bonsaic.passes.manager import pass_
from bonsaic.prove.machine import Machine


@pass_("gate", claim="observed")
def minimise(m: Module, *, spec: Machine) -> Module:
    """Compute next states and outputs with fewer gates on the states and letters that occur."""
    return rewrite(m, simplify)
