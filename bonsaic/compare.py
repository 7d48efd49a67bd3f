"""`prove` for any two files: which method answers for them, the certificate of a proof, a difference tick by tick."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bonsaic import sides
from bonsaic.diag import mistake
from bonsaic.ir.core import Module, with_registers
from bonsaic.ir.graph import live
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ports import by_position, matched, with_ports
from bonsaic.prove import certificate
from bonsaic.prove.boxes import Invariant
from bonsaic.prove.certificate import Certificate
from bonsaic.prove.decide import SECONDS, decide
from bonsaic.prove.induction import EXACT, Equal, equal_bits
from bonsaic.prove.machine import Machine, tabulate
from bonsaic.prove.probe import probe
from bonsaic.prove.soft import TABLE, is_soft, prove_soft
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Differs, Proved, Unknown, Verdict
from bonsaic.prove.walk import same_ports

if TYPE_CHECKING:
    from bonsaic.passes.readings import Reading

SHOWN = 24  # ticks of a long word that a trace shows, the last ones


@dataclass(frozen=True, eq=False)
class Answer:
    """The verdict about the machines in two files, and the invariant that shows it where that is one of boxes."""

    spec: str
    impl: str
    first: Machine
    second: Machine | Tick
    verdict: Verdict
    invariant: Invariant | None


def answer(spec: str, impl: str) -> Answer:
    """Does the machine in file `impl` give the outputs of the one in `spec` on every word that `spec` allows?"""
    first, second = _sides(spec, impl)
    if isinstance(second, Tick):
        verdict, invariant = prove_soft(first, second.module, np.random.default_rng(0))
    else:
        verdict, invariant = decide(first, second), None
    return Answer(spec, impl, first, second, verdict, invariant)


def certified(a: Answer) -> Certificate:
    """The certificate of a proof; a `Mistake` where it has none, or one too large to write down."""
    assert isinstance(a.verdict, Proved), a.verdict
    files = {p: Path(p).read_bytes() for p in (_file(a.spec), _file(a.impl))}
    read = a.spec, a.impl
    if a.verdict.method:
        return _of_induction(a, a.verdict.method, files)
    table, module = _written(a.impl, a.first, a.second)
    made = table and certificate.certify(table, module, a.verdict, a.invariant, files, read)
    if not made:
        most = f"a certificate lists up to {TABLE} pairs of a state and a letter"
        raise mistake(a.impl, f"{most}, which are too few for this proof: {a.verdict}")
    return made


def _of_induction(a: Answer, method: str, files: Mapping[str, bytes]) -> Certificate:
    """From equal bits, or clauses about them, which are found again as they were."""
    from bonsaic.prove import formal

    if pair := _circuits(a.first, a.second):
        first, second = (side.module for side in pair)
        if method == "induction":
            passed = probe(*pair, np.random.default_rng(0))
            assert not isinstance(passed, Differs), passed
            found: Equal | Unknown | None = equal_bits(*pair, passed)
        else:
            found = formal.invariant(first, second, seconds=SECONDS)
        if isinstance(found, Equal):
            return certificate.certify_equal(first, second, found, files, (a.spec, a.impl))
    what = "a certificate lists states or boxes, or, of programs and circuits, bits"
    raise mistake(a.impl, f"{what}, and this was proved by {method}")


def check_sides(path: str) -> None:
    """A `Mistake` unless the machines that a certificate writes down are those in its files, which are read again.

    The independent checker knows only what the certificate says about them.
    """
    body = json.loads(Path(path).read_bytes().partition(b"\n")[2])
    spec, impl = [*(body.get("read") or ()), "", ""][:2]
    if {_file(spec), _file(impl)} != set(body["files"]):
        raise mistake(path, "this certificate does not say which file is the specification")
    found = _read_again(spec, impl, lists_boxes="boxes" in body)
    for side, file in ("spec", spec), ("impl", impl):
        if not found or found[side] != body[side]:
            why = "this certificate proves nothing: the machine that it writes down is another"
            raise mistake(path, f"{why} than the one in {file}")


def _read_again(spec: str, impl: str, *, lists_boxes: bool) -> dict[str, Any] | None:
    """The machines in two files as a certificate has them, None where it cannot."""
    first, second = _sides(spec, impl)
    if not lists_boxes:
        pair = _circuits(first, second)
        return certificate.equal_sides(pair[0].module, pair[1].module) if pair else None
    table, module = _written(impl, first, second)
    return certificate.sides(table, module) if table else None


def _circuits(first: Machine, second: Machine | Tick) -> tuple[ModuleMachine, ModuleMachine] | None:
    """Both machines where they are ones that a certificate of equal bits is about."""
    if not (isinstance(first, ModuleMachine) and isinstance(second, ModuleMachine)):
        return None
    return (first, second) if {first.module.level, second.module.level} <= {*EXACT} else None


def _written(impl: str, first: Machine, second: Machine | Tick) -> tuple[Mealy | None, Module]:
    """The two machines as a certificate has them; no table of one too large for that."""
    if isinstance(second, ModuleMachine | Tick):
        module = second.module
    else:
        module = with_ports(sides.module(impl), second.inputs, second.outputs)
    return tabulate(first, cap=TABLE), module


def trace(spec: str, impl: str, verdict: Verdict) -> str | None:
    """A difference tick by tick: the letter, what the specification wants and what the second machine gives."""
    if not isinstance(verdict, Differs):
        return None
    first, second = _sides(spec, impl)
    columns = same_ports(first, second)
    letters = np.array(verdict.word, np.uint8).reshape(len(verdict.word), len(verdict.inputs))
    wanted = _run(first, letters, range(len(first.outputs)))
    found = _run(second, columns.feed(letters), columns.outputs)
    rows = [
        [
            "tick",
            *verdict.inputs,
            *(f"{y} wanted" for y in verdict.outputs),
            *(f"{y} found" for y in verdict.outputs),
        ]
    ]
    for t, letter in enumerate(letters.tolist()):
        differs = any(w != "-" and w != f for w, f in zip(wanted[t], found[t], strict=True))
        rows.append(
            [str(t + 1), *map(str, letter), *wanted[t], *found[t], *(["<"] if differs else [])]
        )
    skipped = len(rows) - 1 - SHOWN
    if skipped > 1:
        rows[1 : 1 + skipped] = [["..."]]
    widths = [max(len(r[i]) for r in rows if i < len(r)) for i in range(max(map(len, rows)))]
    return "".join(
        "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=False)).rstrip() + "\n"
        for row in rows
    )


def positions(spec: str, impl: str) -> str | None:
    """Which port was taken for which, where that is by position and not by name."""
    first, second = _open(spec, impl)
    pairs = by_position(spec, first, impl, second)
    return ", ".join(f"{x} = {y}" for x, y in pairs) if pairs else None


def _sides(spec: str, impl: str) -> tuple[Machine, Machine | Tick]:
    """Both machines, with the same names for the same ports."""
    first, second = _open(spec, impl)
    return matched(spec, first, impl, second)


def _open(spec: str, impl: str) -> tuple[Machine, Machine | Tick]:
    """Both machines as their files have them; what Verilog's inputs are, the other side says."""
    if sides.suffix(spec) in sides.VERILOG:
        second = _second(impl)
        return sides.machine(spec, second.inputs), second
    first = sides.machine(spec)
    return first, _second(impl, first.inputs)


