"""What pages show: times, sizes, durations and numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from starlette.testclient import TestClient

from fuego_jenkins_remote.service.pages import badge, duration, filesize, localtime, make_environment, number


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(None, "–"), (0, "0 ms"), (999, "999 ms"), (1234, "1.2 s"), (59_999, "1 min 0 s"), (185_000, "3 min 5 s"),
     (7_800_000, "2 h 10 min"), (200 * 3_600_000, "8 d 8 h")],
)  # fmt: skip
def test_durations(milliseconds: int | None, shown: str) -> None:
    assert duration(milliseconds) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (None, "–"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (5 * 1024**4, "5120.0 GiB"),
    ],
)
def test_sizes(size: int | None, shown: str) -> None:
    assert filesize(size) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (5, "5"), (928.51, "928.51"), (5000000.0, "5\u202f000\u202f000"), (0.000012345, "1.2345e-05"),
     (1234567.891, "1\u202f234\u202f567.89"), (0.5, "0.5"), (0.0, "0"), (-0.00123456789, "-0.00123457"),
     (1e20, "1e+20"), (10**15, "1e+15"), (10**400, "1e+400"), (-(10**400), "-1e+400"), (59.43, "59.43"),
     (float("inf"), "inf")],
)  # fmt: skip
def test_numbers(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_a_time_is_shown_in_utc_and_says_so() -> None:
    there = datetime(2026, 11, 23, 21, 0, 5, tzinfo=timezone(timedelta(hours=9)))

    assert "2026-11-23 12:00:05<span" in localtime(there)
    assert f'datetime="{there.astimezone(UTC).isoformat()}"' in localtime(there)
    assert "–" in localtime(None)


def test_a_badge_escapes_what_it_does_not_know() -> None:
    assert badge("PASS") == '<span class="badge good">PASS</span>'
    assert "<script>" not in badge("<script>")


def test_templates_escape_and_know_no_unknown_names() -> None:
    environment = make_environment("fuego_jenkins_remote.vision")

    assert environment.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    with pytest.raises(Exception, match="undefined"):
        environment.from_string("{{ nobody }}").render()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "just now"), (44, "just now"), (45, "1 min ago"), (150, "3 min ago"), (3570, "1 h ago"),
     (47 * 3600, "47 h ago"), (49 * 3600, "2 d ago")],
)  # fmt: skip
def test_a_time_that_was_is_shown_by_how_long_ago_with_the_time_itself_behind_it(seconds: int, shown: str) -> None:
    now = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
    template = make_environment("fuego_jenkins_remote.vision").from_string("{{ at|ago }}")
    at = now - timedelta(seconds=seconds)

    text = template.render(at=at, now=now)
    assert f">{shown}</time>" in text
    assert f'title="{at:%Y-%m-%d %H:%M:%S} UTC"' in text


def test_a_time_to_come_is_shown_as_it_is() -> None:
    now = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
    template = make_environment("fuego_jenkins_remote.vision").from_string("{{ at|ago }}")

    assert "2026-11-23 14:00:05" in template.render(at=now + timedelta(hours=2), now=now)
    assert "–" in template.render(at=None, now=now)


def test_a_browser_that_shows_json_finds_the_icon_without_a_token(client: TestClient) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


def test_what_a_template_shows_controls_nothing_and_stays_what_it_is() -> None:
    environment = make_environment("fuego_jenkins_remote.vision")
    text = environment.from_string("{{ name }} {{ name|badge }} {{ lines }}").render(
        name="<a>\x1b[31m\u202e\x9b", lines="one\r\n\ttwo"
    )
    cut = "&lt;a&gt;\ufffd[31m\ufffd\ufffd"
    assert text == f'{cut} <span class="badge quiet">{cut}</span> one\r\n\ttwo'
