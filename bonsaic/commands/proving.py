"""`prove`, `verify` and `bench`: verdicts and figures for a person or a program."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from importlib import import_module


def prove(a: Namespace) -> int:
    """Whether two machines are the same for every word; a difference is shown tick by tick."""
    from bonsaic.compare import compare, positions, trace
    from bonsaic.prove.verdict import Proved, name
    from bonsaic.sides import suffix

    verdict, certificate = compare(a.spec, a.impl, certify=bool(a.certificate))
    pairs = positions(a.spec, a.impl)
    if a.json:
        said = {"verdict": name(verdict), **asdict(verdict), "by_position": pairs}
        print(json.dumps(said, indent=2))
    else:
        print(verdict)
        if pairs is not None:
            print(f"ports were matched by position: {pairs}")
        if (table := trace(a.spec, a.impl, verdict)) is not None:
            print(table, end="")
        if isinstance(verdict, Proved) and suffix(a.impl) == ".json":
            print(_logic(a.spec, a.impl), end="")
    if certificate is not None:
        certificate.write(a.certificate)
    return 0 if isinstance(verdict, Proved) else 1


def _logic(spec: str, impl: str) -> str:
    """What a proved network of real numbers computes, as Python."""
    from bonsaic.compare import hardened
    from bonsaic.emit.python import python
    from bonsaic.passes import manager, pipelines
    from bonsaic.sides import machine

    m = hardened(spec, impl)
    if m is None:
        return "its states could not be read as signs, so no logic is shown\n"
    steps = manager.parse_pipeline(pipelines.DEFAULT[m.level])
    gate, _ = manager.run(m, steps, spec=machine(spec))
    return "\n" + python(gate).split("\n\nclass ")[0].rstrip() + "\n"


def verify(a: Namespace) -> int:
    """Check a certificate with the independent checker."""
    from bonsaic.verify import check

    print(check(a.certificate))
    return 0


def bench(a: Namespace) -> int:
    """Run one benchmark with its own options."""
    return import_module(f"bonsaic.bench.{a.what}").main(a.arguments)
