"""What a build's name and description say, as Jenkins may show it whatever is in it.

Fuego's Jenkins shows descriptions as raw HTML, core alone as plain text, and the setting may be changed later. So a
text for a plain Jenkins holds no sign that HTML knows, and one for the others is escaped. A link goes to the web alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

MAX_NAME = 120
MAX_TEXT = 500
MAX_LINES = 60

# Signs of the same look that no markup knows.
_PLAIN = str.maketrans({"<": "‹", ">": "›", "&": "+", '"': "'"})


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a description: a word that says what it is, a text, and where a click on the text leads."""

    text: str
    what: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class BuildLabel:
    """A build's name, which follows its number, and the lines of its description."""

    name: str
    lines: tuple[Line, ...] = ()

    def display_name(self, number: str) -> str:
        """The name as Jenkins shows it in lists; one line without markup."""
        return f"#{number} {_one_line(self.name, MAX_NAME).translate(_PLAIN)}".strip()

    def description(self, *, html: bool) -> str:
        """The description, for a Jenkins that shows HTML or one that shows plain text."""
        lines = [_html(line) if html else _plain(line) for line in self.lines[:MAX_LINES] if line.text]
        if len(self.lines) > MAX_LINES:
            lines.append(f"and {len(self.lines) - MAX_LINES} more: see the console")
        return ("<br>\n" if html else "\n").join(lines)


def _html(line: Line) -> str:
    text = escape(_one_line(line.text, MAX_TEXT))
    if _is_web(line.url):
        text = f'<a href="{escape(line.url)}">{text}</a>'
    what = escape(_one_line(line.what, MAX_TEXT))
    return f"{what}: {text}" if what else text


def _plain(line: Line) -> str:
    parts = [_one_line(line.text, MAX_TEXT)]
    if _is_web(line.url) and line.url != line.text:
        parts.append(line.url)
    text, what = " ".join(parts), _one_line(line.what, MAX_TEXT)
    return (f"{what}: {text}" if what else text).translate(_PLAIN)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not any(sign in url for sign in " '\"<>`\\")
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _one_line(text: str, limit: int) -> str:
    """One printable line: no control characters, no changes of the direction of writing."""
    flat = "".join(sign if sign.isprintable() else " " for sign in text)
    line = " ".join(flat.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
