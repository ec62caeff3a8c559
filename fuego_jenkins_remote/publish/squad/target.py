"""Delivery to a SQUAD: submit, read back, repair.

SQUAD takes a job_id once a build, but a duplicate's refusal is no proof that all of the run is there: after a crash in
the middle its results may be missing. So each delivery looks first, and again afterwards: a run counts as delivered
when SQUAD says that its results are processed and its status recorded. One that stays half stored is removed and
submitted anew. Facts on SQUAD 1.98: `/api/submit/GROUP/PROJECT/BUILD/ENVIRONMENT`, `/api/testruns/?job_id=`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from fuego_jenkins_remote.client.errors import ClientError, NotAllowed, NotFound
from fuego_jenkins_remote.client.form import Part, form
from fuego_jenkins_remote.client.site import Site
from fuego_jenkins_remote.publish.contents import Contents, opened
from fuego_jenkins_remote.publish.squad import mapping
from fuego_jenkins_remote.publish.squad.mapping import Naming, Place
from fuego_jenkins_remote.publish.squad.reading import MAX_PACKAGE, PACKAGE, SquadReader
from fuego_jenkins_remote.publish.targets import Fetched, Listed, NeverDelivered, NotDelivered, RunPackage

PATIENCE = timedelta(minutes=10)
"""So long SQUAD may be at work on a run: 20,000 cases took it 202 s on SQLite."""

_SUBMIT_SECONDS = 600
_ATTACHMENTS = 50
_ATTACHED_BYTES = 64 * 2**20
_LOG_BYTES = 32 * 2**20


class SquadTarget:
    """Puts runs into a SQUAD's group, project, build and environment, each once and whole."""

    name = "squad"

    def __init__(
        self,
        site: Callable[[], Site],
        naming: Naming,
        *,
        page_of: Callable[[str], str] = lambda _key: "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`site` gives a session with the token for the calling thread, `page_of` a run's address in the network."""
        self._site = site
        self._naming = naming
        self._page_of = page_of
        self._now = now

    def deliver(self, run: RunPackage) -> str:
        """See `Target`."""
        try:
            with opened(run.path) as contents:
                return self._deliver(run, contents)
        except (NotAllowed, NotFound) as error:
            wanted = f"{self._naming.group}/{self._naming.project}"
            raise NotDelivered(f"{error} (is the token one that may submit to {wanted}, and is that there?)") from error
        except (ClientError, OSError) as error:
            raise NotDelivered(str(error)) from error

    def runs(self, filters: Mapping[str, str], limit: int) -> Listed:
        """See `Readable`."""
        return SquadReader(self._site(), self._naming).runs(filters, limit)

    def fetch(self, run: str, destination: Path) -> Fetched:
        """See `Readable`."""
        return SquadReader(self._site(), self._naming).fetch(run, destination)

    @property
    def url(self) -> str:
        """Where this SQUAD is."""
        return self._site().url

    def _deliver(self, package: RunPackage, contents: Contents) -> str:
        where = mapping.place(self._naming, contents.run, package.key)
        there = self._look(where)
        if there is not None and self._is_half(there):
            self._remove(there, where)
            there = None
        if there is None:
            said = self._submit(package, where, contents)
            there = self._look(where)
            if there is None:
                raise NotDelivered(said or f"{where.path} does not show the run that was submitted")
        if not _is_whole(there):
            raise NotDelivered(f"SQUAD is still at work on {where.job_id} in {where.path}")
        build = f"{self._site().url}/{where.group}/{where.project}/build/{where.build}"
        return f"{build}/testrun/{there['id']}/suite/{quote(mapping.suite(contents.run), safe='')}/tests/"

    def _look(self, where: Place) -> dict[str, Any] | None:
        """The run as SQUAD has it; None: it has none."""
        wanted = {
            "job_id": where.job_id,
            "build__version": where.build,
            "build__project__slug": where.project,
            "build__project__group__slug": where.group,
        }
        found = self._site().good("GET", "/api/testruns/", params=wanted).json()
        runs = found.get("results") if isinstance(found, dict) else None
        if not isinstance(runs, list):
            raise ClientError(f"SQUAD at {self._site().url} answered no list of test runs")
        return next((one for one in runs if isinstance(one, dict) and _is(one, where)), None)

    def _is_half(self, there: dict[str, Any]) -> bool:
        """Whether SQUAD has left it unfinished for so long that nobody is at it any more."""
        if _is_whole(there):
            return False
        with contextlib.suppress(ValueError, TypeError):
            return self._now() - datetime.fromisoformat(str(there.get("created_at"))) > PATIENCE
        return True

    def _remove(self, there: dict[str, Any], where: Place) -> None:
        reply = self._site().call("DELETE", f"/api/testruns/{int(there['id'])}/")
        if reply.status not in (204, 404):
            raise NotDelivered(
                f"{where.job_id} is half stored in {where.path}, and cannot be removed: {self._site().error(reply)}"
            )

    def _submit(self, package: RunPackage, where: Place, contents: Contents) -> str:
        """Hand it over; why that may have failed, for a run that is not there afterwards. Raises NeverDelivered."""
        with ExitStack() as stack:
            data, headers = form(self._parts(package, where, contents, stack))
            reply = self._site().call(
                "POST", f"/api/submit/{where.path}", data=data, headers=headers, wait=_SUBMIT_SECONDS
            )
        if reply.status < 300:
            return ""
        error = self._site().error(reply)
        if isinstance(error, NotAllowed | NotFound):
            raise error
        if reply.status == 400 and "already a test run" not in reply.text():
            raise NeverDelivered(str(error))
        return str(error)

    def _parts(self, package: RunPackage, where: Place, contents: Contents, stack: ExitStack) -> list[Part]:
        run = contents.run
        told: dict[str, dict[str, Any]] = {
            "tests": mapping.tests(self._naming, run),
            "metrics": mapping.metrics(run),
            "metadata": mapping.metadata(run, where, package.key, page=self._page_of(package.key)),
        }
        # With it a run can be fetched again byte for byte.
        with_package = package.path.stat().st_size <= MAX_PACKAGE
        if with_package:
            told["metadata"] |= {"fuego_sha256": package.sha256, "fuego_size": package.path.stat().st_size}
        parts: list[Part] = [(name, f"{name}.json", json.dumps(value).encode()) for name, value in told.items()]
        log = contents.log()
        if log is not None and log.stat().st_size <= _LOG_BYTES:
            parts.append(("log", log.name, stack.enter_context(log.open("rb"))))
        for name, file in _attachments(contents, stack):
            parts.append(("attachment", name, file))
        if with_package:
            parts.append(("attachment", PACKAGE, stack.enter_context(package.path.open("rb"))))
        return parts


def _attachments(contents: Contents, stack: ExitStack) -> Iterator[tuple[str, BinaryIO]]:
    """The run's files, the small ones first, until SQUAD has enough of them."""
    left = _ATTACHED_BYTES
    for path in sorted(contents.files(), key=lambda one: one.stat().st_size)[:_ATTACHMENTS]:
        left -= path.stat().st_size
        if left < 0:
            return
        # SQUAD knows attachments by their bare name, and keeps one of each.
        name = str(path.relative_to(contents.folder)).replace("/", "_")
        if name != PACKAGE:
            yield name, stack.enter_context(path.open("rb"))


def _is(there: dict[str, Any], where: Place) -> bool:
    return there.get("job_id") == where.job_id and type(there.get("id")) is int


def _is_whole(there: dict[str, Any]) -> bool:
    return there.get("data_processed") is True and there.get("status_recorded") is True


def open_site(url: str, token: str, **more: Any) -> Site:
    """A session with a SQUAD. Its API for reading knows `Authorization: Token` alone."""
    return Site(url, name="SQUAD", headers={"Authorization": f"Token {token}"} if token else {}, **more)
