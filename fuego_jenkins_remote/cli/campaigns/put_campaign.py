"""`ftc put-campaign`: several tests asked for on several boards at once, and how it is with them in one table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.campaigns.verbs import wait, wait_limit
from fuego_jenkins_remote.cli.html_pages import Cell, page, table, text
from fuego_jenkins_remote.cli.options import DURATION, FILE, common, hub_url, pass_session
from fuego_jenkins_remote.cli.put_request import on_boards, split_selectors, wanted_request
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.network.campaigns import Part, matrix

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.campaigns import Campaign


@click.command
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@on_boards
@click.option("-t", "--test", "tests", multiple=True, metavar="TEST[,TEST]", help="A test; may be given again.")
@click.option("-s", "--spec", default="default", show_default=True, metavar="SPEC", help="The spec of all of them.")
@click.option("--each", is_flag=True, help="On every board that a selector matches; without it on one.")
@click.option("--count", type=click.IntRange(1), metavar="N", help="On N of the boards that a selector matches.")
@click.option("--timeout", type=DURATION, default="30m", show_default=True, metavar="TIME", help="Each test's limit.")
@click.option("--notes", default="", metavar="TEXT", help="For the labs' people.")
@click.option("--name", default="", metavar="TEXT", help="What the campaign is called.")
@wait
@wait_limit
@click.option("--html", type=FILE, metavar="FILE", help="Write the table there, as a page.")
@hub_url
@common
@pass_session
def put_campaign(
    session: Session,
    /,
    *,
    selectors: tuple[str, ...],
    boards: tuple[str, ...],
    tests: tuple[str, ...],
    name: str,
    wait: bool,
    wait_limit: int | None,
    html: Path | None,
    **given: Any,
) -> int:
    """Ask for several tests on several boards, each test for each SELECTOR, and show how it is with them.

    All of it is one campaign, or nothing is put. As put-request with several tests and selectors does, but for whole
    lists with commas, with a line a request, and as a page (--html).

    \b
    Example: ftc put-campaign type=bbb arch=arm64 -t Functional.hello_world,Benchmark.dhrystone --each --wait
    """
    from fuego_jenkins_remote.cli.campaigns.putting import put_all

    campaign = put_all(session, _pairs(session, (*boards, *selectors), tests, given), name=name)
    status = 0
    if wait or wait_limit is not None:
        from fuego_jenkins_remote.cli.campaigns.waiting import wait_for_campaign

        ended = wait_for_campaign(session, campaign, limit=wait_limit)
        campaign, status = ended.campaign, ended.exit_status
    if html is not None:
        html.write_text(_page(campaign, session.settings.get("hub_url")), encoding="utf-8")
    session.out.table(
        ("test", "where", "how it is", "request"),
        [(part.test, part.place, part.word, part.id) for part in campaign.parts],
        bare=[part.id for part in campaign.parts],
        data=dict(campaign.raw),
        empty="",
    )
    return status


def _pairs(
    session: Session, selectors: tuple[str, ...], tests: tuple[str, ...], given: dict[str, Any]
) -> list[dict[str, Any]]:
    """All that is to be put, checked before anything is."""
    from fuego_jenkins_remote.network import selectors as language

    places = list(dict.fromkeys(part for one in selectors for part in split_selectors(one)))
    names = list(dict.fromkeys(word for one in tests for word in re.split(r"[,\s]+", one) if word))
    if not names or not places:
        raise click.UsageError("say which tests (-t TEST, may be given again) and which boards (SELECTOR, or -b)")
    for place in places:
        language.parse(place)
    return [wanted_request(session, place, test=name, **given) for name in names for place in places]


def _page(campaign: Campaign, hub_url: str) -> str:
    """Tests down, boards across; where one test has several requests for one place, they stand in rows of their own."""
    found = matrix(campaign.parts)
    rows = [
        [Cell(text=row.name), *(_cell(cell[at], hub_url) if at < len(cell) else Cell(text="") for cell in row.cells)]
        for row in found.rows
        for at in range(max(map(len, row.cells)))
    ]
    shown = table(["test", *found.places], rows, empty="Nothing was asked for.")
    return page(f"Campaign {campaign.name}".rstrip(), [f"<p>{text(str(campaign.progress))}</p>", shown])


def _cell(part: Part, hub_url: str) -> Cell:
    return Cell(text=part.word, url=f"{hub_url.rstrip('/')}/requests/{part.id}")
