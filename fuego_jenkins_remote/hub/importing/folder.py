"""The whole of an old server's folder, thing by thing; what is torn stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.fserver_folder import FserverFolder, OldFile, OldRecord, Torn, open_plain
from fuego_jenkins_remote.fuego.fserver_format import RunId
from fuego_jenkins_remote.fuego.names import check_host_name
from fuego_jenkins_remote.fuego.packages import file_sha256, key_of_content, read_member
from fuego_jenkins_remote.fuego.runs import MAX_SIZE, read_run
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import HubError
from fuego_jenkins_remote.hub.importing import boards, requests, tests
from fuego_jenkins_remote.hub.importing.values import Import, Taken, prepare
from fuego_jenkins_remote.hub.statements import fserver as old_sql
from fuego_jenkins_remote.hub.statements.fserver import OldRun

_AT_ONCE = 100
"""So many requests are one transaction: with one each, a disk's pace would be that of the import."""

Found = Taken | Torn


def import_folder(hub: Hub, folder: FserverFolder, wanted: Import) -> Iterator[Found]:
    """Take boards, tests, binaries and requests over, in this order; raises BadName, Conflict for a bad `wanted`."""
    with hub.change() as change:
        prepare(change, wanted)
    yield from _boards(hub, folder, wanted)
    yield from _packages(folder.tests(), lambda one: tests.take_test(hub, wanted, one))
    yield from _packages(folder.binaries(), lambda one: tests.take_binary(hub, wanted, one))
    runs = _runs(folder, wanted)
    yield from _requests(hub, folder, wanted, runs)
    yield from _names(hub, runs.values())


def _boards(hub: Hub, folder: FserverFolder, wanted: Import) -> Iterator[Found]:
    for one in folder.boards():
        if isinstance(one, Torn):
            yield one
            continue
        try:
            with hub.change() as change:
                taken = boards.take(change, wanted, one)
        except (FormatError, HubError) as error:
            yield _torn(one.path, error)
        else:
            yield taken


def _packages(found: Iterator[OldFile | Torn], take: Callable[[OldFile], Taken]) -> Iterator[Found]:
    for one in found:
        if isinstance(one, Torn):
            yield one
            continue
        try:
            yield take(one)
        except (FormatError, HubError, OSError) as error:
            yield _torn(one.path, error)


def _requests(hub: Hub, folder: FserverFolder, wanted: Import, runs: dict[str, OldRun]) -> Iterator[Found]:
    found = folder.requests()
    while some := list(islice(found, _AT_ONCE)):
        done: list[Found] = []
        with hub.change() as change:
            for one in some:
                if isinstance(one, Torn):
                    done.append(one)
                    continue
                try:
                    # In a savepoint: one that fails takes nothing of the others along.
                    with change.conn.begin_nested():
                        done.append(requests.take(change, wanted, one, runs))
                except (FormatError, HubError) as error:
                    done.append(_torn(one.path, error))
                    continue
                done += _without_run(one, runs)
        yield from done


def _without_run(one: OldRecord, runs: dict[str, OldRun]) -> list[Found]:
    missing = requests.missing_run(one, runs)
    if not missing:
        return []
    return [Torn(path=one.path, what=f"its run {missing[:200]!r} is not there, or torn: taken over without it")]


def _runs(folder: FserverFolder, wanted: Import) -> dict[str, OldRun]:
    """The runs of the folder by their names, as far as they can be read: vision's import tells of the others."""
    found: dict[str, OldRun] = {}
    for one in folder.runs():
        if isinstance(one, Torn) or not isinstance(one.id, RunId):
            continue
        try:
            open_plain(one.file).close()
            run = read_run(read_member(one.file, "run/run.json", MAX_SIZE))
            key = key_of_content(check_host_name(one.id.host), file_sha256(one.file))
        except (FormatError, OSError):
            continue
        found[one.id.bare] = OldRun(
            name=str(one.id),
            host=one.id.host,
            board=one.id.board,
            test=one.id.test,
            spec=run.text("test_spec")[:100],
            status=str(run.status),
            timestamp=run.text("timestamp")[:100],
            request="",
            run_key=key,
            run_url=f"{wanted.vision_url}/runs/{key}" if wanted.vision_url else "",
        )
    return found


def _names(hub: Hub, runs: Iterable[OldRun]) -> Iterator[Found]:
    """The names under which old clients ask for runs."""
    left = iter(runs)
    while some := list(islice(left, _AT_ONCE)):
        with hub.change() as change:
            new = [run for run in some if old_sql.run(change.conn, run.name) is None]
            for run in new:
                old_sql.add_run(change.conn, run, change.at)
        yield from (Taken(path=run.name, kind="names of runs", is_new=run in new) for run in some)


def _torn(path: str, error: Exception) -> Torn:
    if isinstance(error, FormatError):
        return Torn(path=path, what=error.what)
    if isinstance(error, OSError):
        return Torn(path=path, what=f"cannot be read: {error.strerror}")
    return Torn(path=path, what=str(error))
