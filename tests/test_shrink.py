"""Shrinking: the small network answers as the proved one did, on every legal word."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tables import table

from bonsaic.grow.logic import construct
from bonsaic.grow.logic.decompose import several
from bonsaic.grow.logic.gates import readable, zigzag
from bonsaic.grow.shrink import Shrunk, shrink
from bonsaic.grow.shrink.coded import coded_of, network_of
from bonsaic.grow.shrink.finish import finish
from bonsaic.grow.shrink.walk import agree, machine_of
from bonsaic.ir.mealy import FREE, ILLEGAL, Mealy
from bonsaic.network import Cell, Network


def _replace_111(hold, x):
    hold = 3 if x[0] else hold
    return max(hold - 1, 0), (int(hold > 0),)


def _gated(mode, x):
    mode = (mode + x[0]) % 4
    both, either = x[1] & x[2], x[1] | x[2]
    return mode, ((both ^ either, both, 1 - either, 1 - both)[mode],)


def _parens(depth, x):
    depth += -1 if x[0] else 1
    return (depth, (int(depth == 0),)) if 0 <= depth <= 8 else None


MACHINES = {
    "replace_111": table("replace_111", 0, _replace_111, 1),
    "delay_2": table("delay_2", (0, 0), lambda s, x: ((s[1], x[0]), (s[0],)), 1),
    "loop_3": table("loop_3", 0, lambda n, x: ((n + 1) % 3, (int(n == 2),)), 0),
    "gated_4mode": table("gated_4mode", 0, _gated, 3),
    "xor_delay_3": table("xor_delay_3", (0,) * 3, lambda s, x: ((*s[1:], *x), (x[0] ^ s[0],)), 1),
    "parens_8": table("parens_8", 0, _parens, 1),
    "div_3": table("div_3", 0, lambda r, x: ((2 * r + x[0]) % 3, (int(2 * r + x[0] > 2),)), 1),
    "all_equal": table("all_equal", 0, lambda s, x: (0, (int(len(set(x)) == 1),)), 3),
    "two_wires": table("two_wires", 0, lambda s, x: (s ^ x[0], (s, s ^ x[1])), 2),
    "constant": table("constant", 0, lambda s, x: (0, (1,)), 1),
}
EDGES = {  # what fast must reach: twice the known best at most
    "replace_111": 12,
    "delay_2": 8,
    "loop_3": 10,
    "gated_4mode": 11,
    "xor_delay_3": 24,
    "parens_8": 30,
    "div_3": 20,
    "all_equal": 8,
    "two_wires": 10,
    "constant": 0,
}


def simulate(network: Network, word: np.ndarray) -> np.ndarray:
    """The outputs 0/1 on one word [tick, wire], in float32, one cell."""
    (cell,) = network.cells
    state, out = cell.initial_state, []
    for x in word.astype(np.float32) * 2 - 1:
        c = np.concatenate([x, state])
        state = zigzag(c @ cell.recurrent_kernel + cell.recurrent_bias).astype(np.float32)
        gates = zigzag(c @ cell.output_kernel + cell.output_bias).astype(np.float32)
        out.append(gates @ network.head_kernel + network.head_bias > 0)
    return np.array(out, int)


def shrunk(m: Mealy, *, seed: int = 0, **watching: Callable) -> Shrunk:
    """What becomes of a network that is constructed from the table as it is."""
    shape, flat = construct(m, lambda: False)
    wide = shape.network(flat, m.name, m.inputs, m.outputs)
    return shrink(wide, m, effort="fast", seed=seed, **watching)


@pytest.mark.parametrize("name", MACHINES)
def test_a_small_network_is_found_and_answers_as_the_table(name: str) -> None:
    m = MACHINES[name]
    net = shrunk(m, seed=1).network
    assert net.edges <= EDGES[name]
    assert agree(m, net) >= 0.05
    rng = np.random.default_rng(0)
    for _ in range(5):
        state, word, want = 0, [], []
        for _ in range(60):
            letter = rng.choice(np.flatnonzero(m.legal[state]))
            word.append(m.letters[letter])
            want.append(m.outs[state, letter])
            state = m.next[state, letter]
        got, wanted = simulate(net, np.array(word)), np.array(want)
        assert (got == wanted)[wanted != FREE].all()


def test_every_weight_is_on_a_coarse_grid_and_every_neuron_narrow() -> None:
    for name in ("replace_111", "parens_8", "div_3"):
        net = shrunk(MACHINES[name], seed=2).network
        (cell,) = net.cells
        for a in (cell.recurrent_kernel, cell.output_kernel, net.head_kernel, cell.recurrent_bias):
            assert a.dtype == np.float32 and (a * 4 == np.rint(a * 4)).all()
        for kernel in (cell.recurrent_kernel, cell.output_kernel):
            assert np.count_nonzero(kernel, axis=0).max() <= 6


@pytest.mark.parametrize("seed", [3, 10, 11])
def test_three_states_may_be_constructed_of_three_bits(seed: int) -> None:
    assert agree(MACHINES["loop_3"], shrunk(MACHINES["loop_3"], seed=seed).network) is not None


def test_the_same_seed_gives_the_same_network() -> None:
    a, b = (shrunk(MACHINES["parens_8"], seed=5).network for _ in range(2))
    assert (a.cells[0].recurrent_kernel == b.cells[0].recurrent_kernel).all()
    assert (a.cells[0].output_kernel == b.cells[0].output_kernel).all()


def test_a_wrong_weight_is_seen_by_the_walk() -> None:
    m = MACHINES["replace_111"]
    net = shrunk(m).network
    (cell,) = net.cells
    broken = replace(net, cells=(replace(cell, output_bias=cell.output_bias + 2),))
    assert agree(m, broken) is None


def wide_delay_2() -> Network:
    """delay_2 written clumsily: three delay bits, one of them a copy, and two gates that say the same."""
    f = np.float32
    recurrent = np.array([[-1, 0, -1], [0, -1, 0], [0, 0, 0], [0, 0, 0]], f)
    output = np.array([[0, 0], [0, 0], [-1, -1], [0, 0]], f)
    cell = Cell(recurrent, np.zeros(3, f), np.full(3, -1, f), output, np.zeros(2, f))
    return Network("delay_2", ("x",), ("y",), (cell,), np.ones((2, 1), f), np.zeros(1, f))


def test_the_machine_of_a_network_is_its_own_minimised() -> None:
    own, margin = machine_of(wide_delay_2(), MACHINES["delay_2"])
    assert margin == agree(own, wide_delay_2())
    assert own.states == 4
    assert (own.next == MACHINES["delay_2"].next).all()
    assert (own.outs == MACHINES["delay_2"].outs).all()


@pytest.mark.parametrize(("effort", "edges"), [("off", 7), ("fast", 4)])
def test_shrinking_keeps_the_answers(effort: str, edges: int) -> None:
    m, wide = MACHINES["delay_2"], wide_delay_2()
    small = shrink(wide, m, effort=effort, seed=0)
    assert small.edges == small.network.edges == edges
    assert agree(m, small.network) is not None
    assert small.network.inputs == wide.inputs and small.network.name == wide.name


def test_a_stop_or_an_empty_budget_still_gives_a_right_network() -> None:
    m, wide = MACHINES["delay_2"], wide_delay_2()
    for ending in ({"budget": 0.0}, {"stop": lambda: True}):
        small = shrink(wide, m, effort="fast", seed=0, **ending)
        assert small.edges <= 7 and agree(m, small.network) is not None


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_every_function_of_three_inputs_has_readable_weights(inputs: int) -> None:
    seen = np.array(list(itertools.product((-1, 1), repeat=inputs)))
    for want in itertools.product((-1, 1), repeat=2**inputs):
        goal = np.array(want)
        depends = all(
            (goal != goal[np.arange(2**inputs) ^ (1 << bit)]).any() for bit in range(inputs)
        )
        if not depends:
            continue
        found = readable(seen, goal)
        assert found is not None, want
        assert (zigzag(seen @ found[0] + found[1]) == goal).all()


def _mini_cpu(reg, x):
    value = reg[x[1]] if x[0] else x[2]
    after = list(reg)
    after[x[2] if x[0] else x[1]] = value
    return tuple(after), (value,)


def test_a_register_machine_is_narrow() -> None:
    m = table("mini_cpu", (0, 0), _mini_cpu, 3)
    net = shrunk(m).network
    assert net.edges <= 37 and net.max_inputs <= 6
    assert agree(m, net) >= 0.05


def test_any_function_is_made_of_a_few_neurons() -> None:
    seen = np.array(list(itertools.product((0, 1), repeat=5)))
    rng = np.random.default_rng(3)
    for _ in range(5):
        goal = rng.choice([-1, 1], 32)
        goal[seen[:, 0] != seen[:, 1]] = 0
        parts = several(seen, goal, np.ones(5))
        assert parts is not None
        gates = [(list(p.columns), *p.gate(seen)) for p in parts]
        fired = sum(zigzag((seen * 2 - 1)[:, at] @ w + b) > 0 for at, w, b in gates)
        assert ((fired > 0) == (goal > 0))[goal != 0].all()


@pytest.mark.parametrize("seed", range(6))
def test_random_machines_with_free_outputs_and_illegal_letters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    states, wires = int(rng.integers(2, 6)), int(rng.integers(1, 3))
    nexts = rng.integers(0, states, (states, 2)).astype(np.int32)
    nexts[:, 1][rng.random(states) < 0.2] = ILLEGAL
    outs = rng.integers(0, 2, (states, 2, wires)).astype(np.int8)
    outs[(rng.random(outs.shape) < 0.2) | (nexts == ILLEGAL)[:, :, None]] = FREE
    letters = np.array([[0], [1]], np.uint8)
    m = Mealy("random", ("x",), ("y", "z")[:wires], letters, nexts, outs).minimised()
    finished: list[int] = []
    small = shrunk(m, seed=seed, progress=lambda which, edges: finished.append(edges))
    assert len(finished) > 1  # networks of other codes than those it has
    assert small.edges <= min(finished) and agree(m, small.network) is not None


def test_where_codes_cannot_move_the_network_loses_what_it_does_not_need() -> None:
    m = MACHINES["delay_2"]
    coded = coded_of(wide_delay_2(), m)
    assert coded is not None
    small = network_of(finish(*coded), wide_delay_2())
    assert small.edges == 4 and agree(m, small) is not None


@pytest.mark.parametrize("seed", range(4))
def test_random_wide_machines_become_stacks_of_narrow_cells_in_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nexts = rng.integers(0, 7, (7, 8)).astype(np.int32)
    outs = rng.integers(0, 2, (7, 8, 2)).astype(np.int8)
    letters = np.array(list(itertools.product((0, 1), repeat=3)), np.uint8)
    m = Mealy("random", ("x", "y", "z"), ("u", "v"), letters, nexts, outs).minimised()
    looks = itertools.count()
    small = shrunk(m, seed=seed, stop=lambda: next(looks) > 2000)  # of which 700 are needed
    assert small.recipe == "constructed" and small.network.max_inputs <= 6
    assert agree(m, small.network) is not None
