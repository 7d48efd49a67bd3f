"""Refitting single neurons to tables of their inputs and wanted signs: many neurons at once, each on its own."""

from __future__ import annotations

import numpy as np

from bonsaic.grow.activation import ameo_and_slope, sign


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


def refit_outputs(
    read: np.ndarray,
    target: np.ndarray,
    kernel: np.ndarray,
    head: np.ndarray,
    steps: int,
    f: float,
    leak: float,
    *,
    enough: float = 0.3,
    rate: float = 0.01,
) -> tuple[np.ndarray, np.ndarray, float]:
    """The best output kernel [columns, neurons], head [1 + neurons, wires] and margin; targets of 0 do not matter."""
    values = [kernel.copy(), head.copy()]
    first = [np.zeros_like(v) for v in values]
    second = [np.zeros_like(v) for v in values]
    best, margin = [v.copy() for v in values], -np.inf
    for t in range(1, steps + 1):
        kernel, head = values
        y, slope = ameo_and_slope(read @ kernel, f, leak)
        bits = sign(y)
        value = bits @ head[1:] + head[0]
        agree = np.where(target == 0, 9, value * target)
        least = agree.min()
        if least > margin:
            best, margin = [v.copy() for v in values], least
        if margin > enough:
            break
        e = np.where(agree < 1, value - target, 0) * (1 + 4 * (agree < 0.1)) / len(read)
        back = (e @ head[1:].T) * slope
        slopes = [read.T @ back, np.concatenate([e.sum(0)[None], bits.T @ e])]
        for i, g in enumerate(slopes):
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.98 * second[i] + 0.02 * g * g
            root = np.sqrt(second[i] / (1 - 0.98**t)) + 1e-7
            values[i] = values[i] - rate * first[i] / (1 - 0.9**t) / root
    return best[0], best[1], float(margin)


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
