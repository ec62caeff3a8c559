"""Runs read from a SQUAD: listed as vision lists them, and fetched as the packages that they were.

SQUAD itself knows a run's build, environment, job_id, job_status and time, and can be asked for these. All else that a
run says is in its metadata, a call for each run; so what SQUAD cannot be asked for is looked for among the newest runs
only, MAX_LOOKED of them. Facts on SQUAD 1.98: lists come a page at a time, `next` is an address with a cursor in its
query; only that query is taken from it, since the token goes with the next call. Reading needs `Authorization: Token`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from fuego_jenkins_remote.client.errors import ClientError, NotFound
from fuego_jenkins_remote.client.site import Site
from fuego_jenkins_remote.fuego.packages import Kind, check_package, pack_run
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.fuego.runs import Status
from fuego_jenkins_remote.publish.squad import mapping, parts
from fuego_jenkins_remote.publish.squad.mapping import Naming
from fuego_jenkins_remote.publish.targets import Fetched, Listed, since_of

Json = dict[str, Any]

PACKAGE = "fuego-run.frp"
"""The attachment that is the run's package."""

MAX_PACKAGE = 64 * 2**20
"""A larger package is not attached; its run is put together from SQUAD's parts."""

MAX_LOOKED = 1000
"""So many runs are looked at for one list."""

PAGE = 100
_TEXT = 500
_ADDRESS = re.compile(r"/api/(builds|environments)/([0-9]{1,18})/$")


