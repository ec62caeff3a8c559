"""Waiting for a campaign's end: a bar on a terminal, elsewhere a line for each request that ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.waiting import PAUSE, Patience
from fuego_jenkins_remote.client import campaigns
from fuego_jenkins_remote.client.campaigns import Campaign
from fuego_jenkins_remote.client.hub import MAX_WAIT

Tell = Callable[[Campaign], None]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The campaign as it was last seen; `in_time`: all of it had ended."""

    campaign: Campaign
    in_time: bool

    @property
    def exit_status(self) -> int:
        """0 if every test ended with PASS or SKIP, else 1."""
        return 0 if self.in_time and self.campaign.progress.all_well else 1


def wait_for_campaign(
    session: Session,
    campaign: Campaign,
    *,
    limit: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Ended:
    """Wait until all of it has ended, at most `limit` seconds. Raises ClientError when the hub refuses to tell."""
    until = None if limit is None else clock() + limit
    patience = Patience(session, until, clock, sleep)
    try:
        with _telling(session) as tell:
            tell(campaign)
            while not campaign.progress.over:
                left = MAX_WAIT if until is None else min(MAX_WAIT, until - clock())
                if left <= 0:
                    break
                campaign = _newer(session, patience, campaign, left) or campaign
                tell(campaign)
                if not campaign.progress.over:
                    # A busy campaign changes all the time, and each answer has all of it.
                    sleep(min(PAUSE, max(left, 0.0)))
    except KeyboardInterrupt:
        session.out.note(f"not waiting any more; it goes on: ftc show-campaign {campaign.id} --wait")
        session.out.note(f"to call it off: ftc cancel-campaign {campaign.id}")
        raise
    over = campaign.progress.over
    if not over:
        session.out.note(f"{campaign.id} goes on: {campaign.progress}; ftc show-campaign {campaign.id} --wait")
    return Ended(campaign=campaign, in_time=over)


def _newer(session: Session, patience: Patience, campaign: Campaign, wait: float) -> Campaign | None:
    return patience.ask(
        lambda: campaigns.wait_for_change(session.hub.api, campaign.id, campaign.version, max(wait, 0.0))
    )


def _telling(session: Session) -> AbstractContextManager[Tell]:
    watched = sys.stderr.isatty() and not session.out.quiet and not session.out.as_json
    return _bar() if watched else _lines(session)


@contextmanager
def _bar() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True, emoji=False, highlight=False)) as bar:
        task = bar.add_task("")

        def tell(campaign: Campaign) -> None:
            said = str(campaign.progress).partition(": ")[2]
            bar.update(task, total=campaign.progress.total, completed=campaign.progress.ended, description=said)

        yield tell


@contextmanager
def _lines(session: Session) -> Iterator[Tell]:
    told: set[str] = set()
    began = False

    def tell(campaign: Campaign) -> None:
        nonlocal began
        if not began:
            session.out.note(f"{campaign.id}: {campaign.progress}")
        for part in campaign.parts:
            if part.ended and part.id not in told:
                told.add(part.id)
                if began:
                    session.out.note(f"{part.word} {part.test} on {part.place} ({len(told)} of {len(campaign.parts)})")
        began = True

    yield tell
