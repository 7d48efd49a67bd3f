"""What each method beyond the walk cannot answer, and what ABC answers where no other does."""

from dataclasses import replace
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from extras import needs_formal
from large import delays, rarely

from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse
from bonsaic.ir.values import SIGN
from bonsaic.prove import decide as deciding
from bonsaic.prove import formal
from bonsaic.prove.decide import decide
from bonsaic.prove.induction import by_induction
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.probe import replay
from bonsaic.prove.verdict import Differs, Proved, Unknown

CAP = 4000  # states


HISTORY = delays(14)  # too much history for the cap, of which only two ticks matter


def latest(m, wrong=False):
    """Is one of the last two inputs 1, asked of a machine that remembers more?"""
    y = node("and" if wrong else "or", m.inputs[0], m.regs[0])
    seen = node("or", node("and", m.regs[-1], node("not", m.regs[-1])), y)
    return replace(m, outs={"y": seen})


RECENT = (  # n is 1 or 2 after a 1: no bit of it is a bit of the delays
    "module m : fin { in x : bit reg n : int[0..2] = 0 k0 = const 0 : {0} k1 = const 1 : {1} "
    "k2 = const 2 : {2} one = eq n, k1 : bit on = select one, k2, k1 : {1, 2} "
    "o = select x, on, k0 : int[0..2] off = eq n, k0 : bit w = not off : bit q = or x, w : bit "
    "next n = o out y = q }"
)


@needs_formal
@pytest.mark.parametrize("spec", ["table", "fin"])
def test_where_nothing_else_can_abc_is_asked(spec, monkeypatch):
    program = parse(RECENT)
    machine = ModuleMachine(program)
    if spec == "table":
        machine = TableMachine(tabulate(machine, cap=100))
    impl = latest(HISTORY)
    verdict = decide(machine, ModuleMachine(impl), cap=CAP)
    assert isinstance(verdict, Proved) and "ABC" in verdict.method
    monkeypatch.setattr(deciding, "probe", lambda *_: np.zeros((0, 15), np.int64))
    verdict = decide(machine, ModuleMachine(latest(HISTORY, wrong=True)), cap=CAP)
    assert isinstance(verdict, Differs) and verdict.wanted == (1,)


@needs_formal
def test_a_word_that_no_other_method_finds_is_confirmed():
    m = rarely(30)
    silent = replace(m, outs={"y": const(0)})
    verdict = decide(ModuleMachine(m), ModuleMachine(silent), cap=CAP)
    assert isinstance(verdict, Differs) and verdict.wanted == (1,) and verdict.found == (0,)
    assert len(verdict.word) == 31 and set(verdict.word[:30]) == {(1,)}
    machine = ModuleMachine(m)
    word = np.array(verdict.word, np.uint8)
    assert replay(machine, ModuleMachine(silent), word).word == verdict.word
    assert replay(machine, machine, word) is None
    low = ModuleMachine(replace(m, legal=node("not", m.inputs[0])))
    assert replay(low, ModuleMachine(silent), word) is None


@needs_formal
def test_a_word_that_shows_nothing_is_no_answer(monkeypatch):
    m = rarely(30)
    monkeypatch.setattr(formal, "from_modules", lambda *_, **__: np.zeros((3, 1), np.uint8))
    silent = ModuleMachine(replace(m, outs={"y": const(0)}))
    verdict = decide(ModuleMachine(m), silent, cap=CAP)
    assert isinstance(verdict, Unknown) and "its word shows no difference" in verdict.reason


def test_a_network_is_walked_for_its_margins():
    """Induction proves it about exact reals only."""
    x, s = port("x", SIGN), [register(f"s{i}", SIGN) for i in range(9)]
    after = [node("sign", affine([1], [a])) for a in (x, *s)][:9]
    named = {r.name: n for r, n in zip(s, after, strict=True)}
    init = {r.name: Fraction(-1) for r in s}
    m = ModuleMachine(Module("n", "net", (x,), tuple(s), init, named, {"y": s[-1]}))
    assert decide(m, m, cap=1000) == Proved(512, 1024)
    assert decide(m, m, cap=1000, float32=False).method == "induction"
    verdict = decide(m, m, cap=400)
    assert isinstance(verdict, Unknown) and "nothing about float32" in verdict.reason
    if formal._missing() is None:
        assert "not for networks" in verdict.reason


def test_letters_that_chance_does_not_meet_prove_nothing():
    xs = tuple(port(f"x{i}") for i in range(40))
    legal = reduce(lambda a, b: node("and", a, b), xs)
    m = ModuleMachine(Module("m", "gate", xs, (), {}, {}, {"y": xs[0]}, legal))
    verdict = decide(m, m)
    if not isinstance(verdict, Proved):  # ABC needs no random word
        assert "random words met no legal letter" in verdict.reason
    else:
        assert "ABC" in verdict.method


def test_functions_too_large_for_diagrams_are_left_alone():
    m = ModuleMachine(rarely(20))
    start = np.concatenate([m.initial, m.initial])[None]
    assert isinstance(by_induction(m, m, start), Proved)
    verdict = by_induction(m, m, start, effort=50)
    assert isinstance(verdict, Unknown) and "too large for decision diagrams" in verdict.reason


def test_tables_are_for_the_walk(monkeypatch):
    m = ModuleMachine(delays(8))
    table = TableMachine(tabulate(m, cap=1000))
    verdict = decide(m, table, cap=200)
    assert "a table has no registers" in verdict.reason and "about a table" in verdict.reason
    monkeypatch.setattr(formal, "PAIRS", 100)
    assert "about a table so large" in decide(table, m, cap=200).reason
