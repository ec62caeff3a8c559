"""One pass of the bridge, for a timer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fuego_jenkins_remote.client.errors import Answered, Conflict, NotFound, Unreachable
from fuego_jenkins_remote.client.values import Attempt, Board, Claims
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerTrouble, LabError
from fuego_jenkins_remote.lab.jenkins.overview import SeenNode
from fuego_jenkins_remote.lab.serving import poll
from fuego_jenkins_remote.lab.serving.hands import in_hand
from fuego_jenkins_remote.lab.serving.serve import only_one
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)
WIRE = {
    "request": {
        "id": ATTEMPT.request,
        "state": "assigned",
        "selector": "*:bbb",
        "test": "Functional.hello_world",
        "team": "demolab",
        "timeout": 60,
    },
    "number": 1,
    "board": "bbb",
    "lease_seconds": 60,
}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def once(bench: Any, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """One pass over the bench; each gets its own steps, as a process would."""
    bench.hub.claimed = []
    bench.hub.pending = [Attempt.from_json(WIRE)]
    bench.hub.online = True

    def boards(*, host: str) -> list[Board]:
        return [Board.from_json({"host": host, "name": name, "online": bench.hub.online}) for name in ("bbb", "gone")]

    def claim(claim_id: str, names: list[str], **more: Any) -> Claims:
        bench.hub.claimed.append((claim_id, list(names)))
        won, bench.hub.pending = tuple(bench.hub.pending), []
        return Claims(attempts=won, cancels=())

    bench.hub.boards, bench.hub.claim = boards, claim
    monkeypatch.setattr(poll, "open_steps", lambda config, links: bench.steps)
    return lambda: poll.poll_once(bench.lab, None, said.append)  # type: ignore[arg-type]


def test_a_pass_claims_asks_for_the_start_leaves_the_go_and_triggers(
    bench: Any, once: Callable[[], bool], said: list[str]
) -> None:
    assert once()
    assert said == [f"claimed {ATTEMPT}"]
    assert bench.phase() == "run"
    assert bench.hub.words() == ["start"]
    assert bench.jenkins.triggered == 1
    assert bench.gate_answer() == f"* go {int(bench.now[0]) + 3600}"


def test_the_next_passes_bring_the_run_home(bench: Any, once: Callable[[], bool], run_json: dict[str, Any]) -> None:
    once()
    bench.jenkins.build(building=True)
    assert once()
    assert bench.phase() == "run"
    bench.job_ends(run=run_json)
    assert once()
    assert bench.phase() == "closed"
    assert bench.hub.words() == ["start", "tested", "done"]


def test_only_boards_that_are_shared_here_online_and_idle_are_claimed_for(bench: Any, once: Callable[[], bool]) -> None:
    once()
    assert bench.hub.claimed[0][1] == ["bbb"]
    once()  # bbb works now
    assert len(bench.hub.claimed) == 1


@pytest.mark.parametrize("which", ["node", "board"])
def test_a_board_that_is_away_is_not_claimed_for(bench: Any, once: Callable[[], bool], which: str) -> None:
    if which == "board":
        bench.hub.online = False
    else:
        bench.jenkins.seen_nodes = [SeenNode(name="bbb", online=False)]
    assert once()
    assert bench.hub.claimed == []


def test_a_claim_whose_answer_was_lost_is_asked_first(bench: Any, once: Callable[[], bool]) -> None:
    bench.journal.begin_claim("claim-of-before", ["bbb"])
    once()
    assert bench.hub.claimed[0] == ("claim-of-before", [])
    assert bench.journal.open_claims() == []


def test_a_claim_that_the_hub_cannot_take_any_more_is_forgotten(bench: Any, once: Callable[[], bool]) -> None:
    bench.journal.begin_claim("claim-of-before", ["bbb"])
    claim = bench.hub.claim

    def refuse_one(claim_id: str, names: list[str], **more: Any) -> Claims:
        if claim_id == "claim-of-before":
            raise NotFound("there is no such claim", status=404)
        return claim(claim_id, names)  # type: ignore[no-any-return]

    bench.hub.claim = refuse_one
    assert once()
    assert bench.phase() == "run"
    assert bench.journal.open_claims() == []


@pytest.mark.parametrize("error", [Unreachable("gone"), Answered("trouble", status=500)])
def test_a_hub_in_trouble_is_said_and_the_claim_kept(bench: Any, once: Callable[[], bool], error: Exception) -> None:
    def claim(*args: Any, **more: Any) -> Claims:
        raise error

    bench.hub.claim = claim
    with pytest.raises(type(error)):
        once()
    assert len(bench.journal.open_claims()) == 1


def test_a_jenkins_that_is_down_is_tried_by_the_next_pass(
    bench: Any, once: Callable[[], bool], said: list[str]
) -> None:
    bench.jenkins.trouble = ControllerDown("Jenkins does not answer")
    assert not once()
    assert said[-1] == f"{ATTEMPT}: Jenkins does not answer"
    bench.jenkins.trouble = None
    assert once()
    assert bench.phase() == "run"
    assert bench.jenkins.triggered == 1


def test_a_job_that_jenkins_does_not_have_is_an_error_at_once(bench: Any, once: Callable[[], bool]) -> None:
    bench.jenkins.trouble = ControllerTrouble("Jenkins answered 404")
    once()
    assert bench.hub.told[-1] == ("error", "could-not-trigger", "Jenkins answered 404")


def test_an_attempt_that_is_over_at_the_hub_triggers_nothing(bench: Any, once: Callable[[], bool]) -> None:
    def start(*args: Any) -> bool:
        raise Conflict("cancelled", status=409)

    bench.hub.start = start
    assert once()
    assert bench.phase() == "closed"
    assert bench.jenkins.triggered == 0


def test_a_pass_beside_a_bridge_says_so(bench: Any, once: Callable[[], bool]) -> None:
    with only_one(bench.lab.state_dir / "bridge.lock"), pytest.raises(LabError, match="another ftc lab serve or poll"):
        once()


def test_what_was_begun_by_hand_and_broken_off_goes_back(bench: Any, once: Callable[[], bool]) -> None:
    bench.hub.pending = []
    bench.claim()
    bench.until("trigger")
    bench.journal.note(ATTEMPT, Phase.TRIGGER, nonce="0123456789abcdef", called=1, by_hand=1)
    assert once()
    assert bench.jenkins.triggered == 0
    assert bench.hub.words() == ["give-back"]
    assert bench.phase() == "closed"


def test_what_a_person_has_in_hand_is_left_to_him(bench: Any, once: Callable[[], bool]) -> None:
    bench.hub.pending = []
    bench.claim()
    bench.until("trigger")
    bench.journal.note(ATTEMPT, Phase.TRIGGER, nonce="0123456789abcdef", called=1, by_hand=1)
    with in_hand(bench.lab.state_dir):
        assert once()
    assert bench.phase() == "trigger"
    assert bench.jenkins.triggered == 0
    assert bench.hub.words() == []
