"""The scripts of the jobs for people, as Jenkins runs them, against ftc, a hub and a vision that run."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.fuego.packages import pack_run
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.lab.jobs.definitions import JobBoard, LabValues, job_xml
from fuego_jenkins_remote.lab.jobs.people import ALL
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id

from .conftest import FTC, Network, make_lab

pytestmark = pytest.mark.slow

HOSTILE = [
    "$(touch hit)",
    "`touch hit`",
    "'; touch hit; '",
    '"; touch hit; "',
    "-b",
    "--help",
    "--hub-url=http://127.0.0.1:9",
    "--",
    "größe 試 <script>alert(1)</script>",
    "a\nb",
    "* ? [a-z] ~ {x,y} \\",
    "x" * 5000,
]


@pytest.fixture(scope="module")
def steps() -> dict[str, str]:
    """The shell text of each job."""
    made = job_xml([JobBoard(name="local1")], LabValues(people=ALL))
    return {job: ET.fromstring(made[job]).findtext("builders/hudson.tasks.Shell/command") or "" for job in ALL}


@dataclass(frozen=True)
class Jenkins:
    """Runs a job's step as Jenkins does: in its workspace, with the parameters as variables."""

    workspace: Path
    environment: dict[str, str]
    steps: dict[str, str]

    def build(self, job: str, **parameters: str) -> subprocess.CompletedProcess[str]:
        step = self.workspace.parent / "step.sh"
        step.write_text(self.steps[job])
        return subprocess.run(
            ["/bin/bash", step],
            cwd=self.workspace,
            env={**self.environment, **parameters},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def site(network: Network, tmp_path_factory: pytest.TempPathFactory, steps: dict[str, str]) -> Callable[..., Jenkins]:
    """A lab that shares two boards, and where people ask as ann."""
    root = tmp_path_factory.mktemp("site")
    made = make_lab(root / "lab")
    made.add_settings(
        hub_url=network.hub,
        vision_url=network.vision,
        hub_token_file=network.tokens / "lab.hub",
        vision_token_file=network.tokens / "lab.vision",
        people_token_file=network.tokens / "ann.hub",
    )
    ftc = root / "ftc"
    ftc.write_text(f'#!/bin/bash\nexec {shlex.join(FTC)} "$@"\n')
    ftc.chmod(0o755)
    lab = HubClient(network.hub, (network.tokens / "lab.hub").read_text().strip())
    for board in ("local1", "local2"):
        lab.put_board("demolab", board, {"facts": {"arch": "x86_64"}, "labels": ["pair"], "open_to": ["*"]})
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "200",
        "HOME": str(root),
        "FUEGO_FTC": str(ftc),
        "FUEGO_CONF": str(made.conf),
    }

    def jenkins(workspace: Path, **more: str) -> Jenkins:
        # push_ftc of the job is another: the step sets FUEGO_FTC.
        own = {
            job: text.replace("FUEGO_FTC=ftc\n", f"FUEGO_FTC={shlex.quote(str(ftc))}\n") for job, text in steps.items()
        }
        workspace.mkdir()
        return Jenkins(workspace, {**environment, **more}, own)

    return jenkins


@pytest.fixture
def jenkins(site: Callable[..., Jenkins], tmp_path: Path) -> Jenkins:
    return site(tmp_path / "workspace")


@pytest.fixture
def ann(network: Network) -> HubClient:
    return HubClient(network.hub, (network.tokens / "ann.hub").read_text().strip())


@pytest.fixture
def lab(network: Network) -> HubClient:
    return HubClient(network.hub, (network.tokens / "lab.hub").read_text().strip())


def newest(hub: HubClient) -> str:
    return hub.requests(limit=1)[0][0].id


# ---- remote-put-request


def test_a_request_is_put_by_the_user_for_people(jenkins: Jenkins, ann: HubClient) -> None:
    done = jenkins.build(
        "remote-put-request",
        SELECTOR=" demolab:local1 ",
        TEST="Functional.hello",
        NOTES="for Tim",
        YOUR_NAME="Eve (verified)",
        TIMEOUT="10m",
    )
    assert done.returncode == 0, done.stderr
    request = ann.request(newest(ann))
    assert f"remote: 1 put: {request.id}" in done.stdout
    assert (request.requester, request.selector, request.timeout) == ("ann", "demolab:local1", 600)
    assert request.notes == "put from Jenkins by Eve verified (unverified)\nfor Tim"


@pytest.mark.parametrize(("count", "expected"), [("any", 1), ("each", 2), ("2", 2), ("", 1)])
def test_on_how_many_boards(jenkins: Jenkins, ann: HubClient, count: str, expected: int) -> None:
    done = jenkins.build("remote-put-request", SELECTOR="label=pair", TEST="Functional.hello", COUNT=count)
    assert done.returncode == 0, done.stderr
    assert f"remote: {expected} put: " in done.stdout


