"""Brings the lab's jobs in its Jenkins up to date: what differs is uploaded, ours whose board is gone are removed.

jenkins-job-builder only makes the XML (definitions.py): its ``--delete-old`` takes other people's jobs, too. A job or
view is ours when a line of its description begins with MARK; any other is never touched. What was changed by hand
since the last upload is kept unless it is to be overwritten. First everything is looked at, then everything is done: a
look alone is a diff, and a run that dies in between is finished by the next.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.definitions import (
    PEOPLE_JOBS,
    JobBoard,
    LabValues,
    in_folder,
    lab_xml,
    view_name,
)
from fuego_jenkins_remote.lab.upload.config_xml import JobConfig, aligned, is_same, is_same_text, lines_of, set_disabled
from fuego_jenkins_remote.lab.upload.gone import BoardJob, as_gone, find_boards_jobs, remove
from fuego_jenkins_remote.lab.upload.memory import Uploaded, UploadedJobs
from fuego_jenkins_remote.lab.upload.parallel import in_parallel
from fuego_jenkins_remote.lab.upload.store import JobStore


class Doing(StrEnum):
    """What happens to one job or view."""

    CREATE = "created"
    CHANGE = "changed"
    LEAVE = "unchanged"
    KEEP = "edited by hand, kept"
    REMOVE = "removed"
    DISABLE = "disabled"  # its board is gone, and an attempt of it is still open


@dataclass(frozen=True, kw_only=True)
class Step:
    """One job or view by its full name. `wanted` is the XML to upload, `there` what Jenkins has; `upload` is
    None when it is what was uploaded last.
    """

    name: str
    is_view: bool = False
    doing: Doing
    wanted: str = ""
    there: str = ""
    upload: Uploaded | None = None


@dataclass(frozen=True, kw_only=True)
class JobChanges:
    """What `update_jobs` did, by full names, sorted; `edited` were changed by hand and stay as they are."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    diffs: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True)
class Update:
    """How the jobs are brought up to date.

    `jenkins` gives each thread a store of its own. `open_boards` are the boards with an attempt that is not closed.
    `boards_here` are boards whose jobs stay as they are, because their files cannot be read now.
    """

    jenkins: Callable[[], JobStore]
    memory: UploadedJobs
    open_boards: Callable[[], Collection[str]] = frozenset
    boards_here: frozenset[str] = frozenset()
    overwrite: bool = False
    dry_run: bool = False


def update_jobs(update: Update, boards: Iterable[JobBoard], values: LabValues) -> JobChanges:
    """Make the lab's jobs and view what they should be, or with `dry_run` only say how they differ.

    A job that somebody has disabled stays disabled. Raises LabError, before anything is changed, when there is no
    board or a job of the name is not ours; and what the controller raises.
    """
    wanted = lab_xml(boards, values)
    gone = _find_gone(update, wanted, values)
    steps = _plan(update, wanted, values)
    steps += [_gone_step(job, update.open_boards()) for job in gone]
    if not update.dry_run:
        _carry_out(update, steps, gone, values)
    named = {doing: tuple(sorted(step.name for step in steps if step.doing is doing)) for doing in Doing}
    return JobChanges(
        created=named[Doing.CREATE],
        changed=named[Doing.CHANGE],
        unchanged=named[Doing.LEAVE],
        edited=named[Doing.KEEP],
        removed=named[Doing.REMOVE],
        disabled=named[Doing.DISABLE],
        diffs={step.name: _diff(step) for step in steps if step.doing is not Doing.LEAVE} if update.dry_run else {},
    )


# -- looking


def _plan(update: Update, wanted: Mapping[str, str], values: LabValues) -> list[Step]:
    view, jenkins = view_name(values), update.jenkins()
    present = set(jenkins.list_jobs(f"{in_folder('', values)}"))
    views = set(jenkins.list_views(view)) if view else set()
    there = [name for name in wanted if name in (views if name == view else present)]

    def read(name: str) -> str | None:
        store = update.jenkins()
        return store.get_view_config(name) if name == view else store.get_job_config(name)

    found = {name: text for name, text in zip(there, in_parallel(read, there), strict=True) if text is not None}
    as_wanted = {name for name, text in found.items() if is_same_text(wanted[name], text)}
    configs = {name: JobConfig.parse(text) for name, text in found.items() if name not in as_wanted}
    foreign = [name for name, config in configs.items() if not config.is_ours and name != view]
    if foreign:
        names = ", ".join(foreign)
        raise LabError(f"not ours, though so named: {names}; rename or remove in Jenkins, or use another prefix")
    if view in configs and not configs[view].is_ours:
        raise LabError(f"the view {view!r} is not ours; rename or remove it in Jenkins, or set another jenkins_view")
    steps = []
    for name, xml in wanted.items():
        upload = None if update.memory.is_last(name, xml) else Uploaded.of(xml)
        doing, given = Doing.LEAVE if name in as_wanted else Doing.CREATE, xml
        if name in configs:
            doing, given = _compare(update, name, xml, configs[name])
        steps.append(
            Step(name=name, is_view=name == view, doing=doing, wanted=given, there=found.get(name, ""), upload=upload)
        )
    return steps


