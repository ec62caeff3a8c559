"""Who calls; teams, users and labs; invitations and what becomes of them; tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from fuego_jenkins_remote.hub.api.callers import Caller, MaybeCaller, TheHub, network_viewer
from fuego_jenkins_remote.hub.models.fields import Host, Sought, UserName
from fuego_jenkins_remote.hub.models.people import (
    InvitationIn,
    InvitationOut,
    Invitations,
    JoinedOut,
    JoinIn,
    Kind,
    LabIn,
    LabOut,
    Labs,
    LevelIn,
    TeamIn,
    TeamName,
    TeamOut,
    Teams,
    TokenId,
    TokenIn,
    TokenOut,
    Tokens,
    UserIn,
    UserOut,
    WhoAmI,
    WholeTeam,
)
from fuego_jenkins_remote.hub.people import invitations, labs, teams, tokens, users
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.hub.statements import teams as team_sql

router = APIRouter()

_SEEN = [Depends(network_viewer)]


@router.get("/whoami")
def whoami(hub: TheHub, who: Caller) -> WhoAmI:
    """Who the token speaks for."""
    with hub.reading() as conn:
        return WhoAmI.of(who, sql.labs_kept_by(conn, who))


# -- teams, users, labs


@router.get("/teams", dependencies=_SEEN)
def list_teams(hub: TheHub) -> Teams:
    """All teams."""
    with hub.reading() as conn:
        return Teams(teams=tuple(TeamOut.model_validate(one) for one in team_sql.listed(conn)))


@router.get("/teams/{team}")
def get_team(hub: TheHub, who: Caller, team: TeamName) -> WholeTeam:
    """A team with its people and labs."""
    with hub.reading() as conn:
        return WholeTeam.model_validate(teams.find_for(conn, who, team))


@router.put("/teams/{team}")
def put_team(hub: TheHub, who: Caller, team: TeamName, body: TeamIn) -> WholeTeam:
    """Make a team, or say what it is about."""
    with hub.change() as change:
        teams.put(change, who, team, body.description)
        return WholeTeam.model_validate(teams.find_for(change.conn, who, team))


@router.put("/teams/{team}/members/{user}")
def put_member(hub: TheHub, who: Caller, team: TeamName, user: UserName, body: LevelIn) -> WholeTeam:
    """Give a user a level in a team."""
    with hub.change() as change:
        teams.set_level(change, who, team, user, body.level)
        return WholeTeam.model_validate(teams.find_for(change.conn, who, team))


@router.delete("/teams/{team}/members/{user}", status_code=204)
def delete_member(hub: TheHub, who: Caller, team: TeamName, user: UserName) -> None:
    """Take a user out of a team, or leave it."""
    with hub.change() as change:
        teams.remove(change, who, team, user)


@router.patch("/users/{user}")
def change_user(hub: TheHub, who: Caller, user: UserName, body: UserIn) -> UserOut:
    """Change a user, shut one out, or let one in again."""
    with hub.change() as change:
        return UserOut.model_validate(users.change_user(change, who, user, body.change()))


@router.get("/labs", dependencies=_SEEN)
def list_labs(hub: TheHub) -> Labs:
    """All labs."""
    with hub.reading() as conn:
        return Labs(labs=tuple(LabOut.model_validate(one) for one in team_sql.labs_of(conn)))


@router.patch("/labs/{host}")
def change_lab(hub: TheHub, who: Caller, host: Host, body: LabIn) -> LabOut:
    """Give a lab to another team."""
    with hub.change() as change:
        labs.set_team(change, who, host, body.team)
        [lab] = [one for one in team_sql.labs_of(change.conn, body.team) if one.host == host]
    return LabOut.model_validate(lab)


# -- invitations


@router.post("/invitations", status_code=201)
def invite(hub: TheHub, who: Caller, body: InvitationIn) -> InvitationOut:
    """Invite somebody into a team, or a lab."""
    with hub.change() as change:
        return InvitationOut.model_validate(invitations.invite(change, who, body.new()))


@router.get("/invitations")
def list_invitations(hub: TheHub, who: Caller, team: Annotated[TeamName, Query()]) -> Invitations:
    """The invitations of a team."""
    with hub.reading() as conn:
        found = invitations.listed(conn, who, team)
    return Invitations(invitations=tuple(InvitationOut.model_validate(one) for one in found))


@router.delete("/invitations/{invitation_id}")
def revoke_invitation(hub: TheHub, who: Caller, invitation_id: TokenId) -> InvitationOut:
    """Take an invitation back."""
    with hub.change() as change:
        return InvitationOut.model_validate(invitations.revoke(change, who, invitation_id))


@router.post("/join", status_code=201, openapi_extra={"security": [{"token": []}, {}]})
def join(hub: TheHub, who: MaybeCaller, body: JoinIn) -> JoinedOut:
    """Turn the code of an invitation into a token, or into a place in a team for who has one."""
    with hub.reading() as conn:
        invitations.must_be_known(conn, body.code)
    with hub.change() as change:
        return JoinedOut.model_validate(invitations.join(change, who, body.new()))


# -- tokens


@router.get("/tokens")
def list_tokens(hub: TheHub, who: Caller, kind: Kind = "user", owner: Sought = "") -> Tokens:
    """The caller's tokens, or those of a lab or, for the network's admins, of another user."""
    with hub.reading() as conn:
        found = tokens.listed(conn, who, kind, owner or who.name)
    return Tokens(tokens=tuple(TokenOut.of(one) for one in found))


@router.post("/tokens", status_code=201)
def add_token(hub: TheHub, who: Caller, body: TokenIn) -> TokenOut:
    """Another token."""
    kind: Kind = "lab" if body.lab else "user"
    with hub.change() as change:
        return TokenOut.of(tokens.add(change, who, kind, body.lab or who.name, body.new()))


@router.delete("/tokens/{token_id}")
def revoke_token(hub: TheHub, who: Caller, token_id: TokenId) -> TokenOut:
    """Take a token out of use."""
    with hub.change() as change:
        return TokenOut.of(tokens.revoke(change, who, token_id))
