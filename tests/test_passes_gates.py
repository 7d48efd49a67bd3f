"""Gate recovery, merging of registers, minimisation: circuits equal their networks and are as small as they can be."""

import os
import re
from pathlib import Path

import circuits
import numpy as np
import pytest
from extras import needs_yosys

from bonsaic.emit.verilog import verilog
from bonsaic.ir.core import node, port, register
from bonsaic.ir.logic import conjunction, depth, disjunction, gates, invert
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse, show
from bonsaic.ir.verify import verify
from bonsaic.lift import lift
from bonsaic.network import Cell, Network
from bonsaic.passes import exact, manager
from bonsaic.passes.cover import recover, support
from bonsaic.passes.dead_nodes import dead_nodes
from bonsaic.passes.merge_regs import merge_regs
from bonsaic.passes.minimise import minimise
from bonsaic.passes.recover_gates import recover_gates
from bonsaic.prove.synthesis import Synthesised, direct_synthesis
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk


def grid(rng, *shape, density=0.6):
    """Weights on a grid of 1/2 whose sums stay off the activation's zeros once a bias of quarters is added."""
    return (rng.integers(-4, 5, shape) * (rng.random(shape) < density) / 2).astype(np.float32)


def bias(rng, n):
    return (rng.integers(-6, 6, n) / 2 + 0.25).astype(np.float32)


def random_network(rng, hard_outputs=True):
    width = inputs = int(rng.integers(1, 4))
    cells = []
    for _ in range(rng.integers(1, 3)):
        s, o = (int(rng.integers(1, 5)) for _ in range(2))
        start = rng.choice(np.float32([-1, 1]), s)
        cells.append(
            Cell(
                grid(rng, width + s, s), bias(rng, s), start, grid(rng, width + s, o), bias(rng, o)
            )
        )
        width = o
    wires = int(rng.integers(1, 3))
    return Network(
        "random",
        tuple(f"x{i}" for i in range(inputs)),
        tuple(f"y{i}" for i in range(wires)),
        tuple(cells),
        grid(rng, width, wires),
        bias(rng, wires),
        hard_outputs=hard_outputs,
    )


def lowered(m, spec):
    yield (m := verify(recover_gates(m, spec=spec)))
    yield (m := verify(merge_regs(m, spec=spec)))
    yield verify(minimise(m, spec=spec))


@pytest.mark.parametrize(
    "seed", [*range(25), *(pytest.param(s, marks=pytest.mark.slow) for s in range(25, 300))]
)
def test_circuits_equal_the_random_networks_they_come_from(seed):
    rng = np.random.default_rng(seed)
    m = lift(random_network(rng, hard_outputs=seed % 4 > 0))
    spec = ModuleMachine(m)
    size = None
    for circuit in lowered(m, spec):
        # In exact reals: some of these networks decide within float32's rounding error.
        verdict = walk(spec, ModuleMachine(circuit), float32=False)
        assert isinstance(verdict, Proved), show(circuit)
        assert parse(show(circuit)) == circuit
        assert size is None or (len(circuit.regs), gates(circuit)) <= size
        size = (len(circuit.regs), gates(circuit))


@pytest.mark.parametrize("seed", range(10))
def test_a_network_too_wide_to_be_read_by_neurons_is_read_by_cones(seed, monkeypatch):
    """No neuron survives, and of the registers only those that outputs need."""
    monkeypatch.setattr("bonsaic.passes.recover_gates.READ", -1)
    m = lift(random_network(np.random.default_rng(seed)))
    spec = ModuleMachine(m)
    circuit = verify(recover_gates(m, spec=spec))
    assert isinstance(walk(spec, ModuleMachine(circuit)), Proved), show(circuit)
    assert dead_nodes(circuit).regs == circuit.regs
    assert {r.name.partition(".")[0] for r in circuit.regs} <= {r.name for r in m.regs}


def test_of_many_columns_none_that_is_kept_can_go():
    rng = np.random.default_rng(2)
    few = rng.integers(0, 2, (90, 7))
    rows = np.unique(np.concatenate([few, few[:, rng.integers(0, 7, 93)]], axis=1), axis=0).astype(
        bool
    )
    value = rows[:, :7].sum(axis=1) % 3 == 1
    kept = support(rows[value], rows[~value])
    assert len(kept) <= 7 and kept == sorted(kept)

    def alike(columns):
        return {r[columns].tobytes() for r in rows[value]} & {
            r[columns].tobytes() for r in rows[~value]
        }

    assert not alike(kept) and all(alike([c for c in kept if c != k]) for k in kept)


