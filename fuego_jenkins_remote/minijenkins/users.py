"""Users and their API tokens. Only hashes are stored; a token is shown once, when it is made.

A fast hash is enough for tokens of 256 random bits; passwords are not supported at all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from .errors import Refused, SetupError
from .names import check_name
from .store import write_text

_FILE = "users.json"
_SHORTEST = 16


class Users:
    """The users of one data folder. With no user at all, the controller is open to everyone who can reach it."""

    def __init__(self, data_dir: Path) -> None:
        """Read DATA/users.json; raises `SetupError` when it is not readable as such."""
        self._path = data_dir / _FILE
        self._hashes: dict[str, list[str]] = {}
        if self._path.exists():
            try:
                read = json.loads(self._path.read_text("utf-8"))
                self._hashes = {str(name): [str(item) for item in hashes] for name, hashes in read.items()}
            except (ValueError, AttributeError, TypeError, OSError) as error:
                raise SetupError(f"{self._path}: not a users file: {error}") from None

    @property
    def configured(self) -> bool:
        """Whether any user exists, so that requests need a token."""
        return bool(self._hashes)

    def add(self, name: str, token: str = "") -> str:
        """Give a user one more token: this one, or a fresh random one. Gives the token. Raises `SetupError`."""
        try:
            name = check_name(name)
        except Refused as error:
            raise SetupError(f"user name: {error}") from None
        token = token or secrets.token_hex(32)
        if len(token) < _SHORTEST:
            raise SetupError(f"the token of {name} is shorter than {_SHORTEST} characters")
        hashes = self._hashes.setdefault(name, [])
        if _hash(token) not in hashes:
            hashes.append(_hash(token))
        write_text(self._path, json.dumps(self._hashes, indent=1), mode=0o600)
        return token

    def knows(self, name: str, token: str) -> bool:
        """Whether this is a token of this user."""
        given = _hash(token)
        return any(hmac.compare_digest(given, stored) for stored in self._hashes.get(name, []))


def create_user(data_dir: Path, name: str) -> str:
    """Add a user (or a further token of one) to a data folder; gives the token, which is stored nowhere.

    A controller that is running reads it at its next start. Raises `SetupError`.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    return Users(data_dir).add(name)


def token_from_file(path: Path) -> str:
    """The token in a file; a missing file is made with a fresh token, mode 600. Raises `SetupError`."""
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        token = secrets.token_hex(32)
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"token file {path}: {error}") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token + "\n")
    except OSError as error:
        raise SetupError(f"token file {path}: {error}") from None
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
