"""The hub's pages in a real browser: they load without a complaint, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Open, Reader
from .layout import lines

expect = pytest.importorskip("playwright.sync_api").expect

Look = Callable[[str], None]


def test_the_overview_shows_what_goes_on(reader: Reader, looks_well: Look) -> None:
    page = reader.go("/")
    assert page.title() == "Overview · Fuego hub"
    assert page.locator("h2").all_inner_texts() == [
        "Waiting for your approval",
        "Yours",
        "On boards now",
        "Boards",
        "Newest requests",
    ]
    looks_well("overview")


def test_boards_are_found_as_one_types(reader: Reader, looks_well: Look) -> None:
    page = reader.go("/boards")
    assert page.locator("tbody tr").count() == 6
    looks_well("boards")
    page.locator("#selector").press_sequentially("label=usb-gadget", delay=20)
    page.wait_for_url("**selector=label%3Dusb-gadget")
    page.locator(".count", has_text="1 board").wait_for()
    assert page.locator("tbody tr").count() == 1
    page.fill("#selector", "rasp")
    page.locator("text=No board is like that").wait_for()
    page.fill("#selector", "arch=")
    page.locator("pre[role=status]", has_text="expected a value").wait_for()
    page.fill("#selector", "BEAGLE Regal")
    page.locator(".count", has_text="1 board").wait_for()
    page.click("tbody th a")
    page.wait_for_selector("h1 >> text=bbb")
    looks_well("board")


def test_requests_are_found_as_one_chooses(reader: Reader, looks_well: Look) -> None:
    page = reader.go("/requests")
    looks_well("requests")
    page.select_option("#state", "running")
    page.wait_for_url("**state=running")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("tbody th a")
    page.wait_for_selector("h1 >> text=Functional.größe")


@pytest.mark.parametrize("which", ["done", "error", "held", "running", "pending"])
def test_a_request_is_shown(reader: Reader, looks_well: Look, which: str) -> None:
    page = reader.go(f"/requests/{reader.served.ids[which]}")
    assert page.locator("[role=status]").is_visible()
    assert page.locator(".timeline li").count() > 0
    looks_well(f"request-{which}")


def test_a_broken_board_says_why_and_how_it_comes_back(reader: Reader, looks_well: Look) -> None:
    page = reader.go("/boards/timslab/worn")
    assert page.locator(".head .badge.bad").inner_text() == "broken"
    assert page.locator("text=ftc lab check-board -b worn").is_visible()
    looks_well("board-broken")


def test_labs_show_their_boards_and_terms(reader: Reader, looks_well: Look) -> None:
    page = reader.go("/labs")
    assert page.locator("tbody tr").count() == 2
    looks_well("labs")
    page.fill("#words", "tims")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("tbody th a")
    page.wait_for_selector("h1 >> text=timslab")
    assert page.locator("text=Only the team timslab may use it.").is_visible()
    looks_well("lab")


def test_a_campaign_is_a_table_of_tests_and_boards(reader: Reader, looks_well: Look) -> None:
    page = reader.go("/campaigns")
    looks_well("campaigns")
    page.click("tbody th a")
    page.wait_for_selector("table.matrix")
    assert page.locator(".matrix thead th").count() == 4
    looks_well("campaign")


def test_badges_stand_below_a_name_that_leaves_no_room_beside_it(open_page: Open) -> None:
    page = open_page(width=390).go("/requests")
    row = page.locator("tbody tr", has_text="needs approval").first
    name, signs = row.locator("th"), row.locator(".sign")
    name.locator("a").evaluate("link => link.textContent = 'Hello'")
    assert signs.bounding_box()["y"] < name.bounding_box()["y"] + 10, "there is room beside it"
    name.locator("a").evaluate("link => link.textContent = 'Benchmark.memory_and_sort'")
    assert lines(name.locator("a")) == 1
    assert signs.bounding_box()["y"] > name.bounding_box()["y"] + 10
