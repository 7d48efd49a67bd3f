"""What proved networks with real states compute, in bits: signs, levels, and states that two program states share."""

from fractions import Fraction

import numpy as np
import pytest
from softnets import delay, drifting_counter, random_network, two_state_network

from bonsaic.ir.core import Module, affine, port, register
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.values import REAL, SIGN
from bonsaic.passes import levels
from bonsaic.passes.cover import support
from bonsaic.passes.levels import Places
from bonsaic.passes.readings import recovered, signs_of
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.soft import prove_soft
from bonsaic.prove.verdict import Differs, Proved
from bonsaic.prove.walk import walk


def read(spec, m):
    """The reading of a network that is proved, itself proved here."""
    verdict, invariant = prove_soft(TableMachine(spec), m, np.random.default_rng(0))
    assert isinstance(verdict, Proved)
    reading = recovered(TableMachine(spec), m, invariant)
    assert reading is not None
    assert isinstance(walk(TableMachine(spec), ModuleMachine(reading.module)), Proved)
    return reading


def test_states_of_one_sign_are_read_as_signs():
    reading = read(delay(), two_state_network())
    hard = reading.module
    assert hard.level == "net" and [r.type for r in hard.regs] == [SIGN] and not reading.bits
    assert hard.names[hard.next["s"]] == "memory"


def last_letter(low, high):
    """Remembers the last letter as one of two values, and compares it with what lies between."""
    x, s = port("x", SIGN), register("s", REAL)
    after = affine([(high - low) / 2], [x], (high + low) / 2)
    out = affine([1], [s], -(high + low) / 2)
    return Module(
        "m", "net", (x,), (s,), {"s": high}, {"s": after}, {"y": out}, names={after: "memory"}
    )


def test_levels_are_read_where_signs_do_not_do():
    m = last_letter(Fraction(1, 4), Fraction(1, 2))
    reading = read(delay(), m)
    assert isinstance(walk(TableMachine(delay()), ModuleMachine(signs_of(m))), Differs)
    assert reading.module.level == "gate" and reading.module.next == {"s": port("x")}
    ((name, (state, threshold)),) = reading.bits.items()
    assert name == state == "s" and 1 / 4 < threshold < 1 / 2


@pytest.mark.parametrize("depth", [2, 3, 8])
def test_a_counter_in_one_state_is_a_bit_for_every_step(depth):
    spec, m = drifting_counter(depth=depth, gain=1, step=0.25)
    reading = read(spec, m)
    thresholds = [reading.bits[f"s.{k}"] for k in range(depth)]
    assert list(reading.bits) == [f"s.{k}" for k in range(depth)]
    assert all(state == "s" for state, _ in thresholds)
    steps = np.array([t for _, t in thresholds]) * 4 + depth / 2
    assert np.allclose(steps, np.arange(depth) + 0.5)


def test_program_states_that_a_network_does_not_tell_apart_share_their_bits():
    """What is illegal in one state is all that tells it from the other."""
    letters = np.array([[0], [1]], np.uint8)
    nexts = np.array([[1, ILLEGAL], [ILLEGAL, 0]], np.int32)
    outs = np.array([[[0], [FREE]], [[FREE], [1]]], np.int8)
    spec = Mealy("turns", ("x",), ("y",), letters, nexts, outs)
    x, s = port("x", SIGN), register("s", REAL)
    still = affine([1], [s])
    out = affine([1, -4], [x, s], 2)
    m = Module("m", "net", (x,), (s,), {"s": Fraction(1, 2)}, {"s": still}, {"y": out})
    assert read(spec, m).module.outs == {"y": port("x")}


def test_proved_networks_always_have_a_reading():
    made = np.random.default_rng(4)
    proved = 0
    for _ in range(10):
        inputs, states = int(made.integers(1, 3)), int(made.integers(1, 4))
        spec, m = random_network(made, inputs=inputs, states=states, noise=0.05, extra=1)
        verdict, invariant = prove_soft(TableMachine(spec), m, np.random.default_rng(0))
        if isinstance(verdict, Proved):
            assert recovered(TableMachine(spec), m, invariant) is not None
            proved += 1
    assert proved > 4


def test_too_many_places_have_no_levels(monkeypatch):
    monkeypatch.setattr(levels, "PLACES", 1)
    ends = np.array([[0.0], [1.0]])
    places = Places(np.array([0, 1]), ends, ends, np.array([[1], [0]]))
    assert levels.levels(np.array([0, 1]), places) is None


def test_overlapping_places_are_cut_between_their_middles():
    low, high = np.array([[0.0], [1.0], [0.5]]), np.array([[1.0], [2.0], [1.5]])
    places = Places(np.array([0, 1, 0]), low, high, np.zeros((3, 1), np.int64))
    (level,) = levels.levels(np.array([0, 1, 0]), places)
    assert level.threshold == 1.25 and level.side.tolist() == [False, True, False]


def test_the_support_is_the_first_of_the_smallest_sets():
    made = np.random.default_rng(1)
    for _ in range(50):
        rows = np.unique(made.integers(0, 2, (12, 5)), axis=0).astype(bool)
        value = rows[:, made.integers(5)] ^ rows[:, made.integers(5)]
        if value.all() or not value.any():
            continue
        chosen = support(rows[value], rows[~value])
        shown = {tuple(row) for row in rows[value][:, chosen].tolist()}
        assert not shown & {tuple(row) for row in rows[~value][:, chosen].tolist()}
        assert len(chosen) <= 2
