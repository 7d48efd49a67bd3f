"""Which values the arms of a `match` take: each arm at least one, all together every value of the subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bonsaic.lang import syntax as s
from bonsaic.lang import types as t

if TYPE_CHECKING:
    from bonsaic.lang.infer import Inference

Interval = tuple[int, int]


def check_cases(context: Inference, subject: s.Expr, arms: Sequence[s.Arm]) -> None:
    """Record the values each arm matches; complain about arms that match none and values that no arm matches."""
    found = context.infer(subject)
    if found is None:
        return
    if not isinstance(found, t.Bit | t.Int | t.Enum):
        context.error(
            subject.span, f"`match` takes a bit, an integer or a member, not {t.describe(found)}"
        )
        return
    left = [t.extent(found)]
    sound = True
    for arm in arms:
        taken: list[Interval] = []
        for p in arm.patterns:
            case = t.extent(found) if p.low is None else _interval(context, p, found)
            if case is None:
                sound = False
                continue
            rest = _without(left, case)
            if rest == left:
                reason = (
                    "the patterns above take all its values"
                    if _without([t.extent(found)], case) != [t.extent(found)]
                    else f"the value is {t.describe_value(found)}"
                )
                context.error(p.span, f"this is never matched: {reason}")
            left = rest
            taken.append(case)
        context.facts.cases[arm] = tuple(taken)
    if left and sound:
        low = left[0][0]
        shown = found.members[low] if isinstance(found, t.Enum) else str(low)
        context.error(
            subject.span,
            f"no pattern matches {shown}",
            help=f"add `{shown} {{ ... }}` or `_ {{ ... }}`",
        )


def _interval(context: Inference, p: s.Pattern, subject: t.Type) -> Interval | None:
    wanted = t.Int(-t.LARGEST, t.LARGEST) if isinstance(subject, t.Int) else subject
    ends = []
    for part in (p.low, p.high or p.low):
        assert part is not None
        value = context.constant_value(part, wanted, "what is matched")
        if not isinstance(value, int):
            return None
        ends.append(value)
    if ends[0] > ends[1]:
        context.error(p.span, f"this range is empty: {ends[0]} is above {ends[1]}")
        return None
    return ends[0], ends[1]


def _without(left: list[Interval], case: Interval) -> list[Interval]:
    """What is left of some intervals without another."""
    low, high = case
    parts = [x for a, b in left for x in ((a, min(b, low - 1)), (max(a, high + 1), b))]
    return sorted({(a, b) for a, b in parts if a <= b})
