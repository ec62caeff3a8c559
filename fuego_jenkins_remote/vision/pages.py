"""Vision's pages: runs, one run, one of its logs, one case over time."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from fuego_jenkins_remote.fuego.runs import Status
from fuego_jenkins_remote.service.engine import reading
from fuego_jenkins_remote.service.pages import render
from fuego_jenkins_remote.service.signin import Reader
from fuego_jenkins_remote.vision import files, showing
from fuego_jenkins_remote.vision.api import Host, Local
from fuego_jenkins_remote.vision.contents import file_end
from fuego_jenkins_remote.vision.context import vision_of
from fuego_jenkins_remote.vision.filters import Before, Wanted, full_test_name, write_cursor
from fuego_jenkins_remote.vision.records import Summary
from fuego_jenkins_remote.vision.runs import get_run
from fuego_jenkins_remote.vision.showing import LONGEST_ASKED
from fuego_jenkins_remote.vision.statements import cases as case_sql
from fuego_jenkins_remote.vision.statements import labels as label_sql
from fuego_jenkins_remote.vision.statements import lists as list_sql
from fuego_jenkins_remote.vision.statements import runs as run_sql

router = APIRouter(include_in_schema=False)

_ROWS = 50
_LOGS = ("testlog.txt", "consolelog.txt", "console.log", "devlog.txt")
_PREVIEW_UNPACKED = 32 * 1024 * 1024
_PREVIEW = 16 * 1024
_FORM = ("test", "host", "board", "spec", "status", "since", "request", "campaign")


@router.get("/")
def start() -> Response:
    """Go to the list of runs."""
    return RedirectResponse("/runs", 307)


@router.get("/runs")
def runs_page(request: Request, who: Reader, wanted: Wanted, before: Before) -> Response:
    """Show a list of runs, with the filters that made it."""
    vision = vision_of(request)
    with reading(vision.engine) as conn:
        wanted = dataclasses.replace(wanted, test=full_test_name(conn, who, wanted.test))
        found = list_sql.listed(conn, wanted, who=who, before=before, limit=_ROWS)
        labels = label_sql.listed(conn, who)
    form = {name: request.query_params.get(name, "").strip() for name in _FORM}
    query = {name: value for name, value in form.items() if value}
    older = f"/runs?{urlencode({**query, 'before': write_cursor(found.before)})}" if found.before else None
    newest = f"/runs?{urlencode(query)}" if before is not None else None
    return render(
        request,
        "runs.html",
        runs=found.runs,
        labels=labels,
        statuses=list(Status),
        form=form,
        filtered=bool(query),
        older=older,
        newest=newest,
    )


@router.get("/runs/{host}/{local}")
def run_page(request: Request, who: Reader, host: Host, local: Local) -> Response:
    """Show one run: its cases, measurements, metadata, logs and files."""
    vision = vision_of(request)
    with reading(vision.engine) as conn:
        summary = get_run(conn, who, f"{host}/{local}")
        run_json, listed = run_sql.document(conn, summary.number)
    run = json.loads(run_json)
    test_sets, files_shown = showing.shown_sets(run, summary.test), showing.shown_files(listed)
    log, tail, cut = _preview(request, summary, listed)
    return render(
        request,
        "run.html",
        run=summary,
        test_sets=test_sets,
        more_cases=sum(summary.counts.values()) - sum(len(one.cases) for one in test_sets),
        more_sets=len(run["test_sets"]) - len(test_sets),
        metadata=list(showing.metadata_of(run)),
        files=[{**one, "path": quote(one["name"]), "name": showing.brief(one["name"])} for one in files_shown],
        more_files=len(listed) - len(files_shown),
        log=log,
        tail=tail,
        cut=cut,
    )


@router.get("/runs/{host}/{local}/log/{name:path}")
def log_page(request: Request, who: Reader, host: Host, local: Local, name: str) -> Response:
    """Show the end of a log."""
    vision = vision_of(request)
    with reading(vision.engine) as conn:
        summary = get_run(conn, who, f"{host}/{local}")
        size = files.file_size(run_sql.document(conn, summary.number)[1], name)
    end = file_end(vision.store.path(summary.sha256), name, files.SHOWN_BYTES)
    cut = size > len(end)
    return render(
        request,
        "log.html",
        run=summary,
        name=showing.brief(name),
        file_path=quote(name),
        size=size,
        text=files.log_text(end, cut=cut),
        cut=cut,
        shown=files.SHOWN_BYTES,
        binary=b"\0" in end,
    )


@router.get("/history")
def history_page(
    request: Request,
    who: Reader,
    test: Annotated[str, Query(max_length=200)],
    case: Annotated[str, Query(max_length=LONGEST_ASKED)],
    test_set: Annotated[str, Query(alias="set", max_length=LONGEST_ASKED)] = "default",
) -> Response:
    """Show how one test case went in the newest runs of its test."""
    with reading(vision_of(request).engine) as conn:
        results = case_sql.history(conn, who, test, test_set, case)
    return render(
        request, "history.html", test=test, test_set=showing.brief(test_set), case=showing.brief(case), results=results
    )


def _preview(request: Request, summary: Summary, listed: list[dict[str, Any]]) -> tuple[str | None, str, bool]:
    """Give the name and the end of the run's main log, if the package is small enough to look into for each view."""
    sizes = {one["name"]: one["size"] for one in listed if one["size"]}
    name = next((log for log in _LOGS if log in sizes), None)
    package = vision_of(request).store.path(summary.sha256)
    if name is None or sum(sizes.values()) > _PREVIEW_UNPACKED or not package.is_file():
        return name, "", False
    end = file_end(package, name, _PREVIEW)
    cut = sizes[name] > len(end)
    return name, files.log_text(end, cut=cut), cut
