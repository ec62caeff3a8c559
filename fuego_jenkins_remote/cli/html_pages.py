"""Pages that a Jenkins job archives: one file each, without scripts and without anything from elsewhere.

Jenkins shows an archived page under a policy that takes no style but that of files beside it, so the little there is of
looks is said in attributes, as in HTML before there were style sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from fuego_jenkins_remote.cli.output import printable

_COLORS = {
    "free": "#17692f",
    "PASS": "#17692f",
    "FAIL": "#a51d1d",
    "ERROR": "#a51d1d",
    "error": "#a51d1d",
    "rejected": "#a51d1d",
    "lost": "#a51d1d",
    "offline": "#6b7580",
    "SKIP": "#8a5a00",
}
"""By a cell's first word."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A text in a table, and where a click on it leads."""

    text: str
    url: str = ""


def page(title: str, parts: Iterable[str], *, now: datetime | None = None) -> str:
    """A whole page; `parts` are HTML, `title` is text."""
    made = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S UTC")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{text(title)}</title>\n</head>\n'
        '<body bgcolor="#ffffff" text="#1c2733" link="#0b57a4" vlink="#0b57a4">\n'
        '<font face="system-ui, -apple-system, Segoe UI, Roboto, sans-serif">\n'
        f"<h1>{text(title)}</h1>\n<p>As of {made}.</p>\n" + "\n".join(parts) + "\n</font>\n</body>\n</html>\n"
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, empty: str) -> str:
    """A table, or the sentence for none."""
    if not rows:
        return f"<p>{text(empty)}</p>"
    head = "".join(f'<th align="left" scope="col">{_font(text(column))}</th>' for column in columns)
    lines = [
        f'<tr{_shade(at)} valign="top">' + "".join(f"<td>{_font(_shown(cell))}</td>" for cell in row) + "</tr>"
        for at, row in enumerate(rows)
    ]
    return (
        '<table border="1" rules="rows" frame="hsides" cellpadding="8" cellspacing="0" bordercolor="#dde3e9">\n'
        f'<thead><tr bgcolor="#e7edf3">{head}</tr></thead>\n<tbody>\n' + "\n".join(lines) + "\n</tbody>\n</table>"
    )


def text(value: str) -> str:
    """Text as HTML."""
    return escape(printable(value, lines=False))


def link(url: str, label: str) -> str:
    """A link, where the address is one of the web's; else the text alone."""
    if url.startswith(("http://", "https://")) and url.isprintable() and " " not in url:
        return f'<a href="{escape(url)}">{text(label)}</a>'
    return text(label)


def _shown(cell: Cell) -> str:
    color = _COLORS.get(next(iter(cell.text.split()), ""))
    shown = link(cell.url, cell.text)
    return f'<font color="{color}">{shown}</font>' if color and not cell.url else shown


def _shade(at: int) -> str:
    return ' bgcolor="#f6f8fa"' if at % 2 else ""


def _font(inside: str) -> str:
    # Tables do not take the font of what they stand in, in pages of this kind.
    return f'<font face="system-ui, -apple-system, Segoe UI, Roboto, sans-serif">{inside}</font>'
