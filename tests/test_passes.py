"""The pass manager, and the passes on numbers: clipping, quantising, dead nodes, folding."""

from dataclasses import replace
from fractions import Fraction

import pytest

from bonsaic.diag import Mistake
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse, show
from bonsaic.passes.manager import PASSES, Pass, Refuted, check_levels, parse_pipeline, run
from bonsaic.passes.pipelines import O0, O1
from bonsaic.passes.weights import numbers
from bonsaic.prove.verdict import Differs, Proved

# Hold the last input: y is the x of one tick ago. A tiny weight, a register nothing reads and one that never changes.
DELAY = """
module delay : net {
  in x : {-1, 1}
  reg s : {-1, 1} = -1
  reg unread : {-1, 1} = 1
  reg fixed : {-1, 1} = 1
  a = affine -1.09375*x, 0.0009765625*s : real
  b = ameo{f=1/2, leak=1/10} a : real
  keep = sign b : {-1, 1}
  c = affine 0.5*unread, 0.25*x : {-3/4, -1/4, 1/4, 3/4}
  d = ameo{f=1/2, leak=1/10} c : real
  drop = sign d : {-1, 1}
  e = affine -1*fixed : {-1, 1}
  f = ameo{f=1/2, leak=1/10} e : {-1, 1}
  same = sign f : {-1, 1}
  h = affine 1.265625*s, 0.0078125*fixed : real
  next s = keep
  next unread = drop
  next fixed = same
  out y = h
}
"""


@pytest.fixture
def delay():
    return parse(DELAY, "delay.bir")


def spec(m):
    return ModuleMachine(m)


def test_clipping_takes_the_largest_threshold_that_is_proved(delay):
    after, records = run(
        delay, parse_pipeline("dead-nodes,fold-init,clip-weights"), spec=spec(delay)
    )
    record = records[-1]
    weights = {w for n in after.order() if n.op == "affine" for w in n.attr[0]}
    assert weights == {Fraction(-35, 32), Fraction(81, 64)}  # one more and the machine differs
    assert record.claim == "approx" and isinstance(record.verdict, Proved)


def test_quantising_takes_the_coarsest_step_that_is_proved(delay):
    after, _ = run(
        delay, parse_pipeline("dead-nodes,fold-init,clip-weights,quantise"), spec=spec(delay)
    )
    assert show(after) == (
        "module delay : quant {\n"
        "  in x : {-1, 1}\n"
        "  reg s : {-1, 1} = -1\n"
        "  h = affine 1*s : {-1, 1}\n"
        "  a = affine -1*x : {-1, 1}\n"
        "  b = ameo{f=1/2, leak=1/10} a : {-1, 1}\n"
        "  keep = sign b : {-1, 1}\n"
        "  next s = keep\n"
        "  out y = h\n"
        "}\n"
    )


def test_dead_nodes_drops_what_no_output_observes(delay):
    after, _ = run(delay, parse_pipeline("dead-nodes"), spec=spec(delay))
    assert [r.name for r in after.regs] == ["s", "fixed"]


def test_folding_replaces_a_register_that_never_changes(delay):
    after, _ = run(delay, parse_pipeline("fold-init"), spec=spec(delay))
    assert [r.name for r in after.regs] == ["s", "unread"]
    assert "0.0078125" in show(after)  # the fixed register's weight is now a bias


def test_folding_keeps_registers_that_only_look_constant():
    swapped = parse(
        "module m : gate { reg a : bit = 0 reg b : bit = 1 next a = b next b = a out y = a }"
    )
    after, _ = run(swapped, parse_pipeline("fold-init"), spec=spec(swapped))
    assert after == swapped


def test_folding_finds_registers_constant_only_together():
    tied = parse(
        "module m : gate { in x : bit reg a : bit = 0 reg b : bit = 0 "
        "p = and x, b : bit q = or a, p : bit r = xor x, q : bit "
        "next a = p next b = p out y = r }"
    )
    after, _ = run(tied, parse_pipeline("fold-init"), spec=spec(tied))
    assert not after.regs and after.outs["y"] is after.inputs[0]


def test_a_setting_of_0_changes_nothing(delay):
    text = "clip-weights{threshold=0},quantise{step=0}"
    after, _ = run(delay, parse_pipeline(text), spec=spec(delay))
    assert numbers(after) == numbers(delay)


def test_a_setting_that_changes_behaviour_is_an_honest_no(delay):
    with pytest.raises(Refuted) as e:
        run(delay, parse_pipeline("clip-weights{threshold=2}"), spec=spec(delay))
    assert e.value.chosen and isinstance(e.value.verdict, Differs)


def test_a_wrong_pass_is_caught_by_name(delay, monkeypatch):
    def flip(m):
        return replace(m, init=dict(m.init) | {"s": -m.init["s"]})

    wrong = Pass("flip", flip, ("net",), None, "exact", "Break it.", {}, False)
    monkeypatch.setitem(PASSES, "flip", wrong)
    with pytest.raises(Refuted, match="flip claims `exact`") as e:
        run(delay, parse_pipeline("flip"), spec=spec(delay))
    assert not e.value.chosen and len(e.value.verdict.word) == 1


@pytest.mark.parametrize(
    "text, message",
    [
        ("clip", "--passes:1:1: error: there is no pass `clip`"),
        ("clip-weights,,dead-nodes", "--passes:1:14: error: `` is no pass"),
        ("clip-weights{step=1}", "`clip-weights` has no option `step`"),
        ("clip-weights{threshold=x}", "`threshold` needs a number, not `x`"),
        ("clip-weights{threshold=1/0}", "`threshold` needs a number, not `1/0`"),
        ("clip-weights{threshold=1,threshold=2}", "`threshold` is given twice"),
    ],
)
def test_mistakes_in_a_pipeline_are_told_with_their_place(text, message):
    with pytest.raises(Mistake) as e:
        parse_pipeline(text)
    assert message in str(e.value)


def test_levels_are_checked_before_anything_runs():
    with pytest.raises(Mistake, match="`minimise` works on gate, but the module is at net"):
        check_levels(parse_pipeline("minimise"), "net")
    with pytest.raises(Mistake, match="ends at quant, not gate"):
        check_levels(parse_pipeline("quantise"), "net", "gate")
    for pipeline in (O0, O1):
        check_levels(parse_pipeline(pipeline), "net", "gate")


def test_every_pass_has_a_help_line_and_a_file_of_its_name():
    for p in PASSES.values():
        assert p.help.endswith(".") and len(p.help) < 120, p
        assert p.run.__module__ == f"bonsaic.passes.{p.name.replace('-', '_')}"
