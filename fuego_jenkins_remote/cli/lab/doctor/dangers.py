"""Checks of what a test could do beyond testing: it is code of others, and runs with the rights of the jobs' user."""

from __future__ import annotations

import os
from pathlib import Path

from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.lab.survey.machine import (
    Account,
    account,
    can_read,
    can_write,
    sockets_present,
    ways_to_root,
    who_ran_jobs,
)


def tests_user(session: Session) -> Answer:
    """Whom the tests run as, and whether he can make himself root."""
    who, known = _who(session)
    as_whom = who.shown if known else f"not known before the first run; {who.shown}, who asks, was looked at"
    return answer(as_whom, *ways_to_root(who))


def docker(session: Session) -> Answer:
    """Whether a container engine's socket is there: in a container it is the host's."""
    found = sockets_present()
    if not found:
        return "no socket of a container engine"
    listed = ", ".join(str(path) for path in found)
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return answer("", f"{listed} is the host's: whoever may write to it here is root there; do not mount it")
    who, _ = _who(session)
    if any(who.may(path, os.W_OK) for path in found):
        return answer("", f"{listed} can be written by {who.shown}, as whom the tests run")
    return f"{listed}: not for {who.shown}; Fuego's container has it mounted: see docs/places.md"


def tokens(session: Session) -> Answer:
    """Whether the tests' user could read the lab's tokens."""
    settings = session.settings
    files = [Path(settings.get(f"{name}_token_file")) for name in ("hub", "vision", "jenkins")]
    who, known = _who(session)
    readable = can_read(who, [file for file in files if file.name])
    mind = (
        f"{who.shown}, as whom the tests run, can read {', '.join(map(str, readable))}: let the bridge run as a user"
        " of its own, or the jobs"
    )
    return answer("no token file can be read by the tests' user", mind if readable and known else "")


def own_files(session: Session) -> Answer:
    """Whether the tests' user could change the lab's settings and rules."""
    places = session.places
    files = [places.conf_dir / name for name in ("lab-policy.yaml", "boards.yaml")]
    files += [session.settings.conf_file] if session.settings.conf_file else []
    who, known = _who(session)
    writable = can_write(who, files)
    mind = (
        f"{who.shown}, as whom the tests run, can change {', '.join(map(str, writable))}: so a test could change the"
        " lab's rules; give them, and the folder, to another user"
    )
    return answer(
        "fuego.conf, policy and boards.yaml cannot be changed by the tests", mind if writable and known else ""
    )


def _who(session: Session) -> tuple[Account, bool]:
    """Whom the tests run as, and whether that is known; otherwise we, as the best guess."""
    seen = who_ran_jobs(session.places.lab_dir)
    return (seen, True) if seen is not None else (account(os.geteuid()), False)
