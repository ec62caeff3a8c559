"""What vision's API answers, as docs/protocol.md has it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from fuego_jenkins_remote.service.wire import WireTime
from fuego_jenkins_remote.vision.records import Summary


class ServiceInfo(BaseModel):
    """Which service this is."""

    service: str
    version: str
    api: int


class WhoAmI(BaseModel):
    """What a token is for: to bring runs of one lab, or only to read, then also what its teams' are."""

    kind: str
    name: str
    teams: list[str]


class Delivered(BaseModel):
    """A run that is here now."""

    key: str
    url: str
    status: str


class RunSummary(BaseModel):
    """A run as lists show it."""

    key: str
    host: str
    board: str
    test: str
    spec: str
    status: str
    build_number: str
    started_at: WireTime | None
    duration_ms: int | None
    kernel_version: str
    toolchain: str
    request: str | None
    campaign: str | None
    counts: dict[str, int]
    sha256: str
    size: int
    uploaded_at: WireTime
    uploaded_by: str
    private: bool
    url: str

    @classmethod
    def of(cls, run: Summary, url: str) -> RunSummary:
        """Make the answer from what is stored; ``url`` is the run's page."""
        return cls.model_validate({**_fields(run), "url": url})


class RunFile(BaseModel):
    """One file of a run; its name is relative to the run's folder."""

    name: str
    size: int


class RunDetail(RunSummary):
    """A run with its cases (as in run.json) and the names of its files."""

    test_sets: list[dict[str, Any]]
    files: list[RunFile]

    @classmethod
    def with_content(
        cls, run: Summary, url: str, test_sets: list[dict[str, Any]], files: list[dict[str, Any]]
    ) -> RunDetail:
        """Make the answer from what is stored."""
        return cls.model_validate({**_fields(run), "url": url, "test_sets": test_sets, "files": files})


class RunList(BaseModel):
    """Runs, newest first; ``before`` asks for those that follow, null if there are none."""

    runs: list[RunSummary]
    before: str | None


def _fields(run: Summary) -> dict[str, Any]:
    return {name: getattr(run, name) for name in RunSummary.model_fields if name != "url"}
