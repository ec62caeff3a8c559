"""The jobs for people, as `ftc lab jobs` makes them: from a form in Jenkins to a board and back into Jenkins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.lab.jobs.people import ALL
from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State
from lab_in_trouble import Lab
from until import until

pytestmark = pytest.mark.slow

HOSTILE = """it's "quoted" $(id) `id` <script>alert(1)</script> größe 試 & so on"""
MARKUP = re.compile(r"<(script|img)", re.IGNORECASE)


@dataclass(frozen=True)
class Shown:
    """What Jenkins shows of a build that is over."""

    job: str
    number: int
    result: str
    name: str
    description: str
    files: tuple[str, ...]
    console: str


@dataclass
class People:
    """Who uses this lab's Jenkins: logged in as the lab's user of it, and as `people` at the hub."""

    lab: Lab
    token: str
    eve: str
    """The token of somebody of another team, about whom the lab's rules say that its people are asked."""

    @property
    def who(self) -> str:
        return self.lab.under_test.user

    @property
    def asking(self) -> HubClient:
        return HubClient(self.lab.urls["hub"], self.token)

    def job(self, what: str) -> str:
        return f"{self.lab.prefix}-people-{what}"

    def build(self, what: str, **parameters: str) -> Shown:
        """Fill in the form, and wait for the build's end."""
        job = self.job(what)
        before = max((build.number for build in self.lab.controller.builds(job)), default=0)
        self.lab.person.build_job(job, parameters)

        def over() -> int | None:
            newer = [one for one in self.lab.controller.builds(job) if one.number > before]
            return newer[0].number if newer and not newer[0].building else None

        return self.shown(job, until(over, f"a build of {job}", 60))

    def shown(self, job: str, number: int) -> Shown:
        """The page of a build."""
        data = self.get(f"job/{job}/{number}/api/json").json()
        return Shown(
            job=job,
            number=number,
            result=data["result"],
            name=data["displayName"],
            description=data["description"] or "",
            files=tuple(one["relativePath"] for one in data["artifacts"]),
            console=self.lab.controller.console_tail(job, number, 20_000),
        )

    def get(self, path: str) -> requests.Response:
        under_test = self.lab.under_test
        login = (under_test.user, under_test.token) if under_test.user else None
        answer = requests.get(f"{under_test.url}/{path}", auth=login, timeout=30)
        answer.raise_for_status()
        return answer

    def file(self, shown: Shown, name: str) -> requests.Response:
        """A file that a build has archived."""
        return self.get(f"job/{shown.job}/{shown.number}/artifact/{name}")


@pytest.fixture(scope="module")
def whole_site(whole_lab: Lab) -> Iterator[People]:
    """The lab has a user for its people, and their jobs."""
    opened = admin.open_data(whole_lab.root / "hub")
    token = admin.add_user(opened, "people", teams=("annaslab",), notify=())
    eve = admin.add_user(opened, "eve", teams=("eveslab",), notify=())
    file, conf = whole_lab.root / "tokens" / "people", whole_lab.lab_conf
    file.touch(mode=0o600)
    file.write_text(token)
    before = conf.read_text()
    conf.write_text(f"{before}people_token_file={file}\n")
    whole_lab.network.all_up()
    whole_lab.network.well("lab", "jobs")
    yield People(whole_lab, token, eve)
    conf.write_text(before)
    for what in ALL:
        whole_lab.controller.delete_job(f"{whole_lab.prefix}-people-{what.removeprefix('remote-')}")


@pytest.fixture
def people(whole_site: People, lab: Lab) -> People:
    """The same, with everything up."""
    assert lab is whole_site.lab
    return whole_site


@pytest.fixture
def asked(people: People) -> tuple[str, Shown]:
    """A request that was put in Jenkins and has run, and the build that put it."""
    people.lab.hold()
    shown = people.build(
        "put-request",
        SELECTOR=f"demolab:{people.lab.board}",
        TEST="Functional.holds",
        TIMEOUT="5m",
        NOTES=HOSTILE,
        YOUR_NAME="<b>the boss</b>",
    )
    assert shown.result == "SUCCESS", shown.console
    found = re.search(r"1 put: (\S+)", shown.console)
    assert found, shown.console
    people.lab.release()
    people.lab.comes_to(found[1], State.DONE)
    return found[1], shown


def test_a_request_is_put_and_runs_and_both_builds_say_what_they_were(people: People, asked: tuple[str, Shown]) -> None:
    request, put = asked
    ended = people.asking.request(request)
    # Who logged in has put it; a claim beside that changes nothing. The notes are what was typed, to the letter.
    assert ended.notes == f"put from Jenkins by {people.who}\n{HOSTILE}"
    assert (ended.requester, ended.status) == ("people", "PASS")
    place = f"demolab:{people.lab.board}"
    assert put.name == f"#{put.number} Functional.holds on {people.lab.board}"
    assert f"/requests/{request}" in put.description
    assert f"put from Jenkins by {people.who}" in put.description
    assert "status at this build's end: " in put.description

    number = int(ended.build_url.rstrip("/").rpartition("/")[2])

    def named() -> Shown | None:
        shown = people.shown(people.lab.job, number)
        return shown if ended.run_url in shown.description else None

    ran = until(named, "the board's build is described")
    assert ran.name == f"#{number} Functional.holds on {people.lab.board}: PASS"
    for word in (request, place, "asked for by: people (annaslab)", "status: PASS", f"/requests/{request}"):
        assert word in ran.description
    for shown in (put, ran):
        assert not MARKUP.search(shown.name + shown.description)
        assert "<script>alert" not in people.get(f"job/{shown.job}/{shown.number}/").text


