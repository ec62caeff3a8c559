"""What old clients send, read with limits, and how they are answered.

The action stands in the query string; fields there and in a form, urlencoded or multipart. An empty value is none. As
with the original, a field may be there once only; a body of another kind is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, unquote_to_bytes

from fuego_jenkins_remote.fuego.fserver_format import FAIL, FILE_FIELD, OK
from fuego_jenkins_remote.hub.fserver.multipart import BadForm, File, Limits, Multipart

FORM_BYTES = 256 * 1024
"""The most of a form, beside a file in it."""
MAX_FIELDS = 60
MAX_NAME = 100
MAX_VALUE = 4000
"""Of a field, in characters."""

_LIMITS = Limits(fields=MAX_FIELDS, value=MAX_VALUE * 4, rest=FORM_BYTES)
_URLENCODED = "application/x-www-form-urlencoded"


class Fail(Exception):
    """What an old client asked for is not done; the message is what follows the line FAIL, whole."""


class Sink(Protocol):
    """Where an uploaded file goes."""

    def write(self, part: bytes) -> None:
        """Take the next bytes."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An action with its fields. `file` is the name of the uploaded file; `bare`: a `file1` came that was no file."""

    action: str | None
    fields: Mapping[str, str] = field(default_factory=dict)
    file: str | None = None
    bare: bool = False

    def needed(self, *names: str, otherwise: str) -> tuple[str, ...]:
        """These fields; raises Fail with the sentence where one is missing."""
        if any(name not in self.fields for name in names):
            raise Fail(otherwise)
        return tuple(self.fields[name] for name in names)


def ok(text: str = "") -> str:
    """An answer: done."""
    return f"{OK}\n{text}"


def fail(text: str) -> str:
    """An answer: not done, and why."""
    return f"{FAIL}\n{text}"


def error(text: object) -> Fail:
    """Not done, for this reason: on one line, as clients show it."""
    return Fail(f"Error: {' '.join(str(text).split())}")


class Reader:
    """Reads one call, its body as it comes; a file in it goes to the sink, the rest of it is bounded."""

    def __init__(self, query: bytes, content_type: str, sink: Sink | None = None) -> None:
        """Raises Fail for a query that cannot be read, and for a body of a kind that is no form."""
        self._pairs = _pairs(query, "the query string")
        kind = content_type.partition(";")[0].strip().lower()
        self._body = bytearray()
        self._multipart: Multipart | None = None
        self._other = ""
        if kind == "multipart/form-data":
            try:
                self._multipart = Multipart(content_type, sink.write if sink is not None else None, _LIMITS)
            except BadForm as bad:
                raise error(bad) from bad
        elif kind not in {"", _URLENCODED}:
            self._other = kind

    def feed(self, part: bytes) -> None:
        """Take the next bytes of the body. Raises Fail."""
        if not part:
            return
        if self._other:
            raise error(f"a body of {self._other[:80]} is no form: urlencoded or multipart/form-data is read")
        if self._multipart is not None:
            try:
                self._multipart.feed(part)
            except BadForm as bad:
                raise error(bad) from bad
            return
        self._body += part
        if len(self._body) > FORM_BYTES:
            raise error(f"a form may have at most {FORM_BYTES // 1024} KiB")

    def asked(self) -> Asked:
        """What it was, after the last byte. Raises Fail."""
        pairs, file = list(self._pairs), None
        if self._multipart is not None:
            try:
                form = self._multipart.end()
            except BadForm as bad:
                raise error(bad) from bad
            pairs += [(name, value) for name, value in form.fields if value]
            file = form.file
        elif self._body:
            pairs += _pairs(bytes(self._body), "the form")
        return _asked(pairs, file, dict(self._pairs).get("action"))


def _asked(pairs: Iterable[tuple[str, str]], file: File | None, action: str | None) -> Asked:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise error(f"the field {name[:MAX_NAME]!r} is there more than once")
        if len(fields) >= MAX_FIELDS or len(name) > MAX_NAME or len(value) > MAX_VALUE:
            raise error(f"at most {MAX_FIELDS} fields, with names of {MAX_NAME} and values of {MAX_VALUE} characters")
        if "\0" in name + value:
            raise error("there is a character in this form that cannot be kept")
        fields[name] = value
    fields.pop("action", None)
    bare = file is None and FILE_FIELD in fields
    return Asked(action=action, fields=fields, file=file.name if file else None, bare=bare)


def _pairs(raw: bytes, where: str) -> list[tuple[str, str]]:
    """The fields of a text of NAME=VALUE&...; `%XX` and bytes as they are both count. Raises Fail."""
    try:
        # Those of clients that send bytes as they are: to text first, one character a byte.
        found = parse_qsl(raw.decode("latin-1"), keep_blank_values=False, max_num_fields=MAX_FIELDS, encoding="latin-1")
        return [(name.encode("latin-1").decode(), value.encode("latin-1").decode()) for name, value in found]
    except UnicodeError:
        raise error(f"{where} is no UTF-8") from None
    except ValueError:
        raise error(f"{where} has more than {MAX_FIELDS} fields") from None


def action_of(query: bytes) -> str | None:
    """Which action is asked for; an empty one is one, too; None: none, then a page is meant. Raises Fail."""
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if name == b"action":
            try:
                return unquote_to_bytes(value.replace(b"+", b" ")).decode()
            except UnicodeError:
                raise error("the query string is no UTF-8") from None
    return None
