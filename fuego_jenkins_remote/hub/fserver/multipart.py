"""multipart/form-data (RFC 7578), read as it comes: a file goes on to a sink, of the rest little is kept.

Only what forms of Fuego's clients have is read: text fields and one file. Whatever the sizes of the parts it is fed
with, it holds no more than a part and one header of the form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message

_MOST_HEADER = 8 * 1024
_MOST_BOUNDARY = 200


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

    def __init__(self, boundary: bytes, sink: Callable[[bytes], None] | None, limits: Limits | None = None) -> None:
        """`boundary` is that of the header, without dashes before it."""
        self._line = b"--" + boundary
        self._sink = sink
        self._limits = limits or Limits()
        self._buffer = bytearray(b"\r\n")  # what a boundary has before it; so has the first one
        self._form = Form()
        self._name: str | None = None  # of the part that is read
        self._value = bytearray()
        self._in_file = False
        self._rest = 0
        self._read = self._preamble

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises BadForm."""
        self._buffer += data
        while self._read():
            pass

    def end(self) -> Form:
        """What was in it, after the last byte. Raises BadForm where the end is missing."""
        if self._read != self._epilogue:
            raise BadForm("the form ends before its end")
        return self._form

    def _preamble(self) -> bool:
        return self._after_boundary(keep=lambda _data: None)

    def _part(self) -> bool:
        return self._after_boundary(keep=self._keep)

    def _after_boundary(self, *, keep: Callable[[bytes], None]) -> bool:
        """Go on behind the next boundary; what stands before it is kept. False: more must come first."""
        mark = b"\r\n" + self._line
        at = self._buffer.find(mark)
        if at < 0:
            sure = max(0, len(self._buffer) - len(mark) + 1)
            keep(bytes(self._buffer[:sure]))
            del self._buffer[:sure]
            return False
        if len(self._buffer) < at + len(mark) + 2:
            keep(bytes(self._buffer[:at]))
            del self._buffer[:at]
            return False
        keep(bytes(self._buffer[:at]))
        behind = bytes(self._buffer[at + len(mark) : at + len(mark) + 2])
        if behind == b"--":
            self._close()
            self._buffer.clear()
            self._read = self._epilogue
            return False
        if behind != b"\r\n":
            raise BadForm("there is no line end behind a boundary of the form")
        self._close()
        del self._buffer[: at + len(mark) + 2]
        self._read = self._header
        return True

    def _header(self) -> bool:
        at = self._buffer.find(b"\r\n\r\n")
        if at < 0:
            if len(self._buffer) > _MOST_HEADER:
                raise BadForm(f"a header of the form has more than {_MOST_HEADER // 1024} KiB")
            return False
        self._begin(_header_of(bytes(self._buffer[:at])))
        # The line end stays: a part without content has its boundary right behind it.
        del self._buffer[: at + 2]
        self._read = self._first
        return True

    def _first(self) -> bool:
        """The line end behind the header is no content; the boundary of an empty part begins with it."""
        mark = b"\r\n" + self._line
        if len(self._buffer) < len(mark) and mark.startswith(self._buffer):
            return False
        if not self._buffer.startswith(mark):
            del self._buffer[:2]
        self._read = self._part
        return True

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False

    def _begin(self, header: Message) -> None:
        name = header.get_param("name", header="content-disposition")
        file = header.get_param("filename", header="content-disposition")
        if header.get_content_disposition() != "form-data" or not isinstance(name, str):
            raise BadForm("a part of the form has no name")
        if len(self._form.fields) + (self._form.file is not None) >= self._limits.fields:
            raise BadForm(f"the form has more than {self._limits.fields} fields")
        self._name, self._value = _text(name), bytearray()
        self._in_file = file is not None
        if file is None:
            return
        if not isinstance(file, str):
            raise BadForm("the name of a file is written in a way that is not read")
        if self._form.file is not None:
            raise BadForm("the form has more than one file")
        if self._sink is None:
            raise BadForm("a file is not wanted here")
        self._form.file = File(field=self._name, name=_text(file))

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        if self._in_file and self._sink is not None:
            self._sink(data)
            return
        self._rest += len(data)
        self._value += data
        if len(self._value) > self._limits.value or self._rest > self._limits.rest:
            raise BadForm("a field of the form is too long")

    def _close(self) -> None:
        if self._name is not None and not self._in_file:
            try:
                self._form.fields.append((self._name, self._value.decode()))
            except UnicodeError:
                raise BadForm(f"the field {self._name[:80]!r} is no UTF-8") from None
        self._name = None


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type says; raises BadForm."""
    header = Message()
    header["content-type"] = " ".join(content_type[:1000].split())
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= _MOST_BOUNDARY or not boundary.isascii():
        raise BadForm("the form does not say what stands between its parts (boundary)")
    return boundary.encode()


def _header_of(raw: bytes) -> Message:
    header = Message()
    for line in raw.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        # One character a byte: names are UTF-8, which a header is not.
        if not colon or b"\n" in line or b"\r" in line:
            raise BadForm("a part of the form has a header that is none")
        if name.strip().lower() == b"content-disposition":
            if "content-disposition" in header:
                raise BadForm("a part of the form has two names")
            header["content-disposition"] = value.strip().decode("latin-1")
    return header


def _text(raw: str) -> str:
    try:
        return raw.encode("latin-1").decode()
    except UnicodeError:
        raise BadForm("a name in the form is no UTF-8") from None
