"""`ftc show-campaign`, `list-campaigns`, `cancel-campaign`, `rerun-campaign`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.options import DURATION, TEAM, USER, common, hub_url, pass_session
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.campaigns import Brief, Campaign

PAGE = 100
_GROUPS = ("failed", "lost", "cancelled", "rejected")

wait = click.option("--wait", is_flag=True, help="Wait for its end; exit status 0 if all are PASS or SKIP, else 1.")
wait_limit = click.option("--wait-limit", type=DURATION, metavar="TIME", help="As --wait, but no longer than this.")


@click.command
@click.argument("campaign", metavar="CAMPAIGN")
@wait
@wait_limit
@hub_url
@common
@pass_session
def show_campaign(session: Session, campaign: str, wait: bool, wait_limit: int | None) -> int:
    """Show a campaign. How far it is, tests by boards, and what failed; with -v also a line for each request.

    A table that is too wide for the terminal is shown test by test. -q prints the ids of its requests.

    \b
    Examples: ftc show-campaign c-20261123-101500123-a2b3c4d5
              ftc show-campaign c-20261123-101500123-a2b3c4d5 --wait && echo all well
    """
    from fuego_jenkins_remote.client import campaigns
    from fuego_jenkins_remote.network.identities import check_campaign_id

    found = campaigns.get(session.hub.api, check_campaign_id(campaign))
    return _show(session, found, wait=wait or wait_limit is not None, limit=wait_limit)


def _show(session: Session, found: Campaign, *, wait: bool, limit: int | None) -> int:
    from fuego_jenkins_remote.cli.campaigns.showing import show

    status = 0
    if wait:
        from fuego_jenkins_remote.cli.campaigns.waiting import wait_for_campaign

        ended = wait_for_campaign(session, found, limit=limit)
        found, status = ended.campaign, ended.exit_status
    show(session, found)
    return status


@click.command
@click.option("--requester", default="", type=USER, help="Only those that this user has put.")
@click.option("--team", default="", type=TEAM, help="Only those of this team.")
@click.option("--open", "still_open", is_flag=True, help="Only those that have not ended.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The newest so many.")
@hub_url
@common
@pass_session
def list_campaigns(session: Session, requester: str, team: str, still_open: bool, limit: int) -> None:
    """List campaigns, newest first.

    \b
    Example: ftc list-campaigns --open
    """
    from fuego_jenkins_remote.client import campaigns
    from fuego_jenkins_remote.network.campaigns import said

    filters = {"requester": requester, "team": team, "open": "true" if still_open else ""}
    found: list[Brief] = []
    before: str | None = ""
    while before is not None and len(found) < limit:
        page, before = campaigns.listed(session.hub.api, **filters, limit=min(limit - len(found), PAGE), before=before)
        found += page
    session.out.table(
        ("campaign", "name", "ended", "how it is", "by", "put"),
        [
            (
                one.id,
                one.name,
                f"{one.ended} of {one.total}",
                said(one.counts),
                f"{one.requester} ({one.team})",
                local_time(one.created_at),
            )
            for one in found
        ],
        bare=[one.id for one in found],
        data=[dict(one.raw) for one in found],
        empty="no such campaign" if any(filters.values()) else "no campaigns yet",
    )


@click.command
@click.argument("campaign", metavar="CAMPAIGN")
@click.option("--reason", default="", metavar="TEXT", help="For the labs' people.")
@hub_url
@common
@pass_session
def cancel_campaign(session: Session, campaign: str, reason: str) -> None:
    """Call off all of a campaign that has not ended. What runs is stopped by its lab first.

    \b
    Example: ftc cancel-campaign c-20261123-101500123-a2b3c4d5 --reason "wrong kernel"
    """
    call_off(session, campaign, reason)


def call_off(session: Session, campaign: str, reason: str) -> None:
    """Call a campaign off, and say what became of it."""
    from fuego_jenkins_remote.client import campaigns
    from fuego_jenkins_remote.network.identities import check_campaign_id, new_call_id

    done = campaigns.cancel(session.hub.api, check_campaign_id(campaign), new_call_id(), reason)
    lines = [f"campaign {campaign}: {_requests(len(done.cancelled))} cancelled"]
    if done.stopping:
        lines.append(f"{_requests(len(done.stopping))} still running: the labs were told to stop them")
    session.out.result("\n".join(lines), bare=[*done.cancelled, *done.stopping], data=dict(done.campaign.raw))


@click.command
@click.argument("campaign", metavar="CAMPAIGN")
@click.option("--failed", is_flag=True, help="What ran and said FAIL or ERROR.")
@click.option("--lost", is_flag=True, help="What has no verdict: error, lost, expired.")
@click.option("--cancelled", is_flag=True, help="What was called off.")
@click.option("--rejected", is_flag=True, help="What no lab ran.")
@wait
@wait_limit
@hub_url
@common
@pass_session
def rerun_campaign(session: Session, /, campaign: str, wait: bool, wait_limit: int | None, **groups: bool) -> int:
    """Put requests of a campaign again. Without more, those that failed or were lost.

    The new ones take the places of the old ones in the campaign's table; the old ones stay with their runs. They are
    asked for as they were, but without a deadline. Exit status 1 if some of them cannot be put again.

    \b
    Examples: ftc rerun-campaign c-20261123-101500123-a2b3c4d5
              ftc rerun-campaign c-20261123-101500123-a2b3c4d5 --lost --cancelled --wait
    """
    from fuego_jenkins_remote.cli.errors import Failed
    from fuego_jenkins_remote.client import campaigns
    from fuego_jenkins_remote.network.identities import check_campaign_id, new_call_id

    chosen = [group for group in _GROUPS if groups[group]]
    done = campaigns.rerun(session.hub.api, check_campaign_id(campaign), new_call_id(), chosen)
    for request, reason in done.left:
        session.out.note(f"{request} stays as it is: {reason}")
    status = 0
    if wait or wait_limit is not None:
        session.out.note(f"campaign {campaign}: {_requests(len(done.made))} put again")
        status = _show(session, done.campaign, wait=True, limit=wait_limit)
    else:
        session.out.result(
            f"campaign {campaign}: {_requests(len(done.made))} put again",
            bare=done.made,
            data=dict(done.campaign.raw),
        )
    if done.left:
        raise Failed(f"{_requests(len(done.left))} cannot be put again; see above")
    return status


def _requests(number: int) -> str:
    return f"{number} request{'' if number == 1 else 's'}"
