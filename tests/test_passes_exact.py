"""The table of shortest chains: every chain computes its function, and the sizes are the known minima."""

from collections import Counter

import exact_search
import pytest

from bonsaic.passes import exact


def test_three_inputs_need_the_known_numbers_of_gates():
    sizes = Counter(exact.size(f | f << 8) for f in range(256))
    assert [sizes[k] for k in range(5)] == [8, 30, 114, 80, 24]


def test_four_inputs_need_the_known_numbers_of_gates():
    """Knuth, The Art of Computer Programming 4A, section 7.1.2, table 1: the column C(f)."""
    sizes = Counter(exact.size(f) for f in range(1 << 16))
    assert [sizes[k] for k in range(8)] == [10, 60, 456, 2474, 10624, 24184, 25008, 2720]


def test_every_chain_computes_its_function_with_its_size():
    for f in range(1, 0xFFFF):
        gates = []

        def gate(kind, x, y, gates=gates):
            gates.append(kind)
            return exact.KINDS[kind](x, y) & 0xFFFF

        leaves = [int(x) for x in exact.INPUTS]
        assert exact.realise(f, leaves, lambda x: x ^ 0xFFFF, gate) == f
        assert len(gates) == exact.size(f)


def test_free_rows_are_used():
    assert exact.size(exact.cheapest(on=1 << 15, off=1)) == 0  # one leaf tells 1111 from 0000
    assert exact.cheapest(on=0b1000, off=0b0111) & 0xF == 0b1000
    assert exact.size(exact.cheapest(on=0b1000, off=0b0111)) == 1


@pytest.mark.slow
def test_the_table_is_what_the_search_finds(capsys):
    from importlib.resources import files

    exact_search.main()
    assert capsys.readouterr().out == files("bonsaic.passes").joinpath("exact4.txt").read_text()
