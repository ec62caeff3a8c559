"""The bridge's name at the hub, by which it tells two bridges of one lab apart.

It is kept in `state_dir`: a bridge that starts again there is the same one, and goes on at once.
"""

from __future__ import annotations

import re
import secrets
import socket
from pathlib import Path

_FILE = "bridge.id"
_NAME = re.compile(r"[A-Za-z0-9._-]{8,64}")


def instance_of(state_dir: Path) -> str:
    """The name of this bridge: the machine's, for people, and random letters. Raises OSError."""
    file = state_dir / _FILE
    try:
        name = file.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        name = ""
    if not _NAME.fullmatch(name):
        machine = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:40]
        name = f"{machine}-{secrets.token_hex(4)}"
        file.write_text(f"{name}\n", encoding="ascii")
    return name