class SquadReader:
    """One reading of a SQUAD; what it has learned of builds and environments is kept for that long."""

    def __init__(self, site: Site, naming: Naming) -> None:
        """`site` carries the token, `naming` says in which group and project the runs are."""
        self._site = site
        self._naming = naming
        self._names: dict[str, str] = {}

    def runs(self, filters: Mapping[str, str], limit: int) -> Listed:
        """See `Readable`."""
        found: list[Json] = []
        looked = 0
        for one in self._pages(_asked(self._naming, filters)):
            looked += 1
            if looked > MAX_LOOKED:
                return Listed(runs=found, is_all=False)
            if not _may_fit(one, filters):
                continue
            told = self._summary(one)
            if _fits(told, filters):
                found.append(told)
            if len(found) >= limit:
                break
        if not found:
            self._see_project()
        return Listed(runs=found)

    def fetch(self, run: str, destination: Path) -> Fetched:
        """See `Readable`. A run whose package is not there is put together from what is."""
        there = self._find(run)
        said = self._metadata(there)
        key = _key(there, said)
        sha256 = said.get("fuego_sha256")
        if sha256 and PACKAGE in parts.attachments(there):
            address = f"{_address(there)}attachments/"
            self._site.download(address, destination, limit=MAX_PACKAGE, params={"filename": PACKAGE})
            info = check_package(destination, Kind.RUN)
            if info.sha256 != sha256:
                raise ClientError(
                    f"what SQUAD keeps as {PACKAGE} of {key} is not what was delivered: its SHA-256 differs"
                )
            return Fetched(key=key, sha256=info.sha256)
        if there.get("data_processed") is not True:
            raise ClientError(f"SQUAD has {key} in part only: it is still at work on it, or broke off")
        with TemporaryDirectory(prefix="ftc-squad-", dir=destination.parent) as work:
            folder = Path(work) / "run"
            parts.gather(self._site, _address(there), there, said, folder)
            info = pack_run(folder, destination, redactor=Redactor(()), metadata={})
        return Fetched(key=key, sha256=info.sha256, is_original=False)

    def _find(self, run: str) -> Json:
        wanted = _in_project(self._naming) | {"job_id": mapping.job_id(run), "ordering": "-id"}
        found = next(iter(self._pages(wanted)), None)
        if found is None:
            raise NotFound(f"SQUAD at {self._site.url} has no run {run[:_TEXT]}", status=404)
        return found

    def _see_project(self) -> None:
        """Raise ClientError where SQUAD shows us no such project: there it lists nothing, as of one without runs."""
        group, project = mapping.fixed(self._naming.group), mapping.fixed(self._naming.project)
        if not (group and project):
            return
        wanted = {"slug": project, "group__slug": group}
        page = self._site.good("GET", "/api/projects/", params=wanted).json()
        if isinstance(page, dict) and page.get("results") == []:
            raise ClientError(
                f"SQUAD at {self._site.url} shows us no project {group}/{project}: is it there, and may we read it?"
            )

    def _pages(self, wanted: Mapping[str, str]) -> Iterator[Json]:
        """All runs that SQUAD finds, page by page."""
        query: dict[str, str] = dict(wanted)
        for _ in range(MAX_LOOKED // PAGE + 1):
            page = self._site.good("GET", "/api/testruns/", params=query).json()
            found = page.get("results") if isinstance(page, dict) else None
            if not isinstance(found, list):
                raise ClientError(f"SQUAD at {self._site.url} answered no list of test runs")
            yield from (one for one in found if isinstance(one, dict) and _number(one) is not None)
            following = page.get("next")
            if not found or not isinstance(following, str):
                return
            query = dict(parse_qsl(urlsplit(following[:4000]).query))

    def _summary(self, one: Json) -> Json:
        said = self._metadata(one)
        build, environment = self._name(one.get("build"), "version"), self._name(one.get("environment"), "slug")
        key = _key(one, said)
        request, attempt = _text(said.get("request_id")), _text(said.get("attempt"))
        return {
            "key": key,
            "host": _text(said.get("host_name")) or (key.partition("/")[0] if "/" in key else ""),
            "board": _text(said.get("board")) or environment,
            "test": _text(said.get("fuego_test")),
            "spec": _text(said.get("fuego_spec")),
            "status": _status(one),
            "build_number": _text(said.get("build_number")),
            "started_at": _text(one.get("datetime")) or None,
            "duration_ms": _whole(said.get("fuego_duration_ms")),
            "kernel_version": _text(said.get("kernel_version")) or build,
            "toolchain": _text(said.get("toolchain")),
            "request": (f"{request}.{attempt}" if attempt else request) or None,
            "campaign": _text(said.get("campaign")) or None,
            "counts": {str(status): _whole(said.get(f"fuego_cases_{status.lower()}")) or 0 for status in Status},
            "sha256": _text(said.get("fuego_sha256")),
            "size": _whole(said.get("fuego_size")) or 0,
            "uploaded_at": _text(one.get("created_at")),
            "uploaded_by": "",
            "url": self._page(one, build, _text(said.get("fuego_test"))),
            "build": build,
            "environment": environment,
        }

    def _metadata(self, one: Json) -> Json:
        said = self._site.good("GET", f"{_address(one)}metadata_file/")
        found = said.json() if said.body.strip() not in (b"", b"None") else {}
        return found if isinstance(found, dict) else {}

    def _name(self, address: object, word: str) -> str:
        """A build's version, an environment's slug: what SQUAD gives the address of, asked for once."""
        known = _ADDRESS.search(str(address))
        if known is None:
            return ""
        path = f"/api/{known[1]}/{known[2]}/"
        if path not in self._names:
            told = self._site.good("GET", path).json()
            self._names[path] = _text(told.get(word)) if isinstance(told, dict) else ""
        return self._names[path]

    def _page(self, one: Json, build: str, test: str) -> str:
        group, project = mapping.fixed(self._naming.group), mapping.fixed(self._naming.project)
        if not (group and project and build):
            return ""
        page = f"{self._site.url}/{group}/{project}/build/{quote(build, safe='')}/"
        suite = quote(test.replace("/", "_"), safe="")
        return f"{page}testrun/{_number(one)}/suite/{suite}/tests/" if test else page


def _in_project(naming: Naming) -> dict[str, str]:
    wanted = {
        "build__project__group__slug": mapping.fixed(naming.group),
        "build__project__slug": mapping.fixed(naming.project),
    }
    return {name: value for name, value in wanted.items() if value}


def _asked(naming: Naming, filters: Mapping[str, str]) -> dict[str, str]:
    """What SQUAD itself is asked for, so that it need not send all."""
    wanted = _in_project(naming) | {"ordering": "-id", "limit": str(PAGE)}
    host, _, board = filters.get("board", "").rpartition(":")
    if board and (slug := mapping.slug_of_board(naming, board)):
        wanted["environment__slug"] = slug
    if host := filters.get("host") or host:
        wanted["job_id__startswith"] = mapping.job_id(f"{host}/")
    if filters.get("status"):
        wanted["job_status"] = filters["status"]
    if since := since_of(filters):
        wanted["datetime__gte"] = since.astimezone(UTC).isoformat()
    return wanted


def _may_fit(one: Json, filters: Mapping[str, str]) -> bool:
    """What can be told without asking for the metadata: job_id has the request's id in it."""
    request = filters.get("request", "")
    return not request or request in str(one.get("job_id"))


def _fits(told: Json, filters: Mapping[str, str]) -> bool:
    host, _, board = filters.get("board", "").rpartition(":")
    request = filters.get("request", "")
    wanted = {
        "board": board,
        "host": filters.get("host") or host,
        "test": filters.get("test"),
        "spec": filters.get("spec"),
        "campaign": filters.get("campaign"),
    }
    if request and str(told["request"] or "").partition(".")[0] != request.partition(".")[0]:
        return False
    return all(not value or told[name] == value for name, value in wanted.items())


def _number(one: Json) -> int | None:
    number = one.get("id")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _address(one: Json) -> str:
    return f"/api/testruns/{_number(one)}/"


def _key(one: Json, said: Json) -> str:
    """The run's key where it says one that belongs to its job_id; else the job_id, which finds it as well."""
    key, job = _text(said.get("fuego_run")), _text(one.get("job_id"))
    return key if key and mapping.job_id(key) == job else job


def _status(one: Json) -> str:
    word = _text(one.get("job_status")).upper()
    return word if word in set(Status) else ""


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(value)[:_TEXT])


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
