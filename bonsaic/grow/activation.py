"""The interpolated Ameo activation and its slope in NumPy: the zig-zag that makes one neuron any gate of three inputs."""

from __future__ import annotations

import numpy as np


def ameo(x: np.ndarray, f: float = 0.5, leak: float = 0.1) -> np.ndarray:
    """f * hard Ameo + (1 - f) * soft Ameo; both parts leak beyond 3."""
    return ameo_and_slope(x, f, leak)[0]


def ameo_and_slope(
    x: np.ndarray, f: float = 0.5, leak: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope; at a kink the slope is that of the piece nearer to zero."""
    a = np.abs(x)
    far, tail = a > 2, a > 3
    d = a - np.where(far, 3, 1)  # from the extreme this piece belongs to
    side = np.where(far, -1, 1)
    square = d * d
    value = side * (f * np.abs(d) + (1 - f) * square * square - 1)
    slope = f * np.where(a > 1, 1, -1) + side * (4 - 4 * f) * square * d
    value = np.where(tail, 1 + leak * d, value)
    return np.where(x < 0, -value, value), np.where(tail, leak, slope)


def sign(z: np.ndarray) -> np.ndarray:
    """+1 above 0, else -1."""
    return np.where(z > 0, 1.0, -1.0)
