"""Delivery to KernelCI's database: check the submission here, send it, follow it until the server has processed it.

The server says 200 to anything that is JSON, and of a submission that breaks the schema only `failed`, without a
reason: so kcidb-io checks it first. Then `/status` tells what came of it (ready, processed, failed). The same run has
the same ids in each submission, so that sending again what was perhaps sent before makes one run there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError, Invalid, NotFound
from fuego_jenkins_remote.client.site import Reply, Site
from fuego_jenkins_remote.publish.contents import Contents, opened, tail_of
from fuego_jenkins_remote.publish.kernelci.mapping import MAX_EXCERPT, Source, Told, submission
from fuego_jenkins_remote.publish.targets import Handed, NeverDelivered, NotDelivered, RunPackage

LOOKS = (0.5, 1.0, 2.0)
"""Seconds before each look at what came of a submission; then the outbox looks again later."""

MAX_BYTES = 500 * 2**20
"""The server takes 512 MiB."""

MAX_BATCH = 32 * 2**20
"""Several runs go in one submission of at most so many bytes."""

_SEND_SECONDS = 600
_RECEIPT = re.compile(r"[A-Za-z0-9._:-]{1,200}")
_OF = " of "  # between a submission and how many runs it has, in the receipt of each


class KernelCiTarget:
    """Sends runs to a KCIDB REST server."""

    name = "kernelci"

    def __init__(
        self, site: Callable[[], Site], source: Source, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`site` gives a session with the token for the calling thread."""
        self._site = site
        self._source = source
        self._sleep = sleep

    def deliver(self, run: RunPackage) -> str:
        """See `Target`. The server has no page for a run."""
        error = self.deliver_many([run])[run.key].error
        if error is not None:
            raise error
        return ""

    def deliver_many(self, runs: Sequence[RunPackage]) -> dict[str, Handed]:
        """See `TakesMany`: those that were sent before are asked for, the others go in one submission."""
        found: dict[str, Handed] = {}
        fresh = [run for run in runs if not run.receipt]
        for receipt in dict.fromkeys(run.receipt for run in runs if run.receipt):
            fresh += self._asked_for(receipt, [run for run in runs if run.receipt == receipt], found)
        for batch in self._batches(fresh, found):
            self._submit(batch, found)
        return found

    def _asked_for(self, receipt: str, sent: list[RunPackage], found: dict[str, Handed]) -> list[RunPackage]:
        """See what came of an earlier submission; which of its runs are to be sent again."""
        name, _, number = receipt.partition(_OF)
        try:
            if not self._is_known(name):
                return sent
            self._follow(name, receipt)
        except NeverDelivered as error:
            if number:
                # One of several did not fit there, and the server does not say which: each goes alone.
                for run in sent:
                    for batch in self._batches([run], found):
                        self._submit(batch, found)
                return []
            _all(found, sent, error)
        except NotDelivered as error:
            _all(found, sent, error)
        except ClientError as error:
            _all(found, sent, NotDelivered(str(error)))
        else:
            _all(found, sent, None)
        return []

    def _batches(self, runs: list[RunPackage], found: dict[str, Handed]) -> Iterator[list[_Checked]]:
        """The runs as they are sent, as many in one as may be; what does not fit the schema is left out, and told."""
        batch: list[_Checked] = []
        size = 0
        for run in runs:
            try:
                told = _told(run)
                body = checked(submission(self._source, [told]))
            except NeverDelivered as error:
                _all(found, [run], error)
                continue
            except OSError as error:
                _all(found, [run], NotDelivered(str(error)))
                continue
            if batch and size + len(body) > MAX_BATCH:
                yield batch
                batch, size = [], 0
            batch.append(_Checked(run=run, told=told))
            size += len(body)
        if batch:
            yield batch

    def _submit(self, batch: list[_Checked], found: dict[str, Handed]) -> None:
        """Send one submission, and follow it."""
        runs = [one.run for one in batch]
        try:
            name = self._send(submission(self._source, [one.told for one in batch]))
            self._follow(name, f"{name}{_OF}{len(batch)}" if len(batch) > 1 else name)
        except NeverDelivered as error:
            if len(batch) == 1:
                _all(found, runs, error)
                return
            for one in batch:
                self._submit([one], found)
        except NotDelivered as error:
            _all(found, runs, error)
        except (ClientError, OSError) as error:
            _all(found, runs, NotDelivered(str(error)))
        else:
            _all(found, runs, None)

    def _send(self, wanted: dict[str, Any]) -> str:
        body = _encoded(wanted)  # of runs that fit the schema each
        headers = {"Content-Type": "application/json"}
        try:
            answer = _object(self._site().good("POST", "/submit", data=body, headers=headers, wait=_SEND_SECONDS))
        except Invalid as error:
            raise NeverDelivered(str(error)) from error
        receipt = answer.get("id")
        is_one = isinstance(receipt, str) and _RECEIPT.fullmatch(receipt)
        if answer.get("status") != "ok" or not is_one:
            raise NotDelivered(f"{self._site().url} has not taken it: {str(answer.get('message', ''))[:300]}")
        return str(receipt)

    def _is_known(self, receipt: str) -> bool:
        """Whether the server still knows what an earlier try has sent."""
        try:
            self._status(receipt)
        except (NotFound, Invalid):
            return False
        return True

    def _follow(self, name: str, receipt: str) -> None:
        """Wait a little for the end of a submission. Raises NotDelivered with the receipt while it is not over."""
        status = ""
        for seconds in LOOKS:
            self._sleep(seconds)
            try:
                status = self._status(name)
            except ClientError as error:
                raise NotDelivered(f"sent as {name}, what came of it is not known: {error}", receipt=receipt) from error
            if status == "processed":
                return
            if status == "failed":
                raise NeverDelivered(f"KernelCI has refused the submission {name}, and does not say why")
        raise NotDelivered(f"sent as {name}, which KernelCI has not processed yet ({status})", receipt=receipt)

    def _status(self, receipt: str) -> str:
        return str(_object(self._site().good("GET", "/status", params={"id": receipt})).get("status", ""))[:40]


