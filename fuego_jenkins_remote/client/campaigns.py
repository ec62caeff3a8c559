"""The hub's calls on campaigns (docs/protocol.md). All raise ClientError."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.client.api import Api, Json, segment
from fuego_jenkins_remote.client.hub import MAX_WAIT
from fuego_jenkins_remote.client.reading import text_of, time_of, understanding
from fuego_jenkins_remote.network.campaigns import Part, Progress, progress
from fuego_jenkins_remote.network.states import State


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A campaign in a list; `raw` is all that the hub said."""

    id: str
    name: str
    requester: str
    team: str
    created_at: datetime | None
    ended_at: datetime | None
    total: int
    ended: int
    counts: Mapping[str, int]
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Campaign(Brief):
    """A campaign with the requests that stand in its table."""

    version: int
    notes: str
    private: bool
    round: int
    parts: Sequence[Part]
    told: tuple[str, ...] = ()  # when it was put: what its requester should know

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return progress(self.parts)


@dataclass(frozen=True, kw_only=True)
class CalledOff:
    """What a cancel has done: ids of requests that have ended, and of those whose labs are asked to stop them."""

    cancelled: tuple[str, ...]
    stopping: tuple[str, ...]
    campaign: Campaign


@dataclass(frozen=True, kw_only=True)
class Again:
    """What was put again: ids of new requests, and of those that stay as they are, each with the reason."""

    made: tuple[str, ...]
    left: tuple[tuple[str, str], ...]
    campaign: Campaign


def put(api: Api, wanted: Mapping[str, Any]) -> Campaign:
    """Ask for all of it (`wanted` is CampaignIn, with its call_id)."""
    return _read(api, api.post("/campaigns", dict(wanted)))


def get(api: Api, campaign: str) -> Campaign:
    """One campaign."""
    return _read(api, api.get(f"/campaigns/{segment(campaign)}"))


def wait_for_change(api: Api, campaign: str, seen: int, wait: float = MAX_WAIT) -> Campaign:
    """The campaign when its version is beyond `seen`, or as it is after `wait` seconds."""
    return _read(api, api.get(f"/campaigns/{segment(campaign)}", {"wait": wait, "seen": seen}, wait=wait))


def listed(api: Api, **filters: object) -> tuple[list[Brief], str | None]:
    """A page of campaigns, newest first, and where the next begins (`before`)."""
    answer = api.get("/campaigns", filters)
    with understanding(api, "campaign"):
        return [Brief(**_brief(one)) for one in answer.get("campaigns") or ()], answer.get("before")


def cancel(api: Api, campaign: str, call_id: str, reason: str) -> CalledOff:
    """Call off all of it that has not ended."""
    answer = api.post(f"/campaigns/{segment(campaign)}/cancel", {"call_id": call_id, "reason": reason})
    with understanding(api, "campaign"):
        return CalledOff(
            cancelled=tuple(map(str, answer["cancelled"])),
            stopping=tuple(map(str, answer["stopping"])),
            campaign=_read(api, answer["campaign"]),
        )


def rerun(api: Api, campaign: str, call_id: str, groups: Iterable[str]) -> Again:
    """Put requests of these groups again; without any those that failed or were lost."""
    body: Json = {"call_id": call_id}
    if chosen := list(groups):
        body["groups"] = chosen
    answer = api.post(f"/campaigns/{segment(campaign)}/rerun", body)
    with understanding(api, "campaign"):
        return Again(
            made=tuple(map(str, answer["made"])),
            left=tuple((str(one["request"]), str(one["reason"])) for one in answer["left"]),
            campaign=_read(api, answer["campaign"]),
        )


def _read(api: Api, data: Mapping[str, Any]) -> Campaign:
    with understanding(api, "campaign"):
        return Campaign(
            **_brief(data),
            version=int(data["version"]),
            notes=text_of(data, "notes"),
            private=bool(data.get("private")),
            round=int(data.get("round") or 0),
            parts=[_part(one) for one in data["requests"]],
            told=tuple(str(sentence) for sentence in data.get("told") or ()),
        )


def _brief(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(data["id"]),
        "name": text_of(data, "name"),
        "requester": text_of(data, "requester"),
        "team": text_of(data, "team"),
        "created_at": time_of(data, "created_at"),
        "ended_at": time_of(data, "ended_at"),
        "total": int(data["total"]),
        "ended": int(data["ended"]),
        "counts": {str(word): int(number) for word, number in data["counts"].items()},
        "raw": dict(data),
    }


def _part(data: Mapping[str, Any]) -> Part:
    texts = ("id", "test", "spec", "selector", "status", "host", "board", "reason", "run_url")
    return Part(state=State(data["state"]), held=bool(data.get("held")), **{key: text_of(data, key) for key in texts})
