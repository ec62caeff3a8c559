"""What all targets share: handing over, and the filter `since`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.publish.targets import Handed, NotDelivered, RunPackage, hand_over, since_of


class Forgetful:
    """Takes many in one go, and tells of the first one alone."""

    name = "forgetful"

    def deliver(self, run: RunPackage) -> str:
        return f"https://x/{run.key}"

    def deliver_many(self, runs: Sequence[RunPackage]) -> dict[str, Handed]:
        return {runs[0].key: Handed(url=self.deliver(runs[0]))}


def test_a_run_of_which_a_target_says_nothing_waits() -> None:
    runs = [RunPackage(key=key, path=Path("x.frp"), sha256="0" * 64) for key in ("a", "b")]
    (first, told), (second, silent) = hand_over(Forgetful(), runs)
    assert ([first, second], told.url) == (runs, "https://x/a")
    assert isinstance(silent.error, NotDelivered)


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2026-11-23", "2026-11-23T00:00:00+00:00"), ("2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00+01:00")],
)
def test_since_is_a_day_or_a_time_with_its_offset(text: str, moment: str) -> None:
    found = since_of({"since": text})
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize(("text", "said"), [("2026-11-23T10:00:00", "has no offset"), ("soon", "neither a date nor")])
def test_another_since_is_refused(text: str, said: str) -> None:
    with pytest.raises(ClientError, match=said):
        since_of({"since": text})
