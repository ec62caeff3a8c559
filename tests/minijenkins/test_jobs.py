"""Jobs, nodes and views as python-jenkins makes, changes and deletes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jenkins
import pytest

XML = {"Content-Type": "text/xml"}


def test_a_job_is_stored_as_posted(server: jenkins.Jenkins, job_xml: Callable[..., str]) -> None:
    posted = job_xml("echo 'größe' && true")
    server.create_job("j", f"<?xml version='1.1' encoding='UTF-8'?>\n{posted}")
    assert server.get_job_config("j").endswith(posted)


def test_disabling_changes_the_stored_document(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j", "echo '<&>'")
    server.disable_job("j")
    assert "<disabled>true</disabled>" in server.get_job_config("j")
    assert server.get_job_info("j")["color"] == "disabled"
    server.enable_job("j")
    assert shop.build("j")["result"] == "SUCCESS"


def test_a_renamed_job_keeps_its_builds(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("old", "echo hello")
    shop.build("old")
    server.rename_job("old", "new")
    assert not server.job_exists("old")
    assert "hello" in shop.console("new", 1)


def test_a_deleted_job_is_gone_and_its_build_stopped(
    shop: Any, server: jenkins.Jenkins, until: Callable[..., Any]
) -> None:
    shop.job("j", "sleep 60")
    shop.started(server.build_job("j"))
    server.delete_job("j")
    assert not server.job_exists("j")
    until(lambda: not server.get_running_builds())
    shop.job("j")
    assert shop.build("j")["number"] == 1


def test_a_deleted_build_is_gone(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j")
    shop.build("j")
    server.delete_build("j", 1)
    with pytest.raises(jenkins.JenkinsException, match="does not exist"):
        server.get_build_info("j", 1)
    assert server.get_job_info("j")["nextBuildNumber"] == 2


@pytest.mark.parametrize(
    ("query", "headers", "body", "status"),
    [
        ("?name=a%2Fb", XML, "<project/>", 400),
        ("?name=..", XML, "<project/>", 400),
        ("?name=", XML, "<project/>", 400),
        ("?name=a%0Ab", XML, "<project/>", 400),
        (f"?name={'x' * 201}", XML, "<project/>", 400),
        ("?name=j", {}, "<project/>", 400),
        ("?name=j", XML, "<project>", 500),
        ("?name=j", XML, "<flow-definition/>", 500),
        ("?name=j", XML, "<!DOCTYPE x [<!ENTITY y 'z'>]><project>&y;</project>", 400),
        ("?name=j", XML, "<project>" + "<a>" * 70 + "</a>" * 70 + "</project>", 400),
        ("?name=j", XML, "<project><quietPeriod>soon</quietPeriod></project>", 500),
        ("?name=j", XML, "x" * 2_000_001, 413),
        ("?name=j&mode=copy&from=i", XML, "", 501),
    ],
)
def test_bad_jobs_are_refused(
    ask: Callable[..., Any], query: str, headers: dict[str, str], body: str, status: int
) -> None:
    answer = ask("POST", f"/createItem{query}", data=body.encode(), headers=headers)
    assert answer.status_code == status
    assert answer.headers["X-Error"]
    assert ask("GET", "/api/json").json()["jobs"] == []


def test_a_bad_document_leaves_the_job_as_it_was(shop: Any, server: jenkins.Jenkins, ask: Callable[..., Any]) -> None:
    shop.job("j", "echo hello")
    before = server.get_job_config("j")
    assert ask("POST", "/job/j/config.xml", data="<project", headers=XML).status_code == 500
    assert server.get_job_config("j") == before


def test_a_node_is_made_listed_configured_and_deleted(server: jenkins.Jenkins, make_node: Callable[..., None]) -> None:
    make_node("bbb", "bbb usb")
    assert server.get_nodes() == [{"name": "Built-In Node", "offline": False}, {"name": "bbb", "offline": False}]
    server.reconfig_node("bbb", server.get_node_config("bbb").replace("bbb usb", "bbb wifi"))
    assert [label["name"] for label in server.get_node_info("bbb")["assignedLabels"]] == ["bbb", "wifi"]
    server.delete_node("bbb")
    assert not server.node_exists("bbb")


def test_an_offline_node_says_why(server: jenkins.Jenkins, make_node: Callable[..., None]) -> None:
    make_node("bbb")
    server.disable_node("bbb", "board is being repaired")
    info = server.get_node_info("bbb")
    assert (info["offline"], info["temporarilyOffline"]) == (True, True)
    assert info["offlineCauseReason"] == "board is being repaired"


def test_running_builds_are_found_on_their_nodes(
    shop: Any, server: jenkins.Jenkins, make_node: Callable[..., None]
) -> None:
    make_node("bbb")
    shop.job("j", "sleep 60", more="<assignedNode>bbb</assignedNode><canRoam>false</canRoam>")
    shop.started(server.build_job("j"))
    (running,) = server.get_running_builds()
    assert (running["name"], running["number"], running["node"], running["executor"]) == ("j", 1, "bbb", 0)
    server.stop_build("j", 1)


@pytest.mark.parametrize("name", ["../x", "a/b", "(built-in)", "built-in", ""])
def test_bad_names_of_nodes_are_refused(ask: Callable[..., Any], name: str) -> None:
    form = {"name": name, "type": "hudson.slaves.DumbSlave$DescriptorImpl", "json": "{}"}
    assert ask("POST", "/computer/doCreateItem", data=form).status_code == 400


def test_a_view_is_made_shown_and_deleted(shop: Any, server: jenkins.Jenkins) -> None:
    for name in ("remote-a", "remote-b", "other"):
        shop.job(name)
    view = jenkins.EMPTY_VIEW_CONFIG_XML.replace("<jobFilters/>", "<jobFilters/><includeRegex>remote-.*</includeRegex>")
    server.create_view("Remote requests", view)
    assert [job["name"] for job in server.get_jobs(view_name="Remote requests")] == ["remote-a", "remote-b"]
    assert [one["name"] for one in server.get_views()] == ["Remote requests", "all"]
    server.delete_view("Remote requests")
    assert not server.view_exists("Remote requests")


@pytest.mark.parametrize("page", ["/computer/bbb/jenkins-agent.jnlp", "/computer/bbb/slave-agent.jnlp"])
def test_a_node_needs_no_agent(make_node: Callable[[str], None], ask: Callable[..., Any], page: str) -> None:
    make_node("bbb")
    answer = ask("GET", page)
    assert answer.status_code == 404
    assert "node bbb needs no agent" in answer.headers["X-Error"]
    assert ask("GET", "/tcpSlaveAgentListener/").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/xml"),
        ("POST", "/scriptText"),
        ("GET", "/job/j/1/testReport/api/json"),
        ("POST", "/job/j/polling"),
        ("POST", "/safeRestart"),
        ("DELETE", "/job/j/"),
        ("GET", "/../../etc/passwd"),
    ],
)
def test_everything_else_is_501_with_one_line(shop: Any, ask: Callable[..., Any], method: str, path: str) -> None:
    shop.job("j")
    shop.build("j")
    answer = ask(method, path)
    assert answer.status_code == 501
    assert "not done by the embedded controller" in answer.text
    assert answer.text.count("\n") == 1


@pytest.mark.parametrize("path", ["/createItem", "/job/j/doDelete", "/job/j/1/stop", "/quietDown", "/job/j/config"])
def test_looking_at_an_address_changes_nothing(shop: Any, ask: Callable[..., Any], path: str) -> None:
    shop.job("j")
    answer = ask("GET", path)
    assert answer.status_code == (501 if path == "/job/j/config" else 405)


@pytest.mark.parametrize(
    "path", ["/job/j/1/artifact/..%2f..%2fconfig.xml", "/job/j/1/artifact/../../../config.xml", "/job/j/1/artifact/x"]
)
def test_only_artifacts_are_served(shop: Any, ask: Callable[..., Any], path: str) -> None:
    shop.job("j")
    shop.build("j")
    assert ask("GET", path).status_code == 404


def test_names_and_consoles_are_escaped_on_pages(shop: Any, ask: Callable[..., Any]) -> None:
    shop.job("j", "echo '<script>alert(1)</script>'", parameters=("A",))
    shop.build("j", {"A": "<b>bold</b>"})
    for path in ("/", "/job/j/", "/job/j/1/", "/job/j/1/console", "/computer/", "/computer/(built-in)/"):
        page = ask("GET", path)
        assert page.status_code == 200
        assert "embedded controller of the Fuego network, not Jenkins" in page.text
        assert "<script>" not in page.text
        assert "<b>" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_description_is_kept(shop: Any, server: jenkins.Jenkins, ask: Callable[..., Any]) -> None:
    shop.job("j")
    shop.build("j")
    ask("POST", "/job/j/1/submitDescription", data={"description": "request größe"})
    assert server.get_build_info("j", 1)["description"] == "request größe"


def test_a_remote_trigger_needs_the_jobs_own_token(shop: Any, ask: Callable[..., Any]) -> None:
    shop.job("j", more="<authToken>sesame-open</authToken>")
    shop.job("without", more="<authToken/>")
    assert ask("GET", "/job/j/build").status_code == 405
    assert ask("GET", "/job/j/build?token=wrong").status_code == 403
    assert ask("GET", "/job/without/build?token=").status_code == 403
    assert ask("GET", "/job/j/build?token=sesame-open&cause=by+hand").status_code == 201
    cause = shop.finished("j", 1)["actions"][0]["causes"][0]
    assert cause["shortDescription"] == "Started by remote host 127.0.0.1 with note: by hand"
