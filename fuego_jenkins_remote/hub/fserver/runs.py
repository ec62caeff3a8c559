"""Runs of old clients: handed on to vision, and found there again by the names that they have on old servers.

The hub keeps the name, and the key at vision. The run of a request gets the key that a lab of today would give it, so
that everybody's client finds it by the request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import BadName, BadPackage, FormatError, MissingMember
from fuego_jenkins_remote.fuego.fserver_format import RunId, exactly, matches
from fuego_jenkins_remote.fuego.names import check_board_name, check_host_name, check_test_name
from fuego_jenkins_remote.fuego.packages import Limits, read_member
from fuego_jenkins_remote.fuego.runs import MAX_SIZE, Run, read_run
from fuego_jenkins_remote.hub import packages, requests
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.fserver import places, reports
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.fserver.vision import Vision
from fuego_jenkins_remote.hub.fserver.wire import Asked, Fail, error, ok
from fuego_jenkins_remote.hub.statements import fserver as sql
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.network.identities import AttemptId, run_key
from fuego_jenkins_remote.network.states import State

LIMITS = Limits()
"""How large a run package may be: as vision has it."""
MOST_LISTED = 20_000
NO_VISION = "runs are kept by vision, and this hub has been told of none (ftc hub serve --fserver-vision)"

_LOOKED_AT = 10
_LONGEST = 200


def put(hub: Hub, fserver: Fserver, vision: Vision, file: str, incoming: packages.Upload) -> str:
    """put_run: run-TIME-TEST-on-HOST:BOARD.frp, handed on to vision."""
    if not file.endswith(places.RUN.ending) or not file.startswith("run-"):
        raise Fail(f"{places.received(file)}Invalid filename for run specified: {file}")
    name = _checked(file)
    with hub.reading() as conn:
        if sql.run(conn, str(name)) is not None:
            raise Fail(f"Already have a file {file}. Cannot proceed.\nInvalid filename for run specified: ")
        lab = people_sql.find_lab(conn, name.host)
        if lab is None or lab.team != fserver.team:
            raise error(f"the lab {name.host} is not one of the team that old clients act for")
        run = _read(file, name, incoming)
        request_id = _request_of(conn, name, run)
    key = run_key(name.host, request_id) if request_id is not None else _own_key(name)
    delivered = vision.put(key, incoming.path, incoming.sha256)
    new = sql.OldRun(
        name=str(name),
        host=name.host,
        board=name.board,
        test=name.test,
        spec=run.text("test_spec")[:_LONGEST],
        status=delivered.status,
        timestamp=run.text("timestamp")[:_LONGEST],
        request=run.text("request_id")[:_LONGEST],
        run_key=key,
        run_url=delivered.url,
    )
    with hub.change() as change:
        if sql.run(change.conn, new.name) is not None:
            raise Fail(f"Already have a file {file}. Cannot proceed.\nInvalid filename for run specified: ")
        sql.add_run(change.conn, new, change.at)
        if request_id is not None:
            reports.run_came(change, requests.find(change.conn, request_id.request), new)
    return ok(places.uploaded(places.RUN, file) + places.extracted(places.RUN, new.name))


def get_url(conn: sa.Connection, fserver: Fserver, asked: Asked) -> str:
    """get_run_url: where its package is, below the server's root."""
    (name,) = asked.needed("run_id", otherwise="Error: can't read run_id from form")
    path = f"{places.FILES}/runs/{_plain(name)}.frp"
    if _find(conn, fserver, name) is None and _find(conn, fserver, f"run-{name}") is None:
        raise Fail(f"Error: filepath {path} does not exist")
    return ok(path)


def query(conn: sa.Connection, fserver: Fserver, asked: Asked) -> str:
    """query_runs: the runs' names, filtered by host, board, test and request."""
    return ok("".join(f"{run.name}\n" for run in listed(conn, fserver, asked)))


def listed(conn: sa.Connection, fserver: Fserver, asked: Asked) -> list[sql.OldRun]:
    """The runs that match, by name, without those of other teams' labs; raises Fail where too many would be read."""
    wanted = asked.fields
    rows = sql.runs(
        conn,
        host=exactly(wanted.get("host")),
        board=exactly(wanted.get("board")),
        test=exactly(wanted.get("test_name")),
        limit=MOST_LISTED + 1,
    )
    if len(rows) > MOST_LISTED:
        raise error(f"more than {MOST_LISTED} runs would have to be read: say host, board or test_name")
    others = sql.hosts_of_others(conn, fserver.team)
    return sorted((run for run in rows if run.host not in others and _fits(run, asked)), key=lambda run: run.name)


