"""Boards that get a job, by their names alone, and the plugins that a job can use."""

from __future__ import annotations

from fuego_jenkins_remote.lab.jobs.definitions import JobBoard
from fuego_jenkins_remote.lab.jobs.plugins import PLUGINS

PLUGIN_NAMES = frozenset(plugin.name for plugin in PLUGINS)


def boards(*names: str) -> list[JobBoard]:
    """Boards with nothing but a name."""
    return [JobBoard(name=name) for name in names]
