"""The bridge's memory: what survives a kill, and who was first."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client.values import Attempt, Request
from fuego_jenkins_remote.lab.attempts.journal import Journal, Phase
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.network.identities import AttemptId

IDS = [f"20261123-10150012{n}-k3j7x2m4" for n in range(9)]


def won(number: int = 0, **more: Any) -> Attempt:
    """A claim that was won."""
    data = {"id": IDS[number], "state": "assigned", "selector": "*:bbb", "test": "Functional.größe", **more}
    return Attempt(
        request=Request.from_json(data), number=1, board=f"board{number}", lease_seconds=60, approved_by="tim"
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    yield opened
    opened.close()


def test_a_journal_of_an_earlier_version_is_taken_up(path: Path) -> None:
    before = Journal(path)
    _claim(before, won())
    before.write("ALTER TABLE attempts DROP COLUMN queue_item")
    before.close()
    opened = Journal(path)
    assert [entry.queue_item for entry in opened.open_entries()] == [0]
    opened.close()


def _claim(journal: Journal, *attempts: Attempt) -> None:
    journal.begin_claim("claim-0001", [one.board for one in attempts])
    journal.end_claim("claim-0001", attempts, 1000.0)


def test_the_journal_and_its_folder_are_for_their_owner_only(journal: Journal, path: Path) -> None:
    _claim(journal, won())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_claim_whose_answer_is_not_known_survives(journal: Journal, path: Path) -> None:
    journal.begin_claim("claim-0001", ["bbb", "größe"])
    journal.close()
    again = Journal(path)
    assert again.open_claims() == [("claim-0001", ["bbb", "größe"])]
    again.close()


def test_what_a_claim_won_survives_and_the_claim_is_over(journal: Journal, path: Path) -> None:
    _claim(journal, won(), won(1))
    journal.close()
    again = Journal(path)
    assert again.open_claims() == []
    first, second = again.open_entries()
    assert (first.id, first.board, first.phase, first.since) == (AttemptId(IDS[0], 1), "board0", Phase.DECIDE, 1000.0)
    assert (first.request.test, first.approved_by) == ("Functional.größe", "tim")
    assert second.id == AttemptId(IDS[1], 1)
    again.close()


def test_a_claim_that_is_answered_twice_wins_once(journal: Journal) -> None:
    _claim(journal, won())
    journal.move(won().id, Phase.DECIDE, Phase.GATE, 1001.0)
    journal.end_claim("claim-0001", (won(),), 1002.0)
    assert [entry.phase for entry in journal.open_entries()] == [Phase.GATE]


def test_a_move_succeeds_only_from_the_phase_it_names(journal: Journal) -> None:
    _claim(journal, won())
    assert journal.move(won().id, Phase.DECIDE, Phase.TRIGGER, 1001.0, nonce="abc")
    assert not journal.move(won().id, Phase.DECIDE, Phase.FAIL, 1002.0, reason="too late")
    entry = journal.entry(won().id)
    assert entry is not None
    assert (entry.phase, entry.since, entry.nonce, entry.reason) == (Phase.TRIGGER, 1001.0, "abc", "")


def test_of_many_that_move_an_attempt_one_does(journal: Journal) -> None:
    _claim(journal, won())
    start, moved = threading.Barrier(8), []

    def move(number: int) -> None:
        start.wait()
        if journal.move(won().id, Phase.DECIDE, Phase.FAIL, 1001.0, detail=str(number)):
            moved.append(str(number))

    threads = [threading.Thread(target=move, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entry = journal.entry(won().id)
    assert entry is not None
    assert moved == [entry.detail]


def test_of_two_processes_that_move_an_attempt_one_does(journal: Journal, path: Path) -> None:
    _claim(journal, won())
    other = Journal(path)
    assert other.move(won().id, Phase.DECIDE, Phase.TRIGGER, 1001.0)
    assert not journal.move(won().id, Phase.DECIDE, Phase.TRIGGER, 1001.0)
    other.close()


def test_a_note_stays_in_its_phase(journal: Journal) -> None:
    _claim(journal, won())
    assert journal.note(won().id, Phase.DECIDE, called=1, over_since=7.5)
    assert not journal.note(won().id, Phase.RUN, called=0)
    entry = journal.entry(won().id)
    assert entry is not None
    assert (entry.called, entry.over_since, entry.since) == (True, 7.5, 1000.0)


@pytest.mark.parametrize("phase", Phase)
def test_an_attempt_takes_its_board_until_its_outcome_is_read(journal: Journal, phase: Phase) -> None:
    _claim(journal, won())
    journal.move(won().id, Phase.DECIDE, phase, 1001.0)
    takes = phase in (Phase.DECIDE, Phase.TRIGGER, Phase.GATE, Phase.RUN, Phase.READ)
    assert journal.busy_boards() == ({"board0"} if takes else set())
    assert journal.is_open(won().id) is (phase is not Phase.CLOSED)


def test_closed_attempts_are_forgotten_after_a_time_and_open_ones_never(journal: Journal) -> None:
    _claim(journal, won(0), won(1), won(2))
    for number, since in ((0, 1001.0), (1, 5000.0)):
        journal.plan_deliveries(won(number).id, ["vision"], {})
        journal.move(won(number).id, Phase.DECIDE, Phase.CLOSED, since)
    journal.forget_closed(2000.0)
    assert journal.entry(won(0).id) is None
    assert journal.deliveries(won(0).id) == []
    assert journal.entry(won(1).id) is not None
    assert len(journal.deliveries(won(1).id)) == 1
    assert journal.is_open(won(2).id)


def test_deliveries_keep_their_order_and_what_came_of_each(journal: Journal) -> None:
    _claim(journal, won())
    journal.plan_deliveries(won().id, ["vision", "squad"], {})
    journal.not_delivered(won().id, "vision", "away")
    journal.delivered(won().id, "squad", "", trouble="no such project")
    journal.plan_deliveries(won().id, ["vision", "squad"], {})  # a bridge that was killed plans again
    vision, squad = journal.deliveries(won().id)
    assert (vision.target, vision.delivered, vision.tries, vision.trouble) == ("vision", False, 1, "away")
    assert (squad.target, squad.delivered, squad.refused) == ("squad", True, True)
    journal.delivered(won().id, "vision", "http://vision/1")
    vision, _ = journal.deliveries(won().id)
    assert (vision.delivered, vision.url, vision.trouble, vision.refused) == (True, "http://vision/1", "", False)


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_text("this is a letter to the editor" * 100)
    with pytest.raises(LabError, match=r"journal\.sqlite: the journal cannot be opened"):
        Journal(path)


def test_what_a_full_disk_does_not_take_can_be_written_when_there_is_room(journal: Journal) -> None:
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    large = won(test="Functional." + "x" * 50_000)
    journal.begin_claim("claim-0001", ["board0"])
    for _ in range(2):
        with pytest.raises(LabError, match="full"):
            journal.end_claim("claim-0001", [large], 1000.0)
    assert journal.open_claims() == [("claim-0001", ["board0"])]
    journal._connection.execute("PRAGMA max_page_count = 100000")
    journal.end_claim("claim-0001", [large], 1000.0)
    assert [entry.id for entry in journal.open_entries()] == [large.id]


def test_what_one_worker_has_delivered_another_ones_trouble_does_not_undo(journal: Journal) -> None:
    journal.plan_deliveries(won().id, ["vision"], {})
    journal.delivered(won().id, "vision", "https://vision.example.org/1")
    journal.not_delivered(won().id, "vision", "away")
    journal.delivered(won().id, "vision", "", trouble="refused")
    [delivery] = journal.deliveries(won().id)
    assert (delivery.delivered, delivery.url, delivery.refused) == (True, "https://vision.example.org/1", False)


def test_what_another_worker_gets_there_after_all_is_not_refused_any_more(journal: Journal) -> None:
    journal.plan_deliveries(won().id, ["vision"], {})
    journal.delivered(won().id, "vision", "", trouble="refused")
    journal.delivered(won().id, "vision", "https://vision.example.org/1")
    assert not journal.deliveries(won().id)[0].refused
