"""The original's pages, as its people know them; what others have written is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

import sqlalchemy as sa

from fuego_jenkins_remote.hub.fserver import boards, runs, tests
from fuego_jenkins_remote.hub.fserver.places import DATA, FILES
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.fserver.wire import Asked
from fuego_jenkins_remote.hub.statements import fserver as sql

Shown = Sequence[tuple[sql.Seen, dict[str, str]]]
"""Requests with their records."""

ROOT = "/fserver.py"
MOST_ROWS = 500
"""Of a table: the newest."""

_LINKS = (
    ("binary-packages", "Test Binary Packages"),
    ("boards", "Boards"),
    ("tests", "Tests"),
    ("requests", "Requests"),
    ("runs", "Runs"),
)


def page(conn: sa.Connection, fserver: Fserver, kind: str, shown: Shown) -> str:
    """A page: of a kind of things, else that of all; `shown` are the requests for theirs."""
    body = {
        "boards": lambda: _boards(conn, fserver),
        "tests": lambda: _tests(conn),
        "requests": lambda: _requests(shown),
        "runs": lambda: _runs(conn, fserver),
        "binary-packages": lambda: _binaries(conn),
    }.get(kind, lambda: "")()
    rule = "<br><hr>\n" if kind else ""
    return f'\n<body><h1 align="center">Fuego server objects</h1>\n{body}{rule}{_objects()}'


def problem(text: str) -> str:
    """What is said of an action that there is not."""
    return f'\n<body><h1 align="center">Fserver Error</h1>\n<font color=red>{escape(text, quote=False)}</font><BR>\n'


def _objects() -> str:
    links = "".join(f'<li><a href="{ROOT}/{path}">{label}</a></li>\n' for path, label in _LINKS)
    return (
        "<H1>Fuego objects on this server</h1>\n\nHere are links to the different Fuego objects:<br>\n"
        f'<ul>\n{links}</ul>\n<hr>\n\n<a href="{ROOT}">Back to home page</a>\n'
    )


def _boards(conn: sa.Connection, fserver: Fserver) -> str:
    found = sorted(f"board-{host}:{name}.json" for host, name in sql.boards_of(conn, fserver.team, boards.MOST_BOARDS))
    return f"<H1>List of boards</h1>\n{_list(found, f'{DATA}/boards', 'board (.json)')}"


def _tests(conn: sa.Connection) -> str:
    names = tests.names(conn)
    data = _list([f"{name}.yaml" for name in names], f"{DATA}/tests", "test (.yaml)")
    files = _list([f"{name}.ftp" for name in names], f"{FILES}/tests", "test (.ftp)")
    return f"<H1>List of tests</h1>\n{data}{files}"


def _binaries(conn: sa.Connection) -> str:
    names = tests.binary_names(conn)
    data = _list([f"{name}.json" for name in names], f"{DATA}/binary-packages", "binary-package (.json)")
    files = _list([name.file for name in names], f"{FILES}/binary-packages", "binary-package (.ftbp)")
    return f"<H1>List of binary packages</h1>\n{data}{files}"


def _list(files: Sequence[str], folder: str, what: str) -> str:
    if not files:
        return f"<font color=red>No {what} files found.</font><BR>\n"
    items = "".join(f"<li>{_link(f'{folder}/{file}', file)}</li>\n" for file in files)
    return f"<ul>{items}</ul>\n"


def _requests(shown: Shown) -> str:
    heads = ("Request", "State", "Requestor", "Host", "Board", "Test", "Run (results)", "Action links")
    rows = (
        (
            _link(f"{DATA}/requests/{seen.old_id}.json", f"{seen.old_id}.json"),
            *(_text(record.get(name, "")) for name in ("state", "requestor", "host", "board", "test_name")),
            _outcome(record),
            _link(f"{ROOT}?action=remove_request&request_id={seen.old_id}", "Delete request"),
        )
        for seen, record in shown[-MOST_ROWS:]
    )
    return f"<H1>Table of requests</H1>\n{_table(heads, list(rows))}"


def _outcome(record: dict[str, str]) -> str:
    if record.get("run_id"):
        return _link(f"{FILES}/runs/{record['run_id']}", record["run_id"])
    if record.get("state") == "error":
        return f'<font color="red">{_text(record.get("reason", ""))}</font>'
    return "Not available"


def _runs(conn: sa.Connection, fserver: Fserver) -> str:
    heads = ("Run Id", "Test", "Spec", "Host", "Board", "Timestamp", "Result", "Run File bundle", "Action links")
    rows = (
        (
            _link(f"{FILES}/runs/{run.name.removeprefix('run-')}", run.name),
            *(_text(text) for text in (run.test, run.spec, run.host, run.board, run.timestamp)),
            _link(f"{DATA}/runs/{run.name}.json", run.status),
            _link(f"{FILES}/runs/{run.name}.frp", "frp file"),
            _link(f"{ROOT}?action=remove_run&run_id={run.name}", "Delete run"),
        )
        for run in runs.listed(conn, fserver, Asked(action=None))[-MOST_ROWS:]
    )
    return f"<H1>Table of runs</h1>\n{_table(heads, list(rows))}"


def _table(heads: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"    <th>{head}</th>\n" for head in heads)
    body = "".join(f"  <tr>\n{''.join(f'    <td>{cell}</td>{chr(10)}' for cell in row)}  </tr>\n" for row in rows)
    return f'<table border="1" cellpadding="2">\n  <tr>\n{head}  </tr>\n{body}</table>\n'


def _link(path: str, label: str) -> str:
    return f'<a href="{quote(path, safe="/:?&=._-@+~")}">{_text(label)}</a>'


def _text(text: str) -> str:
    return escape(text)
