"""Which method answers: the walk, and where that is too large random words, induction, ABC where it is installed."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from bonsaic.ir.run import ModuleMachine
from bonsaic.prove.induction import by_induction
from bonsaic.prove.machine import Machine, TableMachine
from bonsaic.prove.probe import probe, replay
from bonsaic.prove.verdict import Differs, Proved, Unknown, Verdict
from bonsaic.prove.walk import CAP, walk

QUARTER = 4  # the part of the cap that is walked before induction is tried
SHALLOW = 1 << 11  # and how many levels of few states each
SECONDS = 30  # that ABC may take


def decide(spec: Machine, impl: Machine, *, cap: int = CAP, float32: bool = True) -> Verdict:
    """The question of `walk`. A proof found otherwise says how; an `Unknown` says what every method lacked."""
    walked = walk(spec, impl, cap=cap // QUARTER, deepest=SHALLOW, float32=float32)
    if not _capped(walked):
        return walked
    passed = probe(spec, impl, np.random.default_rng(0))
    if isinstance(passed, Differs):
        return passed
    induced = _induction(spec, impl, passed, float32)
    if isinstance(induced, Proved):
        return induced
    walked = walk(spec, impl, cap=cap, float32=float32)
    if not _capped(walked):
        return walked
    checked = _model_checker(spec, impl)
    if not isinstance(checked, Unknown):
        return checked
    reasons = (walked.reason, f"induction: {induced.reason}", f"model checking: {checked.reason}")
    return Unknown("; ".join(reasons), walked.states, capped=True)


def _capped(verdict: Verdict) -> TypeGuard[Unknown]:
    return isinstance(verdict, Unknown) and verdict.capped


def _induction(spec: Machine, impl: Machine, passed: np.ndarray, float32: bool) -> Proved | Unknown:
    if not len(passed):
        return Unknown("random words met no legal letter")
    # A subclass may step otherwise than its module.
    if not (type(spec) is type(impl) is ModuleMachine):
        return Unknown("a table has no registers to compare")
    proved = by_induction(spec, impl, passed)
    if float32 and isinstance(proved, Proved) and proved.arithmetic != "float32":
        return Unknown("it says nothing about float32")
    return proved


def _model_checker(spec: Machine, impl: Machine) -> Verdict:
    from bonsaic.prove import formal
    from bonsaic.prove.miter import table_circuit

    if type(spec) is ModuleMachine:
        first = spec.module
    elif isinstance(spec, TableMachine) and spec.table.next.size <= formal.PAIRS:
        first = table_circuit(spec.table)
    else:
        return Unknown("not asked about a table so large")
    if type(impl) is not ModuleMachine:
        return Unknown("not asked about a table")
    answer = formal.from_modules(first, impl.module, seconds=SECONDS)
    if isinstance(answer, formal.Confirmed):
        method = "ABC's pdr, its invariant re-checked by a SAT solver"
        return Proved(answer.clauses, 0, "float32", "clauses", method)
    if isinstance(answer, np.ndarray):
        shown = replay(spec, impl, answer)
        return shown or Unknown("its word shows no difference")
    return answer if isinstance(answer, Unknown) else Unknown(str(answer))
