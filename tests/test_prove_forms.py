"""Sets of states whose registers vary together: they hold every run, and prove what boxes alone do not."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from softnets import random_network, turning

from bonsaic.ir.core import Module, affine, node, port, register
from bonsaic.ir.mealy import Mealy
from bonsaic.ir.values import REAL, SIGN
from bonsaic.prove.boxes import Grain, Invariant, find
from bonsaic.prove.forms import boxes, image, renewed
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.search import explore, first_error
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.tick import Tick
from bonsaic.prove.verdict import Differs, Proved


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_an_image_holds_every_float32_run_of_its_box(seed):
    made = np.random.default_rng(seed)
    spec, m = random_network(made, inputs=2, states=4, noise=0.3, extra=2, f=float(made.random()))
    tick = Tick(m)
    low = made.normal(0, 1.5, (1, 4))
    high = low + made.exponential(0.5, (1, 4))
    letters = spec.letters[made.integers(0, 4, 500)]
    ends = [np.repeat(e, 500, axis=0) for e in (low, high)]
    inside = ends[0] + (ends[1] - ends[0]) * made.random((500, 4))
    forms = boxes(*ends)
    runs = [(kind, inside.astype(kind)) for kind in (np.float32, np.float64)]
    for t in range(4):
        letter = np.roll(letters, t, axis=0)
        forms, outs = image(tick, renewed(forms) if t % 2 else forms, letter)
        runs = [(kind, *tick.run(states, letter, kind)) for kind, states, *_ in runs]
        for _, *results in runs:
            for columns, values in zip((forms, outs), results, strict=True):
                for form, value in zip(columns, values.T.astype(float), strict=True):
                    assert (form.low <= value).all() and (value <= form.high).all()
                    spread = np.abs(form.slopes).sum(axis=1) + 1e-9
                    assert (form.least - spread <= value).all()
                    assert (value <= form.most + spread).all()


def test_a_state_that_turns_is_proved_by_following_its_registers_together():
    spec, m = turning(0.5)
    tick = Tick(m)
    reached = explore(spec, tick, spec.letters, 4)
    assert not isinstance(
        find(spec, tick, spec.letters, Grain(4, 1), reached, most=9999), Invariant
    )
    verdict, invariant = prove_soft(TableMachine(spec), m, np.random.default_rng(0))
    assert isinstance(verdict, Proved) and invariant.together and not invariant.home.all()
    words = np.random.default_rng(0).integers(0, 2, (300, 200))
    box, state = (
        np.zeros(300, np.int64),
        np.repeat(tick.initial[None].astype(np.float32), 300, axis=0),
    )
    for t in range(words.shape[1]):
        assert (invariant.low[box] <= state).all() and (state <= invariant.high[box]).all()
        state, _ = tick.run(state, spec.letters[words[:, t]])
        box = invariant.after[box, words[:, t]]


def test_a_state_that_turns_too_far_is_refuted():
    spec, m = turning(0.125)
    verdict, _ = prove_soft(TableMachine(spec), m, np.random.default_rng(0))
    assert isinstance(verdict, Differs)
    word = np.array([[letter for (letter,) in verdict.word]])
    assert first_error(spec, Tick(m), spec.letters, word)[0] == len(verdict.word) - 1


def test_what_was_explored_by_cells_is_a_confirmed_word():
    """A network that is wrong once its state has grown: words that differ in cells only find it."""
    spec, m = turning(0.125)
    found = explore(spec, Tick(m), spec.letters, 1 / 64)
    assert not found.shortest
    at = first_error(spec, Tick(m), spec.letters, np.array([found.word]))[0]
    assert at == len(found.word) - 1
    assert explore(replace(spec, outs=1 - spec.outs), Tick(m), spec.letters).word == [0]


def test_a_network_without_states_is_one_box():
    x, tenth = port("x", SIGN), Fraction(float(np.float32(0.1)))
    m = Module("copy", "net", (x,), (), {}, {}, {"y": affine([tenth], [x], tenth / 3)})
    letters, outs = np.array([[0], [1]], np.uint8), np.array([[[0], [1]]], np.int8)
    spec = Mealy("copy", ("x",), ("y",), letters, np.zeros((1, 2), np.int32), outs)
    verdict, invariant = prove_soft(TableMachine(spec), m, np.random.default_rng(0))
    assert verdict == Proved(1, 2, "float32", "boxes") and isinstance(invariant, Invariant)
    wrong = TableMachine(replace(spec, outs=1 - outs))
    assert isinstance(prove_soft(wrong, m, np.random.default_rng(0))[0], Differs)


def test_a_register_that_is_exactly_zero_stays_so_though_it_is_unstable():
    x, r, third = port("x", SIGN), register("r", REAL), Fraction(float(np.float32(1 / 3)))
    after = node("ameo", affine([5 * third], [r]), attr=(third, third))
    out = affine([third, 1], [x, r], third / 8)
    letters, outs = np.array([[0], [1]], np.uint8), np.array([[[0], [1]]], np.int8)
    spec = Mealy("copy", ("x",), ("y",), letters, np.zeros((1, 2), np.int32), outs)
    for start, proved in (Fraction(0), True), (third / 1024, False):
        m = Module("copy", "net", (x,), (r,), {"r": start}, {"r": after}, {"y": out})
        tick = Tick(m)
        reached = explore(spec, tick, letters, 4)
        assert (
            isinstance(find(spec, tick, letters, Grain(4, 1), reached, most=999), Invariant)
            is proved
        )
