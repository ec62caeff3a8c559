"""A lab that cannot deliver stops claiming before its disk is full."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fuego_jenkins_remote.lab.serving.room import why_no_room


def test_an_empty_outbox_on_a_disk_with_room_is_no_reason(lab: Any) -> None:
    assert why_no_room(replace(lab, disk_reserve=1)) == ""


def test_packages_that_wait_fill_the_quota(lab: Any) -> None:
    lab = replace(lab, disk_reserve=1, outbox_quota=1000)
    lab.packages_dir.mkdir()
    (lab.packages_dir / "a.frp").write_bytes(b"x" * 999)
    assert why_no_room(lab) == ""
    (lab.packages_dir / "refused").mkdir()
    (lab.packages_dir / "refused" / "b.frp").write_bytes(b"x")
    assert "wait for delivery" in why_no_room(lab)


def test_a_disk_that_is_nearly_full_is_named(lab: Any) -> None:
    assert f"are free at {lab.state_dir}" in why_no_room(replace(lab, disk_reserve=2**60))
