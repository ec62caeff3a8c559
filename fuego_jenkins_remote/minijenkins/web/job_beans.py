"""Jobs, builds, queue items and views as Jenkins' API shows them. Visibilities as in Jenkins 2.528.3."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from ..controller import Controller
from ..jobs.builds import Build, now_ms
from ..jobs.job import PERMALINKS, Job
from ..jobs.results import Result
from ..jobs.views import LIST_VIEW, View
from ..waiting.queue import Item
from .action_beans import actions, artifact, definitions
from .exported import Bean, Beans, Property, prop

FREESTYLE = "hudson.model.FreeStyleProject"
BUILD = "hudson.model.FreeStyleBuild"
_MOST_BUILDS = 100
_NO_SCM = Bean(class_name="hudson.scm.NullSCM")
_NO_CHANGES = Bean(class_name="hudson.scm.EmptyChangeLogSet", properties=[prop("items", [], 2), prop("kind", None, 2)])


def job_url(controller: Controller, name: str) -> str:
    """Absolute address of a job, with a slash at its end."""
    return f"{controller.root_url}job/{quote(name)}/"


def build_url(controller: Controller, build: Build) -> str:
    """Absolute address of a build, with a slash at its end."""
    return f"{job_url(controller, build.job)}{build.number}/"


def job_bean(controller: Controller, job: Job) -> Bean:
    """A job: all it has at depth 0, name, url and colour in lists."""
    config = job.config
    return Bean(
        class_name=FREESTYLE,
        properties=[
            prop("actions", lambda: [*([definitions(job)] if config.parameterized else []), None], 1),
            prop("description", config.description),
            prop("displayName", config.display_name or job.name),
            prop("displayNameOrNull", config.display_name or None),
            prop("fullDisplayName", config.display_name or job.name),
            prop("fullName", job.name),
            prop("name", job.name, 3),
            prop("url", lambda: job_url(controller, job.name), 3),
            prop("buildable", not config.disabled),
            prop("builds", lambda: _builds(controller, job).cut(0, _MOST_BUILDS)),
            prop("allBuilds", lambda: _builds(controller, job), -2),
            prop("color", lambda: job.color, 2),
            prop("firstBuild", lambda: _optional(controller, next(iter(job.builds.values()), None))),
            prop("healthReport", lambda: _health(job)),
            prop("inQueue", lambda: _queue_item(controller, job) is not None),
            prop("keepDependencies", False),
            *(_permalink(controller, job, name) for name in PERMALINKS),
            prop("nextBuildNumber", job.next_number),
            prop("property", lambda: _job_properties(job), inline=True),
            prop("queueItem", lambda: _queue_bean_or_none(controller, job)),
            prop("concurrentBuild", config.concurrent),
            prop("disabled", config.disabled),
            prop("downstreamProjects", lambda: _downstream(controller, job)),
            prop("labelExpression", config.label or None),
            prop("scm", _NO_SCM),
            prop("upstreamProjects", lambda: _upstream(controller, job)),
        ],
    )


def build_bean(controller: Controller, build: Build) -> Bean:
    """A build: number and url in lists, everything by itself."""
    job = controller.jobs.get(build.job)
    return Bean(
        class_name=BUILD,
        properties=[
            prop("actions", lambda: actions(job, build.parameters, build.causes, build.aborted)),
            prop("artifacts", lambda: [artifact(path) for path in build.artifacts]),
            prop("building", build.building),
            prop("description", build.description),
            prop("displayName", build.display_name),
            prop("duration", build.duration_ms),
            prop("estimatedDuration", lambda: job.estimated_ms if job else -1),
            prop("executor", lambda: executor_bean(controller, build.executor, build) if build.building else None),
            prop("fullDisplayName", f"{build.job} {build.display_name}"),
            prop("id", str(build.number)),
            prop("inProgress", build.building),
            prop("keepLog", False),
            prop("number", build.number, 2),
            prop("queueId", build.queue_id),
            prop("result", build.result.name if build.result else None),
            prop("timestamp", build.started_ms),
            prop("url", lambda: build_url(controller, build), 2),
            prop("builtOn", build.node),
            prop("changeSet", _NO_CHANGES),
            prop("culprits", []),
        ],
    )


def job_list(controller: Controller, names: Sequence[str]) -> Beans[str]:
    """Jobs by their names, for a list."""
    return Beans(items=names, make=lambda name: job_bean(controller, controller.jobs[name]))


def executor_bean(controller: Controller, slot: int, build: Build | None) -> Bean:
    """One executor of a node, with the build that it runs."""
    return Bean(
        properties=[
            prop("currentExecutable", lambda: build_bean(controller, build) if build else None),
            prop("idle", build is None),
            prop("likelyStuck", False),
            prop("number", slot),
            prop("progress", lambda: _progress(controller, build)),
        ]
    )


def item_bean(controller: Controller, item: Item) -> Bean:
    """A queue item; the class and the last properties depend on its state."""
    common = [
        prop("actions", lambda: actions(controller.jobs.get(item.job), item.parameters, tuple(item.causes), False)),
        prop("blocked", item.state == "blocked"),
        prop("buildable", item.state == "buildable"),
        prop("id", item.id),
        prop("inQueueSince", item.since_ms),
        prop("params", "".join(f"\n{name}={value}" for name, value in (item.parameters or {}).items())),
        prop("stuck", item.stuck),
        prop("task", lambda: _task(controller, item)),
        prop("url", f"queue/item/{item.id}/"),
        prop("why", item.why),
    ]
    special, class_name = _special(controller, item)
    return Bean(class_name=f"hudson.model.Queue${class_name}", properties=[*common, *special])


def _special(controller: Controller, item: Item) -> tuple[list[Property], str]:
    if item.state == "waiting":
        return [prop("timestamp", item.due_ms)], "WaitingItem"
    if item.state == "left":
        job = controller.jobs.get(item.job)
        build = job.builds.get(item.build) if job and item.build is not None else None
        executable = _optional(controller, build)
        return [prop("cancelled", item.cancelled), prop("executable", executable)], "LeftItem"
    since = prop("buildableStartMilliseconds", item.buildable_ms)
    if item.state == "blocked":
        return [since], "BlockedItem"
    return [since, prop("pending", False)], "BuildableItem"


def view_bean(controller: Controller, view: View | None) -> Bean:
    """A list view; None is the view of all jobs."""
    if view is None:
        name, description, class_name = "all", None, "hudson.model.AllView"
        url = controller.root_url
    else:
        name, description, class_name = view.name, view.description, LIST_VIEW
        url = f"{controller.root_url}view/{quote(view.name)}/"

    def names() -> list[str]:
        return view.shows(controller.jobs) if view else sorted(controller.jobs)

    return Bean(
        class_name=class_name,
        properties=[
            prop("description", description),
            prop("jobs", lambda: job_list(controller, names())),
            prop("name", name, 2),
            prop("property", []),
            prop("url", url, 2),
        ],
    )


def _task(controller: Controller, item: Item) -> Bean:
    job = controller.jobs.get(item.job)
    return job_bean(controller, job) if job else Bean(class_name=FREESTYLE, properties=[prop("name", item.job, 3)])


def _builds(controller: Controller, job: Job) -> Beans[Build]:
    return Beans(items=list(job.newest_first()), make=partial(build_bean, controller))


def _optional(controller: Controller, build: Build | None) -> Bean | None:
    return build_bean(controller, build) if build else None


def _permalink(controller: Controller, job: Job, name: str) -> Property:
    return prop(name, lambda: _optional(controller, job.permalink(name)))


def _queue_item(controller: Controller, job: Job) -> Item | None:
    return next((item for item in controller.queue.waiting() if item.job == job.name), None)


def _queue_bean_or_none(controller: Controller, job: Job) -> Bean | None:
    item = _queue_item(controller, job)
    return item_bean(controller, item) if item else None


def _downstream(controller: Controller, job: Job) -> list[Bean]:
    names = [name for downstream in job.config.downstream for name in downstream.jobs]
    return [job_bean(controller, controller.jobs[name]) for name in names if name in controller.jobs]


def _upstream(controller: Controller, job: Job) -> list[Bean]:
    above = [other for other in controller.jobs.values() if any(job.name in d.jobs for d in other.config.downstream)]
    return [job_bean(controller, other) for other in above]


def _job_properties(job: Job) -> list[Bean | str | None]:
    properties: list[Bean | str | None] = []
    if job.config.discarder:
        properties.append(Bean(class_name="jenkins.model.BuildDiscarderProperty"))
    if job.config.parameterized:
        properties.append(definitions(job))
    return properties


def _progress(controller: Controller, build: Build | None) -> int:
    job = controller.jobs.get(build.job) if build else None
    if build is None or job is None or job.estimated_ms <= 0:
        return -1
    return min(99, (now_ms() - build.started_ms) * 100 // job.estimated_ms)


def _health(job: Job) -> list[Bean]:
    # A running build counts as one that has not failed, as in Jenkins.
    last = list(job.newest_first())[:5]
    if not last:
        return []
    failed = sum(1 for build in last if build.result in {Result.FAILURE, Result.ABORTED})
    score = 100 * (len(last) - failed) // len(last)
    band = next(b for b, least in _HEALTH_BANDS if score >= least)
    text = "No recent builds failed."
    if failed == len(last):
        text = "All recent builds failed."
    elif failed:
        text = f"{failed} out of the last {len(last)} builds failed."
    return [
        Bean(
            properties=[
                prop("description", f"Build stability: {text}", 2),
                prop("iconClassName", f"icon-health-{band}", 2),
                prop("iconUrl", f"health-{band}.png", 2),
                prop("score", score, 2),
            ]
        )
    ]


_HEALTH_BANDS = (("80plus", 80), ("60to79", 60), ("40to59", 40), ("20to39", 20), ("00to19", 0))
