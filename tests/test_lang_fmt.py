"""The canonical layout changes nothing but the layout, keeps every comment, and is its own canonical layout."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import programs

from bonsaic.diag import Mistake
from bonsaic.lang import parse_text
from bonsaic.lang.fmt import format_text
from bonsaic.lang.parse import grammar

LIBRARY = sorted(Path(__file__).parent.parent.glob("programs/**/*.bp"))
GAPS = st.sampled_from(
    ["", " ", "\n", "\n\n\n", "\t", "  // a comment\n", "\n// own line\n", "\r\n"]
)

WILD = """// above


enum M{A,B , // first
 C}  // the enum

const X=[1,-2,- 3]
fn f(a:bit,b:int[-2..X[0]+1])->bit{if a{b>0}else{b<-1}}   program p(x:bit~0.3,
 d:int[0..4]as onehot)->(y:bit){ // the body
// own
   state a:bit[3]=0
   state m:M=A


   assume not(x and a[0])
   if x{y=1}else{y=0}   if x{y=1 m=m+1}
   for i in 0..2{a[i]=x
   and f(x,-1)  // rest
      or x}
   match m{A,B{y=0} _{}}
   let z=match m{A{1} _{int(x)-1}}
   // last
}
// below"""
TAME = """// above

enum M {
  A, B, // first
  C
} // the enum

const X = [1, -2, -3]
fn f(a: bit, b: int[-2..X[0] + 1]) -> bit { if a { b > 0 } else { b < -1 } }
program p(x: bit ~ 0.3,
    d: int[0..4] as onehot) -> (y: bit) { // the body
  // own
  state a: bit[3] = 0
  state m: M = A

  assume not (x and a[0])
  if x { y = 1 } else { y = 0 }
  if x {
    y = 1
    m = m + 1
  }
  for i in 0..2 {
    a[i] = x
        and f(x, -1) // rest
        or x
  }
  match m {
    A, B { y = 0 }
    _ {}
  }
  let z = match m {
    A { 1 }
    _ { int(x) - 1 }
  }
  // last
}
// below
"""


def words(text: str) -> list[str]:
    return [str(t) for t in grammar().lex(text)]


def comments(text: str) -> list[str]:
    return [c.rstrip() for c in re.findall(r"//[^\n]*", text)]


def test_a_wild_text_is_tamed():
    assert format_text(WILD) == TAME
    assert format_text(TAME) == TAME


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.stem)
def test_the_library_is_canonical(path):
    assert format_text(path.read_text()) == path.read_text()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.data())
def test_any_layout_becomes_one_that_stays(text, data):
    gaps = data.draw(st.lists(GAPS, min_size=8, max_size=8))
    wild = "".join(f"{w} {gaps[k * 5 % 8]}" for k, w in enumerate(words(text)))
    tame = format_text(wild)
    assert words(tame) == words(text)
    assert comments(tame) == comments(wild)
    assert format_text(tame) == tame
    assert not any(line != line.rstrip() for line in tame.split("\n"))


def test_an_empty_text_stays_empty():
    assert format_text("") == ""
    assert format_text("\n\n// nothing\n\n\n") == "// nothing\n"


def test_a_wrong_text_is_a_mistake():
    with pytest.raises(Mistake):
        format_text("program p(")
    parse_text(TAME)
