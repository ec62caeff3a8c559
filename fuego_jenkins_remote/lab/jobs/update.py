"""Brings the lab's jobs in its Jenkins up to date: uploads what differs, removes ours whose board is gone.

jenkins-job-builder only makes the XML (definitions.py): its ``--delete-old`` takes other people's jobs, too. A job is
ours when its description has the line MARK, its name begins with our prefix, and it is tied to the node that the rest
of its name says; any other job is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from fuego_jenkins_remote.fuego.boards import BoardFile
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.config_xml import JobConfig
from fuego_jenkins_remote.lab.jobs.definitions import MARK, JobBoard, LabValues, job_xml


@dataclass(frozen=True, kw_only=True)
class JobChanges:
    """What `update_jobs` did, by the names of jobs, sorted."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class JobStore(Protocol):
    """What is asked of a Jenkins; `controller.Controller` is one."""

    def list_jobs(self, prefix: str) -> list[str]:
        """Names of the jobs at the top level that begin with `prefix`."""

    def get_job_config(self, name: str) -> str | None:
        """A job's config.xml, None if there is no such job."""

    def create_job(self, name: str, xml: str) -> None:
        """Make a job."""

    def reconfig_job(self, name: str, xml: str) -> None:
        """Give a job another config.xml."""

    def delete_job(self, name: str) -> None:
        """Remove a job."""


def update_jobs(controller: JobStore, boards: Iterable[JobBoard], values: LabValues) -> JobChanges:
    """Make the lab's jobs what they should be: uploads what differs, removes ours whose board is gone.

    A job that somebody has disabled stays disabled. Raises LabError, before anything is changed, when there is no
    board or a job of the name is not ours; and what the controller raises.
    """
    wanted = job_xml(boards, values)
    found = {name: controller.get_job_config(name) for name in wanted}
    present = {name: JobConfig.parse(text) for name, text in found.items() if text is not None}
    foreign = [name for name, config in present.items() if MARK not in config.description_lines]
    if foreign:
        names = ", ".join(foreign)
        raise LabError(f"not ours, though so named: {names}; rename or remove in Jenkins, or use another prefix")
    orphans = _orphans(controller, wanted, values.job_prefix)

    created, changed, unchanged = [], [], []
    for name, xml in wanted.items():
        if name not in present:
            controller.create_job(name, xml)
            created.append(name)
        elif present[name].is_same(xml):
            unchanged.append(name)
        else:
            controller.reconfig_job(name, present[name].keep_disabled(xml))
            changed.append(name)
    for name in orphans:
        controller.delete_job(name)
    return JobChanges(
        created=tuple(created), changed=tuple(changed), unchanged=tuple(unchanged), removed=tuple(orphans)
    )


def nodes_to_make(boards: Iterable[BoardFile], existing: Iterable[str]) -> list[str]:
    """Give the boards that need a node, sorted: a node with a board's name is used as it is.

    A board file that nobody has filled in yet makes no node.
    """
    there = set(existing)
    return sorted({board.name for board in boards if not board.is_placeholder} - there)


def _orphans(controller: JobStore, wanted: Iterable[str], prefix: str) -> list[str]:
    keep = set(wanted)
    orphans = []
    for name in sorted(set(controller.list_jobs(f"{prefix}-")) - keep):
        text = controller.get_job_config(name)
        config = JobConfig.parse(text) if text is not None else None
        # The node tells our `remote-request-x-bbb` from that of another lab with the prefix `remote-request-x`.
        if config and MARK in config.description_lines and name == f"{prefix}-{config.node}":
            orphans.append(name)
    return orphans
