"""The interpolated Ameo activation (Primozic, 2023) and its slope: by sign, one neuron is any gate of three inputs."""

from __future__ import annotations

import numpy as np


def ameo(x: np.ndarray, f: float = 0.5, leak: float = 0.1) -> np.ndarray:
    """f * hard Ameo + (1 - f) * soft Ameo; both parts leak beyond 3."""
    return ameo_and_slope(x, f, leak)[0]


def ameo_and_slope(x: np.ndarray, f: float, leak: float) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope, of x's type; at a kink the slope is that of the piece nearer to zero."""
    a = np.abs(x)
    one = x.dtype.type(1)
    side = one - 2 * (a > 2).astype(x.dtype)  # +1 on the pieces about -1 and +1, -1 further out
    d = a - 2 + side  # from the extreme that this piece belongs to
    square = d * d
    value = side * (f * np.abs(d) + (1 - f) * square * square - 1)
    slope = side * ((4 - 4 * f) * square * d) + np.copysign(f, a - one)
    slope = np.where(a == 1, -f, slope)
    tail = a > 3
    value, slope = np.where(tail, 1 + leak * d, value), np.where(tail, leak, slope)
    return np.copysign(one, x) * value.astype(x.dtype), slope.astype(x.dtype)


def sign(z: np.ndarray) -> np.ndarray:
    """+1 above 0, else -1, of z's type."""
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(-1))
