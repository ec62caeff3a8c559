"""Tests of a state machine: a few examples with the quick tests, many with the slow ones."""

from __future__ import annotations

from unittest import TestCase

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine


def few_and_many(machine: type[RuleBasedStateMachine], *, few: int, many: int, steps: int) -> list[type[TestCase]]:
    """Two test cases of the machine, with so many examples of at most so many steps; the second one is slow."""
    return [_of(machine, few, steps), _of(machine, many, steps, pytest.mark.slow)]


def _of(
    machine: type[RuleBasedStateMachine], examples: int, steps: int, *marks: pytest.MarkDecorator
) -> type[TestCase]:
    class Test(machine.TestCase):  # type: ignore[misc,name-defined]
        settings = settings(
            max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck), deadline=None
        )

    # Shrinking a failure takes longer than any other test may.
    Test.pytestmark = [pytest.mark.timeout(1200), *marks]
    return Test
