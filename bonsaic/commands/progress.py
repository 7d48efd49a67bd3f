"""The one line that moves while a command works: on stderr, and only where that is a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import time


class Display:
    """Rewrites one line of stderr, at most ten times a second; silent where stderr is no terminal."""

    def __init__(self, wanted: bool = True):
        self.shown = wanted and sys.stderr.isatty()
        self.plain = "NO_COLOR" in os.environ
        self.last = 0.0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if not self.shown or now - self.last < 0.1:
            return
        self.last = now
        width = shutil.get_terminal_size().columns - 1
        line = f"  {text}"[:width]
        sys.stderr.write(f"\r{line}" if self.plain else f"\r\x1b[2m{line}\x1b[0m\x1b[K")
        sys.stderr.write(" " * (width - len(line)) + "\r" if self.plain else "")
        sys.stderr.flush()

    def clear(self) -> None:
        """Leave an empty line for what is printed next."""
        if self.shown and self.last:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write("\r" + (" " * width + "\r" if self.plain else "\x1b[K"))
            sys.stderr.flush()
