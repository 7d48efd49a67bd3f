"""Growing: from a table machine to a proved network; the only importer of tinygrad and pyopencl."""

from bonsaic.grow.campaign import GUIDES, grow
from bonsaic.grow.grown import Grown, Progress

__all__ = ["GUIDES", "Grown", "Progress", "grow"]
