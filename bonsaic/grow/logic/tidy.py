"""Fewer cells and edges: a neuron's readers read what it reads, where one neuron each can do that."""

from __future__ import annotations

from collections.abc import Callable

from bonsaic.grow.logic.gates import WIDEST
from bonsaic.grow.logic.layout import Plan, cost, standing
from bonsaic.grow.logic.signals import Gate, weights_of

LARGE = 250  # neurons beyond which this takes long


def tidied(plan: Plan, over: Callable[[], bool]) -> None:
    """Changes the gates of a plan's signals, never a value, as long as its network gets smaller."""
    gates = plan.signals.gates
    if len(standing(plan).last) + len(plan.becomes) > LARGE:
        return
    least = cost(plan)
    while True:
        before = least
        used = sorted({*standing(plan).last, *plan.becomes.values()})
        for n in used:
            readers = [m for m in used if n in plan.reads(m)]
            for changed in (readers, *([m] for m in readers)):
                if gates[n] is None or not changed or not _told(plan, [*plan.reads(n), *changed]):
                    continue
                if over():
                    return
                kept = {m: gates[m] for m in changed}
                for m in changed:
                    gates[m] = _reading(plan, m, n)
                if max(len(plan.reads(m)) for m in changed) <= WIDEST and cost(plan) < least:
                    made = {m: _made(plan, m) for m in changed}
                    if None not in made.values():
                        kept = made
                for m, gate in kept.items():
                    gates[m] = gate
                least = cost(plan)
        if least == before:
            return


def _told(plan: Plan, signals: list[int]) -> bool:
    """Are their values known?"""
    return all(plan.signals.values[m, 0] for m in signals)


def _reading(plan: Plan, m: int, n: int) -> Gate:
    """Signal m's neuron without its weights, reading what n reads instead of n."""
    reads = dict.fromkeys(r for r in (*plan.reads(m), *plan.reads(n)) if r != n)
    return Gate(tuple(reads), (), 0.0)


def _made(plan: Plan, m: int) -> Gate | None:
    """Weights for what signal m's neuron reads."""
    reads, signals = plan.reads(m), plan.signals
    found = weights_of(len(reads), signals.table(reads, signals.values[m]).tobytes())
    return found and Gate(reads, *found)
