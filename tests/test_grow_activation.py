"""The activation is as it is defined exactly, its slope the derivative; `examples/03_one_neuron.py` counts gates."""

from fractions import Fraction

import numpy as np

from bonsaic.grow.activation import ameo, ameo_and_slope
from bonsaic.ir import ops


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
