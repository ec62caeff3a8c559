"""What the user whom the tests run as could do on this machine beyond testing.

A test is code of somebody else's, and runs with the rights of the jobs' user. Who that is shows in lab_dir: the lock of
a board belongs to whoever ran its job. Mode bits are looked at, ACLs and what a container maps are not.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SOCKETS = (Path("/run/docker.sock"), Path("/var/run/docker.sock"), Path("/run/podman/podman.sock"))
"""Whoever may write into one of them is root on this machine."""
GROUPS_LIKE_ROOT = ("docker", "sudo", "wheel", "admin", "lxd", "libvirt", "disk")
"""Whoever is in one of these can make himself root."""
_READ, _WRITE = 4, 2


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user of this machine; without a name one that this machine does not know (a container's)."""

    uid: int
    name: str
    groups: frozenset[int]

    @property
    def shown(self) -> str:
        """How we call him."""
        return self.name or f"user {self.uid}"

    def may(self, path: Path, want: int) -> bool:
        """Whether he may read (4) or write (2) what is there, by its mode; root may, and nobody what is not there."""
        try:
            found = path.stat()
        except OSError:
            return False
        if self.uid == 0:
            return True
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid in self.groups else 0
        return bool(stat.S_IMODE(found.st_mode) >> shift & want)


def account(uid: int) -> Account:
    """A user by his number; ourselves with the groups that we have now."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(uid=uid, name="", groups=frozenset())
    groups = set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    if uid == os.geteuid():
        groups |= {os.getegid(), *os.getgroups()}
    return Account(uid=uid, name=entry.pw_name, groups=frozenset(groups))


def who_ran_jobs(lab_dir: Path) -> Account | None:
    """Whom a board's job ran as the last time, by the owner of its lock; None where none has run."""
    newest: os.stat_result | None = None
    for lock in (lab_dir / "locks").glob("*.lock"):
        found = lock.lstat()
        if stat.S_ISREG(found.st_mode) and (newest is None or found.st_mtime > newest.st_mtime):
            newest = found
    return None if newest is None else account(newest.st_uid)


def ways_to_root(who: Account, *, sockets: Iterable[Path] = SOCKETS) -> Iterator[str]:
    """Each way in which he is, or can make himself, this machine's root; with what to do."""
    if who.uid == 0:
        yield f"the tests run as {who.shown}: let Jenkins or its agents run as a user of their own"
        return
    seen: set[Path] = set()
    for socket in sockets:
        if socket.exists() and socket.resolve() not in seen:
            seen.add(socket.resolve())
            if who.may(socket, _WRITE):
                yield f"{who.shown} may use {socket}, and is root with it: take him out of its group"
    named = {gid: _group_name(gid) for gid in who.groups}
    for name in sorted(name for name in named.values() if name in GROUPS_LIKE_ROOT):
        yield f"{who.shown} is in group {name}, and root with it: gpasswd -d {who.shown} {name}"
    if who.uid == os.geteuid() and _sudo_without_password():
        yield f"{who.shown} may sudo without a password: take the NOPASSWD line out of sudoers"


def sockets_present(sockets: Iterable[Path] = SOCKETS) -> list[Path]:
    """The sockets that are there, each once; in a container they are the host's."""
    return list({path.resolve(): path for path in sockets if path.exists()}.values())


def can_write(who: Account, paths: Iterable[Path]) -> list[Path]:
    """Which of these he may change: the file, or the folder that it stands in."""
    return [path for path in paths if path.exists() and (who.may(path, _WRITE) or _may_replace(who, path))]


def can_read(who: Account, paths: Iterable[Path]) -> list[Path]:
    """Which of these he may read."""
    return [path for path in paths if who.may(path, _READ)]


def _may_replace(who: Account, path: Path) -> bool:
    folder = path.parent
    sticky = folder.stat().st_mode & stat.S_ISVTX and folder.stat().st_uid != who.uid
    return not sticky and who.may(folder, _WRITE)


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


def _sudo_without_password() -> bool:
    sudo = shutil.which("sudo")
    if sudo is None:
        return False
    try:
        said = subprocess.run(
            [sudo, "-n", "-l"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and re.search(r"NOPASSWD:", said.stdout) is not None