def test_the_boards_build_and_the_fetched_run_show_cases(people: People, asked: tuple[str, Shown]) -> None:
    if "junit" not in (people.lab.controller.plugins() or ()):
        pytest.skip("this Jenkins has no plugin junit")
    request, _ = asked
    fetched = people.build("get-run", REQUEST=request)
    ran = people.asking.request(request).build_url.rstrip("/").rpartition("/")[2]
    for job, number in ((people.lab.job, ran), (fetched.job, fetched.number)):
        report = people.get(f"job/{job}/{number}/testReport/api/json").json()
        cases = [(case["className"], case["status"]) for suite in report["suites"] for case in suite["cases"]]
        assert cases == [("Functional.holds.default", "PASSED")], job


def test_a_run_is_fetched_and_archived(people: People, asked: tuple[str, Shown]) -> None:
    request, _ = asked
    fetched = people.build("get-run", REQUEST=request)
    assert fetched.result == "SUCCESS", fetched.console
    assert {f"{request}.frp", "run/run.json", "run/junit.xml"} <= set(fetched.files)
    assert fetched.name == f"#{fetched.number} Functional.holds on {people.lab.board}: PASS"
    assert "run: demolab/" in fetched.description


def test_a_request_that_waits_for_the_labs_people_is_approved(people: People) -> None:
    eve = HubClient(people.lab.urls["hub"], people.eve)
    wanted = {"selector": f"demolab:{people.lab.board}", "test": "Functional.holds", "timeout": 60}
    request = eve.put_request({"call_id": new_call_id(), **wanted})[0][0].id
    until(lambda: [one.answer for one in eve.request(request).approvals] == ["requested"], "its people are asked")
    answered = people.build("approve", REQUEST=request, ANSWER="approve", REASON=HOSTILE)
    assert answered.result == "SUCCESS", answered.console
    approval = eve.request(request).approvals[0]
    assert (approval.by, approval.reason) == ("demolab", f"{HOSTILE}; answered from Jenkins by {people.who}")
    until(lambda: eve.request(request).state is State.DONE, "it runs")
    assert answered.name == f"#{answered.number} approve {request}"
    assert "größe 試" in answered.description
    assert not MARKUP.search(answered.description)


def test_a_board_is_withdrawn_and_shared(people: People) -> None:
    def shared() -> set[str]:
        return {board.name for board in people.asking.boards(host="demolab")}

    taken = people.build("put-boards", BOARDS=people.lab.board, ACTION="withdraw")
    assert taken.result == "SUCCESS", taken.console
    assert people.lab.board not in shared()
    assert taken.name == f"#{taken.number} withdraw {people.lab.board}"
    back = people.build("put-boards", BOARDS=people.lab.board, ACTION="share")
    assert back.result == "SUCCESS", back.console
    assert people.lab.board in shared()
    assert f"told from Jenkins by {people.who}" in back.description


def test_the_boards_are_an_archived_page(people: People) -> None:
    listed = people.build("boards", SELECTOR="")
    assert (listed.result, listed.files) == ("SUCCESS", ("boards.html",))
    page = people.file(listed, "boards.html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert f"demolab:{people.lab.board}" in page.content.decode("utf-8")


def test_a_campaign_leaves_its_table(people: People) -> None:
    place = f"demolab:{people.lab.board}"
    made = people.build("campaign", TESTS="Functional.holds", SELECTORS=place, WAIT="30s", NOTES=HOSTILE)
    assert made.result == "SUCCESS", made.console
    assert set(made.files) == {"campaign.html", "campaign.txt"}
    page = people.file(made, "campaign.html").content.decode("utf-8")
    assert "PASS" in page
    assert place in page
    assert made.name == f"#{made.number} 1 request: Functional.holds on {place}"


def test_what_was_asked_for_wrongly_says_so_in_its_console_and_on_its_page(people: People) -> None:
    wrong = people.build("put-request", SELECTOR="$(id)", TEST="Functional.holds", NOTES="n")
    assert (wrong.result, wrong.name) == ("FAILURE", f"#{wrong.number} not done")
    assert "uid=" not in wrong.console
    assert "$(id)" in wrong.console
    assert "needs double quotes" in wrong.description
    empty = people.build("approve", REQUEST="<img src=x>", ANSWER="approve", REASON="")
    assert (empty.result, empty.name) == ("FAILURE", f"#{empty.number} not done")
    assert empty.description.startswith("REQUEST is no request's id")
