"""`prove`, `verify` and `bench`: verdicts and figures for a person or a program."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING

from bonsaic.commands.progress import Display

if TYPE_CHECKING:
    from bonsaic.compare import Answer


def prove(a: Namespace) -> int:
    """Whether two machines are the same for every word; a difference is shown tick by tick."""
    from bonsaic.compare import answer, certified, positions, trace
    from bonsaic.prove.tick import Tick
    from bonsaic.prove.verdict import Proved, name

    with Display() as display:
        display.working("proving")
        found = answer(a.spec, a.impl)
        verdict, pairs = found.verdict, positions(a.spec, a.impl)
        proved = isinstance(verdict, Proved)
        certificate = certified(found) if a.certificate and proved else None
        table = None if a.json else trace(a.spec, a.impl, verdict)
        soft = proved and isinstance(found.second, Tick) and not a.json
        logic = _logic(found) if soft else ""
    if a.json:
        said = {"verdict": name(verdict), **asdict(verdict), "by_position": pairs}
        print(json.dumps(said, indent=2))
    else:
        print(verdict)
        if pairs is not None:
            print(f"ports were matched by position: {pairs}")
        print(table or logic, end="")
    if certificate is not None:
        certificate.write(a.certificate)
    return 0 if isinstance(verdict, Proved) else 1


def _logic(found: Answer) -> str:
    """What a proved network of real states computes: which bits these stand for, and a tick as Python."""
    from bonsaic.compare import reading
    from bonsaic.emit.python import python
    from bonsaic.passes import manager, pipelines

    read = reading(found)
    if read is None:
        return "no bits were found that its states stand for, so no logic is shown\n"
    steps = manager.parse_pipeline(pipelines.DEFAULT[read.module.level])
    gate, _ = manager.run(read.module, steps, spec=found.first)
    levels = [(r.name, *read.bits[r.name]) for r in gate.regs if r.name in read.bits]
    bits = [f"{bit} is 1 where {state} > {threshold:.3g}\n" for bit, state, threshold in levels]
    return "".join([*bits, "\n", python(gate).split("\n\nclass ")[0].rstrip(), "\n"])


def verify(a: Namespace) -> int:
    """Check a certificate with the independent checker, and that its machines are those in its files."""
    from bonsaic.compare import check_sides
    from bonsaic.verify import check

    with Display() as display:
        display.working("checking")
        held = check(a.certificate)
        check_sides(a.certificate)
    print(held)
    return 0


def bench(a: Namespace) -> int:
    """Run one benchmark with its own options."""
    return import_module(f"bonsaic.bench.{a.what}").main(a.arguments)
