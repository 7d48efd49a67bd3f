"""The first half of a build: from the specification to a proved network, pruned, with its checkpoint and its curve."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bonsaic.diag import counted
from bonsaic.network import Network, checkpoint

if TYPE_CHECKING:
    from bonsaic.build.line import Build
    from bonsaic.grow import Grown

# What `--resume` goes on from; there until a network is grown and pruned.
POPULATION = "population.npz"
LATE = 1.05  # budgets that a build may take without a word
LEAST_PRUNING = 0.5  # seconds, however late the proof came


def grow_network(b: Build) -> Network | None:
    """The pruned network that was proved, or None where the budget ended without one.

    Ctrl-C leaves the best network so far in the directory and raises KeyboardInterrupt.
    """
    from bonsaic.emit.curve import curve

    grown = _grown(b)
    if grown.network is None:
        b.out.write(f"{b.name}.curve.svg", curve(b.name, grown.curve))
        return None
    network: Network = grown.network
    history: tuple[tuple[int, int], ...] = ()
    if b.options.prune != "off" and network.hard_states and network.activation == "ameo":
        network, history = _pruned(b, network)
    elif b.options.prune != "off":
        b.say("  kept      as it was grown: what is pruned has sign states and the Ameo activation")
    pruning = [(0, grown.network.edges), *history]
    b.out.write(f"{b.name}.curve.svg", curve(b.name, grown.curve, pruning))
    (b.out.directory / POPULATION).unlink(missing_ok=True)
    return network


def _grown(b: Build) -> Grown:
    from bonsaic.grow import grow

    started = time.perf_counter()
    b.working("growing")
    o, report = b.options, b.report
    grown = grow(
        b.spec.table,
        frequencies=b.spec.frequencies,
        seed=o.seed,
        budget=o.budget,
        guide=o.guide,
        device=o.device,
        progress=b.progress,
        keep=b.out.directory,
        resume=o.resume,
        recipe=o.recipe,
    )
    report.device = grown.device
    report.network |= {"tried": grown.tried, "solved": grown.solved, "steps": grown.steps}
    report.told = list(grown.told)
    best = grown.network or grown.best
    if best is not None:
        _save(b, best)
    b.timed("grow", started)
    if grown.interrupted:
        raise KeyboardInterrupt
    if grown.network is None:
        report.advice = grown.advice
        if _resumable(b):
            report.advice += ", or go on from here with `--resume`"
            b.out.written.append(POPULATION)
        spent = report.seconds["grow"]
        late = f" ({spent:.1f} s with what cannot be cut short)" if spent > LATE * o.budget else ""
        b.say(f"  unknown   no network was proved within {o.budget:g} s{late}; {report.advice}")
    else:
        made = report.network["made"] = grown.network.note["made"]
        counts = f"{counted(grown.tried, 'network')}, {counted(grown.steps, 'step')}"
        how = counts if made == "trained" else made
        b.say(f"  grown     {report.network_line()}: {how}")
        before = grown.network.note.get("wrong_before_repair", 0.0)
        report.network["wrong_before_repair"] = before
        if before:
            b.say(
                f"  repaired  before, {100 * before:.1f} % of its outputs on unseen words were wrong"
            )
    return grown


def kept(b: Build) -> str:
    """What a build that is stopped leaves behind."""
    found = f"{b.name}.npz" in b.out.written
    network = f"the best network so far is in {b.out.directory}" if found else "no network yet"
    return network + ("; --resume goes on" if _resumable(b) else "")


def _resumable(b: Build) -> bool:
    return b.options.recipe == "default" and (b.out.directory / POPULATION).exists()


def _pruned(b: Build, network: Network) -> tuple[Network, tuple[tuple[int, int], ...]]:
    """The small network, and the (step, edges) at which each smaller one came."""
    from bonsaic.grow.shrink import SECONDS, shrink

    started = time.perf_counter()
    b.working("pruning")
    last = max(LEAST_PRUNING, b.options.budget - b.report.seconds["grow"])
    left = min(SECONDS[b.options.prune], last)
    least = network.edges

    def smaller(step: int, edges: int) -> None:
        nonlocal least
        least = min(least, edges)

    def late() -> bool:
        spent = time.perf_counter() - started
        if b.progress:
            b.progress(f"{max(0, left - spent):3.0f} s left  pruning, {counted(least, 'edge')}")
        return spent > last

    small = shrink(
        network,
        b.spec.table,
        effort=b.options.prune,
        seed=b.options.seed,
        budget=left,
        progress=smaller,
        stop=late,
    )
    _save(b, small.network)
    b.timed("shrink", started)
    b.say(f"  pruned    {b.report.network_line()}")
    return small.network, small.history


def _save(b: Build, network: Network) -> None:
    b.out.write(f"{b.name}.npz", checkpoint(network))
    b.report.network |= {
        "cells": [[c.states, c.outputs] for c in network.cells],
        "states": network.states,
        "neurons": network.neurons,
        "edges": network.edges,
        "max_inputs": network.max_inputs,
    }
