"""A hub to be measured, on SQLite or on PostgreSQL, with as many labs, people and stored requests as are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import postgresql_server
from fuego_jenkins_remote.hub import admin, attempts, boards, claims, records, requests
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.people import labs as people_labs
from fuego_jenkins_remote.hub.people import users
from fuego_jenkins_remote.hub.people.teams import have_team
from fuego_jenkins_remote.hub.schema import attempts as attempts_table
from fuego_jenkins_remote.hub.schema import history as history_table
from fuego_jenkins_remote.hub.schema import requests as requests_table
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id, run_key
from places import write_conf
from processes import FTC, Person, Services

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
ENGINES = (SQLITE, POSTGRESQL)


@dataclass(kw_only=True)
class Bench:
    """A hub's data, and what is put into it; `url` once it is served."""

    engine_name: str
    root: Path
    engine: sa.Engine
    hub: Hub
    tokens: dict[str, str] = field(default_factory=dict)
    people: dict[str, records.Caller] = field(default_factory=dict)

    def add_lab(self, host: str, *names: str, open_to: Sequence[str] = ("*",), arch: str = "arm") -> None:
        """A lab with boards."""
        with self.hub.change() as change:
            self.tokens[host] = people_labs.add_lab(change.conn, host, notify=(), now=change.at)
            for team in open_to:
                if team != "*":
                    have_team(change.conn, team)
        for start in range(0, len(names), 500):
            with self.hub.change() as change:
                for name in names[start : start + 500]:
                    new = records.NewBoard(facts={"arch": arch}, open_to=tuple(open_to))
                    boards.put(change, host, name, new)

    def add_user(self, name: str, team: str) -> None:
        """A member of one team."""
        memberships = [users.parse_membership(team)]
        with self.hub.change() as change:
            secret = users.add_user(change.conn, name, teams=memberships, email="", notify=(), now=change.at)
        self.tokens[name] = secret
        self.people[name] = records.Caller(kind="user", name=name, teams=tuple(memberships))

    def put(self, who: str, selector: str, **values: Any) -> str:
        """A request's id."""
        wanted = {"call_id": new_call_id(), "test": "Functional.hello_world", "variables": {}, **values}
        with self.hub.change() as change:
            new = records.NewRequest(selector=selector, **wanted)
            return requests.put(change, self.people[who], new)[0].id

    def claim(self, host: str, *names: str) -> list[records.Assignment]:
        """What a lab gets for its boards."""
        with self.hub.change() as change:
            claim = claims.Claim(host=host, claim_id=new_call_id(), boards=names)
            return list(claims.take(change, claim).assignments)

    def end(self, host: str, which: AttemptId) -> None:
        """The attempt runs and is delivered."""
        key = run_key(host, which)
        with self.hub.change() as change:
            attempts.start(change, host, which, call_id=new_call_id(), build_url="http://j/1/", build_number="1")
        with self.hub.change() as change:
            attempts.tested(change, host, which, call_id=new_call_id(), status="PASS", key=key, summary="")
        with self.hub.change() as change:
            attempts.done(change, host, which, call_id=new_call_id(), target="vision", run_url=f"http://v/{key}")

    def multiply(self, request_id: str, number: int, prefix: str) -> None:
        """Store so many requests like this one, with its attempts and history; their ids begin with `prefix`."""
        with self.engine.begin() as conn:
            for table, key in (
                (requests_table, "id"),
                (attempts_table, "request_id"),
                (history_table, "request_id"),
            ):
                _multiply(conn, table.c[key], request_id, number, prefix)

    def settle(self) -> None:
        """What PostgreSQL does by itself after a while, before a history of months has come together.

        SQLite does nothing of the kind.
        """
        if self.engine_name == POSTGRESQL:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.exec_driver_sql("VACUUM ANALYZE")
                conn.exec_driver_sql("CHECKPOINT")


def _multiply(conn: sa.Connection, key: sa.Column[Any], like: str, number: int, prefix: str) -> None:
    table = key.table
    first = sa.select(sa.literal(1).label("i")).cte("numbers", recursive=True)
    numbers = first.union_all(sa.select(first.c.i + 1).where(first.c.i < number))
    digits = sa.func.substr(sa.cast(numbers.c.i + 10**9, sa.Text), 2, 9)
    new: dict[str, sa.ColumnElement[Any]] = {column.name: column for column in table.c}
    new[key.name] = sa.literal(f"{prefix}-") + digits + sa.literal("-aaaaaaaa")
    if "call_id" in new:
        new["call_id"] = sa.literal(f"{prefix}-") + digits
    if "claim_id" in new:
        new["claim_id"] = sa.literal(f"{prefix}-") + digits
    chosen = sa.select(*(value.label(name) for name, value in new.items()))
    chosen = chosen.select_from(sa.join(table, numbers, sa.true())).where(key == like)
    conn.execute(table.insert().from_select(list(new), chosen))


@contextmanager
def bench_on(engine_name: str, root: Path) -> Iterator[Bench]:
    """A hub's empty data on a database of its own. PostgreSQL keeps what it has taken, as SQLite does."""
    root.mkdir(parents=True, exist_ok=True)
    if engine_name == SQLITE:
        admin.init_data(root / "hub")
        yield from _opened(engine_name, root)
        return
    with postgresql_server.running({"max_connections": "100", "shared_buffers": "256MB"}) as server:
        admin.init_data(root / "hub", server.create("hub"))
        yield from _opened(engine_name, root)


def _opened(engine_name: str, root: Path) -> Iterator[Bench]:
    engine = admin.open_data(root / "hub")
    try:
        yield Bench(engine_name=engine_name, root=root, engine=engine, hub=Hub(engine=engine, data_dir=root / "hub"))
    finally:
        engine.dispose()


@contextmanager
def served(bench: Bench, *, processes: int = 1) -> Iterator[tuple[list[str], list[int]]]:
    """Serve the data in processes of their own; their addresses and process ids."""
    (bench.root / "logs").mkdir(exist_ok=True)
    services = Services(bench.root / "logs")
    admin_conf = bench.root / "operator" / "fuego.conf"
    write_conf(admin_conf, {"host_name": "operator"})
    person = Person("operator", admin_conf)
    command = [str(FTC), "hub", "serve", "--data", str(bench.root / "hub"), "--port", "0", "--json"]
    try:
        urls = [services.start(f"hub{number}", command, person.environment()) for number in range(processes)]
        yield urls, [process.pid for _, process in services.running]
    finally:
        services.stop()


def fill_queue(bench: Bench, *, waiting: int, selectors: Sequence[str], people: int, teams: int) -> None:
    """People of teams have so many requests waiting, spread over these selectors."""
    per_lane = waiting // (people * len(selectors))
    for person in range(people):
        name = f"person{person}"
        if name not in bench.people:
            bench.add_user(name, f"team{person % teams}")
        for number, selector in enumerate(selectors):
            first = bench.put(name, selector)
            # After the first, so that lane and queue know their first request as they should.
            bench.multiply(first, per_lane - 1, f"2099{person:02}{number:02}")


def fill_history(bench: Bench, host: str, board: str, who: str, number: int) -> str:
    """So many requests that ran on a board, long ago, with attempts and history; the id of the last one."""
    done = bench.put(who, f"{host}:{board}")
    assignment = bench.claim(host, board)[0]
    bench.end(host, AttemptId(assignment.request.id, assignment.number))
    assert assignment.request.id == done
    for part in range(10):
        bench.multiply(done, number // 10, f"202501{part:02}")
    return done
