"""Gate recovery, merging of registers, minimisation: circuits equal their networks and are as small as they can be."""

import numpy as np
import pytest

from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse, show
from bonsaic.ir.verify import verify
from bonsaic.lift import lift
from bonsaic.network import Cell, Network
from bonsaic.passes.logic import gates
from bonsaic.passes.merge_regs import merge_regs
from bonsaic.passes.minimise import minimise
from bonsaic.passes.recover_gates import recover_gates
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
    "seed", [*range(60), *(pytest.param(s, marks=pytest.mark.slow) for s in range(60, 300))]
)
def test_circuits_equal_the_random_networks_they_come_from(seed):
    rng = np.random.default_rng(seed)
    m = lift(random_network(rng, hard_outputs=seed % 4 > 0))
    spec = ModuleMachine(m)
    size = None
    for circuit in lowered(m, spec):
        assert isinstance(walk(spec, ModuleMachine(circuit)), Proved), show(circuit)
        assert parse(show(circuit)) == circuit
        assert size is None or (len(circuit.regs), gates(circuit)) <= size
        size = (len(circuit.regs), gates(circuit))


REPLACE_111 = """
module replace_111 : gate {
  in x : bit
  reg S0 : bit = 1
  reg S1 : bit = 0
  n0 = not x : bit
  n1 = or S0, x : bit
  n2 = not n1 : bit
  n3 = not S0 : bit
  n4 = or n3, S1 : bit
  y = or n4, x : bit
  next S0 = n0
  next S1 = n2
  out out = y
}
"""
