"""Weights too small to matter."""

from __future__ import annotations

from fractions import Fraction

from bonsaic.ir.core import Module
from bonsaic.passes.manager import pass_
from bonsaic.passes.weights import change, numbers, strongest
from bonsaic.prove.machine import Machine


@pass_("net|quant", claim="approx")
def clip_weights(m: Module, *, spec: Machine, threshold: Fraction | None = None) -> Module:
    """Set every weight, bias and initial state of magnitude up to a threshold to 0; the largest that is proved.

    One threshold for the whole network, as in the original; 0 clips nothing.
    """
    if threshold is not None:
        return _clip(m, threshold)
    magnitudes = sorted({abs(w) for w in numbers(m)}, reverse=True)
    return strongest(m, magnitudes, _clip, spec) or m


def _clip(m: Module, threshold: Fraction) -> Module:
    return change(m, lambda w: w if abs(w) > threshold else Fraction(0))
