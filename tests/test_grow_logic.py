"""Networks constructed from tables are the machines they are constructed from, however these are made."""

import numpy as np
import pytest
from machines import accumulator, machine, proved, table

from bonsaic.grow import grow
from bonsaic.grow.check import walk as check
from bonsaic.grow.logic import construct
from bonsaic.grow.logic.divide import TooMany
from bonsaic.grow.logic.layout import Plan, built, edges, widest
from bonsaic.grow.logic.machine import narrowest
from bonsaic.grow.logic.parts import parts
from bonsaic.grow.logic.signals import Gate, Signals
from bonsaic.grow.logic.tidy import tidied
from bonsaic.grow.logic.ways import ways_into
from bonsaic.grow.teacher import STATES, WORDS
from bonsaic.grow.words import Sampler
from bonsaic.ir.mealy import FREE, ILLEGAL


def forever() -> bool:
    return False


@pytest.mark.parametrize("seed", range(6))
def test_a_random_machine_with_free_outputs_and_illegal_letters(seed):
    rng = np.random.default_rng(seed)
    states, inputs = int(rng.integers(1, 9)), int(rng.integers(1, 5))
    following = rng.integers(0, states, (states, 1 << inputs))
    following[rng.random(following.shape) < 0.2] = ILLEGAL
    following[:, 0] = (np.arange(states) + 1) % states
    outs = rng.integers(0, 2, (*following.shape, 2))
    outs[rng.random(outs.shape) < 0.2] = FREE
    outs[following == ILLEGAL] = FREE
    m = table(inputs, following, outs).minimised()
    assert check(*construct(m, forever), Sampler(m)).proved


@pytest.mark.parametrize(("states", "inputs"), [(60, 1), (30, 2), (9, 3)])
def test_a_random_table_takes_no_neuron_of_more_than_six_inputs(states, inputs):
    rng = np.random.default_rng(states)
    following = rng.integers(0, states, (states, 1 << inputs))
    m = table(inputs, following, rng.integers(-1, 2, (*following.shape, 1))).minimised()
    plan = narrowest(m, forever)
    shape, flat = built(plan)
    network = shape.network(flat, m.name, m.inputs, m.outputs)
    assert network.max_inputs == widest(plan) <= 6 and proved(network, m)


def test_of_more_letters_than_inputs_neurons_are_as_narrow_as_one_tick_allows():
    rng = np.random.default_rng(0)
    following = rng.integers(0, 40, (40, 8))
    ways = ways_into(following.T, 1, forever)
    assert 6 < max(way.inputs for way in ways.ways) < 16
    read = np.zeros(len(ways.ways), int)
    for way in ways.ways:
        read[list(way.reads)] += 1
        sources = {ways.ways[g].label for g in way.reads}
        assert all((following[sorted(sources), c] == way.label).all() for c in way.classes)
    assert (read >= [len(set(following[way.label])) for way in ways.ways]).all()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_one_register_is_on_then(seed):
    """Also where a letter that leads from everywhere to one state does so in several blocks."""
    rng = np.random.default_rng(seed)
    following = rng.integers(0, 6, (6, 8))
    following[:, 1::2] = 0
    following[rng.random(following.shape) < 0.1] = ILLEGAL
    ways = ways_into(following.T, 1, lambda: False)
    for here, letter in zip(*np.nonzero(following != ILLEGAL), strict=True):
        for on in ways.of(here):
            fired = [
                way.label
                for way in ways.ways
                if letter in way.classes and (ways.groups.index((on,)) in way.reads) != way.none
            ]
            assert fired == [following[here, letter]]


def test_an_adder_is_a_few_cells_of_few_inputs():
    m = machine("add_8")
    grown = grow(m, guide="states")
    assert grown.network.max_inputs <= 6 and grown.network.edges <= 110
    assert grown.told == tuple(sorted(grown.told)) and STATES in grown.told
    assert grown.network.note["made"].startswith("constructed from the program's table")


def test_a_program_without_state_is_asked_letter_by_letter():
    m = table(6, np.zeros((1, 64)), (np.arange(64) % 7 < 3)[None, :, None])
    grown = grow(m, guide="none")
    assert set(grown.told) >= {WORDS} and STATES not in grown.told
    assert check(*construct(m, forever), Sampler(m)).proved and grown.network is not None
    assert grown.network.note["made"].startswith("constructed from the outputs of every word")


@pytest.mark.parametrize(("bits", "read"), [(5, 5), (9, 1)])
def test_an_accumulator_is_held_bit_by_bit(bits, read):
    m = accumulator(bits, read)
    assert [len(set(p.tolist())) for p in parts(m)] == [2] * bits
    shape, flat = construct(m, forever)
    assert check(shape, flat, Sampler(m)).proved
    assert sum(s for s, _ in shape.cells) == bits


def test_a_loaded_register_is_held_bit_by_bit():
    kept, loaded = np.indices((16, 16))
    m = table(
        5, np.concatenate([kept, loaded], 1), np.ones((16, 32, 1)) * (kept[:, :1, None] % 5 == 2)
    )
    shape, flat = construct(m.minimised(), forever)
    assert check(shape, flat, Sampler(m)).proved and sum(s for s, _ in shape.cells) <= 4


def test_a_machine_in_one_part_has_a_register_for_each_state_and_class():
    m = table(1, np.array([[(7 * q + 3) % 11, (q * q + 5) % 11] for q in range(11)]), OUTS)
    assert len(parts(m)) == 1
    shape, flat = construct(m, forever)
    assert check(shape, flat, Sampler(m)).proved


OUTS = (np.arange(22).reshape(11, 2, 1) % 3 == 0).astype(int)


def test_time_that_is_over_ends_constructing():
    assert construct(accumulator(5), lambda: True) is None
    with pytest.raises(TooMany):
        ways_into(np.arange(6).reshape(2, 3) % 3, 1, lambda: True)


def test_what_is_counted_is_what_is_built_and_tidying_makes_it_less():
    rng = np.random.default_rng(0)
    x = (np.arange(64)[:, None] >> np.arange(6) & 1) * 2 - 1
    signals = Signals(64)
    for wire in x.T:
        signals.give(wire.astype(np.int8))
    for _ in range(12):  # xor gates of two earlier signals
        a, b = rng.choice(len(signals), 2, replace=False).tolist()
        gate = Gate((a, b), (1.0, 1.0), -1.0)
        z = np.array(gate.weights) @ signals.values[[a, b]] + gate.bias
        signals.give(np.where((z > 2) | ((z < 0) & (z > -2)), 1, -1).astype(np.int8), 1, gate)
    plan = Plan(signals, 6, [((len(signals) - 1,), 1), ((len(signals) - 2,), -1)])
    wanted = [sign * signals.values[n] for (n,), sign in plan.outputs]
    m = table(6, np.zeros((1, 64)), (np.stack(wanted, 1) > 0)[None].astype(int))
    before = edges(plan)
    for _ in range(2):
        shape, flat = built(plan)
        network = shape.network(flat, m.name, m.inputs, m.outputs)
        assert network.edges == edges(plan) and check(shape, flat, Sampler(m)).right
        tidied(plan, forever)
    assert edges(plan) < before
