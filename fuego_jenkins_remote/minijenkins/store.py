"""Small files that are either the old or the new one, never half of one."""

from __future__ import annotations

import os
from pathlib import Path


def write_text(path: Path, text: str, mode: int = 0o644, *, durable: bool = True) -> None:
    """Write a file by renaming a finished one over it. Folders above must exist. Raises OSError.

    A durable file is on the disk before the old one goes; what is written with every build need not wait for that.
    """
    half = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
    except OSError:
        half.unlink(missing_ok=True)
        raise
    half.replace(path)