GOLDEN = Path(__file__).parent / "golden" / "passes"
CASES = [
    (file, *part.split("\n", 1))
    for file in sorted(GOLDEN.glob("*.txt"))
    for part in re.split(r"^=== ", file.read_text(), flags=re.M)[1:]
]


@pytest.mark.parametrize("file, name, case", CASES, ids=[f"{f.stem}: {n}" for f, n, _ in CASES])
def test_a_pass_makes_of_a_module_what_it_always_made(file, name, case):
    text, _, wanted = case.partition("---\n")
    m = parse(text, name)
    made, _ = manager.run(m, manager.parse_pipeline(file.stem), spec=ModuleMachine(m))
    if os.environ.get("BLESS"):
        file.write_text(file.read_text().replace(case, f"{text}---\n{show(made)}"))
    else:
        assert show(made) == wanted


@pytest.mark.parametrize("seed", range(20))
def test_random_circuits_survive_merging_and_minimising(seed):
    m = circuits.anything(seed, gates=20)
    spec = ModuleMachine(m)
    small = minimise(merge_regs(m, spec=spec), spec=spec)
    assert isinstance(walk(spec, ModuleMachine(small)), Proved)
    assert gates(small) <= gates(m) and len(small.regs) <= len(m.regs)


def test_an_input_that_the_specification_lacks_is_no_obstacle():
    q, x = register("q"), port("x")
    wave = circuits.circuit("wave", [], [(q, 0, node("not", q))], {"y": q})
    fed = circuits.circuit("fed", [x], [(q, 0, node("not", q))], {"y": node("or", q, q)})
    small = minimise(fed, spec=ModuleMachine(wave))
    assert isinstance(walk(ModuleMachine(wave), ModuleMachine(small)), Proved)


def test_up_to_four_inputs_a_cone_has_the_fewest_gates():
    rng = np.random.default_rng(5)
    ports = [port(name) for name in "abcd"]
    for f in rng.integers(1, 0xFFFF, 12).tolist():
        rows = [p for p in range(16) if f >> p & 1]
        cubes = [[x if p >> i & 1 else invert(x) for i, x in enumerate(ports)] for p in rows]
        m = circuits.circuit("cone", ports, [], {"y": disjunction(map(conjunction, cubes))})
        assert gates(minimise(m, spec=ModuleMachine(m))) == exact.size(f)


def test_a_cover_holds_the_rows_it_must_and_no_other():
    rng = np.random.default_rng(3)
    rows = np.unique(rng.integers(0, 2, (400, 11)), axis=0).astype(bool)
    value = rows[:, :9].sum(axis=1) + rows[:, 2] * rows[:, 7] > 4
    leaves = [port(f"x{i}") for i in range(11)]
    made = recover(rows[value], rows[~value], leaves)
    m = circuits.circuit("cover", leaves, [], {"y": made})
    nothing = np.empty((len(rows), 0), np.int64)
    assert (ModuleMachine(m).step(nothing, rows.astype(np.uint8)).outs[:, 0] == value).all()


@needs_yosys
@pytest.mark.parametrize("seed", range(3))
def test_gates_are_at_most_a_tenth_more_than_yosys_and_abc_make(seed):
    m = lift(random_network(np.random.default_rng([7, seed])))
    spec = ModuleMachine(m)
    recovered = recover_gates(m, spec=spec)
    small = minimise(merge_regs(recovered, spec=spec), spec=spec)
    theirs = direct_synthesis(verilog(recovered))
    assert gates(small) <= 1.1 * theirs.gates and len(small.regs) <= theirs.registers


@needs_yosys
def test_the_yardstick_counts_as_we_do():
    """Inverters and resets are free; an exclusive or is one gate."""
    assert direct_synthesis(verilog(circuits.loop_3())) == Synthesised(2, 1, 1)
    assert direct_synthesis(verilog(circuits.replace_111())) == Synthesised(2, 3, 2)
    assert (gates(circuits.replace_111()), depth(circuits.replace_111())) == (3, 2)
