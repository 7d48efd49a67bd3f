"""Growing: from a table machine to a proved network; the only importer of tinygrad and pyopencl.

campaign: sizes and budget --loop--> a population trained on words (population, kernel, recipes; teacher, words tell)
nearly right --check, repair, refit--> right --widen--> proved
what no population learns --untrained--> table, lstar and logic/, which constructs networks without training
proved --shrink/--> small
beside: architecture, activation, device; grown, record, checkpoint; plain is what the kernel is held to; original
"""

from bonsaic.grow.campaign import grow
from bonsaic.grow.grown import Grown, Progress

__all__ = ["Grown", "Progress", "grow"]
