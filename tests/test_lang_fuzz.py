"""Whatever text comes in: a program that does what its module does, or a `Mistake`; never anything else, never late.

What the campaigns found is in FOUND.
"""

import contextlib
import itertools
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from strategies import programs

from bonsaic.diag import Mistake
from bonsaic.ir.verify import verify
from bonsaic.lang import (
    Illegal,
    check,
    check_all,
    initial,
    letters,
    load_all,
    lower,
    parse_text,
    tick,
)
from bonsaic.lang.fmt import format_text
from bonsaic.lang.kiss2 import read_kiss2
from bonsaic.lang.parse import grammar
from bonsaic.lang.program import Program

SECONDS = 2.0
LIBRARY = [p.read_text() for p in sorted(Path(__file__).parent.parent.glob("programs/**/*.bp"))]
LIBRARY = [t for t in LIBRARY if "add_8" not in t]
TOKENS = sorted(
    {t.pattern.value for t in grammar().terminals if t.pattern.type == "str"}
    | {*"xynaMf0127<-*/%+", "0.5", "onehot", "=="}
)
FOUND = [
    "enum E { A } program p(x: E) -> (y: bit) { y = 1 }",
    "program p(x: bit) -> (y: bit) { y = x == not x }",
    "const K = 000000000000000000000000000000000000000001",
    "fn f() -> bit { f() } program p() -> (y: bit) { y = f() }",
]


def survives(text: str) -> bool:
    """Whether the text was accepted; anything but a mistake or a sound program raises."""
    start = time.process_time()
    try:
        found = check(parse_text(text))
        walked = [check_all(p) for p in found]
    except Mistake as e:
        assert str(e)
        found, walked = (), []
    assert time.process_time() - start < SECONDS, text
    for p, told in zip(found, walked, strict=True):
        if told.table is not None or not told.limit:
            verify(lower(p))
            runs(p)
    if found:
        tame = format_text(text)
        assert format_text(tame) == tame
    return bool(found)


def runs(p: Program) -> None:
    """Some legal letters are read without leaving a range: what was accepted was accepted rightly."""
    rng, state = random.Random(0), initial(p)
    some = list(itertools.islice(letters(p), 50))
    for _ in range(20):
        with contextlib.suppress(Illegal):
            state, _ = tick(p, state, rng.choice(some))


def mutated(rng: random.Random) -> str:
    """A program of the library with some of its words dropped, doubled, swapped or replaced."""
    words = [str(t) for t in grammar().lex(rng.choice(LIBRARY))]
    for _ in range(rng.randint(1, 4)):
        k = rng.randrange(len(words))
        match rng.randrange(5):
            case 0:
                del words[k]
            case 1:
                words.insert(k, rng.choice(TOKENS))
            case 2:
                words[k] = rng.choice(TOKENS)
            case 3:
                j = rng.randrange(len(words))
                words[j], words[k] = words[k], words[j]
            case 4:
                words[k] = words[rng.randrange(len(words))]
        if not words:
            return ""
    return " ".join(words)


def spliced(rng: random.Random) -> str:
    return "".join(f"{rng.choice(TOKENS)} " for _ in range(rng.randint(1, 40)))


SENTENCES = from_lark(
    grammar(),
    start="start",
    explicit={
        "NAME": st.sampled_from(["x", "y", "n", "a", "M", "A", "f", "p"]),
        "INT": st.sampled_from(["0", "1", "2", "3", "40"]),
        "DECIMAL": st.just("0.5"),
        "COMMENT": st.just("// c\n"),
    },
)
ANY = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(ANY, max_examples=100)
@given(st.text())
def test_any_text(text: str) -> None:
    survives(text)


@settings(ANY, max_examples=30)
@given(SENTENCES)
def test_sentences_of_the_grammar(text: str) -> None:
    survives(text)


@settings(ANY, max_examples=60)
@given(programs())
def test_well_typed_programs(text: str) -> None:
    survives(text)


@pytest.mark.parametrize("seed", range(150))
def test_mutated_programs(seed: int) -> None:
    survives(mutated(random.Random(seed)))


@pytest.mark.parametrize("suffix", [".bp", ".kiss2"])
@settings(ANY, max_examples=60)
@given(content=st.binary())
def test_any_file(suffix: str, content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    try:
        load_all(str(path))
    except Mistake as e:
        assert str(e)


@settings(ANY, max_examples=100)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [".i", ".o", ".s", ".p", ".r", ".e", "0", "1", "-", "*", "a", "b", "01", "2"]
            ),
            max_size=5,
        )
    )
)
def test_any_kiss2(rows: list[list[str]]) -> None:
    try:
        read_kiss2(".i 1\n.o 1\n" + "\n".join(map(" ".join, rows)))
    except Mistake as e:
        assert str(e)


@pytest.mark.parametrize("text", FOUND)
def test_what_was_found(text: str) -> None:
    survives(text)


HUGE = {
    "lines": "program p(x: bit) -> (y: bit) {\n" + "  y = x\n" * 10_000 + "}\n",
    "branches": "program p(x: bit) -> (y: bit) {\n  if x { y = 1 }\n"
    + "  else if x { y = 0 }\n" * 2_000
    + "  else { y = 1 } }",
    "brackets": "program p(x: bit) -> (y: bit) { y = " + "(" * 1_000 + "x" + ")" * 1_000 + " }",
    "signs": "program p(x: bit) -> (y: bit) { y = 0 == " + "- " * 1_000 + "1 }",
    "nots": "program p(x: bit) -> (y: bit) { y = " + "not " * 1_000 + "x }",
    "sum": "program p(x: bit) -> (y: bit) { let n = 1" + " + 1" * 20_000 + " y = x }",
    "blocks": "program p(x: bit) -> (y: bit) { "
    + "if x { " * 1_000
    + "y = x"
    + " }" * 1_000
    + " }",
    "ports": "program p("
    + ", ".join(f"x{k}: int[0..999999]" for k in range(3_000))
    + ") -> (y: bit) { y = 0 }",
    "states": "program p(x: bit) -> (y: bit) {\n"
    + "".join(f"state s{k}: bit = 0\n" for k in range(3_000))
    + "y = x }",
    "members": "enum E { "
    + ", ".join(f"M{k}" for k in range(10_000))
    + " } program p(x: E) -> (y: bit) { y = x == M7 }",
    "arms": "program p(x: int[0..9999]) -> (y: bit) { match x { "
    + "".join(f"{k} {{ y = 0 }} " for k in range(2_000))
    + "_ { y = 1 } } }",
    "list": "const K = [" + "1, " * 20_000 + "1]",
    "digits": "const K = " + "9" * 50_000,
    "name": "const " + "k" * 90_000 + " = 1",
    "misspelt": "program p(x: bit) -> (y: bit) {\n"
    + "".join(f"let value_{k} = valeu_{k}\n" for k in range(2_000))
    + "}",
    "ten megabytes": "// " + "x" * 10_000_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_texts_are_answered_quickly(name: str) -> None:
    accepted = survives(HUGE[name])
    assert accepted or name != "lines"


@pytest.mark.slow
def test_a_hundred_thousand_inputs() -> None:
    rng = random.Random(2024)
    accepted = 0
    for k in range(100_000):
        text = (mutated, spliced)[k % 8 == 0](rng)
        accepted += survives(text)
    assert accepted > 500


@pytest.mark.slow
@settings(ANY, max_examples=5_000)
@given(SENTENCES)
def test_many_sentences(text: str) -> None:
    survives(text)
