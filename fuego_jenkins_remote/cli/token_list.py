"""Tokens of a service's database, as its operator's verbs show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from fuego_jenkins_remote.cli.output import Output, local_time

if TYPE_CHECKING:
    from fuego_jenkins_remote.service.tokens import TokenRow


def show_tokens(
    out: Output, found: Sequence[TokenRow], *, owner: str, teams: Mapping[str, Sequence[str]] | None = None
) -> None:
    """A table of them; with `teams`, by owner, where a reader's stand in place of the scope, which only users' have."""
    out.table(
        (
            "id",
            "kind",
            "owner",
            "scope" if teams is None else "teams",
            "description",
            "made",
            "last used",
            "expires",
            "revoked",
        ),
        [
            (
                one.prefix,
                one.kind,
                one.owner,
                _good_for(one) if teams is None else ", ".join(_teams(one, teams)),
                one.description,
                *(local_time(at) for at in (one.created_at, one.last_used_at, one.expires_at, one.revoked_at)),
            )
            for one in found
        ],
        bare=[one.prefix for one in found],
        data=[as_json(one) if teams is None else {**as_json(one), "teams": _teams(one, teams)} for one in found],
        empty=f"there is no token of {owner}" if owner else "there is no token yet",
    )


def _good_for(one: TokenRow) -> str:
    return one.scope or ("admin" if one.kind == "user" else "")


def _teams(one: TokenRow, teams: Mapping[str, Sequence[str]]) -> list[str]:
    return list(teams.get(one.owner, ())) if one.kind == "read" else []


def show_revoked(out: Output, one: TokenRow) -> None:
    """That it is good no more."""
    out.result(f"the token {one.prefix} of {one.kind} {one.owner} is good no more", bare=one.prefix, data=as_json(one))


def token_id(text: str) -> str:
    """An ID, also of somebody who gives the whole token."""
    from fuego_jenkins_remote.network.tokens import split_prefix

    return split_prefix(text) or text


def as_json(token: TokenRow) -> dict[str, object]:
    """For programs."""
    values = asdict(token)
    values["id"] = values.pop("prefix")
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
