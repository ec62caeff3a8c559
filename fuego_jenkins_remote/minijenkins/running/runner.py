"""Runs one build: its shell steps, what is left of its processes, its artifacts, the jobs it starts.

The console is written by the processes themselves: their stdout is the log file. The order and the sentences are
those of a freestyle build of Jenkins 2.528.3, and so is an abort: TERM to the whole tree, TERM again 5 s later, and 5 s
after that the build is over, although a process that handles TERM lives on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..jobs.builds import Build
from ..jobs.job_config import Archiver, JobConfig, ShellStep
from ..jobs.results import Result
from ..nodes import BUILT_IN, Node
from . import globs, processes
from .children import Child

# A build must not see what opens other doors; Jenkins would pass its whole environment on.
_SECRET_NAME = re.compile(r"(^|_)(TOKEN|PASSWORD|PASSWD|SECRET)(_|$)")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a build needs to know of the controller it runs in."""

    root_url: str
    data_dir: Path
    server_cookie: str
    environment: Mapping[str, str]
    term_wait_seconds: float


def workspace_of(job: str, config: JobConfig, node: Node, slot: int) -> Path:
    """The folder a build runs in: the job's custom one, else the node's; a second executor gets one of its own."""
    if config.workspace:
        return node.folder / config.workspace
    return node.folder / "workspace" / (f"{job}@{slot + 1}" if config.concurrent and slot else job)


def build_environment(
    build: Build, config: JobConfig, node: Node, workspace: Path, around: Surroundings
) -> dict[str, str]:
    """Environment of a build's processes: the controller's own without secrets, Jenkins' variables, parameters."""
    environment = {k: v for k, v in around.environment.items() if not _SECRET_NAME.search(k)}
    job_url = f"{around.root_url}job/{quote(build.job)}/"
    environment.update(
        CI="true",
        EXECUTOR_NUMBER=str(build.executor),
        HUDSON_HOME=str(around.data_dir),
        JENKINS_HOME=str(around.data_dir),
        HUDSON_URL=around.root_url,
        JENKINS_URL=around.root_url,
        JOB_BASE_NAME=build.job,
        JOB_URL=job_url,
        BUILD_URL=f"{job_url}{build.number}/",
        BUILD_DISPLAY_NAME=f"#{build.number}",
        NODE_NAME=node.name or BUILT_IN,
        NODE_LABELS=" ".join(node.all_labels),
        WORKSPACE=str(workspace),
        WORKSPACE_TMP=f"{workspace}@tmp",
        **identity(build, around.server_cookie),
    )
    for parameter in config.parameters:
        environment[parameter.name] = (build.parameters or {}).get(parameter.name, "").replace("\0", "")
    return environment


def identity(build: Build, server_cookie: str) -> dict[str, str]:
    """The variables that mark a process as one of this build; one that changes any of them escapes, as in Jenkins."""
    return {
        "JENKINS_SERVER_COOKIE": server_cookie,
        "HUDSON_SERVER_COOKIE": server_cookie,
        "JOB_NAME": build.job,
        "BUILD_NUMBER": str(build.number),
        "BUILD_ID": str(build.number),
        "BUILD_TAG": f"jenkins-{build.job}-{build.number}",
    }


