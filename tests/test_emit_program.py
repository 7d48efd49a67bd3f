"""A program's own tick as Python and Verilog: the golden model beside the circuit, held to the interpreter's table."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bonsaic.emit.dot import drawing
from bonsaic.emit.python import python
from bonsaic.emit.verilog import verilog
from bonsaic.lang import load, lower, tabulate
from bonsaic.prove.property import Held, Skipped, check_python, check_verilog, table_oracle

PROGRAMS = sorted(Path(__file__).parent.parent.glob("programs/*.bp"))
ROUNDING = """// Every integer operation with negative operands.
program rounding(x: int[-5..6], y: int[1..3]) -> (z: int[-40..40]) {
  state last: int[-3..3] = -2
  let d = (x * last) / y
  let m = (x - 3) % -4
  z = d + m * 2 - (last % y)
  last = if x < last { x / 2 } else { -last }
}
"""


def programs():
    return [pytest.param(load(str(p)), id=p.stem) for p in PROGRAMS]


@pytest.mark.parametrize("p", programs())
def test_a_program_runs_as_python_and_verilog(p):
    oracle, m = table_oracle(tabulate(p, 100_000)), lower(p)
    assert isinstance(check_python(python(m), m.name, oracle, words=60), Held)
    assert isinstance(check_verilog(verilog(m), m.name, oracle, words=60), Held | Skipped)
    assert drawing(m) == drawing(m)


def test_rounding_is_towards_minus_infinity(tmp_path):
    path = tmp_path / "rounding.bp"
    path.write_text(ROUNDING)
    p = load(str(path))
    oracle, m = table_oracle(tabulate(p, 5000)), lower(p)
    assert isinstance(check_python(python(m), m.name, oracle), Held)
    assert isinstance(check_verilog(verilog(m), m.name, oracle), Held | Skipped)


@pytest.mark.skipif(not shutil.which("verilator"), reason="verilator not installed")
@pytest.mark.parametrize("p", programs())
def test_a_linter_has_nothing_to_say_about_a_program(p, tmp_path):
    (tmp_path / f"{p.name}.v").write_text(verilog(lower(p)))
    command = ["verilator", "--lint-only", "-Wall", f"{p.name}.v"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
