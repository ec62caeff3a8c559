"""An old server's tests and their binaries: into the store, for everybody's eyes, as they were there."""

from __future__ import annotations

import shutil

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.fserver_folder import OldFile, open_plain
from fuego_jenkins_remote.fuego.fserver_format import BinaryId, TestId
from fuego_jenkins_remote.fuego.releases import describe_binary, describe_test
from fuego_jenkins_remote.hub import packages
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import Conflict
from fuego_jenkins_remote.hub.importing.values import Import, Taken
from fuego_jenkins_remote.hub.statements import store as sql
from fuego_jenkins_remote.hub.store import putting

_PART = 2**20


def take_test(hub: Hub, wanted: Import, old: OldFile) -> Taken:
    """Take a test over; raises FormatError, HubError, OSError."""
    with packages.upload(hub.data_dir) as incoming:
        _read(old, incoming)
        described = describe_test(incoming.path, putting.LIMITS)
        if not isinstance(old.id, TestId) or (described.name, described.label) != (old.id.name, old.id.label):
            raise FormatError(f"holds {described.name}-{described.label}, which is not its name")
        with hub.reading() as conn:
            there = sql.find(conn, described.name, described.label, "")
        if there is None or there.sha256 != described.sha256:
            packages.keep(hub, incoming, incoming.sha256, wanted.caller)
            putting.put_test(hub, wanted.caller, described.sha256, wanted.team, private=False)
    return Taken(path=old.path, kind="tests", is_new=there is None)


def take_binary(hub: Hub, wanted: Import, old: OldFile) -> Taken:
    """Take a test's binaries over; raises FormatError, HubError, OSError. Those that are here are not replaced."""
    with packages.upload(hub.data_dir) as incoming:
        _read(old, incoming)
        described = describe_binary(incoming.path, putting.LIMITS)
        if not isinstance(old.id, BinaryId) or (described.toolchain, described.name) != (old.id.toolchain, old.id.name):
            raise FormatError(f"holds {described.toolchain}-{described.name}, which is not its name")
        with hub.reading() as conn:
            there = sql.find_binary(conn, described.name, described.toolchain, "")
        if there is None:
            packages.keep(hub, incoming, incoming.sha256, wanted.caller)
            putting.put_binary(hub, wanted.caller, described.sha256, wanted.team, private=False)
        elif there.sha256 != described.sha256:
            raise Conflict(f"the hub has other binaries of {described.name} for {described.toolchain}")
    return Taken(path=old.path, kind="binaries", is_new=there is None)


def _read(old: OldFile, incoming: packages.Upload) -> None:
    with open_plain(old.file) as file:
        shutil.copyfileobj(file, incoming, _PART)
    incoming.file.flush()
