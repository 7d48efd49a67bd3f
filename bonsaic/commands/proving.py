"""`prove`, `verify` and `bench`: verdicts and figures for a person or a program."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from importlib import import_module


def prove(a: Namespace) -> int:
    """Whether two machines are the same for every word; a difference is shown tick by tick."""
    from bonsaic.compare import compare, trace

    verdict, certificate = compare(a.spec, a.impl, certify=bool(a.certificate))
    if a.json:
        print(json.dumps({"verdict": type(verdict).__name__.lower(), **asdict(verdict)}, indent=2))
    else:
        print(verdict)
        if (table := trace(a.spec, a.impl, verdict)) is not None:
            print(table, end="")
    if certificate is not None:
        certificate.write(a.certificate)
    return 0 if type(verdict).__name__ == "Proved" else 1


def verify(a: Namespace) -> int:
    """Check a certificate with the independent checker."""
    from bonsaic.verify import check

    print(check(a.certificate))
    return 0


def bench(a: Namespace) -> int:
    """Run one benchmark with its own options."""
    return import_module(f"bonsaic.bench.{a.what}").main(a.arguments)
