"""KISS2 machines come in as programs that do the same, and go out as texts that come back."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.lang import check, check_all, load, parse_text, tabulate
from bonsaic.lang.cubes import cubes
from bonsaic.lang.kiss2 import read_kiss2, to_kiss2
from bonsaic.lang.transcribe import transcribe

GATE = """# toggles on 11, says so; what happens on 10 while on does not matter
.i 2
.o 2
.p 5
.s 2
.r off
0- off off 00
10 off off 0-
11 off on 01
0- on on 1-
11 on off 10
.e
"""


def same(a: Mealy, b: Mealy) -> bool:
    """The same answers to every word, don't-cares and illegal letters included."""
    back, order = (np.lexsort(m.letters.T[::-1]) for m in (a, b))
    pairs = {(0, 0)}
    for p, q in (todo := [(0, 0)]):
        if (a.outs[p, back] != b.outs[q, order]).any():
            return False
        for x, y in zip(a.next[p, back].tolist(), b.next[q, order].tolist(), strict=True):
            if (x < 0) != (y < 0):
                return False
            if x >= 0 and (x, y) not in pairs:
                pairs.add((x, y))
                todo.append((x, y))
    return True


def test_a_file_becomes_a_program(tmp_path: Path) -> None:
    path = tmp_path / "9-gate.kiss2"
    path.write_text(GATE)
    p = load(str(path))
    check_all(p)
    table = tabulate(p)
    assert p.name == "m9_gate" and p.about == "The machine of 9-gate.kiss2."
    assert p.input_wires == ("x0", "x1") and p.output_wires == ("y0", "y1")
    assert table is not None and table.states == 3  # on, off, and what is not specified
    assert same(table, read_kiss2(GATE).table)


def test_a_machine_is_written_as_a_person_would() -> None:
    machine = read_kiss2(GATE, name="gate")
    assert machine.states == ("off", "on", "unspecified")
    assert transcribe(machine.table, machine.states, "A toggle.").startswith(
        "// A toggle.\n"
        "enum State { off, on, unspecified }\n"
        "program gate(x0: bit, x1: bit) -> (y0: bit, y1: bit) {\n"
        "  state at: State = off\n"
        "  match at {\n"
        "    off {\n"
        "      if x0 and not x1 {\n"
        "        y0 = 0\n"
        "        y1 = dontcare\n"
        "      } else if x0 and x1 {\n"
        "        y0 = 0\n"
        "        y1 = 1\n"
        "        at = on\n"
        "      } else {\n"
    )


def test_any_state_and_any_next_state() -> None:
    m = read_kiss2(".i 1\n.o 1\n0 a a 0\n0 b * 1\n1 * b -\n").table
    assert m.next.tolist() == [[0, 1], [2, 1], [2, 2]]
    assert m.outs[:, :, 0].tolist() == [[0, FREE], [1, FREE], [FREE, FREE]]


def test_a_machine_without_inputs() -> None:
    m = read_kiss2(".i 0\n.o 1\na b 0\nb a 1\n").table
    assert m.next.tolist() == [[1], [0]]
    assert to_kiss2(m) == ".i 0\n.o 1\n.ob y\n.p 2\n.s 2\n.r s0\n s0 s1 0\n s1 s0 1\n.e\n"
    assert (read_kiss2(to_kiss2(m)).table.next == m.next).all()


@st.composite
def machines(draw: st.DrawFn) -> Mealy:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    states, inputs, outputs = (draw(st.integers(1, k)) for k in (6, 3, 2))
    letters = (np.arange(1 << inputs)[:, None] >> np.arange(inputs)[::-1] & 1).astype(np.uint8)
    shape = states, len(letters)
    after = rng.integers(0, max(1, states // rng.integers(1, 3)), shape).astype(np.int32)
    outs = rng.integers(-1, 2, (*shape, outputs)).astype(np.int8)
    x, y = (tuple(f"{n}{k}" for k in range(c)) for n, c in (("x", inputs), ("y", outputs)))
    return Mealy("m", x, y, letters, after, outs)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(machines())
def test_any_table_comes_back(m: Mealy) -> None:
    back = read_kiss2(to_kiss2(m)).table
    assert (back.next == m.next).all() and (back.outs == m.outs).all()
    (p,) = check(parse_text(transcribe(m, [f"q{k}" for k in range(m.states)], "Random.")))
    check_all(p)
    table = tabulate(p)
    assert table is not None and same(table, m)


def test_illegal_letters_are_left_out_and_come_back_unspecified() -> None:
    p = load(str(Path(__file__).parent.parent / "programs" / "parens_8.bp"))
    table = tabulate(p)
    assert table is not None
    back = read_kiss2(to_kiss2(table)).table
    assert back.states == 10
    legal = table.next != ILLEGAL
    assert (back.next[:9][legal] == table.next[legal]).all()
    assert (back.next[:9][~legal] == 9).all() and (back.outs[9] == FREE).all()


@settings(max_examples=200, deadline=None)
@given(st.sets(st.text("01", min_size=4, max_size=4)))
def test_cubes_hold_each_word_once(words: set[str]) -> None:
    held = [
        f"{k:04b}"
        for c in cubes(sorted(words))
        for k in range(16)
        if all(a in ("-", b) for a, b in zip(c, f"{k:04b}", strict=True))
    ]
    assert sorted(held) == sorted(words)


def test_named_wires_keep_their_names_as_far_as_a_program_can_have_them(tmp_path: Path) -> None:
    path = tmp_path / "at.kiss2"
    path.write_text(
        ".i 4\n.o 2\n.ilb req data[0] at if\n.ob State 2nd\n.r idle\n"
        "--0- idle idle 00\n0-1- idle S0 01\n1-11 idle S0 1-\n---- S0 idle 01\n.e\n"
    )
    p = load(str(path))
    check_all(p)
    assert p.input_wires == ("req", "data_0", "at", "if_") and p.output_wires == ("State", "y_2nd")
    table = tabulate(p)
    assert table is not None
    again = read_kiss2(to_kiss2(table)).table
    assert (again.inputs, again.outputs) == (p.input_wires, p.output_wires) and same(table, again)
