"""How a lab's parts are put together."""

from __future__ import annotations

import stat
import threading
from dataclasses import replace
from typing import Any

import pytest

from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.wiring import Links, open_controller, open_steps
from fuego_jenkins_remote.publish.making import Conf

LINKS = Links(
    hub_url="http://127.0.0.1:1",
    hub_token="token-of-the-hub",
    targets={"vision": Conf(values={"vision_url": "http://127.0.0.1:2"}, token="token-of-vision")},
    jenkins_url="http://127.0.0.1:3/fuego",
    jenkins_user="demolab",
    jenkins_secret="token-of-jenkins",
)


def test_each_thread_has_a_client_of_its_own() -> None:
    made = PerThread(object)
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(made()))
    thread.start()
    thread.join()
    assert made() is made()
    assert seen[0] is not made()


def test_steps_are_opened_with_a_journal_for_the_owner_only(lab: Any) -> None:
    opened = replace(lab, state_dir=lab.state_dir / "new")
    steps = open_steps(opened, LINKS)
    assert stat.S_IMODE(opened.state_dir.stat().st_mode) == 0o700
    assert (opened.state_dir / "journal.sqlite").is_file()
    assert {path.name for path in lab.lab_dir.iterdir()} == {"requests", "outbox", "locks"}
    assert steps.hub().url == "http://127.0.0.1:1"
    assert steps.controller().url == "http://127.0.0.1:3/fuego"
    assert set(steps.targets) == {"vision"}
    steps.journal.close()


def test_what_is_printed_of_the_links_holds_no_token() -> None:
    assert "token-of" not in repr(LINKS)


def test_a_target_that_is_not_known_is_named(lab: Any) -> None:
    with pytest.raises(LabError, match=r"'squat' is no target of runs \(known: vision, squad"):
        open_steps(replace(lab, targets=("vision", "squat")), LINKS)


def test_a_lab_without_targets_is_told_what_to_set(lab: Any) -> None:
    with pytest.raises(LabError, match="targets"):
        open_steps(replace(lab, targets=()), LINKS)


def test_a_lab_without_a_jenkins_is_told_what_to_set() -> None:
    with pytest.raises(LabError, match=r"jenkins_url in fuego\.conf, or JENKINS_URL"):
        open_controller(replace(LINKS, jenkins_url=""))


def test_a_folder_that_cannot_be_made_is_named(lab: Any) -> None:
    (lab.state_dir / "file").touch()
    with pytest.raises(LabError, match=r"state/file"):
        open_steps(replace(lab, state_dir=lab.state_dir / "file" / "state"), LINKS)


def test_a_state_dir_with_another_file_for_a_journal_is_named(lab: Any) -> None:
    (lab.state_dir / "journal.sqlite").write_text("a letter" * 200)
    with pytest.raises(LabError, match=r"journal\.sqlite: the journal cannot be opened"):
        open_steps(lab, LINKS)