def remove(change: Change, fserver: Fserver, asked: Asked) -> str:
    """remove_run: it is there for old clients no more; vision keeps it."""
    (name,) = asked.needed("run_id", otherwise="Error: can't read run_id from form")
    name = _plain(name)
    gone = (
        f"Run file {name}.json was removed\n"
        f"Run file {name}.frp was removed\n"
        f"Run directory {name.removeprefix('run-')} was removed\n"
    )
    if _find(change.conn, fserver, name) is None or not sql.remove_run(change.conn, name):
        raise Fail(f"Error: filepath {places.FILES}/runs/{name}.frp does not exist\n")
    return ok(gone)


def package(hub: Hub, fserver: Fserver, vision: Vision, name: str) -> Iterator[bytes]:
    """The package of a run; raises Fail."""
    return vision.package(_key(hub, fserver, name))


def run_json(hub: Hub, fserver: Fserver, vision: Vision, name: str) -> Iterator[bytes]:
    """Its run.json; raises Fail."""
    return vision.run_json(_key(hub, fserver, name))


def _find(conn: sa.Connection, fserver: Fserver, name: str) -> sql.OldRun | None:
    """A run, unless its lab is another team's."""
    run = sql.run(conn, name)
    return None if run is None or sql.is_anothers(conn, fserver.team, run.host) else run


def _key(hub: Hub, fserver: Fserver, name: str) -> str:
    with hub.reading() as conn:
        run = _find(conn, fserver, name)
    if run is None:
        raise error(f"there is no run {name[:100]}")
    return run.run_key


def _checked(file: str) -> RunId:
    """What the name of a package says; raises Fail where no lab, board or test is called so."""
    try:
        name = RunId.parse(file)
        check_host_name(name.host)
        check_board_name(name.board)
        check_test_name(name.test)
    except BadName as bad:
        raise error(bad.what) from bad
    return name


def _read(file: str, name: RunId, incoming: packages.Upload) -> Run:
    """The run in the package; raises Fail as the original says it."""
    incoming.file.flush()
    try:
        return read_run(read_member(incoming.path, "run/run.json", MAX_SIZE, LIMITS))
    except MissingMember as bad:
        path = f"{places.FILES}/runs/{name.bare}/run.json"
        said = f"Error: can't find {path}\n in extracted .frp contents\n"
        raise Fail(places.uploaded(places.RUN, file) + said) from bad
    except BadPackage as bad:
        raise Fail(f"{places.uploaded(places.RUN, file)}Could not extract file from run package\n") from bad
    except (FormatError, OverflowError) as bad:
        raise error(f"the run.json in it cannot be read: {bad}") from bad


def _request_of(conn: sa.Connection, name: RunId, run: Run) -> AttemptId | None:
    """Which attempt of an old lab made the run: of the request that the run names, or that names the run, or runs."""
    for seen in sql.of_place(conn, name.host, name.board, _LOOKED_AT):
        its_own = {run.text("request_id"), run.text("fserver_request")}  # the second is what a lab of today calls it
        named = seen.old_id in its_own or seen.said.get("run_id", "").removeprefix("run-") == name.bare
        runs = seen.state in {State.RUNNING, State.LOST} and seen.test == name.test and not run.text("request_id")
        if not (named or runs) or not seen.said:
            continue
        which = requests.find(conn, seen.id).current
        if which.number and not sql.key_is_used(conn, name.host, name.board, run_key(name.host, which)):
            return which
    return None


def _own_key(name: RunId) -> str:
    """The key of a run that belongs to no request: always the same for the same name."""
    return f"{name.host}/old-{hashlib.sha256(str(name).encode()).hexdigest()[:40]}"


def _fits(run: sql.OldRun, asked: Asked) -> bool:
    known = {
        "host": run.host,
        "board": run.board,
        "test_name": run.test,
        "test_spec": run.spec,
        "run_id": run.name,
        "request_id": run.request,
        "status": run.status,
    }
    return all(matches(text, known[field]) for field, text in asked.fields.items() if field in known)


def _plain(name: str) -> str:
    """A name of a run as it may stand in an answer; raises Fail for one that leads elsewhere."""
    if "/" in name or not name.isprintable() or len(name) > 400:
        raise error(f"{name[:100]!r} is no run")
    return name
