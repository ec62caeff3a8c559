"""A job with its builds, and the folder it lives in: DATA/jobs/NAME."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..documents import decode, root_of, with_text
from ..errors import Refused, SetupError
from ..store import write_text
from .builds import Build, load, now_ms
from .job_config import JobConfig, read_job
from .results import Result

_DAY_MS = 24 * 3600 * 1000

# What Jenkins calls permalinks: build of a job by what became of it.
PERMALINKS: dict[str, Callable[[Build], bool]] = {
    "lastBuild": lambda _: True,
    "lastCompletedBuild": lambda build: not build.building,
    "lastFailedBuild": lambda build: build.result is Result.FAILURE and not build.building,
    "lastStableBuild": lambda build: build.result is Result.SUCCESS and not build.building,
    "lastSuccessfulBuild": lambda build: not build.building and build.result in {Result.SUCCESS, Result.UNSTABLE},
    "lastUnstableBuild": lambda build: build.result is Result.UNSTABLE and not build.building,
    "lastUnsuccessfulBuild": lambda build: build.result is not Result.SUCCESS and not build.building,
}


@dataclass(kw_only=True, eq=False)
class Job:
    """One job. `builds` holds running and finished builds by number, the oldest first."""

    name: str
    folder: Path
    xml: str
    config: JobConfig
    next_number: int = 1
    builds: dict[int, Build] = field(default_factory=dict)

    def newest_first(self) -> Iterator[Build]:
        """All builds, the newest first."""
        return reversed(self.builds.values())

    def permalink(self, name: str) -> Build | None:
        """The build of a name like lastBuild; None when there is none yet."""
        return next((build for build in self.newest_first() if PERMALINKS[name](build)), None)

    def running(self) -> Build | None:
        """The newest build that is not over."""
        return next((build for build in self.newest_first() if build.building), None)

    @property
    def color(self) -> str:
        """Colour of the ball in Jenkins' API, with `_anime` while a build runs."""
        if self.config.disabled:
            color = "disabled"
        else:
            last = self.permalink("lastCompletedBuild")
            color = last.result.color if last and last.result else "notbuilt"
        return color + ("_anime" if self.running() else "")

    @property
    def estimated_ms(self) -> int:
        """Mean duration of the last three good builds, failed ones where there are too few; -1 without any.

        Good is SUCCESS and UNSTABLE; a build that was aborted tells nothing. As LazyBuildMixIn in Jenkins.
        """
        good: list[int] = []
        failed: list[int] = []
        for build in self.newest_first():
            if build.building or build.result is None:
                continue
            if build.result.no_worse_than(Result.UNSTABLE):
                good.append(build.duration_ms)
            elif build.result is Result.FAILURE:
                failed.append(build.duration_ms)
            if len(good) == 3:
                break
        durations = [*good, *failed][:3]
        return round(sum(durations) / len(durations)) if any(durations) else -1

    def configure(self, body: bytes) -> None:
        """Replace the configuration. Raises `Refused` and changes nothing when it is not good."""
        text, root = decode(body)
        self.config = read_job(root)
        self.xml = text
        write_text(self.folder / "config.xml", text)

    def set_disabled(self, disabled: bool) -> None:
        """Enable or disable; the stored document changes with it."""
        self.configure(with_text(self.xml, "disabled", "true" if disabled else "false").encode())

    def move(self, name: str, folder: Path) -> None:
        """Take another name and another folder, which must not exist; everything moves there."""
        self.folder = self.folder.rename(folder)
        self.name = name
        for build in self.builds.values():
            build.job = name
            build.folder = self.folder / "builds" / str(build.number)

    def take_number(self) -> int:
        """The number of a new build. It is written before the build exists: a lost build's number is skipped."""
        number = self.next_number
        write_text(self.folder / "nextBuildNumber", f"{number + 1}\n", durable=False)
        self.next_number = number + 1
        return number

    def discard(self) -> None:
        """Delete old builds and artifacts as the job's LogRotator says.

        As Jenkins: the last successful and the last stable build stay, and so does everything that runs.
        """
        rule = self.config.discarder
        if rule is None:
            return
        kept = {self.permalink("lastSuccessfulBuild"), self.permalink("lastStableBuild")}
        for position, build in enumerate(list(self.newest_first())):
            if build.building or build in kept:
                continue
            age_ms = now_ms() - build.started_ms
            if _too_old(position, age_ms, rule.builds, rule.days):
                self.delete_build(build)
            elif build.artifacts and _too_old(position, age_ms, rule.artifact_builds, rule.artifact_days):
                shutil.rmtree(build.archive, ignore_errors=True)
                build.artifacts = []
                build.save()

    def delete_build(self, build: Build) -> None:
        """Delete a build that is over, with its files. Raises `Refused` (400) while it runs."""
        if build.building:
            raise Refused(400, f"{self.name} #{build.number} is running")
        del self.builds[build.number]
        shutil.rmtree(build.folder, ignore_errors=True)


def _too_old(position: int, age_ms: int, most: int, days: int) -> bool:
    return (most != -1 and position >= most) or (days != -1 and age_ms > days * _DAY_MS)


def load_jobs(jobs_dir: Path) -> dict[str, Job]:
    """Read all jobs. What is left of builds that were lost with the controller is removed. Raises `SetupError`."""
    jobs: dict[str, Job] = {}
    for path in sorted(jobs_dir.glob("*/config.xml")):
        try:
            text = path.read_text("utf-8")
            config = read_job(root_of(text))
        except (OSError, UnicodeDecodeError, Refused) as error:
            raise SetupError(f"{path}: {error}") from None
        job = Job(name=path.parent.name, folder=path.parent, xml=text, config=config)
        folders = (folder for folder in (path.parent / "builds").glob("*") if folder.name.isdecimal())
        for folder in sorted(folders, key=lambda folder: int(folder.name)):
            build = load(job.name, folder)
            if build is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                job.builds[build.number] = build
        job.next_number = _next_number(job)
        jobs[job.name] = job
    return jobs


def _next_number(job: Job) -> int:
    try:
        stored = int((job.folder / "nextBuildNumber").read_text())
    except (OSError, ValueError):
        stored = 1
    return max([stored, *(number + 1 for number in job.builds)])
