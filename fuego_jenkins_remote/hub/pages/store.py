"""Tests: the store's list with its search, and all about one: versions, binaries, what ran where."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub.api.callers import TheHub, Viewer
from fuego_jenkins_remote.hub.models.fields import TestName
from fuego_jenkins_remote.hub.models.store import TestQuery
from fuego_jenkins_remote.hub.pages.shown import ROWS, address, show
from fuego_jenkins_remote.hub.store import reading

router = APIRouter()


@router.get("/tests")
def tests_page(request: Request, hub: TheHub, who: Viewer, query: Annotated[TestQuery, Query()]) -> Response:
    """Show the tests that have the words, in their newest versions."""
    with hub.reading() as conn:
        found = reading.listed(conn, who, text=query.text, tag=query.tag, after=query.after, limit=ROWS + 1)
    after = reading.cursor(found[ROWS - 1]) if len(found) > ROWS else ""
    return show(
        request,
        hub,
        "tests.html",
        tests=found[:ROWS],
        text=query.text.strip(),
        tag=query.tag.strip(),
        older=address("/tests", text=query.text, tag=query.tag, after=after) if after else "",
        newest=address("/tests", text=query.text, tag=query.tag) if query.after else "",
    )


@router.get("/tests/{name}")
def test_page(request: Request, hub: TheHub, who: Viewer, name: TestName) -> Response:
    """Show all about one test."""
    with hub.reading() as conn:
        found = reading.everything(conn, who, name)
    return show(request, hub, "test.html", test=found)
