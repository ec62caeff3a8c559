"""Queue items: merging, why they wait, cancel; through real python-jenkins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jenkins
import pytest

LATER = "<quietPeriod>600</quietPeriod>"


def tied(label: str) -> str:
    return f"<assignedNode>{label}</assignedNode><canRoam>false</canRoam>"


def test_a_job_without_parameters_waits_once(shop: Any, ask: Callable[..., Any]) -> None:
    shop.job("j", more=LATER)
    first, second = ask("POST", "/job/j/build"), ask("POST", "/job/j/build")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.headers["Location"] == second.headers["Location"]


def test_the_same_parameters_are_merged_with_303(shop: Any, ask: Callable[..., Any]) -> None:
    shop.job("j", more=LATER, parameters=("A",))
    answers = [ask("POST", "/job/j/buildWithParameters", data={"A": value}) for value in ("1", "1", "2")]
    assert [answer.status_code for answer in answers] == [201, 303, 201]
    assert answers[1].headers["Location"] == answers[0].headers["Location"] != answers[2].headers["Location"]


def test_python_jenkins_says_that_a_merged_trigger_gave_no_item(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j", more=LATER, parameters=("A",))
    server.build_job("j", {"A": "1"})
    with pytest.raises(jenkins.EmptyResponseException):
        server.build_job("j", {"A": "1"})


def test_a_merged_item_keeps_all_causes(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j", more=LATER)
    item = server.build_job("j")
    server.build_job("j")
    causes = server.get_queue_item(item)["actions"][0]["causes"]
    assert [cause["shortDescription"] for cause in causes] == ["Started by user anonymous"] * 2


def test_a_delay_replaces_the_quiet_period(shop: Any, ask: Callable[..., Any], until: Callable[..., Any]) -> None:
    shop.job("j", more=LATER)
    number = int(ask("POST", "/job/j/build?delay=0sec").headers["Location"].split("/")[-2])
    assert shop.started(number) == 1


def test_the_quiet_period_ends_by_itself(shop: Any, ask: Callable[..., Any]) -> None:
    shop.job("soon", more="<quietPeriod>1</quietPeriod>")
    shop.job("j", more=LATER)
    soon, later = (ask("POST", f"/job/{name}/build").headers["Location"] for name in ("soon", "j"))
    item = ask("GET", later.partition("/fuego")[2] + "api/json").json()
    assert item["_class"] == "hudson.model.Queue$WaitingItem"
    assert item["why"].startswith("In the quiet period. Expires in ")
    assert shop.started(int(soon.rstrip("/").rpartition("/")[2])) == 1


def test_an_item_for_an_unknown_label_is_stuck(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j", more=tied("nowhere"))
    item = server.get_queue_item(server.build_job("j"))
    assert (item["why"], item["stuck"]) == ("There are no nodes with the label ‘nowhere’", True)


def test_an_item_starts_when_its_node_comes(shop: Any, server: jenkins.Jenkins, make_node: Callable[..., None]) -> None:
    shop.job("j", more=tied("usb"))
    item = server.build_job("j")
    make_node("bbb", "usb arm")
    shop.started(item)
    assert shop.finished("j", 1)["builtOn"] == "bbb"


def test_an_item_waits_for_an_offline_node(shop: Any, server: jenkins.Jenkins, make_node: Callable[..., None]) -> None:
    make_node("bbb")
    server.disable_node("bbb", "cable")
    shop.job("j", more=tied("bbb"))
    item = server.build_job("j")
    assert server.get_queue_item(item)["why"] == "‘bbb’ is offline"
    server.enable_node("bbb")
    assert shop.started(item) == 1


def test_a_second_job_waits_for_the_executor_of_a_node(
    shop: Any, server: jenkins.Jenkins, make_node: Callable[..., None]
) -> None:
    make_node("bbb")
    shop.job("one", "sleep 60", more=tied("bbb"))
    shop.job("two", more=tied("bbb"))
    shop.started(server.build_job("one"))
    item = server.build_job("two")
    waiting = server.get_queue_item(item)
    assert waiting["_class"] == "hudson.model.Queue$BuildableItem"
    assert waiting["why"] == "Waiting for next available executor on ‘bbb’"
    server.stop_build("one", 1)
    assert shop.started(item) == 1


def test_a_job_runs_once_at_a_time_unless_concurrent(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j", "sleep 60", parameters=("A",))
    shop.started(server.build_job("j", {"A": "1"}))
    item = server.build_job("j", {"A": "2"})
    waiting = server.get_queue_item(item)
    assert waiting["_class"] == "hudson.model.Queue$BlockedItem"
    assert waiting["why"] == "Build #1 is already in progress (ETA: N/A)"
    shop.job("j", "sleep 60", parameters=("A",), more="<concurrentBuild>true</concurrentBuild>")
    assert shop.started(item) == 2
    for number in (1, 2):
        server.stop_build("j", number)


def test_disabling_a_job_cancels_what_waits(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j", more=LATER)
    item = server.build_job("j")
    server.disable_job("j")
    left = server.get_queue_item(item)
    assert (left["_class"], left["cancelled"]) == ("hudson.model.Queue$LeftItem", True)


def test_a_cancelled_item_can_still_be_read(shop: Any, server: jenkins.Jenkins, ask: Callable[..., Any]) -> None:
    shop.job("j", more=LATER)
    item = server.build_job("j")
    assert ask("POST", f"/queue/cancelItem?id={item}").status_code == 204
    assert ask("POST", f"/queue/cancelItem?id={item}").status_code == 500
    left = server.get_queue_item(item)
    assert (left["why"], left["cancelled"], left["executable"]) == (None, True, None)
    assert server.get_queue_info() == []


def test_quieting_down_starts_nothing_until_it_is_cancelled(
    shop: Any, server: jenkins.Jenkins, ask: Callable[..., Any]
) -> None:
    shop.job("j")
    server.quiet_down()
    item = server.build_job("j")
    assert server.get_queue_item(item)["why"] == "Jenkins is about to shut down"
    ask("POST", "/cancelQuietDown")
    assert shop.started(item) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/job/plain/buildWithParameters", 400),
        ("/job/with/build", 400),
        ("/job/nope/build", 404),
        ("/job/off/build", 409),
        ("/job/plain/build?delay=soon", 400),
        ("/queue/cancelItem?id=999", 404),
        ("/queue/cancelItem?id=x", 404),
    ],
)
def test_wrong_triggers_are_refused(shop: Any, ask: Callable[..., Any], path: str, status: int) -> None:
    shop.job("plain")
    shop.job("with", parameters=("A",))
    shop.job("off", more="<disabled>true</disabled>")
    assert ask("POST", path).status_code == status


def test_a_job_renamed_while_it_waits_is_started_under_its_new_name(
    shop: Any, server: jenkins.Jenkins, make_node: Callable[..., None]
) -> None:
    shop.job("old", "echo hello", more="<assignedNode>x</assignedNode><canRoam>false</canRoam>")
    item = server.build_job("old")
    server.rename_job("old", "new")
    assert server.get_queue_item(item)["task"]["name"] == "new"
    make_node("x")
    shop.finished("new", shop.started(item))
    assert "hello" in shop.console("new")


def test_a_full_queue_is_told_to_the_build_that_would_trigger(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.job("down")
    publisher = "<hudson.tasks.BuildTrigger><childProjects>down</childProjects></hudson.tasks.BuildTrigger>"
    shop.job("up", publishers=publisher)
    monkeypatch.setattr("fuego_jenkins_remote.minijenkins.waiting.queue._MOST_ITEMS", 1)
    assert shop.build("up")["result"] == "SUCCESS"
    assert "ERROR: down: the queue is full" in shop.console("up")
