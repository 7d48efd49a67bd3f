"""Verilog as people write it, through Yosys: clocks, resets, vectors, x values; what is no machine is refused."""

from pathlib import Path

import pytest
from extras import needs_yosys

from bonsaic.compare import answer
from bonsaic.diag import Missing, Mistake, Source
from bonsaic.emission import emitted
from bonsaic.emit import read_rtl as rtl
from bonsaic.emit.read_rtl import read_rtl
from bonsaic.emit.top_module import top_module
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse, show
from bonsaic.lang import check, parse_text, tabulate
from bonsaic.lang.files import load
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.verdict import Differs, Proved
from bonsaic.prove.walk import walk

PROGRAMS = Path(__file__).parent.parent / "programs"
LIBRARY = [
    pytest.param(p, id=p.stem, marks=[pytest.mark.slow] * (p.stem == "add_8"))
    for p in sorted(PROGRAMS.glob("*.bp"))
]

COUNTER = """program counter(up: bit, step: int[0..3]) -> (n: int[0..7], top: bit) {
  state s: int[0..7] = 5
  n = s
  top = s == 7
  if up { s = (s + step) % 8 }
}
"""
RTL = """// A counter with an enable; written by hand.
module counter #(parameter FIRST = 3'd5) (
  input clk, input RESET, input up, input [1:0] step, output reg [2:0] n, output top);
  HEAD
  always @(posedge clk CLEAR)
    if (COND) n <= FIRST;
    else if (up) n <= n + step;
  assign top = &n;
endmodule
"""
STYLES = {
    "a synchronous reset": ("rst", "", "", "rst"),
    "a reset that is active low": ("rst_n", "", "", "!rst_n"),
    "an asynchronous reset": ("areset", "", "or posedge areset", "areset"),
    "an asynchronous reset, active low": ("i_rst_n", "", "or negedge i_rst_n", "~i_rst_n"),
    "an initial value": ("unread", "initial n = FIRST;", "", "1'b0"),
    "both": ("rst", "initial n = 5;", "", "rst"),
}


def written(reset="rst", head="", clear="", cond="rst") -> str:
    words = {"RESET": reset, "HEAD": head, "CLEAR": clear, "COND": cond}
    text = RTL
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def machine(text: str) -> TableMachine:
    (program,) = check(parse_text(text))
    return TableMachine(tabulate(program, 10_000))


@needs_yosys
@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_register_is_read(style):
    m = read_rtl(written(*STYLES[style]), "counter.v")
    assert isinstance(walk(machine(COUNTER), ModuleMachine(m)), Proved)
    wrong = read_rtl(written(*STYLES[style]).replace("n + step", "n - step"), "counter.v")
    assert isinstance(walk(machine(COUNTER), ModuleMachine(wrong)), Differs)


@needs_yosys
@pytest.mark.parametrize("path", LIBRARY)
def test_a_program_s_own_verilog_is_proved_to_be_the_program(path):
    program = load(str(path))
    m = read_rtl(emitted(str(path), "verilog"), f"{path.stem}.v", program.input_wires)
    assert isinstance(walk(TableMachine(tabulate(program, 100_000)), ModuleMachine(m)), Proved)


@needs_yosys
def test_an_x_that_no_word_reaches_is_no_matter_and_one_that_is_reached_is():
    text = """module turn(input clk, input rst, input x, output reg y);
      reg [1:0] s;
      always @(posedge clk) if (rst) s <= 0; else case (s)
        0: s <= x ? 2 : 1;
        1: s <= 2;
        2: s <= 0;
        default: s <= 2'bxx;
      endcase
      always @* case (s) 0: y = 0; 1: y = 0; 2: y = x; endcase
    endmodule
    """
    spec = "program turn(x: bit) -> (y: bit) { state s: int[0..2] = 0 y = s == 2 and x "
    spec += "s = if s == 0 { if x { 2 } else { 1 } } else if s == 1 { 2 } else { 0 } }"
    with pytest.raises(Mistake, match="`y` is a latch"):
        read_rtl(text)
    text = text.replace("2: y = x;", "2: y = x; default: y = 1'bx;")
    assert isinstance(walk(machine(spec), ModuleMachine(read_rtl(text))), Proved)
    m = read_rtl(text)
    assert m.care and parse(show(m)) == m
    reached = walk(
        machine(spec), ModuleMachine(read_rtl(text.replace("0: y = 0;", "0: y = 1'bx;")))
    )
    assert isinstance(reached, Differs) and reached.found == (None,)


@needs_yosys
def test_an_input_of_the_specification_is_no_reset(tmp_path):
    spec, impl = tmp_path / "p.bp", tmp_path / "p.v"
    spec.write_text(
        "program p(reset: bit, x: bit) -> (y: bit) { state s: bit = 0 y = s "
        "if reset { s = 0 } else { s = x } }"
    )
    impl.write_text(
        "module p(input clk, reset, x, output reg y = 0);"
        "always @(posedge clk) if (reset) y <= 0; else y <= x; endmodule"
    )
    for pair in ((spec, impl), (impl, spec)):
        assert isinstance(answer(*map(str, pair)).verdict, Proved)
    assert [n.name for n in read_rtl(impl.read_text()).inputs] == ["x"]


