"""What a lab's people answer, by ftc against a hub that runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.network.identities import new_call_id

pytestmark = pytest.mark.slow

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def ask(ftc, network, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Put a request of tim's, which the lab gives back with a question to its people."""

    def put(test: str, *more: str) -> str:
        network.as_lab(monkeypatch)
        assert ftc("put-board", "-b", "other").status == 0
        network.as_user(monkeypatch, "tim")
        request = ftc("put-request", "-q", "-b", "demolab:other", "-t", test, "--notes", "größer", *more).out.strip()
        lab = HubClient(network.hub, (network.tokens / "lab.hub").read_text().strip())
        claims = lab.claim(new_call_id(), ["other"], request=request)
        assert [one.request.id for one in claims.attempts] == [request]
        lab.give_back(claims.attempts[0].id, new_call_id(), "fragt erst", "requested")
        network.as_user(monkeypatch, "boss")
        return request

    return put


def test_what_waits_is_listed_with_the_commands_that_answer_it(ftc, ask) -> None:
    request = ask("Functional.asked")
    listed = ftc("list-requests", "--held")
    assert "fragt erst" in listed.out
    assert f"ftc approve-request {request} --host demolab --always\n" in listed.out
    [one] = [each for each in ftc("list-requests", "--held", "--json").json() if each["request"]["id"] == request]
    assert (one["host"], one["boards"], len(one["commands"])) == ("demolab", ["other"], 3)
    assert request in ftc("list-requests", "--held", "-q").out.split()
    assert "demolab: requested since" in ftc("query-request", request).out
    assert ftc("list-requests", "--held", "--state", "pending").status == 2
    assert ftc("reject-request", request, "--host", "demolab", "--reason", "heute nicht").status == 0
    assert request not in ftc("list-requests", "--held", "-q").out


def test_several_are_answered_at_once_and_one_that_waits_for_nobody_stops_no_other(ftc, ask) -> None:
    first, second = ask("Functional.eins"), ask("Functional.zwei")
    assert ftc("approve-request", first, "--host", "demolab").status == 0
    again = ftc("approve-request", first)
    assert (again.status, f"{first} waits for nobody's answer" in again.err) == (1, True)
    assert "approved for demolab by boss" in again.err
    both = ftc("reject-request", first, second, "--reason", "heute nicht")
    assert (both.status, f"rejected for demolab: request {second}" in both.out) == (1, True)
    assert f"{first} waits for nobody's answer" in both.err


def test_who_answers_sees_which_commit_of_git_it_is_and_what_else_was_asked_for(ftc, ask) -> None:
    git = ("--git", "https://git.example/t.git", "--ref", "main", "--commit", COMMIT)
    besides = ("--reboot", "true", "--precleanup", "true", "--postcleanup", "false", "--retries", "1")
    request = ask("Functional.outside", *git, *besides, "--priority", "60", "--notify", "boss", "--private")
    assert f" git {COMMIT[:12]} " in ftc("list-requests", "--held").out
    assert f"\ncommit      {COMMIT}\n" in ftc("query-request", request).out
    shown = {" ".join(line.split()) for line in ftc("query-request", "-v", request).out.splitlines()}
    assert shown >= {
        "switches reboot: the board is rebooted first",
        "no postcleanup: the test's files stay on the board afterwards",
        "priority 60",
        "retries 1 more attempt elsewhere, where it could not be run",
        "private for the eyes of timslab and of labs that may run it",
        "told boss",
    }
    assert ftc("reject-request", request, "--host", "demolab", "--reason", "heute nicht").status == 0


def test_a_request_as_most_are_says_no_more_than_it_has_to(ftc, ask) -> None:
    request = ask("Functional.plain")
    shown = ftc("query-request", "-v", request).out
    assert [
        word for word in ("commit", "switches", "priority", "retries", "private", "told") if f"\n{word} " in shown
    ] == []
    assert ftc("reject-request", request, "--host", "demolab", "--reason", "heute nicht").status == 0


def test_a_yes_for_good_is_listed_and_taken_back(ftc, ask) -> None:
    request = ask("Functional.often")
    assert ftc("approve-request", request, "--host", "demolab", "--until", "90d").status == 2
    answered = ftc("approve-request", request, "--host", "demolab", "--always", "--until", "90d")
    assert "runs there from now on without a question" in answered.out
    [one] = ftc("list-allowed", "--json").json()
    assert (one["user"], one["test"], one["by"]) == ("tim", "Functional.often", "boss")
    assert ftc("reject-request", request, "--host", "demolab", "--reason", "doch nicht").status == 0
    assert ftc("disallow", one["id"]).out == f"{one['id']} is allowed no more\n"
    assert ftc("list-allowed", "-q").out == ""


def test_something_is_allowed_for_good_before_anybody_asks(ftc, network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.as_user(monkeypatch, "boss")
    assert "--host HOST" in ftc("allow", "--team", "timslab", "-t", "Functional.*").err
    allowed = ftc("allow", "--team", "timslab", "-t", "Functional.*", "--host", "demolab", "-q").out.strip()
    assert ftc("disallow", allowed).status == 0
    assert ftc("allow", "-t", "Functional.*").status == 2
    assert "stands for no tests" in ftc("allow", "--user", "tim", "-t", "x*", "--host", "demolab").err
