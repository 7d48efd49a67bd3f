"""The lowered module does what the interpreter does, on random programs and on the library."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import programs

from bonsaic.ir.run import ModuleMachine
from bonsaic.ir.verify import verify
from bonsaic.lang import Illegal, check, decode, encode, initial, load, lower, parse_text, tick
from bonsaic.lang.program import Program

LIBRARY = sorted(Path(__file__).parent.parent.glob("programs/**/*.bp"))
MOST_STATES = 40


def flat(state: tuple) -> list[int]:
    return [v for x in state for v in (x if isinstance(x, tuple) else (x,))]


def assert_agree(program: Program) -> None:
    """Walk the interpreter's states; the module agrees on legality, outputs, cares and next states of every code."""
    machine = ModuleMachine(verify(lower(program)))
    codes = machine.alphabet()
    seen = {initial(program)}
    for state in (todo := list(seen)):
        rows = np.repeat(np.array([flat(state)], np.int64).reshape(1, -1), len(codes), 0)
        step = machine.step(rows, codes)
        for k, code in enumerate(codes.tolist()):
            wires = iter(code)
            letter = tuple(
                decode(p, tuple(itertools.islice(wires, len(p.wires)))) for p in program.inputs
            )
            if None in letter:
                assert not step.legal[k]
                continue
            try:
                after, outputs = tick(program, state, letter)
            except Illegal:
                assert not step.legal[k]
                continue
            assert step.legal[k]
            assert step.next[k].tolist() == flat(after)
            at = 0
            for p, v in zip(program.outputs, outputs, strict=True):
                wires_of = slice(at, at := at + len(p.wires))
                assert (step.care[k, wires_of] == (v is not None)).all()
                assert v is None or tuple(step.outs[k, wires_of].astype(int)) == encode(p, v)
            if after not in seen and len(seen) < MOST_STATES:
                seen.add(after)
                todo.append(after)


@settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_random_programs_agree(text: str) -> None:
    (program,) = check(parse_text(text))
    assert_agree(program)


@pytest.mark.slow
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_many_random_programs_agree(text: str) -> None:
    (program,) = check(parse_text(text))
    assert_agree(program)


@pytest.mark.parametrize("path", [p for p in LIBRARY if p.stem != "add_8"], ids=lambda p: p.stem)
def test_the_library_agrees(path: Path) -> None:
    assert_agree(load(str(path)))


@pytest.mark.parametrize("x", range(-7, 8))
def test_division_rounds_towards_minus_infinity(x: int) -> None:
    text = """
    program p(a: int[-7..7], b: int[-4..4]) -> (q: int[-28..28], r: int[-3..3]) {
      assume b != 0
      q = a / b
      r = a % b
    }
    """
    (program,) = check(parse_text(text))
    for b in (-4, -3, -2, -1, 1, 2, 3, 4):
        assert tick(program, (), (x, b))[1] == (x // b, x % b)
    assert_agree(program)
