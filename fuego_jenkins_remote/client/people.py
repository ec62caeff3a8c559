"""The hub's calls on people: who one is, teams, invitations, tokens, the audit log. All raise ClientError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from fuego_jenkins_remote.client.api import Api, Json, segment
from fuego_jenkins_remote.client.errors import ClientError


def whoami(api: Api) -> Json:
    """Whose token this is."""
    return api.get("/whoami")


def teams(api: Api) -> list[Json]:
    """All teams."""
    return _list(api, api.get("/teams"), "teams")


def team(api: Api, name: str) -> Json:
    """A team with its people and labs."""
    return api.get(f"/teams/{segment(name)}")


def put_team(api: Api, name: str, description: str) -> Json:
    """Make a team, or say what it is about."""
    return api.call("PUT", f"/teams/{segment(name)}", body={"description": description})


def set_level(api: Api, name: str, user: str, level: str) -> Json:
    """Give a user a level in a team."""
    return api.call("PUT", f"/teams/{segment(name)}/members/{segment(user)}", body={"level": level})


def remove(api: Api, name: str, user: str) -> None:
    """Take a user out of a team."""
    api.call("DELETE", f"/teams/{segment(name)}/members/{segment(user)}")


def change_user(api: Api, name: str, values: Mapping[str, object]) -> Json:
    """Change a user; only what is in `values`."""
    return api.call("PATCH", f"/users/{segment(name)}", body=dict(values))


def change_lab(api: Api, host: str, team: str) -> Json:
    """Give a lab to another team."""
    return api.call("PATCH", f"/labs/{segment(host)}", body={"team": team})


def labs(api: Api) -> list[Json]:
    """All labs."""
    return _list(api, api.get("/labs"), "labs")


def invite(api: Api, code: str, team: str, **values: object) -> Json:
    """Invite: `code` is one that nobody else knows (`network.tokens.new_code`)."""
    return api.post("/invitations", {"code": code, "team": team, **_said(values)})


def invitations(api: Api, team: str) -> list[Json]:
    """The invitations of a team."""
    return _list(api, api.get("/invitations", {"team": team}), "invitations")


def revoke_invitation(api: Api, invitation: str) -> Json:
    """Take an invitation back."""
    return api.call("DELETE", f"/invitations/{segment(invitation)}")


def join(api: Api, code: str, *, token: str = "", name: str = "", email: str = "") -> Json:
    """Turn a code into the token that is given; without one into a place in a team for who has one already."""
    return api.post("/join", {"code": code, "token": token, "name": name, "email": email})


def tokens(api: Api, *, kind: str = "user", owner: str = "") -> list[Json]:
    """Our own tokens, or those of a lab or another user."""
    return _list(api, api.get("/tokens", {"kind": kind, "owner": owner}), "tokens")


def add_token(api: Api, token: str, **values: object) -> Json:
    """Another token: the one that is given (`network.tokens.new_secret`)."""
    return api.post("/tokens", {"token": token, **_said(values)})


def revoke_token(api: Api, token_id: str) -> Json:
    """Take a token out of use."""
    return api.call("DELETE", f"/tokens/{segment(token_id)}")


def audit(api: Api, limit: int, **filters: object) -> list[Json]:
    """The newest entries of the audit log, at most so many."""
    found: list[Json] = []
    before: object = ""
    while len(found) < limit and before is not None:
        page = api.get("/audit", {**_said(filters), "limit": min(200, limit - len(found)), "before": before})
        found += _list(api, page, "entries")
        before = page.get("before")
    return found


def _said(values: Mapping[str, object]) -> Json:
    plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
    return {key: value for key, value in plain.items() if value not in (None, "")}


def _list(api: Api, answer: Json, key: str) -> list[Json]:
    found = answer.get(key)
    if not isinstance(found, Sequence) or not all(isinstance(one, dict) for one in found):
        raise ClientError(f"the hub at {api.url} told of {key} in a way that is not understood here")
    return list(found)
