"""What a list of runs is asked for with, as text from a query or a page's form, read and checked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Query

from fuego_jenkins_remote.fuego.runs import Status
from fuego_jenkins_remote.service.problems import Unprocessable
from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import Cursor, Filter
from fuego_jenkins_remote.vision.statements import labels as label_sql

MAX_LIMIT = 500
_CURSOR = re.compile(r"([0-9]{8}T[0-9]{12})-([0-9]{1,18})")
_STAMP = "%Y%m%dT%H%M%S%f"


def read_filter(
    *,
    test: Annotated[str, Query(description="full name of a test, or its short name", max_length=200)] = "",
    host: Annotated[str, Query(max_length=100)] = "",
    board: Annotated[str, Query(description="BOARD or HOST:BOARD", max_length=201)] = "",
    spec: Annotated[str, Query(max_length=100)] = "",
    status: Annotated[str, Query(description="PASS, FAIL, ERROR or SKIP", max_length=10)] = "",
    request: Annotated[str, Query(max_length=100)] = "",
    campaign: Annotated[str, Query(max_length=100)] = "",
    since: Annotated[str, Query(description="a date (UTC), or a time with its offset", max_length=40)] = "",
) -> Filter:
    """Read the filters of a query; an empty one asks for nothing. Raises Unprocessable for what makes no sense."""
    own_host, colon, name = board.strip().partition(":")
    if colon and host.strip() not in ("", own_host):
        raise Unprocessable(f"host: {host} and board: {board} are of two hosts")
    return Filter(
        test=_or_none(test),
        host=_or_none(own_host if colon else host),
        board=_or_none(name if colon else own_host),
        spec=_or_none(spec),
        status=_status(status),
        request=_or_none(request),
        campaign=_or_none(campaign),
        since=_time(since),
    )


def read_cursor(before: Annotated[str, Query(max_length=50)] = "") -> Cursor | None:
    """Read where a list goes on, as ``write_cursor`` wrote it; raises Unprocessable for anything else."""
    if not before:
        return None
    found = _CURSOR.fullmatch(before)
    try:
        if found:
            at = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
            return Cursor(at=at, number=int(found[2]))
    except ValueError:
        pass
    raise Unprocessable("before: is not what an earlier answer gave")


def write_cursor(place: Cursor) -> str:
    """Write where a list goes on: after this place."""
    at = place.at.astimezone(UTC)
    # strftime writes the year 999 with three digits.
    return f"{at.year:04}{at:%m%dT%H%M%S%f}-{place.number}"


Wanted = Annotated[Filter, Depends(read_filter)]
Before = Annotated[Cursor | None, Depends(read_cursor)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def full_test_name(conn: sa.Connection, who: Principal | None, test: str | None) -> str | None:
    """Give the full name of a test that `who` asks for by its short one; raises Unprocessable if two are called so."""
    if test is None or "." in test:
        return test
    found = label_sql.known_tests(conn, who, [f"Functional.{test}", f"Benchmark.{test}"])
    if len(found) > 1:
        raise Unprocessable(f"test: {test} may be {' or '.join(found)}")
    return found[0] if found else test


def _or_none(text: str) -> str | None:
    return text.strip() or None


def _status(text: str) -> str | None:
    word = text.strip().upper()
    if word and word not in Status.__members__:
        raise Unprocessable(f"status: {text} is none of {', '.join(Status)}")
    return word or None


def _time(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        if found.tzinfo is None and len(text.strip()) > 10:
            raise Unprocessable("since: a time needs its offset, as in 2026-11-23T10:00:00+00:00")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unprocessable("since: is no date and no time, as in 2026-11-23 or 2026-11-23T10:00:00+00:00") from error
