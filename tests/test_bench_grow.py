"""The growing benchmark measures what it says and puts its table where the README has its markers."""

import json

import pytest
from commandline import PROGRAMS

from bonsaic.bench.grow import Run, main, table
from bonsaic.diag import Mistake


def test_a_run_is_measured_and_its_table_put_between_the_markers(tmp_path, capsys):
    readme = tmp_path / "README.md"
    begin, end = "<!-- bench grow: begin -->", "<!-- bench grow: end -->"
    readme.write_text(f"above\n{begin}\nold\n{end}\nbelow\n")
    rows = tmp_path / "rows.json"
    options = ["--seeds", "1", "--readme", str(readme), "--json", str(rows)]
    assert main([str(PROGRAMS / "delay_1.bp"), *options]) == 0
    (row,) = json.loads(rows.read_text())
    assert (row["program"], row["states"], row["guide"], row["seed"]) == ("delay_1", 2, "repair", 0)
    assert 0 < row["first"] < 60 and (row["edges"], row["registers"]) == (3, 1)
    printed = capsys.readouterr().out
    assert readme.read_text() == f"above\n{begin}\n{printed}{end}\nbelow\n"


def test_a_file_without_markers_is_refused_before_anything_is_measured(tmp_path, capsys):
    (tmp_path / "README.md").write_text("no markers")
    with pytest.raises(Mistake, match="the markers"):
        main([str(PROGRAMS / "delay_1.bp"), "--readme", str(tmp_path / "README.md")])
    assert (tmp_path / "README.md").read_text() == "no markers"
    assert capsys.readouterr() == ("", "")


def test_the_rate_counts_every_seed_and_the_sizes_are_of_the_smallest():
    runs = [
        Run("p", 3, "none", 0, 1.0, 2.0, 9, 4, 2, 3, 1),
        Run("p", 3, "none", 1, 3.0, 2.0, 7, 3, 2, 4, 0),
        Run("p", 3, "none", 2, None),
        Run("q", 5, "none", 0, None),
    ]
    _, _, some, none = table(runs).splitlines()
    assert some == "| p | 3 | none | 2/3 | 2.00 | 3.00 | 7 | 8 | 3 | 2 | 4 | 0 |"
    assert none == "| q | 5 | none | 0/1 | - | - | - | - | - | - | - | - |"
