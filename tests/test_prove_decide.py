"""Machines too large to walk: what is proved of them is so, by a method that is named; the rest is told or unknown."""

import random
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from faults import FAULTS, calls, swallowed, with_fault
from large import delays, lfsr, rarely, rewritten
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
from bonsaic.prove.probe import replay
from bonsaic.prove.verdict import Differs, Proved, Unknown
from bonsaic.prove.walk import walk

CAP = 4000  # states, so that what is too large is found quickly


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
    assert str(verdict).startswith("proved by induction (")


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


def test_many_wires_are_no_obstacle():
    xs = tuple(port(f"x{i}") for i in range(40))
    held = register("held")
    both = node("and", xs[0], node("xor", xs[39], held))
    m = Module("wide", "gate", xs, (held,), {"held": Fraction(0)}, {"held": both}, {"y": both})
    assert isinstance(settle(m, rewritten(m)), Proved)
    assert isinstance(settle(m, replace(m, outs={"y": xs[0]})), Differs)


NUMBER = (
    "module m : fin { in x : bit reg n : int[0..5] = 4 s = affine 1*n, 1*x : int[0..6] "
    "k0 = const 0 : {0} k5 = const 5 : {5} k6 = const 6 : {6} t = eq s, k6 : bit "
    "z = select t, k0, s : int[0..6] c = cast{lo=0, hi=5} z : int[0..5] q = eq n, k5 : bit "
    "next n = c out y = q }"
)
BITS = (
    "module m : gate { in x : bit reg a : bit = 0 reg b : bit = 0 reg c : bit = 1 "
    "s0 = xor a, x : bit c0 = and a, x : bit s1 = xor b, c0 : bit c1 = and b, c0 : bit "
    "s2 = xor c, c1 : bit t = and s1, s2 : bit go = not t : bit b1 = and s1, go : bit "
    "b2 = and s2, go : bit five = and a, c : bit next a = s0 next b = b1 next c = b2 "
    "out y = five }"
)


def test_a_number_is_compared_with_its_bits():
    """Codes 6 and 7, which the number never has, are treated otherwise by the gates."""
    number, bits = parse(NUMBER), parse(BITS)
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
