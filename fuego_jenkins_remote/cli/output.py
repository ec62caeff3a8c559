"""What commands print: tables for people, bare values for scripts (-q), JSON for programs (--json).

Texts from the network are shown as what they are: a character that a terminal would act upon is written as an escape.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime


def printable(text: str, *, lines: bool = True) -> str:
    """`text` without anything that a terminal acts upon; line ends stay if `lines`, else they become spaces."""
    if text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    text = text if lines else " ".join(text.split())
    return "".join(sign if sign.isprintable() or sign in kept else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def _in_json(sign: str) -> str:
    return json.dumps(sign)[1:-1] if sign > "\x7f" else f"\\u{ord(sign):04x}"


def local_time(moment: datetime | None) -> str:
    """A time as people here read it; empty for none."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


class Output:
    """Where a command writes. `quiet`: bare values only; `as_json`: JSON only; notes always go to stderr."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False, verbose: bool = False) -> None:
        """JSON wins over quiet."""
        self.quiet = quiet and not as_json
        self.as_json = as_json
        self.verbose = verbose

    def line(self, text: str) -> None:
        """A line of the result, as it is for every reader."""
        print(printable(text), flush=True)  # noqa: T201 - this is where commands print

    def note(self, text: str) -> None:
        """A line for the person who watches; nothing with -q."""
        if not self.quiet:
            print(printable(text), file=sys.stderr, flush=True)  # noqa: T201

    def result(self, text: str, *, bare: str | Sequence[str] = (), data: object = None) -> None:
        """The outcome of a changing command: a sentence, or bare values, or JSON."""
        if self.as_json:
            self.json(data)
        elif self.quiet:
            self.values((bare,) if isinstance(bare, str) else bare)
        else:
            self.line(text)

    def values(self, values: Iterable[str]) -> None:
        """Bare values, one a line."""
        for value in values:
            self.line(printable(value, lines=False))

    def json(self, data: object) -> None:
        """One JSON document."""
        self._json(data, indent=2)

    def json_line(self, data: object) -> None:
        """One of several JSON documents, in a line of its own."""
        self._json(data, indent=None)

    def _json(self, data: object, *, indent: int | None) -> None:
        text = json.dumps(data, ensure_ascii=False, indent=indent, default=str)
        # json itself escapes what is below a space; terminals act upon more than that (C1 codes, changes of direction).
        plain = "".join(sign if sign.isprintable() or sign == "\n" else _in_json(sign) for sign in text)
        print(plain, flush=True)  # noqa: T201

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        bare: Sequence[str],
        data: object,
        empty: str,
        names: bool = False,
    ) -> None:
        """Rows under headings; `bare` is what -q gives, `data` what --json gives, `empty` the note where no row is.

        `names`: the headings are names, which stay as they are written.
        """
        if self.as_json:
            self.json(data)
        elif self.quiet:
            self.values(bare)
        elif not rows:
            self.note(empty)
        else:
            heads = [printable(column, lines=False) for column in columns]
            _print_table(heads, [[printable(cell, lines=False) for cell in row] for row in rows], names=names)

    def record(self, pairs: Iterable[tuple[str, str]], *, bare: str, data: Mapping[str, object]) -> None:
        """One thing, a line for each value that it has."""
        if self.as_json:
            self.json(data)
        elif self.quiet:
            self.values((bare,))
        else:
            shown = [(name, printable(value)) for name, value in pairs if value]
            width = max((len(name) for name, _ in shown), default=0)
            for name, value in shown:
                first, *more = value.splitlines() or [""]
                self.line(f"{name.ljust(width)}  {first}")
                for line in more:
                    self.line(f"{' ' * width}  {line}")


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, names: bool) -> None:
    if sys.stdout.isatty():
        _print_rich(columns, rows)
        return
    # Not a terminal: a line is a row, whatever its width.
    lines = [[column if names else column.upper() for column in columns], *rows]
    widths = [max(width_of(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        cells = [cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(cells).rstrip())  # noqa: T201
    sys.stdout.flush()


def _print_rich(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(emoji=False, highlight=False)
    widths = _column_widths([columns, *rows], console.width - 2 * (len(columns) - 1))
    console.width = max(console.width, sum(widths) + 2 * (len(columns) - 1))
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(Text(column), width=width, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console.print(table)


def _column_widths(lines: Sequence[Sequence[str]], room: int) -> list[int]:
    """The columns' widths. Ids and names are there to be copied: cells are folded between words alone, and where even
    that is wider than `room`, a line is a row and the terminal folds it."""
    columns = list(zip(*lines, strict=True))
    widths = [max(width_of(cell) for cell in column) for column in columns]
    narrowest = [max(width_of(word) for cell in column for word in cell.split() or [""]) for column in columns]
    if sum(narrowest) > room:
        return widths
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda at: widths[at] - narrowest[at])
        widths[widest] -= 1
    return widths


_STYLES = {
    "PASS": "green",
    "FAIL": "red",
    "ERROR": "red",
    "SKIP": "yellow",
    "done": "green",
    "error": "red",
    "rejected": "red",
    "lost": "red",
    "running": "cyan",
    "assigned": "cyan",
}


def width_of(text: str) -> int:
    """Columns that a terminal gives to `text`."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) != 0 for sign in text)
