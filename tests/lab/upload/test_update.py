"""The lab's jobs in a Jenkins: what is uploaded, what is removed, what is never touched."""

from __future__ import annotations

import re
import stat
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.boards import BoardFile
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.definitions import LabValues, job_xml
from fuego_jenkins_remote.lab.upload.config_xml import JobConfig
from fuego_jenkins_remote.lab.upload.gone import Removal, remove_gone_jobs
from fuego_jenkins_remote.lab.upload.memory import UploadedJobs, lab_memory
from fuego_jenkins_remote.lab.upload.nodes import agent_command, nodes_to_make
from fuego_jenkins_remote.lab.upload.trigger_token import (
    put_token,
    read_trigger_token,
    remove_trigger_token,
    rotate_trigger_token,
    token_file,
)
from fuego_jenkins_remote.lab.upload.update import JobChanges, Update, update_jobs
from job_boards import boards

VALUES = LabValues()
VIEW, BBB, PUSH, QEMU = "Fuego network", "remote-request-bbb", "remote-request-push", "remote-request-qemu-arm"


@dataclass
class MemoryJenkins:
    """A Jenkins that keeps what it gets, and writes down what was changed."""

    jobs: dict[str, str] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    url: str = "http://one"

    def list_jobs(self, prefix: str) -> list[str]:
        return [name for name in self.jobs if name.startswith(prefix)]

    def get_job_config(self, name: str) -> str | None:
        return self.jobs.get(name)

    def create_job(self, name: str, xml: str) -> None:
        assert name not in self.jobs
        self.calls.append(f"create {name}")
        self.jobs[name] = xml

    def reconfig_job(self, name: str, xml: str) -> None:
        assert name in self.jobs
        self.calls.append(f"reconfig {name}")
        self.jobs[name] = xml

    def disable_job(self, name: str) -> None:
        self.calls.append(f"disable {name}")
        self.jobs[name] = self.jobs[name].replace("<disabled>false<", "<disabled>true<")

    def delete_job(self, name: str) -> None:
        self.calls.append(f"delete {name}")
        del self.jobs[name]

    def create_folder(self, name: str) -> None:
        self.create_job(name, "<com.cloudbees.hudson.plugins.folder.Folder/>")

    def list_views(self, prefix: str) -> list[str]:
        return [name for name in self.views if name.startswith(prefix)]

    def get_view_config(self, name: str) -> str | None:
        return self.views.get(name)

    def create_view(self, name: str, xml: str) -> None:
        assert name not in self.views
        self.calls.append(f"create view {name}")
        self.views[name] = xml

    def reconfig_view(self, name: str, xml: str) -> None:
        assert name in self.views
        self.calls.append(f"reconfig view {name}")
        self.views[name] = xml


