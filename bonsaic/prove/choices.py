"""What hypothesis draws: lists of choices, of which a table makes legal words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Choices = list[int]
WORDS, TICKS = 200, 24  # how many lists, and how long at most


def examine(holds: Callable[[Choices], None], letters: int, seed: int) -> None:
    """Call `holds` with lists of choices among letters; an AssertionError is raised again for the smallest list found.

    The same numbers draw the same lists, in processes that have loaded the same modules.
    """
    import hypothesis
    from hypothesis import HealthCheck, Phase, Verbosity
    from hypothesis import strategies as st
    from hypothesis.configuration import set_hypothesis_home_dir

    settings = hypothesis.settings(
        max_examples=WORDS,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    lists = st.lists(st.integers(0, max(letters, 2) - 1), min_size=1, max_size=TICKS)
    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)  # its caches would stay in the user's folder
        try:
            hypothesis.seed(seed)(settings(hypothesis.given(lists)(holds)))()
        finally:
            set_hypothesis_home_dir(None)


def draw(letters: int, seed: int) -> list[Choices]:
    """The lists that `examine` begins with, in the order drawn."""
    drawn: list[Choices] = []

    def keep(choices: Choices) -> None:
        drawn.append(choices)

    examine(keep, letters, seed)
    return drawn


@contextmanager
def drawn_beside(letters: int, seed: int) -> Iterator[Callable[[], list[Choices]]]:
    """What `draw` gives, from a process of its own that begins at once: importing hypothesis takes longer than growing.

    Where that process fails, they are drawn here.
    """
    command = [sys.executable, "-P", __file__, str(letters), str(seed)]
    with (
        tempfile.TemporaryDirectory() as folder,  # for what it cannot remove when it is killed
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"TMPDIR": folder},
        ) as process,
    ):

        def lists() -> list[Choices]:
            said, _ = process.communicate()
            if process.returncode:
                return draw(letters, seed)
            return json.loads(said)

        try:
            yield lists
        finally:
            process.kill()


if __name__ == "__main__":
    print(json.dumps(draw(*map(int, sys.argv[1:]))))
