"""A form with files (multipart/form-data, RFC 7578), read as it is sent: requests would hold it in memory, twice."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

_CHUNK = 2**16

Part = tuple[str, str, bytes | BinaryIO]
"""A field's name, the file's name, and the file: bytes, or one that is open for reading."""


class Form:
    """What a request takes as its `data`, once; its headers are in `headers`."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Files are read from where they stand to the end that they have now."""
        boundary = secrets.token_hex(16)
        self.headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self._pieces: list[BinaryIO] = []
        self._left = 0
        for field, name, content in parts:
            what = f'form-data; name="{_quoted(field)}"; filename="{_quoted(name)}"'
            head = f"Content-Disposition: {what}\r\nContent-Type: application/octet-stream"
            self._add(f"--{boundary}\r\n{head}\r\n\r\n".encode())
            self._add(content)
            self._add(b"\r\n")
        self._add(f"--{boundary}--\r\n".encode())
        self._size = self._left

    def __len__(self) -> int:
        """Bytes, for Content-Length."""
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """All of it in pieces."""
        while piece := self.read(_CHUNK):
            yield piece

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        while self._pieces and self._left:
            got = self._pieces[0].read(self._left if size < 0 else min(size, self._left))
            if got:
                self._left -= len(got)
                return got
            self._pieces.pop(0)
        return b""

    def _add(self, content: bytes | BinaryIO) -> None:
        if isinstance(content, bytes):
            self._left += len(content)
            self._pieces.append(BytesIO(content))
        else:
            self._left += os.fstat(content.fileno()).st_size - content.tell()
            self._pieces.append(content)


def _quoted(name: str) -> str:
    """A name as browsers write it into such a head."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
