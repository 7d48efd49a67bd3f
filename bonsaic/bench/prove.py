"""`bonsaic bench prove`: how fast the walk is, how its time and memory grow, and that depth does not slow it down."""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from fractions import Fraction

from bonsaic.ir.core import Module, Node, node, port, register
from bonsaic.ir.run import ModuleMachine
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk

LARGE = 100_000  # transitions from which the time of one is compared


def main(arguments: Sequence[str] = ()) -> int:
    """Walk products of growing size and print a line for each, and how the time of a transition grows with them."""
    parser = argparse.ArgumentParser(prog="bonsaic bench prove", description=__doc__)
    parser.add_argument("--bits", type=int, nargs="*", default=[10, 14, 16, 18, 20, 22])
    parser.add_argument("--deep", type=int, default=19, help="bits of the counter")
    options = parser.parse_args(arguments)
    print(
        f"{'machine':>18} {'states':>9} {'transitions':>11} {'seconds':>8} {'a second':>10} {'bytes/state':>11}"
    )
    walk(ModuleMachine(counter(12)), ModuleMachine(counter(12)))  # imports are no part of a walk
    _line(f"counter {options.deep}", counter(options.deep))
    rates = [_line(f"shift register {bits}", shift_register(bits)) for bits in options.bits]
    large = {n: rate for n, rate in rates if n >= LARGE}
    if len(large) > 1:
        small, most = min(large), max(large)
        ratio = large[small] / large[most]
        print(f"a transition of {most} takes {ratio:.2f} times as long as one of {small}")
    return 0


def _line(name: str, m: Module) -> tuple[int, float]:
    """Print the line; returns the transitions, and how many a second."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    verdict = walk(ModuleMachine(m), ModuleMachine(m), cap=1 << 24)
    seconds = time.process_time() - started
    assert isinstance(verdict, Proved), verdict
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / verdict.states
    rate = verdict.transitions / seconds
    print(
        f"{name:>18} {verdict.states:>9} {verdict.transitions:>11} {seconds:>8.2f} {rate:>10.0f} {grown:>11.0f}"
    )
    return verdict.transitions, rate


def shift_register(bits: int) -> Module:
    """Two inputs stir `bits` registers: every state is reached, with 4 letters each."""
    xs = (port("a"), port("b"))
    regs = tuple(register(f"r{i}") for i in range(bits))
    stirred = [node("xor", r, xs[i % 2]) if i % 3 == 0 else r for i, r in enumerate(regs)]
    nexts = [node("xor", *xs), *stirred[:-1]]
    return _module("shift", xs, regs, nexts, node("and", regs[-1], node("or", regs[0], xs[0])))


def counter(bits: int) -> Module:
    """Counts letters 1: a chain of as many levels as states."""
    carry = x = port("x")
    regs = tuple(register(f"r{i}") for i in range(bits))
    nexts = []
    for r in regs:
        nexts.append(node("xor", r, carry))
        carry = node("and", r, carry)
    return _module("counter", (x,), regs, nexts, carry)


def _module(
    name: str, inputs: tuple[Node, ...], regs: tuple[Node, ...], nexts: list[Node], out: Node
) -> Module:
    init = {r.name: Fraction(0) for r in regs}
    after = {r.name: n for r, n in zip(regs, nexts, strict=True)}
    return Module(name, "gate", inputs, regs, init, after, {"y": out})
