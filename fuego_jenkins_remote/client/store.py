"""The hub's calls on the test store (docs/protocol.md). All raise ClientError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.client.api import Api, segment
from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.reading import text_of, time_of, understanding


@dataclass(frozen=True, kw_only=True)
class StoredTest:
    """A version of a test; `label` is VERSION-RELEASE, `size` in bytes, `raw` all that the hub said."""

    name: str
    version: str
    label: str
    description: str
    license: str
    author: str
    tags: tuple[str, ...]
    sha256: str
    size: int
    uploaded_by: str
    team: str
    private: bool
    at: datetime | None
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoredTest:
        """Read the wire form; raises KeyError or ValueError for what is no stored test."""
        texts = ("version", "label", "description", "license", "author", "uploaded_by", "team")
        return cls(
            name=str(data["name"]),
            **{key: text_of(data, key) for key in texts},
            tags=tuple(str(tag) for tag in data.get("tags") or ()),
            sha256=str(data["sha256"]),
            size=int(data.get("size") or 0),
            private=bool(data.get("private")),
            at=time_of(data, "at"),
            raw=dict(data),
        )


@dataclass(frozen=True, kw_only=True)
class StoredBinary:
    """Binaries of a test for a toolchain."""

    name: str
    toolchain: str
    sha256: str
    size: int
    uploaded_by: str
    team: str
    at: datetime | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoredBinary:
        """Read the wire form; raises KeyError or ValueError for what are no binaries."""
        return cls(
            name=str(data["name"]),
            toolchain=str(data["toolchain"]),
            sha256=str(data["sha256"]),
            size=int(data.get("size") or 0),
            uploaded_by=text_of(data, "uploaded_by"),
            team=text_of(data, "team"),
            at=time_of(data, "at"),
        )


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """What a test last did on a board."""

    place: str
    request: str
    word: str
    source: str
    run_url: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Everything:
    """A test: its versions, the newest first, its binaries, and where it ran last."""

    name: str
    versions: Sequence[StoredTest]
    binaries: Sequence[StoredBinary]
    runs: Sequence[LastRun]
    raw: Mapping[str, Any] = field(repr=False)


def put_test(api: Api, sha256: str, *, team: str | None = None, private: bool = False) -> StoredTest:
    """Give a package that the hub has the name and version of its test.yaml."""
    answer = api.post("/tests", {"package": sha256, "team": team, "private": private})
    with understanding(api, "test"):
        return StoredTest.from_json(answer)


def put_binary(api: Api, sha256: str, *, team: str | None = None, private: bool = False) -> StoredBinary:
    """Keep a package that the hub has as a test's binaries."""
    answer = api.post("/binaries", {"package": sha256, "team": team, "private": private})
    with understanding(api, "test"):
        return StoredBinary.from_json(answer)


def listed(api: Api, **filters: object) -> tuple[list[StoredTest], str | None]:
    """A page of tests in their newest versions, by name, and where the next begins (`after`)."""
    answer = api.get("/tests", filters)
    with understanding(api, "test"):
        return [StoredTest.from_json(one) for one in answer.get("tests") or ()], answer.get("after")


def everything(api: Api, name: str) -> Everything:
    """All about one test."""
    answer = api.get(f"/tests/{segment(name)}")
    with understanding(api, "test"):
        return Everything(
            name=str(answer["name"]),
            versions=[StoredTest.from_json(one) for one in answer["versions"]],
            binaries=[StoredBinary.from_json(one) for one in answer["binaries"]],
            runs=[_last_run(one) for one in answer["runs"]],
            raw=answer,
        )


def version(api: Api, name: str, wanted: str = "") -> StoredTest:
    """One version of a test, by VERSION-RELEASE or VERSION; without either the newest."""
    if wanted:
        answer = api.get(f"/tests/{segment(name)}/{segment(wanted)}")
        with understanding(api, "test"):
            return StoredTest.from_json(answer)
    found = everything(api, name).versions
    if not found:
        raise ClientError(f"there is no test {name} in the store: it only ran")
    return found[0]


def remove(api: Api, name: str, wanted: str) -> None:
    """Take a version out of the store."""
    api.call("DELETE", f"/tests/{segment(name)}/{segment(wanted)}")


def _last_run(data: Mapping[str, Any]) -> LastRun:
    return LastRun(
        place=f"{data['host']}:{data['board']}",
        request=text_of(data, "request"),
        word=text_of(data, "status") or text_of(data, "state"),
        source=text_of(data, "source"),
        run_url=text_of(data, "run_url"),
        at=time_of(data, "at"),
    )
