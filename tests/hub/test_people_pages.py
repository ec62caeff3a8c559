"""Pages on teams, tokens and the audit log: each shows what its reader may see, and nothing secret."""

from __future__ import annotations

import re

import pytest

from fuego_jenkins_remote.hub import admin, pages

from .conftest import World
from .test_forms import Reader, caller, held, readers

assert readers, "a fixture"


def test_a_teams_people_see_each_other_with_their_levels(readers: dict[str, Reader]) -> None:
    page = readers["ann"].page("/teams/annslab")
    assert "<dt>maintainers</dt><dd>bob</dd>" in page
    assert "<dt>members</dt><dd>ann</dd>" in page
    assert "Invitations" not in page


def test_others_see_that_there_is_a_team_and_not_who_is_in_it(readers: dict[str, Reader]) -> None:
    page = readers["eva"].page("/teams/annslab")
    assert "for its people to see" in page
    assert "bob" not in page
    assert "annslab" in readers["eva"].page("/teams")


def test_a_teams_admin_sees_how_to_bring_people_in(readers: dict[str, Reader]) -> None:
    page = readers["tim"].page("/teams/demolab")
    assert "ftc invite" in page
    assert 'href="/labs/demolab"' in page


@pytest.mark.parametrize(
    ("scope", "first", "hidden"),
    [
        ("results", "/requests", {"/boards", "/tests", "/labs", "/teams", "/tokens"}),
        ("read", "/", {"/tokens"}),
        ("admin", "/", set()),
    ],
)
def test_a_sign_in_comes_to_a_page_whose_head_leads_to_no_refusal(
    world: World, readers: dict[str, Reader], scope: str, first: str, hidden: set[str]
) -> None:
    client = readers["eva"].client
    answer = client.post("/sign-in", data={"token": admin.add_token(world.hub.engine, "ann", scope=scope)})
    assert (answer.status_code, answer.url.path) == (200, first)
    head = answer.text.partition("</header>")[0]
    links = set(re.findall(r'<a[^>]* href="(/[^"]*)"', head))
    assert {path: status for path in links if (status := client.get(path).status_code) != 200} == {}
    assert {*(path for _, path in pages.NAV), pages.ACCOUNT} - links == hidden


@pytest.mark.parametrize(("scope", "elsewhere"), [("results", False), ("read", True)])
def test_pages_of_results_lead_to_no_refusal(
    world: World, readers: dict[str, Reader], scope: str, elsewhere: bool
) -> None:
    asked_for, ran = held(world), world.put(caller(world, "ann"), "demolab:kvm").id
    which = world.running("demolab", "kvm")
    world.tested("demolab", which)
    world.done("demolab", which)
    client = readers["eva"].client
    client.post("/sign-in", data={"token": admin.add_token(world.hub.engine, "ann", scope=scope)})
    links: set[str] = set()
    for path in ("/requests", "/campaigns", f"/requests/{asked_for}", f"/requests/{ran}"):
        links |= set(re.findall(r'<a[^>]* href="(/[^"#]*)"', client.get(path).text))
    assert {path: status for path in links if (status := client.get(path).status_code) != 200} == {}
    assert any(path.startswith(("/boards/", "/labs/", "/tests/")) for path in links) is elsewhere


def test_a_lab_that_is_signed_in_is_led_everywhere(world: World, readers: dict[str, Reader]) -> None:
    client = readers["eva"].client
    answer = client.post("/sign-in", data={"token": admin.add_token(world.hub.engine, "demolab", kind="lab")})
    links = set(re.findall(r'<a[^>]* href="(/[^"]*)"', answer.text.partition("</header>")[0]))
    assert links >= {"/", pages.ACCOUNT, *(path for _, path in pages.NAV)}
    assert {path: status for path in links if (status := client.get(path).status_code) != 200} == {}


def test_an_unknown_team_is_a_page_too(readers: dict[str, Reader]) -> None:
    answer = readers["ann"].client.get("/teams/nowhere")
    assert (answer.status_code, "there is no team nowhere" in answer.text) == (404, True)


def test_one_sees_ones_own_tokens_and_revokes_them(world: World, readers: dict[str, Reader]) -> None:
    other = admin.add_token(world.hub.engine, "ann", description="of the <b>laptop</b>")
    prefix, secret = other.split("_", 2)[1:]
    page = readers["ann"].page("/tokens")
    assert "of the &lt;b&gt;laptop&lt;/b&gt;" in page
    assert secret not in page
    assert prefix not in readers["eva"].page("/tokens")
    assert readers["eva"].send("/tokens", f"/tokens/{prefix}/revoke").status_code == 404
    assert readers["ann"].send("/tokens", f"/tokens/{prefix}/revoke").status_code == 303
    assert '<span class="badge bad">revoked</span>' in readers["ann"].page("/tokens")


def test_who_revokes_the_token_of_this_sign_in_is_out(readers: dict[str, Reader]) -> None:
    page = readers["ann"].page("/tokens")
    mine = page.split("this one")[0].rsplit('<span class="mono">', 1)[1].split("<")[0]
    assert readers["ann"].send("/tokens", f"/tokens/{mine}/revoke").status_code == 303
    assert readers["ann"].client.get("/tokens", follow_redirects=False).headers["location"].startswith("/sign-in")


def test_admins_of_a_labs_team_see_the_labs_tokens(readers: dict[str, Reader]) -> None:
    assert "Tokens of the lab demolab" in readers["tim"].page("/tokens")
    assert "Tokens of the lab" not in readers["ann"].page("/tokens")


def test_the_audit_log_is_for_admins(readers: dict[str, Reader]) -> None:
    readers["tim"].send("/boards/demolab/qemu", "/boards/demolab/qemu/maintenance", out="1", reason="new <card>")
    page = readers["tim"].page("/audit")
    assert "board demolab:qemu" in page
    assert "new &lt;card&gt;" in page
    assert "testclient" in page, "from where"
    assert readers["ann"].client.get("/audit").status_code == 403
    assert 'href="/audit"' in readers["tim"].page("/teams")
    assert 'href="/audit"' not in readers["ann"].page("/teams")


@pytest.mark.parametrize("query", ["name=tim", "action=maintenance", "thing=board demolab:qemu", "team=demolab"])
def test_the_audit_log_is_narrowed(readers: dict[str, Reader], query: str) -> None:
    readers["tim"].send("/boards/demolab/qemu", "/boards/demolab/qemu/maintenance", out="1", reason="new card")
    assert "new card" in readers["tim"].page(f"/audit?{query}")
    name, _, value = query.partition("=")
    if name != "team":
        assert "Nothing was done like that" in readers["tim"].page(f"/audit?{name}={value}x")
