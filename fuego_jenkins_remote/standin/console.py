"""What a run prints: into consolelog.txt and to the caller at once, made UTF-8."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO

MAX_LOG = 100 * 1024 * 1024
"""What consolelog.txt holds at most, in bytes; the rest is only shown."""


class Console:
    """Both ends of the console; bytes that are no UTF-8 become U+FFFD."""

    def __init__(self, path: Path, output: BinaryIO) -> None:
        """Open the log; ``output`` is only written to, and given up when nobody reads it any more."""
        self._file = path.open("wb")
        self._left = MAX_LOG
        self._output: BinaryIO | None = output
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, data: bytes) -> None:
        """Take what has come."""
        self._write(self._decoder.decode(data).encode())

    def close(self) -> None:
        """Write what is left and close the log."""
        self._write(self._decoder.decode(b"", final=True).encode())
        self._file.close()

    def _write(self, text: bytes) -> None:
        if self._left > 0:
            self._file.write(text)
            self._left -= len(text)
            if self._left <= 0:
                self._file.write(b"\n(the rest is left out: the log is too long)\n")
        if self._output is not None:
            try:
                self._output.write(text)
                self._output.flush()
            except (OSError, ValueError):  # the reader is gone; the run goes on
                self._output = None
