"""Slow hashes of passwords: scrypt, with its numbers beside the hash, so that they can be raised later."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

# 16 MiB and about 50 ms a try on a small machine.
_N, _R, _P = 2**14, 8, 1
_MEMORY = 64 * 1024 * 1024
SHORTEST = 8
LONGEST = 1000


def hash_password(password: str) -> str:
    """`scrypt$N$R$P$SALT$HASH` of a password, with a fresh salt."""
    salt = os.urandom(16)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(_scrypt(password, salt, _N, _R, _P))}"


def is_right(password: str, stored: str) -> bool:
    """Whether the password is that of the hash. Takes its time: not for an event loop. Raises ValueError."""
    kind, n, r, p, salt, digest = stored.split("$")
    if kind != "scrypt":
        raise ValueError(f"{kind[:20]} is no way of hashing that is known here")
    given = _scrypt(password[:LONGEST], base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(given, base64.b64decode(digest))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
