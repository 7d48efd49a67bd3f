"""`build` and `grow`: the whole line for a person, or its report for a program."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from bonsaic.commands.progress import Display
from bonsaic.diag import mistake


def build(a: Namespace) -> int:
    return _run(a, lowering=True)


def grow(a: Namespace) -> int:
    return _run(a, lowering=False)


def _run(a: Namespace, lowering: bool) -> int:
    from bonsaic import build as line
    from bonsaic.passes import pipelines

    plain = pipelines.O0 if lowering and a.level == "0" else None
    options = line.Options(
        passes=a.passes if lowering and a.passes is not None else plain,
        out=Path(a.out) if a.out else None,
        seed=a.seed,
        budget=a.budget,
        guide=a.guide,
        prune=a.prune,
        device=a.device,
        formal=lowering and a.formal,
        resume=a.resume,
        recipe=a.recipe,
    )
    watch = printer(a.print_after) if lowering else _ignore
    if a.json and watch is not _ignore:
        raise mistake("--print-after", "with --json nothing but the report is printed")
    with Display(not a.no_progress) as display:

        def say(text: str) -> None:
            display.clear()
            if not a.json:
                print(text, flush=True)

        def watched(record: object) -> None:
            display.clear()
            watch(record)

        report = line.build(
            a.program,
            options,
            lowering=lowering,
            say=say,
            progress=lambda p: display(str(p)),
            working=display.working,
            watch=watched,
        )
    if a.json:
        print(report.text(), end="")
    return 0 if report.verdict == "proved" else 1


def _ignore(record: object) -> None:
    pass


def printer(after: str | None):
    """What `--print-after PASS|all` watches a pipeline with."""
    from bonsaic.ir.text import show
    from bonsaic.passes.manager import PASSES

    if after is None:
        return _ignore
    if after != "all" and after not in PASSES:
        help = f"all, or one of {', '.join(PASSES)}"
        raise mistake("--print-after", f"there is no pass `{after}`", help=help)

    def watch(record) -> None:
        if after in ("all", record.name):
            print(
                f"// after {record.name}: {record.claim}, {record.settled()}\n{show(record.after)}",
                end="",
            )

    return watch