@dataclass(frozen=True, kw_only=True)
class _Checked:
    """A run that fits the schema."""

    run: RunPackage
    told: Told


def _all(found: dict[str, Handed], runs: Sequence[RunPackage], error: NotDelivered | NeverDelivered | None) -> None:
    found.update({run.key: Handed(error=error) for run in runs})


def checked(wanted: dict[str, Any]) -> bytes:
    """A submission as it is sent; raises NeverDelivered for one that the schema does not allow, with the place."""
    from jsonschema.exceptions import ValidationError
    from kcidb_io.schema import V5_3

    try:
        V5_3.validate(wanted)
        body = _encoded(wanted)
    except ValidationError as error:
        where = "/".join(str(part) for part in error.absolute_path)
        raise NeverDelivered(f"the run does not fit KernelCI's schema: {where}: {error.message[:300]}") from error
    except ValueError as error:
        raise NeverDelivered(f"the run does not fit KernelCI's schema: {error}") from error
    if len(body) > MAX_BYTES:
        raise NeverDelivered(f"the run is too large for KernelCI: {len(body)} bytes")
    return body


def _encoded(wanted: dict[str, Any]) -> bytes:
    """As JSON; raises ValueError for a number that JSON does not have."""
    import json

    return json.dumps(wanted, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def open_site(url: str, token: str, **more: Any) -> Site:
    """A session with a KCIDB REST server; `token` is the JWT that its people give to a lab."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Site(url, name="KernelCI", headers=headers, repeat=True, **more)


def _told(run: RunPackage) -> Told:
    with opened(run.path) as contents:
        log = contents.log()
        return Told(
            key=run.key,
            run=contents.run,
            files=_names(contents),
            log=log.name if log else "",
            log_end=tail_of(log, MAX_EXCERPT) if log else "",
        )


def _names(contents: Contents) -> tuple[str, ...]:
    return tuple(str(path.relative_to(contents.folder)) for path in contents.files())


def _object(reply: Reply) -> dict[str, Any]:
    found = reply.json()
    if not isinstance(found, dict):
        raise ClientError(f"{reply.where} answered no JSON object")
    return found
