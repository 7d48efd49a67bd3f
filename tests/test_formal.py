"""Second opinions: yosys and ABC agree, their invariants are re-checked, and nothing they cannot answer is proved."""

import random
from dataclasses import replace

import numpy as np
import pytest
from circuits import ALL, anything, badly_named, circuit, loop_3, replace_111, table
from extras import needs_formal
from hypothesis import given, settings
from hypothesis import strategies as st
from modules import random_module

from bonsaic.emit import yosys
from bonsaic.emit.verilog import verilog
from bonsaic.ir.core import Module, const, node, port, register
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse, show
from bonsaic.prove import formal
from bonsaic.prove.formal import Confirmed, from_modules, from_netlist, from_verilog, recheck
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.miter import miter, table_circuit
from bonsaic.prove.property import Skipped
from bonsaic.prove.verdict import Differs, Proved, Unknown
from bonsaic.prove.walk import walk

FIN = "module m : fin { in x : bit k = const 1 : {1} q = eq x, k : bit out y = q }"
LETTERS = np.array([[0], [1]], np.uint8)
TURNS = Mealy(  # letters alternate; the output is free on the second
    "turns",
    ("x",),
    ("y",),
    LETTERS,
    np.array([[1, -1], [-1, 0]], np.int32),
    np.array([[[0], [-1]], [[-1], [-1]]], np.int8),
)


def test_a_table_as_gates_is_printed_and_read_back():
    awkward = replace(table(anything(3)), inputs=("state_0", "state__1"))
    m = table_circuit(awkward)
    assert parse(show(m)) == m
    assert isinstance(walk(TableMachine(awkward), ModuleMachine(m)), Proved)


@pytest.mark.parametrize("m", ALL, ids=lambda m: m.name)
def test_a_table_as_gates_is_the_table(m):
    verdict = walk(TableMachine(table(m)), ModuleMachine(table_circuit(table(m))))
    assert isinstance(verdict, Proved)


@needs_formal
@pytest.mark.parametrize("m", ALL, ids=lambda m: m.name)
def test_both_ways_confirm_what_the_walk_proves(m):
    assert isinstance(from_netlist(table(m), m), Confirmed)
    assert isinstance(from_verilog(table(m), m, m.name, verilog(m)), Confirmed)


@needs_formal
@pytest.mark.parametrize("m", [replace_111(), badly_named(), *ALL[3:7]], ids=lambda m: m.name)
def test_both_ways_find_every_inverted_output_and_register(m):
    wrong = [replace(m, outs=m.outs | {y: node("not", n)}) for y, n in m.outs.items()]
    wrong += [replace(m, init=m.init | {r: 1 - v}) for r, v in m.init.items()]
    wrong += [replace(m, next=m.next | {r: node("not", n)}) for r, n in m.next.items()]
    for bad in wrong:
        exact = walk(TableMachine(table(m)), ModuleMachine(bad))
        answers = [from_netlist(table(m), bad), from_verilog(table(m), m, bad.name, verilog(bad))]
        for answer in answers:
            if isinstance(exact, Proved):
                assert isinstance(answer, Confirmed)
            else:
                assert isinstance(answer, Differs) and len(answer.word) >= len(exact.word)


@needs_formal
@pytest.mark.parametrize(
    "fault", [("~s0 | s1 | x", "~s0 | x"), ("    s0 = 1'b1;", "    s0 = 1'b0;"), ("~(s0", "(s0")]
)
def test_a_fault_in_the_text_is_found(fault):
    m = replace_111()
    assert fault[0] in verilog(m)
    answer = from_verilog(table(m), m, m.name, verilog(m).replace(*fault, 1))
    assert isinstance(answer, Differs) and len(answer.word) <= 3


@needs_formal
def test_illegal_words_and_free_outputs_do_not_count():
    impl = replace(table_circuit(TURNS), legal=None, care={})
    swapped = replace(impl, outs={"y": node("and", impl.inputs[0], impl.inputs[0])})
    assert isinstance(from_netlist(TURNS, swapped), Confirmed)
    assert isinstance(
        from_verilog(TURNS, table_circuit(TURNS), "turns", verilog(swapped)), Confirmed
    )
    always = replace(impl, outs={"y": node("not", impl.inputs[0])})
    assert from_netlist(TURNS, always).word == ((0,),)
    assert from_verilog(TURNS, table_circuit(TURNS), "turns", verilog(always)).word == ((0,),)


@needs_formal
def test_an_invariant_that_is_none_is_refused():
    m = miter(table_circuit(table(loop_3())), loop_3())
    width = len(m.regs)
    assert "allows a difference" in recheck(m, []).reason
    assert "initial state" in recheck(m, ["0" * width]).reason
    assert "initial state" in recheck(m, ["1"]).reason
    everything = ["-" * i + "1" + "-" * (width - i - 1) for i in range(width)]
    assert "not inductive" in recheck(m, everything).reason


