"""Identities: sortable, unguessable, and safe as file names whatever somebody sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fuego_jenkins_remote.network import identities
from fuego_jenkins_remote.network.identities import AttemptId, BadIdentity

NOW = datetime(2026, 11, 23, 10, 15, 0, 123000, tzinfo=UTC)


def test_a_request_id_tells_the_time_of_its_put() -> None:
    assert identities.new_request_id(NOW).startswith("20261123-101500123-")


def test_request_ids_sort_by_time() -> None:
    later = identities.new_request_id(NOW + timedelta(milliseconds=1))
    assert identities.new_request_id(NOW) < later


def test_two_ids_of_one_moment_differ() -> None:
    assert len({identities.new_request_id(NOW) for _ in range(100)}) == 100


def test_what_is_made_is_accepted() -> None:
    request = identities.new_request_id(NOW)
    assert identities.check_request_id(request) == request
    assert identities.check_campaign_id(identities.new_campaign_id(NOW))
    assert identities.check_call_id(identities.new_call_id())


def test_an_attempt_reads_back() -> None:
    attempt = AttemptId(identities.new_request_id(NOW), 12)
    assert AttemptId.parse(str(attempt)) == attempt
    assert identities.split_run_key(identities.run_key("demolab", attempt)) == ("demolab", str(attempt))


@pytest.mark.parametrize("text", ["", "../x", "20261123-101500123-k3j7x2m4/..", "20261123-101500123-K3J9X2M4\n"])
def test_a_hostile_request_id_is_refused(text: str) -> None:
    with pytest.raises(BadIdentity, match="no request id"):
        identities.check_request_id(text)


@pytest.mark.parametrize("text", ["x.1", "20261123-101500123-k3j4x2m4.0", "20261123-101500123-k3j4x2m4.100", "a.b.c"])
def test_a_hostile_attempt_is_refused(text: str) -> None:
    with pytest.raises(BadIdentity, match="no attempt"):
        AttemptId.parse(text)


@pytest.mark.parametrize(
    "text", ["lab", "lab/", "/abcdefgh", "lab/../../etc", "lab/abcdefgh/..", "../abcdefgh", "lab/a..bcdefg"]
)
def test_a_hostile_run_key_is_refused(text: str) -> None:
    with pytest.raises(BadIdentity, match="no run key"):
        identities.split_run_key(text)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        identities.new_request_id(datetime(2026, 11, 23))  # noqa: DTZ001
