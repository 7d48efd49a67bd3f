"""What the activation is for: one neuron of it is any gate of two inputs, and by sign any of three."""

import itertools
from fractions import Fraction

import numpy as np

from bonsaic.grow.activation import ameo, ameo_and_slope
from bonsaic.ir import ops

GRID = np.arange(-9, 10) / 2  # every weight and bias, in halves


def gates(inputs: int) -> tuple[set[int], set[int]]:
    """Truth tables that one neuron with weights on the grid is exactly, and by sign."""
    rows = np.array(list(itertools.product((-1, 1), repeat=inputs)))
    number = 1 << np.arange(len(rows))
    exact, signed = set(), set()
    for bias in GRID:
        weights = np.array(list(itertools.product(GRID, repeat=inputs)))
        y = ameo(weights @ rows.T + bias, leak=0.0)  # clamped, as where the claim comes from
        table = (y > 0) @ number
        exact.update(table[(np.abs(np.abs(y) - 1) < 1e-6).all(1)].tolist())
        signed.update(table[(np.abs(y) > 1e-6).all(1)].tolist())
    return exact, signed


def test_every_gate_of_two_inputs_is_one_neuron():
    assert len(gates(2)[0]) == 16


def test_gates_of_three_inputs():
    exact, signed = gates(3)
    assert (len(exact), len(signed)) == (224, 256)


def test_equals_the_exact_definition():
    for f, leak in (
        (Fraction(1, 2), Fraction(1, 10)),
        (Fraction(0), Fraction(1)),
        (Fraction(1), Fraction(0)),
    ):
        points = [Fraction(n, 16) for n in range(-80, 81)]
        wanted = np.array([float(ops.ameo(p, f, leak)) for p in points])
        got = ameo(np.array([float(p) for p in points]), float(f), float(leak))
        np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_slope_is_the_derivative_between_kinks():
    x = np.linspace(-4.97, 4.97, 200)  # no kink, at 1, 2, 3, is within the step
    for f in (0.0, 0.5, 1.0):
        difference = (ameo(x + 1e-6, f, 0.1) - ameo(x - 1e-6, f, 0.1)) / 2e-6
        np.testing.assert_allclose(ameo_and_slope(x, f, 0.1)[1], difference, atol=1e-4)


def test_slope_at_a_kink_is_that_of_the_piece_nearer_to_zero():
    kinks = np.array([-3.0, -1.0, 1.0, 3.0])
    assert ameo_and_slope(kinks, 1.0, 0.1)[1].tolist() == [1, -1, -1, 1]
