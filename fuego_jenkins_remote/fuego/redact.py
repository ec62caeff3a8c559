"""Replaces what must not leave a lab by ``***``.

Works on bytes, so a log with invalid UTF-8 and a binary file are treated alike (a replacement may change the
length of a binary file: rather a broken file than a password in it). A value is also found in the forms it takes
in logs: quoted by a shell, escaped as in JSON, percent-encoded, in base64 (with or without the line end that
``echo`` adds, also within something longer: the ``user:password`` of an HTTP header). Values of fewer than 6
characters count only as whole words, else a password ``root`` would also go out of ``rootfs``.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, quote_plus

MARK = b"***"
"""What stands where a value was."""

CHUNK = 1024 * 1024
"""How much of a file is in memory at once, in bytes, besides the longest value."""

_SHORT = 6
# Fewer characters of base64 may stand in a text by chance.
_BASE64_WITHIN = 8
# A word also starts after an escape that ends in a letter: \n in JSON, %20, a terminal's colour (ESC[31m).
_WORD_START = rb"(?:(?<![A-Za-z0-9_])|(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f]{2})|(?<=[0-9\[]m))"
_WORD_END = rb"(?![A-Za-z0-9_])"
_IS_WORD = re.compile(rb"[A-Za-z0-9_]")


class Redactor:
    """Knows the values; ``text`` and ``file`` replace them."""

    def __init__(self, values: Iterable[str]) -> None:
        """Take the values; empty ones are left out."""
        patterns: dict[bytes, bytes] = {}
        for value in sorted(set(values) - {""}):
            for form in _forms(value):
                patterns.setdefault(form, _pattern(form, whole_word=len(value) < _SHORT))
        longest_first = sorted(patterns, key=lambda form: (-len(form), form))
        self._longest = len(longest_first[0]) if longest_first else 0
        self._pattern: re.Pattern[bytes] | None = None
        if longest_first:
            first = b"".join(sorted({re.escape(form[:1]) for form in longest_first}))
            every = b"|".join(patterns[form] for form in longest_first)
            self._pattern = re.compile(b"(?=[" + first + b"])(?:" + every + b")")

    def text(self, text: str) -> str:
        """Give the text without the values."""
        try:
            data = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            data = text.encode("utf-8", "replace")
        return self.data(data).decode("utf-8", "surrogateescape")

    def data(self, data: bytes) -> bytes:
        """Give the bytes without the values."""
        return self._pattern.sub(MARK, data) if self._pattern else data

    def chunks(self, chunks: Iterable[bytes], *, to_the_end: bool = True) -> Iterator[bytes]:
        """Give a stream without the values, wherever the chunks of it are cut.

        Without ``to_the_end`` the last bytes, which may be the start of a value, are left out.
        """
        buffer, at = b"", 0
        # One byte more than the longest value: what follows decides whether a short one is a whole word.
        margin = self._longest + 1 if self._pattern else 0
        for chunk in chunks:
            buffer += chunk
            decided = len(buffer) - margin
            if decided > at:
                out, end = self._replace(buffer, at, decided)
                yield out
                # Three bytes before it stay: a short value looks back that far for the start of a word.
                buffer, at = buffer[max(end - 3, 0) :], min(end, 3)
        if to_the_end:
            out, _ = self._replace(buffer, at, len(buffer))
            yield out

    def _replace(self, buffer: bytes, start: int, decided: int) -> tuple[bytes, int]:
        """Replace the values that start in ``buffer[start:decided]``; give the text and where it ends."""
        if self._pattern is None:
            return buffer[start:decided], decided
        parts, at = [], start
        for found in self._pattern.finditer(buffer, start):
            if found.start() >= decided:
                break
            parts += [buffer[at : found.start()], MARK]
            at = found.end()
        parts.append(buffer[at:decided])
        return b"".join(parts), max(at, decided)

    def file(self, src: Path, dst: Path) -> None:
        """Write ``src`` without the values to ``dst``, which is replaced. Raises OSError."""
        with src.open("rb") as source, dst.open("wb") as target:
            for chunk in self.chunks(_read(source, None)):
                target.write(chunk)

    def opened(self, source: BinaryIO, size: int, keep: int, write: Callable[[bytes], object]) -> int:
        """Write an open file's first ``size`` bytes without the values, cut in the middle if more than ``keep``.

        A cut leaves the head and the tail and says so in a line; nothing of a value that the cut goes through
        stays. ``source`` must be seekable. Gives the number of bytes left out, about (0: not cut).
        """
        if size <= keep:
            for chunk in self.chunks(_read(source, size)):
                write(chunk)
            return 0
        half = keep // 2
        for chunk in self.chunks(_read(source, half), to_the_end=False):
            write(chunk)
        # What the cut left of a value stands in the first bytes of the tail. Each byte becomes three at most.
        drop = 3 * self._longest
        left_out = size - 2 * half
        write(f"\n[... {left_out} bytes cut ...]\n".encode())
        source.seek(size - half)
        for chunk in self.chunks(_read(source, half)):
            write(chunk[drop:])
            drop -= min(drop, len(chunk))
        return left_out


def _read(source: BinaryIO, size: int | None) -> Iterator[bytes]:
    left = size
    while left is None or left > 0:
        chunk = source.read(CHUNK if left is None else min(CHUNK, left))
        if not chunk:
            return
        left = None if left is None else left - len(chunk)
        yield chunk


def _pattern(form: bytes, *, whole_word: bool) -> bytes:
    escaped = re.escape(form)
    if not whole_word:
        return escaped
    start = _WORD_START if _IS_WORD.match(form) else b""
    return start + escaped + (_WORD_END if _IS_WORD.match(form[-1:]) else b"")


def _forms(value: str) -> set[bytes]:
    try:
        raw = value.encode("utf-8", "surrogateescape")
        value.encode()
    except UnicodeEncodeError:
        # No UTF-8: only the bytes themselves can be looked for.
        return {value.encode("utf-8", "surrogateescape" if _escapes_only(value) else "replace")}
    in_json = json.dumps(value)[1:-1]
    texts = {
        shlex.quote(value)[1:-1] if shlex.quote(value) != value else value,
        value.replace("'", "'\\''"),
        re.sub(r'(["\\$`])', r"\\\1", value),
        re.sub(r"([^\w@%+=:,./-])", r"\\\1", value),
        in_json,
        re.sub(r"\\u[0-9a-f]{4}", lambda found: "\\u" + found[0][2:].upper(), in_json),
        json.dumps(value, ensure_ascii=False)[1:-1],
        *(_lower_hex(text) for text in (quote(value), quote(value, safe=""), quote_plus(value))),
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
    }
    texts |= {text.replace("/", "\\/") for text in texts}
    return {raw, *(text.encode() for text in texts if text), *_base64_forms(raw)}


def _escapes_only(value: str) -> bool:
    return all(not "\ud800" <= sign <= "\udfff" or "\udc80" <= sign <= "\udcff" for sign in value)


def _lower_hex(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def _base64_forms(raw: bytes) -> set[bytes]:
    forms: set[bytes] = set()
    for data in (raw, raw + b"\n"):
        for coded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
            # Without its padding the code of a short value is a short word that means nothing.
            forms |= {coded, coded.rstrip(b"=")} if len(raw) >= 4 else {coded}
    return forms | _base64_within(raw)


def _base64_within(raw: bytes) -> set[bytes]:
    """What of a value stands in the base64 of something longer, as of ``user:password``, whatever is around it."""
    forms: set[bytes] = set()
    for before in range(3):
        # Three bytes are four characters: the value begins at the first, second or third of them. What it shares a
        # character with is not known, so those at its edges are left out.
        data = bytes(before) + raw
        first, last = (0, 2, 3)[before], len(data) * 8 // 6
        for coded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
            if last - first >= _BASE64_WITHIN:
                forms.add(coded[first:last])
    return forms
