"""What a target of run packages is, one that can be read, and the errors that tell waiting from giving up."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from fuego_jenkins_remote.client.errors import ClientError

log = logging.getLogger("fuego.publish")


class NotDelivered(Exception):
    """The target does not have the run yet, and may have it later: try again.

    A `receipt` is what the target gave for a run that it has taken in and not yet dealt with: it comes back with the
    next try, as `RunPackage.receipt`.
    """

    def __init__(self, message: str, *, receipt: str = "") -> None:
        """The message is for a person."""
        super().__init__(message)
        self.receipt = receipt


class NeverDelivered(Exception):
    """The target will never take this run: trying again changes nothing."""


@dataclass(frozen=True, kw_only=True)
class RunPackage:
    """A run on its way: its key in the network, the package's file and its SHA-256, an earlier try's receipt."""

    key: str
    path: Path
    sha256: str
    receipt: str = ""


class Target(Protocol):
    """A service that takes runs."""

    name: str

    def deliver(self, run: RunPackage) -> str:
        """Hand the run over; the address of its page, empty where it has none.

        Delivering the same run twice is harmless, also where an earlier try was broken off at any point. When this
        returns, the run has arrived: where the target can be read, it was read back. Raises NotDelivered or
        NeverDelivered.
        """


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What came of one run of several: the address of its page, or why the target does not have it."""

    url: str = ""
    error: NotDelivered | NeverDelivered | None = None


@runtime_checkable
class TakesMany(Protocol):
    """A target that takes several runs in one go, which a lab uses for what has waited."""

    def deliver_many(self, runs: Sequence[RunPackage]) -> dict[str, Handed]:
        """As `deliver`, for each of them: what came of it by its key. One that cannot be taken holds up no other."""


def hand_over(target: Target, runs: Sequence[RunPackage]) -> Iterator[tuple[RunPackage, Handed]]:
    """Deliver runs, several in one go where the target takes many: each with what came of it, as soon as that is known.

    A run of which such a target says nothing waits; so does one over which it breaks, which holds up no other target.
    """
    if isinstance(target, TakesMany) and len(runs) > 1:
        try:
            handed = target.deliver_many(runs)
        except Exception as error:
            yield from ((run, _broke(target, error)) for run in runs)
            return
        unsaid = Handed(error=NotDelivered("the target does not say what came of it"))
        yield from ((run, handed.get(run.key, unsaid)) for run in runs)
        return
    for run in runs:
        try:
            came = Handed(url=target.deliver(run))
        except (NotDelivered, NeverDelivered) as error:
            came = Handed(error=error)
        except Exception as error:
            came = _broke(target, error)
        yield run, came


def _broke(target: Target, error: Exception) -> Handed:
    """What is said of a target's own mistake, which may be one of a package that somebody else has written."""
    log.info("the target %s broke", target.name, exc_info=error)
    return Handed(error=NotDelivered(f"the target {target.name} broke: {type(error).__name__}: {error}"))


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Runs as vision's API tells them (docs/protocol.md), newest first; whether all that there are were looked at."""

    runs: list[dict[str, Any]]
    is_all: bool = True


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A run package that was fetched: the run's key, the file's SHA-256, whether it is the one that was delivered."""

    key: str
    sha256: str
    is_original: bool = True


def since_of(filters: Mapping[str, str]) -> datetime | None:
    """The moment that the filter `since` means; None without one. Raises ClientError."""
    text = filters.get("since", "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ClientError(f"since: {text[:80]!r} is neither a date nor a time with offset") from error
    if moment.tzinfo is not None:
        return moment
    if len(text) != len("2026-11-23"):
        raise ClientError(f"since: {text[:80]!r} has no offset (like 2026-11-23T10:00:00Z)")
    return moment.replace(tzinfo=UTC)


@runtime_checkable
class Readable(Protocol):
    """A target from which runs can be read again: `ftc list-runs -r` and `ftc get-run`. All raise ClientError."""

    name: str
    url: str

    def runs(self, filters: Mapping[str, str], limit: int) -> Listed:
        """The newest runs, at most `limit`, that fit the filters that are not empty.

        They are board ([HOST:]BOARD), test, spec, host, status, request, campaign, since (a date, or a time with its
        offset).
        """

    def fetch(self, run: str, destination: Path) -> Fetched:
        """Write a run's package to `destination`, whole and checked. `run` is its key as `runs` gives it.

        Raises NotFound, FormatError, OSError too.
        """