@dataclass
class Lab:
    """A lab at its Jenkins, with what it remembers of it."""

    jenkins: MemoryJenkins = field(default_factory=MemoryJenkins)
    memory: UploadedJobs = field(default_factory=lambda: UploadedJobs(None))
    open_boards: set[str] = field(default_factory=set)

    def update(self, *names: str, values: LabValues = VALUES, **more: Any) -> JobChanges:
        """`ftc lab jobs` for these boards; what Jenkins was told before is forgotten."""
        self.jenkins.calls.clear()
        given = Update(jenkins=lambda: self.jenkins, memory=self.memory, open_boards=lambda: self.open_boards, **more)
        return update_jobs(given, boards(*names), values)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a job in Jenkins by hand."""
        assert old in self.jenkins.jobs[name]
        self.jenkins.jobs[name] = self.jenkins.jobs[name].replace(old, new)


@pytest.fixture
def lab() -> Lab:
    """One with the jobs of the boards bbb and qemu-arm."""
    lab = Lab()
    lab.update("bbb", "qemu-arm")
    return lab


def test_an_empty_jenkins_gets_a_job_a_board_the_push_and_the_view() -> None:
    lab = Lab()
    assert lab.update("bbb", "qemu-arm") == JobChanges(created=(VIEW, BBB, PUSH, QEMU))
    assert sorted(lab.jenkins.jobs) == [BBB, PUSH, QEMU]
    assert list(lab.jenkins.views) == [VIEW]


def test_what_is_as_it_should_be_is_not_uploaded(lab: Lab) -> None:
    assert lab.update("qemu-arm", "bbb") == JobChanges(unchanged=(VIEW, BBB, PUSH, QEMU))
    assert lab.jenkins.calls == []


def test_only_the_job_that_differs_is_uploaded(lab: Lab) -> None:
    assert lab.update("bbb", "qemu-arm", values=replace(VALUES, push_ftc="/opt/ftc")).changed == (PUSH,)
    assert lab.jenkins.calls == [f"reconfig {PUSH}"]
    assert "/opt/ftc" in lab.jenkins.jobs[PUSH]


def test_a_job_of_which_nothing_is_remembered_is_brought_up_to_date(lab: Lab) -> None:
    lab.memory = UploadedJobs(None)
    lab.edit(BBB, "set -u", "set -eu")
    assert lab.update("bbb", "qemu-arm").changed == (BBB,)


def test_a_job_that_the_labs_people_disabled_stays_disabled(lab: Lab) -> None:
    lab.edit(BBB, "<disabled>false<", "<disabled>true<")
    assert lab.update("bbb", "qemu-arm").changed == ()
    lab.update("bbb", "qemu-arm", values=LabValues(fuego_rw="/elsewhere"))
    assert "<disabled>true<" in lab.jenkins.jobs[BBB]
    assert "/elsewhere" in lab.jenkins.jobs[BBB]


def test_a_job_made_by_the_plain_command_is_ours(lab: Lab) -> None:
    lab.memory = UploadedJobs(None)
    lab.edit(BBB, "remote).</description>", "remote).&lt;!-- Managed by Jenkins Job Builder --&gt;</description>")
    assert lab.update("bbb", "qemu-arm").changed == (BBB,)


# ---- Edits by hand


def test_an_edit_by_hand_is_noticed_and_kept(lab: Lab) -> None:
    lab.edit(BBB, "<numToKeep>100<", "<numToKeep>5<")
    for _ in range(2):
        assert lab.update("bbb", "qemu-arm").edited == (BBB,)
    assert lab.jenkins.calls == []


def test_an_edit_by_hand_is_kept_when_ours_has_changed_too(lab: Lab) -> None:
    lab.edit(BBB, "<numToKeep>100<", "<numToKeep>5<")
    changes = lab.update("bbb", "qemu-arm", values=LabValues(fuego_rw="/elsewhere"))
    assert (changes.edited, changes.changed) == ((BBB,), (PUSH, QEMU))


def test_an_edit_by_hand_is_overwritten_when_that_is_asked_for(lab: Lab) -> None:
    lab.edit(BBB, "<numToKeep>100<", "<numToKeep>5<")
    assert lab.update("bbb", "qemu-arm", overwrite=True).changed == (BBB,)
    assert lab.update("bbb", "qemu-arm") == JobChanges(unchanged=(VIEW, BBB, PUSH, QEMU))


def test_an_edit_that_was_taken_back_is_forgotten(lab: Lab) -> None:
    lab.edit(BBB, "<numToKeep>100<", "<numToKeep>5<")
    lab.update("bbb", "qemu-arm")
    lab.edit(BBB, "<numToKeep>5<", "<numToKeep>100<")
    assert lab.update("bbb", "qemu-arm").edited == ()


def test_what_is_remembered_outlives_the_process(lab: Lab, tmp_path: Path) -> None:
    lab.memory = UploadedJobs(tmp_path / "jobs.json", "http://one")
    lab.update("bbb", "qemu-arm")
    lab.edit(BBB, "set -u", "set -eu")
    lab.memory = UploadedJobs(tmp_path / "jobs.json", "http://one")
    assert lab.update("bbb", "qemu-arm").edited == (BBB,)
    assert stat.S_IMODE((tmp_path / "jobs.json").stat().st_mode) == 0o600


def test_another_jenkins_is_remembered_beside_the_first(lab: Lab, tmp_path: Path) -> None:
    for url in ("http://one", "http://two"):
        lab.memory = UploadedJobs(tmp_path / "jobs.json", url)
        lab.update("bbb", "qemu-arm")
    assert UploadedJobs(tmp_path / "jobs.json", "http://one").is_known(BBB)


@pytest.mark.parametrize("text", ["", "[]", '{"u": {"remote-request-bbb": [{"form": [1]}, 7]}}', "\0"])
def test_a_memory_that_cannot_be_read_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "jobs.json").write_text(text)
    assert not UploadedJobs(tmp_path / "jobs.json", "u").is_known(BBB)


def test_a_run_that_died_half_way_is_finished_by_the_next(lab: Lab) -> None:
    class Dying(MemoryJenkins):
        def reconfig_job(self, name: str, xml: str) -> None:
            if self.calls:
                raise LabError("died")
            super().reconfig_job(name, xml)

    lab.jenkins = Dying(lab.jenkins.jobs, lab.jenkins.views)
    with pytest.raises(LabError, match="died"):
        lab.update("bbb", "qemu-arm", values=LabValues(fuego_rw="/second"))
    lab.jenkins = MemoryJenkins(lab.jenkins.jobs, lab.jenkins.views)
    # Neither the jobs that have the second values nor those that still have the first are taken for edited.
    assert lab.update("bbb", "qemu-arm", values=LabValues(fuego_rw="/third")).changed == (BBB, PUSH, QEMU)


# ---- The difference


def test_the_difference_is_shown_and_nothing_is_changed(lab: Lab) -> None:
    lab.edit(BBB, "<numToKeep>100<", "<numToKeep>5<")
    changes = lab.update("bbb", "rpi", dry_run=True)
    assert lab.jenkins.calls == []
    assert sorted(changes.diffs) == [BBB, QEMU, "remote-request-rpi"]
    assert "-        <numToKeep>5</numToKeep>\n+        <numToKeep>100</numToKeep>" in changes.diffs[BBB]
    assert changes.diffs["remote-request-rpi"].startswith("--- /dev/null")
    assert "+++ /dev/null" in changes.diffs[QEMU]


def test_without_a_difference_nothing_is_shown(lab: Lab) -> None:
    assert lab.update("bbb", "qemu-arm", dry_run=True).diffs == {}


def test_the_trigger_token_is_in_no_difference(lab: Lab) -> None:
    values = replace(VALUES, trigger_token="first-secret")
    assert "+<authToken>***</authToken>" in lab.update("bbb", "qemu-arm", values=values, dry_run=True).diffs[BBB]
    lab.update("bbb", "qemu-arm", values=values)
    values = replace(VALUES, trigger_token="second-secret")
    shown = lab.update("bbb", "qemu-arm", values=values, dry_run=True).diffs[BBB]
    assert shown.endswith("+<authToken>another one</authToken>")
    assert "secret" not in shown


# ---- The trigger token


def test_a_token_that_jenkins_has_encrypted_is_the_one_that_was_uploaded(lab: Lab) -> None:
    values = replace(VALUES, trigger_token="first")
    lab.update("bbb", "qemu-arm", values=values)
    lab.edit(BBB, "<authToken>first<", "<authToken>{AQAAABAAAAAQeTss87IR}<")
    assert lab.update("bbb", "qemu-arm", values=values).changed == ()
    assert lab.update("bbb", "qemu-arm", values=replace(VALUES, trigger_token="second")).changed == (BBB, QEMU)
    assert "<authToken>second</authToken>" in lab.jenkins.jobs[BBB]


def test_without_a_token_the_element_is_left_out(lab: Lab) -> None:
    lab.update("bbb", "qemu-arm", values=replace(VALUES, trigger_token="first"))
    lab.edit(BBB, "<authToken>first<", "<authToken>{AQAAABAAAAAQeTss87IR}<")
    assert lab.update("bbb", "qemu-arm").changed == (BBB, QEMU)
    assert "authToken" not in lab.jenkins.jobs[BBB]


def test_a_token_is_put_into_jobs_that_were_edited_by_hand_too(lab: Lab) -> None:
    lab.edit(BBB, "<numToKeep>100<", "<numToKeep>5<")
    assert put_token(lab.jenkins, lab.memory, "remote-request", "first") == [BBB, QEMU]
    assert "<authToken>first</authToken>" in lab.jenkins.jobs[BBB]
    assert "<numToKeep>5<" in lab.jenkins.jobs[BBB]
    changes = lab.update("bbb", "qemu-arm", values=replace(VALUES, trigger_token="first"))
    assert (changes.edited, changes.changed) == ((BBB,), ())
    put_token(lab.jenkins, lab.memory, "remote-request", "")
    assert "authToken" not in lab.jenkins.jobs[BBB] + lab.jenkins.jobs[QEMU]


def test_the_jobs_of_another_lab_get_no_token_of_ours(lab: Lab) -> None:
    other = Lab(jenkins=lab.jenkins)
    other.update("rpi", values=replace(VALUES, trigger_token="theirs"))
    assert put_token(lab.jenkins, lab.memory, "remote-request", "first") == [BBB, QEMU]
    assert "<authToken>theirs</authToken>" in lab.jenkins.jobs["remote-request-rpi"]


def test_a_job_of_which_nothing_is_remembered_gets_the_token_where_its_board_is_here(lab: Lab) -> None:
    nothing = UploadedJobs(None)
    assert put_token(lab.jenkins, nothing, "remote-request", "first", here={"bbb"}) == [BBB]


def test_a_token_is_random_and_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = rotate_trigger_token(tmp_path), rotate_trigger_token(tmp_path)
    assert first != second
    assert read_trigger_token(tmp_path) == second
    assert stat.S_IMODE(token_file(tmp_path).stat().st_mode) == 0o600
    remove_trigger_token(tmp_path)
    assert read_trigger_token(tmp_path) == ""


def test_a_token_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    rotate_trigger_token(tmp_path)
    token_file(tmp_path).chmod(0o644)
    with pytest.raises(LabError, match="others can read it"):
        read_trigger_token(tmp_path)


# ---- Boards that went away, and other people's jobs


def test_the_job_of_a_board_that_is_gone_is_disabled_and_removed(lab: Lab) -> None:
    assert lab.update("bbb").removed == (QEMU,)
    assert lab.jenkins.calls == [f"reconfig {QEMU}", f"disable {QEMU}", f"delete {QEMU}"]


def test_it_stays_until_no_attempt_of_the_board_is_open(lab: Lab) -> None:
    lab.open_boards = {"qemu-arm"}
    for _ in range(2):
        assert lab.update("bbb").disabled == (QEMU,)
    assert JobConfig.parse(lab.jenkins.jobs[QEMU]).is_gone
    assert "<disabled>true<" in lab.jenkins.jobs[QEMU]
    lab.open_boards = set()
    assert lab.update("bbb").removed == (QEMU,)


def test_a_board_that_comes_back_has_its_job_again(lab: Lab) -> None:
    lab.open_boards = {"qemu-arm"}
    lab.update("bbb")
    assert lab.update("bbb", "qemu-arm").changed == (QEMU,)
    assert lab.jenkins.jobs[QEMU] == job_xml(boards("qemu-arm"), VALUES)[QEMU]


def test_a_board_whose_file_cannot_be_read_keeps_its_job(lab: Lab) -> None:
    assert lab.update("bbb", boards_here=frozenset({"qemu-arm"})).removed == ()


def test_the_bridge_removes_the_jobs_of_boards_that_are_gone(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "bbb.board").write_text('ARCHITECTURE="arm"\n')
    paths = dict.fromkeys(("lab_dir", "state_dir", "conf_dir", "fuego_ro", "fuego_rw", "fuego_core"), tmp_path)
    config = LabConfig(host="demolab", **paths)
    assert remove_gone_jobs(lab.jenkins, config, set) == Removal()  # it may be another lab's
    lab.memory = lab_memory(tmp_path, lab.jenkins.url)
    lab.update("bbb", "qemu-arm")
    assert remove_gone_jobs(lab.jenkins, config, lambda: {"qemu-arm"}) == Removal(waiting=(QEMU,))
    assert remove_gone_jobs(lab.jenkins, config, set) == Removal(removed=(QEMU,))
    (tmp_path / "boards" / "bbb.board").unlink()
    assert remove_gone_jobs(lab.jenkins, config, set) == Removal()


def test_a_job_with_our_prefix_that_is_not_marked_stays(lab: Lab) -> None:
    mine = lab.jenkins.jobs.pop(QEMU).replace("Made by ftc lab jobs", "Copied from ftc lab jobs")
    lab.jenkins.jobs |= {"remote-request-mine": mine, "remote-request-broken": "<project", "other-bbb": mine}
    assert lab.update("bbb").removed == ()
    assert lab.jenkins.calls == []


def test_a_marked_job_that_somebody_copied_under_another_name_stays(lab: Lab) -> None:
    lab.jenkins.jobs["remote-request-try"] = lab.jenkins.jobs[BBB]
    assert lab.update("bbb", "qemu-arm").removed == ()


def test_the_jobs_of_another_lab_on_the_same_jenkins_stay(lab: Lab) -> None:
    other = job_xml(boards("bbb"), LabValues(job_prefix="remote-request-x"))
    lab.jenkins.jobs |= other
    assert lab.update("bbb", "qemu-arm").removed == ()
    assert other.keys() <= lab.jenkins.jobs.keys()


def test_the_jobs_of_another_lab_with_the_same_prefix_stay(lab: Lab) -> None:
    other = Lab(jenkins=lab.jenkins)
    assert other.update("rpi").removed == ()
    assert lab.update("bbb").removed == (QEMU,)
    assert "remote-request-rpi" in lab.jenkins.jobs


def test_somebody_elses_job_in_our_place_stops_everything(lab: Lab) -> None:
    lab.jenkins.jobs[BBB] = "<project><description>mine</description></project>"
    with pytest.raises(LabError, match=f"not ours, though so named: {BBB}"):
        lab.update("bbb")
    assert lab.jenkins.calls == []


def test_somebody_elses_view_in_our_place_stops_everything(lab: Lab) -> None:
    lab.jenkins.views[VIEW] = "<hudson.model.ListView><name>x</name></hudson.model.ListView>"
    with pytest.raises(LabError, match="the view 'Fuego network' is not ours"):
        lab.update("bbb", overwrite=True)
    assert lab.jenkins.calls == []


def test_the_view_of_another_lab_on_the_same_jenkins_stays(lab: Lab) -> None:
    other, values = Lab(jenkins=lab.jenkins), replace(VALUES, job_prefix="fuego")
    assert other.update("rpi", values=values).edited == (VIEW,)
    assert other.update("rpi", values=values, overwrite=True).changed == (VIEW,)


def test_no_board_at_all_is_a_mistake_and_removes_nothing(lab: Lab) -> None:
    with pytest.raises(LabError, match="no board"):
        lab.update()
    assert lab.jenkins.calls == []


# ---- View and folder


def test_a_lab_may_have_no_view() -> None:
    lab = Lab()
    lab.update("bbb", values=replace(VALUES, jenkins_view=""))
    assert lab.jenkins.views == {}


def test_the_view_shows_our_jobs_by_their_prefixes() -> None:
    lab = Lab()
    lab.update("bbb", values=replace(VALUES, job_prefix="fuego", people_prefix="ask"))
    include = ET.fromstring(lab.jenkins.views[VIEW]).findtext("includeRegex") or ""
    assert [
        name for name in ("fuego-bbb", "fuego-push", "ask-put-request", "ask-x", "other") if re.fullmatch(include, name)
    ] == [
        "fuego-bbb",
        "fuego-push",
        "ask-put-request",
    ]


def test_everything_is_in_the_folder_if_there_is_to_be_one() -> None:
    lab, values = Lab(), replace(VALUES, jenkins_folder="lab/fuego")
    assert lab.update("bbb", values=values).created == (f"lab/fuego/{VIEW}", f"lab/fuego/{BBB}", f"lab/fuego/{PUSH}")
    assert lab.jenkins.calls[:2] == ["create lab", "create lab/fuego"]
    assert "<name>Fuego network</name>" in lab.jenkins.views[f"lab/fuego/{VIEW}"]
    assert lab.update("rpi", values=values).removed == (f"lab/fuego/{BBB}",)


# ---- Nodes


def test_a_board_without_a_node_needs_one_and_a_node_that_is_there_is_kept() -> None:
    boards = [BoardFile(name=name, variables={"ARCHITECTURE": "arm"}) for name in ("qemu", "bbb", "minnow")]
    assert nodes_to_make(boards, ["Built-In Node", "minnow"]) == ["bbb", "qemu"]


def test_a_board_file_that_nobody_has_filled_in_needs_no_node() -> None:
    placeholder = BoardFile(name="template", variables={"IPADDR": "SET_IPADDR_HERE", "ARCHITECTURE": "arm"})
    assert nodes_to_make([placeholder], []) == []


def test_an_agents_command_can_be_copied() -> None:
    given = {"jenkins_url": "http://j/fuego", "node": "bbb", "folder": "/a b", "secret": "@/s/bbb.secret"}
    assert agent_command(version="2.528.3", by_http=True, **given) == (
        "java -jar agent.jar -url http://j/fuego/ -name bbb -secret @/s/bbb.secret -workDir '/a b' -webSocket"
    )
    assert agent_command(version="2.249.3", by_http=False, **given) == (
        "java -jar agent.jar -jnlpUrl http://j/fuego/computer/bbb/slave-agent.jnlp"
        " -secret @/s/bbb.secret -workDir '/a b'"
    )
