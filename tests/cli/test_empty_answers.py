"""Where there is nothing, a program still gets JSON, and a mistake is called one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import responses

HUB = "http://127.0.0.1:1"


@responses.activate
def test_get_request_without_a_request_is_an_empty_object(ftc, lab) -> None:
    responses.get(f"{HUB}/api/v1/boards", json={"boards": [{"host": "demolab", "name": "local1"}]})
    responses.post(f"{HUB}/api/v1/claims", json={"attempts": [], "cancels": []})
    result = ftc("get-request", "--json", "--hub-url", HUB)
    assert (result.status, result.json()) == (1, {})


def test_push_runs_without_a_run_is_an_empty_list(ftc, lab) -> None:
    result = ftc("push-runs", "--json")
    assert (result.status, result.json()) == (0, [])


def test_outbox_retry_where_nothing_waits_is_an_empty_list(ftc, lab) -> None:
    result = ftc("outbox", "retry", "--json")
    assert (result.status, result.json()) == (0, [])
    assert ftc("outbox", "retry").err == "nothing waits\n"


@responses.activate
def test_list_runs_takes_a_span_for_since(ftc, lab) -> None:
    asked = responses.get(f"{HUB}/api/v1/runs", json={"runs": []})
    assert ftc("list-runs", "-r", "--since", "2d", "--vision-url", HUB).status == 0
    since = parse_qs(urlsplit(str(asked.calls[0].request.url)).query)["since"]
    assert datetime.now(UTC) - datetime.fromisoformat(since[0]) < timedelta(days=2, minutes=1)


def test_list_runs_knows_its_statuses(ftc, lab) -> None:
    for words in (("list-runs", "--json"), ("list-runs", "-r")):
        result = ftc(*words, "--status", "NOSUCH")
        assert result.status == 2
        assert "no such status 'NOSUCH'; there are: PASS, FAIL, ERROR, SKIP" in result.err


@responses.activate
def test_put_board_says_what_boards_yaml_speaks_of_and_nobody_has(ftc, lab) -> None:
    (lab.conf.parent / "boards.yaml").write_text("boards:\n  lcoal1: {type: pc}\n  local2: {type: pc}\n")
    responses.get(f"{HUB}/api/v1/boards", json={"boards": []})
    responses.put(f"{HUB}/api/v1/boards/demolab/local1", json={"host": "demolab", "name": "local1"})
    result = ftc("put-board", "-b", "local1", "--hub-url", HUB)
    assert (result.status, result.out) == (0, "shared: demolab:local1\n")
    assert "boards.yaml speaks of lcoal1, which has no board file: nothing of it is shared" in result.err
    assert "local2" not in result.err
