"""Networks built from a machine's table by dividing its functions into neurons, without any training."""

from bonsaic.grow.logic.machine import construct

__all__ = ["construct"]
