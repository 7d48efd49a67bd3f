"""Passes by hand: a small module written as text, lowered pass by pass, and one wrong step caught."""

from bonsaic.commands.lowering import explain
from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.text import parse, show
from bonsaic.passes import manager, pipelines  # noqa: F401  importing the page registers every pass
from bonsaic.prove.walk import walk

# The running parity of x. `ameo` is the activation that grew these networks: it wiggles, so that one
# neuron can compute an exclusive or. The weights are what training might have left.
module = parse(
    """
    module parity : net {
      in x : {-1, 1}
      reg h : {-1, 1} = -1
      reg spare : {-1, 1} = 1
      sum = affine 1.03125*x, 0.96875*h, 0.0078125*spare, -1 : real
      act = ameo{f=0.5, leak=0.1} sum : real
      now = sign act : {-1, 1}
      next h = now
      next spare = spare
      out y = now
    }
    """
)
print(show(module))

spec = ModuleMachine(module)  # with no program at hand, the module itself is what passes must keep
steps = manager.parse_pipeline("clip-weights,dead-nodes,fold-init,quantise,recover-gates")
circuit, records = manager.run(module, steps, spec=spec)
for record in records:
    print(explain(record), "\n")

# A step that changes the machine is caught, by name, with a shortest word that shows it.
broken = parse(show(circuit).replace("reg h : bit = 0", "reg h : bit = 1"))
print(walk(ModuleMachine(circuit), ModuleMachine(broken)))
try:
    manager.run(module, manager.parse_pipeline("quantise{step=4}"), spec=spec)
except manager.Refuted as e:
    print(e)
