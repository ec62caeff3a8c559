"""Queues: selectors know their boards, lanes their first request, boards who has used them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.service.engine import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FILLED = sa.text("top IS NOT NULL")


def upgrade() -> None:
    _tables()
    op.add_column("boards", sa.Column("offer_id", sa.Integer(), nullable=True))
    with op.batch_alter_table("lanes") as lanes:
        lanes.add_column(sa.Column("queue_id", sa.Integer(), nullable=True))
        lanes.add_column(sa.Column("top", sa.Integer(), nullable=True))
        lanes.add_column(sa.Column("head", sa.Text(), nullable=True))
        lanes.add_column(sa.Column("shortest", sa.Integer(), nullable=True))
    _fill(op.get_bind())
    op.drop_table("board_lane")
    with op.batch_alter_table("lanes") as lanes:
        lanes.drop_constraint("lanes_selector_team_user", type_="unique")
        lanes.alter_column("queue_id", existing_type=sa.Integer(), nullable=False)
        for column in ("selector", "team", "served_at"):
            lanes.drop_column(column)
        lanes.create_foreign_key("lanes_queue", "queues", ["queue_id"], ["id"])
        lanes.create_unique_constraint("lanes_queue_user", ["queue_id", "user"])
    op.create_index(
        "lanes_filled",
        "lanes",
        ["queue_id", sa.literal_column("top DESC"), "head"],
        sqlite_where=_FILLED,
        postgresql_where=_FILLED,
    )
    waiting = sa.text("state = 'pending'")
    op.create_index(
        "requests_waiting_of",
        "requests",
        ["team", "requester", "lane_id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _tables() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("open_to", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["host"], ["labs.host"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("host", "digest", name="offers_host_digest"),
    )
    op.create_table(
        "offer_doors",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"]),
        sa.PrimaryKeyConstraint("offer_id", "who"),
    )
    op.create_table(
        "board_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "value", "board_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "selectors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "matches",
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("selector_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["selector_id"], ["selectors.id"]),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"]),
        sa.PrimaryKeyConstraint("board_id", "selector_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("matches_by_selector", "matches", ["selector_id", "offer_id", "board_id"])
    op.create_table(
        "queues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("selector_id", sa.Integer(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("top", sa.Integer(), nullable=True),
        sa.Column("head", sa.Text(), nullable=True),
        sa.Column("shortest", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["selector_id"], ["selectors.id"]),
        sa.ForeignKeyConstraint(["team"], ["teams.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("queues_filled", "queues", ["selector_id", "team"], sqlite_where=_FILLED, postgresql_where=_FILLED)
    op.create_index("queues_by_selector", "queues", ["selector_id"])
    op.create_table(
        "shares",
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("used", sa.Float(), nullable=False),
        sa.Column("clock", sa.Float(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("board_id", "team", "user"),
    )
    op.create_index("shares_by_age", "shares", ["at"])
    op.create_table(
        "turns",
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("clock", sa.Float(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("board_id"),
    )


def _fill(conn: sa.Connection) -> None:
    meta = sa.MetaData()
    meta.reflect(conn, only=["boards", "lanes", "queues", "selectors", "matches", "offers", "board_facts", "approvals"])
    tables = meta.tables
    rows = conn.execute(sa.text("SELECT id, host, name, facts, labels, open_to, terms FROM boards")).mappings().all()
    boards = [_read(row) for row in rows]
    for board in boards:
        board["offer_id"] = _offer(conn, tables["offers"], board)
        update = tables["boards"].update().where(tables["boards"].c.id == board["id"])
        conn.execute(update.values(offer_id=board["offer_id"]))
        facts = {(name, value.casefold()) for name, value in board["facts"].items()}
        facts |= {("label", label.casefold()) for label in board["labels"]}
        if facts:
            of_board = [{"name": name, "value": value, "board_id": board["id"]} for name, value in sorted(facts)]
            conn.execute(tables["board_facts"].insert(), of_board)
    known: dict[str, int] = {}
    for lane in conn.execute(sa.text('SELECT id, selector, team, "user" FROM lanes')).mappings().all():
        if lane["selector"] not in known:
            known[lane["selector"]] = _selector(conn, tables, lane["selector"], boards)
        queue_id = _queue(conn, tables["queues"], known[lane["selector"]], lane, "")
        conn.execute(tables["lanes"].update().where(tables["lanes"].c.id == lane["id"]).values(queue_id=queue_id))
    _lanes_by_answers(conn, tables)
    _heads(conn)


def _read(row: Mapping[Any, Any]) -> dict[str, Any]:
    # Text on SQLite, read already on PostgreSQL.
    lists = {key: row[key] if not isinstance(row[key], str) else json.loads(row[key]) for key in _JSON}
    return {**row, **lists}


_JSON = ("facts", "labels", "open_to", "terms")


def _offer(conn: sa.Connection, offers: sa.Table, board: Mapping[str, Any]) -> int:
    said = _digest(json.dumps([sorted(board["open_to"]), board["terms"]], sort_keys=True))
    of_lab = (offers.c.host == board["host"]) & (offers.c.digest == said)
    found = conn.execute(sa.select(offers.c.id).where(of_lab)).scalar_one_or_none()
    if found is None:
        new = {"host": board["host"], "digest": said, "open_to": sorted(board["open_to"]), "terms": board["terms"]}
        found = conn.execute(offers.insert().values(new).returning(offers.c.id)).scalar_one()
        for who in sorted(set(board["open_to"])):
            conn.execute(sa.text("INSERT INTO offer_doors VALUES (:offer, :who)"), {"offer": found, "who": who})
    return int(found)


def _selector(
    conn: sa.Connection, tables: Mapping[str, sa.Table], text: str, boards: Iterable[Mapping[str, Any]]
) -> int:
    table = tables["selectors"]
    made = conn.execute(table.insert().values(digest=_digest(text), text=text).returning(table.c.id)).scalar_one()
    parsed = selectors.parse(text)
    for board in boards:
        seen = selectors.Board(
            host=board["host"], name=board["name"], facts=board["facts"], labels=tuple(board["labels"])
        )
        if parsed.matches(seen):
            row = {"board_id": board["id"], "selector_id": made, "offer_id": board["offer_id"]}
            conn.execute(tables["matches"].insert().values(row))
    return int(made)


def _queue(conn: sa.Connection, queues: sa.Table, selector_id: int, lane: Mapping[Any, Any], answers: str) -> int:
    digest = _digest(lane["selector"], lane["team"], answers)
    found = conn.execute(sa.select(queues.c.id).where(queues.c.digest == digest)).scalar_one_or_none()
    if found is None:
        new = {"digest": digest, "selector_id": selector_id, "team": lane["team"], "answers": answers}
        found = conn.execute(queues.insert().values(new).returning(queues.c.id)).scalar_one()
    return int(found)


def _lanes_by_answers(conn: sa.Connection, tables: Mapping[str, sa.Table]) -> None:
    """Requests that labs have answered are in lanes of their own."""
    lanes, queues = tables["lanes"], tables["queues"]
    query = sa.text(
        'SELECT requests.id, lanes.selector, lanes.team, lanes."user", queues.selector_id, approvals.host,'
        " approvals.answer FROM requests JOIN approvals ON approvals.request_id = requests.id"
        " JOIN lanes ON lanes.id = requests.lane_id JOIN queues ON queues.id = lanes.queue_id"
        " WHERE requests.ended_at IS NULL ORDER BY requests.id, approvals.host"
    )
    signs: dict[str, list[str]] = {}
    of_request: dict[str, sa.RowMapping] = {}
    for row in conn.execute(query).mappings().all():
        of_request[row["id"]] = row
        signs.setdefault(row["id"], []).append(f"{'+' if row['answer'] == 'approved' else '-'}{row['host']}")
    for request_id, row in of_request.items():
        queue_id = _queue(conn, queues, row["selector_id"], row, " ".join(signs[request_id]))
        mine = (lanes.c.queue_id == queue_id) & (lanes.c.user == row["user"])
        lane_id = conn.execute(sa.select(lanes.c.id).where(mine)).scalar_one_or_none()
        if lane_id is None:
            # By its answers it is told apart from the others until what they were told apart by is gone.
            apart = {"selector": f"{row['selector']} {' '.join(signs[request_id])}", "team": row["team"]}
            new = lanes.insert().values(queue_id=queue_id, user=row["user"], **apart)
            lane_id = conn.execute(new.returning(lanes.c.id)).scalar_one()
        conn.execute(sa.text("UPDATE requests SET lane_id = :lane WHERE id = :id"), {"lane": lane_id, "id": request_id})


def _heads(conn: sa.Connection) -> None:
    offered = "requests.lane_id = lanes.id AND state = 'pending' AND NOT held"
    first = f"FROM requests WHERE {offered} ORDER BY priority DESC, id LIMIT 1"
    conn.execute(
        sa.text(
            f"UPDATE lanes SET top = (SELECT priority {first}), head = (SELECT id {first}),"  # noqa: S608 - our own text
            f" shortest = (SELECT min(timeout) FROM requests WHERE {offered})"
        )
    )
    mine = "lanes.queue_id = queues.id AND lanes.top IS NOT NULL"
    best = f"FROM lanes WHERE {mine} ORDER BY lanes.top DESC, lanes.head LIMIT 1"
    conn.execute(
        sa.text(
            f"UPDATE queues SET top = (SELECT lanes.top {best}), head = (SELECT lanes.head {best}),"  # noqa: S608
            " shortest = (SELECT min(lanes.shortest) FROM lanes WHERE lanes.queue_id = queues.id)"
        )
    )


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
