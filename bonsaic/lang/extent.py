"""How much one tick evaluates once loops and functions are written out, how deeply nested, and the limits of both."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from bonsaic.diag import mistake
from bonsaic.lang import syntax as s
from bonsaic.lang.program import Extent, Facts, Program

MOST = 50_000  # parts evaluated in a tick
DEEPEST = 150  # levels, with the bodies of called functions in place


def measure_functions(facts: Facts) -> None:
    """Note the extents of functions, for `check_extent`. Raises a `Mistake` where one calls itself."""
    calls = {
        name: {x.function.text: x for x in s.walk(f.body) if isinstance(x, s.Call)}
        for name, f in facts.functions.items()
    }
    try:
        order = list(TopologicalSorter(calls).static_order())
    except CycleError as e:
        name, caller, *_ = e.args[1]
        message = f"`{name}` calls itself; a tick always ends, so there is no recursion"
        raise mistake(calls[caller][name].span, message) from None
    for name in order:
        facts.extents[name] = _extent(facts.functions[name].body, facts)


def check_extent(program: Program) -> None:
    """Raises a `Mistake` where a tick is too large."""
    parts, levels = _tick(program)
    about = f"{parts:,}" if parts < 10**12 else "more than 10^12"
    if parts > MOST:
        raise mistake(
            program.span,
            f"one tick of `{program.name}` evaluates {about} parts once its loops and functions are written out; "
            f"the limit is {MOST:,}",
        )
    if levels > DEEPEST:
        raise mistake(
            program.span,
            f"`{program.name}` is nested {levels:,} levels deep once its functions are written out; "
            f"the limit is {DEEPEST}",
        )


def tick_parts(program: Program) -> int:
    """How many parts of the program a tick evaluates at most."""
    return _tick(program)[0]


def _tick(p: Program) -> Extent:
    return _sum([_extent(x, p.facts) for x in (*p.assumes, p.body)])


def _extent(x: s.Part, facts: Facts) -> Extent:
    if isinstance(x, s.Ident | s.Pattern | s.TypeText):
        return 0, 0
    if isinstance(x, s.For):
        low, high = facts.bounds[x]
        parts, levels = _extent(x.body, facts)
        return (high - low + 1) * (parts + 1), levels + 1
    below = [_extent(y, facts) for y in s.children(x)]
    if isinstance(x, s.Call):
        below.append(facts.extents[x.function.text])
    return _sum(below)


def _sum(below: list[Extent]) -> Extent:
    parts, levels = zip((0, 0), *below, strict=True)
    return 1 + sum(parts), 1 + max(levels)
