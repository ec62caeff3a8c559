"""A run as a KCIDB submission, schema 5.3 (package kcidb-io). Pure.

KCIDB hangs tests on a build, and a build on a checkout of a kernel. Fuego runs on the kernel that a board has, and
knows its version; which commit that is, it seldom knows. Where nobody says (the run's metadata, or the lab's settings)
the checkout has no commit, and its comment says so: nothing is made up.

- Ids: `ORIGIN:KEY` for the run, `ORIGIN:KEY/SET/CASE[/MEASURE]` below it. The same run has the same ids each time, so
  that sending it twice makes one run there.
- Paths: the test without `Functional.` or `Benchmark.`, then set, case, measure; what no path may hold becomes `_`.
- Statuses are the same four words. A measurement is a test with a number and a unit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fuego_jenkins_remote.fuego.runs import Measurement, Run, TestCase, TestSet

MAX_EXCERPT = 16_384
_ORIGIN = re.compile(r"[a-z0-9_]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NOT_IN_PATH = re.compile(r"[^A-Za-z0-9_-]+")
_ARCHITECTURE = re.compile(r"[a-z0-9_]+")
_DIGEST = 16

Json = dict[str, Any]


class BadKernel(ValueError):
    """An origin, a commit or a repository that KCIDB cannot take; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """The boards' kernel, as far as the lab knows: a commit (40 hex digits), its repository, its tree."""

    commit: str = ""
    repository: str = ""
    tree: str = ""

    def __post_init__(self) -> None:
        """Raise BadKernel for what KCIDB cannot take."""
        if self.commit and not _COMMIT.fullmatch(self.commit):
            raise BadKernel(f"the kernel's commit is 40 digits 0-9 a-f, not {self.commit[:60]!r}")
        if self.repository and not self.repository.startswith("https://"):
            raise BadKernel(f"the kernel's repository begins with https://, unlike {self.repository[:200]!r}")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Whose submissions these are, of which kernel, and where people find runs: a run's page, and a file of it."""

    origin: str
    kernel: Kernel = Kernel()
    vision_url: str = ""

    def __post_init__(self) -> None:
        """Raise BadKernel for an origin that is none."""
        if not _ORIGIN.fullmatch(self.origin):
            raise BadKernel(f"KernelCI's name for this lab (kcidb_origin) has a-z, 0-9 and _, unlike {self.origin!r}")


@dataclass(frozen=True, kw_only=True)
class Told:
    """One run to be told: its key, what it says, its files' names, the end of its log."""

    key: str
    run: Run
    files: tuple[str, ...] = ()
    log: str = ""
    log_end: str = ""


def submission(source: Source, runs: list[Told]) -> Json:
    """What is sent for these runs; a checkout and a build that several of them share are there once."""
    checkouts, builds, tests = dict[str, Json](), dict[str, Json](), list[Json]()
    for told in runs:
        checkout = _checkout(source, told.run)
        build = _build(source, told.run, checkout["id"])
        checkouts[checkout["id"]], builds[build["id"]] = checkout, build
        tests += _tests(source, told, build["id"])
    return {
        "version": {"major": 5, "minor": 3},
        "checkouts": list(checkouts.values()),
        "builds": list(builds.values()),
        "tests": tests,
    }


def _checkout(source: Source, run: Run) -> Json:
    kernel = _kernel_of(source.kernel, run)
    version = _clean(run.text("kernel_version")) or "unknown"
    found = {"id": f"{source.origin}:{kernel.commit or f'unknown-{version}'}", "origin": source.origin}
    if kernel.commit:
        found["git_commit_hash"] = kernel.commit
        found["comment"] = f"kernel {version}"
    else:
        found["comment"] = f"kernel {version}, as it was installed on the board: its commit is not known"
    if kernel.repository:
        found["git_repository_url"] = kernel.repository
    if kernel.tree:
        found["tree_name"] = kernel.tree
    return found


