"""Growing: from a table machine to a proved network; the only importer of tinygrad and pyopencl."""

from bonsaic.grow.campaign import GUIDES, Grown, Progress, grow

__all__ = ["GUIDES", "Grown", "Progress", "grow"]
