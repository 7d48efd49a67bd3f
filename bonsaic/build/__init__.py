"""The whole line, from a program to a proved circuit: `line` holds the stages, the other files one part each."""

from bonsaic.build.line import Options, build

__all__ = ["Options", "build"]
