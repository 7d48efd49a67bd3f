"""The interpreter where programs of the library and random ones do not lead it."""

import re

import pytest

from bonsaic.diag import Mistake
from bonsaic.lang import check, check_all, initial, parse_text, tick
from bonsaic.lang.interp import _Meaning, _select


def test_a_function_may_be_called_more_than_once():
    text = """
    fn up(n: int[0..3]) -> int[0..3] { (n + 1) % 4 }
    program p(n: int[0..3]) -> (y: int[0..3], z: int[0..3]) {
      y = up(n)
      z = up(up(n))
    }
    """
    (p,) = check(parse_text(text))
    assert [tick(p, initial(p), (n,))[1] for n in range(4)] == [(1, 2), (2, 3), (3, 0), (0, 1)]


def test_what_the_checker_lets_nobody_write_is_our_own_fault():
    meaning = _Meaning(None, None)
    for part in (meaning.statement, meaning.expression):
        with pytest.raises(AssertionError):
            part("no part of a tree")
    with pytest.raises(AssertionError):
        _select(lambda env: 3, [(((0, 2),), lambda env: 1)])({})


@pytest.mark.parametrize(
    "wrong, said",
    [
        ("y = 4 / x == 2", "this divides by zero; it happens on the word `0`"),
        ("y = a[x]", "index 3 is outside `a`, whose elements are 0 to 2; it happens on the word"),
    ],
)
def test_what_a_tick_cannot_do_is_told_with_its_word(wrong, said):
    text = f"program p(x: int[0..3]) -> (y: bit) {{ state a: bit[3] = 0 {wrong} a[0] = 1 }}"
    (p,) = check(parse_text(text))
    with pytest.raises(Mistake, match=re.escape(said)):
        check_all(p)
