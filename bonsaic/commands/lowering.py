"""`opt` and `emit`: passes on one module, and a module as text."""

from __future__ import annotations

import difflib
import sys
from argparse import Namespace
from pathlib import Path

from bonsaic.commands.line import printer
from bonsaic.commands.progress import Display
from bonsaic.diag import mistake
from bonsaic.ir.core import Module
from bonsaic.network import write_whole


def opt(a: Namespace) -> int:
    """Run passes and print the module they end at; a setting that is not proved is status 1."""
    from bonsaic.ir.run import ModuleMachine
    from bonsaic.ir.text import show
    from bonsaic.passes import manager, pipelines
    from bonsaic.prove.decide import decide
    from bonsaic.prove.soft import is_soft
    from bonsaic.prove.verdict import Proved
    from bonsaic.sides import machine, module

    shown = printer(a.print_after)
    with Display() as display:
        display.working("reading")
        m = module(a.module)
        if is_soft(m):
            m = _hardened(a)
        spec = machine(a.program) if a.program else ModuleMachine(m)
        text = a.passes if a.passes is not None else pipelines.DEFAULT.get(m.level)
        if text is None:
            help = "`bonsaic build` makes a circuit of a program; --passes names passes to run"
            raise mistake(a.module, f"no pipeline begins at level {m.level}", help=help)
        steps = manager.parse_pipeline(text)

        def watch(record: manager.Record) -> None:
            display.clear()
            shown(record)
            if a.explain:
                print(explain(record))

        if a.program and not isinstance(verdict := decide(spec, ModuleMachine(m)), Proved):
            print(f"{a.module}: this is not what {a.program} computes: {verdict}", file=sys.stderr)
            return 1
        try:
            m, _ = manager.run(m, steps, spec=spec, watch=watch, working=display.working)
        except manager.Refuted as e:
            if not (e.chosen or a.program):
                raise
            display.clear()
            print(f"{a.module}: {e}", file=sys.stderr)
            return 1
    write(a.out, show(m))
    return 0


def _hardened(a: Namespace) -> Module:
    """What a network with real states computes, in bits and proved equal to the program."""
    from bonsaic.compare import answer, reading
    from bonsaic.prove.verdict import Proved

    if not a.program:
        help = "say which program it computes: --program PROGRAM"
        raise mistake(a.module, "its states are real numbers, not -1 and +1", help=help)
    found = answer(a.program, a.module)
    if not isinstance(found.verdict, Proved):
        help = f"`bonsaic prove {a.program} {a.module}` says more"
        raise mistake(
            a.module, f"only a proved network has a reading in bits: {found.verdict}", help=help
        )
    read = reading(found)
    if read is None:
        raise mistake(a.module, "no bits were found that its real states stand for")
    return read.module


def explain(record) -> str:
    """What a pass is for, what it claimed and changed: a unified diff of the IR."""
    from bonsaic.ir.text import show
    from bonsaic.passes.manager import CLAIMS, PASSES

    before, after = (show(m).splitlines() for m in (record.before, record.after))
    diff = difflib.unified_diff(before, after, "before", f"after {record.name}", lineterm="", n=1)
    head = [
        f"// {record.name}: {PASSES[record.name].help}",
        f"// claim: {record.claim} ({CLAIMS[record.claim]}); {record.settled()}",
    ]
    return "\n".join([*head, *diff])


def list_passes() -> None:
    """Every pass with its levels, claim, options and help."""
    from bonsaic.passes import pipelines
    from bonsaic.passes.manager import CLAIMS, PASSES

    for p in PASSES.values():
        levels = "|".join(p.sources) + (f" -> {p.target}" if p.target else "")
        options = "{" + ",".join(f"{k}=..." for k in p.options) + "}" if p.options else ""
        print(f"{p.name}{options}\n    {levels}; {p.claim}\n    {p.help}")
    print("\nclaims")
    for claim, meaning in CLAIMS.items():
        print(f"  {claim:<9} {meaning}")
    print(f"\n-O0  {pipelines.O0}\n-O1  {pipelines.O1}")


def emit(a: Namespace) -> int:
    """Write one text form of a circuit, a network or a program."""
    from bonsaic.emission import TARGETS, emitted

    if a.to not in TARGETS:
        raise mistake("--to", f"there is no target `{a.to}`", help=f"one of {', '.join(TARGETS)}")
    with Display() as display:
        display.working("writing")
        text = emitted(a.module, a.to)
    write(a.out, text)
    return 0


def write(out: str | None, content: str | bytes) -> None:
    """To a file, whole, or to stdout."""
    data = content.encode() if isinstance(content, str) else content
    if out:
        write_whole(Path(out), data)
    else:
        sys.stdout.buffer.write(data)
