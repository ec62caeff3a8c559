"""The hub's calls (docs/protocol.md), one method each. All raise ClientError."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.client.api import Api, Json, segment
from fuego_jenkins_remote.client.errors import ClientError, TooLarge
from fuego_jenkins_remote.client.reading import read
from fuego_jenkins_remote.client.values import Beaten, Board, Claims, Made, Request
from fuego_jenkins_remote.network.identities import AttemptId

MAX_WAIT = 25.0
"""Seconds that a waiting call may wait: proxies cut off longer ones."""
MAX_CLAIM_BOARDS = 200
"""A claim names no more boards than this."""
MAX_BEATS = 500
"""A call brings no more heartbeats than this, and no more bytes than these (the hub takes 4 MiB)."""
MAX_PACKAGE = 64 * 2**20
"""Bytes of a test package: the hub takes no larger one."""
_BEATS_BYTES = 2 * 1024 * 1024


class HubClient:
    """A requester's and a lab's side of the hub; which calls are answered depends on the token."""

    def __init__(self, url: str, token: str, *, ca_file: Path | None = None, retries: int = 3) -> None:
        """See `Api`."""
        self.api = Api(url, token, service="hub", ca_file=ca_file, retries=retries)

    @property
    def url(self) -> str:
        """The hub's address."""
        return self.api.url

    def whoami(self) -> Json:
        """Whose token this is: kind, name, teams."""
        return self.api.get("/whoami")

    # -- boards

    def put_board(self, host: str, board: str, record: Mapping[str, Any]) -> Board:
        """Share a board, or say its facts anew; `record` is BoardIn."""
        path = f"/boards/{segment(host)}/{segment(board)}"
        return read(self.api, Board, self.api.call("PUT", path, body=dict(record)))

    def update_board(self, host: str, board: str, record: Mapping[str, Any]) -> Board:
        """The same: a hub's board has nothing that was not said of it by its lab."""
        return self.put_board(host, board, record)

    def rm_board(self, host: str, board: str) -> None:
        """Withdraw a board."""
        self.api.call("DELETE", f"/boards/{segment(host)}/{segment(board)}")

    def boards(self, *, selector: str = "", host: str = "") -> list[Board]:
        """The network's boards, all or those that match."""
        found = self.api.get("/boards", {"selector": selector, "host": host})
        return [read(self.api, Board, one) for one in found.get("boards") or ()]

    def board(self, host: str, board: str) -> Board:
        """One board."""
        return read(self.api, Board, self.api.get(f"/boards/{segment(host)}/{segment(board)}"))

    def put_health(self, host: str, board: str, health: str, reason: str = "") -> Board:
        """What the lab sees of a board: online, offline or broken. The same again is no change."""
        path = f"/boards/{segment(host)}/{segment(board)}/health"
        return read(self.api, Board, self.api.call("PUT", path, body={"health": health, "reason": reason}))

    # -- requests

    def put(self, wanted: Mapping[str, Any]) -> Made:
        """Ask for a test; `wanted` is RequestIn, with its call_id."""
        return read(self.api, Made, self.api.post("/requests", dict(wanted)))

    def put_request(self, wanted: Mapping[str, Any]) -> tuple[list[Request], str | None]:
        """The same; the requests made, and their campaign."""
        made = self.put(wanted)
        return list(made.requests), made.campaign

    def requests(self, **filters: object) -> tuple[list[Request], str | None]:
        """A page of requests, newest first, and where the next begins (`before`)."""
        answer = self.api.get("/requests", filters)
        return [read(self.api, Request, one) for one in answer.get("requests") or ()], answer.get("before")

    def request(self, request: str) -> Request:
        """One request with its history."""
        return read(self.api, Request, self.api.get(f"/requests/{segment(request)}"))

    def wait_for_change(self, request: str, seen: int, wait: float = MAX_WAIT) -> Request:
        """The request when its version is beyond `seen`, or as it is after `wait` seconds."""
        params = {"wait": wait, "seen": seen}
        return read(self.api, Request, self.api.get(f"/requests/{segment(request)}", params, wait=wait))

    def cancel(self, request: str, call_id: str, reason: str) -> Request:
        """Call a request off; a running one is stopped by its lab first."""
        return self._changed(f"/requests/{segment(request)}/cancel", {"call_id": call_id, "reason": reason})

    # -- packages

    def put_package(self, sha256: str, source: Path) -> None:
        """Leave a test package with the hub; raises TooLarge before anything of it is sent, which a proxy would cut."""
        size = source.stat().st_size
        if size > MAX_PACKAGE:
            raise TooLarge(f"the package has {size:,} bytes, and the hub takes {MAX_PACKAGE:,} at most")
        self.api.upload(f"/packages/{segment(sha256)}", source)

    def get_package(self, sha256: str, destination: Path, *, limit: int) -> None:
        """Fetch a test package; who calls this checks the digest of what came."""
        self.api.download(f"/packages/{segment(sha256)}", destination, limit=limit)

    # -- the lab's side

    def claim(
        self,
        claim_id: str,
        boards: Sequence[str],
        *,
        wait: float = 0,
        request: str | None = None,
        peek: bool = False,
        limits: Mapping[str, float] | None = None,
        instance: str = "",
    ) -> Claims:
        """Take at most one request for each of `boards`; `peek` only looks.

        `limits` holds seconds by board: such a board gets only requests whose time limit is not above it. `instance`
        is a bridge's name for itself; Conflict (`other-bridge`) while another one serves the lab.
        """
        body: Json = {"claim_id": claim_id, "boards": list(boards), "wait": wait, "request": request, "peek": peek}
        if limits:
            body["limits"] = dict(limits)  # a hub that does not know them yet is not bothered without need
        if instance:
            body["instance"] = instance
        answer = self.api.post("/claims", body, wait=wait)
        return read(self.api, Claims, answer)

    def leave(self, claim_id: str, instance: str) -> None:
        """The bridge stops: another one may claim for the lab at once."""
        self.api.post("/claims", {"claim_id": claim_id, "boards": [], "instance": instance, "leaves": True})

    def give_back(self, attempt: AttemptId, call_id: str, reason: str, approval: str | None = None) -> Request:
        """This lab does not run it now; `approval`: its people are asked (requested), or refuse (rejected)."""
        return self._of(attempt, "give-back", {"call_id": call_id, "reason": reason, "approval": approval})

    def start(self, attempt: AttemptId, call_id: str, build_url: str, build_number: str) -> bool:
        """The gate: True for go; raises Conflict for no go."""
        body = {"call_id": call_id, "build_url": build_url, "build_number": build_number}
        return bool(self.api.post(self._path(attempt, "start"), body).get("go"))

    def heartbeat(self, attempt: AttemptId, **said: str) -> Json:
        """A sign of life (log_tail, queue_why, build_url); raises Conflict when the attempt is over."""
        return self.api.post(self._path(attempt, "heartbeat"), dict(said))

    def heartbeats(self, beats: Sequence[Mapping[str, str]]) -> list[Beaten]:
        """Signs of life of many attempts, each `{"attempt", "log_tail"?, "queue_why"?, "build_url"?}`, in few calls.

        The answers in the same order: an attempt that is over fails no other, it `is_over`.
        """
        answers: list[Beaten] = []
        for part in _parts(beats):
            found = self.api.post("/heartbeats", {"beats": [dict(one) for one in part]}).get("answers") or ()
            if len(found) != len(part):
                raise ClientError(f"the hub at {self.url} answered {len(found)} of {len(part)} heartbeats")
            answers += [read(self.api, Beaten, one) for one in found]
        return answers

    def tested(self, attempt: AttemptId, call_id: str, status: str, run_key: str, summary: str) -> Request:
        """The test has ended."""
        body = {"call_id": call_id, "status": status, "run_key": run_key, "summary": summary}
        return self._of(attempt, "tested", body)

    def done(self, attempt: AttemptId, call_id: str, target: str, run_url: str, note: str = "") -> Request:
        """The run is delivered; a note says why it is not, and never will be."""
        return self._of(attempt, "done", {"call_id": call_id, "target": target, "run_url": run_url, "note": note})

    def error(
        self, attempt: AttemptId, call_id: str, reason: str, detail: str, console_tail: str, *, run_key: str = ""
    ) -> Request:
        """It could not be run; `run_key` is that of a run with what logs there are, if one will be delivered."""
        body = {"call_id": call_id, "reason": reason, "detail": detail, "console_tail": console_tail}
        return self._of(attempt, "error", {**body, "run_key": run_key})

    def cancelled(self, attempt: AttemptId, call_id: str, reason: str) -> Request:
        """A running attempt was stopped."""
        return self._of(attempt, "cancelled", {"call_id": call_id, "reason": reason})

    def _of(self, attempt: AttemptId, verb: str, body: Json) -> Request:
        return self._changed(self._path(attempt, verb), body)

    def _changed(self, path: str, body: Json) -> Request:
        return read(self.api, Request, self.api.post(path, body))

    @staticmethod
    def _path(attempt: AttemptId, verb: str) -> str:
        return f"/requests/{segment(attempt.request)}/attempts/{attempt.number}/{verb}"


def _parts(beats: Sequence[Mapping[str, str]]) -> Iterator[list[Mapping[str, str]]]:
    """In parts that one call may bring."""
    part: list[Mapping[str, str]] = []
    room = _BEATS_BYTES
    for one in beats:
        size = len(json.dumps(dict(one)))
        if part and (size > room or len(part) == MAX_BEATS):
            yield part
            part, room = [], _BEATS_BYTES
        part.append(one)
        room -= size
    if part:
        yield part
