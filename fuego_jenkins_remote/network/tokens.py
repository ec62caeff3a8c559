"""What tokens and invitations look like. Pure.

Whoever is to hold a secret makes it: the one who joins the token, the one who invites the code. The hub gets it once,
keeps a digest, and never sends it: an answer that was lost on the way has lost nothing, and the call can be made again.
"""

from __future__ import annotations

import re
import secrets
from typing import Literal

KINDS = ("user", "lab", "submit", "read")
"""Who a token speaks for: a person, a lab (both at the hub); who may bring runs, who may only read (at vision)."""

SECRET = re.compile(r"fuego_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")
"""What a token looks like: its public prefix, whose first letter tells the kind, and 256 random bits."""

CODE = re.compile(r"[ul][a-z2-7]{26}")
"""What the code of an invitation looks like: the first letter of what it is for, a user or a lab; 130 random bits."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_DIFFERENT = 12  # of 43 random signs so many are different ones, but for a case in 10^20


class BadSecret(ValueError):
    """A token or a code that cannot be one; the message does not repeat it."""


def new_secret(kind: str) -> str:
    """Make a token of this kind (one of KINDS, else ValueError)."""
    if kind not in KINDS:
        raise ValueError(f"no such kind of token: {kind!r} (there are {', '.join(KINDS)})")
    prefix = kind[0] + "".join(secrets.choice(_LETTERS) for _ in range(7))
    return f"fuego_{prefix}_{secrets.token_urlsafe(32)}"


def new_code(kind: Literal["user", "lab"] = "user") -> str:
    """Make the code of an invitation for a user or a lab."""
    return kind[0] + "".join(secrets.choice(_LETTERS) for _ in range(26))


def kind_of(code: str) -> Literal["user", "lab"]:
    """For what an invitation is, by its code."""
    return "lab" if code.startswith("l") else "user"


def new_id() -> str:
    """Make a public name for something that a secret belongs to."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


def split_prefix(secret: str) -> str | None:
    """Give the public part of a token, or None if this does not look like one of ours."""
    found = SECRET.fullmatch(secret)
    return found[1] if found else None


def check_secret(secret: str, kind: str) -> str:
    """Give back a token of this kind that somebody else has made; raises BadSecret, also for one that was made up."""
    found = SECRET.fullmatch(secret)
    if found is None or found[1][0] != kind[0] or len(set(found[2])) < _DIFFERENT:
        raise BadSecret(f"this is no token for a {kind}: fuego_{kind[0]}XXXXXXX_ and 43 random signs")
    return secret


def check_code(code: str) -> str:
    """Give back the code of an invitation; raises BadSecret, also for one that was made up."""
    if not CODE.fullmatch(code) or len(set(code[1:])) < _DIFFERENT // 2:
        raise BadSecret("this is no code of an invitation: u or l, then 26 letters a-z and figures 2-7")
    return code
