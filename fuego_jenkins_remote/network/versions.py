"""Versions of tests, as test.yaml has them: which of two is the newer one. Pure."""

from __future__ import annotations

import re

VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+~_-]{0,39}")
"""What is taken as one: 1.0, 2.10.1, 20260523, 1.2-rc1."""

_PART = re.compile(r"[0-9]+|[A-Za-z]+")


class BadVersion(ValueError):
    """A text that is no version."""


def check_version(text: str) -> str:
    """Give the text back if it is a version; raises BadVersion."""
    if not VERSION.fullmatch(text):
        raise BadVersion(f"no version: {text[:60]!r} (like 1.2 or 2.0-rc1)")
    return text


def is_at_least(version: str, wanted: str) -> bool:
    """Whether a version is as new as `wanted`: numbers are compared as numbers, 1.0 is 1, and 1.0-rc1 is before 1.0."""
    return _key(version) >= _key(wanted)


def _key(version: str) -> list[tuple[int, int, str]]:
    key: list[tuple[int, int, str]] = []
    # What ends stands between a word (rc1) and a number; a zero before either says nothing.
    for part in [*_PART.findall(version), ""]:
        if not part.isdigit():
            while key and key[-1] == (2, 0, ""):
                key.pop()
        key.append((2, int(part), "") if part.isdigit() else (0 if part else 1, 0, part.casefold()))
    return key
