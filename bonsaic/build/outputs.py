"""A build's directory: one writer at a time, and every file whole or absent."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bonsaic.diag import mistake
from bonsaic.network import write_whole

REPORT = "report.json"


@dataclass
class Output:
    """A directory that is being written, and the names of what was."""

    directory: Path
    written: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file whole; returns its path. The report of an earlier build goes with the first file written."""
        if not self.written:
            self.before = _listed(self.directory / REPORT)
            (self.directory / REPORT).unlink(missing_ok=True)
        path = self.directory / name
        write_whole(path, content.encode() if isinstance(content, str) else content)
        if name not in self.written:
            self.written.append(name)
        return path

    def finish(self, report: str) -> None:
        """Write the report; what only the report before it listed goes."""
        self.write(REPORT, report)
        for name in {*self.before} - {*self.written}:
            (self.directory / name).unlink(missing_ok=True)


def _listed(report: Path) -> list[str]:
    """The files that a report lists beside itself; none where it is none of ours."""
    try:
        listed = json.loads(report.read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [x for x in listed if isinstance(x, str) and Path(x).name == x]


@contextmanager
def directory(path: Path) -> Iterator[Output]:
    """Make the directory and hold it; a second build in it, or one that cannot be written, is a `Mistake`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / ".lock").open("w")
    except OSError as e:
        reason = "a file is there" if isinstance(e, FileExistsError) else str(e.strerror).lower()
        raise mistake(str(path), f"the output directory cannot be written: {reason}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            help = "wait for it, or choose another directory with -o"
            raise mistake(str(path), "another build is writing here", help=help) from None
        for part in path.glob(".*.part"):  # of a build that was killed
            part.unlink()
        try:
            yield Output(path)
        finally:
            (path / ".lock").unlink(missing_ok=True)
