"""What a test in a git repository would be once it is written: looked at as a list, before it is.

A tree of a few kilobytes can name one file a billion times, or go down without end.
"""

from __future__ import annotations

import re

from fuego_jenkins_remote.fuego.packages import Limits
from fuego_jenkins_remote.lab.errors import PrepareError

LIST_BYTES = 8 * 2**20
"""Of the list itself; git is ended when it writes more."""

_ENTRY = re.compile(rb"([0-7]{6}) [a-z]+ [0-9a-f]+ +([0-9]+|-)\t(.+)", re.DOTALL)
_BLOCK, _RECORD = 512, 10240
_SHORT_NAME = 60
"""Longer ones may need a header of their own: with the test's name before them they no longer fit into tar's."""
_MAX_PATH = 1000
_DOT_GIT = re.compile(r"\.git[ .:]*|git~[0-9]+", re.IGNORECASE)
"""Names under which somebody's file system may find a `.git`."""


def check_tree(listing: bytes, limits: Limits) -> None:
    """Look at what `git ls-tree -r -t -l -z` gave. Raises PrepareError for what is too much, and for odd names.

    `limits.package` bounds the tar file that it becomes.
    """
    entries = listing.split(b"\0")[:-1]
    if len(entries) > limits.members:
        raise _refused(f"it has more than {limits.members} files and folders")
    total = _RECORD
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise _refused("git lists it in a form that is not known")
        _check_name(match[3])
        long_name = _BLOCK + _blocks(len(match[3])) if len(match[3]) > _SHORT_NAME else 0
        total += long_name + _BLOCK + (0 if match[2] == b"-" else _blocks(int(match[2])))
    if total > limits.package:
        raise _refused(f"it is larger than {limits.package} bytes")


def _blocks(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _check_name(raw: bytes) -> None:
    if len(raw) > _MAX_PATH:
        raise _refused(f"the name {raw[:80].decode('utf-8', 'replace')!r}... is too long")
    name = raw.decode("utf-8", "replace")
    if "\\" in name:
        raise _refused(f"the name {name[:80]!r} has a backslash")
    if any(_DOT_GIT.fullmatch(part) for part in name.split("/")):
        raise _refused(f"{name[:80]!r} would be a repository's own folder")


def _refused(why: str) -> PrepareError:
    return PrepareError(f"the test cannot be used: {why}")
