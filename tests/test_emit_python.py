"""Emitted Python: the original's hand-made form, legal names whatever the circuit's are, the standard library alone."""

import pytest
from circuits import ALL, anything, badly_named, loop_3, replace_111, table
from commandline import python as run_python

from bonsaic.emit.layout import COLUMNS
from bonsaic.emit.python import python
from bonsaic.prove.property import Held, check_python

REPLACE_111 = '''"""replace_111: 1 input, 1 output, 2 registers."""

from collections.abc import Iterable, Iterator


def replace_111(ticks: Iterable[bool]) -> Iterator[bool]:
    """On each tick, read x and give y."""
    s0, s1 = True, False
    for x in ticks:
        y = not s0 or s1 or x
        s0, s1 = not x, not (s0 or x)
        yield y


class Replace111:
    """replace_111, one tick at a time."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to before the first tick."""
        self._read: list = []
        self._run = replace_111(iter(self._read.pop, None))

    def step(self, x: bool) -> bool:
        """One tick."""
        self._read.append(x)
        return next(self._run)
'''


def test_replace_111_reads_as_its_author_wrote_it():
    assert python(replace_111()) == REPLACE_111


def test_a_machine_without_inputs_takes_a_count():
    text = python(loop_3())
    assert "def loop_3(ticks: int) -> Iterator[bool]:" in text
    assert "s0, s1 = s0 == s1, not s0" in text


def test_names_that_python_has_taken_are_changed_for_all_to_see():
    text = python(badly_named())
    assert '# input "for" is called for_ here' in text
    assert '# input "layer0.state[1]" is called layer0_state_1 here' in text
    assert "for clk, for_, layer0_state_1, print_, gr_e, self_ in ticks:" in text


@pytest.mark.parametrize("m", ALL, ids=lambda m: m.name)
def test_it_gives_what_the_circuit_gives(m):
    assert isinstance(check_python(python(m), m.name, table(m)), Held)


@pytest.mark.parametrize("m", [replace_111(), loop_3()], ids=lambda m: m.name)
def test_it_needs_nothing_but_the_standard_library(m, tmp_path):
    (tmp_path / "emitted.py").write_text(python(m), "utf-8")
    code = "import sys; sys.path.insert(0, '.'); import emitted; print(*sys.modules)"
    done = run_python("-I", "-S", "-c", code, cwd=tmp_path)
    assert "emitted" in done.stdout and not {"numpy", "bonsaic"} & set(done.stdout.split())


@pytest.mark.parametrize("seed", range(5))
def test_a_large_circuit_has_no_long_expression(seed):
    text = python(anything(seed, gates=300, inputs=4, registers=8))
    assert max(len(line.partition(" = ")[2]) for line in text.splitlines() if ", " not in line) <= (
        COLUMNS
    )
    assert text == python(anything(seed, gates=300, inputs=4, registers=8))


def test_a_deep_circuit_does_not_exhaust_the_stack():
    m = anything(1, gates=5000, inputs=2, registers=2)
    assert isinstance(check_python(python(m), m.name, table(m)), Held)


def test_many_first_values_take_few_lines():
    text = python(anything(0, registers=40))
    first = text.split('give y0, y1."""\n')[1].split("    for ")[0].splitlines()
    assert sum(line.count("True") + line.count("False") for line in first) == 40
    assert len(first) <= 8 and max(map(len, first)) <= 88
