"""Whose a call is: of whom nothing is known yet, the address that it comes from."""

from __future__ import annotations

import pytest
from fastapi import Request

from fuego_jenkins_remote.service.limits.callers import Callers


def caller_at(address: str) -> str:
    scope = {"type": "http", "headers": [(b"authorization", b"Bearer nobody-knows-it")], "client": (address, 1)}
    return Callers().of(Request(scope)).name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
    ],
)
def test_one_machine_counts_once_however_its_address_is_written(one: str, other: str) -> None:
    assert caller_at(one) == caller_at(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("2001:db8:0:1::1", "2001:db8:0:2::1"),
    ],
)
def test_two_machines_count_each_for_itself(one: str, other: str) -> None:
    assert caller_at(one) != caller_at(other)
