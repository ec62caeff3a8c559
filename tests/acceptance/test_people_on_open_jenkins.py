"""Jobs for people on a Jenkins where nobody has to log in, as on Fuego's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jenkins
import pytest

from fuego_jenkins_remote.lab.jobs.people import ALL

pytestmark = pytest.mark.slow

ACTING = set(ALL) - {"remote-boards"}


@pytest.fixture
def lab(network: Any) -> Iterator[Any]:
    """The lab has a token with which people ask; afterwards none of their jobs is there."""
    before = network.lab_conf.read_text()
    network.lab_conf.write_text(f"{before}people_token_file={network.root}/tokens/anna\n")
    yield network
    network.lab_conf.write_text(before)
    network.well("lab", "jobs")
    for job in ALL:
        network.controller.delete_job(job)


def jobs(lab: Any) -> set[str]:
    return set(lab.controller.list_jobs("remote-"))


def test_no_job_that_acts_with_an_identity_is_made_and_that_is_said(lab: Any) -> None:
    made = lab.ftc(lab.lab_conf, "lab", "jobs")
    assert made.returncode == 0, made.stderr
    assert "nobody has to log in to this Jenkins: of the jobs for people only remote-boards is made" in made.stderr
    assert "--people-jobs all makes all" in made.stderr
    assert "remote-boards" in jobs(lab)
    assert not jobs(lab) & ACTING


def test_a_lab_that_says_so_gets_them_all_and_claims_are_shown_as_unverified(lab: Any, until: Any) -> None:
    lab.well("lab", "jobs", "--people-jobs", "all")
    assert jobs(lab) >= set(ALL)
    parameters = {"SELECTOR": "demolab:eins", "TEST": "Functional.holds", "YOUR_NAME": "<b>Tim</b>", "NOTES": "please"}
    jenkins.Jenkins(lab.urls["jenkins"]).build_job("remote-put-request", parameters)

    def ended() -> Any:
        return next((one for one in lab.controller.builds("remote-put-request") if not one.building), None)

    assert until(ended, "the build has ended").result == "SUCCESS"
    request = lab.anna.requests(limit=1)[0][0]
    assert lab.anna.request(request.id).notes == "put from Jenkins by <b>Tim</b> (unverified)\nplease"
    said = lab.controller._get("job/remote-put-request/lastBuild/api/json?tree=description")["description"]
    assert "put from Jenkins by ‹b›Tim‹/b› (unverified)" in said
    until(lambda: lab.anna.request(request.id).is_final, "it has run")


def test_jobs_of_a_lab_that_no_longer_says_so_go_away(lab: Any) -> None:
    lab.well("lab", "jobs", "--people-jobs", "all")
    lab.well("lab", "jobs")
    assert not jobs(lab) & ACTING
