"""All checks in their order, each only where what it needs is well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from fuego_jenkins_remote.cli.findings import Check, Finding, State, look
from fuego_jenkins_remote.cli.lab.doctor import care, controller, dangers, places, services
from fuego_jenkins_remote.cli.session import Session

CHECKS: dict[str, tuple[Check, tuple[str, ...]]] = {
    "fuego.conf": (places.conf, ()),
    "settings": (places.settings, ()),
    "fuego": (places.fuego, ()),
    "proxy and CA": (services.links, ()),
    "hub": (services.hub, ("settings",)),
    "versions": (services.versions, ("hub",)),
    "vision": (services.vision, ("settings",)),
    "boards": (places.boards, ("fuego",)),
    "policy": (places.policy, ()),
    "own team": (services.own_team, ("hub", "policy")),
    "boards shared": (services.shared, ("hub", "boards")),
    "lab_dir": (places.lab_dir, ()),
    "state_dir": (places.state_dir, ()),
    "board checks": (care.board_checks, ("boards", "state_dir")),
    "room": (places.room, ("lab_dir", "state_dir")),
    "jenkins": (controller.jenkins, ()),
    "permissions": (controller.permissions, ("jenkins", "fuego")),
    "jobs": (controller.jobs, ("jenkins", "boards")),
    "bridge": (services.bridge, ("hub", "state_dir")),
    "tests' user": (dangers.tests_user, ()),
    "docker": (dangers.docker, ()),
    "tokens": (dangers.tokens, ()),
    "own files": (dangers.own_files, ()),
}
"""Each check, and those without which it would only say the same again."""


def examine(
    session: Session,
    board: str | None = None,
    *,
    only: Collection[str] | None = None,
    tell: Callable[[Finding], None] | None = None,
) -> list[Finding]:
    """Look at all of it, or at `only` these; with `board` at a trial build on it, too. `tell` hears of each at once.

    Nothing is changed but what is removed again: a file in lab_dir; a build that was stopped stays in Jenkins' list.
    """
    found: list[Finding] = []
    for finding in _each(session, board, only, found):
        found.append(finding)
        if tell is not None:
            tell(finding)
    return found


def _each(session: Session, board: str | None, only: Collection[str] | None, found: list[Finding]) -> Iterator[Finding]:
    checks = {what: check for what, check in CHECKS.items() if only is None or what in {"fuego.conf", *only}}
    if board is not None:
        name = board
        checks["trial build"] = (lambda session: controller.trial(session, name), ("jenkins", "boards", "lab_dir"))
    for what, (check, needed) in checks.items():
        needs = ("fuego.conf", *needed)
        bad = [one.what for one in found if one.what in needs and one.state in {State.BAD, State.SKIPPED}]
        if bad:
            yield Finding(what=what, state=State.SKIPPED, text=f"not looked at, because of: {', '.join(bad)}")
        else:
            yield look(session, what, check)
