"""The property check finds what is put into emitted files, shrinks it, and leaves nothing behind."""

import os
import re
import shutil
import sys

import numpy as np
import pytest
from circuits import ALL, loop_3, replace_111, table
from extras import needs_iverilog

from bonsaic.diag import Mistake
from bonsaic.emit.python import python
from bonsaic.emit.verilog import verilog
from bonsaic.ir.mealy import ILLEGAL, Mealy
from bonsaic.prove import property as checks
from bonsaic.prove import synthesis
from bonsaic.prove.choices import draw, drawn_beside
from bonsaic.prove.property import (
    Broken,
    Held,
    Skipped,
    check_python,
    check_verilog,
)
from bonsaic.prove.verdict import Differs

PYTHON_FAULTS = [
    ("not s0 or s1 or x", "not s0 or x"),
    ("not s0 or s1 or x", "s1 or x"),
    ("s0, s1 = True, False", "s0, s1 = False, False"),
    ("s0, s1 = not x, not (s0 or x)", "s0, s1 = not x, not (s1 or x)"),
    ("s0, s1 = not x, not (s0 or x)", "s0, s1 = not x, not x"),
    ("yield y", "yield not y"),
    ("yield y", "yield s0"),
]

VERILOG_FAULTS = [
    ("~s0 | s1 | x", "~s0 | x"),
    ("~s0 | s1 | x", "s1 | x"),
    ("    s0 = 1'b1;", "    s0 = 1'b0;"),
    ("s0 <= 1'b1", "s0 <= 1'b0"),
    ("s1 <= ~(s0 | x)", "s1 <= ~x"),
    ("s1 <= ~(s0 | x)", "s1 <= ~(s1 | x)"),
    ("if (rst)", "if (~rst)"),
    ("posedge", "negedge"),
]


@pytest.mark.parametrize("fault", PYTHON_FAULTS)
def test_a_fault_in_python_is_found_with_a_short_word(fault):
    good = python(replace_111())
    assert fault[0] in good
    result = check_python(good.replace(*fault), "replace_111", table(replace_111()))
    assert isinstance(result, Differs) and len(result.word) <= 3


@pytest.mark.parametrize(
    "fault",
    [
        ("self._read.append(x)", "self._read.append(not x)"),
        (
            "        self._run = replace",
            "        if not hasattr(self, '_run'): self._run = replace",
        ),
        ("return next", "return not next"),
    ],
)
def test_a_fault_in_the_class_is_found(fault):
    good = python(replace_111())
    assert fault[0] in good
    result = check_python(good.replace(*fault), "replace_111", table(replace_111()))
    assert isinstance(result, Broken)


@needs_iverilog
@pytest.mark.parametrize("fault", VERILOG_FAULTS)
def test_a_fault_in_verilog_is_found_with_a_short_word(fault):
    good = verilog(replace_111())
    assert fault[0] in good
    result = check_verilog(good.replace(*fault), "replace_111", table(replace_111()))
    assert isinstance(result, Differs | Broken) and len(result.word) <= 3


@pytest.mark.parametrize("m", ALL[:2] + ALL[3:6], ids=lambda m: m.name)
def test_every_flipped_operator_that_matters_is_found(m):
    """Each operator and constant in turn; whether a mutant matters is decided by all words of 6 ticks."""
    good, machine = python(m), table(m)
    flips = {" and ": " or ", " or ": " and ", " == ": " != ", " != ": " == ", "True": "False"}
    flips |= {"False": "True", "not ": ""}
    for found in re.finditer("|".join(map(re.escape, flips)), good):
        bad = good[: found.start()] + flips[found[0]] + good[found.end() :]
        result = check_python(bad, m.name, machine)
        assert isinstance(result, Held) == (not _differs(bad, m, machine)), bad


def _differs(source: str, m, machine) -> bool:
    space: dict = {}
    exec(source, space)
    words = [((), 0, [])]
    for _ in range(6):
        words = [
            ((*w, x), machine.next[q, k], [*outs, tuple(machine.outs[q, k].tolist())])
            for w, q, outs in words
            for k, x in enumerate(machine.letters.tolist())
        ]
    for word, _, outs in words:
        ticks = [tuple(map(bool, x)) for x in word]
        fed = [x[0] if len(x) == 1 else x for x in ticks] if machine.inputs else len(word)
        given = [row if isinstance(row, tuple) else (row,) for row in space[m.name](fed)]
        if given != outs:
            return True
    return False


def test_only_legal_words_are_drawn_and_free_outputs_are_free():
    letters = np.array([[0], [1]], np.uint8)
    after = np.array([[1, -1], [-1, 0]], np.int32)
    outs = np.array([[[0], [-1]], [[-1], [-1]]], np.int8)
    machine = Mealy("turns", ("x",), ("y",), letters, after, outs)
    source = """
def turns(ticks):
    turn = False
    for x in ticks:
        assert x == turn
        yield turn
        turn = not turn

class Turns:
    def reset(self):
        self.turn = False
    def step(self, x):
        self.turn = not self.turn
        return x
"""
    assert isinstance(check_python(source, "turns", machine), Held)
    result = check_python(source.replace("assert x == turn", "assert x"), "turns", machine)
    assert isinstance(result, Broken) and result.word == ((0,),)


