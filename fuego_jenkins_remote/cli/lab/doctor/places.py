"""Checks of what is on this machine: settings, folders, board files, policy, room."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.fuego.errors import BadBoardFile, BadConf


def conf(session: Session) -> Answer:
    """Whether fuego.conf can be read, if there is one."""
    try:
        file = session.settings.conf_file
    except BadConf as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise Failed(f"{error}; ftc lab init makes one") from error
        raise
    return str(file) if file else "none: all settings come from the environment and from options"


def settings(session: Session) -> Answer:
    """Whether this lab has a name, and where that comes from."""
    values = session.settings
    if not values.is_set("host_name"):
        raise Failed("host_name is not set: every lab needs a name of its own in the network: ftc lab init")
    return f"{values.host_name}, from {values.conf_file or 'the environment'}"


def fuego(session: Session) -> Answer:
    """Whether Fuego's folders are where the settings say."""
    places = session.places
    for key, folder, needed in (
        ("fuego_ro_dir", places.fuego_ro, places.fuego_ro / "boards"),
        ("fuego_rw_dir", places.fuego_rw, places.fuego_rw),
        ("fuego_core_dir", places.fuego_core, places.fuego_core),
    ):
        if not needed.is_dir():
            raise Failed(f"{needed}: there is no such folder: set {key} (it is {folder})")
    return answer(
        f"{places.fuego_ro}, {places.fuego_rw}, {places.fuego_core}",
        "" if (places.fuego_core / "tests").is_dir() else f"{places.fuego_core}: has no tests: is it Fuego's core?",
    )


def boards(session: Session) -> Answer:
    """Whether the board files and boards.yaml can be read, and speak of the same boards."""
    problems: list[BadBoardFile] = []
    found = session.places.board_files(problems)
    left_out = "; ".join(str(problem) for problem in problems)
    if not found:
        raise Failed(left_out or f"no board file in {session.places.fuego_ro / 'boards'}")
    for board in found:
        session.places.board_record(board)
    names = {board.name for board in found}
    strange = [name for name in session.places.described_boards() if name not in names]
    mind = f"{session.places.conf_dir / 'boards.yaml'} speaks of {', '.join(strange)}, without a board file"
    return answer(", ".join(sorted(names)), f"left out: {left_out}" if problems else "", mind if strange else "")


def policy(session: Session) -> Answer:
    """Whether the policy can be read, and whom it lets bring code of his own."""
    from fuego_jenkins_remote.network.policy import Answer as Do
    from fuego_jenkins_remote.network.policy import Source

    rules = session.places.policy().rules
    path = session.places.conf_dir / "lab-policy.yaml"
    open_rules = [
        str(number)
        for number, rule in enumerate(rules, 1)
        if rule.do is Do.RUN
        and _anybody(rule.users)
        and _anybody(rule.teams)
        and ((Source.PACKAGE in rule.source) or (Source.GIT in rule.source and not rule.git))
    ]
    mind = (
        f"{path}: rule {', '.join(open_rules)} runs code from outside for everybody in the network, with the rights of"
        " the jobs' user: name users or teams, or let it ask"
    )
    return answer(str(path) if path.is_file() else f"the usual one (no {path})", mind if open_rules else "")


def _anybody(names: Sequence[str]) -> bool:
    return not names or "*" in names


def lab_dir(session: Session) -> Answer:
    """Whether lab_dir can be written and locks hold there; and whether a job has been seen in it."""
    from fuego_jenkins_remote.lab.survey.machine import who_ran_jobs

    above, folder = session.settings.path("fuego_rw_dir"), session.places.lab_dir
    if folder.is_relative_to(above) and not above.is_dir():
        raise Failed(f"{above}: there is no such folder: set fuego_rw_dir to Fuego's, or lab_dir")
    locks = folder / "locks"
    for needed in (locks, folder / "requests", folder / "outbox"):
        needed.mkdir(parents=True, exist_ok=True)
        if not os.access(needed, os.W_OK | os.X_OK):
            raise Failed(f"{needed}: cannot be written by this user: see 'who may touch them' in docs/labs.md")
    if not _locks_hold(locks):
        raise Failed(f"{folder}: locks do not hold there; it must be on a file system with flock")
    who = who_ran_jobs(folder)
    if who is None:
        return f"{folder}: can be written, and locks hold; no job was seen there yet (ftc lab doctor -b BOARD tries)"
    return f"{folder}: can be written, and locks hold; jobs were seen there, as {who.shown}"


def _locks_hold(folder: Path) -> bool:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with open(first.name, "rb") as second:  # noqa: PTH123 - a second opening of the same file
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False


def state_dir(session: Session) -> Answer:
    """Whether the bridge's own folder is its own."""
    folder = session.places.state_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        raise Failed(f"{folder}: others can look in: chmod 700 {folder}")
    if not os.access(folder, os.W_OK):
        raise Failed(f"{folder}: cannot be written by this user")
    return str(folder)


def room(session: Session) -> Answer:
    """Whether there is room for runs, and which wait for delivery."""
    from fuego_jenkins_remote.lab.serving.room import why_no_room

    full = why_no_room(session.places)
    if full:
        raise Failed(full)
    waiting = sum(1 for _ in session.places.packages_dir.glob("*.frp"))
    if waiting:
        return answer("", f"{waiting} runs wait for delivery: ftc outbox says why")
    return "enough on the disks, and no run waits for delivery"
