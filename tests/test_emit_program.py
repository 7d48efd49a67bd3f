"""A program's own tick as Python and Verilog: the golden model beside the circuit, held to the interpreter's table."""

import shutil
import subprocess
from pathlib import Path

import pytest
from circuits import replace_111, runs_as

from bonsaic.emission import circuit, emitted
from bonsaic.emit.dot import drawing
from bonsaic.lang import Port, codings, encode, load, lower, tabulate
from bonsaic.lang.program import coding
from bonsaic.lang.types import Int

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted(ROOT.glob("programs/*.bp"))
ROUNDING = """// Every integer operation with negative operands.
program rounding(x: int[-5..6], y: int[1..3]) -> (z: int[-40..40]) {
  state last: int[-3..3] = -2
  let d = (x * last) / y
  let m = (x - 3) % -4
  z = d + m * 2 - (last % y)
  last = if x < last { x / 2 } else { -last }
}
"""


CODED = """enum Op { KEEP, ADD, CLEAR }
program coded(a: int[-3..4], b: int[0..40], o: Op, w: Op as onehot, x: bit) -> (y: int[2..10] as onehot) {
  y = if a > b { 2 } else { 10 }
}
"""
CODINGS = """a: int[-3..4] = a_0 + 2*a_1 + 4*a_2 - 3
b: int[0..40] = b_0 + 2*b_1 + ... + 32*b_5
o: Op = o_0 + 2*o_1, 0 is KEEP, 1 is ADD, 2 is CLEAR
w: Op, one of these is 1: w_0 for KEEP, w_1 for ADD, w_2 for CLEAR
y: int[2..10], one of these is 1: y_0 for 2, y_1 for 3, ..., y_8 for 10"""


def test_emitted_text_says_how_ports_are_coded(tmp_path):
    path = tmp_path / "coded.bp"
    path.write_text(CODED)
    program, gate = load(str(path)), replace_111()
    texts = [emitted(str(path), "python"), circuit(gate, codings(program))["py"]]
    assert all(f'.\n\n{CODINGS}\n"""\n' in text for text in texts)
    comments = "".join(f"// {line}\n" for line in CODINGS.splitlines())
    texts = [emitted(str(path), "verilog"), circuit(gate, codings(program))["v"]]
    assert all(f"{comments}module " in text for text in texts)


def test_a_coding_is_the_value_of_its_wires():
    for low in (-9, -3, 0, 2):
        port = Port("a", Int(low, low + 7))
        for value in port.values:
            wires = dict(zip(port.wires, encode(port, value), strict=True))
            assert eval(coding(port).split(" = ")[1], wires) == value


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_program_runs_as_python_and_verilog(path):
    p = load(str(path))
    table, m = tabulate(p, 100_000), lower(p)
    assert runs_as(m, table, *(emitted(str(path), target) for target in ("python", "verilog")))
    assert drawing(m) == drawing(m)


def test_a_cast_that_no_legal_word_needs_is_not_written(tmp_path):
    text = emitted(str(ROOT / "programs" / "parens_8.bp"), "python")
    assert "        next_depth = depth - 1 if close else depth + 1\n" in text
    path = tmp_path / "saturating.bir"
    path.write_text(
        "module saturating : fin { in x : bit reg n : int[0..4] = 0 four = const 4 : {4}"
        " more = affine 1*n, 1*x, 0 : int[0..5] up = cast{lo=0, hi=4} more : int[0..4]"
        " full = eq n, four : bit next n = up out y = full }"
    )
    assert "n = min(n + x, 4)" in emitted(str(path), "python")
    assert "more > 4'sd4 ? 4'sd4 : more;" in emitted(str(path), "verilog")
    path.write_text(path.read_text()[:-1] + " free = not full : bit legal = free }")
    assert "n = n + x\n" in emitted(str(path), "python")


def test_conditions_are_written_as_a_person_would(tmp_path):
    path = tmp_path / "p.bp"
    path.write_text(
        "program p(a: bit, b: bit, c: bit) -> (y: bit, z: bit) {\n"
        "  state n: int[0..3] = 0\n"
        "  y = if a { 1 } else if n > 0 { 1 } else { 0 }\n"
        "  z = if b == 0 { c } else { a }\n"
        "  if a { if b == 1 { n = 2 } } else { n = 0 }\n"
        "}\n"
    )
    text = emitted(str(path), "python")
    assert "        y = a or n > 0\n        z = a if b else c\n" in text, text
    assert "        n = (2 if b else n) if a else 0\n" in text, text


def test_rounding_is_towards_minus_infinity(tmp_path):
    path = tmp_path / "rounding.bp"
    path.write_text(ROUNDING)
    p = load(str(path))
    table, m = tabulate(p, 5000), lower(p)
    assert runs_as(m, table)


@pytest.mark.skipif(not shutil.which("verilator"), reason="verilator not installed")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_linter_has_nothing_to_say_about_a_program(path, tmp_path):
    (tmp_path / f"{path.stem}.v").write_text(emitted(str(path), "verilog"))
    command = ["verilator", "--lint-only", "-Wall", f"{path.stem}.v"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
