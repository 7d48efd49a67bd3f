"""The command line, run as a person runs it; shared by the tests of what it does and of what it refuses."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROGRAMS = ROOT / "programs"


def bonsaic(*arguments: str, cwd: Path = ROOT, env: dict | None = None, input: str | None = None):
    return subprocess.run(
        [sys.executable, "-m", "bonsaic", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | (env or {}),
        input=input,
        timeout=120,
    )


def refused(done, status: int, *parts: str) -> None:
    """One clear sentence on stderr, the status, and no traceback."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    for part in parts:
        assert part in done.stderr, done.stderr
