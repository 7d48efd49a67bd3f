"""What one neuron can do: the activation drawn in text, and the gates it computes in one weighted sum."""

import itertools

import numpy as np

from bonsaic.grow.activation import ameo

# The interpolated Ameo activation: odd, with zeros at -2, 0 and 2, it goes up and down twice before it
# settles. A plain tanh or relu neuron separates its inputs once and so cannot compute an exclusive or.
print("      z  A(z)")
for z in np.arange(-4, 4.5, 0.5):
    value = float(ameo(np.array(z)))
    print(f"  {z:+.1f}  {value:+.2f}  {' ' * round(20 * (value + 1.1))}o")

# Bits are -1 and +1. With weights of 1 and the right bias, one neuron is any of these gates, exactly.
INPUTS = np.array(list(itertools.product((-1, 1), repeat=2)))
for name, weights, bias in (
    ("and", (1, 1), -3),
    ("or", (1, 1), 3),
    ("xor", (1, 1), -1),
    ("xnor", (1, 1), 1),
):
    outputs = ameo(INPUTS @ np.array(weights) + bias, leak=0)
    print(f"{name:>5}: weights {weights}, bias {bias:+d} -> {outputs.astype(int).tolist()}")


def functions(inputs: int, largest: float) -> tuple[int, int]:
    """How many functions of so many bits one neuron computes exactly, and by the sign of its output."""
    grid = np.arange(-largest, largest + 0.5, 0.5)
    rows = np.array(list(itertools.product((-1, 1), repeat=inputs)))
    weights = np.array(list(itertools.product(grid, repeat=inputs)))
    powers = 1 << np.arange(len(rows))
    exact: set[int] = set()
    signed: set[int] = set()
    for bias in grid:
        out = ameo(weights @ rows.T + bias, leak=0)
        table = (out > 0) @ powers
        exact |= set(table[(np.abs(np.abs(out) - 1) < 1e-6).all(1)].tolist())
        signed |= set(table[(np.abs(out) > 1e-6).all(1)].tolist())
    return len(exact), len(signed)


for inputs in (2, 3):
    exact, signed = functions(inputs, 4.5)
    print(
        f"{inputs} inputs: {exact} of {2**2**inputs} functions exactly (without leak), {signed} by sign"
    )
