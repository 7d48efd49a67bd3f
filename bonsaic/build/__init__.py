"""The whole line, from a program to a proved circuit in a directory: `line` holds the stages, the others one part each."""

from bonsaic.build.line import Options, build

__all__ = ["Options", "build"]
