"""Emitted Verilog: clean under a linter, equal in simulation, legal names, a testbench that notices."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from circuits import ALL, badly_named, loop_3, replace_111, table
from extras import needs_iverilog

from bonsaic.emit.testbench import testbench as bench
from bonsaic.emit.verilog import verilog
from bonsaic.ir.run import simulate
from bonsaic.prove.property import Held, check_verilog

needs_verilator = pytest.mark.skipif(
    not shutil.which("verilator"), reason="verilator not installed"
)

REPLACE_111 = """// replace_111: 1 input, 1 output, 2 registers.
// Outputs are valid before the clock edge that takes the inputs into the state.
module replace_111 (
  input  wire clk,
  input  wire rst,
  input  wire x,
  output wire y
);
  reg s0;
  reg s1;
  assign y = ~s0 | s1 | x;
  initial begin
    s0 = 1'b1;
    s1 = 1'b0;
  end
  always @(posedge clk)
    if (rst) begin
      s0 <= 1'b1;
      s1 <= 1'b0;
    end else begin
      s0 <= ~x;
      s1 <= ~(s0 | x);
    end
endmodule
"""


def test_replace_111():
    assert verilog(replace_111()) == REPLACE_111


def test_names_that_verilog_has_taken_are_changed_for_all_to_see():
    text = verilog(badly_named())
    assert '// module "bit" is called bit_ here\n' in text
    assert '// output "rst" is called rst_ here\n' in text
    assert '// output "switch" is called switch_ here\n' in text
    assert '// value "neuron[0]" is called neuron_0 here\n' in text
    assert text.count("endmodule") == 1 + text.count("_endmodule") + text.count("\\nendmodule")


@needs_verilator
@pytest.mark.parametrize("m", ALL, ids=lambda m: m.name)
def test_a_linter_has_nothing_to_say(m, tmp_path):
    text = verilog(m)
    title = re.search(r"^module (\w+)", text, re.M)[1]
    (tmp_path / f"{title}.v").write_text(text, "utf-8")
    command = ["verilator", "--lint-only", "-Wall", f"{title}.v"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@needs_iverilog
@pytest.mark.parametrize("m", ALL, ids=lambda m: m.name)
def test_it_simulates_as_the_circuit_runs(m):
    assert isinstance(check_verilog(verilog(m), m.name, table(m)), Held)


@needs_iverilog
@pytest.mark.parametrize("fault", [None, ("s1 <= ~(s0", "s1 <= (s0"), ("= 1'b1;", "= 1'b0;")])
def test_the_testbench_passes_what_is_right_and_fails_what_is_not(fault, tmp_path):
    m = replace_111()
    words = np.random.default_rng(0).integers(0, 2, (4, 9, 1), dtype=np.uint8)
    wanted = simulate(m, words)
    text = verilog(m)
    (tmp_path / "m.v").write_text(text.replace(*fault, 1) if fault else text)
    (tmp_path / "m_tb.v").write_text(bench("replace_111", words, wanted, np.ones_like(wanted)))
    command = ["iverilog", "-g2001", "-Wall", "-o", "m", "m.v", "m_tb.v"]
    compiled = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert compiled.stderr == ""
    done = subprocess.run(["vvp", "-n", "m"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout == "PASS\n") == (fault is None)
    assert done.stdout.startswith("FAIL") == (fault is not None)


def test_the_same_bytes_every_time():
    assert verilog(loop_3()) == verilog(loop_3())


@needs_iverilog
def test_the_testbench_follows_a_renamed_module(tmp_path):
    m = badly_named()
    words = np.random.default_rng(0).integers(0, 2, (3, 9, 6), dtype=np.uint8)
    wanted = simulate(m, words)
    (tmp_path / "m.v").write_text(verilog(m))
    (tmp_path / "m_tb.v").write_text(bench(m.name, words, wanted, np.ones_like(wanted)))
    command = ["iverilog", "-g2001", "-o", "m", "m.v", "m_tb.v"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run(["vvp", "-n", "m"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "PASS\n"
