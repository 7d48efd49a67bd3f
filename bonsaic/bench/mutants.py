"""`bonsaic bench mutants`: thousands of small faults put into networks, circuits and emitted text; is each one told?"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from bonsaic.arguments import number
from bonsaic.bench.brute import search
from bonsaic.diag import Mistake, mistake
from bonsaic.emit.aiger import aiger
from bonsaic.emit.blif import blif
from bonsaic.emit.python import python
from bonsaic.emit.read_aiger import read_aiger
from bonsaic.emit.read_blif import read_blif
from bonsaic.emit.read_python import read_python
from bonsaic.emit.read_verilog import read_verilog
from bonsaic.emit.verilog import verilog
from bonsaic.ir.core import Module, Node, affine, node, port, register, rewrite
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import SIGN
from bonsaic.ir.verify import verify
from bonsaic.lang import load, tabulate
from bonsaic.prove.certificate import Certificate, certify, certify_equal
from bonsaic.prove.induction import Equal, equal_bits
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.miter import table_circuit
from bonsaic.prove.verdict import Differs, Proved, Unknown
from bonsaic.prove.walk import walk
from bonsaic.verify import check

LARGEST = 100  # state-letter pairs of a program that takes part
THIN = Fraction(1, 1 << 30)  # a margin that float32's rounding may eat up
WORD = re.compile(r"\w+|[^\w\s]")
KEPT = 0.8  # the share of misprints that replace a word; the others leave it out

Mutate = Callable[[random.Random, Module], Module]


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant; `wrong` where the prover's answer is not the brute force's.

    bits: of a circuit, whether the checker accepts that its bits equal those of the one that it was made of.
    """

    kind: str
    answer: str
    bits: bool | None
    wrong: str | None = None


def main(arguments: Sequence[str] = ()) -> int:
    """Print a table of answers by kind of fault; status 1 where one is wrong."""
    parser = argparse.ArgumentParser(prog="bonsaic bench mutants", description=__doc__)
    parser.add_argument("--programs", type=Path, default=Path("programs"))
    parser.add_argument("--count", type=number(int, 1, 10**9), default=2400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    tables = small_programs(options.programs)
    outcomes = campaign(tables, options.count, random.Random(options.seed))
    counts = Counter((o.kind, o.answer) for o in outcomes)
    answers = sorted({answer for _, answer in counts})
    print(f"{len(outcomes)} mutants of {len(tables)} programs, seed {options.seed}")
    print(" ".join(f"{head:>12}" for head in ("fault in", *answers)))
    for kind in KINDS:
        print(" ".join(f"{cell:>12}" for cell in (kind, *(counts[kind, a] for a in answers))))
    bits = Counter(o.bits for o in outcomes)
    print(f"of the circuits, {bits[True]} are verified by equal bits, {bits[False]} are refused")
    wrong = [o.wrong for o in outcomes if o.wrong]
    print("\n".join([*wrong, f"{len(wrong)} wrong answers"]))
    return 1 if wrong else 0


def small_programs(folder: Path) -> list[Mealy]:
    """The tables of the programs whose products a brute force can search."""
    tables = [tabulate(load(str(path))) for path in sorted(folder.rglob("*.bp"))]
    small = [t for t in tables if t is not None and t.next.size <= LARGEST]
    if not small:
        raise mistake(str(folder), "there is no program small enough to search in this folder")
    return small


def campaign(tables: Sequence[Mealy], count: int, rng: random.Random) -> list[Outcome]:
    """`count` mutants, programs and kinds of fault in turn."""
    circuits = [_circuit(t) for t in tables]
    outcomes = []
    for i in range(count):
        kind = list(KINDS)[i % len(KINDS)]
        at = i // len(KINDS) % len(tables)
        mutant = verify(KINDS[kind](rng, circuits[at]))
        outcomes.append(judge(kind, tables[at], circuits[at], mutant))
    return outcomes


def _circuit(table: Mealy) -> Module:
    """A register per state; every letter legal, every output decided."""
    return replace(table_circuit(table), legal=None, care={})


def judge(kind: str, table: Mealy, circuit: Module, mutant: Module) -> Outcome:
    """The prover's answer, and the checkers' to certificates of the mutant, beside that of the brute force.

    circuit: what the mutant was made of, which is the table.
    """
    verdict = walk(TableMachine(table), ModuleMachine(mutant))
    length, margin = search(table, mutant)
    answer = type(verdict).__name__.lower()
    right = {
        "proved": length is None and margin > THIN,
        "unknown": length is None and margin <= THIN,
        "differs": isinstance(verdict, Differs) and length == len(verdict.word),
    }
    # The checker also accepts a decision that cannot be told in float32 and does not matter.
    either = (search(table, mutant, lean).ticks is None for lean in (-2 * THIN, 2 * THIN))
    verified = _verifies(table, mutant)
    sound = answer == "proved" or not verified or (answer == "unknown" and all(either))
    induced, bits = _bits_verify(circuit, mutant) if mutant.level == "gate" else (False, None)
    sound = sound and (length is None or not bits) and (bits or not induced)
    if right[answer] and sound and (verified or answer != "proved"):
        return Outcome(kind, answer, bits)
    found = f"brute force says {length} with margin {margin}, verified: {verified}, by bits: {bits}"
    return Outcome(kind, answer, bits, f"{kind}: {table.name} {verdict}, but {found}")


def _verifies(table: Mealy, mutant: Module) -> bool:
    """Does the checker accept a certificate that lists the mutant's own states, whether they prove anything or not?"""
    made = certify(table, mutant, Proved(1, 1), None, {})
    assert made is not None
    return _accepted(made)


def _bits_verify(circuit: Module, mutant: Module) -> tuple[bool, bool]:
    """Are the two equal by induction, and is the certificate of it accepted?

    Where they are not: is it, with what is so of the circuit and itself said of the circuit and the mutant?
    """
    found = _induced(circuit, mutant)
    if isinstance(found, Equal):
        return True, _accepted(certify_equal(circuit, mutant, found, {}))
    own = _induced(circuit, circuit)
    assert isinstance(own, Equal), own
    if len(mutant.regs) != len(circuit.regs):
        return False, False
    names = (r.name for r in mutant.regs)
    said = dict(zip(names, own.codes[1].values(), strict=True))
    forged = replace(own, codes=(own.codes[0], said))
    return False, _accepted(certify_equal(circuit, mutant, forged, {}))


def _induced(a: Module, b: Module) -> Equal | Unknown:
    sides = ModuleMachine(a), ModuleMachine(b)
    start = np.concatenate([side.initial for side in sides])[None]
    return equal_bits(*sides, start)


def _accepted(certificate: Certificate) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "mutant")
        certificate.write(path)
        try:
            check(path)
        except Mistake:
            return False
    return True