@pytest.mark.parametrize("parameter", ["SELECTOR", "TEST", "SPEC", "COUNT", "TIMEOUT", "NOTES", "YOUR_NAME"])
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_typed_is_data(jenkins: Jenkins, ann: HubClient, parameter: str, value: str) -> None:
    wanted = {"SELECTOR": "demolab:local1", "TEST": "Functional.hello", "NOTES": "n", parameter: value}
    done = jenkins.build("remote-put-request", **wanted)
    assert list(jenkins.workspace.iterdir()) == []
    assert "Traceback" not in done.stderr
    assert "syntax error" not in done.stderr
    if done.returncode == 0:
        assert parameter in {"NOTES", "YOUR_NAME"}
        notes = ann.request(newest(ann)).notes
        assert parameter == "YOUR_NAME" or notes == f"put from Jenkins (unverified)\n{value}"
    else:
        assert done.returncode in {1, 2}
        assert done.stderr.strip()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "remote: SELECTOR is empty: which boards, like timslab:bbb or arch=arm64 (remote-boards lists them)"),
        ({"SELECTOR": "x:y"}, "remote: TEST is empty: which test, like Functional.hello_world"),
        ({"SELECTOR": "x:y", "TEST": "Functional.x", "COUNT": "some"}, "remote: COUNT is any, each, or how many"),
    ],
)
def test_what_is_missing_is_one_clear_line(jenkins: Jenkins, parameters: dict[str, str], said: str) -> None:
    done = jenkins.build("remote-put-request", **parameters)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_a_token_does_not_leave_in_a_parameter(site: Callable[..., Jenkins], tmp_path: Path, network: Network) -> None:
    """Jenkins puts the values of its variables in place of their names before the script sees them."""
    token = (network.tokens / "ann.hub").read_text().strip()
    bound = site(tmp_path / "w", FUEGO_PEOPLE_TOKEN=token)
    done = bound.build("remote-put-request", SELECTOR="demolab:local1", TEST="Functional.hello", NOTES=f"see {token}")
    assert done.returncode == 2
    assert "NOTES holds the value of FUEGO_PEOPLE_TOKEN" in done.stderr
    assert token not in done.stdout + done.stderr


def test_a_token_of_jenkins_credentials_wins(
    site: Callable[..., Jenkins], tmp_path: Path, network: Network, ann: HubClient
) -> None:
    bound = site(tmp_path / "w", FUEGO_PEOPLE_TOKEN=(network.tokens / "tim.hub").read_text().strip())
    done = bound.build("remote-put-request", SELECTOR="demolab:local1", TEST="Functional.hello")
    assert done.returncode == 0, done.stderr
    assert ann.request(newest(ann)).requester == "tim"


def test_the_labs_own_token_puts_nothing(site: Callable[..., Jenkins], tmp_path: Path, network: Network) -> None:
    conf = tmp_path / "fuego.conf"
    conf.write_text(f"hub_url={network.hub}\nhub_token_file={network.tokens / 'lab.hub'}\n")
    done = site(tmp_path / "w", FUEGO_CONF=str(conf)).build("remote-put-request", SELECTOR="a:b", TEST="Functional.x")
    assert done.returncode == 1
    assert "people_token_file is not set" in done.stderr


# ---- remote-campaign


def test_a_campaign_leaves_a_table_and_a_page(jenkins: Jenkins) -> None:
    done = jenkins.build(
        "remote-campaign",
        TESTS="Functional.hello, Functional.other",
        SELECTORS="demolab:local1, demolab:local2",
    )
    assert done.returncode == 0, done.stderr
    table = (jenkins.workspace / "campaign.txt").read_text()
    assert table.count("pending") == 4
    page = (jenkins.workspace / "campaign.html").read_text()
    assert page.count("/requests/") == 4
    assert "<th" in page
    assert "<script" not in page


def test_a_campaign_of_which_a_part_cannot_be_put_is_not_put_and_says_which(jenkins: Jenkins) -> None:
    done = jenkins.build("remote-campaign", TESTS="Functional.hello", SELECTORS="demolab:local1, demolab:nowhere")
    assert done.returncode == 1
    assert "1 of 2 parts cannot be" in done.stderr
    assert "Functional.hello on demolab:nowhere" in done.stderr
    assert not (jenkins.workspace / "campaign.html").exists()


