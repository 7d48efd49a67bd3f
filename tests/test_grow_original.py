"""The original's recipe: what it samples is what its networks answer, and its networks go through the same proofs."""

import numpy as np
import pytest
from commandline import PROGRAMS
from machines import machine

from bonsaic import network as networks
from bonsaic.build import Options, build
from bonsaic.grow import device
from bonsaic.grow.architecture import Architecture
from bonsaic.lift import lift
from bonsaic.prove.soft import is_soft
from bonsaic.prove.tick import Tick

SHAPE = Architecture(2, ((2, 3), (1, 2)), 2, hard=False)


@pytest.fixture
def original():
    device.choose()  # before anything imports tinygrad
    from bonsaic.grow import original

    return original


@pytest.fixture
def small(original, monkeypatch):
    """A run of a second: fewer, smaller steps with a decay among them, and fewer samples."""
    for name, value in {"WORDS": 64, "POOL": 512, "STEPS": 200, "SAMPLED": 200}.items():
        monkeypatch.setattr(original, name, value)
    monkeypatch.setattr(original, "DECAYS", {100: (0.6, 0.6)})


def test_it_samples_what_the_network_answers_as_a_module(original):
    rng = np.random.default_rng(0)
    flat = original.glorot(SHAPE, rng, 1)[0]
    bits = rng.integers(0, 2, (5, 9, 2))
    tick = Tick(lift(SHAPE.network(flat, "n", ("a", "b"), ("y", "z"))))
    state, said = np.tile(tick.initial.astype(np.float32), (5, 1)), []
    for t in range(9):
        state, answers = tick.run(state, bits[:, t])
        said.append(answers)
    found = original.values(SHAPE, flat, 2.0 * bits - 1)
    np.testing.assert_allclose(found, np.stack(said, 1), rtol=1e-4, atol=1e-5)


def test_weights_begin_within_two_deviations(original):
    flat = original.glorot(SHAPE, np.random.default_rng(0), 500)
    (_, kernel, _), *_ = SHAPE.parts(flat)
    recurrent = kernel[:, 1:, :2]  # 4 x 2
    most = 2 * np.sqrt(2 / 6) / 0.8796
    assert 0.99 * most < np.abs(recurrent).max() <= most
    assert abs(recurrent.std() - np.sqrt(2 / 6)) < 0.02  # what the 0.8796 is for


def test_clipping_and_quantising_stop_at_what_the_sample_allows(original):
    shape = Architecture(1, ((0, 1),), 1, f=1.0, hard=False)
    flat = np.array([0.05, -0.8, 0.01, 1.3], np.float32)  # y = 0.01 + 1.3 A(0.05 - 0.8 x)
    wires = np.array([[[-1.0], [1.0]]])
    small = original.reduced(shape, flat, (wires, wires), lambda: False)
    assert small.tolist() == [0, -1, 0, 1]
    assert original.reduced(shape, flat, (wires, -wires), lambda: False) is None


def test_what_it_grows_is_proved_with_real_states_and_lowered(small, tmp_path):
    options = Options(out=tmp_path, guide="none", recipe="original")
    report = build(str(PROGRAMS / "delay_1.bp"), options)
    assert report.verdict == "proved" and report.proof["circuit"] == "proved"
    network = networks.load(tmp_path / "delay_1.npz")
    assert is_soft(lift(network)) and not network.hard_outputs
    assert report.network["steps"] == 200 and len(report.told) == 2


def test_without_time_left_it_stops_without_a_verdict(small):
    from bonsaic.grow import grow

    asked = iter([False] * 40 + [True] * 99)
    grown = grow(machine("delay_1"), guide="none", recipe="original", stop=lambda: next(asked))
    assert grown.network is None and grown.best is not None and grown.steps == 200
    assert len(grown.told) == 1
