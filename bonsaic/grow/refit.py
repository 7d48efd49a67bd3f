"""Refitting single neurons to tables of their inputs and wanted values: many neurons at once, each on its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bonsaic.grow.activation import ameo_and_slope

RATE, BETA1, BETA2, EPSILON = 0.02, 0.9, 0.98, 1e-6  # of Adam; the rate falls to a fifth


def refit_neurons(
    read: np.ndarray, want: np.ndarray, kernel: np.ndarray, steps: int, f: float, leak: float
) -> np.ndarray:
    """The kernel [columns, neurons] of the widest margin seen, per neuron of the Ameo activation.

    read [rows, columns] with a first column of ones; want [rows, neurons] of -1/+1.
    """

    def look(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y, slope = ameo_and_slope(read @ kernel, f, leak)
        agree = y * want
        pull = np.where(agree < 0.6, y - want, 0) * (1 + 3 * (agree <= 0.1)) * slope
        return agree, pull

    return _widest(read, kernel, look, steps, enough=0.5)


def refit_head(read: np.ndarray, target: np.ndarray, head: np.ndarray, steps: int) -> np.ndarray:
    """The head [columns, wires] of the widest margin seen, per wire; targets of 0 do not matter."""

    def look(head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value = read @ head
        agree = np.where(target == 0, 9, value * target)
        return agree, np.where(agree < 1, value - target, 0)

    return _widest(read, head, look, steps, enough=0.9)


def _widest(
    read: np.ndarray,
    kernel: np.ndarray,
    look: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    steps: int,
    *,
    enough: float,
) -> np.ndarray:
    """The best of at most so many steps of Adam, fewer once every margin is wide `enough`.

    look: how much a kernel agrees with what is wanted and the errors of its sums, both [rows, neurons].
    """
    kernel = kernel.copy()
    first, second = np.zeros_like(kernel), np.zeros_like(kernel)
    best, margin = kernel.copy(), np.full(kernel.shape[1], -np.inf)
    for t in range(1, steps + 1):
        agree, error = look(kernel)
        least = agree.min(0)
        better = least > margin
        best[:, better], margin = kernel[:, better], np.maximum(margin, least)
        if (margin > enough).all():
            break
        g = read.T @ error / len(read)
        first = BETA1 * first + (1 - BETA1) * g
        second = BETA2 * second + (1 - BETA2) * g * g
        root = np.sqrt(second / (1 - BETA2**t)) + EPSILON
        kernel -= RATE * (1 - 0.8 * t / steps) * first / (1 - BETA1**t) / root
    return best
