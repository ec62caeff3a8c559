"""The pages, and calls that are none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import hub_folders
from fuego_jenkins_remote.hub.fserver import pages
from fuego_jenkins_remote.hub.statements import fserver as sql
from fuego_jenkins_remote.network.states import State

from .conftest import OldHub


@pytest.mark.parametrize("root", ["/cgi-bin/fserver.py", "/fserver.py"])
@pytest.mark.parametrize("kind", ["", "/boards", "/requests", "/runs", "/tests", "/binary-packages", "/nosuch"])
def test_every_page_is_there(old: OldHub, root: str, kind: str) -> None:
    answer = old.client.get(f"{root}{kind}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Fuego objects on this server" in answer.text


def test_what_others_have_written_is_escaped(old: OldHub) -> None:
    old.put_board()
    request = old.put_request(requestor="<script>alert(1)</script>")
    page = old.client.get("/fserver.py/requests").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert f'href="/fserver-data/data/requests/{request}.json"' in page
    assert "&lt;b&gt;" in old.client.get("/fserver.py?action=%3Cb%3E").text


def test_data_that_is_no_page_is_not_read_as_one(old: OldHub) -> None:
    answer = old.client.get("/fserver.py?action=query_boards")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unknown_action_gives_a_page(old: OldHub) -> None:
    assert old.client.get("/fserver.py?action=frobnicate").text == pages.problem("Unknown action 'frobnicate'")


def test_asking_for_the_head_changes_nothing(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    for asked in (f"remove_request&request_id={request}", "put_board&host=timslab&board=other"):
        assert old.client.head(f"/fserver.py?action={asked}").status_code == 200
    assert old.done("query_requests").split() == [request]
    assert old.done("query_boards").split() == ["timslab:bbb"]


@pytest.mark.parametrize(
    "path", ["data/requests/..%2F..%2Fhub.sqlite", "data/boards/board-x:y.json", "files/runs/x.frp", "files/x/y"]
)
def test_a_file_that_is_not_there_is_not_found(old: OldHub, path: str) -> None:
    assert old.client.get(f"/fserver-data/{path}").status_code == 404


def test_the_record_of_a_request_and_a_board_lie_where_the_original_has_them(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    assert old.client.get(f"/fserver-data/data/requests/{request}.json").json()["board"] == "bbb"
    assert old.client.get("/fserver-data/data/boards/board-timslab:bbb.json").json()["architecture"] == "arm"


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"host": "timslab", "board": None}, "requests_old_by_host (old_host=? AND state=?)"),
        ({"host": "timslab", "board": "bbb"}, "requests_old_by_host (old_host=? AND state=? AND old_board=?)"),
        ({"host": None, "board": "bbb"}, "requests_old_by_board (old_board=? AND state=?)"),
        ({"host": None, "board": None}, "requests_old_by_state (state=?)"),
    ],
)
def test_a_query_reads_what_it_gives_and_nothing_else(old: OldHub, asked: dict[str, str | None], index: str) -> None:
    hub_folders.about_sqlite()
    seen: list[tuple[str, object]] = []
    with old.hub.reading() as conn:

        def note(_conn: object, _cursor: object, statement: str, values: object, *_: object) -> None:
            seen.append((statement, values))

        sa.event.listen(conn, "before_cursor_execute", note)
        sql.listed(conn, {State.PENDING, State.ASSIGNED}, requester=None, limit=10, **asked)
        sa.event.remove(conn, "before_cursor_execute", note)
        statement, values = seen[-1]
        steps = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert any(index in step for step in steps), steps
