"""`prove` on files of every kind: the published networks among them."""

import re
from pathlib import Path

import numpy as np
import pytest
from extras import PUBLISHED, published

from bonsaic import sides
from bonsaic.cli import main
from bonsaic.compare import answer, certified, trace
from bonsaic.diag import Mistake
from bonsaic.ir.text import show
from bonsaic.passes.readings import recovered
from bonsaic.ports import with_ports
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.verdict import Differs, Proved
from bonsaic.verify import check

ROOT = Path(__file__).parent.parent


@published
@pytest.mark.parametrize("name, size", [("replace_111", 3), ("delay_2", 4)])
def test_a_published_network_is_proved_for_all_words(name, size, tmp_path):
    spec, impl = str(ROOT / "programs" / f"{name}.bp"), str(PUBLISHED / f"{name}.json")
    found = answer(spec, impl)
    assert isinstance(found.verdict, Proved)
    assert (found.verdict.states, found.verdict.arithmetic) == (size, "float32")
    certified(found).write(str(tmp_path / "it.cert"))
    assert check(str(tmp_path / "it.cert")).startswith(f"verified: {spec} and {impl} agree")


@published
def test_a_published_network_has_a_boolean_reading():
    m = sides.module(str(PUBLISHED / "replace_111.json"))
    spec = sides.machine(str(ROOT / "programs" / "replace_111.bp"))
    m = with_ports(m, spec.inputs, spec.outputs)
    verdict, invariant = prove_soft(spec, m, np.random.default_rng(0))
    assert isinstance(verdict, Proved)
    hard = recovered(spec, m, invariant)
    assert "layer_0_recurrent_1 = sign" in show(hard.module)


@published
def test_a_difference_is_shown_tick_by_tick():
    spec, impl = str(ROOT / "programs" / "replace_111.bp"), str(PUBLISHED / "delay_2.json")
    verdict = answer(spec, impl).verdict
    assert isinstance(verdict, Differs)
    table = trace(spec, impl, verdict).splitlines()
    assert table[0].split() == ["tick", "x", "y", "wanted", "y", "found"]
    assert len(table) == len(verdict.word) + 1
    assert table[-1].endswith("<") and not any(row.endswith("<") for row in table[1:-1])


def test_a_long_difference_keeps_its_end(tmp_path):
    slow = tmp_path / "slow.bir"
    slow.write_text(
        "module slow : fin { in x : bit reg n : int[0..40] = 0 forty = const 40 : {40} one = affine 1*n, 1 : int[1..41]"
        " up = cast{lo=0, hi=40} one : int[0..40] end = eq n, forty : bit next n = up out y = end }"
    )
    never = tmp_path / "never.bir"
    never.write_text(
        "module never : gate { in x : bit n = not x : bit t = and n, x : bit out y = t }"
    )
    verdict = answer(str(slow), str(never)).verdict
    assert isinstance(verdict, Differs) and len(verdict.word) == 41
    table = trace(str(slow), str(never), verdict).splitlines()
    assert (
        len(table) == 26
        and table[1].strip() == "..."
        and table[-1].split() == ["41", "0", "1", "0", "<"]
    )


def test_a_refused_letter_and_a_free_output_are_shown(tmp_path):
    spec = tmp_path / "a.bir"
    spec.write_text("module a : gate { in x : bit n = not x : bit out y = x care n }")
    impl = tmp_path / "b.bir"
    impl.write_text("module b : gate { in x : bit n = not x : bit out y = x legal = n }")
    verdict = answer(str(spec), str(impl)).verdict
    assert isinstance(verdict, Differs) and verdict.found is None
    assert trace(str(spec), str(impl), verdict).splitlines()[1].split() == ["1", "1", "-", "x"]


def test_ports_that_differ_are_both_shown(tmp_path):
    impl = tmp_path / "b.bir"
    impl.write_text("module b : gate { in a : bit in b : bit out z = a }")
    with pytest.raises(Mistake, match=r"\(x\) -> \(y\), the implementation \(a, b\) -> \(z\)"):
        answer(str(ROOT / "programs" / "delay_1.bp"), str(impl))


