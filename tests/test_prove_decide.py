"""Machines too large to walk: what is proved of them is so, by a method that is named; the rest is told or unknown."""

import random
from dataclasses import replace
from fractions import Fraction
from functools import partial, reduce
from importlib.util import find_spec

import numpy as np
import pytest
from faults import FAULTS, calls, swallowed, with_fault
from modules import random_module

from bonsaic.bench.prove import counter, shift_register
from bonsaic.diag import Mistake
from bonsaic.ir.core import Module, const, node, port, register, rewrite
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse
from bonsaic.ir.verify import verify
from bonsaic.passes import manager
from bonsaic.prove import decide as deciding
from bonsaic.prove import formal
from bonsaic.prove import probe as probing
from bonsaic.prove.decide import decide
from bonsaic.prove.induction import by_induction
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.probe import replay
from bonsaic.prove.verdict import Differs, Proved, Unknown
from bonsaic.prove.walk import walk

CAP = 4000  # states, so that what is too large is found quickly
needs_formal = pytest.mark.skipif(
    not (find_spec("pyosys") and find_spec("pysat")), reason="extra `formal` not installed"
)


def delays(bits):
    """The input of `bits` ticks ago."""
    x, regs = port("x"), tuple(register(f"d{i}") for i in range(bits))
    after = dict(zip([r.name for r in regs], [x, *regs[:-1]], strict=True))
    init = {r.name: Fraction(0) for r in regs}
    return Module("delays", "gate", (x,), regs, init, after, {"y": regs[-1]})


