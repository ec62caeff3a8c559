"""The test store: put, search, read, remove."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator

from fuego_jenkins_remote.fuego import releases
from fuego_jenkins_remote.hub.api.callers import Caller, TheHub, Viewer
from fuego_jenkins_remote.hub.models.fields import TestName, said
from fuego_jenkins_remote.hub.models.store import (
    StoredBinaryOut,
    StoredTestOut,
    StoreIn,
    TestOut,
    TestQuery,
    TestsOut,
)
from fuego_jenkins_remote.hub.store import putting, reading, sight

router = APIRouter()

Version = Annotated[
    str,
    AfterValidator(releases.check_version),
    said(format="release", maxLength=100),
    Path(description="VERSION-RELEASE, or VERSION"),
]


@router.post("/tests", status_code=201)
def put_test(hub: TheHub, who: Caller, body: StoreIn) -> StoredTestOut:
    """Give a package, left before, the name and version of its test.yaml; the same again is the same."""
    stored = putting.put_test(hub, who, body.package, body.team, private=body.private)
    return StoredTestOut.model_validate(stored)


@router.get("/tests")
def list_tests(hub: TheHub, who: Viewer, query: Annotated[TestQuery, Query()]) -> TestsOut:
    """Tests in their newest versions, by name."""
    with hub.reading() as conn:
        found = reading.listed(conn, who, text=query.text, tag=query.tag, after=query.after, limit=query.limit + 1)
    shown = found[: query.limit]
    after = reading.cursor(shown[-1]) if len(found) > query.limit else None
    return TestsOut(tests=tuple(StoredTestOut.model_validate(one) for one in shown), after=after)


@router.get("/tests/{name}")
def get_test(hub: TheHub, who: Viewer, name: TestName) -> TestOut:
    """All about one test."""
    with hub.reading() as conn:
        return TestOut.model_validate(reading.everything(conn, who, name))


@router.get("/tests/{name}/{version}")
def get_version(hub: TheHub, who: Viewer, name: TestName, version: Version) -> StoredTestOut:
    """One version."""
    with hub.reading() as conn:
        return StoredTestOut.model_validate(sight.find_for(conn, who, name, version))


@router.delete("/tests/{name}/{version}", status_code=204)
def remove_version(hub: TheHub, who: Caller, name: TestName, version: Version) -> None:
    """Take a version out of the store."""
    with hub.change() as change:
        putting.remove(change, who, name, version)


@router.post("/binaries", status_code=201)
def put_binary(hub: TheHub, who: Caller, body: StoreIn) -> StoredBinaryOut:
    """Keep a test's binaries for a toolchain."""
    stored = putting.put_binary(hub, who, body.package, body.team, private=body.private)
    return StoredBinaryOut.model_validate(stored)
