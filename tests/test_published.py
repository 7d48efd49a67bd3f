"""The published networks read as they were published, and a broken file is refused."""

import copy
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from bonsaic.diag import Mistake
from bonsaic.ir.text import parse, show
from bonsaic.published import read

AMEO = {"type": "interpolatedAmeo", "factor": 0.5, "leakyness": 0.1}


def neuron(activation, bias, *edges, name="n"):
    weights = [{"weight": w, "index": i} for w, i in edges]
    return {"weights": weights, "bias": bias, "name": name, "activation": activation}


def graph():
    """One input, two states of which the second is pruned, one output neuron of three, a head."""
    return {
        "inputLayer": {"neurons": [neuron("linear", 0)]},
        "cells": [
            {
                "outputNeurons": [None, neuron(AMEO, 0.25, (-1.5, 0), (0.1, 1), (9, 2), name="o")],
                "recurrentNeurons": [neuron(AMEO, 0, (1, 1), name="r"), None],
                "stateNeurons": [neuron("linear", 0.7, (1, 0)), None],
                "outputDim": 3,
            }
        ],
        "postLayers": [{"neurons": [neuron("linear", -0.5, (2, 1), name="head")], "outputDim": 1}],
        "outputs": {"neurons": [neuron("linear", 0, (1, 0))]},
    }


def test_a_graph_becomes_a_module():
    m = read(json.dumps(graph()), "some/where/two-1.json")
    assert show(m) == (
        "module two_1 : net {\n"
        "  in input_0 : {-1, 1}\n"
        "  reg state0_0 : real = 0.7\n"
        "  %0 = affine -1.5*input_0, 0.1*state0_0, 0.25 : real\n"
        "  o = ameo{f=0.5, leak=0.1} %0 : real\n"
        "  head = affine 2.0*o, -0.5 : real\n"
        "  %1 = affine 1.0*state0_0 : real\n"
        "  r = ameo{f=0.5, leak=0.1} %1 : real\n"
        "  next state0_0 = r\n"
        "  out output_0 = head\n"
        "}\n"
    )
    assert parse(show(m)) == m
    assert m.init["state0_0"] == Fraction(float(np.float32(0.7)))


def test_a_state_without_its_neuron_becomes_zero():
    g = graph()
    g["cells"][0]["recurrentNeurons"][0] = None
    m = read(json.dumps(g))
    assert "n = affine 0.0 : {0}" in show(m)


def test_the_leaky_ameo_is_the_hard_one():
    g = graph()
    g["cells"][0]["outputNeurons"][1]["activation"] = {"type": "leakyAmeo", "leakyness": 0.2}
    assert "o = ameo{f=1.0, leak=0.2}" in show(read(json.dumps(g)))


def broken(path, value):
    g = graph()
    part = g
    for step in path[:-1]:
        part = part[step]
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return g


OUT = ("cells", 0, "outputNeurons", 1)
STATE = ("cells", 0, "stateNeurons", 0)
REFUSED = [
    (("cells",), None, "the file: `cells` is missing"),
    (("cells",), {}, "the file: `cells` has the wrong shape"),
    (("inputLayer",), [], "the file: `inputLayer` has the wrong shape"),
    (("inputLayer", "neurons", 0), neuron("linear", 1), "input 0 has weights, a bias"),
    (("inputLayer", "neurons", 0), neuron("tanh", 0), "there is no activation 'tanh'"),
    (("cells", 0), 3, "cell 0: `stateNeurons` is missing"),
    (("cells", 0, "recurrentNeurons"), "x", "cell 0: `recurrentNeurons` has the wrong shape"),
    (("cells", 0, "stateNeurons"), [1], "must list neurons and null"),
    (("cells", 0, "stateNeurons"), [{}, None], "cell 0, state 0: `bias` is missing"),
    (("cells", 0, "outputNeurons", 0), {}, "`weights` is missing"),
    (("cells", 0, "outputDim"), 1, "`outputDim` is 1, but 2 neurons are listed"),
    ((*OUT, "activation"), "tanh", "there is no activation 'tanh'"),
    ((*OUT, "activation"), {"type": []}, "there is no activation []"),
    ((*OUT, "activation"), {"type": "interpolatedAmeo"}, "`factor` is missing"),
    ((*OUT, "activation"), AMEO | {"factor": 2}, "between 0 and 1"),
    ((*OUT, "activation"), AMEO | {"leakyness": -1}, "between 0 and 1"),
    ((*OUT, "bias"), math.nan, "no finite float32"),
    ((*OUT, "bias"), math.inf, "no finite float32"),
    ((*OUT, "bias"), 1e39, "no finite float32"),
    ((*OUT, "bias"), 10**400, "no finite float32"),
    ((*OUT, "bias"), True, "`bias` has the wrong shape"),
    ((*OUT, "weights", 0, "weight"), "1", "`weight` has the wrong shape"),
    ((*OUT, "weights", 0, "index"), 3, "reads neuron 3, but there are 3"),
    ((*OUT, "weights", 0, "index"), -1, "reads neuron -1"),
    ((*OUT, "weights", 0, "index"), 0.5, "`index` has the wrong shape"),
    (("cells", 0, "stateNeurons", 0, "bias"), None, "cell 0, state 0: `bias` is missing"),
    (("cells", 0, "stateNeurons", 0, "weights", 0, "index"), 7, "reads neuron 7"),
    (("postLayers", 0, "neurons", 0, "weights", 0, "index"), 3, "reads neuron 3"),
    (("outputs", "neurons"), [], "there is no neuron"),
    ((*OUT, "weights", 1, "index"), 0, "cell 0, outputNeurons[1]: reads neuron 0 twice"),
    ((*STATE, "weights", 0, "weight"), 2, "cell 0, state 0: it does not pass on what it should"),
    ((*STATE, "weights", 0, "index"), 1, "cell 0, state 0: it does not pass on what it should"),
    ((*STATE, "weights"), [], "cell 0, state 0: it does not pass on what it should"),
    ((*STATE, "activation"), AMEO, "cell 0, state 0: it does not pass on what it should"),
    ((*STATE[:-1], 1), neuron("linear", 0, (1, 0)), "cell 0, state 1: it does not pass on"),
    (("cells", 0, "recurrentNeurons"), [neuron(AMEO, 0)] * 3, "has no state to feed"),
    (("outputs", "neurons", 0), neuron("linear", 0.5, (1, 0)), "outputs[0]: it does not pass on"),
    (("outputs", "neurons", 0), neuron("linear", 0, (2, 0)), "outputs[0]: it does not pass on"),
    (("outputs", "neurons", 0), neuron("linear", 0), "outputs[0]: it does not pass on"),
]


@pytest.mark.parametrize("path, value, message", REFUSED)
def test_a_broken_graph_is_refused(path, value, message):
    with pytest.raises(Mistake) as e:
        read(json.dumps(broken(path, value)), "x.json")
    assert message in str(e.value) and str(e.value).startswith("x.json: error: ")


@pytest.mark.parametrize("text", ["", "[", "[]", "3", "[" * 100_000, json.dumps(graph())[:-20]])
def test_no_graph_at_all_is_refused(text):
    with pytest.raises(Mistake):
        read(text)


def test_reading_changes_nothing():
    g = graph()
    before = copy.deepcopy(g)
    read(json.dumps(g))
    assert g == before
