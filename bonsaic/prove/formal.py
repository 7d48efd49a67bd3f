"""Second opinions: other people's model checker on the same question, its invariant re-checked by a SAT solver."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bonsaic.diag import counted
from bonsaic.emit.aiger import aiger_binary
from bonsaic.emit.read_aiger import read_aiger
from bonsaic.emit.verilog import verilog
from bonsaic.emit.yosys import INSTALL, Said, output, yosys
from bonsaic.ir.core import Module, Node, node, register, topological
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine, simulate
from bonsaic.prove.induction import Equal, separate
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.miter import miter, table_circuit, verilog_miter
from bonsaic.prove.property import Skipped, Word
from bonsaic.prove.verdict import Differs, Unknown
from bonsaic.prove.walk import same_ports

PAIRS = 20_000  # state-letter pairs beyond which a table is not written as gates
CONFLICTS = 100_000  # after which a SAT solver's question is open

PASSES = (
    "read_verilog source.v; hierarchy -top {top}; proc; memory; flatten; opt -full; techmap; opt; "
    "dffunmap; aigmap; opt_clean; write_aiger -ascii -zinit -symbols made"
)


@dataclass(frozen=True)
class Confirmed:
    """No legal word shows a difference: an inductive invariant says so, re-checked by a SAT solver."""

    clauses: int
    registers: int
    cubes: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        clauses, registers = counted(self.clauses, "clause"), counted(self.registers, "register")
        return f"proved (an invariant of {clauses} over {registers})"


Answer = list[dict[int, int]]  # per tick the inputs that matter, by their place
Opinion = Confirmed | Differs | Unknown | Skipped


def from_netlist(table: Mealy, impl: Module, *, seconds: int = 60) -> Opinion:
    """Is the circuit the table, on every legal word? AIGER is written from the netlist: yosys takes no part."""
    if missing := _missing():
        return missing
    same_ports(TableMachine(table), ModuleMachine(impl))
    if table.next.size > PAIRS:
        return Unknown(f"{table.next.size} state-letter pairs are too many to write as gates")
    joined = miter(table_circuit(table), impl)
    answer = _pdr(joined, seconds)
    if not isinstance(answer, list):
        return answer
    ports = {n.name: i for i, n in enumerate(joined.inputs)}
    word = tuple(tuple(letter.get(ports[x], 0) for x in table.inputs) for letter in answer)
    read = [[letter.get(ports[n.name], 0) for n in impl.inputs] for letter in answer]
    outs = simulate(impl, np.array([read], np.uint8).reshape(1, len(read), len(impl.inputs)))[0]
    columns = [list(impl.outs).index(y) for y in table.outputs]
    return _confirm(table, word, outs[:, columns].tolist())


def from_modules(spec: Module, impl: Module, *, seconds: int) -> Opinion | np.ndarray:
    """Is one circuit the other, on every legal word of the first? Else a word, 0/1 [tick, input], said to show it.

    Yosys reads the Verilog of both where one is no netlist.
    """
    if missing := _missing():
        return missing
    if spec.level == impl.level == "gate":
        joined = miter(spec, impl)
        places = {n.name: i for i, n in enumerate(joined.inputs)}
    elif {spec.level, impl.level} <= {"gate", "fin"} and impl.legal is None and not impl.care:
        made = _synthesised(verilog_miter(spec, verilog(impl), impl.name), seconds)
        if isinstance(made, Unknown):
            return made
        joined = replace(made, outs={"bad": made.outs["bad"]})
        wires = {_place("x", n.name): i for i, n in enumerate(joined.inputs)}
        places = {n.name: wires[i] for i, n in enumerate(spec.inputs) if i in wires}
    else:
        return Unknown("it is for circuits and programs, not for networks")
    answer = _pdr(joined, seconds)
    if not isinstance(answer, list):
        return answer
    word = [[letter.get(places.get(n.name, -1), 0) for n in spec.inputs] for letter in answer]
    return np.array(word, np.uint8).reshape(len(word), len(spec.inputs))


def invariant(spec: Module, impl: Module, *, seconds: int) -> Equal | None:
    """What shows that two circuits are equal, as clauses over their registers; None where nothing was found."""
    if not spec.level == impl.level == "gate":
        return None
    found = from_modules(spec, impl, seconds=seconds)
    if not isinstance(found, Confirmed):
        return None
    bits = separate(spec, impl)
    names = [[*k, 0][0] for side in bits.codes for k, _ in side.values()]
    kept = [c for c in found.cubes if c[-1] != "1"]  # others tell what an illegal letter leads to
    clauses = [_literals(c[:-1], [-k for k in names]) for c in kept]
    return replace(bits, clauses=tuple(clauses))


def from_verilog(table: Mealy, spec: Module, name: str, text: str, *, seconds: int = 60) -> Opinion:
    """Is the emitted Verilog of circuit `name` the program's own tick, as yosys reads the Verilog of both?

    spec: the program at level fin. table: the same program's table, which a counterexample is confirmed on.
    """
    if missing := _missing():
        return missing
    joined = _synthesised(verilog_miter(spec, text, name), seconds)
    if isinstance(joined, Unknown):
        return joined
    answer = _pdr(replace(joined, outs={"bad": joined.outs["bad"]}), seconds)
    if not isinstance(answer, list):
        return answer
    return _as_yosys_runs_it(table, joined, answer)


def _synthesised(source: str, seconds: int) -> Module | Unknown:
    """What yosys makes of the last module of a Verilog text."""
    top = re.findall(r"^module (\w+)", source, re.M)[-1]
    said = yosys(source, PASSES.format(top=top), seconds=seconds)
    return Unknown(f"yosys: {said.last()}") if said.made is None else read_aiger(said.made, "yosys")


def _as_yosys_runs_it(table: Mealy, joined: Module, answer: Answer) -> Differs | Unknown:
    """The model checker's word, run on the table and on what yosys made of the emitted text."""
    ports = {_place("x", n.name): i for i, n in enumerate(joined.inputs)}
    places = [ports.get(i, -1) for i in range(len(table.inputs))]
    word = tuple(tuple(letter.get(p, 0) for p in places) for letter in answer)
    read = [[letter.get(i, 0) for i in range(len(joined.inputs))] for letter in answer]
    outs = simulate(joined, np.array([read], np.uint8).reshape(1, len(read), len(joined.inputs)))[0]
    columns = {_place("b", y): i for i, y in enumerate(joined.outs)}
    given = outs[:, [columns[i] for i in range(len(table.outputs))]]
    return _confirm(table, word, given.tolist())


