"""Networks with real states: published ones proved, disturbed ones proved or refuted, drift found however late."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from softnets import (
    delay,
    drifting_counter,
    drifting_parens,
    patient,
    random_network,
    two_state_network,
)

from bonsaic.ir.core import Module, affine, const, node, port, register
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.ir.values import REAL, SIGN
from bonsaic.prove.boxes import Grain, Invariant, find
from bonsaic.prove.exact import follow, walk_exactly
from bonsaic.prove.machine import TableMachine, tabulate
from bonsaic.prove.search import Found, Reached, explore, first_error, long_words, shorten
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.tick import Tick, ameo
from bonsaic.prove.verdict import Differs, Proved, Unknown

F, LEAK = Fraction(1, 2), Fraction(float(np.float32(0.1)))


def rng():
    return np.random.default_rng(0)


def errs_at(spec, m, word):
    """The first tick of a word on which a float32 run, one letter at a time, disagrees with the table."""
    tick = Tick(m)
    q, state = 0, tick.initial[None].astype(np.float32)
    for t, letter in enumerate(word):
        i = spec.letters.tolist().index(list(letter))
        assert spec.next[q, i] >= 0
        state, values = tick.run(state, np.array([letter], np.uint8))
        said = spec.outs[q, i]
        if any(w != FREE and w != (v > 0) for w, v in zip(said, values[0], strict=True)):
            return t
        q = spec.next[q, i]
    return None


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


@pytest.mark.parametrize("gain, latest", [(1.02, 400), (1.006, 1500)])
def test_drift_is_found_however_late(gain, latest):
    spec, m = drifting_counter(depth=3, gain=gain)
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and not verdict.shortest
    assert "float32" in verdict.arithmetic
    assert 20 < len(verdict.word) < latest
    assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1
    assert "confirmed word" in str(verdict)


@pytest.mark.parametrize("gain, latest", [(1.01, 30), (1.002, 150), (1.0005, 600)])
def test_drift_among_nine_levels_is_found_however_late(gain, latest):
    spec, m = drifting_counter(depth=8, gain=gain, step=0.1)
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and len(verdict.word) < latest
    assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1


def test_a_parity_that_drifts_is_found_after_it_was_right_for_long():
    spec, m = drifting_parens(depth=8, gain=1.0061)
    words = np.array([[0, 1] * 30, ([0] * 8 + [1] * 8) * 3 + [0] * 6 + [1] * 6])
    assert (first_error(spec, Tick(m), spec.letters, words) < 0).all()
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and verdict.arithmetic == "float32 and exact reals"
    assert 175 < len(verdict.word) < 200
    assert errs_at(spec, m, verdict.word) == len(verdict.word) - 1


def test_what_shows_after_many_equal_letters_is_found_though_others_have_smaller_margins():
    spec, m = patient(step=0.004)
    found = long_words(spec, Tick(m), spec.letters, rng(), ticks=400)
    assert found is not None and found.word[-300:] == [1] * 300
    verdict, _ = prove_soft(TableMachine(spec), m, rng())
    assert isinstance(verdict, Differs) and len(verdict.word) in range(300, 304)


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


def test_a_long_word_is_shortened():
    spec = delay()
    m = replace(two_state_network(), outs={"y": const_one()})
    tick = Tick(m)
    word = [1] * 30 + [0] + [1] * 30
    at = first_error(spec, tick, spec.letters, np.array([word]))[0]
    assert at == 31
    short = shorten(spec, tick, spec.letters, Found(word[: at + 1], False))
    assert len(short.word) == 2
    assert explore(spec, tick, spec.letters) == Found(explore(spec, tick, spec.letters).word, True)
    assert long_words(spec, tick, spec.letters, rng(), ticks=64) is not None


def const_one():
    from bonsaic.ir.core import const

    return const(1)


def test_a_specification_without_a_table_is_unknown(monkeypatch):
    monkeypatch.setattr("bonsaic.prove.soft.TABLE", 1)
    spec = _machine(Module("d", "gate", (port("x"),), (), {}, {}, {"y": port("x")}))
    verdict, _ = prove_soft(spec, two_state_network(), rng())
    assert isinstance(verdict, Unknown)


def test_states_too_fine_are_not_walked_exactly():
    verdict, _ = walk_exactly(alternating().table, analog(Fraction(1, 3)), [[]])
    assert verdict is None


def echo(ticks):
    """Gives x after so many ticks through real registers, by the first of which y also fades; and always one."""
    x, s = port("x", SIGN), [register(f"s{i}", REAL) for i in range(ticks + 1)]
    after = {q.name: affine([1], [p]) for p, q in zip([x, *s], s[:-1], strict=False)}
    fading = affine([1, Fraction(1, 4)], [[x, *s][ticks], s[-1]])
    outs = {"y": node("sign", fading), "one": const(1)}
    init = dict.fromkeys((q.name for q in s), Fraction(-1))
    return Module("echo", "net", (x,), tuple(s), init, after | {s[-1].name: fading}, outs)


def echoed(ticks):
    """What it should give, as a table."""
    q = np.arange(1 << ticks)[:, None]
    x = np.array([[0, 1]])
    after = (q << 1 | x) % (1 << ticks)
    outs = np.stack([(q << 1 | x) >> ticks, np.ones_like(after)], -1)
    letters = np.array([[0], [1]], np.uint8)
    return Mealy(
        "echo", ("x",), ("y", "one"), letters, after.astype(np.int32), outs.astype(np.int8)
    )


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


def test_words_that_end_where_nothing_is_legal_are_let_go():
    table = echoed(0)
    ends = replace(
        table, next=np.array([[ILLEGAL, ILLEGAL]], np.int32), outs=np.full((1, 2, 2), FREE)
    )
    tick = Tick(echo(0))
    assert long_words(ends, tick, np.array([[0], [1]]), rng(), ticks=8) is None
