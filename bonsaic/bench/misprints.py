"""Misprints: what else could stand in an emitted text so that its reader still takes it for a circuit."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

Span = tuple[int, int]
Site = tuple[
    Sequence[Span], Sequence[str]
]  # places that change together, and what may stand there instead
NAME = re.compile(r"[A-Za-z_]\w*")


def misprint(rng: random.Random, text: str, sites: Callable[[str], list[Site]]) -> str:
    """The text with one operator, operand, constant or row of a table replaced by another."""
    spans, others = rng.choice([s for s in sites(text) if s[1]])
    other = rng.choice(others)
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + other + text[end:]
    return text


def in_python(text: str) -> list[Site]:
    """Operators, operands defined further up and constants, from the function's docstring to its `yield`."""
    sites: list[Site] = []
    known: list[str] = []
    swapped = {"and": ["or"], "or": ["and"], "not": [""], "True": ["False"], "False": ["True"]}
    start = text.index('"""\n', text.index("def "))
    for at, line in _lines(text, start, text.index("yield")):
        left = re.match(r"\s*(?:for )?([\w, ]+?),?(?: = | in )", line)
        for word in NAME.finditer(line, left.end() if left else 0):
            span = (at + word.start(), at + word.end())
            if word[0] in swapped:
                sites.append(([span], swapped[word[0]]))
            elif word[0] in known:
                sites.append(([span], _operands(word[0], known, "not ")))
        known += NAME.findall(left[1]) if left else []
    return sites


def in_verilog(text: str) -> list[Site]:
    """Operators and operands of assignments, and initial values, which the reset repeats."""
    sites: list[Site] = []
    known = [name for name in re.findall(r"input +wire (\w+)", text) if name not in ("clk", "rst")]
    known += re.findall(r"^  reg (\w+);", text, re.M)
    for name, value in re.findall(r"^ +(\w+) = 1'b([01]);", text, re.M):
        values = re.finditer(rf"^ +{name} <?= 1'b([01]);", text, re.M)
        sites.append(([v.span(1) for v in values], [str(1 - int(value))]))
    for line in re.finditer(r"^  assign (\w+) = (.*);|^      \w+ <= ([^']*);", text, re.M):
        group = 2 if line[2] else 3
        for sign in re.finditer(r"[&|^~]|" + NAME.pattern, line[group]):
            span = (line.start(group) + sign.start(), line.start(group) + sign.end())
            if sign[0] == "~":
                sites.append(([span], [""]))
            elif sign[0] in "&|^":
                sites.append(([span], [s for s in "&|^" if s != sign[0]]))
            elif sign[0] in known:
                sites.append(([span], _operands(sign[0], known, "~")))
        known += [line[1]] if line[1] else []
    return sites


def in_blif(text: str) -> list[Site]:
    """What a latch takes and starts with, what a table reads, and its rows."""
    sites: list[Site] = []
    defined = re.findall(r"^\.names(?: \S+)* (\S+)$", text, re.M)
    known = " ".join(re.findall(r"^\.inputs (.*)$", text, re.M)).split()
    known += re.findall(r"^\.latch \S+ (\S+)", text, re.M)
    for at, line in _lines(text, 0, len(text)):
        first, *words = re.finditer(r"\S+", line + " .")
        *words, _ = words or [first]
        spans = [(at + w.start(), at + w.end()) for w in words]
        match first[0]:
            case ".latch":
                sites.append(([spans[0]], [x for x in known + defined if x != words[0][0]]))
                sites.append(([spans[2]], [str(1 - int(words[2][0]))]))
            case ".names":
                operands = [w[0] for w in words[:-1]]
                sites += [([span], [x for x in known if x not in operands]) for span in spans[:-1]]
                known.append(words[-1][0])
            case str(cube) if re.fullmatch("[01-]+", cube) and words:
                for i, bit in enumerate(cube):
                    sites.append(([(at + i, at + i + 1)], [b for b in "01-" if b != bit]))
    return sites


def in_aiger(text: str) -> list[Site]:
    """The literals that gates, latches and outputs read, and initial values."""
    sites: list[Site] = []
    lines = list(_lines(text, 0, len(text)))
    most, inputs, latches, outputs, gates = map(int, lines[0][1].split()[1:6])
    body = lines[1 + inputs : 1 + inputs + latches + outputs + gates]
    for i, (at, line) in enumerate(body):
        words = list(re.finditer(r"\d+", line))
        spans = [(at + w.start(), at + w.end()) for w in words]
        numbers = [int(w[0]) for w in words]
        if i < latches + outputs:
            place = int(i < latches)
            sites.append(([spans[place]], _literals(0, 2 * most + 2, numbers[place])))
            sites += [
                ([span], [str(1 - int(word[0]))])
                for span, word in list(zip(spans, words, strict=True))[2:]
            ]
        else:  # a gate's number is the largest, then its operands fall
            high, first, second = numbers
            sites.append(([spans[1]], _literals(second, high, first)))
            sites.append(([spans[2]], _literals(0, first + 1, second)))
    return sites


def _literals(low: int, high: int, besides: int) -> list[str]:
    return [str(n) for n in range(low, high) if n != besides]


def _operands(name: str, known: Sequence[str], invert: str) -> list[str]:
    return [invert + name, *(x for x in known if x != name)]


def _lines(text: str, start: int, end: int) -> Iterable[tuple[int, str]]:
    """Every line between two places and where it begins."""
    breaks = [start, *(b.end() for b in re.finditer("\n", text[:end]) if b.end() > start), end]
    return [(a, text[a:b]) for a, b in pairwise(breaks)]
