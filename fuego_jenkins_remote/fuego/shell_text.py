"""The shell assignments in a board file, found without a shell.

One pass over the text, no evaluation: ``$(...)`` and backquotes stay as they are written. Functions are
skipped, but assignments in their lines are still noted, because what they assign may be a secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_FILLED_IN = 1024
"""A value that ``$NAME`` or ``+=`` would make longer than this, in characters, stays as written."""

_BLANK = re.compile(r"[ \t\r]*")
_COMMENT = re.compile(r"#[^\n]*")
_ASSIGNMENT = re.compile(r"(?:(override|export|readonly|declare|local)[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)(\+?)=")
_WORD_LINE = re.compile(r"(inherit|include)[ \t]+(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'#]+)[ \t\r]*(?:#[^\n]*)?(?=\n|$)")
_FUNCTION = re.compile(
    r"(?:function[ \t]+|override-func[ \t]+)?([A-Za-z_][A-Za-z0-9_-]*)[ \t]*\(\)\s*\{|"
    r"function[ \t]+([A-Za-z_][A-Za-z0-9_-]*)\s*\{"
)
_REFERENCE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)
_BARE = re.compile(r"[^\s;&|\"'\\]+")
_DOUBLE_ESCAPED = frozenset('"\\$`')


@dataclass(frozen=True, kw_only=True)
class Assigned:
    """One assignment: the variable, its value, the line it starts in (from 1)."""

    name: str
    value: str
    line: int
    in_function: bool = False


@dataclass(frozen=True, kw_only=True)
class ShellText:
    """What a text says: all in the order of the text; warnings are (line, reason)."""

    assigned: tuple[Assigned, ...]
    inherits: tuple[str, ...]
    includes: tuple[str, ...]
    functions: tuple[str, ...]
    warnings: tuple[tuple[int, str], ...]

    def variables(self) -> dict[str, str]:
        """Give each variable that is set outside of functions, with its last value."""
        return {one.name: one.value for one in self.assigned if not one.in_function}


def parse_shell_text(text: str) -> ShellText:
    """Read a text; never fails: what it cannot make sense of is a warning."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._values: dict[str, str] = {}
        self._assigned: list[Assigned] = []
        self._taken: dict[str, list[str]] = {"inherit": [], "include": []}
        self._functions: list[str] = []
        self._warnings: list[tuple[int, str]] = []

    def parse(self) -> ShellText:
        while self._at < len(self._text):
            self._statement()
        return ShellText(
            assigned=tuple(self._assigned),
            inherits=tuple(self._taken["inherit"]),
            includes=tuple(self._taken["include"]),
            functions=tuple(self._functions),
            warnings=tuple(self._warnings),
        )

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._line += found[0].count("\n")
            self._at = found.end()
        return found

    def _statement(self) -> None:
        self._match(_BLANK)
        if self._text[self._at : self._at + 1] in {"\n", ";"}:
            self._line += self._text[self._at] == "\n"
            self._at += 1
        elif self._match(_COMMENT):
            pass
        elif word := self._match(_WORD_LINE):
            self._taken[word[1]].append(word[2].strip("\"'"))
        elif assignment := self._match(_ASSIGNMENT):
            self._assign(assignment[2], adds=bool(assignment[3]))
        elif function := self._match(_FUNCTION):
            self._functions.append(function[1] or function[2])
            self._skip_function(function[1] or function[2])
        elif self._at < len(self._text):
            line, number = self._rest_of_line(), self._line
            self._warnings.append((number, f"not understood: {line.strip()[:40]!r}"))

    def _rest_of_line(self) -> str:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        rest, self._at = self._text[self._at : end], end
        return rest

    def _assign(self, name: str, *, adds: bool) -> None:
        line = self._line
        value = self._word(line)
        before = self._values.get(name, "") if adds else ""
        if len(before) + len(value) <= MAX_FILLED_IN:
            value = before + value
        self._values[name] = value
        self._assigned.append(Assigned(name=name, value=value, line=line))
        self._match(_BLANK)
        if not self._match(_COMMENT) and self._text[self._at : self._at + 1] not in {"", "\n", ";"}:
            number, rest = self._line, self._rest_of_line()
            self._warnings.append((number, f"left out after the value of {name}: {len(rest)} characters"))

    def _word(self, line: int) -> str:
        """Read one shell word, parts in quotes glued to parts without."""
        parts: list[str] = []
        while self._at < len(self._text):
            sign = self._text[self._at]
            if sign in "\"'":
                parts.append(self._quoted(sign, line))
            elif sign == "\\":
                after = self._text[self._at + 1 : self._at + 2]
                parts.append("" if after == "\n" else after)
                self._line += after == "\n"
                self._at += 2
            elif bare := self._match(_BARE):
                parts.append(self._fill_in(bare[0]))
            else:
                break
        return "".join(parts)

    def _quoted(self, quote: str, line: int) -> str:
        start = self._at + 1
        at, parts = start, list[str]()
        while at < len(self._text) and self._text[at] != quote:
            if quote == '"' and self._text[at] == "\\" and at + 1 < len(self._text):
                after = self._text[at + 1]
                parts.append(after if after in _DOUBLE_ESCAPED else "" if after == "\n" else "\\" + after)
                at += 2
            else:
                parts.append(self._text[at])
                at += 1
        if at >= len(self._text):
            self._warnings.append((line, f"the {quote} is never closed"))
            self._at = start
            return self._rest_of_line().rstrip()
        self._line += self._text.count("\n", start, at)
        self._at = at + 1
        value = "".join(parts)
        return self._fill_in(value) if quote == '"' else value

    def _fill_in(self, value: str) -> str:
        if "$" not in value:
            return value
        filled = _REFERENCE.sub(lambda found: self._values.get(found[1] or found[2], found[0]), value)
        return filled if len(filled) <= MAX_FILLED_IN else value

    def _skip_function(self, name: str) -> None:
        """Go to the end of a function: a line whose first sign closes the last open brace."""
        start, depth = self._line, 1
        while self._at < len(self._text):
            number, line = self._line, self._rest_of_line().strip()
            self._note_assignments(line, number)
            if line.startswith("}"):
                depth -= 1
            elif number == start and line.endswith("}"):
                depth = 0
            if line.endswith("{") and not line.startswith("#"):
                depth += 1
            if depth == 0:
                return
            self._line += 1
            self._at += 1
        self._warnings.append((start, f"the function {name} is never closed"))

    def _note_assignments(self, line: str, number: int) -> None:
        for found in re.finditer(r"(?:^|[\s;])([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|[^\s;]+)", line):
            value = found[2].strip("\"'")
            self._assigned.append(Assigned(name=found[1], value=value, line=number, in_function=True))
