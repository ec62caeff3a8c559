"""An old server's boards: each is its lab's, which is made where it is missing; what a lab says itself goes before."""

from __future__ import annotations

from fuego_jenkins_remote.fuego.fserver_folder import OldRecord
from fuego_jenkins_remote.fuego.names import check_board_name, check_host_name
from fuego_jenkins_remote.hub import audit, boards
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import NotYours
from fuego_jenkins_remote.hub.fserver.boards import facts_of
from fuego_jenkins_remote.hub.importing.values import Import, Taken
from fuego_jenkins_remote.hub.records import NewBoard
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import fserver as old_sql
from fuego_jenkins_remote.hub.statements import people as people_sql

_LONGEST_DESCRIPTION = 2000


def take(change: Change, wanted: Import, old: OldRecord) -> Taken:
    """Take one over, unless the hub has it. Raises BadName, and NotYours for a lab of another team."""
    host, name = check_host_name(old.fields["host"]), check_board_name(old.fields["board"])
    if board_sql.find(change.conn, host, name) is not None:
        return Taken(path=old.path, kind="boards", is_new=False)
    lab = people_sql.find_lab(change.conn, host)
    if lab is None:
        # Without a token: its people get one when they join (ftc hub add-token HOST --kind lab).
        people_sql.insert_lab(change.conn, host=host, team=wanted.team, notify=(), now=change.at)
        audit.write(change, None, "add-lab", f"lab {host}", f"of {wanted.team}, taken over", team=wanted.team)
    elif lab.team != wanted.team:
        raise NotYours(f"the lab {host} is of the team {lab.team}: it says itself which boards it has")
    new = NewBoard(facts=facts_of(old.fields), description=_plain(old.fields.get("description", "")))
    boards.put(change, host, name, new)
    extra = {field: value for field, value in old.fields.items() if field not in {"host", "board"}}
    old_sql.keep_board_fields(change.conn, host, name, extra)
    return Taken(path=old.path, kind="boards", is_new=True)


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)[:_LONGEST_DESCRIPTION]
