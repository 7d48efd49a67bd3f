"""Drawings: the original's shapes and colours, no injection, the same bytes every time."""

import shutil

import numpy as np
import pytest
from circuits import ALL, badly_named, replace_111, table

from bonsaic.emit.dot import drawing, state_diagram, svg
from bonsaic.lift import lift
from bonsaic.network import Cell, Network


def network() -> Network:
    f = np.float32
    cell = Cell(f([[1], [-0.5]]), f([0.25]), f([1]), f([[0], [-1.5]]), f([0]))
    return Network('a"b', ("x",), ("y",), (cell,), f([[1]]), f([0]))


def test_a_network_has_square_neurons_round_ports_and_states_and_dashed_feedback():
    text = drawing(lift(network()))
    lines = [line.strip() for line in text.splitlines()]
    assert "in0 [label=x fillcolor=white shape=circle style=filled]" in lines
    assert 'state0 [label="s0\\n1" fillcolor="#f0f0f0" shape=circle style=filled]' in lines
    assert 'n2 [label="r0\\n0.25" shape=square]' in lines
    assert "n2 -> state0 [constraint=false style=dashed]" in lines
    assert 'in0 -> n2 [label=1 color="#b2182b"]' in lines  # a positive weight is red
    assert 'state0 -> n0 [label=-1.5 color="#2166ac"]' in lines  # a negative one blue
    assert text.count("in0 ->") == 1  # a weight of zero is no edge


def test_a_circuit_has_square_gates_and_bubbles_for_inverters():
    text = drawing(replace_111())
    assert text.count("shape=square") == 3 and text.count('label="∨"') == 3
    assert "state0 -> n0 [arrowhead=odot]" in text
    assert "¬" not in text


def test_a_state_diagram():
    text = state_diagram(table(replace_111()))
    assert "0 [peripheries=2]" in text
    assert '0 -> 0 [label="0 / 0"]' in text


@pytest.mark.parametrize("m", [*ALL, lift(network())], ids=lambda m: m.name)
def test_dot_reads_every_drawing(m):
    assert drawing(m) == drawing(m)
    picture = svg(drawing(m))
    if shutil.which("dot"):
        assert picture is not None and b"<svg" in picture
    else:
        assert picture is None


def test_bad_names_stay_labels():
    text = drawing(badly_named())
    assert text.count("\n}") == 1 and 'label="quote\\" \\"\\"\\" endmodule // \\\\"' in text


def test_many_letters_on_an_edge_are_counted():
    text = state_diagram(table(ALL[3]))
    assert all(line.count("/") <= 4 for line in text.splitlines())
