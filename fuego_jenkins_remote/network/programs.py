"""Versions of this program: what a client says of itself with each call, and whether that is an old one. Pure."""

from __future__ import annotations

import re

PROGRAM = "fuego-jenkins-remote"

# As in the header User-Agent (RFC 9110, 10.1.5): PRODUCT/VERSION, perhaps with more behind a space.
_SAID = re.compile(rf"{re.escape(PROGRAM)}/([A-Za-z0-9.+-]{{1,40}})(?: |\Z)", re.ASCII)
_MAJOR_MINOR = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})(?![0-9])", re.ASCII)


def said_of(version: str) -> str:
    """How a client of this version names itself."""
    return f"{PROGRAM}/{version}"


def version_in(user_agent: str) -> str:
    """The version in what a client says of itself, whoever wrote that; empty where there is none to be believed."""
    found = _SAID.match(user_agent)
    return found[1] if found else ""


def is_behind(version: str, own: str) -> bool:
    """Whether a version is of an older MAJOR.MINOR than `own`; no if either is none."""
    theirs, ours = _MAJOR_MINOR.match(version), _MAJOR_MINOR.match(own)
    return theirs is not None and ours is not None and _numbers(theirs) < _numbers(ours)


def _numbers(found: re.Match[str]) -> tuple[int, int]:
    return int(found[1]), int(found[2])