OPEN = "module m(input clk, input rst, input x, output"
MOVE, OTHER = "always @(posedge clk) y <= x;", "reg q = 0; assign z = q;"
CLEAR = "always @(posedge clk) if (rst) y <= 0; else y <= x;"
REFUSED = {
    "no module": ("this file is about circuits", "found no `module`"),
    "two tops": ("module a(output y); endmodule module b(output y); endmodule", "a, b"),
    "a syntax error": (f"{OPEN} y);\n  assign y = = x;", "2:1: error: Yosys says: syntax error"),
    "an absent module": (f"{OPEN} z); other o(x, z);", "other"),
    "no initial value": (f"{OPEN} reg y); {MOVE}", "`y` has no initial value"),
    "two first values": (
        f"{OPEN} reg y); initial y = 1; {CLEAR}",
        "`y` starts as 1, but `rst` makes it 0",
    ),
    "half a reset": (
        f"{OPEN} reg y, output z); {OTHER} always @(posedge clk) q <= x; {CLEAR}",
        "begins at the reset `rst`, which `q` has none of",
    ),
    "a latch": (f"{OPEN} reg y); always @* if (x) y = rst;", "`y` is a latch"),
    "a loop": (f"{OPEN} z); assign z = ~(z & x);", "a loop without a register"),
    "two clocks": (
        f"{OPEN} reg y, output z); {OTHER} {MOVE} always @(posedge x) q <= y;",
        "one clock",
    ),
    "both edges": (
        f"{OPEN} reg y, output z); {OTHER} {MOVE} always @(negedge clk) q <= y;",
        "by its other edge",
    ),
    "a made clock": (f"{OPEN} reg y); always @(posedge (clk & x)) y <= x;", "is no input"),
    "a clock that is read": (
        f"{OPEN} reg y, output z); initial y = 0; {MOVE} assign z = clk;",
        "the clock `clk` is read",
    ),
    "two drivers": (f"{OPEN} z); assign z = x; assign z = rst;", "driven by two"),
    "no driver": (f"{OPEN} z);", "nothing drives `z`"),
    "both ways": ("module m(inout x, output y); assign y = x;", "both input and output"),
}


@needs_yosys
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_machine_of_one_clock_is_refused(what):
    text, said = REFUSED[what]
    with pytest.raises(Mistake) as e:
        read_rtl(text + " endmodule\n", "m.v")
    assert said in str(e.value) and str(e.value).startswith("m.v")


def test_without_yosys_it_is_said_what_installs_it(monkeypatch):
    monkeypatch.setattr(rtl, "installed", lambda: False)
    with pytest.raises(Missing, match=r"pip install 'bonsaic\[formal\]'"):
        read_rtl(written(), "counter.v")


ESCAPED = """module \\my-mod (input clk, input \\a+b , input [1:0] \\vec , output reg \\q.out );
  reg \\st!ate = 0;
  always @(posedge clk) \\st!ate <= \\a+b ;
  always @* \\q.out = \\st!ate ^ \\vec [1];
endmodule
"""
TYPED = """typedef enum logic [1:0] {IDLE, RUN, DONE} s_t;
module s(input logic clk, input logic go, output logic busy);
  s_t st = IDLE;
  always_ff @(posedge clk) case (st) IDLE: if (go) st <= RUN; RUN: st <= DONE; default: st <= IDLE; endcase
  always_comb busy = st != IDLE;
endmodule
"""


@needs_yosys
def test_escaped_names_are_names():
    m = read_rtl(ESCAPED)
    assert m.name == "my-mod" and [n.name for n in m.inputs] == ["a+b", "vec_0", "vec_1"]
    assert list(m.outs) == ["q.out"] and [r.name for r in m.regs] == ["st!ate"]


@needs_yosys
def test_a_file_that_says_so_is_systemverilog(tmp_path):
    program, typed = tmp_path / "s.bp", tmp_path / "s.sv"
    typed.write_text(TYPED)
    program.write_text(
        "program s(go: bit) -> (busy: bit) { state st: int[0..2] = 0 busy = st != 0\n"
        "st = if st == 0 { if go { 1 } else { 0 } } else { (st + 1) % 3 } }"
    )
    assert isinstance(answer(str(program), str(typed)).verdict, Proved)
    assert isinstance(answer(str(typed), str(program)).verdict, Proved)
    with pytest.raises(Mistake, match="Yosys says"):
        read_rtl(TYPED, "s.v")


INNER = "module s_inner(input a, output y); assign y = ~a; endmodule\n"
TOPS = {
    INNER + "module s(input s_a, output y); s_inner u (s_a, y); endmodule": "s",
    INNER + "module s(input a, output y); \\s_inner #() \\u! (a, y); endmodule": "s",
    "module s(input a, output sum); assign sum = (a); endmodule": "s",
    "module s(input a, output y); // s u (a);\nassign y = a; endmodule": "s",
}


@pytest.mark.parametrize("text", TOPS)
def test_the_whole_design_is_the_module_that_no_other_contains(text):
    assert top_module(Source("t.v", text)) == TOPS[text]
