"""Writing down what was answered: token files, and the keys of fuego.conf. What is so already is left alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.lab.init.answers import Token
from fuego_jenkins_remote.fuego.conf_edit import ConfChange, change_conf
from fuego_jenkins_remote.lab.survey.clocks import now


def write_tokens(tokens: Mapping[str, Token]) -> list[Path]:
    """Write those that stand in no file yet, for their owner alone; which files were written. Raises OSError."""
    written = []
    for token in tokens.values():
        if token.is_new and _write_secret(token.file, token.text + "\n"):
            written.append(token.file)
    return written


def write_conf(path: Path, values: Mapping[str, str]) -> ConfChange:
    """Give the keys of a fuego.conf their values. Raises Failed where this user may not, BadConf."""
    try:
        return change_conf(path, values, now=now())
    except OSError as error:
        raise Failed(
            f"{path}: cannot be written: {error.strerror}; call ftc lab init as a user who may, or name a file of the"
            " lab's own with --conf FILE (all that Fuego needs stays in Fuego's)"
        ) from error


def _write_secret(path: Path, text: str) -> bool:
    for folder in (path.parent.parent, path.parent):  # state_dir, and tokens in it
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_mode & 0o077 == 0 and path.read_text(encoding="utf-8") == text:
        return False
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return True