def _place(letter: str, name: str) -> int | None:
    """Where the wire is in the vector that yosys names `letter`, whose brackets it drops from a vector of one."""
    found = re.fullmatch(rf"{letter}(?:\[(\d+)\])?", name)
    return int(found[1] or 0) if found else None


def _missing() -> Skipped | None:
    lacking = [name for name in ("pyosys", "pysat") if find_spec(name) is None]
    return Skipped(f"{' and '.join(lacking)} not installed ({INSTALL})") if lacking else None


def _pdr(m: Module, seconds: int) -> Confirmed | Unknown | Answer:
    """Can output `bad` ever be 1, says ABC? Confirmed, undecided, or the letters of a word that shows it."""
    if isinstance(trivial := recheck(m, []), Confirmed):
        return trivial
    if not m.regs:  # which ABC's pdr does not answer
        m = _with_register(m)
    spec = find_spec("pyosys")
    assert spec and spec.origin
    abc = str(Path(spec.origin).parent / "yosys-abc")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "miter.aig").write_bytes(aiger_binary(m))
        ask = f"read_aiger miter.aig; pdr -q -d -e -I invariant.pla -T {seconds}; write_cex -n -a word.txt"
        said = output([abc, "-q", ask], folder, seconds)
        invariant, word = Path(folder, "invariant.pla"), Path(folder, "word.txt")
        if said and "was asserted in frame" in said and word.exists():
            return _word(word.read_text())
        if said and "Property proved" in said and invariant.exists():
            return recheck(m, re.findall(r"^([01-]+) 1$", invariant.read_text(), re.M))
    if said and "UNDECIDED" in said:
        return Unknown(f"ABC has no answer in {seconds} s")
    return Unknown(f"ABC: {Said(None, said or '').last()}")