@needs_formal
@pytest.mark.parametrize("said", ["", "Property proved", "UNDECIDED", None])
def test_what_a_tool_does_not_show_is_unknown(monkeypatch, said):
    for module in (formal, yosys):
        monkeypatch.setattr(module, "output", lambda command, folder, seconds: said)
    m = replace_111()
    assert isinstance(from_netlist(table(m), m), Unknown)
    assert isinstance(from_verilog(table(m), m, m.name, verilog(m)), Unknown)
    assert isinstance(from_modules(parse(FIN), m, seconds=1), Unknown)


@needs_formal
@pytest.mark.parametrize("word", [[{0: 1}, {0: 0}], [{0: 0}, {0: 0}, {0: 1}], [], [{}]])
def test_a_word_of_the_tool_that_shows_no_difference_is_unknown(monkeypatch, word):
    """Nor does one that goes on after an illegal letter."""
    monkeypatch.setattr(formal, "_pdr", lambda m, seconds: word)
    impl = replace(table_circuit(TURNS), legal=None, care={})
    answer = from_netlist(TURNS, impl)
    assert answer == Unknown("the word of the model checker shows no difference")


@needs_formal
def test_verilog_that_yosys_cannot_read_is_unknown():
    m = replace_111()
    answer = from_verilog(table(m), m, m.name, verilog(m).replace("endmodule", ""))
    assert isinstance(answer, Unknown) and "yosys" in answer.reason


def test_a_missing_extra_is_said(monkeypatch):
    monkeypatch.setattr(formal, "find_spec", lambda name: None)
    answer = from_netlist(table(loop_3()), loop_3())
    assert isinstance(answer, Skipped) and "pip install 'bonsaic[formal]'" in str(answer)
    m = loop_3()
    assert from_verilog(table(m), m, m.name, verilog(m)) == answer
    assert from_modules(m, m, seconds=1) == answer


@needs_formal
def test_a_table_too_large_to_write_as_gates_is_unknown(monkeypatch):
    m = loop_3()
    assert "clauses over" in str(from_netlist(table(m), m))
    monkeypatch.setattr(formal, "PAIRS", 2)
    assert "too many to write as gates" in from_netlist(table(m), m).reason


@needs_formal
def test_a_gate_that_has_no_clauses_is_a_fault():
    m = parse(FIN)
    with pytest.raises(AssertionError, match="eq"):
        recheck(replace(m, outs={"bad": m.outs["y"]}), [])


@needs_formal
def test_circuits_without_registers_are_answered():
    x = port("x")
    m = circuit("plain", [x], [], {"y": x})
    wrong = circuit("plain", [x], [], {"y": node("not", x)})
    for impl, wanted in ((m, Confirmed), (wrong, Differs)):
        assert isinstance(from_netlist(table(m), impl), wanted)
        assert isinstance(from_verilog(table(m), m, "plain", verilog(impl)), wanted)


def shows_a_difference(a, b):
    """Can `bad` of the joined circuits ever be 1?"""
    joined = miter(a, b)
    silent = Module("silent", "gate", joined.inputs, (), {}, {}, {"bad": const(0)})
    return not isinstance(walk(ModuleMachine(silent), ModuleMachine(joined)), Proved)


def test_joined_circuits_differ_where_the_second_refuses_or_leaves_open_what_matters():
    x, q = port("x"), register("q")
    m = circuit("m", [x], [(q, 0, node("or", q, x))], {"y": q})
    low = replace(m, legal=node("not", x))
    open_ = replace(m, care={"y": node("not", q)})
    assert not shows_a_difference(m, m)
    assert shows_a_difference(m, low) and not shows_a_difference(low, m)
    assert not shows_a_difference(low, low)
    assert shows_a_difference(m, open_) and not shows_a_difference(open_, m)
    assert not shows_a_difference(low, open_)  # on legal words q stays 0


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_joined_circuits_differ_where_the_walk_says_so(seed):
    """One tick with legality, cares and an output chosen at random on each side."""
    rng = random.Random(seed)
    m = random_module(rng, "gate", outs=1)
    values = [*m.inputs, *m.regs, *m.order()]

    def side():
        y = rng.choice([m.outs["y0"], m.outs["y0"], rng.choice(values)])
        legal, care = (rng.choice([None, rng.choice(values)]) for _ in "ab")
        return replace(m, outs={"y0": y}, legal=legal, care={"y0": care} if care else {})

    a, b = side(), side()
    said = walk(ModuleMachine(a), ModuleMachine(b))
    assert shows_a_difference(a, b) == isinstance(said, Differs)
