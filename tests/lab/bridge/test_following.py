"""Builds are followed by one look at Jenkins for all; a step is taken when something is to do."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge_world import Running, attempt, won
from fuego_jenkins_remote.client.errors import Conflict
from fuego_jenkins_remote.lab.attempts import running as running_steps
from fuego_jenkins_remote.lab.attempts import starting
from fuego_jenkins_remote.lab.bridge import claiming, looking
from fuego_jenkins_remote.lab.bridge.claiming import AnotherBridge
from fuego_jenkins_remote.lab.bridge.instance import instance_of
from fuego_jenkins_remote.lab.errors import ControllerDown
from fuego_jenkins_remote.lab.jenkins.controller import Build
from fuego_jenkins_remote.lab.jenkins.overview import SeenNode, Work
from fuego_jenkins_remote.network.identities import AttemptId
from until import until

JOB = "remote-request-bbb"


def build(which: AttemptId, *, building: bool = True) -> Build:
    return Build(job=JOB, number=3, building=building, result="", url=f"http://j/job/{JOB}/3/", attempt=which)


def in_run(running: Running) -> AttemptId:
    """A request whose test runs."""
    running.start()
    which = running.hub.put(0)
    running.job_asks(which)
    running.bench.jenkins.found = build(which)
    return which


def takes_items_out(jenkins: Any) -> None:
    """Jenkins forgets what was taken out of its queue."""

    def cancel(item: int) -> None:
        jenkins.cancelled.append(item)
        jenkins.found = None

    jenkins.cancel_queue_item = cancel


def test_while_its_build_runs_an_attempt_has_no_steps(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    which = in_run(running)
    running.has_looked()
    running.rests(which)
    taken: list[AttemptId] = []
    monkeypatch.setattr(running.bench.steps, "take", lambda which: taken.append(which) or 5.0)
    running.has_looked(6)
    assert taken == []


def test_a_build_that_jenkins_does_not_have_any_more_is_looked_at(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_steps, "SETTLE", 0.1)
    which = in_run(running)
    running.has_looked()
    running.bench.jenkins.found = None
    until(lambda: running.phase(which) == "closed")
    assert running.hub.was_told("error") == 1


def test_a_look_that_began_before_the_trigger_says_nothing(running: Running) -> None:
    running.start()
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")
    bridge, entry = running.bridge, running.bench.journal.entry(which)
    assert bridge is not None
    seen = running.bench.jenkins.overview(lambda: entry.since - 1)
    before = running.hub.was_told("heartbeat")
    bridge.schedule.glance(replace(seen, queue=(), builds={}))
    time.sleep(0.1)
    assert running.hub.was_told("heartbeat") == before


def test_a_job_that_left_without_touching_the_board_is_noticed_in_its_folder(running: Running) -> None:
    running.start()
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")
    (running.bench.folders.request_folder(which) / "refused").write_text("the board is in use\n")
    until(lambda: running.hub.was_told("give_back"))


# -- signs of life


def test_the_log_is_told_when_it_has_grown_and_without_secrets(running: Running) -> None:
    which = in_run(running)
    log = running.bench.folders.request_folder(which) / "console.log"
    for line, told in (("login with geheim-3\n", "login with ***\n"), ("more\n", "login with ***\nmore\n")):
        with log.open("a") as file:
            file.write(line)
        until(lambda told=told: [{"attempt": str(which), "log_tail": told}] in running.hub.rounds)
    before = len(running.hub.rounds)
    time.sleep(0.3)
    assert len(running.hub.rounds) == before


def test_what_a_build_waits_for_is_told_once(running: Running) -> None:
    running.start()
    until(lambda: running.hub.waiting == ("bbb",))
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")
    work = Work(job="bbb.default.Benchmark.bonnie", name="x", ends_at=time.time() + 12 * 60 + 25)
    running.bench.jenkins.seen_nodes = [SeenNode(name="bbb", online=True, work=(work,))]
    said = "waits for demolab:bbb: bbb.default.Benchmark.bonnie is running, ETA 12 min"
    told = {"attempt": str(which), "queue_why": said}
    until(lambda: [told] in running.hub.rounds)
    time.sleep(0.3)
    assert running.hub.rounds.count([told]) == 1


def test_a_cancel_in_the_answers_is_carried_out_at_once(running: Running) -> None:
    which = in_run(running)
    running.hub.wanted_stopped.add(which)
    (running.bench.folders.request_folder(which) / "console.log").write_text("a line\n")
    until(lambda: running.bench.jenkins.stopped)
    assert running.bench.journal.entry(which).stopping


def test_an_attempt_that_is_over_at_the_hub_is_taken_out_of_the_queue(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.start()
    which = running.hub.put(0)
    running.hub.over.add(which)
    until(lambda: running.phase(which) == "gate")
    running.hub.step_error = Conflict("the attempt is over", status=409)
    until(lambda: running.bench.jenkins.cancelled == [7])
    until(lambda: running.phase(which) == "closed")


# -- what waits in vain


def test_before_a_shutdown_nothing_is_claimed_and_what_waits_goes_back(running: Running) -> None:
    takes_items_out(running.bench.jenkins)
    running.start()
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")
    running.bench.jenkins.quieting_down = True
    until(lambda: running.phase(which) == "closed")
    assert running.hub.was_told("give_back") == 1
    assert running.bench.journal.entry(which).reason == "this lab's Jenkins is about to shut down"
    until(lambda: running.hub.waiting == ())
    assert running.hub.health == {}
    running.bench.jenkins.quieting_down = False
    until(lambda: running.hub.waiting == ("bbb",))


def test_a_node_that_goes_offline_gives_back_what_waits_and_the_hub_is_told_why(running: Running) -> None:
    takes_items_out(running.bench.jenkins)
    running.start()
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")
    running.bench.jenkins.seen_nodes = [SeenNode(name="bbb", online=False, reason="ping 192.0.2.9 failed")]
    until(lambda: running.phase(which) == "closed")
    assert running.bench.journal.entry(which).reason == "demolab:bbb is offline: ping *** failed"
    until(lambda: running.hub.health == {"bbb": ("offline", "ping *** failed")})
    running.bench.jenkins.seen_nodes = [SeenNode(name="bbb", online=True)]
    until(lambda: running.hub.health == {"bbb": ("online", "")})
    until(lambda: running.hub.waiting == ("bbb",))


def test_a_build_that_has_begun_meanwhile_is_not_given_back(running: Running) -> None:
    running.start()
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")

    def cancel(_item: int) -> None:
        running.bench.jenkins.found = build(which)

    running.bench.jenkins.cancel_queue_item = cancel
    running.bench.jenkins.quieting_down = True
    until(lambda: isinstance(running.bench.jenkins.found, Build))
    running.has_looked(4)
    assert running.phase(which) == "gate"
    running.job_asks(which)


def test_a_broken_board_is_no_business_of_a_look(running: Running) -> None:
    running.hub.health["bbb"] = ("broken", "its check failed")
    running.start()
    assert running.ready.wait(90)
    running.has_looked(6)
    assert running.hub.health == {"bbb": ("broken", "its check failed")}
    assert running.hub.waiting == ()


def test_a_jenkins_that_is_away_for_long_takes_the_boards_along_and_is_said_once(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    running.start()
    until(lambda: running.hub.waiting == ("bbb",))
    running.bench.jenkins.look_trouble = ControllerDown("Jenkins at x does not answer")
    until(lambda: running.hub.waiting == ())
    assert running.hub.health == {}
    monkeypatch.setattr(looking, "DOWN_FOR", 0.3)
    until(lambda: running.hub.health == {"bbb": ("offline", "this lab's Jenkins does not answer")})
    assert sum("Jenkins at x does not answer" in one.message for one in caplog.records) == 1
    running.bench.jenkins.look_trouble = None
    until(lambda: running.hub.health == {"bbb": ("online", "")})


# -- claims


def test_in_a_window_outsiders_get_only_what_ends_within_it(running: Running, lab: Any) -> None:
    now = datetime.now(UTC)
    times = [f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 2)]
    text = f'boards: {{bbb: {{share: {{time_zone: UTC, windows: ["Mon-Sun {times[0]}-{times[1]}"]}}}}}}\n'
    (lab.conf_dir / "boards.yaml").write_text(text)
    running.start()
    until(lambda: running.hub.waiting == ("bbb",))
    assert 6800 < running.hub.limits["bbb"] < 7200


def test_outside_of_its_windows_a_board_is_claimed_for_its_own_team_alone(running: Running, lab: Any) -> None:
    now = datetime.now(UTC)
    times = [f"{now + timedelta(hours=hours):%H:%M}" for hours in (2, 3)]
    text = f'share: {{time_zone: UTC, windows: ["Mon-Sun {times[0]}-{times[1]}"]}}\n'
    (lab.conf_dir / "boards.yaml").write_text(text)
    running.start()
    until(lambda: running.hub.waiting == ("bbb",))
    assert running.hub.limits == {"bbb": 0}


def test_more_boards_than_a_claim_may_name_take_turns(
    running: Running, lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "MAX_CLAIM_BOARDS", 2)
    monkeypatch.setattr(claiming, "MAX_WAIT", 0.3)
    names = ["bbb", "ccc", "ddd"]
    for name in names:
        (lab.fuego_ro / "boards" / f"{name}.board").write_text('ARCHITECTURE="arm"\n')
    running.bench.jenkins.seen_nodes = [SeenNode(name=name, online=True) for name in names]
    running.hub.names = names
    running.start()
    until(lambda: running.hub.waiting == ("bbb", "ccc"))
    until(lambda: running.hub.waiting == ("ddd",))
    until(lambda: running.hub.waiting == ("bbb", "ccc"))


def test_of_two_bridges_of_one_lab_the_second_says_so_and_leaves(running: Running) -> None:
    running.hub.claim_error = Conflict("another bridge serves demolab: timsbox-1", status=409, code="other-bridge")
    running.start()
    failed = until(lambda: running.failed)
    assert isinstance(failed, AnotherBridge)
    assert str(failed) == "another bridge serves demolab: timsbox-1"
    assert not running.ready.is_set()


def test_a_bridge_keeps_its_name_with_its_state_dir(running: Running, lab: Any) -> None:
    running.start()
    assert running.ready.wait(90)
    name = running.hub.instance
    assert name == instance_of(lab.state_dir)
    (lab.state_dir / "bridge.id").write_text("x y\n")
    assert instance_of(lab.state_dir) not in (name, "x y")


def test_a_bridge_that_stops_makes_room_for_another(running: Running, lab: Any) -> None:
    running.start()
    until(lambda: running.hub.waiting)
    running.end()
    assert running.hub.left == [instance_of(lab.state_dir)]


# -- what is left over


def test_what_a_job_left_after_its_attempt_was_closed_is_swept_away_after_a_day(bench: Any) -> None:
    bench.journal.begin_claim("claim-0001", ["bbb"])
    bench.journal.end_claim("claim-0001", (won(0, "bbb"),), bench.now[0])
    for number in (0, 1):
        bench.folders.outbox_folder(attempt(number)).mkdir()
    now = time.time()
    bench.now[0] = now + starting.UNATTENDED
    bench.steps.sweep(kept_since=0, used_since=0)
    assert bench.folders.ended() == {attempt(0), attempt(1)}
    bench.now[0] = now + 86400 + 60
    bench.steps.sweep(kept_since=0, used_since=0)
    assert bench.folders.ended() == {attempt(0)}
