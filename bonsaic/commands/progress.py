"""The one line that moves while a command works: on stderr, and only where that is a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time


class Display:
    """Rewrites one line of stderr, at most ten times a second; silent where stderr is no terminal.

    Within `with`, a second in which nothing was shown ends with what is `working`, and for how long.
    """

    def __init__(self, wanted: bool = True):
        self.shown = wanted and sys.stderr.isatty()
        self.plain = "NO_COLOR" in os.environ
        self.last = -1.0  # when something was shown or cleared
        self.drawn = False
        self.working("working")
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __enter__(self) -> Display:
        if self.shown:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.clear()

    def working(self, what: str) -> None:
        """What is being done from now on."""
        self.stage = (what, time.monotonic())

    def __call__(self, text: str) -> None:
        if self.shown and time.monotonic() - self.last >= 0.1:
            self._draw(text)

    def clear(self) -> None:
        """Leave an empty line for what is printed next."""
        with self._lock:
            if self.drawn:
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write("\r" + (" " * width + "\r" if self.plain else "\x1b[K"))
                sys.stderr.flush()
            self.drawn, self.last = False, time.monotonic()

    def _draw(self, text: str) -> None:
        with self._lock:
            if self._over.is_set():
                return
            width = shutil.get_terminal_size().columns - 1
            line = f"  {text}"[:width]
            sys.stderr.write(f"\r{line}" if self.plain else f"\r\x1b[2m{line}\x1b[0m\x1b[K")
            sys.stderr.write(" " * (width - len(line)) + "\r" if self.plain else "")
            sys.stderr.flush()
            self.drawn, self.last = True, time.monotonic()

    def _tick(self) -> None:
        while not self._over.wait(0.25):
            (what, since), now = self.stage, time.monotonic()
            if now - max(self.last, since) >= 1:
                self._draw(f"{what}, {now - since:.0f} s")