def _with_register(m: Module) -> Module:
    never = register("never")
    bad = node("and", m.outs["bad"], node("not", never))
    zero = {"never": Fraction(0)}
    return replace(m, regs=(never,), init=zero, next={"never": never}, outs={"bad": bad})


def _word(text: str) -> Answer:
    bits = [tuple(map(int, b)) for b in re.findall(r"pi(\d+)@(\d+)=([01])", text)]
    letters: Answer = [{} for _ in range(max((t for _, t, _ in bits), default=0) + 1)]
    for i, t, value in bits:
        letters[t][i] = value
    return letters


def recheck(m: Module, cubes: list[str]) -> Confirmed | Unknown:
    """Does the invariant `in none of the cubes` hold at first, hold on, and keep output `bad` at 0?

    A cube has per register 0, 1 or -, counted from the register's initial value.
    """
    from pysat.solvers import Solver

    width = len(m.regs)
    if any(len(c) != width or set(c) <= {"-", "0"} for c in cubes):
        return Unknown("the invariant does not hold in the initial state")
    variable: dict[Node, int] = {}
    for n in (*m.inputs, *m.regs, *topological(m.roots())):
        variable[n] = len(variable) + 1
    flip = [-1 if m.init[r.name] else 1 for r in m.regs]
    now = [variable[r] * f for r, f in zip(m.regs, flip, strict=True)]
    after = [variable[m.next[r.name]] * f for r, f in zip(m.regs, flip, strict=True)]
    with Solver(name="glucose4", bootstrap_with=_clauses(m, variable)) as solver:

        def possible(literals: list[int]) -> bool | None:
            solver.conf_budget(CONFLICTS)
            return solver.solve_limited(assumptions=literals)

        for c in cubes:
            solver.add_clause([-v for v in _literals(c, now)])
        if possible([variable[m.outs["bad"]]]) is not False:
            return Unknown("the invariant allows a difference, or it takes too long to see")
        if any(possible(_literals(c, after)) is not False for c in cubes):
            return Unknown("the invariant is not inductive, or it takes too long to see")
    return Confirmed(len(cubes), width, tuple(cubes))


def _literals(cube: str, variables: list[int]) -> list[int]:
    return [v if c == "1" else -v for c, v in zip(cube, variables, strict=True) if c != "-"]


def _clauses(m: Module, variable: dict[Node, int]) -> list[list[int]]:
    """Every gate's meaning as clauses."""
    clauses = []
    for n in topological(m.roots()):
        z, args = variable[n], [variable[a] for a in n.args]
        match n.op:
            case "const":
                clauses.append([z if n.attr[0] else -z])
            case "not":
                (x,) = args
                clauses += [[z, x], [-z, -x]]
            case "and" | "or":
                s = 1 if n.op == "and" else -1
                x, y = args
                clauses += [[-s * z, s * x], [-s * z, s * y], [s * z, -s * x, -s * y]]
            case "xor":
                x, y = args
                clauses += [[-z, x, y], [-z, -x, -y], [z, -x, y], [z, x, -y]]
            case _:
                raise AssertionError(n)
    return clauses


def _confirm(table: Mealy, word: Word, given: Sequence) -> Differs | Unknown:
    """The word up to the first tick on which what was given is not what the table wants."""
    machine = TableMachine(table)
    state = machine.initial[None]
    for t, (letter, found) in enumerate(zip(word, given, strict=True)):
        done = machine.step(state, np.array([letter], np.uint8))
        if not done.legal[0]:
            break
        state = done.next
        pairs = zip(done.outs[0].tolist(), done.care[0].tolist(), strict=True)
        wanted = tuple(int(v) if c else None for v, c in pairs)
        if any(w is not None and w != f for w, f in zip(wanted, found, strict=True)):
            outs = tuple(map(int, found))
            return Differs(table.inputs, table.outputs, word[: t + 1], wanted, outs, shortest=False)
    return Unknown("the word of the model checker shows no difference")
