"""`ftc put-campaign`: several tests asked for on several boards at once, and how it is with them in one table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed, message_of
from fuego_jenkins_remote.cli.html_pages import Cell, page, table
from fuego_jenkins_remote.cli.options import DURATION, FILE, common, hub_url, pass_session
from fuego_jenkins_remote.cli.put_request import put, split_selectors, wanted_request
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.values import Request

MAX_PUTS = 100
"""Pairs of a test and a selector in one call."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What the hub did not take."""

    test: str
    selector: str
    why: str


@click.command
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR...")
@click.option("-t", "--test", "tests", multiple=True, metavar="TEST[,TEST]", help="A test; may be given again.")
@click.option("-s", "--spec", default="default", show_default=True, metavar="SPEC", help="The spec of all of them.")
@click.option("--each", is_flag=True, help="On every board that a selector matches; without it on one.")
@click.option("--count", type=click.IntRange(1), metavar="N", help="On N of the boards that a selector matches.")
@click.option("--timeout", type=DURATION, default="30m", show_default=True, metavar="TIME", help="Each test's limit.")
@click.option("--notes", default="", metavar="TEXT", help="For the labs' people.")
@click.option("--wait-limit", type=DURATION, metavar="TIME", help="Wait for the ends, no longer than this.")
@click.option("--html", type=FILE, metavar="FILE", help="Write the table there, as a page.")
@hub_url
@common
@pass_session
def put_campaign(
    session: Session,
    /,
    selectors: tuple[str, ...],
    tests: tuple[str, ...],
    wait_limit: int | None,
    html: Path | None,
    **given: Any,
) -> int:
    """Ask for several tests on several boards, each test for each SELECTOR, and show how it is with them.

    Each pair becomes a request, with --each or --count a campaign of the hub's. One that is refused holds no other up.
    Exit status 0 if all were taken and, with --wait-limit, all ended with PASS or SKIP.

    \b
    Example: ftc put-campaign type=bbb arch=arm64 -t Functional.hello_world,Benchmark.dhrystone --each
    """
    pairs = _pairs(session, selectors, tests, given)
    made: list[Request] = []
    refused: list[Refused] = []
    _put_all(session, pairs, made, refused)
    status = 1 if refused else 0
    if wait_limit is not None and made:
        from fuego_jenkins_remote.cli.waiting import wait_for_requests

        ended = wait_for_requests(session, made, limit=wait_limit)
        made, status = list(ended.requests), max(status, ended.exit_status)
    if html is not None:
        html.write_text(_page(made, refused, session.settings.get("hub_url")), encoding="utf-8")
    _show(session, made, refused)
    if refused:
        raise Failed(f"{len(refused)} of {len(pairs)} were not taken; see above")
    return status


def _pairs(
    session: Session, selectors: tuple[str, ...], tests: tuple[str, ...], given: dict[str, Any]
) -> list[dict[str, Any]]:
    """All that is to be put, checked before anything is."""
    from fuego_jenkins_remote.network import selectors as language

    places = list(dict.fromkeys(part for one in selectors for part in split_selectors(one)))
    names = list(dict.fromkeys(word for one in tests for word in re.split(r"[,\s]+", one) if word))
    if not names or not places:
        raise click.UsageError("say which tests (-t TEST, may be given again) and which boards (SELECTOR)")
    if len(names) * len(places) > MAX_PUTS:
        raise click.UsageError(f"{len(names)} tests on {len(places)} selectors: one call puts at most {MAX_PUTS}")
    for place in places:
        language.parse(place)
    return [wanted_request(session, place, test=name, **given) for name in names for place in places]


def _put_all(session: Session, pairs: list[dict[str, Any]], made: list[Request], refused: list[Refused]) -> None:
    """Put one after the other. When the hub does not answer any more, what was made is still to be told."""
    from fuego_jenkins_remote.client.errors import ClientError, Conflict, Invalid
    from fuego_jenkins_remote.fuego.errors import BadName

    for at, wanted in enumerate(pairs):
        try:
            made += put(session, wanted)[0]
        except (ClientError, click.UsageError, BadName) as error:
            refused.append(Refused(test=wanted["test"], selector=wanted["selector"], why=message_of(error)))
            if not isinstance(error, ClientError) or isinstance(error, Conflict | Invalid):
                continue
            left = (Refused(test=one["test"], selector=one["selector"], why="not asked for") for one in pairs[at + 1 :])
            refused.extend(left)
            return


def _show(session: Session, made: list[Request], refused: list[Refused]) -> None:
    rows = [(one.test, _place(one), how_it_is(one), one.id) for one in made]
    rows += [(one.test, one.selector, "refused: " + one.why, "") for one in refused]
    session.out.table(
        ("test", "where", "how it is", "request"),
        rows,
        bare=[one.id for one in made],
        data={
            "requests": [dict(one.raw) for one in made],
            "refused": [{"test": one.test, "selector": one.selector, "why": one.why} for one in refused],
        },
        empty="",
    )


def _page(made: list[Request], refused: list[Refused], hub_url: str) -> str:
    """Tests down, boards across; where one test has several requests for one place, they stand in rows of their own."""
    places = list(dict.fromkeys([*(_place(one) for one in made), *(one.selector for one in refused)]))
    cells: dict[str, dict[str, list[Cell]]] = {}
    for request in made:
        cell = Cell(text=how_it_is(request), url=f"{hub_url.rstrip('/')}/requests/{request.id}")
        cells.setdefault(request.test, {}).setdefault(_place(request), []).append(cell)
    for one in refused:
        cells.setdefault(one.test, {}).setdefault(one.selector, []).append(Cell(text="refused"))
    rows = [
        [Cell(text=test), *(next(iter(found.get(place, ())[at:]), Cell(text="")) for place in places)]
        for test, found in cells.items()
        for at in range(max(len(listed) for listed in found.values()))
    ]
    whys = [[Cell(text=one.test), Cell(text=one.selector), Cell(text=one.why)] for one in refused]
    parts = [table(["test", *places], rows, empty="Nothing was asked for.")]
    if whys:
        parts += ["<h2>Not taken</h2>", table(["test", "where", "why"], whys, empty="")]
    return page("Campaign", parts)


def _place(request: Request) -> str:
    return f"{request.host}:{request.board}" if request.board else request.selector


def how_it_is(request: Request) -> str:
    """A request's status, or its state while there is none."""
    return request.status or str(request.state)
