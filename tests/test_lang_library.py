"""Every program of the library does what a Python function written from its description does, and has its states."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from bonsaic.lang import Illegal, check_all, initial, load, tabulate, tick

ROOT = Path(__file__).parent.parent / "programs"
SHORT = 6_000  # letters in all the short words of a program
Ticks = list[tuple[int, ...]]


def bits(f: Callable[[list[int], int], bool]) -> Callable[[Ticks], Ticks]:
    """From f(inputs, t) of a program with one input and one output to a function of words."""
    return lambda word: [(int(f([x for (x,) in word], t)),) for t in range(len(word))]


def at(x: list[int], t: int) -> int:
    return x[t] if t >= 0 else 0


def letterwise(f: Callable[..., int]) -> Callable[[Ticks], Ticks]:
    return lambda word: [(int(f(*letter)),) for letter in word]


def skip(k: int) -> Callable[[Ticks], Ticks]:
    return bits(lambda x, t: x[t] and sum(x[: t + 1]) % k != 0)


def parens(word: Ticks) -> Ticks:
    text, out = "", []
    for (close,) in word:
        text += ")" if close else "("
        left = text
        while "()" in left:
            left = left.replace("()", "")
        out.append((int(left == ""),))
    return out


def gate(word: Ticks, functions: list[Callable[[int, int], int]]) -> Ticks:
    out = []
    for t, (_, a, b) in enumerate(word):
        steps = sum(x for x, _, _ in word[: t + 1])
        out.append((int(functions[steps % len(functions)](a, b)),))
    return out


GATES: dict[str, Callable[[int, int], int]] = {
    "xor": lambda a, b: a != b,
    "and": lambda a, b: min(a, b),
    "or": lambda a, b: max(a, b),
    "nor": lambda a, b: a + b == 0,
    "nand": lambda a, b: a + b < 2,
    "xnor": lambda a, b: a + b != 1,
}


def six(word: Ticks) -> Ticks:
    order = [GATES[g] for g in ("xor", "and", "or", "nor", "nand", "xnor")]
    out = []
    for t, (_, _, a, b) in enumerate(word):
        place = sum((1 if forward else -1) for change, forward, _, _ in word[: t + 1] if change)
        out.append((int(order[place % 6](a, b)),))
    return out


def mini_cpu(word: Ticks) -> Ticks:
    memory, out = {0: 0, 1: 0}, []
    for op, r, t in word:
        if op == 0:
            memory[r] = moved = t
        else:
            memory[t] = moved = memory[r]
        out.append((moved,))
    return out


def mini_cpu_alu(word: Ticks) -> Ticks:
    memory, out = [0, 0], []
    for op, rx, imm, tx in word:
        v = tx if imm == 1 else memory[tx]
        old = memory[rx]
        memory[rx] = [v, old ^ v, old & v, old | v][op]
        out.append(tuple(memory))
    return out


def inverter(word: Ticks) -> Ticks:
    flips = [0] + [f for f, _ in word]
    return [
        (x ^ sum(a != b for a, b in itertools.pairwise(flips[: t + 1])) % 2,)
        for t, (_, x) in enumerate(word)
    ]


def edge_inverter(word: Ticks) -> Ticks:
    flips = "0" + "".join(str(f) for f, _ in word)
    return [(x ^ flips[: t + 2].count("01") % 2,) for t, (_, x) in enumerate(word)]


def square_wave(word: Ticks) -> Ticks:
    text = "".join(str(x) for (x,) in word)
    level, out = 1, []
    for t in range(len(text)):
        so_far = text[: t + 1]
        completed = [run for run in so_far[: so_far.rfind("1") + 1].split("1") if run]
        half = min(len(completed[-1]), 3) if completed else 1
        level ^= t % half == 0
        out.append((int(level),))
    return out


def tomita_3(x: list[int], t: int) -> bool:
    runs = [(k, len(list(g))) for k, g in itertools.groupby(x[: t + 1])]
    return not any(
        b == 0 and m % 2 == 1
        for i, (a, n) in enumerate(runs)
        if a == 1 and n % 2 == 1
        for b, m in runs[i + 1 :]
    )


def changes(x: list[int], t: int) -> int:
    return sum(a != b for a, b in itertools.pairwise([0, *x[: t + 1]]))


def adder(base: int) -> Callable[[Ticks], Ticks]:
    def add(word: Ticks) -> Ticks:
        a = sum(x * base**k for k, (x, _) in enumerate(word))
        b = sum(x * base**k for k, (_, x) in enumerate(word))
        return [((a + b) // base**k % base,) for k in range(len(word))]

    return add


def long_division(word: Ticks) -> Ticks:
    text = "".join(str(x) for (x,) in word)
    quotient = f"{int(text, 2) // 3:b}".rjust(len(text), "0")
    return [(int(q),) for q in quotient]


LIBRARY: dict[str, tuple[int, Callable[[Ticks], Ticks]]] = {
    "delay_1": (2, bits(lambda x, t: at(x, t - 1))),
    "delay_2": (4, bits(lambda x, t: at(x, t - 2))),
    "loop_3": (3, lambda word: [(int(t % 3 == 2),) for t in range(len(word))]),
    "replace_111": (3, bits(lambda x, t: 1 in x[max(0, t - 2) : t + 1])),
    "parens_8": (9, parens),
    "gated_4mode": (4, lambda w: gate(w, [GATES[g] for g in ("xor", "and", "nor", "nand")])),
    "mini_cpu": (4, mini_cpu),
    "mini_cpu_alu": (4, mini_cpu_alu),
    "gated_2mode": (2, lambda w: gate(w, [GATES["xor"], GATES["and"]])),
    "gated_6mode": (6, six),
    "all_equal": (1, letterwise(lambda *x: len(set(x)) == 1)),
    "parity": (2, bits(lambda x, t: sum(x[: t + 1]) % 2)),
    "xor_delay_3": (8, bits(lambda x, t: x[t] != at(x, t - 3))),
    "both_last_two": (3, bits(lambda x, t: at(x, t - 1) + at(x, t - 2) == 2)),
    "inverter": (2, inverter),
    "edge_inverter": (4, edge_inverter),
    "square_wave": (144, square_wave),
    "add_8": (1, letterwise(lambda a, b: (a + b) & 255)),
    "dfsm/skip_second_1": (2, skip(2)),
    "dfsm/skip_third_1": (3, skip(3)),
    "dfsm/skip_fourth_1": (4, skip(4)),
    "dfsm/emit_every_third_1": (3, bits(lambda x, t: x[t] and sum(x[: t + 1]) % 3 == 0)),
    "dfsm/latch": (2, bits(lambda x, t: any(x[: t + 1]))),
    "dfsm/invert": (1, letterwise(lambda x: 1 - x)),
    "dfsm/oscillate": (2, lambda word: [(t % 2,) for t in range(len(word))]),
    "dfsm/shift_1": (2, bits(lambda x, t: at(x, t - 1))),
    "dfsm/shift_2": (4, bits(lambda x, t: at(x, t - 2))),
    "tomita/tomita_1": (2, bits(lambda x, t: all(x[: t + 1]))),
    "tomita/tomita_2": (3, bits(lambda x, t: x[: t + 1] == [1, 0] * ((t + 1) // 2))),
    "tomita/tomita_3": (5, bits(tomita_3)),
    "tomita/tomita_4": (
        4,
        bits(lambda x, t: not any(x[k : k + 3] == [0, 0, 0] for k in range(t - 1))),
    ),
    "tomita/tomita_5": (
        4,
        bits(lambda x, t: sum(x[: t + 1]) % 2 == 0 and x[: t + 1].count(0) % 2 == 0),
    ),
    "tomita/tomita_6": (
        3,
        bits(lambda x, t: (x[: t + 1].count(0) - x[: t + 1].count(1)) % 3 == 0),
    ),
    "tomita/tomita_7": (5, bits(lambda x, t: changes(x, t) <= 3)),
    "mips/binary_addition": (2, adder(2)),
    "mips/base_3_addition": (2, adder(3)),
    "mips/base_4_addition": (2, adder(4)),
    "mips/base_6_addition": (2, adder(6)),
    "mips/bitwise_xor": (1, letterwise(lambda a, b: a ^ b)),
    "mips/bitwise_or": (1, letterwise(lambda a, b: a | b)),
    "mips/bitwise_and": (1, letterwise(lambda a, b: a & b)),
    "mips/bitwise_not": (1, letterwise(lambda x: 1 - x)),
    "mips/parity_last2": (2, bits(lambda x, t: (x[t] + at(x, t - 1)) % 2)),
    "mips/parity_last3": (4, bits(lambda x, t: (x[t] + at(x, t - 1) + at(x, t - 2)) % 2)),
    "mips/parity_all": (2, bits(lambda x, t: sum(x[: t + 1]) % 2)),
    "mips/parity_zeros": (2, bits(lambda x, t: x[: t + 1].count(0) % 2)),
    "mips/parity_index": (2, bits(lambda x, t: t % 2)),
    "mips/min_seen": (10, lambda w: [(min(x for (x,) in w[: t + 1]),) for t in range(len(w))]),
    "mips/evens_detector": (1, letterwise(lambda x: x in (0, 2, 4, 6, 8))),
    "mips/perfect_square": (1, letterwise(lambda x: any(k * k == x for k in range(20)))),
    "mips/alternating_last3": (
        4,
        bits(lambda x, t: [at(x, t - k) for k in range(3)] in ([0, 1, 0], [1, 0, 1])),
    ),
    "mips/shift_right": (2, bits(lambda x, t: at(x, t - 1))),
    "mips/div_3": (3, long_division),
    **{
        f"mips/add_mod_{n}": (
            n,
            lambda w, n=n: [(sum(x for (x,) in w[: t + 1]) % n,) for t in range(len(w))],
        )
        for n in (3, 4, 6, 8)
    },
}


def test_the_library_is_complete() -> None:
    files = {str(p.relative_to(ROOT).with_suffix("")) for p in ROOT.rglob("*.bp")}
    assert files == set(LIBRARY)


@pytest.mark.parametrize("name", LIBRARY)
def test_program(name: str) -> None:
    states, meaning = LIBRARY[name]
    program = load(str(ROOT / f"{name}.bp"))
    check_all(program)
    assert program.name == Path(name).name
    assert program.about and program.span.source.text.startswith(f"// {program.about}\n")
    table = tabulate(program)
    assert table is not None
    assert table.minimised().states == states

    def legal_outputs(word: Ticks) -> tuple[Ticks, Ticks]:
        """The legal letters of a word, and the outputs on them."""
        state, read, out = initial(program), [], []
        for letter in word:
            try:
                state, y = tick(program, state, letter)
            except Illegal:
                continue
            read.append(letter)
            out.append(y)
        return read, out

    rng = random.Random(name)
    letters = list(itertools.product(*(p.values for p in program.inputs)))
    words: list[Ticks] = []
    for ticks in range(1, 12):
        if ticks * len(letters) ** ticks <= SHORT:
            words += map(list, itertools.product(letters, repeat=ticks))
    words += [rng.choices(letters, k=rng.randint(1, 120)) for _ in range(60)]
    for letter in letters[:2]:  # long stretches of the same letter
        words.append([letter] * 40 + rng.choices(letters, k=40))
    for word in words:
        read, out = legal_outputs(word)
        if read:
            assert out == meaning(read)


def test_parens_forbids_what_its_description_forbids() -> None:
    program = load(str(ROOT / "parens_8.bp"))
    for word in itertools.product((0, 1), repeat=10):
        state, depth = initial(program), 0
        for close in word:
            after = depth - 1 if close else depth + 1
            if 0 <= after <= 8:
                state, _ = tick(program, state, (close,))
                depth = after
            else:
                with pytest.raises(Illegal):
                    tick(program, state, (close,))
                break