def _compare(update: Update, name: str, xml: str, there: JobConfig) -> tuple[Doing, str]:
    """What happens to a job or view that Jenkins has, and with which XML."""
    memory, ours = update.memory, JobConfig.parse(xml)
    keeps_disabled = there.disabled and not there.is_gone
    if keeps_disabled:
        xml = set_disabled(xml, True)
    is_equal = is_same(ours.tree, there.tree)
    if is_equal and _has_token(memory, name, there, ours.token) and there.disabled == keeps_disabled:
        return Doing.LEAVE, xml
    if memory.is_known(name):
        edited = not is_equal and not memory.has_uploaded(name, there)
    else:
        # A view that shows other jobs is another lab's.
        edited = ours.shows != there.shows
    return Doing.KEEP if edited and not update.overwrite else Doing.CHANGE, xml


def _has_token(memory: UploadedJobs, name: str, there: JobConfig, token: str) -> bool:
    """Whether the job has this token. What Jenkins has encrypted is believed to be what was uploaded last."""
    if there.token_is_hidden and token:
        return memory.has_token(name, token)
    return there.token == token


def _find_gone(update: Update, wanted: Mapping[str, str], values: LabValues) -> list[BoardJob]:
    """Ours that are not wanted any more. What this lab has not uploaded may be another's with the same prefix."""
    prefix = in_folder(values.job_prefix, values)
    found = find_boards_jobs(update.jenkins(), prefix, {*wanted, *(f"{prefix}-{name}" for name in update.boards_here)})
    found += _people_gone(update.jenkins(), wanted, values)
    return [job for job in found if update.memory.is_known(job.name)]


def _people_gone(jenkins: JobStore, wanted: Mapping[str, str], values: LabValues) -> list[BoardJob]:
    """Our jobs for people, where they are not to be made any more."""
    prefix = in_folder(values.people_prefix, values)
    names = sorted({f"{prefix}-{name}" for name in PEOPLE_JOBS} - set(wanted))
    there = set(jenkins.list_jobs(f"{prefix}-")) if names else set()
    gone = []
    for name in names:
        text = jenkins.get_job_config(name) if name in there else None
        config = JobConfig.parse(text) if text else None
        if text and config and config.is_ours:
            gone.append(BoardJob(name=name, board="", xml=text, disabled=config.disabled))
    return gone


def _gone_step(job: BoardJob, open_boards: Collection[str]) -> Step:
    if job.board not in open_boards:
        return Step(name=job.name, doing=Doing.REMOVE, there=job.xml)
    return Step(name=job.name, doing=Doing.DISABLE, there=job.xml, wanted=as_gone(job.xml))


# -- doing


def _carry_out(update: Update, steps: list[Step], gone: list[BoardJob], values: LabValues) -> None:
    uploads = [step for step in steps if step.doing in {Doing.CREATE, Doing.CHANGE}]
    update.memory.expect({step.name: step.upload for step in uploads if step.upload})
    _make_folder(update.jenkins(), values)
    in_parallel(lambda step: _upload(update.jenkins(), step), [step for step in uploads if not step.is_view])
    # The view last: it shows what is there.
    for step in uploads:
        if step.is_view:
            _upload(update.jenkins(), step)
    removal = remove(update.jenkins(), gone, update.open_boards)
    now = {step.name: step.upload for step in steps if step.upload and step.doing is not Doing.KEEP}
    update.memory.settle(now, gone=removal.removed)


def _upload(jenkins: JobStore, step: Step) -> None:
    if step.is_view:
        upload = jenkins.create_view if step.doing is Doing.CREATE else jenkins.reconfig_view
    else:
        upload = jenkins.create_job if step.doing is Doing.CREATE else jenkins.reconfig_job
    upload(step.name, step.wanted)


def _make_folder(jenkins: JobStore, values: LabValues) -> None:
    parts = values.jenkins_folder.split("/") if values.jenkins_folder else []
    for depth in range(1, len(parts) + 1):
        folder = "/".join(parts[:depth])
        if jenkins.get_job_config(folder) is None:
            jenkins.create_folder(folder)


# -- the difference


def _diff(step: Step) -> str:
    """A unified diff of what Jenkins has and what it would get, as trees; without any token."""
    there, wanted = JobConfig.parse(step.there), JobConfig.parse(step.wanted)
    left, right = there.tree, wanted.tree
    if left and right:
        left, right = aligned(left, right)
    before = [*lines_of(left), *_aside(there)] if left else []
    after = [*lines_of(right), *_aside(wanted)] if right else []
    if there.tree and wanted.tree and before == after and step.doing is not Doing.DISABLE:
        after.append("<authToken>another one</authToken>")
    names = (step.name if before else "/dev/null", step.name if after else "/dev/null")
    lines = difflib.unified_diff(before, after, f"{names[0]} (Jenkins)", f"{names[1]} (ftc lab jobs)", lineterm="")
    return "\n".join(lines)


def _aside(config: JobConfig) -> list[str]:
    """What is kept apart from the tree; never the token itself."""
    lines = ["<disabled>true</disabled>"] if config.disabled else []
    return [*lines, "<authToken>***</authToken>"] if config.token else lines
