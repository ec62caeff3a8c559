"""The jobs of boards that went away: disabled at once, removed when no attempt of the board is open any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadBoardFile
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.jobs.definitions import PUSH
from fuego_jenkins_remote.lab.upload.config_xml import GONE, MARK, JobConfig, set_disabled, to_post
from fuego_jenkins_remote.lab.upload.memory import lab_memory
from fuego_jenkins_remote.lab.upload.store import JobStore


@dataclass(frozen=True, kw_only=True)
class BoardJob:
    """A job of ours; `xml` is what Jenkins has for it. Without a board it is one for people."""

    name: str
    board: str
    xml: str
    disabled: bool


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What `remove_gone_jobs` did, by full names; `waiting` are disabled and stay until their last run is delivered."""

    removed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def remove_gone_jobs(jenkins: JobStore, lab: LabConfig, open_boards: Callable[[], Collection[str]]) -> Removal:
    """Disable the jobs of boards that have no board file any more, and remove those with no open attempt.

    `open_boards` gives the boards with an attempt in the journal that is not closed; it is asked after a job was
    disabled, so that none can begin in between. Nothing is done where there is no board at all: the folder is then
    more likely not there than empty; nor to a job that this lab has not uploaded itself: it may be another lab's.
    Raises LabError, BadBoardFile.
    """
    here = known_boards(lab)
    if not here:
        return Removal()
    prefix, memory = lab.in_folder(lab.job_prefix), lab_memory(lab.state_dir, jenkins.url)
    found = find_boards_jobs(jenkins, prefix, {f"{prefix}-{name}" for name in (*here, PUSH)})
    return remove(jenkins, [job for job in found if memory.is_known(job.name)], open_boards)


def known_boards(lab: LabConfig) -> set[str]:
    """Names of all boards that have a file, also one that cannot be read now. Raises BadBoardFile for the folder."""
    problems: list[BadBoardFile] = []
    names = {board.name for board in lab.board_files(problems)}
    return names | {Path(problem.file).stem for problem in problems if problem.file is not None}


def find_boards_jobs(jenkins: JobStore, prefix: str, but: Iterable[str] = ()) -> list[BoardJob]:
    """Boards' jobs of ours `but` these, sorted; `prefix` is the jobs' with the folder, names are full ones.

    A job is ours when it bears our mark and is tied to the node that its name says: that tells our
    `remote-request-x-bbb` from that of another lab with the prefix `remote-request-x`.
    """
    gone = []
    for name in sorted(set(jenkins.list_jobs(f"{prefix}-")) - set(but)):
        text = jenkins.get_job_config(name)
        config = JobConfig.parse(text) if text is not None else None
        if text and config and config.is_ours and name == f"{prefix}-{config.node}":
            gone.append(BoardJob(name=name, board=config.node, xml=text, disabled=config.disabled))
    return gone


def as_gone(xml: str) -> str:
    """Give a job's XML, as Jenkins has it, as that of one that we disable; the description says why."""
    return set_disabled(xml.replace(MARK, f"{GONE}\n{MARK}", 1), True)


def remove(jenkins: JobStore, gone: Iterable[BoardJob], open_boards: Callable[[], Collection[str]]) -> Removal:
    """Disable them all, then remove those whose board has no open attempt."""
    gone = list(gone)
    for job in gone:
        if not job.disabled:
            jenkins.reconfig_job(job.name, to_post(as_gone(job.xml)))
            jenkins.disable_job(job.name)
    still_open = open_boards() if gone else ()
    removed = [job.name for job in gone if job.board not in still_open]
    for name in removed:
        jenkins.delete_job(name)
    waiting = [job.name for job in gone if job.board in still_open]
    return Removal(removed=tuple(removed), waiting=tuple(waiting))
