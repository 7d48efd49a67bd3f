"""The machine a network is taken for is the one it answers as, not the one it should be."""

import numpy as np
import pytest
from machines import machine

from bonsaic.grow.architecture import Architecture
from bonsaic.grow.lstar import NetworkOracle, ProgramOracle, learn
from bonsaic.grow.teacher import WORDS, Teacher
from bonsaic.grow.words import Sampler


def delay(ticks: int, sign: float) -> tuple[Architecture, np.ndarray]:
    """A network that answers `sign` times what it read so many ticks ago: the Ameo of -x is x where x is -1 or +1."""
    shape = Architecture(1, ((ticks, 1),), 1)
    flat = np.zeros(shape.weights)
    (_, kernel, first), (_, head, _) = shape.parts(flat)
    for i in range(ticks + 1):
        kernel[1 + i, i] = -1
    first[:], head[1] = -1, sign
    return shape, flat


@pytest.mark.parametrize("sign", [1, -1])
def test_the_machine_is_the_networks_own(sign):
    mealy = machine("delay_2")
    teacher = Teacher(Sampler(mealy), "none")
    words = teacher.draw(np.random.default_rng(0), 32, 12)
    shape, flat = delay(2, sign)
    own = learn(NetworkOracle(shape, flat, teacher), words, states=4)
    assert own is not None and teacher.told == {WORDS}
    right = mealy.outs if sign == 1 else 1 - mealy.outs
    assert np.array_equal(own.next, mealy.next) and np.array_equal(own.outs, right)


def test_a_network_of_too_many_states_is_no_machine():
    mealy = machine("delay_2")
    teacher = Teacher(Sampler(mealy), "none")
    words = teacher.draw(np.random.default_rng(0), 32, 12)
    oracle = NetworkOracle(*delay(3, 1), teacher)
    assert learn(oracle, words, states=7) is None
    assert learn(oracle, words, states=8).states == 8


@pytest.mark.parametrize("name", ["parens_8", "gated_6mode", "mips/base_6_addition"])
def test_a_program_that_is_asked_is_found_whole(name):
    mealy = machine(name)
    teacher = Teacher(Sampler(mealy), "none")
    words = teacher.draw(np.random.default_rng(0), 512, 20)
    found = learn(ProgramOracle(teacher), words, mealy.states)
    assert found is not None and teacher.told == {WORDS}
    assert np.array_equal(found.next, mealy.next) and np.array_equal(found.outs, mealy.outs)
