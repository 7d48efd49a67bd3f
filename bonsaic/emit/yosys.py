"""How Yosys is asked: in a process of its own with a time limit, believed for the file it leaves and nothing else."""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bonsaic import tools

INSTALL = "pip install 'bonsaic[formal]'"
GRACE = 10  # seconds beyond its own limit after which a tool is stopped
# Any error ends the process that runs yosys, so it never is this one.
RUN = "import sys, pyosys.libyosys as yosys; yosys.run_pass(sys.argv[1], yosys.Design())"


class Said(NamedTuple):
    """The text of the file that Yosys made, None where it made none, and what it printed; "" where it took too long."""

    made: str | None
    printed: str

    def last(self) -> str:
        lines = self.printed.strip().splitlines()
        return lines[-1] if lines else "no answer in time"


def installed() -> bool:
    return find_spec("pyosys") is not None


def yosys(verilog: str, passes: str, *, seconds: int = 60) -> Said:
    """Yosys on a text: `passes` read the file `source.v` and write the file `made`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "source.v").write_text(verilog, "utf-8")
        printed = output([sys.executable, "-c", RUN, passes], folder, seconds)
        made = Path(folder, "made")
        if printed is None or not made.exists():
            return Said(None, printed or "")
        return Said(made.read_text("utf-8", errors="replace"), printed)


def output(command: list[str], folder: str, seconds: int) -> str | None:
    """What a tool prints; None where it does not end in time. Exit statuses say nothing here."""
    ended = tools.run(command, folder=folder, seconds=seconds + GRACE)
    return None if ended is None else ended.printed()
