"""The builds that run now: each is a task of the event loop, from the moment it leaves the queue to its record."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from ..jobs.builds import Build, now_ms
from ..jobs.job import Job
from ..jobs.job_config import JobConfig
from ..jobs.results import Result
from ..nodes import Node
from ..settings import Settings
from ..waiting.queue import Item
from . import processes
from .runner import Runner, Surroundings, identity

_log = logging.getLogger(__name__)


class Runs:
    """Starts builds on their nodes, and frees the executors when they are over."""

    def __init__(
        self,
        settings: Settings,
        root_url: str,
        start_downstream: Callable[[Build, JobConfig], None],
        over: Callable[[Job], None],
    ) -> None:
        """`start_downstream` is asked at the end of each build, `over` told when its executor is free again."""
        self._around = Surroundings(
            root_url=root_url,
            data_dir=settings.data_dir,
            server_cookie=secrets.token_hex(16),
            environment=settings.environment,
            term_wait_seconds=settings.term_wait_seconds,
        )
        self._start_downstream = start_downstream
        self._over = over
        self._running: dict[asyncio.Task[None], Build] = {}

    def start(self, item: Item, job: Job, node: Node, slot: int) -> None:
        """Make a build of a queue item and run it. Raises OSError, and has done nothing, when the disk is full."""
        number = job.take_number()
        build = Build(
            job=job.name,
            number=number,
            folder=job.folder / "builds" / str(number),
            queue_id=item.id,
            node=node.name,
            executor=slot,
            parameters=item.parameters,
            causes=tuple(item.causes),
            started_ms=now_ms(),
        )
        job.builds[number] = build
        node.running[slot] = build
        item.leave(build=number)
        task = asyncio.get_running_loop().create_task(self._run(job, build, node))
        self._running[task] = build
        task.add_done_callback(self._running.pop)

    def lose(self) -> None:
        """The controller ends: running builds are lost, as Jenkins loses freestyle builds; their processes get TERM."""
        for task, build in self._running.items():
            task.cancel()
            processes.terminate(processes.find(identity(build, self._around.server_cookie)))

    async def _run(self, job: Job, build: Build, node: Node) -> None:
        try:
            await Runner(build, job.config, node, self._around).run(self._start_downstream)
            build.duration_ms = now_ms() - build.started_ms
            build.save()
        except Exception:
            # A full disk, say. The build cannot tell in its console; the executor must be free whatever happened.
            build.note_result(Result.FAILURE)
            _log.exception("%s #%d", build.job, build.number)
        build.building = False
        del node.running[build.executor]
        self._over(job)
