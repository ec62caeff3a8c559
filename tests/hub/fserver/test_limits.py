"""Old clients count for the address that they come from, whatever they send beside."""

from __future__ import annotations

from pathlib import Path

from fuego_jenkins_remote.hub.fserver.settings import Fserver, Mode
from fuego_jenkins_remote.service.limits.callers import ADDRESS
from fuego_jenkins_remote.service.limits.entrance import Limits, Share
from fuego_jenkins_remote.service.limits.rates import Rate

from .conftest import TEAM, old_hub

QUERY = "/fserver.py?action=query_boards"


def test_a_header_makes_nobody_of_them_somebody_else(tmp_path: Path) -> None:
    few = Share(rate=Rate(a_second=0.001, at_once=5), at_a_time=2)
    limits = Limits(shares={"user": few, ADDRESS: few}, held=0.0)
    with old_hub(tmp_path / "hub", Fserver(mode=Mode.HELD, team=TEAM), limits=limits) as old:
        answers = [old.client.get(QUERY, headers={"Authorization": "x"}).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
