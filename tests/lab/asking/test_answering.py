"""A build asks for a request: what it is told, and what the journal then has."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client.errors import Answered, NotFound, Unreachable
from fuego_jenkins_remote.client.values import Attempt, Claims, Request
from fuego_jenkins_remote.lab.asking.answering import Answering
from fuego_jenkins_remote.lab.asking.folder import FORGOTTEN_AFTER, AskedDir
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.jenkins.controller import Build
from fuego_jenkins_remote.network.identities import AttemptId

REQUEST = "20261123-101500123-k3j7x2m4"
ATTEMPT = AttemptId(REQUEST, 1)
NONCE = "0123456789abcdef0123456789abcdef"


def _request(**more: Any) -> Request:
    wire = {"id": REQUEST, "state": "pending", "selector": "demolab:bbb", "test": "Functional.hello", "timeout": 60}
    return Request.from_json({**wire, "requester": "anna", "team": "demolab", **more})


@dataclass
class Hub:
    """Has one request; `gives` whether a claim for it wins."""

    request_: Request | None = field(default_factory=_request)
    gives: bool = True
    trouble: Exception | None = None
    lost: str = ""  # a claim whose answer nobody has got
    claimed: list[tuple[tuple[str, ...], str | None, Any]] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    def claim(
        self,
        claim_id: str,
        boards: Sequence[str],
        *,
        request: str | None = None,
        limits: Mapping[str, float] | None = None,
        instance: str = "",
    ) -> Claims:
        self.claimed.append((tuple(boards), request, limits))
        if self.trouble:
            raise self.trouble
        if claim_id == self.lost:
            boards = ["bbb"]
        if not self.gives or self.request_ is None or not boards:
            return Claims(attempts=(), cancels=())
        won = Attempt(request=self.request_, number=1, board=boards[0], lease_seconds=60, approved_by=None)
        return Claims(attempts=(won,), cancels=())

    def request(self, request: str) -> Request:
        if self.request_ is None:
            raise NotFound("no such request", status=404)
        return self.request_

    def start(self, attempt: AttemptId, call_id: str, build_url: str, build_number: str) -> bool:
        self.started.append(call_id)
        return True

    def heartbeat(self, attempt: AttemptId, **said: str) -> dict[str, Any]:
        return {"lease_seconds": 60, "cancel": False, "state": "assigned"}


@dataclass
class Lab:
    """The lab's bench, with a hub that gives out requests, and what asks and is answered."""

    bench: Any
    hub: Hub
    shared: dict[str, float | None]
    watched: list[AttemptId] = field(default_factory=list)
    attended: bool = True

    @property
    def folder(self) -> Path:
        return Path(self.bench.lab.lab_dir) / "asked"

    def ask(self, *, board: str = "bbb", text: str = f"{NONCE} {REQUEST} 7\n") -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{board}.ask").write_text(text)
        os.utime(self.folder / f"{board}.ask", (self.bench.now[0], self.bench.now[0]))

    def answering(self) -> Answering:
        """What answers, as it is after a start."""
        return Answering(
            self.bench.steps,
            shared=lambda: self.shared,
            attended=self.attended,
            watch=lambda entry: self.watched.append(entry.id),
        )

    def answered(self, board: str = "bbb") -> str:
        """The answer to our build, without its nonce; empty without."""
        self.answering().answer_all()
        file = self.folder / f"{board}.answer"
        return file.read_text().strip().removeprefix(f"{NONCE} ") if file.exists() else ""


@pytest.fixture
def lab(bench: Any) -> Lab:
    hub = Hub()
    bench.steps.hub = lambda: hub
    (bench.lab.conf_dir / "lab-policy.yaml").write_text("default: run\nrules: []\n")
    return Lab(bench, hub, {"bbb": None})


def test_a_build_becomes_the_attempt_that_was_claimed_for_it(lab: Lab) -> None:
    lab.ask()
    assert lab.answered() == "attempt 1"
    assert lab.hub.claimed == [(("bbb",), REQUEST, None)]
    entry = lab.bench.journal.entry(ATTEMPT)
    assert (entry.phase, entry.by_hand, entry.build_number) == (Phase.GATE, True, "7")
    assert lab.bench.folders.request_folder(ATTEMPT).is_dir()
    assert lab.watched == [ATTEMPT]
    assert lab.bench.jenkins.triggered == 0


def test_its_gate_and_its_end_are_as_for_all_others(lab: Lab, run_json: Any) -> None:
    lab.ask()
    lab.answered()
    lab.bench.job_asks()
    lab.bench.until("run")
    assert lab.bench.gate_answer() == "0123456789abcdef go"
    lab.bench.job_ends(run=run_json)
    lab.bench.until("read")


def test_a_cancel_stops_the_build_by_its_number(lab: Lab) -> None:
    lab.ask()
    lab.answered()
    lab.bench.job_asks()
    lab.bench.until("run")
    lab.bench.steps.stop(ATTEMPT)
    assert lab.bench.jenkins.stopped == [3]


