"""All checks of a hub in their order, each only where what it needs is well."""

from __future__ import annotations

from collections.abc import Callable

from fuego_jenkins_remote.cli.findings import Answer, Check, Finding, State, look
from fuego_jenkins_remote.cli.operating.doctor import database, outside, people
from fuego_jenkins_remote.cli.operating.doctor.patient import Patient
from fuego_jenkins_remote.cli.session import Session

__all__ = ["Patient", "examine"]

CHECKS: dict[str, tuple[Callable[[Patient], Answer], tuple[str, ...]]] = {
    "data": (database.data, ()),
    "room": (database.room, ("data",)),
    "database": (database.opens, ("data",)),
    "integrity": (database.integrity, ("database",)),
    "engine": (database.engine, ("database",)),
    "packages": (database.packages, ("database",)),
    "backup": (database.backups, ("data",)),
    "clock": (database.clock, ("database",)),
    "admins": (people.admins, ("database",)),
    "tokens": (people.tokens, ("database",)),
    "labs": (people.labs, ("database",)),
    "boards": (people.boards, ("database",)),
    "notices": (people.notices, ("database",)),
    "address": (outside.address, ()),
    "mail": (outside.mail, ()),
}
"""Each check, and those without which it would only say the same again."""


def examine(session: Session, patient: Patient) -> list[Finding]:
    """Look at all of it; nothing is changed."""
    found: list[Finding] = []
    try:
        for what, (check, needed) in CHECKS.items():
            bad = [one.what for one in found if one.what in needed and one.state in {State.BAD, State.SKIPPED}]
            if bad:
                text = f"not looked at, because of: {', '.join(bad)}"
                found.append(Finding(what=what, state=State.SKIPPED, text=text))
            else:
                found.append(look(session, what, _of(check, patient)))
    finally:
        patient.close()
    return found


def _of(check: Callable[[Patient], Answer], patient: Patient) -> Check:
    return lambda _session: check(patient)
