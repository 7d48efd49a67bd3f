"""The page that lists what is run: every pass, and the pipelines from network to circuit."""

from bonsaic.passes import (  # noqa: F401, I001  importing a pass registers it, in the order of the help
    clip_weights,
    quantise,
    dead_nodes,
    fold_init,
    recover_gates,
    merge_regs,
    minimise,
)

# What cannot matter goes first, so that clipping and quantising search over what is left; clipping before quantising,
# because a small weight that could go would only be fixed at a value.
LOWER = "dead-nodes,fold-init,clip-weights,dead-nodes,quantise,recover-gates"
O0 = f"{LOWER},dead-nodes"
O1 = f"{LOWER},merge-regs,dead-nodes,minimise"  # the default: readable and small
DEFAULT = {  # what `opt` runs on a module of a level
    "net": O1,
    "quant": "dead-nodes,fold-init,recover-gates,merge-regs,dead-nodes,minimise",
    "gate": "dead-nodes,fold-init,merge-regs,dead-nodes,minimise",
}
