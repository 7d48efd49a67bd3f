"""Emitted text read back: proved equal, mutants read as what they say, damaged files refused with their place."""

import re
from dataclasses import replace

import numpy as np
import pytest
from circuits import ALL, anything, loop_3, replace_111

from bonsaic import emission
from bonsaic.diag import Mistake
from bonsaic.emit.aiger import aiger, aiger_binary
from bonsaic.emit.blif import blif
from bonsaic.emit.python import python
from bonsaic.emit.read_aiger import read_aiger, read_aiger_binary
from bonsaic.emit.read_blif import read_blif
from bonsaic.emit.read_python import read_python
from bonsaic.emit.read_verilog import read_verilog
from bonsaic.emit.verilog import verilog
from bonsaic.ir.run import ModuleMachine, simulate
from bonsaic.ir.text import show
from bonsaic.prove.verdict import Differs, Proved, Unknown
from bonsaic.prove.walk import walk

FORMS = {
    "aiger": (aiger, read_aiger),
    "blif": (blif, read_blif),
    "python": (python, read_python),
    "verilog": (verilog, read_verilog),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("m", [*ALL, anything(99, 300, 4, 8)], ids=lambda m: m.name)
def test_what_is_written_is_read_back_and_proved_equal(m, form):
    write, read = FORMS[form]
    again = read(write(m))
    assert (again.name, again.inputs, again.regs, again.init) == (m.name, m.inputs, m.regs, m.init)
    assert isinstance(walk(ModuleMachine(m), ModuleMachine(again)), Proved)
    assert write(m) == write(m)


@pytest.mark.parametrize("ending", ["bir", "py", "v", "blif", "aag"])
def test_a_file_that_is_not_what_was_written_is_never_proved(tmp_path, ending):
    m = replace_111()
    texts = emission.circuit(m) | {"bir": show(m)}
    path = tmp_path / f"{m.name}.{ending}"
    assert isinstance(emission.read_back(path, m), Unknown)  # not there
    path.write_text(texts[ending])
    assert isinstance(emission.read_back(path, m), Proved)
    path.write_text(texts[ending][: len(texts[ending]) // 2])
    assert isinstance(emission.read_back(path, m), Unknown)
    other = replace(m, init={r: 1 - value for r, value in m.init.items()})
    texts = emission.circuit(other) | {"bir": show(other)}
    path.write_text(texts[ending])
    assert isinstance(emission.read_back(path, m), Differs)


@pytest.mark.parametrize("m", ALL, ids=lambda m: m.name)
def test_blif_keeps_every_gate(m):
    assert read_blif(blif(m)) == m and blif(read_blif(blif(m))) == blif(m)


@pytest.mark.parametrize("m", ALL[:2] + ALL[3:9], ids=lambda m: m.name)
def test_mutated_python_is_read_as_what_it_does(m):
    good = python(m)
    words = np.random.default_rng(0).integers(0, 2, (20, 12, len(m.inputs)), dtype=np.uint8)
    flips = {" and ": " or ", " or ": " and ", " == ": " != ", " != ": " == ", "True": "False"}
    flips |= {"False": "True", "not ": ""}
    read = 0
    for found in re.finditer("|".join(map(re.escape, flips)), good):
        bad = good[: found.start()] + flips[found[0]] + good[found.end() :]
        space: dict = {}
        exec(bad, space)
        wanted = simulate(read_python(bad), words)
        for word, rows in zip(words, wanted, strict=True):
            ticks = [tuple(map(bool, x)) for x in word.tolist()]
            fed = [x[0] if len(x) == 1 else x for x in ticks] if m.inputs else len(word)
            given = [row if isinstance(row, tuple) else (row,) for row in space[m.name](fed)]
            assert given == [tuple(row) for row in rows.tolist()]
        read += 1
    assert read > 3


REFUSED = {
    "blif": [
        ("", "the file is empty"),
        ("# nothing\n", "the file has nothing but comments"),
        ("\x00\x01", "expected `.model`"),
        ((".names x t3", ".names z t3"), "`z` is not defined"),
        ((".end\n", ""), "ends without `.end`"),
        ((".end\n", ".end\n.model b\n.end\n"), "something follows the `.end`"),
        ((".latch t3 s0 1", ".latch t3 s0 2"), "register `s0` has no initial value"),
        ((".latch t3 s0 1", ".latch t3 s0"), "register `s0` has no initial value"),
        ((".latch t3 s0 1", ".latch t3 s0 x"), "expected an initial value"),
        (("1- 1", "1x 1"), "a row for"),
        ((".inputs x", ".inputs x x"), "input `x` is given twice"),
        ((".names x t3", ".names x t2"), "is defined twice"),
        ((".names s0 t1", ".names y t1"), "a loop without a register: y, t2, t1, y"),
        ((".model", ".subckt"), "expected `.model`"),
        ((".end", ".gate nand2 a=b\n.end"), "`.gate` is not read"),
        ((".latch t3 s0 1", ".latch t3 s0 fe clk 1"), "a register of type `fe` is not read"),
        ((".latch t3 s0 1", ".latch t3 s0 ah clk 1"), "a register of type `ah` is not read"),
        ((".latch t3 s0 1", ".latch t3 s0 re x 1"), "`x` is not defined"),
        ((".latch t3 s0 1", ".latch t3 s0 re t2 1"), "`t2` clocks a register and is no input"),
        (
            (".latch t3 s0 1", ".latch t3 s0 re clk 1\n.latch t3 q re clock 1"),
            "two clocks: clk, clock",
        ),
        ((".latch t3 s0 1", ".latch t3 x 1"), "`x` is defined twice"),
        (("\n.end", "\n.latch t3 t3 0\n.end"), "`t3` is defined twice"),
        (("\n.end", "\n.inputs t3\n.end"), "`t3` is defined twice"),
        ((".inputs x\n", ".inputs x\n1 1\n"), "no `.names` is open"),
        (("\n.end", "\n.model b\n.end"), "a second `.model`"),
        (("\n.end", "\n.names\n.end"), "`.names` needs at least the signal it defines"),
        ((".outputs y", ".outputs y y"), "output `y` is given twice"),
        (
            (".latch t3 s0 1", ".latch t3"),
            "`.latch` takes an input, an output and an initial value",
        ),
        ((".latch t5 s1 0", ".latch t5 s0 0"), "register `s0` is defined twice"),
        (("-1 1\n.names t2", "-1 0\n.names t2"), "the rows of `t2` give both 0 and 1"),
    ],
    "aiger": [
        ("", "the file is empty"),
        ("aig 1 1 0 0 0\n", "expected `aag`"),
        ("aag 6 1 2 1\n", "expected `aag`"),
        (("aag 6", "aag 5"), "fewer than"),
        (("4 3 1\n", "4 3 4\n"), "register `s0` has no initial value"),
        (("4 3 1\n", "4 3 9\n"), "expected an initial value"),
        (("8 7 4\n", "8 10 4\n"), "a loop without a register"),
        (("8 7 4\n", "6 7 4\n"), "6 is defined twice"),
        (("11\n", "14\n"), "above the largest literal"),
        (("i0 x", "i1 x"), "expected a name"),
        (("i0 x", "i0 s0"), "two signals are named `s0`"),
        (("l1 s1", "l0 s1"), "`l0` is named twice"),
        (("12 5 3\n", "12 5\n"), "expected 3 numbers"),
        ("aag 0 0 0 1 0\n1", "cut"),
    ],
    "verilog": [
        ("", "the file is empty"),
        ("always happy", "is not what bonsaic writes here"),
        (("endmodule", ""), "the end of the file"),
        (("= 1'b1;", "= 1'bx;"), "is not what bonsaic writes here"),
        (("    s0 = 1'b1;\n", ""), "the reset of `s0` is not its initial value"),
        (("    s1 = 1'b0;\n", "    s0 = 1'b0;\n"), "`s0` has two initial values"),
        (("      s1 <= ~(s0 | x);\n", "      s0 <= ~(s0 | x);\n"), "`s0` has two next values"),
        (("s0 <= 1'b1", "s0 <= 1'b0"), "the reset of `s0` is not its initial value"),
        (("      s0 <= 1'b1;\n", ""), "register `s0` is not reset"),
        (("      s0 <= ~x;\n", ""), "register `s0` has no next value"),
        (("~s0 | s1 | x", "~s0 | s2 | x"), "`s2` is not defined"),
        (("~s0 | s1 | x", "~y"), "a loop without a register: y, y"),
        (("assign y", "assign x"), "`x` is no wire or output"),
        (("  reg s1;\n", "  reg s1;\n  reg s1;\n"), "`s1` is declared twice"),
        (("posedge clk", "posedge x"), "expected `clk`"),
        (("if (rst)", "if (x)"), "expected `rst`"),
        (("  assign y = ~s0 | s1 | x;\n", ""), "nothing drives output `y`"),
    ],
    "python": [
        ("", "the file is empty"),
        ("x = (", "this is not Python"),
        ("def f(ticks):\n    pass\n", "one function and one class"),
        (("yield y", "yield z"), "`z` is not defined"),
        (("yield y", "yield y\n        x = y"), "something follows the `yield`"),
        (("for x in ticks", "for x in ticks[1:]"), "not over the ticks"),
        (("def replace_111", "@cache\ndef replace_111"), "the function is decorated"),
        (("        yield y\n", "        yield y\n    print(1)\n"), "does not end with a loop"),
        (("        yield y\n", ""), "the loop yields nothing"),
        (("        yield y\n", "        yield y, y\n"), "an output is given twice"),
        (("for x in ticks", "for s0 in ticks"), "`s0` is both a register and an input"),
        (
            ("s0, s1 = True, False", "s0, s0 = True, False"),
            "a name is given two values at once",
        ),
        (("from collections.abc import Iterable, Iterator\n", ""), "around the function"),
        (("s0, s1 = True, False", "s0, s1 = True, 0"), "not one that bonsaic writes"),
        (("s0, s1 = True, False", "s0 = True"), "`s1` is not defined"),
        (("s0, s1 = True, False", "s0, s1 = True"), "2 names, but 1 value"),
        (("s1 = True, False", "s1 = True, False\n    s0 = True"), "True or False, once"),
        (("not s0 or s1 or x", "not s0 or s1 or x()"), "not one that bonsaic writes"),
        (("self._read.append(x)", "self._read.append(not x)"), "around the function"),
        (("import Iterable", "import Iterator"), "around the function"),
        (("(ticks: Iterable", "(ticks=1, *more: Iterable"), "takes `ticks` and nothing else"),
        (("not s0 or", "not " * 100_000 + "s0 or"), "nested too deeply"),
        (("class Replace111", "print(1)\n\n\nclass Replace111"), "around the function"),
    ],
}


@pytest.mark.parametrize(
    "form, damage, said", [(form, *case) for form, cases in REFUSED.items() for case in cases]
)
def test_a_damaged_file_is_refused_with_its_place(form, damage, said):
    write, read = FORMS[form]
    text = write(replace_111()).replace(*damage, 1) if isinstance(damage, tuple) else damage
    assert text != write(replace_111())
    with pytest.raises(Mistake) as e:
        read(text, "circuit.txt")
    assert said in str(e.value) and str(e.value).startswith("circuit.txt:")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("m", [replace_111(), loop_3()], ids=lambda m: m.name)
def test_a_file_cut_anywhere_is_refused_or_still_the_same(m, form):
    """A cut behind the last gate may lose names and comments, never behaviour."""
    write, read = FORMS[form]
    text = write(m)
    words = np.random.default_rng(0).integers(0, 2, (20, 12, len(m.inputs)), dtype=np.uint8)
    for end in range(len(text)):
        try:
            again = read(text[:end], "cut")
        except Mistake:
            continue
        assert np.array_equal(simulate(again, words), simulate(m, words)), text[:end]


def test_blif_of_other_tools_is_read():
    text = """.model other # a comment
.inputs a b \\
  c
.outputs y
.latch n s re clk 0
.names a b c n
1-1 1
011 1
.names n s y
00 0
.end
"""
    m = read_blif(text)
    words = np.array([[[1, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 1]]], np.uint8)
    assert simulate(m, words)[0, :, 0].tolist() == [True, True, False, True]


def test_aiger_without_symbols_is_read():
    m = read_aiger("aag 1 0 1 1 0\n2 3\n3\n", "toggle.aag")
    assert (m.name, list(m.outs)) == ("toggle", ["o0"])
    assert simulate(m, np.zeros((1, 4, 0), np.uint8))[0, :, 0].tolist() == [True, False] * 2


@pytest.mark.parametrize("m", [*ALL, anything(99, 300, 4, 8)], ids=lambda m: m.name)
def test_binary_aiger_is_read_whole_or_not_at_all(m):
    """It names no ports, keeps their order, and starts every register with 0."""
    content = aiger_binary(m)
    words = np.random.default_rng(0).integers(0, 2, (20, 12, len(m.inputs)), dtype=np.uint8)
    again = read_aiger_binary(content)
    assert np.array_equal(simulate(again, words), simulate(m, words))
    assert list(again.outs) == [f"o{k}" for k in range(len(m.outs))]
    for end in range(0, len(content), 1 + len(content) // 50):
        with pytest.raises(Mistake):
            read_aiger_binary(content[:end])


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "expected `aig`"),
        (b"aag 0 0 0 0 0\n", "expected `aig`"),
        (b"aig 2 1 0 1 0\n2\n", "2 variables are not"),
        (b"aig 3 2 0 1 1\n6\n\x07\x00", "gate 6 reads a gate that is not before it"),
        (b"aig 3 2 0 1 1\n6\n\x02\x07", "gate 6 reads a gate that is not before it"),
        (b"aig 3 2 0 1 1\n6\n\xff\xff\xff\xff\xff\x01\x00", "more than five bytes"),
        (b"aig 9999999 9999999 0 1 0\n2\n", "9,999,999 variables are more than"),
    ],
)
def test_damaged_binary_aiger_is_refused(content, said):
    with pytest.raises(Mistake, match=said):
        read_aiger_binary(content, "x.aig")