@pytest.mark.parametrize("text", ["", "x = (", "def loop_3(ticks): yield 1\nclass A:\n  pass\n"])
def test_text_that_cannot_run_is_broken(text):
    machine = table(loop_3())
    assert isinstance(check_python(text, "loop_3", machine), Broken)
    if shutil.which("iverilog"):
        assert isinstance(check_verilog(text, "loop_3", machine), Broken)


def test_a_missing_simulator_is_said(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = check_verilog(verilog(loop_3()), "loop_3", table(loop_3()))
    assert isinstance(result, Skipped) and "apt-get install iverilog" in str(result)


def test_nothing_is_left_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    machine = table(replace_111())
    assert isinstance(check_python(python(replace_111()), "replace_111", machine), Held)
    bad = python(replace_111()).replace("yield y", "yield not y")
    assert isinstance(check_python(bad, "replace_111", machine), Differs)
    assert os.listdir(tmp_path) == []


def test_the_same_seed_gives_the_same_answer():
    machine = table(ALL[3])
    runs = [check_python(python(ALL[3]), ALL[3].name, machine, seed=7) for _ in range(2)]
    assert runs[0] == runs[1]


SHORT = """
def all_on(ticks):
    yield from [True] * (len(ticks) - 1)

class AllOn:
    def reset(self):
        pass
    def step(self, x):
        return True
"""


def always(letters: np.ndarray, after: np.ndarray) -> Mealy:
    """A machine whose one output is always 1."""
    wires = tuple(f"x{k}" for k in range(letters.shape[1])) if letters.shape[1] > 1 else ("x",)
    return Mealy("all_on", wires, ("y",), letters, after, np.ones((*after.shape, 1), np.int8))


ON = always(np.array([[0], [1]], np.uint8), np.zeros((1, 2), np.int32))


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ("[True] * (len(ticks) - 1)", "step gives"),
        ("[1 for x in ticks]", "a tick gives 1, not 1 bool"),
        ("[(True,) for x in ticks]", r"a tick gives (True,), not 1 bool"),
    ],
)
def test_outputs_of_another_number_or_kind_are_broken(answers, reason):
    result = check_python(SHORT.replace("[True] * (len(ticks) - 1)", answers), "all_on", ON)
    assert isinstance(result, Broken) and reason in result.reason and str(result).startswith("bro")


def test_a_word_ends_where_nothing_may_follow():
    ends = always(ON.letters, np.array([[0, 1], [ILLEGAL, ILLEGAL]], np.int32))
    source = SHORT.replace(
        "[True] * (len(ticks) - 1)", "(not x or t == len(ticks) - 1 for t, x in enumerate(ticks))"
    )
    result = check_python(source, "all_on", ends)
    assert isinstance(result, Held) and result.ticks < 200 * 24
    assert str(result) == f"held for {result.words} words, {result.ticks:,} ticks"


@needs_iverilog
def test_a_shrunk_word_that_was_not_drawn_is_simulated():
    letters = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.uint8)
    m = always(letters, np.zeros((1, 256), np.int32))
    ports = ", ".join(f"input wire x{k}" for k in range(8))
    counted = (
        f"module all_on(input wire clk, input wire rst, {ports}, output wire y);\n"
        "reg [3:0] seen; initial seen = 0;\n"
        "always @(posedge clk) seen <= rst ? 4'd0 : seen + {3'd0, x7};\n"
        "assign y = seen < 2;\nendmodule\n"
    )
    result = check_verilog(counted, "all_on", m)
    assert isinstance(result, Differs) and len(result.word) == 3
    assert [x[7] for x in result.word[:2]] == [1, 1] and not any(map(any, result.word[2:]))


BODY = (
    "module all_on(input wire clk, input wire rst, input wire x, output wire y);\n{}\nendmodule\n"
)
OUTPUT = "assign y = 1'b1;"


@needs_iverilog
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("reg z; assign y = z;", "an output is undefined after ((0,),)"),
        (f'{OUTPUT} initial $display("hello");', "the simulation prints 'hello'"),
        (f"{OUTPUT} initial $finish;", "the simulation ends without a result"),
        (f"{OUTPUT} initial while (1);", "vvp takes longer than 2 s"),
    ],
)
def test_a_simulation_that_says_nothing_is_broken(text, reason, monkeypatch):
    monkeypatch.setattr(checks, "SECONDS", 2)
    result = check_verilog(BODY.format(text), "all_on", ON)
    assert isinstance(result, Broken) and reason in result.reason
    assert isinstance(check_verilog(BODY.format(OUTPUT), "all_on", ON), Held)


@needs_iverilog
def test_a_simulation_without_room_is_no_fault_of_the_circuit(monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(Mistake, match="there is no room to run iverilog"):
        check_verilog("module all_on(", "all_on", ON)


def test_words_are_drawn_here_where_no_process_draws_them(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with drawn_beside(2, 0) as lists:
        assert lists() == draw(2, 0)


def test_a_comparison_that_cannot_be_made_is_said(monkeypatch):
    monkeypatch.setattr(synthesis, "installed", lambda: False)
    assert "pip install" in str(synthesis.direct_synthesis(verilog(loop_3())))
