"""The interpolated Ameo activation and its slope in NumPy: one neuron of it is any gate of three inputs."""

from __future__ import annotations

import numpy as np


def ameo(x: np.ndarray, f: float = 0.5, leak: float = 0.1) -> np.ndarray:
    """f * hard Ameo + (1 - f) * soft Ameo; both parts leak beyond 3."""
    return ameo_and_slope(x, f, leak)[0]


def ameo_and_slope(
    x: np.ndarray, f: float = 0.5, leak: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope, of x's type; at a kink the slope is that of the piece nearer to zero."""
    a = np.abs(x)
    outer, tail = a > 2, a > 3
    d = a - 1  # from the extreme that this piece belongs to
    np.subtract(d, 2, out=d, where=outer)
    square = d * d
    value = f * np.abs(d) + (1 - f) * square * square - 1
    slope = (4 - 4 * f) * square * d
    np.negative(value, out=value, where=outer)
    np.negative(slope, out=slope, where=outer)
    np.add(slope, f, out=slope, where=a > 1)
    np.subtract(slope, f, out=slope, where=a <= 1)
    np.add(1, leak * d, out=value, where=tail)
    slope[tail] = leak
    return np.copysign(1, x) * value, slope


def sign(z: np.ndarray) -> np.ndarray:
    """+1 above 0, else -1, of z's type."""
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(-1))
