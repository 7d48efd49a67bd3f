"""Refitting single neurons to tables of their inputs and wanted signs: many neurons at once, each on its own."""

from __future__ import annotations

import numpy as np

from bonsaic.grow.activation import ameo_and_slope


def refit_neurons(
    read: np.ndarray,
    want: np.ndarray,
    kernel: np.ndarray,
    steps: int,
    f: float,
    leak: float,
    *,
    enough: float = 0.3,
    rate: float = 0.02,
) -> tuple[np.ndarray, np.ndarray]:
    """The best kernel seen and its margin [neurons], after at most `steps` steps of Adam.

    read [rows, columns] with a first column of ones; want [rows, neurons] of -1/+1; kernel [columns, neurons].
    """
    kernel = kernel.copy()
    first, second = np.zeros_like(kernel), np.zeros_like(kernel)
    best, margin = kernel.copy(), np.full(kernel.shape[1], -np.inf)
    for t in range(1, steps + 1):
        y, slope = ameo_and_slope(read @ kernel, f, leak)
        agree = y * want
        least = agree.min(0)
        better = least > margin
        best[:, better], margin = kernel[:, better], np.maximum(margin, least)
        if (margin > enough).all():
            break
        pull = np.where(agree < 0.6, y - want, 0) * (1 + 3 * (agree <= 0.1)) * slope
        g = read.T @ pull / len(read)
        first = 0.9 * first + 0.1 * g
        second = 0.98 * second + 0.02 * g * g
        root = np.sqrt(second / (1 - 0.98**t)) + 1e-6
        kernel -= rate * (1 - 0.8 * t / steps) * first / (1 - 0.9**t) / root
    return best, margin


def refit_head(
    read: np.ndarray, target: np.ndarray, head: np.ndarray, steps: int, rate: float = 0.02
) -> np.ndarray:
    """The head [columns, wires] of the widest margin seen, per wire; targets of 0 do not matter."""
    head = head.copy()
    first, second = np.zeros_like(head), np.zeros_like(head)
    best, margin = head.copy(), np.full(head.shape[1], -np.inf)
    for t in range(1, steps + 1):
        value = read @ head
        agree = np.where(target == 0, 9, value * target)
        least = agree.min(0)
        better = least > margin
        best[:, better], margin = head[:, better], np.maximum(margin, least)
        if (margin > 0.9).all():
            break
        g = read.T @ np.where(agree < 1, value - target, 0) / len(read)
        first = 0.9 * first + 0.1 * g
        second = 0.98 * second + 0.02 * g * g
        head -= rate * first / (1 - 0.9**t) / (np.sqrt(second / (1 - 0.98**t)) + 1e-7)
    return best
