"""The property check finds what is put into emitted files, shrinks it, and leaves nothing behind."""

import os
import re
import shutil

import numpy as np
import pytest
from circuits import ALL, loop_3, replace_111, table

from bonsaic.emit.python import python
from bonsaic.emit.verilog import verilog
from bonsaic.ir.mealy import Mealy
from bonsaic.prove.property import (
    Broken,
    Held,
    Skipped,
    check_python,
    check_verilog,
)
from bonsaic.prove.verdict import Differs

needs_iverilog = pytest.mark.skipif(not shutil.which("iverilog"), reason="iverilog not installed")

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
