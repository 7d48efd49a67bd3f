"""How a program is named on the command line: `FILE.bp`, or `FILE.bp:NAME` where a file holds several."""

from __future__ import annotations

import difflib
import os
import re

from bonsaic.diag import mistake
from bonsaic.lang.check import check
from bonsaic.lang.kiss2 import read_kiss2
from bonsaic.lang.parse import LONGEST, parse_text
from bonsaic.lang.program import Program
from bonsaic.lang.transcribe import transcribe

WRITTEN = 1_000_000  # characters of the program that a machine is written as


def load(path: str) -> Program:
    """The checked program that `FILE.bp` or `FILE.bp:NAME` says. Raises a `Mistake`."""
    path, name = _apart(path)
    programs = {p.name: p for p in _programs(path)}
    names = list(programs)
    if name is None and len(names) > 1:
        several = f"there are {len(names)} programs in this file: {_list(names)}"
        raise mistake(path, several, help=f"name one of them: `{path}:{names[0]}`")
    if name is not None and name not in programs:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean `{path}:{near[0]}`?" if near else None
        none = f"there is no program `{name}` in this file, which has {_list(names)}"
        raise mistake(path, none, help=hint)
    return programs[name or names[0]]


def load_all(path: str) -> tuple[Program, ...]:
    """Every program of a `.bp` file, the one that `FILE.bp:NAME` names, or the machine of a `.kiss2` file.

    Raises a `Mistake`.
    """
    return _programs(path) if _apart(path)[1] is None else (load(path),)


def _apart(path: str) -> tuple[str, str | None]:
    """`FILE.bp:NAME` as file and name, unless a file is called that."""
    file, colon, name = path.rpartition(":")
    return (file, name) if colon and not os.path.exists(path) else (path, None)


def _programs(path: str) -> tuple[Program, ...]:
    text, base, longest = read_text(path), os.path.basename(path), LONGEST
    if path.endswith(".kiss2"):
        stem = re.sub(r"\W", "_", base[: -len(".kiss2")], flags=re.ASCII)
        machine = read_kiss2(text, path, stem if stem[:1].isalpha() else f"m{stem}")
        longest = WRITTEN
        text = transcribe(machine.table, machine.states, f"The machine of {base}.")
    programs = check(parse_text(text, path, longest=longest))
    if not programs:
        raise mistake(path, "there is no program in this file")
    return programs


def _list(names: list[str], shown: int = 12) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def read_text(path: str) -> str:
    """The text of a file. Raises a `Mistake` where there is none."""
    try:
        with open(path, "rb") as file:
            content = file.read(4 * LONGEST + 1)
    except OSError as e:
        reason = (e.strerror or "no reason given").lower()
        raise mistake(path, f"this file cannot be read: {reason}") from None
    if b"\0" in content:
        raise mistake(path, "this is not a text file: there is a NUL byte in it")
    if content.startswith(b"\xef\xbb\xbf"):
        hint = "save it as UTF-8 without one"
        raise mistake(path, "the file starts with a byte order mark", help=hint)
    if len(content) > 4 * LONGEST:
        raise mistake(path, f"the file is too large; a program has at most {LONGEST:,} characters")
    try:
        return content.decode()
    except UnicodeDecodeError as e:
        where = f"byte {e.start + 1} of the file belongs to no character"
        raise mistake(path, f"this is not UTF-8 text: {where}") from None
