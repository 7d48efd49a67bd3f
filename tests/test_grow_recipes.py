"""Other recipes grow what they say: proved networks with ternary kernels, or without any gradient."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from commandline import PROGRAMS
from machines import machine, proved

from bonsaic import network as networks
from bonsaic.bench.recipes import Run, main, table
from bonsaic.diag import Missing, Mistake
from bonsaic.grow import grow
from bonsaic.lift import lift

WITHOUT_CMA = importlib.util.find_spec("cma") is None


def test_a_ternary_network_has_no_other_weights_and_is_proved():
    mealy = machine("delay_1")
    grown = grow(mealy, seed=0, guide="none", recipe="ternary")
    assert proved(grown.network, mealy)
    (cell,) = grown.network.cells
    for kernel in (cell.recurrent_kernel, cell.output_kernel, grown.network.head_kernel):
        assert set(np.unique(kernel)) <= {-1, 0, 1}


def test_a_tanh_network_is_one_of_thresholds_once_its_values_go_through_sign(tmp_path):
    mealy = machine("parity")
    network = grow(mealy, seed=0, guide="none", recipe="tanh").network
    assert proved(network, mealy)
    assert "ameo" not in {n.op for n in lift(network).order()}
    (tmp_path / "n.npz").write_bytes(networks.checkpoint(network))
    again = networks.load(tmp_path / "n.npz")
    assert again.activation == "tanh" and lift(again) == lift(network)


def test_a_tanh_network_of_real_values_is_refused(tmp_path):
    network = replace(
        grow(machine("delay_1"), seed=0).network, activation="tanh", hard_states=False
    )
    (tmp_path / "n.npz").write_bytes(networks.checkpoint(network))
    with pytest.raises(Mistake, match="through tanh and not through sign"):
        networks.load(tmp_path / "n.npz")


def test_no_recipe_but_the_default_is_repaired():
    grown = grow(machine("delay_1"), seed=0, guide="repair", recipe="ternary")
    assert grown.network is not None and len(grown.told) == 2


def test_a_recipe_goes_its_own_way_whatever_the_guide_could_tell():
    grown = grow(machine("delay_1"), seed=0, guide="states", recipe="tanh")
    assert grown.network is not None and grown.network.activation == "tanh"
    assert len(grown.told) == 2


def test_only_the_default_recipe_can_be_gone_on_with(tmp_path):
    with pytest.raises(Mistake, match="the recipe `ternary` writes no population down"):
        grow(machine("delay_1"), recipe="ternary", keep=tmp_path, resume=True)


@pytest.mark.skipif(WITHOUT_CMA, reason="the extra `blackbox` is not here")
def test_black_box_search_ends_with_a_proof_and_the_same_for_the_same_seed():
    mealy = machine("delay_1")
    first = grow(mealy, seed=0, guide="none", recipe="blackbox")
    assert proved(first.network, mealy)
    assert grow(mealy, seed=0, guide="none", recipe="blackbox").curve == first.curve


@pytest.mark.skipif(not WITHOUT_CMA, reason="the extra `blackbox` is here")
def test_without_its_library_black_box_search_says_how_to_get_it():
    with pytest.raises(Missing, match="pip install"):
        grow(machine("delay_1"), recipe="blackbox")


def test_the_table_says_how_far_an_unproved_recipe_got():
    runs = [
        Run("ternary", "p", s, v, 1.0 + s, 50, 1, 16, 9 if s == 0 else None)
        for s, v in enumerate(("proved", "differs"))
    ]
    runs.append(Run("blackbox", "p", 0, "unknown", 20.0, 500, 3, 32, None))
    text = table(runs, {"default": "why not"})
    assert "| p | ternary | 1 | 1 | 0 | 1.00 | 1.00 | 50 | 9 |" in text
    assert (
        "| p | blackbox | 0 | 0 | 1 | - | - | - | none; 3 of 32 solved |" in text
        and "why not" in text
    )


def test_the_recipes_are_measured_and_their_table_put_between_the_markers(tmp_path, capsys):
    readme = tmp_path / "README.md"
    begin, end = "<!-- bench recipes: begin -->", "<!-- bench recipes: end -->"
    readme.write_text(f"above\n{begin}\n{end}\nbelow\n")
    options = ["--recipe", "tanh", "--seeds", "1", "--readme", str(readme)]
    assert main([str(PROGRAMS / "parity.bp"), *options]) == 0
    printed = capsys.readouterr().out
    assert "| parity | tanh | 1 | 0 | 0 |" in printed
    assert readme.read_text() == f"above\n{begin}\n{printed}{end}\nbelow\n"
