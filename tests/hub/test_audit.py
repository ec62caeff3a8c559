"""Every change that people make, and all that labs set, stands in the audit log: each route that changes something.

A new route is held to it as soon as it is there: it is done here, or stands among the exceptions with the reason.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app_routes import routes_of
from fuego_jenkins_remote.hub import admin, audit
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.hub.records import AuditEntry
from fuego_jenkins_remote.network.tokens import new_code, new_secret
from packed_tests import pack, pack_binary

from .conftest import Service, init_quickly

ATTEMPTS = "/api/v1/requests/{request_id}/attempts/{number}"
OF_MACHINES = "said by the lab's machine all the time; it stands in the request's history"
EXCEPTIONS: Mapping[str, str] = {
    "POST /sign-in": "a session changes nothing in the network; when a token was used last is shown with it",
    "POST /sign-out": "as with signing in",
    "POST /api/v1/boards/match": "only looks",
    "POST /api/v1/claims": OF_MACHINES,
    "POST /api/v1/heartbeats": OF_MACHINES,
    "PUT /api/v1/boards/{host}/{board}/health": "what the lab's machine sees; it stands with the board, over time",
    **{
        f"POST {ATTEMPTS}/{what}": OF_MACHINES
        for what in ("give-back", "start", "heartbeat", "tested", "done", "error", "cancelled")
    },
}


@dataclass
class Place:
    """A hub where something can be done to everything, and short words for it."""

    service: Service
    folder: Path
    calls: int = 0
    code: str = ""

    def call_id(self) -> dict[str, str]:
        self.calls += 1
        return {"call_id": f"call-{self.calls:06}"}

    def ok(self, who: str, method: str, path: str, **body: Any) -> Any:
        answer = self.service.call(who, method, path, **({"json": body} if body else {}))
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def clear(self) -> None:
        """As it was at the beginning, as far as one deed is in another's way."""
        self.ok("demolab", "PUT", "/boards/demolab/qemu", **BOARD, open_to=["*"])
        self.ok("tim", "DELETE", "/boards/demolab/qemu/maintenance")
        for one in self.ok("ann", "GET", "/requests?state=pending")["requests"]:
            self.ok("ann", "POST", f"/requests/{one['id']}/cancel", **self.call_id())
        for one in self.ok("tim", "GET", "/allowed")["allowed"]:
            self.ok("tim", "DELETE", f"/allowed/{one['id']}")
        for one in self.ok("ann", "GET", "/subscriptions")["subscriptions"]:
            self.ok("ann", "DELETE", f"/subscriptions/{one['id']}")

    def request(self) -> str:
        body = {**self.call_id(), "selector": "demolab:qemu", "test": "Functional.hello"}
        return str(self.ok("ann", "POST", "/requests", **body)["requests"][0]["id"])

    def campaign(self) -> str:
        part = {"selector": "demolab:qemu", "test": "Functional.hello"}
        return str(self.ok("ann", "POST", "/campaigns", **self.call_id(), parts=[part])["id"])

    def ended_campaign(self) -> str:
        """One that can be put again."""
        campaign = self.campaign()
        attempt = self.attempt()
        self.ok("demolab", "POST", f"{attempt}/start", **self.call_id())
        self.ok("demolab", "POST", f"{attempt}/error", **self.call_id(), reason="no-run", detail="", console_tail="")
        return campaign

    def held(self) -> str:
        """A request that demolab's people are asked about."""
        request = self.request()
        asked = {**self.call_id(), "reason": "asked first", "approval": "requested"}
        self.ok("demolab", "POST", f"{self.attempt()}/give-back", **asked)
        return request

    def attempt(self) -> str:
        """The address of one at what waits."""
        claim = self.ok("demolab", "POST", "/claims", claim_id=self.call_id()["call_id"], boards=["qemu"])
        [got] = claim["attempts"]
        return f"/requests/{got['request']['id']}/attempts/{got['number']}"

    def allowed(self) -> str:
        return str(self.ok("tim", "PUT", "/labs/demolab/allowed", user="ann", test="Functional.hello")["id"])

    def invited(self) -> str:
        return str(self.invitation()["id"])

    def invitation(self) -> Any:
        self.code = new_code()
        return self.ok("tim", "POST", "/invitations", code=self.code, team="demolab")

    def joining(self) -> Callable[[], object]:
        self.invitation()
        return lambda: self.ok("", "POST", "/join", code=self.code, token=new_secret("user"), name="new")

    def token(self) -> Any:
        return self.ok("ann", "POST", "/tokens", token=new_secret("user"))

    def subscription(self, to: str = "ann@example.org") -> str:
        return str(self.ok("ann", "POST", "/subscriptions", **self.call_id(), events=["done"], to=to)["id"])

    def package(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        assert self.service.call("ann", "PUT", f"/packages/{digest}", content=content).is_success
        return digest

    def test(self) -> str:
        """A test in the store; gives its version."""
        digest = self.package(pack(self.folder / "test", "Functional.packed").read_bytes())
        return str(self.ok("ann", "POST", "/tests", package=digest)["label"])

    def putting_a_test(self) -> Callable[[], object]:
        self.ok("ann", "DELETE", f"/tests/Functional.packed/{self.test()}")
        return self.test

    def binary(self) -> Callable[[], object]:
        digest = self.package(pack_binary(self.folder, BINARY).read_bytes())
        return lambda: self.ok("ann", "POST", "/binaries", package=digest)

    def send(self, who: str, page: str, path: str, **fields: str) -> None:
        """Send a form of a page."""
        client = TestClient(self.service.client.app, headers={"accept": "text/html"})
        client.post("/sign-in", data={"token": self.service.secrets[who], "next": "/labs"})
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(page).text)
        assert found, page
        answer = client.post(path, data={"csrf": found[1], **fields}, follow_redirects=False)
        assert answer.status_code == 303, answer.text


