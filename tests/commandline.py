"""The command line, run as a person runs it; shared by the tests of what it does and of what it refuses."""

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

from bonsaic.cli import main

ROOT = Path(__file__).parent.parent
PROGRAMS = ROOT / "programs"


def python(*words: object, cwd: Path = ROOT, env: dict | None = None, input: str | None = None):
    """What comes of a Python with these words, in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | (env or {}),
        input=input,
        timeout=120,
    )


def bonsaic(*arguments: object, **options):
    """What comes of a command; the options are those of `python`."""
    return python("-m", "bonsaic", *arguments, **options)


def inside(*arguments: str) -> SimpleNamespace:
    """The same without a process of its own, in a tenth of the time: for commands that neither grow nor are killed."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "oe")
    with chdir(ROOT), redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(list(map(str, arguments)))
        except SystemExit as e:  # a wrong usage
            status = e.code
    said = (x.buffer.getvalue().decode() for x in (out, err))
    return SimpleNamespace(returncode=status, stdout=next(said), stderr=next(said))


def refused(done, status: int, *parts: str) -> None:
    """One clear sentence on stderr, the status, and no traceback."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    for part in parts:
        assert part in done.stderr, done.stderr
