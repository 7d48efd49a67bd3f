"""A Verilog testbench that feeds input words to a circuit and checks every tick itself."""

from __future__ import annotations

import numpy as np

from bonsaic.emit.verilog import ports
from bonsaic.ir.core import Module

PASSED = "PASS"
FAILED = "FAIL"


def testbench(m: Module, words: np.ndarray, wanted: np.ndarray, care: np.ndarray) -> str:
    """A testbench NAME_tb that prints PASS, or one FAIL line per tick that is wrong.

    words 0/1 [batch, time, input]; wanted, care bool [batch, time, output]: the outputs, and whether they matter.
    The first word starts from the initial values, the others from a reset.
    """
    _, title, inputs, outputs = ports(m)
    batch, ticks, _ = words.shape
    connect = [f".{name}(letter[{i}])" for i, name in enumerate(inputs.values())]
    connect += [f".{name}(out[{i}])" for i, name in enumerate(outputs.values())]
    lines = [
        f"// {title}_tb: {batch} word(s) of {ticks} tick(s); prints {PASSED}, or {FAILED} and the tick.",
        f"module {title}_tb;",
        "  reg clk = 0;",
        "  reg rst = 0;",
        f"  reg [{max(len(inputs), 1) - 1}:0] letter = 0;",
        f"  wire [{len(outputs) - 1}:0] out;",
        "  integer failures = 0;",
        f"  {title} dut (.clk(clk), .rst(rst), {', '.join(connect)});",
        "  task tick(",
        "    input integer word,",
        "    input integer time_in_word,",
        f"    input [{max(len(inputs), 1) - 1}:0] read,",
        f"    input [{len(outputs) - 1}:0] wanted,",
        f"    input [{len(outputs) - 1}:0] care",
        "  );",
        "    begin",
        "      letter = read;",
        "      #1;",
        "      if (((out ^ wanted) & care) !== 0) begin",
        "        failures = failures + 1;",
        f'        $display("{FAILED} word %0d tick %0d: out %b, wanted %b", word, time_in_word, out, wanted);',
        "      end",
        "      clk = 1;",
        "      #1 clk = 0;",
        "    end",
        "  endtask",
        "  initial begin",
    ]
    for i in range(batch):
        if i:
            lines.append("    rst = 1; #1 clk = 1; #1 clk = 0; rst = 0;")
        for t in range(ticks):
            cells = [_bits(row[i, t]) for row in (words, wanted, care)]
            lines.append(f"    tick({i}, {t}, {', '.join(cells)});")
    lines += [f'    if (failures == 0) $display("{PASSED}");', "    $finish;", "  end", "endmodule"]
    return "\n".join(lines) + "\n"


def _bits(row: np.ndarray) -> str:
    """A literal with the first wire lowest."""
    text = "".join(str(int(b)) for b in reversed(row.tolist()))
    return f"{max(len(text), 1)}'b{text or '0'}"
