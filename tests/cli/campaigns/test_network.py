"""A campaign's verbs against a hub that runs, with a lab that does its part."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.network.identities import new_call_id, run_key

pytestmark = pytest.mark.slow


@pytest.fixture
def lab(network, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubClient]:
    """A lab with two boards of its own for each test, which nothing else is asked for."""
    client = HubClient(network.hub, (network.tokens / "lab.hub").read_text().strip())
    for name in ("camp1", "camp2"):
        client.put_board("demolab", name, {"facts": {"type": "camp"}, "open_to": ["*"]})
    network.as_user(monkeypatch)
    yield client
    for name in ("camp1", "camp2"):
        client.rm_board("demolab", name)


def end_all(lab: HubClient, *statuses: str) -> None:
    """Have all that waits for the boards run, ending in these ways in turn."""
    ways = itertools.cycle(statuses)
    while attempts := lab.claim(new_call_id(), ["camp1", "camp2"]).attempts:
        for attempt in attempts:
            lab.start(attempt.id, new_call_id(), "", "")
            status = next(ways)
            if status == "error":
                lab.error(attempt.id, new_call_id(), "no-run", "cc: not found", "")
                continue
            lab.tested(attempt.id, new_call_id(), status, run_key("demolab", attempt.id), "")
            lab.done(attempt.id, new_call_id(), "vision", "https://v.example/run")


def put(ftc: Callable[..., object], *more: str) -> str:
    words = ("-b", "demolab:camp1", "-b", "demolab:camp2", "-t", "Functional.hello", "-t", "Functional.zwei")
    return str(ftc("put-request", *words, "--json", *more).json()["campaign"])


def test_a_campaign_is_put_followed_and_put_again_until_all_is_well(ftc, lab: HubClient) -> None:
    campaign = put(ftc, "--name", "für heute")
    assert campaign in ftc("list-campaigns", "-q", "--open").out.split()
    end_all(lab, "PASS", "FAIL", "error")
    shown = ftc("show-campaign", campaign)
    assert "name      für heute" in shown.out
    assert "4 of 4 have ended: 1 FAIL, 1 error, 2 PASS" in shown.out
    assert ftc("show-campaign", campaign, "--wait").status == 1
    assert ftc("rerun-campaign", campaign, "--failed").out == f"campaign {campaign}: 1 request put again\n"
    thread = threading.Timer(0.5, end_all, (lab, "PASS"))
    thread.start()
    waited = ftc("rerun-campaign", campaign, "--wait")
    thread.join()
    assert (waited.status, "4 of 4 have ended: 4 PASS" in waited.out) == (0, True)
    data = ftc("show-campaign", campaign, "--json").json()
    again = [one for one in data["requests"] if one["rerun_of"]]
    assert (data["round"], len(again)) == (2, 2)
    details = ftc("query-request", again[0]["rerun_of"]).out
    assert f"put again   {again[0]['id']}" in details
    assert campaign not in ftc("list-campaigns", "-q", "--open").out.split()
    assert "nothing of" in ftc("rerun-campaign", campaign).err


def test_each_is_a_campaign_that_put_request_waits_for(ftc, lab: HubClient) -> None:
    thread = threading.Timer(0.5, end_all, (lab, "PASS", "SKIP"))
    thread.start()
    waited = ftc("put-request", "type=camp", "-t", "Functional.hello", "--each", "--wait")
    thread.join()
    assert (waited.status, "2 of 2 have ended: 1 SKIP, 1 PASS" in waited.out) == (0, True)
    assert "(2 of 2)" in waited.err


def test_put_campaign_waits_and_the_worst_result_is_its_status(ftc, lab: HubClient, tmp_path: Path) -> None:
    page = tmp_path / "campaign.html"
    thread = threading.Timer(0.5, end_all, (lab, "PASS", "FAIL"))
    thread.start()
    waited = ftc("put-campaign", "-b", "type=camp", "-t", "Functional.hello", "--each", "--wait", "--html", page)
    thread.join()
    assert (waited.status, sorted(line.split()[2] for line in waited.out.splitlines()[1:])) == (1, ["FAIL", "PASS"])
    assert "2 of 2 have ended" in page.read_text()


@pytest.mark.parametrize("words", [("cancel-campaign",), ("rm-request", "--campaign")], ids=["verb", "rm-request"])
def test_a_campaign_is_called_off(ftc, lab: HubClient, words: tuple[str, ...]) -> None:
    campaign = put(ftc)
    [attempt] = lab.claim(new_call_id(), ["camp1"]).attempts
    lab.start(attempt.id, new_call_id(), "", "")
    done = ftc(*words, campaign, "--reason", "falscher Kern")
    assert done.out.splitlines() == [
        f"campaign {campaign}: 3 requests cancelled",
        "1 request still running: the labs were told to stop them",
    ]
    lab.cancelled(attempt.id, new_call_id(), "stopped")
    late = ftc(*words, campaign)
    assert (late.status, "too late" in late.err) == (1, True)


def test_a_part_that_cannot_be_put_keeps_all_back(ftc, lab: HubClient) -> None:
    result = ftc("put-request", "-b", "demolab:camp1", "-b", "type=none", "-t", "Functional.hello")
    assert (result.status, result.out) == (1, "")
    assert "nothing was put, since 1 of 2 parts cannot be" in result.err
    assert "Functional.hello on type=none" in result.err


def test_wrong_ids_are_told_before_anything_is_asked(ftc, network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.as_user(monkeypatch)
    for verb in ("show-campaign", "cancel-campaign", "rerun-campaign"):
        assert (ftc(verb, "c-nö").status, ftc(verb).status) == (2, 2)
    missing = ftc("show-campaign", "c-20261123-101500123-aaaaaaaa")
    assert (missing.status, "there is no campaign" in missing.err) == (1, True)
    assert ftc("rm-request").status == 2
