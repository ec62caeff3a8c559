"""An attempt's whole way through the lab; its parts are tested in test_starting, test_running and test_ending."""

from __future__ import annotations

import os
from typing import Any

from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)


def test_a_request_goes_all_the_way(bench: Any, run_json: dict[str, Any]) -> None:
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert bench.hub.words() == ["start", "tested", "done"]
    assert bench.target.got[0].key == f"demolab/{ATTEMPT}"
    assert bench.hub.told[-1] == ("done", "vision", f"http://vision/runs/demolab/{ATTEMPT}")
    assert bench.steps.take(ATTEMPT) is None


def test_what_killed_steps_have_left_is_swept_away_when_it_is_old(bench: Any) -> None:
    lab = bench.steps.lab
    lab.packages_dir.mkdir(parents=True, exist_ok=True)
    old, new = lab.state_dir / "prepare-old", lab.packages_dir / ".package-new"
    for folder, age in ((old, 1000), (new, 3000)):
        folder.mkdir()
        (folder / "file").touch()
        os.utime(folder, (age, age))
    bench.steps.sweep(kept_since=0, used_since=2000)
    assert not old.exists()
    assert new.exists()