@pytest.fixture
def place(service: Service, tmp_path: Path) -> Place:
    service.secrets["root"] = admin.add_user(service.engine, "root", network_admin=True)
    service.secrets["bob"] = admin.add_user(service.engine, "bob", teams=["bobslab"])
    return Place(service, tmp_path)


Deed = Callable[[Place], Callable[[], object]]
"""Prepares what is needed, and gives what does the deed itself."""
BINARY = '{"name": "Functional.packed", "toolchain": "debian-armhf"}'
BOARD = {"facts": {"arch": "x86_64"}}
"""The board as it is, but for nobody else."""


def _api(who: str, method: str, path: str, **body: Any) -> Deed:
    return lambda place: lambda: place.ok(who, method, path, **body)


def _of(make: Callable[[Place], str], who: str, method: str, path: str, **body: Any) -> Deed:
    """A call on a thing that is made first: {} of the path is its name."""

    def prepared(place: Place) -> Callable[[], object]:
        made = make(place)
        more = place.call_id() if path.endswith(("cancel", "rerun", "test", "secret")) else {}
        return lambda: place.ok(who, method, path.format(made), **more, **body)

    return prepared


def _form(make: Callable[[Place], str], who: str, page: str, path: str, **fields: str) -> Deed:
    def prepared(place: Place) -> Callable[[], object]:
        made = make(place)
        return lambda: place.send(who, page.format(made), path.format(made), **fields)

    return prepared


def _nothing(_place: Place) -> str:
    return ""


