"""`ftc lab jobs` on the controller: what it makes stays as it is, whatever Jenkins itself makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

import pytest

from controllers import UnderTest
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.definitions import JobBoard, LabValues
from fuego_jenkins_remote.lab.jobs.plugins import FOLDERS, Profile, choose
from fuego_jenkins_remote.lab.upload.config_xml import JobConfig, to_post
from fuego_jenkins_remote.lab.upload.memory import UploadedJobs
from fuego_jenkins_remote.lab.upload.nodes import agent_command
from fuego_jenkins_remote.lab.upload.trigger_token import put_token
from fuego_jenkins_remote.lab.upload.update import JobChanges, Update, update_jobs

pytestmark = pytest.mark.slow


@dataclass
class Jobs:
    """A lab's jobs for boards that nobody has, under names of their own, with all plugins that are there."""

    under_test: UnderTest
    memory: UploadedJobs
    values: LabValues
    prefix: str

    def update(self, *names: str, values: LabValues | None = None, overwrite: bool = False) -> JobChanges:
        boards = [JobBoard(name=name, access="Everybody & his dog <b>", resources=("power-1",)) for name in names]
        update = Update(jenkins=self.under_test.adapter, memory=self.memory, overwrite=overwrite)
        return update_jobs(update, boards, values or self.values)

    def job(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def saved_by_jenkins(self, name: str) -> None:
        """Somebody disables the job and enables it again: Jenkins writes it down anew, in its own words."""
        person = self.under_test.person()
        person.disable_job(self.job(name))
        person.enable_job(self.job(name))


@pytest.fixture
def jobs(under_test: UnderTest, tmp_path: Path) -> Iterator[Jobs]:
    prefix = f"jobs-{token_hex(4)}"
    controller = under_test.adapter()
    choice = choose(Profile.AUTO, controller.plugins())
    values = LabValues(job_prefix=prefix, jenkins_view=f"View of {prefix}", plugins=frozenset(choice.used))
    yield Jobs(under_test, UploadedJobs(tmp_path / "jobs.json", under_test.url), values, prefix)
    for name in controller.list_jobs(prefix):
        controller.delete_job(name)
    controller.delete_view(values.jenkins_view)


def test_the_second_time_nothing_is_changed(jobs: Jobs) -> None:
    names = tuple(sorted([jobs.job("bbb"), jobs.job("push"), jobs.values.jenkins_view]))
    assert jobs.update("bbb").created == names
    assert jobs.update("bbb") == JobChanges(unchanged=names)


def test_what_jenkins_writes_down_in_its_own_words_is_no_difference(jobs: Jobs) -> None:
    with_token = replace(jobs.values, trigger_token="a-trigger-token")
    jobs.update("bbb", values=with_token)
    jobs.saved_by_jenkins("bbb")
    jobs.saved_by_jenkins("push")
    assert len(jobs.update("bbb", values=with_token).unchanged) == 3


def test_an_edit_by_hand_is_kept_until_it_is_to_be_overwritten(jobs: Jobs) -> None:
    jobs.update("bbb")
    jobs.saved_by_jenkins("bbb")
    person, job = jobs.under_test.person(), jobs.job("bbb")
    person.reconfig_job(job, to_post(person.get_job_config(job)).replace("<numToKeep>100<", "<numToKeep>5<"))
    jobs.saved_by_jenkins("bbb")
    assert jobs.update("bbb").edited == (job,)
    assert jobs.update("bbb", overwrite=True).changed == (job,)
    assert "<numToKeep>100<" in person.get_job_config(job)


def test_a_disabled_job_stays_disabled(jobs: Jobs) -> None:
    jobs.update("bbb")
    jobs.under_test.person().disable_job(jobs.job("bbb"))
    assert jobs.update("bbb").changed == ()
    jobs.update("bbb", values=replace(jobs.values, builds_to_keep=7))
    assert JobConfig.parse(jobs.under_test.person().get_job_config(jobs.job("bbb"))).disabled


def test_a_token_is_changed_and_taken_out_whatever_jenkins_has_made_of_it(jobs: Jobs) -> None:
    first = replace(jobs.values, trigger_token="the-first-token")
    jobs.update("bbb", values=first)
    jobs.saved_by_jenkins("bbb")
    put_token(jobs.under_test.adapter(), jobs.memory, jobs.prefix, "the-second-token")
    jobs.saved_by_jenkins("bbb")
    assert jobs.update("bbb", values=replace(jobs.values, trigger_token="the-second-token")).changed == ()
    assert jobs.update("bbb").changed == (jobs.job("bbb"),)
    assert "authToken" not in jobs.under_test.person().get_job_config(jobs.job("bbb"))


def test_the_job_of_a_board_that_went_away_is_disabled_then_removed_and_made_again(jobs: Jobs) -> None:
    jobs.update("bbb", "rpi")
    person, job = jobs.under_test.person(), jobs.job("rpi")
    update = Update(jenkins=jobs.under_test.adapter, memory=jobs.memory, open_boards=lambda: {"rpi"})
    assert update_jobs(update, [JobBoard(name="bbb")], jobs.values).disabled == (job,)
    assert JobConfig.parse(person.get_job_config(job)).disabled
    assert jobs.update("bbb", "rpi").changed == (jobs.job("bbb"), job)
    assert not JobConfig.parse(person.get_job_config(job)).disabled
    assert jobs.update("bbb").removed == (job,)
    assert not person.job_exists(job)


def test_the_view_shows_the_jobs(jobs: Jobs) -> None:
    jobs.update("bbb")
    assert sorted(job["name"] for job in jobs.under_test.person().get_jobs(view_name=jobs.values.jenkins_view)) == [
        jobs.job("bbb"),
        jobs.job("push"),
    ]


def test_jobs_in_a_folder_where_there_are_folders(jobs: Jobs) -> None:
    controller = jobs.under_test.adapter()
    folder, there = f"folder-{token_hex(4)}", controller.plugins()
    if FOLDERS not in (there or ()):
        with pytest.raises(LabError, match=FOLDERS):
            choose(Profile.AUTO, there, folder=folder)
        return
    in_folder = replace(jobs.values, jenkins_folder=f"{folder}/inner")
    try:
        made = jobs.update("bbb", values=in_folder).created
        names = (in_folder.jenkins_view, jobs.job("bbb"), jobs.job("push"))
        assert made == tuple(sorted(f"{folder}/inner/{name}" for name in names))
        assert jobs.update("bbb", values=in_folder).unchanged == made
    finally:
        controller.delete_job(folder)


def test_a_new_node_is_found_and_its_agents_command_is_complete(under_test: UnderTest) -> None:
    controller, name = under_test.adapter(), f"board-{token_hex(4)}"
    controller.create_node(name, "/tmp/fuego agent")
    try:
        assert name in [node.name for node in controller.nodes()]
        secret = controller.agent_secret(name)
        assert secret or under_test.is_embedded
        command = agent_command(controller.url, controller.version(), name, "/tmp/x", "@f", by_http=True)
        assert command.startswith(f"java -jar agent.jar -url {controller.url}/ -name {name} -secret @f")
    finally:
        under_test.person().delete_node(name)
