"""Where a queued job may run now, or the sentence that says why it waits: a pure function, in Jenkins' words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..jobs.builds import Build
from ..jobs.job_config import JobConfig
from ..nodes import Node


@dataclass(frozen=True, kw_only=True)
class Place:
    """A free executor of a node."""

    node: Node
    executor: int


@dataclass(frozen=True, kw_only=True)
class Wait:
    """No place now; `state` is blocked (the job itself) or buildable (an executor), `stuck` says that somebody should
    look; `until_ms` is when the build that blocks it should be over (0: nobody knows)."""

    state: str
    reason: str
    stuck: bool = False
    until_ms: int = 0


def place(
    config: JobConfig,
    running: Build | None,
    nodes: Sequence[Node],
    *,
    quieting_down: bool = False,
    until_ms: int = 0,
) -> Place | Wait:
    """The first free executor that may run the job, of nodes in their order.

    `running` is its build that runs, `until_ms` when that one should be over (0: nobody knows).
    """
    if running and not config.concurrent:
        return Wait(state="blocked", reason=f"Build #{running.number} is already in progress", until_ms=until_ms)
    able = [node for node in nodes if node.serves(config.label)]
    if quieting_down:
        nobody = all(node.offline for node in able)
        return Wait(state="buildable", reason="Jenkins is about to shut down", stuck=nobody)
    for node in able:
        executor = node.free_executor()
        if executor is not None:
            return Place(node=node, executor=executor)
    return _wait_for_executor(config.label, able)


def _wait_for_executor(label: str, able: list[Node]) -> Wait:
    if not able:
        return Wait(state="buildable", reason=f"There are no nodes with the label ‘{label}’", stuck=True)
    if all(node.offline for node in able):
        reason = f"‘{able[0].shown_name}’ is offline"
        if len(able) > 1:
            reason = f"All nodes of label ‘{label}’ are offline"
        return Wait(state="buildable", reason=reason, stuck=True)
    name = able[0].shown_name if len(able) == 1 else label
    where = f" on ‘{name}’" if name else ""
    return Wait(state="buildable", reason=f"Waiting for next available executor{where}")
