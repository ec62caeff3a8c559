"""multipart/form-data (RFC 7578), read as it comes: a file goes on to a sink, of the rest little is kept.

python-multipart finds the parts; here stands what forms of Fuego's clients may have: text fields and one file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

_MOST_TYPE = 1000
# RFC 5987's form of a name, which RFC 7578 forbids, and python-multipart passes over.
_OTHER_NAME = re.compile(rb";\s*filename\*", re.IGNORECASE)


class BadForm(ValueError):
    """The body is no form that could be read; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many fields, and how many bytes of one, and of all that is not the file."""

    fields: int = 60
    value: int = 16 * 1024
    rest: int = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class File:
    """An uploaded file: its field, and its name as it was sent."""

    field: str
    name: str


@dataclass(kw_only=True)
class Form:
    """What was in it, in order."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    file: File | None = None


class Multipart:
    """Reads one body. `sink` takes the bytes of the file; without one a file is refused."""

    def __init__(self, content_type: str, sink: Callable[[bytes], None] | None, limits: Limits | None = None) -> None:
        """`content_type` is the header, which says the boundary; raises BadForm where it says none of use."""
        self._sink = sink
        self._limits = limits or Limits()
        self._form = Form()
        self._header, self._content = bytearray(), bytearray()  # the name of a header that is read, and what it says
        self._disposition: bytes | None = None
        self._name = ""  # of the part that is read
        self._value = bytearray()
        self._in_file = False
        self._rest = 0
        self._ended = False
        _, options = parse_options_header(content_type[:_MOST_TYPE])
        boundary = options.get(b"boundary")
        if not boundary:
            raise BadForm("the form does not say what stands between its parts (boundary)")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part,
                    "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._content.extend(data[start:end]),
                    "on_header_end": self._on_header,
                    "on_headers_finished": self._on_headers,
                    "on_part_data": lambda data, start, end: self._keep(data[start:end]),
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as bad:
            raise _unreadable(bad) from bad

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises BadForm."""
        try:
            self._parser.write(data)
        except FormParserError as bad:
            raise _unreadable(bad) from bad

    def end(self) -> Form:
        """What was in it, after the last byte. Raises BadForm where the end is missing."""
        if not self._ended:
            raise BadForm("the form ends before its end")
        return self._form

    def _on_part(self) -> None:
        if len(self._form.fields) + (self._form.file is not None) >= self._limits.fields:
            raise BadForm(f"the form has more than {self._limits.fields} fields")
        self._disposition = None
        self._in_file = False

    def _on_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            if self._disposition is not None:
                raise BadForm("a part of the form has two names")
            self._disposition = bytes(self._content)
        self._header.clear()
        self._content.clear()

    def _on_headers(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise BadForm("a part of the form has no name")
        self._name = _text(options[b"name"])
        file = options.get(b"filename")
        if file is not None:
            self._begin_file(_text(file))
        elif _OTHER_NAME.search(self._disposition or b""):
            raise BadForm("the name of a file is written in a way that is not read")

    def _begin_file(self, name: str) -> None:
        if self._form.file is not None:
            raise BadForm("the form has more than one file")
        if self._sink is None:
            raise BadForm("a file is not wanted here")
        self._form.file = File(field=self._name, name=name)
        self._in_file = True

    def _keep(self, data: bytes) -> None:
        if self._in_file and self._sink is not None:
            self._sink(data)
            return
        self._rest += len(data)
        self._value += data
        if len(self._value) > self._limits.value or self._rest > self._limits.rest:
            raise BadForm("a field of the form is too long")

    def _on_part_end(self) -> None:
        if self._in_file:
            return
        try:
            self._form.fields.append((self._name, self._value.decode()))
        except UnicodeError:
            raise BadForm(f"the field {self._name[:80]!r} is no UTF-8") from None
        self._value.clear()

    def _on_end(self) -> None:
        self._ended = True


def _unreadable(bad: FormParserError) -> BadForm:
    return BadForm(f"the form is not written as multipart/form-data is: {bad}")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeError:
        raise BadForm("a name in the form is no UTF-8") from None
