"""The house keeps its shape: who imports whom, how large files are, what starts fast."""

import ast
from pathlib import Path

import pytest
from commandline import python

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "bonsaic"
FILES = sorted(PACKAGE.rglob("*.py"))

# A package may import itself and what is listed; `cli` and `build` sit on top and import everything.
MAY_IMPORT = {
    "diag": set(),
    "network": {"diag"},
    "tools": set(),
    "ir": {"diag"},
    "lang": {"diag", "ir"},
    "lift": {"diag", "ir", "network"},
    "prove": {"diag", "ir", "network", "emit", "tools"},
    "passes": {"diag", "ir", "prove"},
    "emit": {"diag", "ir", "tools"},
    "grow": {"diag", "ir", "lang", "prove", "network", "lift"},
}
HEAVY = {
    "tinygrad": {"grow"},
    "pyopencl": {"grow"},
    "sympy": {"passes"},
    "networkx": {"ir"},
    "hypothesis": {"prove"},
    "graphviz": {"emit"},
}


def imports(path: Path) -> set[str]:
    found = set()
    for n in ast.walk(ast.parse(path.read_text())):
        if isinstance(n, ast.Import):
            found |= {a.name for a in n.names}
        elif isinstance(n, ast.ImportFrom) and n.module:
            found |= (
                {f"{n.module}.{a.name}" for a in n.names} if n.module == "bonsaic" else {n.module}
            )
    return found


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_what_lies_below_it(path):
    if part(path) in MAY_IMPORT:
        for module in imports(path):
            if module.startswith("bonsaic."):
                target = module.split(".")[1]
                assert target == part(path) or target in MAY_IMPORT[part(path)], module


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_heavy_package_is_imported_in_its_one_place(path):
    for module in imports(path):
        root = module.split(".")[0]
        if root in HEAVY and part(path) not in ("cli", "doctor"):
            assert part(path) in HEAVY[root], f"{path} imports {root}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_is_short_and_says_what_it_knows(path):
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), path
    assert text.count("\n") <= 300, path


def test_the_compiler_starts_without_heavy_packages():
    code = (
        "import sys, bonsaic.lang, bonsaic.lift, bonsaic.prove.walk, bonsaic.ir.text, bonsaic.cli\n"
        f"loaded = {sorted(HEAVY)!r}\n"
        "print([m for m in loaded if m in sys.modules])"
    )
    done = python("-c", code)
    assert done.stdout.strip() == "[]"


def test_a_small_build_imports_nothing_that_it_can_do_without(tmp_path):
    program = ROOT / "programs" / "replace_111.bp"
    code = (
        "import sys, bonsaic.cli\n"
        f"assert bonsaic.cli.main(['build', {str(program)!r}, '-o', {str(tmp_path / 'o')!r}]) == 0\n"
        "print([m for m in ('hypothesis', 'networkx', 'sympy') if m in sys.modules])"
    )
    done = python("-c", code)
    assert done.stdout.splitlines()[-1] == "[]"
