"""What one is told of, by ftc against a hub that runs."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def tim(network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.as_user(monkeypatch, "tim")


def test_subscriptions_are_made_listed_tested_and_taken_back(ftc, tim) -> None:
    made = ftc("subscribe", "done", "failed", "-t", "Functional.LTP*", "--to", "https://hooks.example.invalid/s3cret")
    assert "whsec_" in made.err
    subscription = made.out.split()[0]
    listed = ftc("list-subscriptions")
    assert "Functional.LTP*" in listed.out
    assert "s3cret" not in listed.out + made.out
    assert "the usual notices" in listed.err
    assert ftc("test-subscription", subscription).status == 0
    assert ftc("rotate-secret", subscription, "-q").out.startswith("whsec_")
    assert ftc("unsubscribe", subscription).status == 0
    assert ftc("list-subscriptions", "-q").out == ""


def test_an_address_is_read_from_a_file_or_from_stdin(
    ftc, tim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "address").write_text("slack://T1/B1/s3cret\n")
    first = ftc("subscribe", "lost", "--to-file", tmp_path / "address", "-q").out.strip()
    monkeypatch.setattr("sys.stdin", io.StringIO("matrix://s3cret_token@m.example.org/!r:example.org\n"))
    second = ftc("subscribe", "lost", "--to", "-", "-q").out.strip()
    shown = ftc("list-subscriptions").out
    assert "slack://…" in shown
    assert "matrix://…@m.example.org/!r:example.org" in shown
    assert "s3cret" not in shown
    assert ftc("unsubscribe", first, second).out.count("told no more") == 2


def test_the_usual_notices_are_switched(ftc, tim) -> None:
    assert ftc("unsubscribe", "usual").status == 0
    assert "off" in ftc("list-subscriptions").err
    assert ftc("subscribe", "usual").status == 0
    assert "off" not in ftc("list-subscriptions").err


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nothing", "--to", "a@b.example"], 2, "no such event 'nothing'"),
        (["done"], 2, "say where"),
        (["done", "--to", "a@b.example", "--to-file", "/dev/null"], 2, "say where"),
        (["done", "--to-file", "/dev/null"], 1, "there is no address"),
        (["usual", "done"], 2, "'usual' stands alone"),
        (["done", "--to", "https://127.0.0.1/x"], 1, "no public address"),
        (["done", "--to", "a@b.example", "--for-team", "demolab"], 1, "only admins of the team demolab"),
        (["done", "--to", "a@b.example", "-b", "nowhere"], 1, "there is no lab nowhere"),
    ],
)
def test_what_cannot_be_is_said(ftc, tim, words: list[str], status: int, said: str) -> None:
    result = ftc("subscribe", *words)
    assert (result.status, said in result.err) == (status, True), result.err
