"""Other people's programs: each in a process of its own, with a time limit, that ends when what asked for it does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_running: set[subprocess.Popen] = set()


class Ended(NamedTuple):
    """An exit status, and what a program wrote."""

    status: int
    out: bytes
    errors: bytes

    def printed(self) -> str:
        return (self.out + self.errors).decode("utf-8", errors="replace")


def run(
    command: Sequence[str], *, seconds: float, given: bytes = b"", folder: str | Path | None = None
) -> Ended | None:
    """What came of a command, None where it was stopped after so many seconds. Its own files lie in its folder too."""
    pipe = subprocess.PIPE
    space = os.environ | ({"TMPDIR": str(folder)} if folder else {})
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=folder, env=space
    ) as process:
        _running.add(process)
        try:
            out, errors = process.communicate(given, seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            _running.discard(process)
    return Ended(process.returncode, out, errors)


@contextmanager
def beside() -> Iterator[Executor]:
    """Threads that wait for programs while other work is done; an exception in the block kills these programs."""
    with ThreadPoolExecutor() as threads:
        try:
            yield threads
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            for process in list(_running):
                process.kill()
            raise
