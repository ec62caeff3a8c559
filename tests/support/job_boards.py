"""Boards that get a job, by their names alone."""

from __future__ import annotations

from fuego_jenkins_remote.lab.jobs.definitions import JobBoard


def boards(*names: str) -> list[JobBoard]:
    """Boards with nothing but a name."""
    return [JobBoard(name=name) for name in names]