def test_a_campaign_waits_no_longer_than_it_was_told(jenkins: Jenkins) -> None:
    done = jenkins.build("remote-campaign", TESTS="Functional.hello", SELECTORS="demolab:local1", WAIT="1s")
    assert done.returncode == 1
    assert "goes on: 0 of 1 has ended" in done.stderr


@pytest.mark.parametrize("parameter", ["TESTS", "SELECTORS", "SPEC", "COUNT", "TIMEOUT", "WAIT", "NOTES", "YOUR_NAME"])
@pytest.mark.parametrize("value", [*HOSTILE[:9], "a\nb"], ids=range(10))
def test_what_is_typed_for_a_campaign_is_data(jenkins: Jenkins, parameter: str, value: str) -> None:
    wanted = {"TESTS": "Functional.hello", "SELECTORS": "demolab:local1", parameter: value}
    done = jenkins.build("remote-campaign", **wanted)
    assert {path.name for path in jenkins.workspace.iterdir()} <= {"campaign.txt", "campaign.html"}
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or (parameter not in {"NOTES", "YOUR_NAME"} and done.stderr.strip())
    page = jenkins.workspace / "campaign.html"
    assert not page.exists() or "<script" not in page.read_text()


# ---- remote-boards


def test_the_boards_are_a_page(jenkins: Jenkins, lab: HubClient) -> None:
    evil = "<script>alert(1)</script>"
    lab.put_board("demolab", "evil", {"facts": {"type": "x"}, "labels": [evil], "description": evil, "open_to": ["*"]})
    done = jenkins.build("remote-boards", SELECTOR="")
    lab.rm_board("demolab", "evil")
    assert done.returncode == 0, done.stderr
    page = (jenkins.workspace / "boards.html").read_text()
    assert "demolab:local1" in page
    assert "/boards/demolab/local1" in page
    assert "&lt;script&gt;" in page
    for word in ("<script", "style", "<link", "<img", " src="):
        assert word not in page.replace("&lt;script", ""), word


def test_a_selector_narrows_the_boards(jenkins: Jenkins) -> None:
    assert jenkins.build("remote-boards", SELECTOR="board=local2").returncode == 0
    page = (jenkins.workspace / "boards.html").read_text()
    assert "demolab:local2" in page
    assert "demolab:local1" not in page


@pytest.mark.parametrize("value", [*HOSTILE[:9]], ids=range(9))
def test_a_selector_that_is_none_leaves_no_page(jenkins: Jenkins, value: str) -> None:
    (jenkins.workspace / "boards.html").write_text("of the build before")
    done = jenkins.build("remote-boards", SELECTOR=value)
    assert done.returncode == 2, done.stdout
    assert list(jenkins.workspace.iterdir()) == []


# ---- remote-get-run


@pytest.fixture
def tested(ann: HubClient, lab: HubClient, network: Network, tmp_path: Path) -> str:
    """A request that has run; its run is at vision."""
    requests, _ = ann.put_request({"call_id": new_call_id(), "selector": "demolab:local2", "test": "Functional.hello"})
    request = requests[0].id
    lab.claim(new_call_id(), ["local2"], request=request)
    attempt = AttemptId(request, 1)
    lab.start(attempt, "start-call", "", "1")
    lab.tested(attempt, "tested-call", "PASS", f"demolab/{attempt}", "")
    folder = tmp_path / "made"
    folder.mkdir()
    cases = [{"name": "default", "status": "PASS", "test_cases": [{"name": "hello", "status": "PASS"}]}]
    run = {"name": "Functional.hello", "status": "PASS", "metadata": {"board": "local2"}, "test_sets": cases}
    (folder / "run.json").write_text(json.dumps(run))
    (folder / "consolelog.txt").write_text("hello\n")
    info = pack_run(folder, tmp_path / "made.frp", redactor=Redactor(()), metadata={"host_name": "demolab"})
    vision = VisionClient(network.vision, (network.tokens / "lab.vision").read_text().strip())
    put = vision.put_run(f"demolab/{attempt}", info.path, info.sha256)
    lab.done(attempt, "done-call", "vision", put.url)
    return request


def test_a_run_is_fetched_and_laid_out(jenkins: Jenkins, tested: str) -> None:
    (jenkins.workspace / "run").mkdir()
    (jenkins.workspace / "old.frp").write_text("of the build before")
    done = jenkins.build("remote-get-run", REQUEST=tested)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in jenkins.workspace.iterdir()} == {"run", f"{tested}.frp"}
    assert {"run.json", "consolelog.txt", "junit.xml"} <= {path.name for path in (jenkins.workspace / "run").iterdir()}
    case = ET.parse(jenkins.workspace / "run" / "junit.xml").find(".//testcase")
    assert case is not None
    assert (case.get("classname"), case.get("name")) == ("Functional.hello.default", "hello")