def _second(path: str, inputs: Collection[str] = ()) -> Machine | Tick:
    if sides.suffix(path) in sides.PROGRAMS:
        return sides.machine(path)
    m = sides.module(path, inputs)
    if not is_soft(m):
        return ModuleMachine(m)
    if m.level not in ("net", "quant") or m.legal is not None or m.care:
        raise mistake(path, "real registers are for networks, whose letters are all legal")
    alive = live(m)  # a state that nothing reads may do what it likes
    m = with_registers(m, (r for r in m.regs if r in alive))
    return Tick(m) if is_soft(m) else ModuleMachine(m)


def reading(a: Answer) -> Reading | None:
    """What a proved network of real states computes, in bits and proved too; None where no reading of it is."""
    from bonsaic.passes.readings import recovered

    assert isinstance(a.second, Tick), a.impl
    return recovered(a.first, a.second.module, a.invariant)


def _run(
    machine: Machine | Tick, letters: np.ndarray, outputs: list[int] | range
) -> list[list[str]]:
    """The outputs per tick as text: 0, 1, - where free, x where the letter is refused."""
    state = machine.initial[None]
    rows = []
    for letter in letters:
        if isinstance(machine, Tick):
            state, values = machine.run(state.astype(np.float32), letter[None])
            said = [str(int(values[0, o] > 0)) for o in outputs]
        else:
            done = machine.step(state, letter[None])
            said = [
                "x" if not done.legal[0] else str(int(done.outs[0, o])) if done.care[0, o] else "-"
                for o in outputs
            ]
            state = done.next
        rows.append(said)
    return rows


def _file(path: str) -> str:
    return path[: path.index(".bp:") + 3] if ".bp:" in path else path
