"""A program's own tick as Python and Verilog: the golden model beside the circuit, held to the interpreter's table."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bonsaic.emission import emitted
from bonsaic.emit.dot import drawing
from bonsaic.emit.python import python
from bonsaic.emit.verilog import verilog
from bonsaic.lang import load, lower, tabulate
from bonsaic.prove.property import Held, Skipped, check_python, check_verilog

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


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_program_runs_as_python_and_verilog(path):
    p = load(str(path))
    table, m = tabulate(p, 100_000), lower(p)
    texts = {target: emitted(str(path), target) for target in ("python", "verilog")}
    assert isinstance(check_python(texts["python"], m.name, table, words=60), Held)
    assert isinstance(check_verilog(texts["verilog"], m.name, table, words=60), Held | Skipped)
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
    assert isinstance(check_python(python(m), m.name, table), Held)
    assert isinstance(check_verilog(verilog(m), m.name, table), Held | Skipped)


@pytest.mark.skipif(not shutil.which("verilator"), reason="verilator not installed")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_linter_has_nothing_to_say_about_a_program(path, tmp_path):
    (tmp_path / f"{path.stem}.v").write_text(emitted(str(path), "verilog"))
    command = ["verilator", "--lint-only", "-Wall", f"{path.stem}.v"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