def test_there_is_nothing_to_wait_for(jenkins: Jenkins, ann: HubClient) -> None:
    requests, _ = ann.put_request({"call_id": new_call_id(), "selector": "demolab:local1", "test": "Functional.hello"})
    done = jenkins.build("remote-get-run", REQUEST=requests[0].id)
    assert done.returncode == 1
    assert "is pending: it has no run yet" in done.stderr


@pytest.mark.parametrize("job", ["remote-get-run", "remote-approve"])
@pytest.mark.parametrize("value", ["", "../x", "$(touch hit)", "-h", "20261123-101500123-k3j7x2m4\n-v", "a b"])
def test_what_is_no_request_is_one_clear_line(jenkins: Jenkins, job: str, value: str) -> None:
    done = jenkins.build(job, REQUEST=value, ANSWER="approve")
    assert done.returncode == 2
    assert done.stderr.startswith("remote: REQUEST is ")
    assert done.stderr.count("\n") == 1
    assert list(jenkins.workspace.iterdir()) == []


# ---- remote-approve


@pytest.fixture
def asked(ann: HubClient, lab: HubClient) -> str:
    """A request that waits for the lab's people."""
    requests, _ = ann.put_request({"call_id": new_call_id(), "selector": "demolab:local1", "test": "Functional.hello"})
    request = requests[0].id
    assert lab.claim(new_call_id(), ["local1"], request=request).attempts
    lab.give_back(AttemptId(request, 1), "give-back", "its people are asked", "requested")
    return request


def test_a_request_is_approved_by_the_lab(jenkins: Jenkins, ann: HubClient, asked: str) -> None:
    done = jenkins.build("remote-approve", REQUEST=asked, ANSWER="approve", REASON="", YOUR_NAME="tim")
    assert done.returncode == 0, done.stderr
    approval = ann.request(asked).approvals[0]
    assert (approval.answer, approval.by) == ("approved", "demolab")
    assert approval.reason == "answered from Jenkins by tim (unverified)"


@pytest.mark.parametrize("value", HOSTILE[:9], ids=range(9))
def test_a_reason_is_data(jenkins: Jenkins, ann: HubClient, asked: str, value: str) -> None:
    done = jenkins.build("remote-approve", REQUEST=asked, ANSWER="reject", REASON=value)
    assert done.returncode == 0, done.stderr
    approval = ann.request(asked).approvals[0]
    assert (approval.answer, approval.reason) == ("rejected", f"{value}; answered from Jenkins (unverified)")
    assert list(jenkins.workspace.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        ("maybe", "x", "remote: ANSWER is none of: approve reject"),
        ("", "x", "remote: ANSWER is none of"),
        ("reject", " ", "remote: REASON is empty"),
    ],
)
def test_an_answer_that_is_none(jenkins: Jenkins, answer: str, reason: str, said: str) -> None:
    done = jenkins.build("remote-approve", REQUEST="20261123-101500123-k3j7x2m4", ANSWER=answer, REASON=reason)
    assert done.returncode == 2
    assert done.stderr.startswith(said)


# ---- remote-put-boards


def test_boards_are_shared_set_offline_and_withdrawn(jenkins: Jenkins, lab: HubClient) -> None:
    def build(action: str) -> subprocess.CompletedProcess[str]:
        done = jenkins.build("remote-put-boards", BOARDS="other", ACTION=action)
        assert done.returncode == 0, done.stderr
        return done

    build("share")
    assert lab.board("demolab", "other").online
    build("offline")
    assert not lab.board("demolab", "other").online
    build("online")
    assert lab.board("demolab", "other").online
    build("withdraw")
    assert "other" not in {board.name for board in lab.boards(host="demolab")}


@pytest.mark.parametrize("value", [*HOSTILE[:9], "", "nowhere"], ids=range(11))
@pytest.mark.parametrize("action", ["share", "withdraw"])
def test_what_is_no_board_here_is_refused(jenkins: Jenkins, value: str, action: str, lab: HubClient) -> None:
    before = {board.name for board in lab.boards(host="demolab")}
    done = jenkins.build("remote-put-boards", BOARDS=value, ACTION=action)
    assert done.returncode == 2, done.stdout
    assert {board.name for board in lab.boards(host="demolab")} == before
    assert list(jenkins.workspace.iterdir()) == []


def test_an_action_that_is_none(jenkins: Jenkins) -> None:
    done = jenkins.build("remote-put-boards", BOARDS="local1", ACTION="rm -rf")
    assert done.returncode == 2
    assert "ACTION is none of: share probe withdraw online offline" in done.stderr
