"""The controller: jobs, nodes, views and the queue, and who may run next.

Everything here belongs to one event loop and changes only in it. Nothing polls: `schedule` is called when something
has changed (an item came, its quiet period ended, a build is over, a node or the mode changed).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from datetime import datetime

from .documents import decode
from .errors import NotFound, Refused
from .jobs.builds import Build, Cause, now_ms
from .jobs.job import Job, load_jobs
from .jobs.job_config import JobConfig, read_job
from .jobs.parameters import fill_in
from .jobs.results import Result
from .jobs.views import View, load_views
from .names import check_name
from .nodes import Node, load_nodes
from .people.users import Users
from .running.runs import Runs
from .settings import Settings
from .store import write_text
from .waiting.placement import Wait, place
from .waiting.queue import Item, Queue
from .waiting.timers import due, run_clock

# How long a build waits that could not be started for a full disk.
_LOOK_AGAIN_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Controller:
    """State and rules. `root_url` is the address it is reached at, with the prefix and a slash at its end."""

    def __init__(self, settings: Settings, root_url: str) -> None:
        """Read everything there is in the data folder. Raises `SetupError`."""
        data = settings.data_dir
        shutil.rmtree(data / "deleted", ignore_errors=True)
        for folder in ("jobs", "nodes", "views", "deleted"):
            (data / folder).mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.root_url = root_url
        self.users = Users(data)
        self.jobs: dict[str, Job] = load_jobs(data / "jobs")
        self.views: dict[str, View] = load_views(data / "views")
        self.built_in = Node(
            name="",
            description="the built-in node of the embedded controller (not Jenkins)",
            executors=settings.executors,
            labels=settings.labels,
            exclusive=False,
            folder=data,
        )
        self.nodes: dict[str, Node] = load_nodes(data / "nodes")
        self.queue = Queue()
        self.queue.load(data / "queue.json")
        self.quieting_down = False
        self._runs = Runs(settings, root_url, self._trigger_downstream, self._over)
        self._clock: asyncio.Task[None] | None = None

    # -- life

    def start(self) -> None:
        """Take up the queue; to be called inside the event loop."""
        for item in self.queue.waiting():
            self._look_again_when_due(item)
        self.schedule()
        self._clock = asyncio.get_running_loop().create_task(run_clock(self.start_due))

    def stop(self) -> None:
        """A clean stop: the queue is written, running builds are lost, their processes get TERM."""
        self.quieting_down = True
        if self._clock:
            self._clock.cancel()
        try:
            self.queue.save(self.settings.data_dir / "queue.json")
        except OSError as error:
            _log.error("the queue is lost: %s", error)
        self._runs.lose()

    # -- jobs

    def job(self, name: str) -> Job:
        """The job of this name. Raises `NotFound`."""
        try:
            return self.jobs[name]
        except KeyError:
            raise NotFound(f"there is no job {name}") from None

    def create_job(self, name: str, body: bytes) -> Job:
        """Make a job of a posted config.xml. Raises `Refused` as Jenkins' createItem does."""
        name = check_name(name)
        if name in self.jobs:
            raise Refused(400, f"A job already exists with the name ‘{name}’")
        text, root = decode(body)
        config = read_job(root)
        folder = self.settings.data_dir / "jobs" / name
        folder.mkdir(parents=True, exist_ok=True)
        try:
            write_text(folder / "config.xml", text)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        job = Job(name=name, folder=folder, xml=text, config=config)
        self.jobs[name] = job
        return job

    def configure_job(self, job: Job, body: bytes) -> None:
        """Replace a job's config.xml; what waits in the queue sees the new one."""
        job.configure(body)
        self._cancel_if_disabled(job)
        self.schedule()

    def set_disabled(self, job: Job, disabled: bool) -> None:
        """Enable or disable a job; disabling cancels its queue items."""
        job.set_disabled(disabled)
        self._cancel_if_disabled(job)

    def rename_job(self, job: Job, name: str) -> None:
        """Give a job another name, with its builds and queue items. Raises `Refused` (400) while it runs."""
        name = check_name(name)
        if name in self.jobs:
            raise Refused(400, f"A job already exists with the name ‘{name}’")
        if job.running():
            raise Refused(400, "Unable to rename a job while it is building.")
        for item in self.queue.waiting():
            if item.job == job.name:
                item.job = name
        del self.jobs[job.name]
        job.move(name, job.folder.with_name(name))
        self.jobs[name] = job

    def delete_job(self, job: Job) -> None:
        """Delete a job, its builds and its queue items; a running build is stopped."""
        del self.jobs[job.name]
        for item in self.queue.waiting():
            if item.job == job.name:
                item.leave(build=None)
        for build in job.builds.values():
            if build.building:
                build.stop.set()
        # Out of the way of a new job of this name; what still runs writes its console there.
        job.move(job.name, self.settings.data_dir / "deleted" / secrets.token_hex(8))
        self._clean_up(job)
        self.schedule()

    # -- queue

    def trigger(
        self, job: Job, given: dict[str, str] | None, cause: Cause, delay: float | None = None
    ) -> tuple[Item, bool]:
        """Put a job into the queue; `given` is None for a job without parameters, `delay` in seconds.

        Gives the item and whether the same was there already. Raises `Refused` (409) for a disabled job.
        """
        if job.config.disabled:
            raise Refused(409, f"{job.name} is not buildable", bare=True)
        parameters = fill_in(job.config.parameters, given or {}) if job.config.parameterized else None
        quiet = delay
        if quiet is None:
            quiet = job.config.quiet_seconds
        if quiet is None:
            quiet = self.settings.quiet_seconds
        item, merged = self.queue.put(job.name, parameters, cause, quiet)
        if not merged:
            self._look_again_when_due(item)
            self.schedule()
        return item, merged

    def start_due(self, minute: datetime) -> None:
        """Put what timers start in this minute (aware) into the queue, without a quiet period, as Jenkins does."""
        for job in due(self.jobs.values(), minute):
            try:
                self.trigger(job, None, Cause(kind="timer"), 0)
            except Refused as error:
                _log.error("the timer of %s: %s", job.name, error)

    def cancel(self, item_id: int) -> None:
        """Take an item out of the queue. Raises `Refused`: 404 unknown, 500 when it has left, as Jenkins answers."""
        item = self.queue.get(item_id)
        if item is None:
            raise NotFound(f"there is no queue item {item_id}")
        if item.state == "left":
            raise Refused(500, f"queue item {item_id} has left the queue")
        item.leave(build=None)
        self.schedule()

    def schedule(self) -> None:
        """Start what can start; give everything else its reason to wait."""
        waiting = self.queue.waiting()
        serving = self._nodes_by_label() if waiting else {}
        for item in waiting:
            job = self.jobs.get(item.job)
            if job is None:
                item.leave(build=None)
            elif item.state != "waiting" or item.due_ms <= now_ms():
                self._start_or_hold(item, job, serving.get(job.config.label, []))

    def set_quiet(self, quiet: bool) -> None:
        """Start no further builds, or start them again."""
        self.quieting_down = quiet
        self.schedule()

    # -- nodes

    def all_nodes(self) -> list[Node]:
        """The built-in node, then the others by name."""
        return [self.built_in, *(self.nodes[name] for name in sorted(self.nodes))]

    def node(self, name: str) -> Node:
        """A node by name; `(built-in)` and `(master)` are the built-in one. Raises `NotFound`."""
        if name in {"(built-in)", "(master)"}:
            return self.built_in
        try:
            return self.nodes[name]
        except KeyError:
            raise NotFound(f"there is no node {name}") from None

    def add_node(self, node: Node) -> None:
        """Add a node. Raises `Refused` (400) when there is one of that name."""
        if node.name in self.nodes:
            raise Refused(400, f"Agent called ‘{node.name}’ already exists")
        node.save()
        self.nodes[node.name] = node
        self.schedule()

    def replace_node(self, old: Node, new: Node) -> None:
        """Configure a node anew. Its name stays. Raises `Refused` (400) for another name."""
        if new.name != old.name:
            raise Refused(400, f"a node is not renamed by its configuration ({old.name} to {new.name})")
        old.description, old.executors, old.labels = new.description, new.executors, new.labels
        old.exclusive, old.remote_fs, old.xml = new.exclusive, new.remote_fs, new.xml
        old.save()
        self.schedule()

    def delete_node(self, node: Node) -> None:
        """Delete a node; its running builds fail, as when Jenkins loses an agent."""
        del self.nodes[node.name]
        for build in node.running.values():
            build.node_gone = True
            build.stop.set()
        for file in ("config.xml", "state.json"):
            (node.folder / file).unlink(missing_ok=True)
        self.schedule()

    def nodes_with(self, label: str) -> list[Node]:
        """The nodes that carry a label or have it as their name."""
        return [node for node in self.all_nodes() if label in node.all_labels]

    # -- builds

    def abort(self, build: Build, user: str) -> None:
        """Ask a running build to end; nothing happens to one that is over."""
        if build.building and not build.stop.is_set():
            build.stopped_by = user
            build.stop.set()

    def _nodes_by_label(self) -> dict[str, list[Node]]:
        """The nodes that serve each label, in their order; the empty one is that of jobs tied to nothing."""
        serving: dict[str, list[Node]] = {"": []}
        for node in self.all_nodes():
            for label in node.all_labels:
                serving.setdefault(label, []).append(node)
            if not node.exclusive:
                serving[""].append(node)
        return serving

    def _start_or_hold(self, item: Item, job: Job, able: list[Node]) -> None:
        running = job.running()
        until_ms = running.started_ms + job.estimated_ms if running and job.estimated_ms > 0 else 0
        decision = place(job.config, running, able, quieting_down=self.quieting_down, until_ms=until_ms)
        if isinstance(decision, Wait):
            item.hold(decision)
            return
        try:
            self._runs.start(item, job, decision.node, decision.executor)
        except OSError as error:
            why = f"The controller cannot write its data: {error.strerror}"
            _log.error("%s: %s", job.name, why)
            item.hold(Wait(state="buildable", reason=why, stuck=True))
            asyncio.get_running_loop().call_later(_LOOK_AGAIN_SECONDS, self.schedule)

    def _over(self, job: Job) -> None:
        self._clean_up(job)
        self.schedule()

    def _clean_up(self, job: Job) -> None:
        if self.jobs.get(job.name) is job:
            try:
                job.discard()
            except OSError as error:
                _log.error("old builds of %s are not deleted: %s", job.name, error)
        elif not job.running():
            shutil.rmtree(job.folder, ignore_errors=True)

    def _trigger_downstream(self, build: Build, config: JobConfig) -> None:
        cause = Cause(kind="upstream", upstream_job=build.job, upstream_build=build.number)
        for downstream in config.downstream:
            if not (build.result or Result.SUCCESS).no_worse_than(downstream.threshold):
                continue
            for name in downstream.jobs:
                job = self.jobs.get(name)
                if job is None or job.config.disabled:
                    build.say(f"{name} is {'disabled' if job else 'no job here'}. Triggering skipped")
                    continue
                build.say(f"Triggering a new build of {name}")
                try:
                    self.trigger(job, None, cause)
                except Refused as error:
                    build.say(f"ERROR: {name}: {error}")

    def _cancel_if_disabled(self, job: Job) -> None:
        if job.config.disabled:
            for item in self.queue.waiting():
                if item.job == job.name:
                    item.leave(build=None)

    def _look_again_when_due(self, item: Item) -> None:
        seconds = (item.due_ms - now_ms()) / 1000
        if seconds > 0:
            # A millisecond more, so that the clock is certainly past the moment when the timer fires.
            asyncio.get_running_loop().call_later(seconds + 0.001, self.schedule)
