"""A Verilog testbench that feeds input words to a circuit and checks every tick itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bonsaic.emit.names import VERILOG, Names

PASSED = "PASS"
FAILED = "FAIL"


def testbench(
    name: str,
    words: Sequence[np.ndarray],
    wanted: Sequence[np.ndarray],
    care: Sequence[np.ndarray],
) -> str:
    """A testbench of the emitted circuit `name` that prints PASS, or word, tick and outputs of each that FAILs.

    Per word: the letters 0/1 [time, input], the outputs wanted bool [time, output] and whether they matter. One circuit
    per word, all at once: first from their initial values, then again from a reset. Ports are connected in their order.
    """
    title = Names(VERILOG).take("module", name)
    count, inputs, outputs = len(words), words[0].shape[1], wanted[0].shape[1]
    read = [f"read[w * {inputs} + {i}]" for i in range(inputs)]
    given = [f"given[w * {outputs} + {i}]" for i in range(outputs)]
    wide = f"[{max(count * inputs, 1) - 1}:0]"
    out, at = f"[{count * outputs - 1}:0]", f"[i * {outputs} +: {outputs}]"
    lines = [
        f"// {title}_tb: prints {PASSED}, or {FAILED} and word, tick, outputs given, outputs wanted.",
        f"module {title}_tb;",
        "  reg clk = 0;",
        "  reg rst = 0;",
        f"  reg {wide} read = 0;",
        f"  wire {out} given;",
        "  integer failures = 0;",
        "  integer i;",
        "  genvar w;",
        "  generate",
        f"    for (w = 0; w < {count}; w = w + 1) begin : word",
        f"      {title} circuit (clk, rst, {', '.join(read + given)});",
        "    end",
        "  endgenerate",
        "  task edge_of_clock;",
        "    begin",
        "      #1 clk = 1;",
        "      #1 clk = 0;",
        "    end",
        "  endtask",
        f"  task tick(input integer number, input {wide} letters, input {out} wanted, input {out} care);",
        "    begin",
        "      read = letters;",
        "      #1;",
        f"      for (i = 0; i < {count}; i = i + 1)",
        f"        if (((given{at} ^ wanted{at}) & care{at}) !== 0) begin",
        "          failures = failures + 1;",
        f'          $display("{FAILED} %0d %0d %b %b", i, number, given{at}, wanted{at});',
        "        end",
        "      edge_of_clock;",
        "    end",
        "  endtask",
        "  task run;",
        "    begin",
        *_ticks(words, wanted, care),
        "    end",
        "  endtask",
        "  initial begin",
        "    run;",
        "    rst = 1;",
        "    edge_of_clock;",
        "    rst = 0;",
        "    run;",
        f'    if (failures == 0) $display("{PASSED}");',
        "    $finish;",
        "  end",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def _ticks(*sides: Sequence[np.ndarray]) -> list[str]:
    """One call per tick; a word that is over reads zeros, and nothing is wanted of it."""
    longest = max(len(rows) for rows in sides[0])
    blanks = [np.zeros(side[0].shape[1], bool) for side in sides]
    lines = []
    for t in range(longest):
        cells = [
            _literal([rows[t] if t < len(rows) else blank for rows in side])
            for side, blank in zip(sides, blanks, strict=True)
        ]
        lines.append(f"      tick({t}, {', '.join(cells)});")
    return lines


def _literal(rows: list[np.ndarray]) -> str:
    """The wires of all words in one literal, the first word and the first wire lowest."""
    groups = ["".join(str(int(b)) for b in reversed(row.tolist())) for row in reversed(rows)]
    width = sum(map(len, groups))
    return f"{width}'b{'_'.join(groups)}" if width else "1'b0"
