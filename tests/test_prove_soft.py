"""Networks with real states: published ones proved, disturbed ones proved or refuted, drift found however late."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from softnets import (
    delay,
    echo,
    echoed,
    errs_at,
    random_network,
    turning,
    two_state_network,
)

from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.ir.values import REAL, SIGN
from bonsaic.prove.boxes import Grain, Invariant, find
from bonsaic.prove.certificate import certify
from bonsaic.prove.exact import follow, walk_exactly
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.search import Reached, explore, first_error
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.tick import Tick, ameo
from bonsaic.prove.verdict import Differs, Proved, Unknown
from bonsaic.verify import check

F, LEAK = Fraction(1, 2), Fraction(float(np.float32(0.1)))


def rng():
    return np.random.default_rng(0)


@given(st.integers(0, 2**32), st.sampled_from([0.02, 0.05, 0.1]))
@settings(max_examples=12, deadline=None)
def test_a_disturbed_network_is_answered_rightly(seed, noise):
    made = np.random.default_rng(seed)
    inputs, states = int(made.integers(1, 3)), int(made.integers(1, 5))
    spec, m = random_network(made, inputs=inputs, states=states, noise=noise, extra=1)
    verdict, invariant = prove_soft(TableMachine(spec), m, rng())
    tick = Tick(m)
    words = made.integers(0, len(spec.letters), (200, 150))
    at = first_error(spec, tick, spec.letters, words)
    match verdict:
        case Proved():
            assert (at < 0).all()
            if invariant is not None:
                runs_stay_inside(spec, tick, invariant, words)
        case Differs():
            assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1
            if verdict.shortest and (at >= 0).any():
                assert len(verdict.word) <= at[at >= 0].min() + 1
        case Unknown():
            assert (at < 0).all()


def runs_stay_inside(spec, tick, invariant, words):
    """Every float32 run is in the box that the invariant names, at every tick."""
    box = np.zeros(len(words), np.int64)
    state = np.repeat(tick.initial[None].astype(np.float32), len(words), axis=0)
    for t in range(words.shape[1]):
        assert (invariant.low[box] <= state).all() and (state <= invariant.high[box]).all()
        state, _ = tick.run(state, spec.letters[words[:, t]])
        box = invariant.after[box, words[:, t]]


def test_float_and_exact_activations_agree():
    from bonsaic.ir.ops import ameo as exact

    xs = np.linspace(-5, 5, 401)
    for f, leak in ((0.5, 0.125), (1.0, 0.0), (0.0, 1.0)):
        wanted = [float(exact(Fraction(x), Fraction(f), Fraction(leak))) for x in xs.tolist()]
        assert np.abs(ameo(xs, f, leak) - wanted).max() < 1e-12


def analog(gain, *, f=1, bias=0, start=Fraction(1, 4)):
    """One state that alternates its sign with a gain; the output says which sign."""
    r = register("s", REAL)
    z = affine([gain], [r], bias)
    after = node("ameo", z, attr=(Fraction(f), Fraction(0)))
    return Module("osc", "net", (), (r,), {"s": start}, {"s": after}, {"y": r})


def alternating():
    """The table 1, 0, 1, 0, ..."""
    x = register("q")
    m = Module("alt", "gate", (), (x,), {"q": Fraction(1)}, {"q": node("not", x)}, {"y": x})
    return TableMachine(tabulate(_machine(m), cap=10))


def _machine(m):
    from bonsaic.ir.run import ModuleMachine

    return ModuleMachine(m)


def test_a_restoring_oscillator_is_proved_by_boxes():
    verdict, invariant = prove_soft(alternating(), analog(Fraction(3, 2)), rng())
    assert isinstance(verdict, Proved) and verdict.arithmetic == "float32"
    assert invariant is not None and verdict.what == "boxes"


def test_an_exact_oscillator_is_proved_by_its_states():
    verdict, invariant = prove_soft(alternating(), analog(Fraction(1)), rng())
    assert verdict == Proved(2, 2, "exact reals") and invariant is None
    verdict, _ = prove_soft(alternating(), analog(Fraction(1), start=Fraction(1)), rng())
    assert verdict == Proved(2, 2, "float32")


def test_a_fading_oscillator_is_never_proved():
    """Gain below 1 fades for ever and is right in the reals; float32 gets to 0 in the end, and then errs."""
    verdict, _ = prove_soft(alternating(), analog(Fraction(15, 16)), rng())
    assert not isinstance(verdict, Proved)


def test_what_float32_cannot_hold_is_never_proved_of_it():
    m = two_state_network()
    (s,) = m.regs
    large = affine([Fraction(2**100), Fraction(-(2**100)), 1], [s, s, s], Fraction(1, 16))
    for out in (large, node("ameo", affine([2**80], [s]), attr=(F, LEAK))):
        verdict, _ = prove_soft(TableMachine(delay()), replace(m, outs={"y": out}), rng())
        assert getattr(verdict, "arithmetic", None) != "float32"


@pytest.mark.parametrize("seed", range(8))
def test_nine_states_seven_inputs_and_a_sixteenth_of_margin_are_decided(seed):
    made = np.random.default_rng([seed, 99])
    spec, m = random_network(made, inputs=3, states=9, noise=0.01, extra=4)
    (neuron,) = m.outs["y"].args
    m = replace(m, outs={"y": affine([1], [neuron], int(made.choice([-1, 1])) * Fraction(15, 16))})
    assert max(len(n.args) for n in m.order()) >= 6
    verdict, invariant = prove_soft(TableMachine(spec), m, rng())
    words = made.integers(0, len(spec.letters), (200, 150))
    if isinstance(verdict, Proved):
        assert invariant is not None
        runs_stay_inside(spec, Tick(m), invariant, words)
        assert (first_error(spec, Tick(m), spec.letters, words) < 0).all()
    else:
        assert isinstance(verdict, Differs)
        assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1


def test_the_exact_sequel_of_a_word_confirms_it():
    m = analog(Fraction(15, 16))
    assert follow(m, [[]] * 3) == [1] and follow(m, [[]] * 4) == [0]
    still = replace(m, outs={"y": affine([1], [m.outs["y"]], Fraction(-1, 4))})
    assert follow(still, [[]]) == [0]


def test_only_legal_letters_matter():
    spec = delay()
    after, outs = spec.next.copy(), spec.outs.copy()
    q = int(after[0, 1])
    after[q, 1], outs[q, 1] = ILLEGAL, FREE
    narrow = replace(spec, next=after, outs=outs)
    verdict, invariant = prove_soft(TableMachine(narrow), two_state_network(), rng())
    assert isinstance(verdict, Proved)
    assert (invariant.after[invariant.state == q, 1] == -1).all()


def test_too_many_images_or_a_wrong_output_end_the_search_for_boxes():
    spec, m = random_network(rng(), inputs=2, states=4, noise=0.05)
    tick = Tick(m)
    reached = explore(spec, tick, spec.letters, 0.25)
    assert isinstance(reached, Reached)
    leak = find(spec, tick, spec.letters, Grain(0.25, 4), reached, most=1)
    assert not isinstance(leak, Invariant) and leak.reason == "there is too much to follow"
    wrong = replace(spec, outs=1 - spec.outs)
    leak = find(wrong, tick, spec.letters, Grain(4, 1), reached, most=1000)
    assert leak.reason == "an output may be wrong"


def test_a_specification_without_a_table_is_unknown(monkeypatch):
    monkeypatch.setattr("bonsaic.prove.soft.TABLE", 1)
    spec = _machine(Module("d", "gate", (port("x"),), (), {}, {}, {"y": port("x")}))
    verdict, _ = prove_soft(spec, two_state_network(), rng())
    assert isinstance(verdict, Unknown)


def test_states_too_fine_are_not_walked_exactly():
    verdict, _ = walk_exactly(alternating().table, analog(Fraction(1, 3)), [[]])
    assert verdict is None


@pytest.mark.parametrize("ticks", [0, 2])
def test_signs_and_constants_beside_real_states_are_followed(ticks):
    spec = TableMachine(echoed(ticks))
    verdict, invariant = prove_soft(spec, echo(ticks), rng())
    assert isinstance(verdict, Proved) and isinstance(invariant, Invariant)
    verdict, _ = prove_soft(TableMachine(echoed(ticks + 1)), echo(ticks), rng())
    assert isinstance(verdict, Differs)


def test_a_word_of_several_ticks_refutes_exact_states():
    m = echo(2)
    early = replace(
        m,
        regs=m.regs[:2],
        next=dict(list(m.next.items())[:2]),
        outs={"y": m.regs[1], "one": const(1)},
    )
    for ticks, length in (2, None), (3, 3):
        verdict, _ = walk_exactly(tabulate(TableMachine(echoed(ticks)), cap=100), early, [[0], [1]])
        assert len(verdict.word) == length if length else isinstance(verdict, Proved)


def test_letters_that_no_register_tells_apart_lead_to_the_same_places(tmp_path):
    """Beside the turning network an output repeats a letter of its own, which doubles the letters alone."""
    spec, m = turning(0.5)
    few, mode = find_turning(spec, m), port("mode", SIGN)
    letters = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    outs = np.stack([np.ones((1, 4)), letters[:, 1][None]], -1).astype(np.int8)
    spec = Mealy("two", ("x", "mode"), ("y", "z"), letters, np.zeros((1, 4), np.int32), outs)
    m = replace(m, inputs=(*m.inputs, mode), outs=m.outs | {"z": affine([1], [mode])})
    many = find_turning(spec, m)
    assert not few.home.all() and len(many.after) == len(few.after)
    assert (many.after == few.after[:, [0, 0, 1, 1]]).all()
    certificate = certify(spec, m, Proved(1, 1, "float32"), many, {})
    certificate.write(str(tmp_path / "it.cert"))
    assert check(str(tmp_path / "it.cert")).endswith("boxes, float32)")


def find_turning(spec, m):
    tick = Tick(m)
    reached = explore(spec, tick, spec.letters, 0.25)
    invariant = find(spec, tick, spec.letters, Grain(0.25, 4), reached, most=20_000)
    assert isinstance(invariant, Invariant), invariant
    return invariant