def _network(rng: random.Random, m: Module) -> Module:
    """A neuron per gate, weights scaled at random."""
    sources = {n: port(n.name, SIGN) for n in m.inputs} | {
        r: register(r.name, SIGN) for r in m.regs
    }
    neurons: dict[str, tuple[list[int], int]] = {
        "not": ([-1], 0),
        "and": ([1, 1], -1),
        "or": ([1, 1], 1),
        "xor": ([-1, -1], -1),
    }
    new: dict[Node, Node] = dict(sources)
    for n in m.order():
        if n.op == "const":
            new[n] = node("sign", affine([], [], 2 * n.attr[0] - 1))
            continue
        weights, bias = neurons[n.op]
        scale = Fraction(rng.randint(3, 5), 4)
        sum_ = affine([w * scale for w in weights], [new[a] for a in n.args], bias * scale)
        curved = (
            node("ameo", sum_, attr=(Fraction(1, 2), Fraction(1, 8))) if n.op == "xor" else sum_
        )
        new[n] = node("sign", curved)
    init = {k: 2 * v - 1 for k, v in m.init.items()}
    nexts, outs = ({k: new[v] for k, v in d.items()} for d in (m.next, m.outs))
    inputs, regs = (tuple(sources[n] for n in side) for side in (m.inputs, m.regs))
    return Module(m.name, "quant", inputs, regs, init, nexts, outs)


def _weight(rng: random.Random, m: Module) -> Module:
    net = _network(rng, m)
    target = rng.choice([n for n in net.order() if n.op == "affine"])
    weights, bias = list(target.attr[0]), target.attr[1]
    at = rng.randrange(len(weights) + 1)
    change = Fraction(rng.randint(-12, 12), 4)
    if at < len(weights):
        weights[at] += change
    else:
        bias += change
    return rewrite(net, lambda n: affine(weights, n.args, bias) if n is target else n)


def _gate(rng: random.Random, m: Module) -> Module:
    target = rng.choice([n for n in m.order() if len(n.args) == 2])
    op = rng.choice([op for op in ("and", "or", "xor") if op != target.op])
    return rewrite(m, lambda n: node(op, *n.args) if n is target else n)


def _wire(rng: random.Random, m: Module) -> Module:
    """An operand replaced by a port, a register or a value computed before it."""
    order = m.order()
    at = rng.choice([i for i, n in enumerate(order) if n.args])
    target = order[at]
    other = rng.choice([*m.inputs, *m.regs, *order[:at]])
    args = list(target.args)
    args[rng.randrange(len(args))] = other
    return rewrite(m, lambda n: node(n.op, *args) if n is target else n)


def _initial(rng: random.Random, m: Module) -> Module:
    name = rng.choice(list(m.init))
    return replace(m, init={**m.init, name: 1 - m.init[name]})


def _margin(rng: random.Random, m: Module) -> Module:
    """A bias moved so that for some operands a sum is just above 0 or just below: too little for float32."""
    net = _network(rng, m)
    target = rng.choice([n for n in net.order() if n.op == "affine" and n.args])
    weights, _ = target.attr
    sum_ = sum((w * rng.choice((-1, 1)) for w in weights), Fraction(0))
    bias = rng.choice((-THIN, THIN)) - sum_
    return rewrite(net, lambda n: affine(weights, n.args, bias) if n is target else n)


def _misprint(emit: Callable[[Module], str], read: Callable[[str], Module]) -> Mutate:
    """One word of the emitted text left out or replaced by another, drawn until it reads as another circuit."""

    def mutate(rng: random.Random, m: Module) -> Module:
        text = emit(m)
        plain, words = read(text), list(WORD.finditer(text))
        while True:
            place, other = rng.choice(words), rng.choice(words)[0] * (rng.random() < KEPT)
            try:
                made = read(text[: place.start()] + other + text[place.end() :])
            except Mistake:
                continue
            if made != plain and (made.inputs, list(made.outs)) == (plain.inputs, list(plain.outs)):
                return made

    return mutate


KINDS: dict[str, Mutate] = {
    "weight": _weight,
    "margin": _margin,
    "gate": _gate,
    "wire": _wire,
    "initial": _initial,
    "python": _misprint(python, read_python),
    "verilog": _misprint(verilog, read_verilog),
    "blif": _misprint(blif, read_blif),
    "aiger": _misprint(aiger, read_aiger),
}
