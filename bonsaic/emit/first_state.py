"""In which state a design begins: that of its initial values, or the one that its reset brings it to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from bonsaic.diag import Source, mistake
from bonsaic.emit.netlist import Definition, Netlist
from bonsaic.ir.core import const, port, rewrite
from bonsaic.ir.logic import simplify

CLOCK = re.compile(r"(?:i_)?(?:clk|clock)(?:_i)?", re.I)
RESET = re.compile(r"(?:i_)?a?(?:rst|reset)(_?[nb])?(?:_i)?", re.I)


def begin(
    net: Netlist,
    initial: Mapping[str, int | None],
    cleared: Mapping[str, int],
    resets: Mapping[str, str],
    data: Collection[str],
) -> None:
    """Gives every register of a netlist its first value, and holds the reset inactive from then on.

    initial: per register what the text says, None where nothing. cleared: what an asynchronous reset makes registers;
    resets: that reset and the value on which it acts. An input in `data` is no reset. A clock or reset that nothing
    reads is dropped. A `Mistake` where initial values and reset disagree, or neither gives a first value.
    """
    plain = replace(net, source=Source(net.source.path, "")).module()
    start = dict(initial)
    for reset, acts in _candidates(net, resets, data):
        held = rewrite(plain, simplify, {port(reset): const(acts)})
        after = {r: held.next[r] for r in initial}
        first = {r: int(n.attr[0]) for r, n in after.items() if n.op == "const"} | dict(cleared)
        if first:
            _agree(net, initial, reset, first)
            start |= first
            _hold(net, reset, 1 - acts)
            break
    for r, value in start.items():
        span, _ = net.registers[r]
        if value is None:
            help = "give it one, or a reset: an input such as `rst` that makes it 0 or 1"
            raise mistake(span, f"register `{r}` has no initial value", help=help)
        net.registers[r] = (span, value)
    read = {a for n in plain.order() for a in n.args}.union(plain.roots())
    for n in plain.inputs:
        idle = n not in read and n.name not in data
        if idle and (CLOCK.fullmatch(n.name) or RESET.fullmatch(n.name)):
            net.inputs.pop(n.name, None)


def _candidates(
    net: Netlist, resets: Mapping[str, str], data: Collection[str]
) -> Iterator[tuple[str, int]]:
    """Inputs that may be the reset, each with the value on which it acts."""
    for name, acts in resets.items():
        if name in data:
            message = f"`{name}` resets registers at any time, but the other side reads it"
            raise mistake(net.inputs[name], message)
        yield name, int(acts)
    for name in () if resets else sorted(net.inputs, key=lambda x: x != "rst"):
        if (found := RESET.fullmatch(name)) and name not in data:
            yield name, int(found[1] is None)


def _hold(net: Netlist, name: str, value: int) -> None:
    """An input becomes a constant."""
    span = net.inputs.pop(name)
    net.define(name, Definition(span, [], lambda nodes: const(value)))


def _agree(
    net: Netlist, initial: Mapping[str, int | None], reset: str, first: Mapping[str, int]
) -> None:
    """Where a register has both an initial value and a reset they agree; all have one, or all the other."""
    for r, value in initial.items():
        span, _ = net.registers[r]
        if value is not None and first.get(r, value) != value:
            raise mistake(span, f"`{r}` starts as {value}, but `{reset}` makes it {first[r]}")
        if value is not None and r not in first and None in initial.values():
            other = next(x for x, v in initial.items() if v is None)
            begins = f"`{other}` begins at the reset `{reset}`, which `{r}` has none of"
            raise mistake(span, f"{begins}: give each register an initial value, or each the reset")
