"""Many old clients at once: nothing is lost, and one lab wins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from .conftest import OldHub

CLIENTS = 8


def test_what_was_answered_ok_is_there(old: OldHub) -> None:
    old.put_board()
    with ThreadPoolExecutor(CLIENTS) as clients:
        made = list(clients.map(lambda _number: old.put_request(), range(3 * CLIENTS)))
    assert len(set(made)) == 3 * CLIENTS
    assert sorted(old.done("query_requests").split()) == sorted(made)


def test_of_labs_that_claim_one_request_one_wins(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()

    def claim(number: int) -> bool:
        start = f"2026-11-23T18:12:{number:02}+0000"
        return old.ask("update_request", request_id=request, state="running", start_time=start).startswith("OK\n")

    with ThreadPoolExecutor(CLIENTS) as labs:
        assert sorted(labs.map(claim, range(CLIENTS))) == [False] * (CLIENTS - 1) + [True]
