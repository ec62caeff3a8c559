"""Pages of what goes on move along while somebody looks, and stand still for who is at work in them."""

from __future__ import annotations

import time
from typing import Any

from fuego_jenkins_remote.hub import admin
from until import until

from .conftest import Open, Served


def loads(page: Any) -> list[str]:
    """The pages that are loaded from now on."""
    seen: list[str] = []
    page.on("request", lambda asked: seen.append(asked.url) if asked.is_navigation_request() else None)
    return seen


def test_a_request_moves_while_its_test_runs_without_being_loaded_again(open_page: Open, served: Served) -> None:
    reader = open_page()
    page = reader.go(f"/requests/{served.ids['running']}")
    loaded = loads(page)
    page.evaluate("window.scrollTo(0, 120)")
    place = page.evaluate("window.scrollY")
    served.say("".join(f"[{number}] cc -c file{number}.c\n" for number in range(200)))
    page.locator(".log-end", has_text="[199]").wait_for()
    end = page.locator(".log-end")
    assert end.evaluate("box => box.scrollHeight > box.clientHeight"), "so short a log shows nothing"
    assert end.evaluate("box => box.scrollTop") == 0, "it is the end that is to be seen"
    assert page.evaluate("window.scrollY") == place, "the page is to stay where its reader is"
    assert loaded == []
    page.click("text=Let it stand still")
    page.wait_for_url("**still=1")
    assert page.locator("text=Let it move").is_visible()


def test_a_request_is_seen_through_to_its_end(open_page: Open, served: Served) -> None:
    world = served.world
    world.put_board("demolab", "fresh", facts={"arch": "mips"})
    request = world.put(world.add_user("eva", "evaslab"), "demolab:fresh", test="Functional.eva").id
    reader = open_page()
    page = reader.go(f"/requests/{request}")
    loaded = loads(page)
    which = world.running("demolab", "fresh")
    page.locator(".head .badge", has_text="running").wait_for()
    assert "It runs on demolab:fresh." in page.inner_text("[role=status]")
    world.heartbeat("demolab", which, log_tail="\x1b[31m<img src=x onerror=alert(1)> ünï")
    world.tested("demolab", which)
    world.done("demolab", which)
    page.locator(".head .badge", has_text="done").wait_for()
    assert page.locator("[role=status] >> text=See the run").is_visible()
    assert page.locator("pre.log img").count() == 0
    assert page.locator(".timeline li.try").count() == 1
    assert loaded == []
    until(lambda: served.world.hub.streams.count() == 0)


def test_what_one_has_marked_stays_marked(open_page: Open, served: Served) -> None:
    page = open_page().go(f"/requests/{served.ids['running']}")
    served.say("first\n")
    page.locator(".log-end", has_text="first").wait_for()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('pre.log'))")
    served.say("second\n")
    time.sleep(2)
    assert page.evaluate("getSelection().toString()").strip() == "first"
    page.evaluate("getSelection().removeAllRanges()")
    served.say("third\n")
    page.locator(".log-end", has_text="third").wait_for()


def look_away(page: Any, away: bool) -> None:
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{value: {str(away).lower()}, configurable: true}});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_a_page_that_nobody_looks_at_holds_no_stream(open_page: Open, served: Served) -> None:
    page = open_page().go(f"/requests/{served.ids['running']}")
    streams = served.world.hub.streams
    until(lambda: streams.count() == 1)
    look_away(page, True)
    until(lambda: streams.count() == 0)
    look_away(page, False)
    until(lambda: streams.count() == 1)


def test_a_reader_whose_token_is_revoked_is_sent_to_sign_in(open_page: Open, served: Served) -> None:
    reader = open_page()
    page = reader.go(f"/requests/{served.ids['running']}")
    until(lambda: served.world.hub.streams.count() == 1)
    engine = served.world.hub.engine
    admin.revoke_token(engine, served.secret.split("_")[1])
    try:
        served.say("after\n")
        page.wait_for_url("**/sign-in**")
        assert "after" not in page.content()
    finally:
        # The others of this module sign in with it, too.
        from fuego_jenkins_remote.hub.schema import tokens

        with engine.begin() as conn:
            conn.execute(tokens.update().values(revoked_at=None))


def test_lists_move_along_too(open_page: Open, served: Served) -> None:
    page = open_page().go("/boards?selector=timslab:old")
    assert page.locator("tbody .badge").first.inner_text() == "withdrawn"
    page.evaluate("document.querySelector('main').dataset.again = '0.3'")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    served.world.put_board("timslab", "old", facts={"arch": "powerpc"}, online=True, open_to=())
    page.locator("tbody .badge", has_text="free").wait_for()


def test_a_campaigns_table_fills_while_somebody_looks(open_page: Open, served: Served) -> None:
    world = served.world
    for name in ("one", "two"):
        world.put_board("demolab", name, facts={"arch": "sparc"})
    lea = world.add_user("lea", "leaslab")
    campaign = world.put_all(lea, "arch=sparc", count="each", test="Functional.lea")[0].campaign
    page = open_page().go(f"/campaigns/{campaign}")
    loaded = loads(page)
    assert page.locator(".matrix td .badge", has_text="pending").count() == 2
    which = world.running("demolab", "one")
    world.tested("demolab", which)
    world.done("demolab", which)
    page.locator(".matrix td .badge", has_text="PASS").wait_for()
    assert "1 of 2 has ended" in page.inner_text("[role=status]")
    world.error("demolab", world.running("demolab", "two"))
    page.locator("text=To be looked at").wait_for()
    assert loaded == []
    page.click(".matrix td a >> text=PASS")
    page.wait_for_selector("h1 >> text=Functional.lea")


def test_what_one_has_opened_stays_open_and_what_one_has_typed_stays_there(open_page: Open, served: Served) -> None:
    page = open_page().go(f"/requests/{served.ids['running']}")
    page.click("summary >> text=Call it off")
    page.fill("#cancel-reason", "it is not")
    served.say("while I type\n")
    page.locator(".log-end", has_text="while I type").wait_for()
    assert page.input_value("#cancel-reason") == "it is not"
    assert page.locator("button >> text=Call it off").is_visible()


def test_who_reads_back_in_the_console_is_left_alone(open_page: Open, served: Served) -> None:
    page = open_page().go(f"/requests/{served.ids['running']}")
    served.say("".join(f"line {number}\n" for number in range(300)))
    page.locator(".log-end", has_text="line 299").wait_for()
    page.evaluate("document.querySelector('.log-end').scrollTop = -400")
    served.say("newer\n")
    time.sleep(2)
    assert page.locator(".log-end", has_text="newer").count() == 0
    page.evaluate("document.querySelector('.log-end').scrollTop = 0")
    served.say("newest\n")
    page.locator(".log-end", has_text="newest").wait_for()


def test_a_lab_approves_by_the_page_and_the_requesters_page_moves(open_page: Open, served: Served) -> None:
    path = f"/requests/{served.ids['held']}"
    page, other = open_page().go(path), open_page().go(path)
    loaded = loads(other)
    page.fill("#reason-timslab", "gern")
    page.click("button >> text=Approve for timslab")
    page.wait_for_selector(".badge >> text=approved")
    other.locator(".badge", has_text="approved").wait_for()
    assert "gern" in other.inner_text("main")
    assert loaded == []
