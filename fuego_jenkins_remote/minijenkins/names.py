"""Names of jobs, nodes and views: the rules of Jenkins, and fit to be a folder's name."""

from __future__ import annotations

from .errors import Refused

_UNSAFE = "?*/\\%!@#$^&|<>[]:;"
_LONGEST = 200


def check_name(name: str) -> str:
    """Give the name without surrounding white space, or raise `Refused` (400) as Jenkins' createItem does."""
    name = name.strip()
    if not name:
        raise Refused(400, "No name is specified")
    if name.startswith(".") or name.endswith("."):
        raise Refused(400, f"‘{name}’ must neither begin nor end with a dot")
    for char in name:
        if ord(char) < 32 or ord(char) == 127:
            raise Refused(400, f"control character {ord(char)} in a name")
        if char in _UNSAFE:
            raise Refused(400, f"‘{char}’ is an unsafe character")
    if len(name.encode("utf-8", "replace")) > _LONGEST:
        raise Refused(400, f"the name is longer than {_LONGEST} bytes")
    return name
