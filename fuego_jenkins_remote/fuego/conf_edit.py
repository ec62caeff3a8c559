"""Changing ``fuego.conf``: some keys get other values, every other line and comment stays as it is.

What is written is read back by `read_conf` with the same meaning; a value that cannot be written so is refused.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fuego_jenkins_remote.fuego.conf import is_path_key, read_conf
from fuego_jenkins_remote.fuego.errors import BadConf

HEADING = "# The Fuego network (written by ftc)"
"""Stands above the keys that were added."""

_KEY = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.ASCII)
_SEVERAL = '"""'


@dataclass(frozen=True, kw_only=True)
class ConfChange:
    """What was done to a file: the keys with their old (empty for none) and new values; `backup` the file as it was."""

    path: Path
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    backup: Path | None = None


def change_conf(path: Path, values: Mapping[str, str], *, now: datetime) -> ConfChange:
    """Give keys these values in a fuego.conf, which is made if it is not there; untouched if it says so already.

    The old file stays beside it under a name with `now` in it. The new one appears whole, with the old one's mode and
    owner; a link is followed. Raises BadConf for a file that cannot be read or a value that cannot stand in one,
    OSError where nothing can be written.
    """
    path = path.resolve()
    there = path.exists()
    old = read_conf(path) if there else {}
    changed = {
        key: (old.get(key, ""), value)
        for key, value in values.items()
        if old.get(key, "") != _as_read(path, key, value)
    }
    if not changed:
        return ConfChange(path=path)
    text = _read_exact(path) if there else ""
    with _written_beside(path, edited(text, {key: new for key, (_, new) in changed.items()})) as partial:
        _check_read_back(partial, path, old, changed)
        backup = None
        if there:
            backup = path.with_name(f"{path.name}.{now:%Y%m%d-%H%M%S}.bak")
            backup.touch(mode=0o600)  # there may be tokens in it
            shutil.copy2(path, backup)
            _keep_owner(path, partial)
        else:
            partial.chmod(0o644)
        partial.replace(path)
    return ConfChange(path=path, changed=changed, backup=backup)


def edited(text: str, values: Mapping[str, str]) -> str:
    """`text` with these values: in the place of a key's last line where there is one, else at the end."""
    ends_in_crlf = "\r\n" in text
    lines = text.replace("\r\n", "\n").split("\n")
    spans = _spans(lines)
    left = dict(values)
    for key, (start, end) in sorted(spans.items(), key=lambda item: item[1], reverse=True):
        if key in left:
            lines[start:end] = [_line(key, left.pop(key))]
    if left:
        while lines and not lines[-1].strip():
            lines.pop()
        if HEADING not in lines:
            lines += ["", HEADING] if lines else [HEADING]
        lines += [_line(key, value) for key, value in left.items()]
        lines.append("")
    return ("\r\n" if ends_in_crlf else "\n").join(lines)


def _line(key: str, value: str) -> str:
    if "\n" in value or "\r" in value or _SEVERAL in value or value != value.strip():
        raise BadConf(f"{key}: this value cannot be written in one line: {value!r}")
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return f'{key}="{value}"' if quoted else f"{key}={value}"


def _spans(lines: list[str]) -> dict[str, tuple[int, int]]:
    """Where each key's value stands: its first line and the one after its last; of a key twice, the last."""
    spans: dict[str, tuple[int, int]] = {}
    at = 0
    while at < len(lines):
        start, found = at, _KEY.fullmatch(lines[at].removeprefix("\ufeff"))
        at += 1
        if lines[start].lstrip().startswith("#") or not found:
            continue
        first = found[2].strip()
        if first.startswith(_SEVERAL) and _SEVERAL not in first[3:]:
            while at < len(lines) and _SEVERAL not in lines[at]:
                at += 1
            at += 1
        spans[found[1]] = (start, min(at, len(lines)))
    return spans


def _read_exact(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


@contextlib.contextmanager
def _written_beside(path: Path, text: str) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def _keep_owner(path: Path, partial: Path) -> None:
    was = path.stat()
    partial.chmod(stat.S_IMODE(was.st_mode))
    if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):  # only root may give a file away
            os.chown(partial, was.st_uid, was.st_gid)


def _check_read_back(partial: Path, path: Path, old: Mapping[str, str], changed: Mapping[str, tuple[str, str]]) -> None:
    """What was written means what was meant, and everything else what it meant before."""
    wanted = {**old, **{key: _as_read(path, key, new) for key, (_, new) in changed.items()}}
    got = read_conf(partial)
    for key in sorted({*wanted, *got}):
        if wanted.get(key) != got.get(key):
            what = f"{key} would be read as {got.get(key)!r} where {wanted.get(key)!r} was meant; nothing was changed"
            raise BadConf(what, file=path)


def _as_read(path: Path, key: str, value: str) -> str:
    return str((path.parent / value).resolve()) if value and is_path_key(key) else value
