"""The curve of a build: a whole picture, its lines inside their frames and the right way up."""

import re
import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from bonsaic.emit.curve import BOTTOM, TOP, curve

STEPS = st.lists(st.integers(1, 5000), min_size=1, max_size=20, unique=True).map(sorted)
VALUES = st.floats(0, 9)


def lines(text: str) -> dict[str, list[tuple[float, float]]]:
    root = ElementTree.fromstring(text)
    found = {}
    for line in root.iter("{http://www.w3.org/2000/svg}polyline"):
        points = re.findall(r"(\S+),(\S+)", line.attrib["points"])
        found[line.attrib["id"]] = [(float(x), float(y)) for x, y in points]
    return found


@given(STEPS, st.data())
def test_every_line_runs_to_the_right_inside_its_frame(steps, draw):
    points = [(s, draw.draw(VALUES), draw.draw(VALUES)) for s in steps]
    edges = sorted((draw.draw(st.integers(1, 99)) for _ in steps), reverse=True)
    drawn = lines(curve("p", points, list(zip(steps, edges, strict=True))))
    assert set(drawn) == {"loss", "penalty", "edges"}
    assert len(drawn["loss"]) == len(drawn["penalty"]) == len(points)
    for line in drawn.values():
        assert line == sorted(line, key=lambda p: p[0])
        assert all(TOP - 0.1 <= y <= BOTTOM + 0.1 for _, y in line)


def test_a_smaller_loss_is_lower_and_a_tenth_is_always_as_far():
    (first, second, third) = lines(curve("p", [(1, 1.0, 0.0), (2, 0.1, 1.0), (3, 0.01, 2.0)]))[
        "loss"
    ]
    assert first[1] < second[1] < third[1]
    assert abs((second[1] - first[1]) - (third[1] - second[1])) < 0.2


def test_nothing_learned_is_drawn_too():
    assert lines(curve("p", [])) == {}
    assert lines(curve("p", [(25, 0.0, 0.0)]))["loss"]
