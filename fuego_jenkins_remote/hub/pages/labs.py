"""Labs: the list, and each of them with its boards and on what terms it shares them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.hub import board_search, boards, sight, standing
from fuego_jenkins_remote.hub.api.callers import Form, TheHub, Viewer
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.models.fields import Host
from fuego_jenkins_remote.hub.pages import forms
from fuego_jenkins_remote.hub.pages.shown import AGAIN_SECONDS, FEW, ROWS, address, show
from fuego_jenkins_remote.hub.pages.words import terms_in_words
from fuego_jenkins_remote.hub.records import Board, Caller
from fuego_jenkins_remote.hub.rights import allowed
from fuego_jenkins_remote.hub.statements import lab_lists
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.boards import QUIET, Standing
from fuego_jenkins_remote.network.permissions import Action, Thing
from fuego_jenkins_remote.network.states import State

router = APIRouter()

_SHOWN = 200
_WORDS = 10


@router.get("/labs")
def labs_page(
    request: Request,
    hub: TheHub,
    _who: Viewer,
    words: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show the labs whose name or team has the words."""
    now, text = hub.clock(), words.strip()
    with hub.reading() as conn:
        found = lab_lists.listed(conn, text.split()[:_WORDS], after, ROWS + 1)
        shown = found[:ROWS]
        counts = lab_lists.how_many(conn, [lab.host for lab in shown], now - QUIET)
    return show(
        request,
        hub,
        "labs.html",
        labs=shown,
        standings={host: board_search.summed(some, now) for host, some in counts.items()},
        words=text,
        older=address("/labs", words=text, after=shown[-1].host) if len(found) > ROWS else "",
        newest=address("/labs", words=text) if after else "",
        again=AGAIN_SECONDS,
        reload=0 if text else AGAIN_SECONDS,
    )


@router.get("/labs/{host}")
def lab_page(request: Request, hub: TheHub, who: Viewer, host: Host) -> Response:
    """Show one lab."""
    return _page(request, hub, who, host)


@router.post("/labs/{host}/allowed/{allowed_id}/remove")
def disallow_form(
    request: Request, hub: TheHub, sent: Form, host: Host, allowed_id: Annotated[str, Path(max_length=40)]
) -> Response:
    """Its people take back what they have allowed for good."""

    def disallow() -> None:
        with hub.change() as change:
            standing.disallow(change, sent.caller, allowed_id)

    return forms.act(disallow, back=f"/labs/{quote(host)}", again=partial(_page, request, hub, sent.caller, host))


def _page(
    request: Request, hub: Hub, who: Caller | None, host: str, *, problem: str = "", http_status: int = 200
) -> Response:
    now = hub.clock()
    with hub.reading() as conn:
        lab = lab_lists.find(conn, host)
        if lab is None:
            raise NotKnown(f"there is no lab {host}")
        its = sight.boards_for(conn, who, boards.listed(conn, host=host))
        answers = allowed(who, Action.ANSWER_REQUEST, Thing(labs={host: lab.team}))
        given = standing.listed(conn, who, host) if answers and who is not None else []
        asked = sql.listed(conn, who, sql.Filter(state=State.PENDING, asked_of=host), FEW)
        recent = sql.listed(conn, who, sql.Filter(host=host), FEW)
    return show(
        request,
        hub,
        "lab.html",
        http_status=http_status,
        problem=problem,
        lab=lab,
        hub_version=__version__,
        boards=its[:_SHOWN],
        more=max(0, len(its) - _SHOWN),
        standings={one: [board.standing(now) for board in its].count(one) for one in Standing},
        terms=_terms(its),
        answers=answers,
        given=[(one.id, standing.said(one)) for one in given],
        asked=asked,
        recent=recent,
        again=AGAIN_SECONDS,
        reload=AGAIN_SECONDS,
    )


def _terms(its: Sequence[Board]) -> list[tuple[Sequence[str], Sequence[Board]]]:
    """What holds for outsiders, with the boards for which it does: most share the same terms."""
    found: dict[tuple[str, ...], list[Board]] = defaultdict(list)
    for board in its:
        found[tuple(terms_in_words(board))].append(board)
    return sorted(found.items(), key=lambda one: -len(one[1]))
