"""A build's directory: one writer at a time, and every file whole or absent."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bonsaic.diag import mistake
from bonsaic.network import write_whole


@dataclass
class Output:
    """A directory that is being written, and the names of what was."""

    directory: Path
    written: list[str] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file whole; returns its path."""
        path = self.directory / name
        write_whole(path, content.encode() if isinstance(content, str) else content)
        if name not in self.written:
            self.written.append(name)
        return path


@contextmanager
def directory(path: Path) -> Iterator[Output]:
    """Make the directory and hold it; a second build in it, or one that cannot be written, is a `Mistake`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / ".lock").open("w")
    except OSError as e:
        raise mistake(str(path), f"the output directory cannot be written: {e.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            help = "wait for it, or choose another directory with -o"
            raise mistake(str(path), "another build is writing here", help=help) from None
        try:
            yield Output(path)
        finally:
            (path / ".lock").unlink(missing_ok=True)
