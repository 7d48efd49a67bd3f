"""A measured table, kept between two markers of a Markdown file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bonsaic.diag import mistake
from bonsaic.network import write_whole


def table_in(file: str, name: str) -> Callable[[str], None]:
    """What replaces the table of `bonsaic NAME` in a file; a file without its markers is refused at once."""
    path = Path(file)
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    whole = path.read_text("utf-8")
    if begin not in whole or end not in whole:
        raise mistake(file, f"the markers `{begin}` and `{end}` are not in it")
    before, after = whole.partition(begin)[0], whole.partition(end)[2]

    def put(table: str) -> None:
        write_whole(path, f"{before}{begin}\n{table}\n{end}{after}".encode())

    return put