def test_real_registers_belong_to_networks(tmp_path):
    soft = tmp_path / "soft.bir"
    soft.write_text("module m : net { in x : {-1, 1} reg r : real = 0.5 next r = r out y = r }")
    hard = tmp_path / "hard.bir"
    hard.write_text("module m : gate { in x : bit n = not x : bit t = or x, n : bit out y = t }")
    verdict = answer(str(hard), str(soft)).verdict
    assert isinstance(verdict, Proved)
    with pytest.raises(Mistake, match="its states are real numbers"):
        answer(str(soft), str(hard))
    limited = tmp_path / "limited.bir"
    limited.write_text(
        "module m : net { in x : bit reg r : real = 0.5 next r = r out y = r legal = x }"
    )
    with pytest.raises(Mistake, match="letters are all legal"):
        answer(str(hard), str(limited))


def test_a_program_may_be_the_second_side(tmp_path):
    program = str(ROOT / "programs" / "delay_1.bp")
    found = answer(program, program)
    assert isinstance(found.verdict, Proved) and certified(found)


@published
def test_the_command_line_says_so(capsys, tmp_path):
    spec, impl = str(ROOT / "programs" / "replace_111.bp"), str(PUBLISHED / "replace_111.json")
    assert main(["prove", spec, impl, "--certificate", str(tmp_path / "c")]) == 0
    assert main(["verify", str(tmp_path / "c")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "proved (3 boxes, 6 transitions, float32)"
    assert said[-1].startswith("verified: ")
    (tmp_path / "c").write_text("0\n{}")
    assert main(["verify", str(tmp_path / "c")]) == 2
    assert "proves nothing" in capsys.readouterr().err


def forget_names(path: Path) -> None:
    path.write_text(re.sub(r"^\.(ilb|ob) .*\n", "", path.read_text(), flags=re.M))


def test_the_names_in_a_kiss2_file_count(tmp_path, capsys):
    program, table = tmp_path / "a.bp", tmp_path / "a.kiss2"
    program.write_text(AND_GATE)
    assert main(["emit", str(program), "--to", "kiss2", "-o", str(table)]) == 0
    swapped = table.read_text().replace(".ilb b a", ".ilb a b")
    for text, status in ((table.read_text(), 0), (swapped, 1)):
        table.write_text(text)
        assert main(["prove", str(program), str(table)]) == status
        assert "position" not in capsys.readouterr().out
    table.write_text(swapped.replace(".ilb a b", ".ilb p q").replace(".ob y", ".ob z"))
    assert main(["prove", str(program), str(table)]) == 0
    assert "matched by position: b = p, a = q, y = z\n" in capsys.readouterr().out


def test_kiss2_takes_the_port_names_of_the_other_side(tmp_path):
    program = str(ROOT / "programs" / "replace_111.bp")
    table, other, more = (str(tmp_path / name) for name in ("a.kiss2", "b.bp", "c.bp"))
    other_text = "program b(first: bit, last: bit) -> (both: bit) { both = first and last }"
    Path(other).write_text(other_text)
    Path(more).write_text(other_text.replace("and", "or"))
    assert main(["emit", other, "--to", "kiss2", "-o", table]) == 0
    forget_names(Path(table))
    for pair in ((other, table), (table, other), (table, table)):
        certified(answer(*pair)).write(str(tmp_path / "it.cert"))
        assert check(str(tmp_path / "it.cert")).startswith("verified")
    verdict = answer(more, table).verdict
    assert isinstance(verdict, Differs) and (verdict.inputs, verdict.outputs) == (
        ("first", "last"),
        ("both",),
    )
    assert trace(more, table, verdict) and isinstance(answer(table, more).verdict, Differs)
    with pytest.raises(Mistake, match="the specification has"):
        answer(program, table)


def test_a_certificate_does_not_confuse_an_input_with_the_state_of_a_kiss2_file(tmp_path):
    program, table = tmp_path / "a.bp", tmp_path / "a.kiss2"
    program.write_text("program a(at: bit) -> (y: bit) { state s: bit = 0 y = s s = at }")
    assert main(["emit", str(program), "--to", "kiss2", "-o", str(table)]) == 0
    forget_names(table)
    assert isinstance(answer(str(program), str(table)).verdict, Proved)
    certificate = certified(answer(str(program), str(table)))
    certificate.write(str(tmp_path / "it.cert"))
    assert check(str(tmp_path / "it.cert"))


AND_GATE = "program both(b: bit, a: bit) -> (y: bit) { y = a and not b }"
NAMELESS = "aag 3 2 0 1 1\n2\n4\n6\n6 4 3\n"


def test_ports_without_names_are_matched_by_position_and_that_is_said(tmp_path, capsys):
    spec, impl = tmp_path / "a.bp", tmp_path / "a.aag"
    spec.write_text(AND_GATE)
    impl.write_text(NAMELESS)
    assert main(["prove", str(spec), str(impl)]) == 0
    assert "matched by position: b = i0, a = i1, y = o0\n" in capsys.readouterr().out
    impl.write_text(NAMELESS + "i0 a\ni1 b\no0 y\n")  # now the names count
    assert main(["prove", str(spec), str(impl)]) == 1
    assert "position" not in capsys.readouterr().out
    impl.write_text("aag 2 2 0 1 0\n2\n4\n2\ni0 a\n")
    assert main(["prove", str(spec), str(impl)]) == 2
    said = "the specification has (b, a) -> (y), the implementation (a, i1) -> (o0)"
    assert said in capsys.readouterr().err
    foreign = tmp_path / "a.blif"
    foreign.write_text(".model m\n.inputs pi0 pi1\n.outputs po0\n.names pi0 pi1 po0\n01 1\n.end\n")
    assert main(["prove", str(foreign), str(spec)]) == 0
    assert "matched by position: pi0 = b, pi1 = a, po0 = y\n" in capsys.readouterr().out


def test_a_wire_of_a_vector_is_spelt_either_way(tmp_path):
    spec, impl = tmp_path / "a.bp", tmp_path / "a.blif"
    spec.write_text("program a(x: int[0..3], z: bit) -> (y: bit) { y = x == 1 and z }")
    impl.write_text(
        ".model m\n.inputs z x[1] x[0]\n.outputs y\n.names x[0] x[1] z y\n101 1\n.end\n"
    )
    assert isinstance(answer(str(spec), str(impl)).verdict, Proved)


IDLE = {
    "b.bp": "program b(u: bit, x: bit) -> (y: bit) { y = not x }",
    "b.bir": "module b : gate { in u : bit in x : bit n = not x : bit out y = n }",
    "b.blif": ".model b\n.inputs u x\n.outputs y\n.names x y\n0 1\n.end\n",
    "b.aag": "aag 2 2 0 1 0\n2\n4\n5\ni0 u\ni1 x\no0 y\n",
    "b.v": "module b(input clk, rst, u, x, output y); assign y = ~x; endmodule",
}


@pytest.mark.parametrize("name", IDLE)
def test_an_input_on_which_nothing_depends_may_be_absent(name, tmp_path):
    spec, impl = tmp_path / "a.bp", tmp_path / name
    spec.write_text("program a(x: bit) -> (y: bit) { y = not x }")
    impl.write_text(IDLE[name])
    if name == "b.v":
        pytest.importorskip("pyosys")
    for pair in ((spec, impl), (impl, spec)):
        assert isinstance(answer(*map(str, pair)).verdict, Proved)


def test_an_input_on_which_a_program_depends_may_not(tmp_path):
    spec, impl = tmp_path / "a.bp", tmp_path / "b.bp"
    spec.write_text("program a(x: bit) -> (y: bit) { y = not x }")
    impl.write_text("program b(x: bit, u: bit) -> (y: bit) { assume u y = not x }")
    with pytest.raises(Mistake, match=r"has \(x\) -> \(y\), the implementation \(x, u\)"):
        answer(str(spec), str(impl))