def _kernel_of(said: Kernel, run: Run) -> Kernel:
    """What the run knows itself comes before what the lab says of all its boards."""
    commit = run.text("kernel_commit")
    if not _COMMIT.fullmatch(commit):
        return said
    repository = run.text("kernel_repository")
    return Kernel(
        commit=commit,
        repository=repository if repository.startswith("https://") else said.repository,
        tree=_clean(run.text("kernel_tree")) or said.tree,
    )


def _build(source: Source, run: Run, checkout_id: str) -> Json:
    architecture = run.text("architecture").lower()
    parts = [architecture, run.text("toolchain"), run.text("kernel_version")]
    name = _digest([checkout_id, *parts])
    found = {
        "id": f"{source.origin}:{name}",
        "origin": source.origin,
        "checkout_id": checkout_id,
        "comment": "the kernel that the board had; it was not built for this run",
    }
    if _ARCHITECTURE.fullmatch(architecture):
        found["architecture"] = architecture
    return found


def _tests(source: Source, told: Told, build_id: str) -> Iterator[Json]:
    run = told.run
    short = run.name.partition(".")[2] if run.name.startswith(("Functional.", "Benchmark.")) else run.name
    common: Json = {"origin": source.origin, "build_id": build_id, "environment": _environment(told)}
    if run.started_at:
        common["start_time"] = run.started_at.isoformat()
    yield {
        **common,
        "id": f"{source.origin}:{told.key}",
        "path": _path(short),
        "status": str(run.status),
        "comment": _clean(f"{run.name}, spec {run.text('test_spec') or 'default'}"),
        **_duration(run),
        **_logs(source, told),
        "misc": {"fuego": _known(run)},
    }
    ids: set[str] = set()
    for test_set, case in run.cases():
        for parts, one in _results(test_set, case):
            wanted = f"{source.origin}:{told.key}/{'/'.join(_clean(part).replace('/', '_') for part in parts)}"
            identity = _free(wanted, ids)
            found = {**common, "id": identity, "path": _path(short, *parts), "status": str(one.status)}
            if isinstance(one, Measurement) and one.measure is not None:
                found["number"] = {"value": one.measure, **({"unit": _clean(one.unit)} if one.unit else {})}
            yield found


def _results(test_set: TestSet, case: TestCase) -> Iterator[tuple[tuple[str, ...], TestCase | Measurement]]:
    yield (test_set.name, case.name), case
    for one in case.measurements:
        yield (test_set.name, case.name, one.name), one


def _environment(told: Told) -> Json:
    host = told.key.partition("/")[0]
    board = _clean(told.run.text("board"))
    return {"comment": f"board {board} in lab {host}", "misc": {"platform": board, "lab": host}}


def _logs(source: Source, told: Told) -> Json:
    found: Json = {}
    if told.log_end:
        found["log_excerpt"] = _clean(told.log_end)[-MAX_EXCERPT:]
    if not source.vision_url:
        return found
    base = f"{source.vision_url}/api/v1/runs/{told.key}/files"
    if told.log:
        found["log_url"] = f"{base}/{told.log}"
    # A resource's name has no slash, and what needs quoting in an address is left out: the run's page has it.
    plain = [name for name in told.files if re.fullmatch(r"[A-Za-z0-9._-]{1,200}", name)]
    found["output_files"] = [{"name": name, "url": f"{base}/{name}"} for name in plain[:100]]
    return found


def _known(run: Run) -> Mapping[str, str]:
    names = ("test_spec", "toolchain", "kernel_version", "fuego_version", "testsuite_version", "request_id", "campaign")
    return {name: _clean(run.text(name)) for name in names if run.text(name)}


def _duration(run: Run) -> Json:
    return {} if run.duration_ms is None else {"duration": run.duration_ms / 1000}


def _path(*parts: str) -> str:
    """Parts joined by dots; a dot within a part is one of the name's own and goes on to be one."""
    names = [_NOT_IN_PATH.sub("_", name) for part in parts for name in part.split(".")]
    return ".".join(name or "_" for name in names)


def _free(wanted: str, taken: set[str]) -> str:
    """The id, or one with a number: a run may have a case twice."""
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}#{number}"
    taken.add(found)
    return found


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_DIGEST]


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd").strip()
