"""Unpacks a test's tarball into the build folder: a program of its own, called in the build phase.

``unpack.py TARBALL FOLDER``; the tarball's first folder is left out, as Fuego does. It imports the standard
library only and is started without site-packages, so that it starts fast.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import sys
import tarfile
from pathlib import Path

MAX_MEMBERS = 100_000
MAX_BYTES = 4 * 1024**3


class BadTarball(Exception):
    """The tarball is none, is too large, or has a member that must not be unpacked."""


def unpack(tarball: Path, folder: Path) -> None:
    """Unpack without the first folder of each path; raises BadTarball with the reason.

    Files, folders, links inside the tree: nothing else. Symbolic links are made last, so that no file is ever
    written through one.
    """
    try:
        with tarfile.open(tarball) as archive:
            _unpack(archive, folder)
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise BadTarball(f"{tarball.name}: {error}") from error


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    links: list[tuple[Path, str]] = []
    size = 0
    for count, member in enumerate(archive):
        size += member.size
        if count >= MAX_MEMBERS or size > MAX_BYTES:
            raise BadTarball(f"{Path(str(archive.name)).name}: more than a tarball of sources has")
        inside = _inside(member.name)
        if inside is None:
            continue
        target = folder / inside
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
        elif member.isfile() or member.islnk():
            _write_file(archive, member, target)
        elif member.issym():
            _check_link(inside, member.linkname)
            links.append((target, member.linkname))
        else:
            raise BadTarball(f"{member.name}: neither a file, a folder nor a link")
    for target, to in links:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(to)


def _inside(name: str) -> str | None:
    """Give the path without its first folder; None for that folder itself."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or ".." in parts:
        raise BadTarball(f"{name}: leads out of the build folder")
    return "/".join(parts[1:]) or None


def _check_link(inside: str, to: str) -> None:
    end = posixpath.normpath(posixpath.join(posixpath.dirname(inside), to))
    if to.startswith("/") or end == ".." or end.startswith("../"):
        raise BadTarball(f"{inside}: a link that leads out of the build folder")


def _write_file(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = archive.extractfile(member)  # a hard link gives the file it names, from within the archive
    if source is None:
        raise BadTarball(f"{member.name}: cannot be read")
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    target.chmod(0o755 if member.mode & 0o100 else 0o644)
    os.utime(target, (member.mtime, member.mtime))  # make compares them


def main(arguments: list[str]) -> int:
    """Unpack; give the exit status."""
    try:
        unpack(Path(arguments[1]), Path(arguments[2]))
    except BadTarball as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
