"""How a network came about, as an SVG: loss and sparsity penalty while it grew, edges while it was pruned."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

HEIGHT, TOP, BOTTOM, MARGIN = 260, 46, 210, 58
GROWING, PRUNING = 430, 200  # widths of the panels' frames
LOSS, SPARSITY, EDGES = "#1f5fa8", "#b4530a", "#2b7a3d"
LEAST = 1e-5  # a loss below this, or none at all, is drawn here


@dataclass(frozen=True)
class Axis:
    """A range of values and where its ends are drawn; ticks: values to label."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    scale: Callable[[float], float] = float

    def at(self, value: float) -> float:
        low, high = self.scale(self.low), self.scale(self.high)
        share = (self.scale(value) - low) / (high - low)
        return self.start + share * (self.end - self.start)


def curve(
    name: str,
    growing: Sequence[tuple[int, float, float]],
    pruning: Sequence[tuple[int, int]] = (),
) -> str:
    """growing: (step, loss, sparsity penalty), the loss drawn by its logarithm; pruning: (step, edges)."""
    width = 2 * MARGIN + GROWING + (MARGIN + PRUNING if pruning else 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" '
        f'width="{width}" height="{HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{HEIGHT}" fill="white"/>',
        _text(MARGIN, 18, name, "#222", "start", 14),
    ]
    if growing:
        parts += _growing(growing)
    if pruning:
        parts += _pruning(pruning)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _growing(points: Sequence[tuple[int, float, float]]) -> list[str]:
    steps = [step for step, _, _ in points]
    losses = [max(LEAST, loss) for _, loss, _ in points]
    penalties = [penalty for _, _, penalty in points]
    x = _linear(max(steps), MARGIN, MARGIN + GROWING)
    y, right = _logarithmic(min(losses), max(losses)), _linear(max(penalties), BOTTOM, TOP)
    return [
        *_frame(x, "steps of growing"),
        *_labels(y, MARGIN - 6, "end", LOSS),
        *_labels(right, MARGIN + GROWING + 6, "start", SPARSITY),
        _text(MARGIN, TOP - 8, "loss", LOSS, "start"),
        _text(MARGIN + GROWING, TOP - 8, "sparsity penalty", SPARSITY, "end"),
        _line(x, right, steps, penalties, SPARSITY, "penalty"),
        _line(x, y, steps, losses, LOSS, "loss"),
    ]


def _pruning(points: Sequence[tuple[int, int]]) -> list[str]:
    left = 2 * MARGIN + GROWING + MARGIN // 2
    edges = [n for _, n in points]
    x = _linear(max(step for step, _ in points), left, left + PRUNING)
    y = _linear(max(edges), BOTTOM, TOP)
    corners = [(0, edges[0])]  # an edge count holds until the next smaller network
    for step, n in points:
        corners += [(step, corners[-1][1]), (step, n)]
    corners.append((int(x.high), edges[-1]))
    return [
        *_frame(x, "steps of pruning"),
        *_labels(y, left - 6, "end", EDGES),
        _text(left, TOP - 8, "edges", EDGES, "start"),
        _line(x, y, [s for s, _ in corners], [n for _, n in corners], EDGES, "edges"),
    ]


def _linear(high: float, start: float, end: float) -> Axis:
    """From 0 on."""
    high = high if high > 1e-9 else 1.0  # nothing that small is drawn
    step = 10.0 ** math.floor(math.log10(high / 2))
    step = next(step * k for k in (1, 2, 5, 10) if high / (step * k) <= 5)
    ticks = tuple(i * step for i in range(int(high / step + 1e-9) + 1))
    return Axis(0, high, start, end, ticks)


def _logarithmic(low: float, high: float) -> Axis:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    ticks = tuple(10.0**k for k in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], BOTTOM, TOP, ticks, math.log10)


def _frame(x: Axis, title: str) -> list[str]:
    middle = (x.start + x.end) / 2
    return [
        f'<path d="M{x.start:.1f},{TOP}V{BOTTOM}H{x.end:.1f}V{TOP}" fill="none" stroke="#999"/>',
        *(_text(x.at(v), BOTTOM + 15, f"{v:g}", "#444", "middle") for v in x.ticks),
        _text(middle, BOTTOM + 34, title, "#444", "middle"),
    ]


def _labels(y: Axis, x: float, anchor: str, colour: str) -> list[str]:
    return [_text(x, y.at(v) + 4, f"{v:g}", colour, anchor) for v in y.ticks]


def _line(
    x: Axis, y: Axis, across: Sequence[float], up: Sequence[float], colour: str, name: str
) -> str:
    points = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in zip(across, up, strict=True))
    return f'<polyline id="{name}" points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _text(x: float, y: float, text: str, colour: str, anchor: str, size: int = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}">{escape(text)}</text>'
    )
