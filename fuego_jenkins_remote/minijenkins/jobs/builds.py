"""Builds and why they were started; the files a build leaves.

A build's folder is DATA/jobs/JOB/builds/NUMBER/ with `log`, `archive/` and, once it is over, `build.json`. A folder
without build.json is a build that was lost with the controller, as Jenkins loses running freestyle builds.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..store import write_text
from .results import Result

RECORD = "build.json"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a build was started: by a user (`user`, empty for anonymous), a build upstream, an auth token, a timer."""

    kind: str = "user"
    user: str = ""
    upstream_job: str = ""
    upstream_build: int = 0
    address: str = ""
    note: str | None = None

    @property
    def text(self) -> str:
        """Jenkins' shortDescription, also the first line of the console."""
        if self.kind == "upstream":
            return f'Started by upstream project "{self.upstream_job}" build number {self.upstream_build}'
        if self.kind == "timer":
            return "Started by timer"
        if self.kind == "remote":
            note = f" with note: {self.note}" if self.note else ""
            return f"Started by remote host {self.address}{note}"
        return f"Started by user {self.user or 'anonymous'}"


@dataclass(kw_only=True, eq=False)
class Build:
    """One build. It belongs to the event loop; `result` may be set while `building` is still true."""

    job: str
    number: int
    folder: Path
    queue_id: int
    node: str
    executor: int
    parameters: dict[str, str] | None
    causes: tuple[Cause, ...]
    started_ms: int
    building: bool = True
    result: Result | None = None
    duration_ms: int = 0
    description: str | None = None
    given_name: str | None = None
    artifacts: list[str] = field(default_factory=list)
    aborted: bool = False
    # Who asked for the end of a running build; the empty name is "nobody asked".
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stopped_by: str = ""
    node_gone: bool = False

    @property
    def display_name(self) -> str:
        """The name that somebody has given to it, else its number."""
        return self.given_name or f"#{self.number}"

    @property
    def log(self) -> Path:
        """The console, as bytes that the build's processes write themselves."""
        return self.folder / "log"

    @property
    def archive(self) -> Path:
        """The folder of the artifacts."""
        return self.folder / "archive"

    def say(self, line: str) -> None:
        """Add a line of the controller's own to the console."""
        with self.log.open("ab") as file:
            file.write(line.encode("utf-8", "replace") + b"\n")

    def note_result(self, result: Result) -> None:
        """Make the result worse, never better."""
        self.result = result if self.result is None else self.result.worst(result)

    def save(self) -> None:
        """Write the record of a build that is over."""
        record = {
            "number": self.number,
            "queue_id": self.queue_id,
            "node": self.node,
            "parameters": self.parameters,
            "causes": [asdict(cause) for cause in self.causes],
            "started_ms": self.started_ms,
            "result": (self.result or Result.SUCCESS).name,
            "duration_ms": self.duration_ms,
            "description": self.description,
            "display_name": self.given_name,
            "artifacts": self.artifacts,
            "aborted": self.aborted,
        }
        write_text(self.folder / RECORD, json.dumps(record, ensure_ascii=False), durable=False)


def load(job: str, folder: Path) -> Build | None:
    """Read a build that is over; None where there is no readable record."""
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        return Build(
            job=job,
            number=int(record["number"]),
            folder=folder,
            queue_id=int(record["queue_id"]),
            node=str(record["node"]),
            executor=0,
            parameters=record["parameters"],
            causes=tuple(Cause(**cause) for cause in record["causes"]),
            started_ms=int(record["started_ms"]),
            building=False,
            result=Result[record["result"]],
            duration_ms=int(record["duration_ms"]),
            description=record["description"],
            given_name=record.get("display_name"),
            artifacts=list(record["artifacts"]),
            aborted=bool(record["aborted"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def now_ms() -> int:
    """The time in milliseconds since 1970, as Jenkins' API gives times."""
    return int(time.time() * 1000)
