"""Codes of the states that a person would choose are among those that pruning tries first."""

import itertools

import numpy as np
import pytest
from tables import table

from bonsaic.grow.logic.layout import built
from bonsaic.grow.logic.machine import planned
from bonsaic.grow.logic.parts import Part
from bonsaic.grow.shrink.coded import coded_of, network_of
from bonsaic.grow.shrink.codings import seeds
from bonsaic.grow.shrink.finish import finish
from bonsaic.grow.shrink.sieve import short_codes
from bonsaic.grow.shrink.walk import agree
from bonsaic.ir.mealy import Mealy


def _least(least, x):
    least = min(x[0] + 2 * x[1] + 4 * x[2], least)
    return least, tuple(least >> i & 1 for i in range(3))


def test_bits_that_need_no_other_bit_are_found_and_outputs_read_the_next_code() -> None:
    m = table("min_seen", 7, _least, 3)
    (alone,) = (c for c in seeds(m) if c[0].codes.shape == (8, 7))
    assert [p.codes.shape[1] for p in alone] == [7]  # is the digit at least 1, 2, ...
    _, plan = planned(m, alone, lambda: False)
    assert plan is not None
    shape, weights = built(plan)
    net = shape.network(weights, m.name, m.inputs, m.outputs)
    assert net.max_inputs <= 6 and net.states == 7 and agree(m, net) is not None
    small = network_of(finish(*coded_of(net, m)), net)
    assert small.edges <= net.edges and agree(m, small) is not None


def _digits(held, x):
    digit = x[0] + 2 * x[1] + 4 * x[2]
    return ((digit, held[0]), tuple(held[1] >> i & 1 for i in range(3))) if digit < 5 else None


def _stepped(n, x):
    n = min(n + 1, 3) if x == (1, 0) else max(n - 1, -3) if x == (0, 1) else n
    return n, (int(n < 0), int(n == 3))


def test_states_in_a_line_are_told_by_how_far_they_are() -> None:
    m = table("up_down", 0, _stepped, 2)
    (line,) = (c for c in seeds(m) if c[0].codes.shape[1] == 6)
    paid, plan = planned(m, line, lambda: False, freed=True)
    assert plan is not None and paid <= 48
    shape, weights = built(plan)
    net = shape.network(weights, m.name, m.inputs, m.outputs)
    assert net.max_inputs <= 6 and agree(m, net) is not None


def _shifted(r, x):
    return (r[3] ^ r[2], *r[:3]), (r[3],)


def _loaded(r, x):
    r = x[1:] if x[0] else r
    return r, r


@pytest.mark.parametrize(
    "m, edges, inputs",
    [
        (table("digits_2", (3, 1), _digits, 3), 12, 1),
        (table("load_3", (1, 0, 1), _loaded, 4), 28, 4),
        (table("lfsr_4", (1, 0, 0, 0), _shifted, 0), 8, 2),
    ],
)
def test_what_a_wire_was_some_ticks_ago_is_a_bit_by_itself(
    m: Mealy, edges: int, inputs: int
) -> None:
    plans = [planned(m, coding, lambda: False)[1] for coding in itertools.islice(seeds(m), 2)]
    shapes = [built(plan) for plan in plans if plan is not None]
    nets = [shape.network(weights, m.name, m.inputs, m.outputs) for shape, weights in shapes]
    net = min(nets, key=lambda n: n.edges)
    assert net.edges <= edges and net.max_inputs <= inputs and agree(m, net) is not None


def _added(total, x):
    digit = x[0] + 2 * x[1] + 4 * x[2]
    total = (total + digit) % 5
    return (total, tuple(total >> i & 1 for i in range(3))) if digit < 5 else None


def test_sums_modulo_a_prime_have_short_codes_held_by_one_neuron_a_bit() -> None:
    m = table("add_mod_5", 0, _added, 3)
    assert m.states == 5 and any(c[0].codes.shape == (5, 3) for c in seeds(m))
    found = short_codes(m)
    assert len(found) > 4 and found.shape[1:] == (5, 3)
    assert all(len(set(map(tuple, codes))) == 5 for codes in found)
    paid, plan = min(
        (planned(m, (Part(np.arange(5), c),), lambda: False) for c in found[:6]), key=lambda p: p[0]
    )
    assert plan is not None and paid < 72  # two more for each of the fifth and sixth input
    shape, weights = built(plan)
    net = shape.network(weights, m.name, m.inputs, m.outputs)
    assert net.max_inputs <= 6 and net.states == 3 and net.edges <= 44 and agree(m, net) is not None


def test_a_random_machine_has_no_short_codes() -> None:
    following = np.random.default_rng(2).integers(0, 8, (8, 4))
    m = table("random", 0, lambda q, x: (int(following[q, x[0] + 2 * x[1]]), (q & 1,)), 2)
    assert len(short_codes(m)) == 0
