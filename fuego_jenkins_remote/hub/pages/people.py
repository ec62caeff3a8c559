"""Teams, the reader's own tokens, and who has changed what."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response

from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.api.callers import Caller as SignedIn
from fuego_jenkins_remote.hub.api.callers import Form, TheHub, Viewer
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.people import AuditQuery, TeamName, TokenId
from fuego_jenkins_remote.hub.pages import forms
from fuego_jenkins_remote.hub.pages.shown import ROWS, address, show
from fuego_jenkins_remote.hub.people import invitations, teams, tokens
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.rights import allowed
from fuego_jenkins_remote.hub.statements import teams as team_sql
from fuego_jenkins_remote.network.permissions import Action, Level, Thing

router = APIRouter()


@router.get("/teams")
def teams_page(
    request: Request,
    hub: TheHub,
    who: Viewer,
    words: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show the teams whose name or description has the words."""
    text = words.strip()
    wanted = text.casefold().split()
    with hub.reading() as conn:
        found = [
            one
            for one in team_sql.listed(conn)
            if one.name > after and all(word in f"{one.name} {one.description}".casefold() for word in wanted)
        ]
    shown = found[:ROWS]
    return show(
        request,
        hub,
        "teams.html",
        teams=shown,
        levels=_levels(who),
        words=text,
        sees_audit=_sees_audit(who),
        older=address("/teams", words=text, after=shown[-1].name) if len(found) > ROWS else "",
        newest=address("/teams", words=text) if after else "",
    )


@router.get("/teams/{team}")
def team_page(request: Request, hub: TheHub, who: Viewer, team: TeamName) -> Response:
    """Show one team, and who is in it to who may see that."""
    with hub.reading() as conn:
        its = teams.thing(conn, team)
        sees = allowed(who, Action.SEE_TEAM, its)
        manages = allowed(who, Action.MANAGE_TEAM, its)
        values: dict[str, Any] = {
            "description": team_sql.description(conn, team) or "",
            "labs": team_sql.labs_of(conn, team),
            "members": team_sql.members(conn, team) if sees else [],
            "invited": invitations.listed(conn, who, team) if manages and who is not None else [],
        }
    by_level = [(level, [one.user for one in values["members"] if one.level is level]) for level in reversed(Level)]
    return show(
        request,
        hub,
        "team.html",
        team=team,
        sees=sees,
        manages=manages,
        sees_audit=allowed(who, Action.SEE_AUDIT, its),
        by_level=by_level,
        **values,
    )


@router.get("/tokens")
def tokens_page(request: Request, hub: TheHub, who: SignedIn) -> Response:
    """Show who the reader is here, and the tokens that speak for the reader."""
    return _tokens(request, hub, who)


@router.post("/tokens/{token_id}/revoke")
def revoke_form(request: Request, hub: TheHub, sent: Form, token_id: TokenId) -> Response:
    """Take a token out of use."""

    def revoke() -> None:
        with hub.change() as change:
            tokens.revoke(change, sent.caller, token_id)

    return forms.act(revoke, back="/tokens", again=partial(_tokens, request, hub, sent.caller))


@router.get("/audit")
def audit_page(request: Request, hub: TheHub, who: SignedIn, query: Annotated[AuditQuery, Query()]) -> Response:
    """Show who has changed what, to admins."""
    with hub.reading() as conn:
        entries, before = audit.listed(conn, who, audit.Filter(**dict(query)))
    form = {name: value for name, value in dict(query).items() if value and name not in {"limit", "before"}}
    return show(
        request,
        hub,
        "audit.html",
        entries=entries,
        form=form,
        older=address("/audit", **form, before=before),
        newest=address("/audit", **form) if query.before else "",
        more=before is not None,
    )


def _tokens(request: Request, hub: Hub, who: Caller, *, problem: str = "", http_status: int = 200) -> Response:
    with hub.reading() as conn:
        mine = tokens.listed(conn, who, "user", who.name) if who.kind == "user" else []
        of_labs = [(host, tokens.listed(conn, who, "lab", host)) for host in _labs_to_manage(conn, who)]
    return show(
        request,
        hub,
        "tokens.html",
        http_status=http_status,
        who=who,
        mine=sorted(mine, key=lambda one: (not one.is_good(hub.clock()), -one.created_at.timestamp())),
        of_labs=of_labs,
        sees_audit=_sees_audit(who),
        problem=problem,
    )


def _labs_to_manage(conn: sa.Connection, who: Caller) -> list[str]:
    """The labs of teams that the reader is an admin of."""
    if who.kind != "user" or not allowed(who, Action.OWN_THINGS, Thing(owner=who.name)):
        return []
    led = [one.team for one in who.teams if allowed(who, Action.GIVE_LAB_TOKEN, Thing(team=one.team))]
    return [lab.host for team in led for lab in team_sql.labs_of(conn, team)]


def _levels(who: Caller | None) -> dict[str, str]:
    return {one.team: str(one.level) for one in who.teams} if who is not None and who.kind == "user" else {}


def _sees_audit(who: Caller | None) -> bool:
    if who is None:
        return False
    return allowed(who, Action.SEE_AUDIT) or any(allowed(who, Action.SEE_AUDIT, Thing(team=t.team)) for t in who.teams)