def test_a_build_that_does_not_come_to_the_gate_gives_its_attempt_back(lab: Lab) -> None:
    lab.ask()
    lab.answered()
    lab.bench.now[0] += 40
    lab.bench.steps.take(ATTEMPT)
    assert lab.bench.phase() == "gate"  # it may wait for the board's lock
    lab.bench.now[0] += 10
    lab.bench.until("give-back")
    assert lab.bench.jenkins.triggered == 0


def test_the_longest_test_that_fits_is_asked_for(lab: Lab) -> None:
    lab.shared = {"bbb": 90.0}
    lab.ask()
    lab.answered()
    assert lab.hub.claimed == [(("bbb",), REQUEST, {"bbb": 90.0})]


def test_the_labs_policy_is_asked(lab: Lab) -> None:
    (lab.bench.lab.conf_dir / "lab-policy.yaml").write_text("default: reject\nrules: []\n")
    lab.ask()
    assert lab.answered().startswith("no ")
    assert lab.bench.phase() == "give-back"
    assert lab.watched == [ATTEMPT]
    assert not lab.bench.folders.request_folder(ATTEMPT).exists()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (None, f"no the hub knows no request {REQUEST}: ftc put-request puts one, and says its id"),
        (_request(state="done"), f"no request {REQUEST} is over: done. Put a new one: ftc put-request"),
        (
            _request(state="running", host="timslab", board="x"),
            f"no request {REQUEST} is running on timslab:x already",
        ),
        (
            _request(selector="*:qemu"),
            f"no request {REQUEST} waits, but not for demolab:bbb now (it is for *:qemu)",
        ),
    ],
)
def test_a_request_that_the_hub_does_not_give_has_a_reason(lab: Lab, request_: Request | None, said: str) -> None:
    lab.hub.request_, lab.hub.gives = request_, False
    lab.ask()
    assert lab.answered() == said
    assert lab.bench.journal.open_claims() == []


def test_a_board_in_care_gets_nothing(lab: Lab) -> None:
    lab.bench.steps.care.due("bbb", "an abort", 1.0)
    lab.ask()
    assert "demolab:bbb is to be checked first" in lab.answered()
    assert lab.hub.claimed == []


def test_a_board_that_is_not_shared_now_gets_nothing(lab: Lab) -> None:
    lab.shared = {}
    lab.ask()
    assert "the network gets nothing of demolab:bbb now" in lab.answered()
    assert lab.hub.claimed == []


def test_a_board_with_another_attempt_gets_nothing(lab: Lab) -> None:
    lab.bench.claim(id="20261123-101500123-aaaaaaaa")
    lab.ask()
    assert lab.answered() == "no demolab:bbb is taken by another request"


def test_a_hub_that_does_not_answer_is_in_the_log_not_in_the_console(lab: Lab) -> None:
    lab.hub.trouble = Unreachable("the hub at https://hub.example cannot be reached")
    lab.ask()
    assert lab.answered() == "no the lab could not see to it: its log says why"
    # What came of the claim is asked again later: it may have won something.
    assert len(lab.bench.journal.open_claims()) == 1


def test_while_the_hub_is_away_no_more_than_one_claim_is_left_open(lab: Lab) -> None:
    lab.hub.trouble = Unreachable("the hub at http://127.0.0.1:1 cannot be reached")
    answering = lab.answering()
    for number in range(1, 6):
        lab.ask(text=f"{number}{NONCE[1:]} {REQUEST} 7\n")
        answering.answer_all()
    assert len(lab.bench.journal.open_claims()) == 1


def test_what_a_claim_has_won_whose_answer_was_lost_is_taken_up(lab: Lab) -> None:
    lab.hub.trouble = Unreachable("the hub at http://127.0.0.1:1 cannot be reached")
    answering = lab.answering()
    lab.ask()
    answering.answer_all()
    lab.hub.trouble = None
    [(lab.hub.lost, _)] = lab.bench.journal.open_claims()
    lab.ask(text=f"f{NONCE[1:]} {REQUEST} 8\n")
    answering.answer_all()
    assert lab.watched == [ATTEMPT]
    assert lab.bench.journal.open_claims() == []


def test_a_hub_that_refuses_leaves_no_open_claim(lab: Lab) -> None:
    lab.hub.trouble = Answered("no board demolab:bbb", status=422)
    lab.ask()
    assert lab.answered().startswith("no request")
    assert lab.bench.journal.open_claims() == []


@pytest.mark.parametrize("status", [429, 503])
def test_what_a_hub_would_not_tell_just_now_is_asked_for_again(lab: Lab, status: int) -> None:
    lab.hub.trouble = Answered("later", status=status)
    lab.ask()
    lab.answering().answer_all()
    assert len(lab.bench.journal.open_claims()) == 1


def test_a_request_that_the_bridge_has_queued_itself_goes_on_in_the_build_that_is_there(lab: Lab) -> None:
    lab.bench.claim()
    lab.bench.until("gate")
    lab.ask()
    assert lab.answered() == "attempt 1"
    assert lab.hub.claimed == []


def test_a_request_that_is_just_being_claimed_is_waited_for(lab: Lab) -> None:
    lab.bench.claim()
    lab.ask()
    assert lab.answered() == ""


