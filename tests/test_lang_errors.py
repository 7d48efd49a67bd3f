"""Every message about a mistake in a program, a KISS2 file or a word, whole.

A golden file holds cases: a line `=== name`, the text, a line `---`, the message. `BLESS=1` rewrites the messages.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonsaic.diag import Mistake
from bonsaic.lang import check, check_all, load, load_all, parse_text
from bonsaic.lang.kiss2 import read_kiss2
from bonsaic.lang.words import read_word, run_table

GOLDEN = Path(__file__).parent / "golden" / "errors"
PROGRAM = """enum Mode { STOP, GO }
program p(m: Mode, n: int[-2..2]) -> (y: bit) {
  state full: bit = 0
  assume not full
  full = n == 2
  y = m == GO
}
program silent() -> (y: bit) { y = 1 }
"""


def cases(file: Path) -> Iterator[tuple[str, str, str]]:
    for part in re.split(r"^=== ", file.read_text(), flags=re.M)[1:]:
        name, rest = part.split("\n", 1)
        text, _, message = rest.partition("---\n")
        yield name, text, message


def message_of(kind: str, text: str) -> str:
    try:
        if kind == "kiss2":
            read_kiss2(text, "machine.kiss2")
        elif kind == "words":
            program, silent = check(parse_text(PROGRAM, "p.bp"))
            word = text.rstrip("\n")
            if word.startswith("silent "):
                read_word(silent, word.removeprefix("silent "))
            else:
                run_table(program, read_word(program, word))
        else:
            for program in check(parse_text(text, "p.bp")):
                check_all(program)
    except Mistake as e:
        return f"{e}\n"
    return "no mistake\n"


ALL = [(file, *case) for file in sorted(GOLDEN.glob("*.txt")) for case in cases(file)]


@pytest.mark.parametrize(
    "file, name, text, message", ALL, ids=[f"{a.stem}-{b}" for a, b, *_ in ALL]
)
def test_message(file: Path, name: str, text: str, message: str) -> None:
    found = message_of(file.stem, text)
    assert found != "no mistake\n"
    if os.environ.get("BLESS"):
        file.write_text(
            file.read_text().replace(
                f"=== {name}\n{text}---\n{message}", f"=== {name}\n{text}---\n{found}\n"
            )
        )
    else:
        assert found.rstrip() == message.rstrip()


FILES = {
    "missing.bp": (None, "this file cannot be read: no such file or directory"),
    "nul.bp": (b"program\0", "this is not a text file: there is a NUL byte in it"),
    "bom.bp": (
        b"\xef\xbb\xbfprogram",
        "the file starts with a byte order mark\n  help: save it as UTF-8 without one",
    ),
    "latin.bp": (
        b"// caf\xe9",
        "this is not UTF-8 text: byte 7 of the file belongs to no character",
    ),
    "empty.bp": (b"", "there is no program in this file"),
    "comment.bp": (b"// nothing\n", "there is no program in this file"),
    "large.bp": (b" " * 900_000, "the file is too large; a program has at most 200,000 characters"),
    "long.bp": (b" " * 250_000, "the file has 250,000 characters; a program has at most 200,000"),
    "empty.kiss2": (b"", "this is no KISS2 file: it says no `.i`"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_programs(name: str, tmp_path: Path) -> None:
    content, message = FILES[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Mistake) as e:
        load(str(path))
    assert str(e.value) == f"{path}: error: {message}"


def test_a_folder_is_no_program(tmp_path: Path) -> None:
    with pytest.raises(Mistake) as e:
        load(str(tmp_path))
    assert str(e.value) == f"{tmp_path}: error: this file cannot be read: is a directory"


def test_a_file_with_several_programs(tmp_path: Path) -> None:
    path = tmp_path / "two.bp"
    path.write_text(PROGRAM)
    assert load(f"{path}:silent").name == "silent"
    assert [p.name for p in load_all(str(path))] == ["p", "silent"]
    with pytest.raises(Mistake) as e:
        load(str(path))
    assert str(e.value) == (
        f"{path}: error: there are 2 programs in this file: p, silent\n  help: name one of them: `{path}:p`"
    )
    with pytest.raises(Mistake) as e:
        load(f"{path}:silen")
    assert str(e.value) == (
        f"{path}: error: there is no program `silen` in this file, which has p, silent\n"
        f"  help: did you mean `{path}:silent`?"
    )


def test_carriage_returns_and_tabs_are_spaces() -> None:
    (program,) = check(parse_text("program p(x: bit) -> (y: bit) {\r\n\ty = x\r\n}\r\n"))
    assert program.name == "p"


def test_a_hundred_mistakes_are_shown() -> None:
    text = "program p(x: bit) -> (y: bit) {\n" + "  z = x\n" * 150 + "  y = x\n}\n"
    with pytest.raises(Mistake) as e:
        check(parse_text(text, "p.bp"))
    *shown, last = e.value.diagnostics
    assert len(shown) == 100
    assert last.render() == "p.bp: error: there are 50 more mistakes"


@pytest.mark.parametrize("order", [1, -1])
def test_a_long_chain_of_functions_is_told(order: int) -> None:
    fns = [f"fn f{k}(x: bit) -> bit {{ not f{k - 1}(x) }}" for k in range(1, 400)]
    text = "\n".join(["fn f0(x: bit) -> bit { x }", *fns][::order])
    with pytest.raises(Mistake, match="`p` is nested 803 levels deep"):
        check(parse_text(text + "\nprogram p(x: bit) -> (y: bit) { y = f399(x) }"))
