"""From a program to a circuit: the whole line through the Python API, one step at a time."""

from pathlib import Path

from bonsaic.emit.python import python
from bonsaic.grow import grow
from bonsaic.grow.shrink import shrink
from bonsaic.ir.run import ModuleMachine
from bonsaic.lang import load, tabulate
from bonsaic.lift import lift
from bonsaic.passes import manager, pipelines
from bonsaic.prove.machine import TableMachine
from bonsaic.prove.walk import walk

PROGRAM = Path(__file__).parent.parent / "programs" / "replace_111.bp"

# A program is one tick of a machine. Asked at every reachable state and letter, its interpreter
# becomes a table: that table is what everything below is held to.
program = load(str(PROGRAM))
table = tabulate(program)
spec = TableMachine(table)
print(f"{program.name}: {table.states} reachable states, {len(table.letters)} letters")

# A population of small recurrent networks is trained on words of the program until one of them is
# proved right. Every state and neuron of it is exactly -1 or +1.
grown = grow(table.minimised(), seed=1)
print(f"grown: {grown.network.edges} edges after {grown.steps} steps of {grown.tried} networks")

# The proved network is itself a finite machine. Shrinking looks for a smaller network of that machine.
small = shrink(grown.network, table, effort="fast", seed=1).network
print(f"pruned: {small.edges} edges, {small.states} states")

# Lifted, the network is a module: one tick as a graph, which can be printed and walked. The walk visits
# every reachable pair of program state and network state under every legal letter.
net = lift(small)
print(f"network: {walk(spec, ModuleMachine(net))}")

# Every pass of the lowering states a claim, and the manager discharges it.
circuit, records = manager.run(net, manager.parse_pipeline(pipelines.O1), spec=spec)
for r in records:
    print(f"  {r.name:<14} {r.claim:<9} {r.verdict}")
print(f"circuit: {walk(spec, ModuleMachine(circuit))}\n")
print(python(circuit))
