"""Vision's API, ``/api/v1``: thin routes, see docs/protocol.md."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.service.contract import TAKES_BYTES
from fuego_jenkins_remote.service.engine import reading
from fuego_jenkins_remote.service.guard import allow_body
from fuego_jenkins_remote.service.problems import Forbidden
from fuego_jenkins_remote.service.signin import Caller, Reader
from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision import files
from fuego_jenkins_remote.vision.contents import LIMITS
from fuego_jenkins_remote.vision.context import vision_of
from fuego_jenkins_remote.vision.filters import Before, Limit, Wanted, full_test_name, write_cursor
from fuego_jenkins_remote.vision.models import Delivered, RunDetail, RunList, RunSummary, ServiceInfo, WhoAmI
from fuego_jenkins_remote.vision.records import teams_of
from fuego_jenkins_remote.vision.runs import get_run, take_in
from fuego_jenkins_remote.vision.statements import lists as list_sql
from fuego_jenkins_remote.vision.statements import runs as run_sql

router = APIRouter(prefix="/api/v1")

Host = Annotated[str, InPath(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$")]
Local = Annotated[str, InPath(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{7,63}$")]
Sha256 = Annotated[str, Query(pattern="^[0-9a-f]{64}$")]


@router.get("/")
def info() -> ServiceInfo:
    """Say which service this is."""
    return ServiceInfo(service="vision", version=__version__, api=1)


@router.get("/whoami")
def whoami(who: Caller) -> WhoAmI:
    """Say what the token is for, so that a lab need not find out with its first run."""
    return WhoAmI(kind=who.kind, name=who.name, teams=list(teams_of(who)))


@router.put("/runs/{host}/{local}", status_code=201, responses={200: {"model": Delivered}}, openapi_extra=TAKES_BYTES)
async def put_run(
    *, request: Request, response: Response, who: Caller, host: Host, local: Local, sha256: Sha256
) -> Delivered:
    """Take a run package in; the same again is answered 200, other content for the same key 409."""
    _check_may_submit(who, host)
    vision = vision_of(request)
    allow_body(request, LIMITS.package)
    key = f"{host}/{local}"
    with vision.store.receive(limit=LIMITS.package) as incoming:
        async for part in request.stream():
            incoming.write(part)
        run, new = await run_in_threadpool(
            take_in, vision.engine, vision.store, incoming, key=key, sha256=sha256, by=who.name, clock=vision.clock
        )
    response.status_code = 201 if new else 200
    return Delivered(key=key, url=vision.run_url(request, key), status=run.status)


@router.get("/runs")
def list_runs(request: Request, who: Reader, wanted: Wanted, before: Before, limit: Limit = 50) -> RunList:
    """List runs, newest first."""
    vision = vision_of(request)
    with reading(vision.engine) as conn:
        wanted = dataclasses.replace(wanted, test=full_test_name(conn, who, wanted.test))
        found = list_sql.listed(conn, wanted, who=who, before=before, limit=limit)
    shown = [RunSummary.of(run, vision.run_url(request, run.key)) for run in found.runs]
    return RunList(runs=shown, before=write_cursor(found.before) if found.before else None)


@router.get("/runs/{host}/{local}")
def show_run(request: Request, who: Reader, host: Host, local: Local) -> RunDetail:
    """Give one run, with its cases and the names of its files."""
    vision = vision_of(request)
    with reading(vision.engine) as conn:
        run = get_run(conn, who, f"{host}/{local}")
        run_json, listed = run_sql.document(conn, run.number)
    test_sets = json.loads(run_json)["test_sets"]
    return RunDetail.with_content(run, vision.run_url(request, run.key), test_sets, listed)


@router.get("/runs/{host}/{local}/package")
def get_package(request: Request, who: Reader, host: Host, local: Local) -> Response:
    """Send the run package as it came."""
    vision = vision_of(request)
    with reading(vision.engine) as conn:
        run = get_run(conn, who, f"{host}/{local}")
    return files.package_response(vision.store.path(run.sha256), run.key)


@router.get("/runs/{host}/{local}/files/{name:path}")
def get_file(request: Request, who: Reader, host: Host, local: Local, name: str) -> Response:
    """Send one file of a run."""
    vision = vision_of(request)
    with reading(vision.engine) as conn:
        run = get_run(conn, who, f"{host}/{local}")
        size = files.file_size(run_sql.document(conn, run.number)[1], name)
    return files.file_response(vision.store.path(run.sha256), name, size)


def _check_may_submit(who: Principal, host: str) -> None:
    if who.kind != "submit":
        raise Forbidden("This token may only read; a lab's own token brings runs.", code="not-yours")
    if who.name not in ("*", host):
        raise Forbidden(f"This token is of {who.name}: it brings no runs of {host}.", code="not-yours")