def test_a_request_that_runs_already_is_not_run_twice(lab: Lab) -> None:
    lab.bench.claim()
    lab.bench.until("gate")
    lab.bench.job_asks()
    lab.bench.until("run")
    lab.ask()
    assert lab.answered() == f"no request {REQUEST} has been started already: run"


def test_a_request_of_another_board_here_is_said(lab: Lab) -> None:
    lab.bench.claim()
    lab.shared = {"qemu": None}
    lab.ask(board="qemu")
    assert lab.answered("qemu") == f"no request {REQUEST} is on demolab:bbb already"


def test_each_build_is_answered_once(lab: Lab) -> None:
    lab.hub.gives = False
    lab.ask()
    lab.answered()
    lab.answered()
    assert len(lab.hub.claimed) == 1


def test_a_bridge_that_was_killed_before_its_answer_answers_after_its_start(lab: Lab) -> None:
    lab.ask()
    lab.answered()
    (lab.folder / "bbb.answer").write_text(f"{NONCE} wait\n")
    assert lab.answered() == "attempt 1"
    assert len(lab.hub.claimed) == 1


def test_where_nobody_watches_the_gate_the_hub_is_asked_first(lab: Lab) -> None:
    lab.attended = False
    lab.ask()
    assert lab.answered() == "attempt 1"
    assert len(lab.hub.started) == 1
    assert lab.bench.gate_answer().startswith("* go ")
    assert lab.bench.phase() == "run"


# -- hostile input


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0" * 100,
        f"{NONCE} ../../etc 7\n",
        f"{NONCE} {REQUEST}\n",
        f"{NONCE} {REQUEST} -1\n",
        f"short {REQUEST} 7\n",
        f"{NONCE} {REQUEST} 7 more\n",
        "x" * 10_000,
    ],
)
def test_what_is_no_question_is_not_answered(lab: Lab, text: str) -> None:
    lab.ask(text=text)
    assert lab.answered() == ""
    assert lab.hub.claimed == []


def test_a_file_that_is_no_boards_is_not_answered(lab: Lab) -> None:
    lab.ask(board="-x y")
    lab.answered()
    assert sorted(file.name for file in lab.folder.iterdir()) == ["-x y.ask"]


def test_links_fifos_and_folders_are_not_read(lab: Lab, tmp_path: Path) -> None:
    lab.folder.mkdir()
    (tmp_path / "real").write_text(f"{NONCE} {REQUEST} 7\n")
    (lab.folder / "bbb.ask").symlink_to(tmp_path / "real")
    os.mkfifo(lab.folder / "fifo.ask")
    (lab.folder / "folder.ask").mkdir()
    assert lab.answered() == ""
    assert lab.hub.claimed == []


def test_a_link_in_the_new_folders_place_opens_no_other_one(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "ours"
    ours.mkdir(mode=0o700)
    lab.bench.folders.requests.chmod(0o777)
    # A test's process is quicker than the next line.
    monkeypatch.setattr(Path, "mkdir", lambda path, **_: path.symlink_to(ours))
    AskedDir(lab.bench.lab.lab_dir)
    assert lab.folder.is_symlink()
    assert stat.S_IMODE(ours.stat().st_mode) == 0o700


def test_an_answer_is_not_written_through_a_link(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    lab.ask()
    for name in ("bbb.answer", ".bbb.answer.tmp"):
        (lab.folder / name).symlink_to(tmp_path / "mine")
    lab.answered()
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("what", ["folder", "answer"])
def test_a_folder_that_is_not_as_it_should_be_is_looked_at_seldom_and_costs_no_claim(
    lab: Lab, tmp_path: Path, what: str
) -> None:
    answering = Answering(lab.bench.steps, shared=lambda: lab.shared)
    lab.ask()
    if what == "folder":
        lab.folder.rename(tmp_path / "elsewhere")
        lab.folder.symlink_to(tmp_path / "elsewhere")
    else:
        (lab.folder / "bbb.answer").mkdir()
    assert not answering.answer_all()
    assert lab.hub.claimed == []


def test_what_lies_there_of_long_ago_is_removed(lab: Lab) -> None:
    lab.ask()
    (lab.folder / "folder.ask" / "more").mkdir(parents=True)
    os.utime(lab.folder / "folder.ask", (lab.bench.now[0], lab.bench.now[0]))
    (lab.folder / "link").symlink_to("/etc/passwd")
    os.utime(lab.folder / "link", (lab.bench.now[0], lab.bench.now[0]), follow_symlinks=False)
    lab.bench.now[0] += FORGOTTEN_AFTER + 1
    assert lab.answered() == ""
    assert list(lab.folder.iterdir()) == []


def test_a_build_that_is_over_is_no_reason_to_stop_another(lab: Lab) -> None:
    """Only the number that stood at the gate counts, whatever was asked before."""
    lab.ask(text=f"{NONCE} {REQUEST} 99\n")
    lab.answered()
    lab.bench.job_asks()
    lab.bench.until("run")
    lab.bench.jenkins.found = Build(job="x", number=99, building=True, result="", url="", attempt=None)
    lab.bench.steps.stop(ATTEMPT)
    assert lab.bench.jenkins.stopped == [3]
