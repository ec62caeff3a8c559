"""Users with their API tokens and passwords. Only hashes are stored; a token is shown once, when it is made.

A fast hash is enough for tokens of 256 random bits; passwords get a slow one (`passwords`). DATA/users.json (mode 600)
is `{"NAME": {"tokens": [HASH, ...], "password": HASH}}`; an older form, a list of hashes a user, is read too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..errors import Refused, SetupError
from ..names import check_name
from ..store import write_text
from . import passwords

_FILE = "users.json"
_SHORTEST = 16


@dataclass(kw_only=True)
class User:
    """What is stored of one user: hashes of tokens, and of a password (empty: none)."""

    tokens: list[str] = field(default_factory=list)
    password: str = ""


class Users:
    """The users of one data folder. With no user at all, the controller is open to everyone who can reach it."""

    def __init__(self, data_dir: Path) -> None:
        """Read DATA/users.json; raises `SetupError` when it is not readable as such."""
        self._path = data_dir / _FILE
        self._users: dict[str, User] = {}
        # Checked for names that are unknown, so that the time of an answer tells no names.
        self._nobody = passwords.hash_password(secrets.token_hex(16))
        if self._path.exists():
            try:
                read = json.loads(self._path.read_text("utf-8"))
                self._users = {str(name): _user(entry) for name, entry in read.items()}
            except (ValueError, AttributeError, TypeError, OSError) as error:
                raise SetupError(f"{self._path}: not a users file: {error}") from None

    @property
    def configured(self) -> bool:
        """Whether any user exists, so that requests need a token or a password."""
        return bool(self._users)

    def add(self, name: str, token: str = "") -> str:
        """Give a user one more token: this one, or a fresh random one. Gives the token. Raises `SetupError`."""
        name = _checked(name)
        token = token or secrets.token_hex(32)
        if len(token) < _SHORTEST:
            raise SetupError(f"the token of {name} is shorter than {_SHORTEST} characters")
        user = self._users.setdefault(name, User())
        if _hash(token) not in user.tokens:
            user.tokens.append(_hash(token))
        self._save()
        return token

    def set_password(self, name: str, password: str) -> None:
        """Give a user this password instead of the one before. Raises `SetupError`."""
        name = _checked(name)
        if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
            wanted = f"{passwords.SHORTEST} to {passwords.LONGEST}"
            raise SetupError(f"the password of {name} has {len(password)} characters, not {wanted}")
        user = self._users.setdefault(name, User())
        user.password = passwords.hash_password(password)
        self._save()

    def knows(self, name: str, token: str) -> bool:
        """Whether this is a token of this user."""
        given = _hash(token)
        return any(hmac.compare_digest(given, stored) for stored in self._users.get(name, User()).tokens)

    @property
    def has_passwords(self) -> bool:
        """Whether any user has a password."""
        return any(user.password for user in self._users.values())

    def password_is_right(self, name: str, password: str) -> bool:
        """Whether this is the user's password. Takes about 50 ms and 16 MiB: not for an event loop."""
        stored = self._users.get(name, User()).password
        try:
            return passwords.is_right(password, stored or self._nobody) and bool(stored)
        except ValueError:
            return False

    def _save(self) -> None:
        shown = {name: asdict(user) for name, user in self._users.items()}
        write_text(self._path, json.dumps(shown, indent=1, ensure_ascii=False), mode=0o600)


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


def password_from_file(path: Path) -> str:
    """The first line of a file that only its owner can read. Raises `SetupError`."""
    try:
        if path.stat().st_mode & 0o077:
            raise SetupError(f"password file {path}: others can read it; chmod 600 {path}")
        return path.read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"password file {path}: {error}") from None


def _user(entry: object) -> User:
    if isinstance(entry, list):
        return User(tokens=[str(item) for item in entry])
    if not isinstance(entry, dict):
        raise TypeError("a user is neither an object nor a list")
    return User(tokens=[str(item) for item in entry.get("tokens", [])], password=str(entry.get("password") or ""))


def _checked(name: str) -> str:
    try:
        return check_name(name)
    except Refused as error:
        raise SetupError(f"user name: {error}") from None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
