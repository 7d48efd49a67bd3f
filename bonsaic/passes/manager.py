"""How passes are named, chained and held to their claims."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bonsaic.diag import Source, Span, mistake
from bonsaic.ir.core import Module
from bonsaic.ir.ops import LEVELS
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.verify import verify
from bonsaic.prove.decide import decide
from bonsaic.prove.machine import Machine
from bonsaic.prove.verdict import Proved, Unknown, Verdict, name

CLAIMS = {
    "exact": "same outputs on every word",
    "observed": "same outputs on every word the program allows",
    "approx": "may change behaviour, so only a setting that is proved equal to the program is taken",
}


@dataclass(frozen=True)
class Pass:
    """A registered pass: its name, help line and options come from the function itself."""

    name: str
    run: Callable[..., Module]
    sources: tuple[str, ...]
    target: str | None
    claim: str
    help: str
    options: dict[str, object]
    wants_spec: bool


def sizes(m: Module) -> dict[str, int]:
    """What a pass may make smaller."""
    nodes = m.order()
    return {
        "registers": len(m.regs),
        "nodes": len(nodes),
        "edges": sum(len(n.args) for n in nodes if n.op == "affine"),
    }


@dataclass(frozen=True)
class Record:
    """What a pass did: its settings, the claim that was settled, the proof of it, and the module before and after."""

    name: str
    options: dict[str, Fraction]
    claim: str
    verdict: Proved
    seconds: float
    before: Module
    after: Module

    def settled(self) -> str:
        """How the claim was discharged, for a person."""
        return "unchanged" if self.before == self.after else str(self.verdict)

    def as_json(self) -> dict:
        """The record as the report lists it."""
        method = "unchanged" if self.before == self.after else self.verdict.method or "walk"
        return {
            "pass": self.name,
            "options": {k: str(v) for k, v in self.options.items()},
            "claim": self.claim,
            "verdict": name(self.verdict),
            "states": None if method == "unchanged" else self.verdict.states,
            "method": method,
            "seconds": round(self.seconds, 3),
            "before": sizes(self.before),
            "after": sizes(self.after),
        }


class Refuted(Exception):
    """A pass whose claim does not hold. `chosen`: the user fixed the setting, so it is an honest no and no fault."""

    def __init__(self, name: str, claim: str, verdict: Verdict, chosen: bool):
        self.name, self.claim, self.verdict, self.chosen = name, claim, verdict, chosen
        super().__init__(f"{name} claims `{claim}` ({CLAIMS[claim]}), but: {verdict}")


PASSES: dict[str, Pass] = {}


def pass_(levels: str, claim: str) -> Callable[[Callable[..., Module]], Callable[..., Module]]:
    """Register a function as a pass: @pass_("gate", claim="exact") or @pass_("net|quant -> gate", claim="observed").

    Its keyword-only arguments are its options, except `spec`, the machine that legal words and free outputs come from.
    """
    source, _, target = levels.partition(" -> ")
    assert claim in CLAIMS, claim

    def add(run: Callable[..., Module]) -> Callable[..., Module]:
        assert run.__doc__, run
        title = run.__name__.replace("_", "-")
        keywords = {
            p.name: p.default
            for p in inspect.signature(run).parameters.values()
            if p.kind is p.KEYWORD_ONLY
        }
        wants_spec = "spec" in keywords
        keywords.pop("spec", None)
        first = run.__doc__.splitlines()[0]
        levels = tuple(source.split("|"))
        PASSES[title] = Pass(title, run, levels, target or None, claim, first, keywords, wants_spec)
        return run

    return add


def parse_pipeline(text: str) -> list[tuple[Pass, dict[str, Fraction]]]:
    """`name,name{option=value}` as passes with their options; an unknown name or option is a `Mistake`."""
    source = Source("--passes", text)
    steps = []
    at = 0
    for item in re.split(r",(?![^{]*\})", text) if text.strip() else []:
        start = at + len(item) - len(item.lstrip())
        at += len(item) + 1
        span = Span(source, start, start + len(item.strip()))
        match = re.fullmatch(r"([\w-]+)(?:\{([^{}]*)\})?", item.strip())
        if not match:
            raise mistake(
                span, f"`{item.strip()}` is no pass", help="write name or name{option=value}"
            )
        name, options = match.groups()
        if name not in PASSES:
            raise mistake(span, f"there is no pass `{name}`", help=f"passes: {', '.join(PASSES)}")
        steps.append((PASSES[name], _options(PASSES[name], options, span)))
    return steps


def _options(p: Pass, text: str | None, span: Span) -> dict[str, Fraction]:
    options: dict[str, Fraction] = {}
    for pair in text.split(",") if text else []:
        key, _, value = (s.strip() for s in pair.partition("="))
        if key not in p.options:
            known = ", ".join(p.options) or "none"
            raise mistake(span, f"`{p.name}` has no option `{key}`", help=f"its options: {known}")
        if key in options:
            raise mistake(span, f"`{key}` is given twice")
        try:
            options[key] = Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise mistake(span, f"`{key}` needs a number, not `{value}`") from None
    return options


def check_levels(
    steps: Sequence[tuple[Pass, dict[str, Fraction]]], level: str, wanted: str | None = None
) -> None:
    """A `Mistake` where a pass cannot follow the one before it, or where the last level is not the wanted one."""
    before = ""
    for p, _ in steps:
        if level not in p.sources:
            found = f"`{p.name}` works on {' or '.join(p.sources)}, but the module is at {level}{before}"
            raise mistake("--passes", found)
        level, before = p.target or level, f" after {p.name}"
    if wanted is not None and level != wanted:
        makers = ", ".join(p.name for p in PASSES.values() if p.target == wanted)
        raise mistake(
            "--passes", f"the pipeline ends at {level}, not {wanted}", help=f"add {makers}"
        )


def run(
    m: Module,
    steps: Sequence[tuple[Pass, dict[str, Fraction]]],
    *,
    spec: Machine,
    watch: Callable[[Record], None] = lambda record: None,
    working: Callable[[str], None] = lambda name: None,
) -> tuple[Module, list[Record]]:
    """`m` after every pass, each claim discharged; the first that fails raises `Refuted`, a wrong level a `Mistake`.

    working receives each pass's name before it, watch its record after it.
    """
    check_levels(steps, m.level)
    records = []
    for p, options in steps:
        working(p.name)
        started = time.perf_counter()
        extra = {"spec": spec} if p.wants_spec else {}
        after = verify(p.run(m, **options, **extra))
        assert after.level == (p.target or m.level) and after.level in LEVELS, (p.name, after.level)
        claim, verdict = discharge(p.claim, m, after, spec)
        seconds = time.perf_counter() - started
        if not isinstance(verdict, Proved):
            raise Refuted(p.name, claim, verdict, chosen=bool(options))
        record = Record(p.name, options, claim, verdict, seconds, m, after)
        watch(record)
        records.append(record)
        m = after
    return m, records


def discharge(claim: str, before: Module, after: Module, spec: Machine) -> tuple[str, Verdict]:
    """What was settled of a pass's claim, with its verdict: an exact one that no method decides is only `observed`."""
    if before == after:
        return claim, Proved(0, 0, "exact reals")
    if claim == "exact":
        verdict = decide(ModuleMachine(before), ModuleMachine(after), float32=False)
        if not isinstance(verdict, Unknown):
            return claim, verdict
        claim = "observed"
    return claim, decide(spec, ModuleMachine(after))