DEEDS: Mapping[str, tuple[str, Deed]] = {
    "PUT /api/v1/teams/{team}": ("put-team", _api("root", "PUT", "/teams/new", description="a new one")),
    "PUT /api/v1/teams/{team}/members/{user}": (
        "set-member",
        _api("tim", "PUT", "/teams/demolab/members/bob", level="guest"),
    ),
    "DELETE /api/v1/teams/{team}/members/{user}": ("rm-member", _api("bob", "DELETE", "/teams/bobslab/members/bob")),
    "PATCH /api/v1/users/{user}": ("set-user", _api("root", "PATCH", "/users/bob", disabled=True)),
    "PATCH /api/v1/labs/{host}": ("set-lab", _api("root", "PATCH", "/labs/otherlab", team="annslab")),
    "POST /api/v1/invitations": ("invite", lambda place: place.invitation),
    "DELETE /api/v1/invitations/{invitation_id}": (
        "revoke-invitation",
        _of(Place.invited, "tim", "DELETE", "/invitations/{}"),
    ),
    "POST /api/v1/join": ("join", Place.joining),
    "POST /api/v1/tokens": ("add-token", lambda place: place.token),
    "DELETE /api/v1/tokens/{token_id}": (
        "revoke-token",
        _of(lambda place: str(place.token()["id"]), "ann", "DELETE", "/tokens/{}"),
    ),
    "PUT /api/v1/boards/{host}/{board}": ("put-board", _api("demolab", "PUT", "/boards/demolab/qemu", **BOARD)),
    "DELETE /api/v1/boards/{host}/{board}": ("rm-board", _api("demolab", "DELETE", "/boards/demolab/qemu")),
    "PUT /api/v1/boards/{host}/{board}/maintenance": (
        "maintenance",
        _api("tim", "PUT", "/boards/demolab/qemu/maintenance", reason="a new cable"),
    ),
    "DELETE /api/v1/boards/{host}/{board}/maintenance": (
        "available",
        _of(
            lambda place: str(place.ok("tim", "PUT", "/boards/demolab/qemu/maintenance", reason="a cable")["name"]),
            "tim",
            "DELETE",
            "/boards/demolab/{}/maintenance",
        ),
    ),
    "POST /api/v1/requests": ("put-request", lambda place: place.request),
    "POST /api/v1/requests/{request_id}/cancel": (
        "cancel-request",
        _of(Place.request, "ann", "POST", "/requests/{}/cancel"),
    ),
    "PUT /api/v1/requests/{request_id}/approvals/{host}": (
        "approve-request",
        _of(Place.held, "tim", "PUT", "/requests/{}/approvals/demolab", answer="approved"),
    ),
    "PUT /api/v1/labs/{host}/allowed": ("allow", lambda place: place.allowed),
    "DELETE /api/v1/allowed/{allowed_id}": ("disallow", _of(Place.allowed, "tim", "DELETE", "/allowed/{}")),
    "POST /api/v1/campaigns": ("put-campaign", lambda place: place.campaign),
    "POST /api/v1/campaigns/{campaign_id}/cancel": (
        "cancel-campaign",
        _of(Place.campaign, "ann", "POST", "/campaigns/{}/cancel"),
    ),
    "POST /api/v1/campaigns/{campaign_id}/rerun": (
        "rerun-campaign",
        _of(Place.ended_campaign, "ann", "POST", "/campaigns/{}/rerun"),
    ),
    "PUT /api/v1/packages/{sha256}": ("put-package", lambda place: lambda: place.package(b"a package")),
    "POST /api/v1/tests": ("put-test", Place.putting_a_test),
    "DELETE /api/v1/tests/{name}/{version}": (
        "rm-test",
        _of(Place.test, "ann", "DELETE", "/tests/Functional.packed/{}"),
    ),
    "POST /api/v1/binaries": ("put-binary-package", Place.binary),
    "POST /api/v1/subscriptions": ("subscribe", lambda place: place.subscription),
    "PUT /api/v1/subscriptions/usual": ("unsubscribe", _api("ann", "PUT", "/subscriptions/usual", on=False)),
    "DELETE /api/v1/subscriptions/{subscription_id}": (
        "unsubscribe",
        _of(Place.subscription, "ann", "DELETE", "/subscriptions/{}"),
    ),
    "POST /api/v1/subscriptions/{subscription_id}/test": (
        "test-notice",
        _of(Place.subscription, "ann", "POST", "/subscriptions/{}/test"),
    ),
    "POST /api/v1/subscriptions/{subscription_id}/secret": (
        "rotate-secret",
        _of(lambda place: place.subscription("https://ci.example.org/x"), "ann", "POST", "/subscriptions/{}/secret"),
    ),
    "POST /boards/{host}/{name}/maintenance": (
        "maintenance",
        _form(_nothing, "tim", "/boards/demolab/qemu", "/boards/demolab/qemu/maintenance", out="1", reason="a cable"),
    ),
    "POST /requests/{request_id}/cancel": (
        "cancel-request",
        _form(Place.request, "ann", "/requests/{}", "/requests/{}/cancel"),
    ),
    "POST /requests/{request_id}/answer/{host}": (
        "approve-request",
        _form(Place.held, "tim", "/requests/{}", "/requests/{}/answer/demolab", answer="approved"),
    ),
    "POST /campaigns/{campaign_id}/cancel": (
        "cancel-campaign",
        _form(Place.campaign, "ann", "/campaigns/{}", "/campaigns/{}/cancel"),
    ),
    "POST /campaigns/{campaign_id}/rerun": (
        "rerun-campaign",
        _form(Place.ended_campaign, "ann", "/campaigns/{}", "/campaigns/{}/rerun"),
    ),
    "POST /labs/{host}/allowed/{allowed_id}/remove": (
        "disallow",
        _form(Place.allowed, "tim", "/labs/demolab", "/labs/demolab/allowed/{}/remove"),
    ),
    "POST /tokens/{token_id}/revoke": (
        "revoke-token",
        _form(lambda place: str(place.token()["id"]), "ann", "/tokens", "/tokens/{}/revoke"),
    ),
    "POST /notices/usual": ("unsubscribe", _form(_nothing, "ann", "/notices", "/notices/usual")),
    "POST /notices/{subscription_id}/remove": (
        "unsubscribe",
        _form(Place.subscription, "ann", "/notices", "/notices/{}/remove"),
    ),
    "POST /notices/{subscription_id}/test": (
        "test-notice",
        _form(lambda place: place.subscription("https://ci.example.org/y"), "ann", "/notices", "/notices/{}/test"),
    ),
}
ELSEWHERE: Mapping[str, str] = {
    "POST /api/v1/subscriptions/confirm": "test_subscriptions.py",
}
"""What needs more to be done: where its entry is looked at."""


