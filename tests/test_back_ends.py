"""Every way from a program or circuit to something that runs agrees; a pass that goes wrong is caught."""

import random
from dataclasses import replace

import circuits
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import programs
from test_passes import DELAY
from test_passes_gates import random_network

from bonsaic.bench.brute import search
from bonsaic.bench.mutants import KINDS
from bonsaic.diag import Mistake
from bonsaic.ir.core import affine, rewrite
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse
from bonsaic.ir.verify import verify
from bonsaic.lang import check, lower, parse_text, tabulate
from bonsaic.lift import lift
from bonsaic.passes.manager import PASSES, Refuted, run
from bonsaic.passes.pipelines import O1
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.machine import tabulate as machine_table
from bonsaic.prove.verdict import Proved
from bonsaic.prove.walk import walk


def all_agree(text):
    """The interpreter's table, the lowered module, and its text as Python and Verilog."""
    (program,) = check(parse_text(text))
    try:
        table, m = tabulate(program, 20_000), lower(program)
    except Mistake as e:  # an `assume` may leave a state without a letter
        assert "no legal input" in str(e)
        return
    if table is None:
        return
    assert isinstance(walk(TableMachine(table), ModuleMachine(m)), Proved), text
    assert circuits.runs_as(m, table), text


def test_a_quotient_turned_negative_is_the_same_everywhere():
    all_agree("program p(x: int[0..3]) -> (y: int[0..1]) { y = -(x / -2) % 2 }")
    all_agree("program p(x: int[0..3]) -> (y: int[-4..0]) { y = -(x % 3) - (x / 2) - 1 }")


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_a_random_program_is_the_same_everywhere(text):
    all_agree(text)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_a_thousand_random_programs_are_the_same_everywhere(text):
    all_agree(text)


@pytest.mark.parametrize(
    "seed", [*range(16), *(pytest.param(s, marks=pytest.mark.slow) for s in range(16, 400))]
)
def test_passes_in_any_order_agree(seed):
    """A random machine after passes in a random order that their levels allow, some repeated and others left out."""
    rng = random.Random(seed)
    network = lift(random_network(np.random.default_rng(seed)))
    m = network if seed % 2 else circuits.anything(seed)
    spec = ModuleMachine(m)
    made, names = m, []
    for _ in range(rng.randint(1, 7)):
        fitting = [p for p in PASSES.values() if made.level in p.sources and p.name in O1]
        names.append(rng.choice(fitting))
        made, _ = run(made, [(names[-1], {})], spec=spec)
    table = machine_table(spec, cap=1 << 16)
    assert search(table, made).ticks is None, [p.name for p in names]
    if made.level == "gate":
        assert circuits.runs_as(made, table)


def broken_gate(rng, m):
    return KINDS[rng.choice(["gate", "wire", "initial"])](rng, m)


def broken_neuron(rng, m):
    """A neuron whose weights are turned round, or an initial value."""
    if m.regs and rng.random() < 0.3:
        name = rng.choice(list(m.init))
        return replace(m, init={**m.init, name: -m.init[name]})
    target = rng.choice([n for n in m.order() if n.op == "affine"])
    weights, bias = target.attr
    turned = affine([-w for w in weights], target.args, bias)
    return rewrite(m, lambda n: turned if n is target else n)


MEMORY = lift(random_network(np.random.default_rng(1)))


@pytest.mark.parametrize("name", [name for name in PASSES if name in O1])
def test_the_manager_catches_a_break_of_every_pass(name, monkeypatch):
    good = PASSES[name]
    start = parse(DELAY, "delay.bir") if good.target is None else MEMORY
    start = circuits.replace_111() if "gate" in good.sources else start
    spec = ModuleMachine(start)
    table = machine_table(spec, cap=1000)
    caught = 0
    for seed in range(12):
        rng = random.Random(seed)
        made = []

        def broken(m, rng=rng, made=made, **extra):
            after = good.run(m, **extra)
            breaks = broken_gate if after.level == "gate" else broken_neuron
            made.append(verify(breaks(rng, after)))
            return made[-1]

        monkeypatch.setitem(PASSES, name, replace(good, run=broken))
        try:
            run(start, [(PASSES[name], {})], spec=spec)
        except Refuted as e:
            assert e.name == name and search(table, made[0]).ticks is not None
            caught += 1
        else:
            assert search(table, made[0]).ticks is None
    assert caught >= 4
