"""Which module of a Verilog text is the whole design."""

from __future__ import annotations

import re
from itertools import pairwise

from bonsaic.diag import Source, mistake
from bonsaic.emit.names import VERILOG

PLAIN = r"\\[A-Za-z_][\w$]*"  # an escaped name that needs no escape


def top_module(source: Source) -> str:
    """The name of the one module that no other contains."""
    bare = re.sub(r"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"", " ", source.text, flags=re.S)
    words = re.findall(r"\\\S+|[A-Za-z_][\w$]*|\S", bare)
    words = [w.removeprefix("\\") if re.fullmatch(PLAIN, w) else w for w in words]
    names = [after for w, after in pairwise(words) if w == "module"]
    roots = [x for x in dict.fromkeys(names) if not _instantiated(x, words)]
    if len(roots) != 1:
        found = f"{', '.join(roots or names)}" or "no `module`"
        raise mistake(source.path, f"expected one module that no other contains, found {found}")
    if not re.fullmatch(r"\\?[\w$.\[\]+-]+", roots[0]):
        raise mistake(source.path, f"a module named `{roots[0]}` is not read")
    return roots[0].removeprefix("\\")


def _instantiated(name: str, words: list[str]) -> bool:
    """Does a module contain another of this name: `NAME #(` or `NAME INSTANCE (`?"""
    return any(
        x == name and before != "module" and (y == "#" or (_is_name(y) and z in "(["))
        for before, x, y, z in zip(words, words[1:], words[2:], words[3:], strict=False)
    )


def _is_name(word: str) -> bool:
    return re.match(r"[\\A-Za-z_]", word) is not None and word not in VERILOG
