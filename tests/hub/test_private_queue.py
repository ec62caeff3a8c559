"""Where a request stands is told as if there were no private request that the reader may not see."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.hub.queue.order import order

from .conftest import open_world

puts = st.lists(
    st.tuples(
        st.sampled_from(["ann", "amy", "bob", "tim"]),
        st.sampled_from([0, 50, 90]),
        st.booleans(),
        st.sampled_from(["demolab:one", "demolab:*"]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(puts, st.booleans())
def test_where_a_request_stands_is_told_a_stranger_as_if_no_private_one_were_there(
    wanted: list[tuple[str, int, bool, str]], runs: bool
) -> None:
    """The same people put the same things, with the private ones and without: a stranger cannot tell which it is."""
    folder = Path(tempfile.mkdtemp())
    try:
        with_them = _told_in_line(folder / "with", wanted, runs=runs)
        without = _told_in_line(folder / "without", [one for one in wanted if not one[2]], runs=runs)
        assert with_them == without
    finally:
        shutil.rmtree(folder)


def _told_in_line(folder: Path, wanted: Sequence[tuple[str, int, bool, str]], *, runs: bool) -> list[Any]:
    world = open_world(folder)
    try:
        world.add_lab("demolab", "one", "two")
        teams = {"ann": "annslab", "amy": "annslab", "bob": "bobslab", "tim": "demolab"}
        people = {name: world.add_user(name, team) for name, team in teams.items()}
        stranger = world.add_user("eve", "evil")
        if runs:
            # What has both boards is the same for all: whose it is, is not.
            for board in ("one", "two"):
                world.put(people["bob"], f"demolab:{board}")
                world.running("demolab", board)
        made = [
            world.put(people[name], selector, priority=priority, private=private)
            for name, priority, private, selector in wanted
        ]
        world.clock.at = datetime(2026, 11, 24, tzinfo=UTC)
        with world.hub.reading() as conn:
            return [order(conn, stranger, one, world.clock.at).boards for one in made if not one.private]
    finally:
        world.hub.engine.dispose()
