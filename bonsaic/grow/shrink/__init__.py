"""From a proved network to a small one that can be read: fewer edges, then round numbers."""

from bonsaic.grow.shrink.driver import SECONDS, Shrunk, shrink

__all__ = ["SECONDS", "Shrunk", "shrink"]
