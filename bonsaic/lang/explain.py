"""How a text that does not follow the grammar is explained: what was found, what was wanted, the usual slips."""

from __future__ import annotations

from lark import Lark, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from bonsaic.diag import Mistake, Source, Span, mistake

SLIPS = {  # a text that people write from habit -> what to write here
    "&": "write `and`",
    "|": "write `or`",
    "^": "write `xor`",
    "!": "write `not`, or `!=` for unequal",
    ";": "statements end where the line does: leave the `;` out",
    "#": "a comment starts with `//`",
    "?": "write `if c { a } else { b }`",
    "elif": "write `else if`",
    "return": "leave `return` out: a function is a single value, and a program's outputs are assigned",
    "var": "a variable that is kept is declared with `state`, one of this tick with `let`",
    "while": "write `for i in 0..7 { ... }`: a tick always ends",
    "def": "write `fn name(x: bit) -> bit { ... }`",
    "switch": "write `match x { ... }`",
    "true": "write 1",
    "false": "write 0",
}
SPELLING = {
    "DECIMAL": "a number like 0.3",
    "INT": "a number",
    "NAME": "a name",
    "COMPARE": "a comparison",
    "ADD": "`+`",
    "MINUS": "`-`",
    "MULTIPLY": "`*`",
    "$END": "the end of the file",
}
SHOWN = 24  # characters of what was found


def explain(error: UnexpectedInput, source: Source, grammar: Lark) -> Mistake:
    """The mistake at the place where the text leaves the grammar."""
    if isinstance(error, UnexpectedCharacters):
        return _character(error, source)
    assert isinstance(error, UnexpectedToken), error
    token, end = error.token, len(source.text)
    if token.type == "$END":
        return mistake(
            Span(source, end, end), f"the file ends, but {_wanted(error, grammar)} was expected"
        )
    assert token.start_pos is not None and token.end_pos is not None
    where = Span(source, token.start_pos, token.end_pos)
    shown = token if len(token) <= SHOWN else token[:SHOWN] + "..."
    return mistake(
        where,
        f"found `{shown}`, but {_wanted(error, grammar)} was expected",
        help=_help(error, source),
    )


def _character(error: UnexpectedCharacters, source: Source) -> Mistake:
    place = error.pos_in_stream or 0
    where, c = Span(source, place, place + 1), source.text[place]
    if c == "\0":
        return mistake(where, "there is a NUL byte in the text")
    if c.isalpha():
        return mistake(where, f"a name is made of the letters a to z, digits and _, not of `{c}`")
    shown = f"`{c}`" if c.isprintable() else f"the character U+{ord(c):04X}"
    return mistake(where, f"{shown} means nothing here", help=SLIPS.get(c))


def _help(error: UnexpectedToken, source: Source) -> str | None:
    word = str(error.token)
    if word in ("state", "assume"):
        return f"`{word}` stands at the top of a program, before its first statement"
    before = source.text[: error.token.start_pos].split()
    for slip in (word, before[-1] if before else ""):
        if slip in SLIPS:
            return SLIPS[slip]
    wanted = error.accepts
    if word == "=" and "COMPARE" in wanted:
        return "write `==` to compare"
    if word == "==" and "EQUAL" in wanted:
        return "write `=` to assign"
    if error.token.type == "COMPARE" and "AND" in wanted:
        return "comparisons do not chain: write `a < b and b < c`"
    if word == "not" and "INT" in wanted:
        return "put brackets round it: `(not ...)`"
    if word.isalpha() and error.token.type != "NAME" and "NAME" in wanted and "INT" not in wanted:
        return f"`{word}` is a word of the language and cannot be a name"
    return None


def _wanted(error: UnexpectedToken, grammar: Lark) -> str:
    """What the grammar allows instead, in words: the name of a whole group where one fits."""
    wanted = set(error.accepts)
    if "PROGRAM" in wanted:
        return "`program`, `fn`, `enum` or `const`"
    if "LET" in wanted:
        return "a statement or `}`" if "RBRACE" in wanted else "a statement"
    if "NOT" in wanted or "DONTCARE" in wanted:
        return "a value"
    if {"BIT", "NAME"} <= wanted:
        return "a type (bit, int[lo..hi] or an enum)"
    if wanted & {"OR", "MULTIPLY"}:
        wanted -= {"AND", "OR", "XOR", "COMPARE", "ADD", "MINUS", "MULTIPLY", "LSQB", "LPAR"}
        rest = _either(wanted, grammar)
        return f"an operator or {rest}" if rest else "an operator"
    return _either(wanted, grammar)


def _either(terminals: set[str], grammar: Lark) -> str:
    words = sorted(_spelling(x, grammar) for x in terminals)
    return " or ".join(x for x in (", ".join(words[:-1]), *words[-1:]) if x)


def _spelling(terminal: str, grammar: Lark) -> str:
    return SPELLING.get(terminal) or f"`{grammar.get_terminal(terminal).pattern.value}`"
