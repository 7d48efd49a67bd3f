"""The program language: from a `.bp` text to a checked program, its meaning, and its table.

text --parse, bp.lark, explain--> syntax --check, infer, scope, types, extent--> program
program --interp--> what a tick does --table--> every reachable state
program --lower, arith--> a module
beside: files and words read, fmt lays out, sample draws, merge shrinks; kiss2, cubes, transcribe: tables as text
"""

from bonsaic.lang.check import check
from bonsaic.lang.files import load, load_all
from bonsaic.lang.interp import Illegal, Violation, initial, tick
from bonsaic.lang.lower import lower
from bonsaic.lang.parse import parse_text
from bonsaic.lang.program import Port, Program, codings, decode, encode
from bonsaic.lang.table import check_all, letters, tabulate

__all__ = [
    "Illegal",
    "Port",
    "Program",
    "Violation",
    "check",
    "check_all",
    "codings",
    "decode",
    "encode",
    "initial",
    "letters",
    "load",
    "load_all",
    "lower",
    "parse_text",
    "tabulate",
    "tick",
]
