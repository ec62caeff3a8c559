"""Several tests, or several selectors, in one put: for `ftc put-request` and `ftc put-campaign`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client import campaigns
from fuego_jenkins_remote.client.campaigns import Campaign

MAX_PARTS = 500
"""Pairs of a test and a selector in one call; the hub takes no more."""

_OF_THE_WHOLE = ("call_id", "team", "private")
_PLACE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*):([A-Za-z0-9_][A-Za-z0-9_.-]*)")


def put_all(session: Session, wanted: Sequence[Mapping[str, Any]], *, name: str, call_id: str = "") -> Campaign:
    """Put them all as one campaign (each is a RequestIn, and all are for one team), or none of them.

    The same call id again is the same put; without one it is a new one.
    """
    from fuego_jenkins_remote.network.identities import new_call_id

    if len(wanted) > MAX_PARTS:
        raise click.UsageError(f"{len(wanted)} pairs of a test and boards: one call puts at most {MAX_PARTS}")
    places = _whole_places(session, [str(one["selector"]) for one in wanted])
    parts = [
        {key: value for key, value in one.items() if key not in _OF_THE_WHOLE} | {"selector": places[one["selector"]]}
        for one in wanted
    ]
    whole = {key: wanted[0][key] for key in _OF_THE_WHOLE[1:] if key in wanted[0]}
    body = {
        "call_id": call_id or new_call_id(),
        "name": name,
        "notes": wanted[0].get("notes", ""),
        "parts": parts,
        **whole,
    }
    return campaigns.put(session.hub.api, body)


def _whole_places(session: Session, selectors: Sequence[str]) -> dict[str, str]:
    """Each selector as it is meant: HOST:BOARD may be the start of a board's name, if of one alone."""
    from fuego_jenkins_remote.fuego.names import board_prefix_matches

    found = {selector: selector for selector in selectors}
    places = {selector: place for selector in found if (place := _PLACE.fullmatch(selector))}
    for host in {place[1] for place in places.values()}:
        names = [board.name for board in session.hub.boards(host=host)]
        for selector, place in places.items():
            fits = board_prefix_matches(place[2], names)
            if place[1] == host and place[2] not in names and len(fits) == 1:
                found[selector] = f"{host}:{fits[0]}"
    return found