@pytest.mark.slow
def test_what_a_route_changes_stands_in_the_audit_log(place: Place) -> None:
    for route, (action, prepare) in DEEDS.items():
        place.clear()
        do = prepare(place)
        newest = _log(place)[0].id
        do()
        new = [entry for entry in _log(place) if entry.id > newest]
        assert action in [entry.action for entry in new], route
        assert all(entry.name and entry.address and entry.thing for entry in new), route


def test_each_route_that_is_not_for_reading_is_in_the_tables_above(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    init_quickly(folder)
    engine = admin.open_data(folder)
    found = {
        f"{method} {route.path}"
        for route in routes_of(make_app(engine, folder))
        for method in route.methods - {"GET", "HEAD"}
    }
    engine.dispose()
    assert found == {*DEEDS, *EXCEPTIONS, *ELSEWHERE}


def test_what_was_done_to_a_campaign_is_found_by_its_id(place: Place) -> None:
    campaign = place.ended_campaign()
    place.ok("ann", "POST", f"/campaigns/{campaign}/rerun", **place.call_id())
    place.ok("ann", "POST", f"/campaigns/{campaign}/cancel", **place.call_id(), reason="the wrong kernel")
    done = place.ok("root", "GET", f"/audit?thing=campaign {campaign}")["entries"]
    assert [(one["action"], one["name"], one["team"]) for one in done] == [
        ("cancel-campaign", "ann", "annslab"),
        ("rerun-campaign", "ann", "annslab"),
        ("put-campaign", "ann", "annslab"),
    ]
    assert [one["detail"] for one in done][:2] == ["the wrong kernel", "1 put again of what is failed or lost"]
    assert f'href="/campaigns/{campaign}"' in _page(place, "/audit")


def test_an_entry_on_a_request_of_a_campaign_names_the_campaign(place: Place) -> None:
    campaign = place.campaign()
    place.ok("ann", "POST", f"/campaigns/{campaign}/cancel", **place.call_id(), reason="the wrong kernel")
    [entry] = place.ok("root", "GET", "/audit?action=cancel-request")["entries"]
    assert entry["detail"] == f"of the campaign {campaign}: the wrong kernel"


def test_what_was_done_to_a_private_campaign_is_told_to_who_may_see_it(place: Place) -> None:
    place.service.secrets["boss"] = admin.add_user(place.service.engine, "boss", teams=["annslab:admin"])
    part = {"selector": "demolab:qemu", "test": "Functional.hello"}
    made = place.ok("ann", "POST", "/campaigns", **place.call_id(), parts=[part], private=True)["id"]
    place.ok("ann", "POST", f"/campaigns/{made}/cancel", **place.call_id())
    seen = {who: place.ok(who, "GET", f"/audit?thing=campaign {made}")["entries"] for who in ("boss", "root", "tim")}
    assert {who: len(entries) for who, entries in seen.items()} == {"boss": 2, "root": 0, "tim": 0}


def _page(place: Place, path: str) -> str:
    client = TestClient(place.service.client.app, headers={"accept": "text/html"})
    client.post("/sign-in", data={"token": place.service.secrets["root"], "next": "/labs"})
    return str(client.get(path).text)


def _log(place: Place) -> list[AuditEntry]:
    return admin.audit_log(place.service.engine, audit.Filter(limit=200))
