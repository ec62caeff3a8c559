"""Which selectors match which boards: the database and the selectors themselves agree, whoever came first."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.hub.queue import lanes
from fuego_jenkins_remote.hub.schema import board_facts, matches
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import matches as sql
from fuego_jenkins_remote.network import selectors

from .conftest import World, open_world

_TERMS = st.sampled_from(
    [
        "demolab:one",
        "*:one",
        "otherlab:*",
        "arch=ARM",
        "arch=x86_64",
        "type=bbb",
        "label=usb",
        "label=Größe",
        "host=demolab",
        "board=two",
        "config.CONFIG_USB=y",
    ]
)


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} and {})".format, parts, parts),
        st.builds("({} or {})".format, parts, parts),
        st.builds("not {}".format, parts),
    )


_SELECTORS = st.recursive(_TERMS, _joined, max_leaves=6)
_BOARDS = st.fixed_dictionaries(
    {
        "facts": st.dictionaries(
            st.sampled_from(["arch", "type", "config.CONFIG_USB"]),
            st.sampled_from(["arm", "Arm", "x86_64", "bbb", "y"]),
        ),
        "labels": st.lists(st.sampled_from(["usb", "USB", "größe"]), max_size=2, unique=True).map(tuple),
    }
)
_PLACES = st.sampled_from([("demolab", "one"), ("demolab", "two"), ("otherlab", "one")])


@given(st.lists(st.one_of(_SELECTORS, st.tuples(_PLACES, _BOARDS)), min_size=3, max_size=14))
@settings(deadline=None, max_examples=30)
def test_whatever_comes_first_the_table_has_what_the_selectors_say(steps: list[Any]) -> None:
    folder = Path(tempfile.mkdtemp())
    world = open_world(folder / "hub")
    world.add_lab("demolab")
    world.add_lab("otherlab")
    world.add_user("ann", "annslab")
    for step in steps:
        if isinstance(step, str):
            with world.hub.change() as change:
                lanes.lane_for(change.conn, selectors.parse(step), "annslab", "ann")
        else:
            (host, name), values = step
            world.put_board(host, name, **values)
    with world.hub.reading() as conn:
        boards = board_sql.listed(conn)
        found = {(row.board_id, row.selector_id) for row in conn.execute(sa.select(matches))}
        texts = sql.all_selectors(conn)
    for board in boards:
        for number, text in texts:
            matched = selectors.parse(text).matches(board.matched())
            assert ((board.id, number) in found) is matched, (str(board), text)
    world.hub.engine.dispose()
    shutil.rmtree(folder)


def test_a_board_that_is_taken_away_leaves_nothing(world: World) -> None:
    world.add_lab("demolab", "one")
    world.put(world.add_user("ann", "annslab"), "arch=x86_64")
    world.remove_board("demolab", "one")
    with world.hub.reading() as conn:
        for table in (matches, board_facts):
            assert conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0


def test_boards_that_are_shared_alike_are_counted_together(world: World) -> None:
    ann = world.add_user("ann", "annslab")
    world.add_lab("demolab", *(f"b{number}" for number in range(5)))
    world.put_board("demolab", "b4", open_to=("annslab",))
    world.put(ann, "arch=x86_64")
    with world.hub.reading() as conn:
        selector = sql.selector_id(conn, "arch=x86_64")
        assert selector is not None
        offers = sql.offers_by_id(conn, selector)
    assert sorted((one.boards, one.open_to) for one in offers) == [(1, ("annslab",)), (4, ("*",))]
