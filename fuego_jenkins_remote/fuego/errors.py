"""What can be wrong with Fuego's names and files.

    FormatError (a ValueError)
    ├── BadName        a name, a variable, a time limit
    ├── BadBoardFile   BOARD.board
    ├── BadTestYaml    test.yaml
    ├── BadRun         run.json
    ├── BadPackage     .ftp, .frp, .ftbp
    │   └── MissingMember  a file that belongs into one
    └── BadConf        fuego.conf

The text of each is for the person who can mend it: what is wrong, where, what would be right.
"""

from __future__ import annotations

import os


class FormatError(ValueError):
    """Something is not as Fuego's formats have it; renders as ``FILE:LINE: what``.

    ``file`` and ``line`` (from 1) say where, as far as it is known, else they are None.
    """

    def __init__(self, what: str, *, file: str | os.PathLike[str] | None = None, line: int | None = None) -> None:
        """Take the sentence and the place."""
        super().__init__(what)
        self.what = what
        self.file: str | None = None if file is None else os.fspath(file)
        self.line = line

    def __str__(self) -> str:
        """Give the place, then the sentence."""
        if self.file is None:
            return self.what if self.line is None else f"line {self.line}: {self.what}"
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.what}"


class BadName(FormatError):
    """A name, variable, phase list or time limit is not acceptable."""


class BadBoardFile(FormatError):
    """A board file cannot be read."""


class BadTestYaml(FormatError):
    """A test.yaml cannot be read."""


class BadRun(FormatError):
    """A run.json cannot be read, or a run cannot be written."""


class BadPackage(FormatError):
    """A package is not one, is hostile, or is too large."""


class MissingMember(BadPackage):
    """A file that is to be in a package is not."""


class BadConf(FormatError):
    """A fuego.conf has a line that is none."""
