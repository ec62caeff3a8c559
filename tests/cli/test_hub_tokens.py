"""`ftc hub list-tokens` and `revoke-token`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def data(ftc, tmp_path: Path) -> Path:
    """A hub's folder with the user ann."""
    folder = tmp_path / "hub"
    assert ftc("hub", "init", "--data", folder).status == 0
    return folder


def test_a_token_is_found_by_its_owner_and_revoked_by_its_id(ftc, data: Path) -> None:
    secret = ftc("hub", "add-user", "ann", "--data", data).out.strip()
    token_id = ftc("hub", "list-tokens", "ann", "--data", data, "-q").out.strip()
    assert secret.startswith(f"fuego_{token_id}_")
    revoked = ftc("hub", "revoke-token", token_id, "--data", data)
    assert (revoked.status, revoked.out) == (0, f"the token {token_id} of user ann is good no more\n")
    [listed] = ftc("hub", "list-tokens", "--data", data, "--json").json()
    assert listed["revoked_at"] is not None
    assert secret.split("_", 2)[2] not in str(listed)


def test_the_whole_token_will_do(ftc, data: Path) -> None:
    secret = ftc("hub", "add-user", "ann", "--data", data).out.strip()
    assert ftc("hub", "revoke-token", secret, "--data", data).status == 0


def test_an_unknown_token_is_told(ftc, data: Path) -> None:
    result = ftc("hub", "revoke-token", "uaaaaaaa", "--data", data)
    assert (result.status, "there is no token uaaaaaaa" in result.err) == (1, True)
