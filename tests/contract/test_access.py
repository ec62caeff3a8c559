"""What our user may do there, asked without changing anything."""

from __future__ import annotations

from typing import Any

import pytest

from controllers import UnderTest
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.survey.clocks import apart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_who_may_do_everything_lacks_no_permission(under_test: UnderTest, controller: Controller, jobs: Any) -> None:
    found = controller.permissions(jobs.make())
    assert found.missing == ()
    if not under_test.is_embedded:  # which has no permissions to ask for
        assert {"Job/Create", "Job/Configure", "Job/Build", "Job/Delete", "Agent/Create", "View/Create"} <= set(
            found.held
        )


def test_a_controller_with_a_login_is_not_open_to_all_and_has_our_time(controller: Controller) -> None:
    found = controller.condition()
    assert (found.open_to_all, found.quieting_down, apart(found.clock)) == (False, False, "")
