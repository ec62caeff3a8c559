"""Which jobs for people are made where."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.people import ALL, HARMLESS, PeopleJobs, publishers, read_choice, templates_for


def test_a_lab_with_a_token_for_people_gets_all_where_people_log_in() -> None:
    assert templates_for(PeopleJobs.AUTO, has_token=True, is_open=False) == ALL


def test_where_nobody_logs_in_only_what_lends_no_identity_is_made() -> None:
    assert templates_for(PeopleJobs.AUTO, has_token=True, is_open=True) == HARMLESS == ("remote-boards",)


@pytest.mark.parametrize("is_open", [True, False])
def test_without_a_token_none_is_made(is_open: bool) -> None:
    assert templates_for(PeopleJobs.AUTO, has_token=False, is_open=is_open) == ()


@pytest.mark.parametrize("has_token", [True, False])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_lab_may_say_otherwise(has_token: bool, is_open: bool) -> None:
    assert templates_for(PeopleJobs.ALL, has_token=has_token, is_open=is_open) == ALL
    assert templates_for(PeopleJobs.NONE, has_token=has_token, is_open=is_open) == ()


def test_a_wish_that_is_none_is_told() -> None:
    assert read_choice("all") is PeopleJobs.ALL
    with pytest.raises(LabError, match="'some' is none of auto, all, none"):
        read_choice("some")


def test_junit_shows_the_cases_of_a_run_that_was_fetched() -> None:
    assert "remote-request-cases" not in publishers(())["get_run_publishers"]
    assert "remote-request-cases" in publishers({"junit"})["get_run_publishers"]