def lfsr(bits):
    """A feedback shift register, stirred by the input."""
    m = delays(bits)
    x, r = m.inputs[0], m.regs
    fed = node("xor", node("xor", r[-1], r[bits // 2]), node("xor", r[3], x))
    return replace(m, init={**m.init, "d0": Fraction(1)}, next={**m.next, "d0": fed})


def rewritten(m):
    """Every gate as others, half of the registers inverted, all with other names."""
    new = {r: register(f"new {r.name}") for r in m.regs}
    turned = set(m.regs[::2])
    stand = {r: node("not", new[r]) if r in turned else new[r] for r in m.regs}

    def other(n):
        match n.op:
            case "and":
                return node("not", node("or", *(node("not", a) for a in n.args)))
            case "xor":
                a, b = n.args
                parts = node("and", a, node("not", b)), node("and", node("not", a), b)
                return node("or", *parts)
        return n

    body = rewrite(m, other, stand)
    return replace(
        body,
        regs=tuple(new.values()),
        init={new[r].name: 1 - m.init[r.name] if r in turned else m.init[r.name] for r in m.regs},
        next={
            new[r].name: node("not", body.next[r.name]) if r in turned else body.next[r.name]
            for r in m.regs
        },
    )


LARGE = [counter(40), lfsr(40), delays(64), shift_register(48)]
IDS = ["counter", "lfsr", "delays", "shift"]


def settle(a, b, **options):
    return decide(ModuleMachine(a), ModuleMachine(b), cap=CAP, **options)


@pytest.fixture(autouse=True)
def shallow(monkeypatch):
    monkeypatch.setattr(deciding, "SHALLOW", 256)


@pytest.fixture
def alone(monkeypatch):
    """Without the extra `formal`."""
    monkeypatch.setattr(formal, "find_spec", lambda name: None)


@pytest.mark.parametrize("m", LARGE, ids=IDS)
def test_a_machine_too_large_to_walk_is_the_same_rewritten(m):
    verdict = settle(m, rewritten(m))
    assert verdict == Proved(len(m.regs), 0, "float32", "register classes", "induction")
    assert "proved by induction" in str(verdict) and "no certificate" in str(verdict)


@pytest.mark.parametrize("m", LARGE[1:], ids=IDS[1:])
def test_a_fault_in_it_is_shown_by_a_word(m):
    other = rewritten(m)
    first, last = other.regs[0].name, other.regs[-1].name
    for wrong in (
        replace(other, next={**other.next, last: node("not", other.next[last])}),
        replace(other, init={**other.init, first: 1 - other.init[first]}),
        replace(other, outs={"y": node("not", other.outs["y"])}),
    ):
        verdict = settle(m, wrong)
        assert isinstance(verdict, Differs)
        word = np.array(verdict.word, np.uint8)
        shown = replay(ModuleMachine(m), ModuleMachine(wrong), word)
        assert shown is not None and shown.word == verdict.word


def test_a_fault_too_deep_for_every_method_is_unknown(alone):
    m = counter(40)
    wrong = replace(m, outs={"y": const(0)})  # the carry comes after 2^40 ticks
    verdict = decide(ModuleMachine(m), ModuleMachine(wrong), cap=200)
    assert isinstance(verdict, Unknown)
    for why in ("more than 200 product states", "induction: equal registers", "not installed"):
        assert why in verdict.reason


def test_a_shortest_word_within_the_cap_is_still_found():
    m = delays(10)
    wrong = replace(m, init={**m.init, "d0": Fraction(1)})
    verdict = decide(ModuleMachine(m), ModuleMachine(wrong), cap=1200)
    assert isinstance(verdict, Differs) and verdict.shortest and len(verdict.word) == 10


def test_many_wires_are_no_obstacle():
    xs = tuple(port(f"x{i}") for i in range(40))
    held = register("held")
    both = node("and", xs[0], node("xor", xs[39], held))
    m = Module("wide", "gate", xs, (held,), {"held": Fraction(0)}, {"held": both}, {"y": both})
    assert isinstance(settle(m, rewritten(m)), Proved)
    assert isinstance(settle(m, replace(m, outs={"y": xs[0]})), Differs)


def test_a_number_is_compared_with_its_bits():
    """Codes 6 and 7, which the number never has, are treated otherwise by the gates."""
    number = parse(
        "module m : fin { in x : bit reg n : int[0..5] = 4 s = affine 1*n, 1*x : int[0..6] "
        "k0 = const 0 : {0} k5 = const 5 : {5} k6 = const 6 : {6} t = eq s, k6 : bit "
        "z = select t, k0, s : int[0..6] c = cast{lo=0, hi=5} z : int[0..5] q = eq n, k5 : bit "
        "next n = c out y = q }"
    )
    bits = parse(
        "module m : gate { in x : bit reg a : bit = 0 reg b : bit = 0 reg c : bit = 1 "
        "s0 = xor a, x : bit c0 = and a, x : bit s1 = xor b, c0 : bit c1 = and b, c0 : bit "
        "s2 = xor c, c1 : bit t = and s1, s2 : bit go = not t : bit b1 = and s1, go : bit "
        "b2 = and s2, go : bit five = and a, c : bit next a = s0 next b = b1 next c = b2 "
        "out y = five }"
    )
    a, b = ModuleMachine(number), ModuleMachine(bits)
    start = np.concatenate([a.initial, b.initial])[None]
    assert by_induction(a, b, start) == Proved(3, 0, "float32", "register classes", "induction")
    wrong = ModuleMachine(replace(bits, outs={"y": bits.regs[0]}))
    assert isinstance(by_induction(a, wrong, start), Unknown)


def test_registers_of_any_level_are_compared():
    rng = random.Random(1)
    for level in ("fin", "net", "quant", "gate"):
        for _ in range(6):
            m = random_module(rng, level)
            a = ModuleMachine(m)
            verdict = by_induction(a, a, np.concatenate([a.initial, a.initial])[None])
            assert isinstance(verdict, Proved)
            assert verdict.arithmetic == ("float32" if level in ("fin", "gate") else "exact reals")


def altered(rng, m):
    """The module with one thing changed, which may not matter."""
    order, regs, outs = m.order(), m.regs, list(m.outs)
    match rng.choice(("node", "init", "next", "out", "free")):
        case "node" if order:
            n = rng.choice(order)
            like = [x for x in (*m.inputs, *regs, *order) if x.type == n.type]
            other = rng.choice(like)
            return rewrite(m, lambda x: other if x is n else x)
        case "init":
            r, s = rng.choice(regs), rng.choice(regs)
            return replace(m, init={**m.init, r.name: m.init[s.name]})
        case "next":
            r, s = rng.choice(regs), rng.choice(regs)
            return replace(m, next={**m.next, r.name: m.next[s.name]})
        case "out":
            return replace(m, outs={**m.outs, rng.choice(outs): m.outs[rng.choice(outs)]})
    return replace(m, care={}, legal=None)


def agreement(seeds):
    """How often induction proves what is so; it is told of the initial states alone, so that it must find the rest."""
    equal = proved = wrong = 0
    for seed in seeds:
        rng = random.Random(seed)
        m = random_module(rng, rng.choice(("fin", "net", "quant", "gate")), nodes=12, regs=4)
        try:
            other = verify(altered(rng, m))
        except (Mistake, AssertionError):
            continue
        a, b = ModuleMachine(m), ModuleMachine(other)
        truth = walk(a, b, float32=False)
        verdict = by_induction(a, b, np.concatenate([a.initial, b.initial])[None])
        if isinstance(truth, Differs):
            assert isinstance(verdict, Unknown), seed
            wrong += 1
        elif isinstance(truth, Proved):
            equal += 1
            proved += isinstance(verdict, Proved)
    return equal, proved, wrong


def test_nothing_wrong_is_proved_by_induction():
    equal, proved, wrong = agreement(range(120))
    assert wrong > 10 and proved > 0.9 * equal > 40


@pytest.mark.slow
def test_nothing_wrong_is_proved_by_induction_of_many():
    equal, proved, wrong = agreement(range(1000, 9000))
    assert wrong > 700 and proved > 0.95 * equal


HISTORY = delays(14)  # too much history for the cap, of which only two ticks matter


def latest(m, wrong=False):
    """Is one of the last two inputs 1, asked of a machine that remembers more?"""
    y = node("and" if wrong else "or", m.inputs[0], m.regs[0])
    seen = node("or", node("and", m.regs[-1], node("not", m.regs[-1])), y)
    return replace(m, outs={"y": seen})


@needs_formal
@pytest.mark.parametrize("spec", ["table", "fin"])
def test_where_nothing_else_can_abc_is_asked(spec, monkeypatch):
    program = parse(  # n is 1 or 2 after a 1: no bit of it is a bit of the delays
        "module m : fin { in x : bit reg n : int[0..2] = 0 k0 = const 0 : {0} k1 = const 1 : {1} "
        "k2 = const 2 : {2} one = eq n, k1 : bit on = select one, k2, k1 : {1, 2} "
        "o = select x, on, k0 : int[0..2] off = eq n, k0 : bit w = not off : bit q = or x, w : bit "
        "next n = o out y = q }"
    )
    machine = ModuleMachine(program)
    if spec == "table":
        machine = TableMachine(tabulate(machine, cap=100))
    impl = latest(HISTORY)
    verdict = decide(machine, ModuleMachine(impl), cap=CAP)
    assert isinstance(verdict, Proved) and "ABC" in verdict.method
    monkeypatch.setattr(deciding, "probe", lambda *_: np.zeros((0, 15), np.int64))
    verdict = decide(machine, ModuleMachine(latest(HISTORY, wrong=True)), cap=CAP)
    assert isinstance(verdict, Differs) and verdict.wanted == (1,)


def rarely(bits):
    """Were all of the last `bits` inputs 1? No random word shows it."""
    m = delays(bits)
    return replace(m, outs={"y": reduce(lambda a, b: node("and", a, b), m.regs)})


def test_an_exact_claim_that_no_method_decides_is_only_observed(monkeypatch, alone):
    monkeypatch.setattr(manager, "decide", partial(decide, cap=CAP))
    m = rarely(40)
    assert manager.discharge("exact", m, rewritten(m), ModuleMachine(m))[0] == "exact"
    silent = replace(m, outs={"y": const(0)})
    still = ModuleMachine(replace(m, legal=node("not", m.inputs[0])))
    assert manager.discharge("exact", m, silent, still) == ("observed", Proved(1, 1))
    assert isinstance(manager.discharge("exact", m, silent, ModuleMachine(m))[1], Unknown)


@swallowed
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: type(f).__name__)
def test_a_fault_in_any_call_proves_nothing(fault, alone, monkeypatch):
    monkeypatch.setattr(probing, "TICKS", 8)
    m = rarely(12)
    silent = replace(m, outs={"y": const(0)})

    def run():
        return decide(ModuleMachine(m), ModuleMachine(silent), cap=40)

    total = calls(run)
    for at in range(1, total + 1, max(1, total // 100)):
        assert not isinstance(with_fault(at, fault, run), Proved), at