class Runner:
    """One run of one build on one node."""

    def __init__(self, build: Build, config: JobConfig, node: Node, around: Surroundings) -> None:
        """Take what was decided when the build left the queue."""
        self._build = build
        self._config = config
        self._node = node
        self._around = around
        self._workspace = workspace_of(build.job, config, node, build.executor)

    async def run(self, start_downstream: Callable[[Build, JobConfig], None]) -> None:
        """Run to the end; the build's result is set, its record is not yet written. Never raises."""
        build = self._build
        try:
            self._announce()
            if self._config.unsupported:
                self._refuse()
            else:
                await self._run_steps()
                await self._end_processes(identity(build, self._around.server_cookie))
                self._settle()
                await self._archive()
            start_downstream(build, self._config)
        except OSError as error:
            build.say(f"ERROR: {error}")
            build.note_result(Result.FAILURE)
        build.say(f"Finished: {(build.result or Result.SUCCESS).name}")

    def _announce(self) -> None:
        build = self._build
        build.folder.mkdir(parents=True)
        for cause in build.causes:
            build.say(cause.text)
        where = f"Building remotely on {self._node.name}" if self._node.name else "Building"
        build.say(f"{where} in workspace {self._workspace}")
        for note in self._config.notes:
            build.say(f"Note: {note}")

    def _refuse(self) -> None:
        for element in self._config.unsupported:
            self._build.say(f"ERROR: {element} is not done by the embedded controller; a real Jenkins does it")
        self._build.note_result(Result.FAILURE)

    async def _run_steps(self) -> None:
        self._workspace.mkdir(parents=True, exist_ok=True)
        environment = build_environment(self._build, self._config, self._node, self._workspace, self._around)
        for step in self._config.steps:
            if self._build.stop.is_set():
                return
            result = await self._shell(step, environment)
            self._build.note_result(result)
            if result is Result.FAILURE:
                return

    async def _shell(self, step: ShellStep, environment: dict[str, str]) -> Result:
        """Run one shell step; the result is SUCCESS, UNSTABLE or FAILURE, whatever an abort makes of it later."""
        cookie = {"HUDSON_COOKIE": str(uuid.uuid4())}
        script = self._script(step.command)
        try:
            arguments = [*_interpreter(step.command), str(script)]
            self._build.say(f"[{self._workspace.name}] $ {' '.join(arguments)}")
            with self._build.log.open("ab") as log:
                try:
                    child = Child(arguments, self._workspace, {**environment, **cookie}, log)
                except (OSError, ValueError) as error:
                    self._build.say(f"FATAL: command execution failed: {error}")
                    return Result.FAILURE
            return await self._wait(child, step, cookie)
        finally:
            with contextlib.suppress(OSError):
                script.unlink()

    async def _wait(self, child: Child, step: ShellStep, cookie: dict[str, str]) -> Result:
        stopped = asyncio.ensure_future(self._build.stop.wait())
        either: set[asyncio.Future[Any]] = {child.ended, stopped}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not child.ended.done():
                await self._end_processes(cookie, child.pid)
                return Result.SUCCESS
        except asyncio.CancelledError:
            child.abandon()
            raise
        finally:
            stopped.cancel()
        status = child.ended.result()
        if status == 0:
            return Result.SUCCESS
        if step.unstable_return and status == step.unstable_return:
            return Result.UNSTABLE
        self._build.say("Build step 'Execute shell' marked build as failure")
        return Result.FAILURE

    async def _end_processes(self, cookies: Mapping[str, str], top: int | None = None) -> None:
        found = await asyncio.to_thread(processes.find, cookies)
        if top is not None:
            found |= await asyncio.to_thread(processes.descendants, top)
        await processes.end(found, self._around.term_wait_seconds)

    def _settle(self) -> None:
        """The result of the steps, made worse by an abort or a lost node."""
        build = self._build
        build.note_result(Result.SUCCESS)
        if build.node_gone:
            build.say(f"FATAL: node {self._node.name} was deleted")
            build.result = Result.FAILURE
        elif build.stop.is_set():
            build.say("Build was aborted")
            build.say(f"Aborted by {build.stopped_by or 'anonymous'}")
            build.aborted = True
            build.result = Result.ABORTED

    async def _archive(self) -> None:
        for archiver in self._config.archivers:
            self._build.say("Archiving artifacts")
            result = self._build.result or Result.SUCCESS
            if archiver.only_if_successful and not result.no_worse_than(Result.UNSTABLE):
                self._build.say("Skipped archiving because build is not successful")
                continue
            copied = await asyncio.to_thread(_copy_artifacts, archiver, self._workspace, self._build.archive)
            self._build.artifacts = sorted({*self._build.artifacts, *copied})
            if not copied and not archiver.allow_empty:
                self._build.say(
                    f'ERROR: No artifacts found that match the file pattern "{archiver.artifacts}".'
                    " Configuration error?"
                )
                # Jenkins keeps quiet about nothing to archive where the build has failed already.
                if result.no_worse_than(Result.UNSTABLE):
                    self._build.note_result(Result.FAILURE)

    def _script(self, command: str) -> Path:
        folder = self._node.folder / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="jenkins", suffix=".sh", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(command.encode("utf-8", "surrogatepass"))
        return Path(name)


def _interpreter(command: str) -> list[str]:
    """The program of a `#!` line with its arguments; else `/bin/sh -xe`, as Jenkins does."""
    if command.startswith("#!"):
        words = command.split("\n", 1)[0][2:].split()
        if words:
            return words
    return ["/bin/sh", "-xe"]


def _copy_artifacts(archiver: Archiver, workspace: Path, archive: Path) -> list[str]:
    """Copy what matches into the archive, links left out; gives the relative paths."""
    excludes = archiver.excludes
    if archiver.default_excludes:
        excludes = f"{excludes},{globs.DEFAULT_EXCLUDES}"
    found = globs.find_files(workspace, archiver.artifacts, excludes, case_sensitive=archiver.case_sensitive)
    copied = []
    for relative in found:
        target = archive / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(workspace / relative, target, follow_symlinks=False)
        except OSError:
            # On a full disk the half of a file only takes what others need.
            target.unlink(missing_ok=True)
            raise
        copied.append(relative)
    return copied
