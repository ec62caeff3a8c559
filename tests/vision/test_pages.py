"""Vision's pages show what is there, escaped, bounded, and lead on."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.vision.files import is_text, log_text

KEY = "demolab/20261123-101500123-k3j7x2m4.1"


def test_the_start_leads_to_the_runs(world: Any) -> None:
    assert world.page("/").headers["location"] == "/runs"


def test_an_empty_list_says_how_runs_come_in(world: Any) -> None:
    assert "ftc put-run" in world.page("/runs").text


def test_the_list_shows_each_run_and_leads_to_it(world: Any) -> None:
    world.put(KEY, world.pack(world.run_json(name="Functional.größe", metadata={"kernel_version": "<6.1>"})))
    text = world.page("/runs").text

    assert f'href="/runs/{KEY}"' in text
    assert "Functional.größe" in text
    assert "&lt;6.1&gt;" in text
    assert 'datetime="2026-11-23T10:00:00+00:00"' in text
    assert '<option value="Functional.größe">' in text


def test_filters_stay_in_the_form_and_in_the_links(world: Any, put_runs: Callable[..., list[str]]) -> None:
    put_runs(51, metadata={"test_spec": "größer"})
    text = world.page("/runs", spec="größer").text

    assert 'value="größer"' in text
    assert "/runs?spec=gr%C3%B6%C3%9Fer&amp;before=" in text
    assert "No run is like that" in world.page("/runs", host="nobody").text


def test_a_wrong_filter_is_a_page_with_one_sentence(world: Any) -> None:
    answer = world.page("/runs", since="tomorrow")

    assert answer.status_code == 422
    assert "since: is no date" in answer.text


def test_a_runs_page_shows_cases_measurements_and_metadata(world: Any) -> None:
    world.put(
        KEY, world.pack(world.run_json(metadata={"compiled_on": "docker"}), {"testlog.txt": "log: ok ✓\n".encode()})
    )
    text = world.page(f"/runs/{KEY}").text

    assert "<title>Benchmark.Dhrystone on demolab:bbb" in text
    assert "Schlußprüfung" in text
    assert "Dhry/s" in text
    assert "5\u202f000\u202f000.5" in text
    assert "compiled_on" in text
    assert "log: ok ✓" in text
    assert f'href="/api/v1/runs/{KEY}/package"' in text


def test_nothing_in_a_run_becomes_part_of_the_page(world: Any) -> None:
    evil = "<script>alert(1)</script>\"'"
    case = {
        "name": evil,
        "status": "FAIL",
        "measurements": [{"name": evil, "status": evil, "measure": evil, "unit": evil}],
    }
    run = world.run_json(
        name=evil,
        metadata={"board": evil, "test_spec": evil, "kernel_version": evil, evil: evil, "batch_id": evil},
        test_sets=[{"name": evil, "status": "PASS", "test_cases": [case]}],
    )
    world.put(KEY, world.pack(run, {f"{evil.replace('/', '')}.txt": evil.encode(), "testlog.txt": evil.encode()}))
    for path in ("/runs", f"/runs/{KEY}", f"/runs/{KEY}/log/testlog.txt"):
        answer = world.page(path)
        assert answer.status_code == 200
        assert "<script>" not in answer.text
    history = world.page("/history", test=evil, set=evil, case=evil)
    assert "<script>" not in history.text
    assert KEY in history.text


def test_what_failed_comes_first_and_a_page_stays_bounded(world: Any) -> None:
    cases = [{"name": f"case{at}", "status": "PASS"} for at in range(2500)] + [{"name": "bad-one", "status": "FAIL"}]
    sets = [{"name": "default", "status": "FAIL", "test_cases": cases}]
    world.put(KEY, world.pack(world.run_json(test_sets=sets), {f"file{at}": b"" for at in range(700)}))
    text = world.page(f"/runs/{KEY}").text

    assert text.index("bad-one") < text.index("case0")
    assert "501 more test cases" in text
    assert "201 more are in the package" in text


def test_a_long_log_is_shown_from_its_end_with_a_link_to_the_whole(world: Any) -> None:
    log = "".join(f"line {at} ä\n" for at in range(60_000))
    world.put(KEY, world.pack(world.run_json(), {"consolelog.txt": log.encode()}))
    text = world.page(f"/runs/{KEY}/log/consolelog.txt").text

    assert "line 59999 ä" in text
    assert "line 30000 ä" not in text
    assert "its last 200.0 KiB" in text
    assert f"/api/v1/runs/{KEY}/files/consolelog.txt" in text
    assert len(text) < 300_000


def test_a_file_that_is_no_text_is_offered_and_not_shown(world: Any) -> None:
    world.put(KEY, world.pack(world.run_json(), {"program": b"\x7fELF\0"}))

    assert "This is no text" in world.page(f"/runs/{KEY}/log/program").text


def test_names_of_files_lead_to_their_files(world: Any) -> None:
    name = "result/Meß werte #1 %.txt"
    world.put(KEY, world.pack(world.run_json(), {name: b"42"}))
    text = world.page(f"/runs/{KEY}").text

    assert f'href="/runs/{KEY}/log/{quote(name)}"' in text
    assert "42" in world.page(f"/runs/{KEY}/log/{quote(name)}").text


def test_a_cases_history_shows_how_it_went_before(world: Any, put_runs: Callable[..., list[str]]) -> None:
    keys = put_runs(3)
    text = world.page("/history", test="Benchmark.Dhrystone", case="Dhrystone").text

    assert text.index(keys[2]) < text.index(keys[1]) < text.index(keys[0])
    assert "Dhry/s" in text


def test_a_log_is_safe_to_show() -> None:
    log = "\x1b[31mred\x1b[0m\r\nbell\x07 \u202eturned\0".encode()

    assert log_text(log, cut=False) == "red\nbell\ufffd \ufffdturned\ufffd"
    assert log_text(b"f of a line\nwhole\n", cut=True) == "whole\n"
    assert log_text(b"one endless line", cut=True) == "one endless line"


@given(st.binary(max_size=300), st.booleans())
def test_whatever_is_in_a_log_it_is_shown_without_controls(data: bytes, cut: bool) -> None:
    text = log_text(data, cut=cut)

    assert all(sign.isprintable() or sign in "\n\t" or unicodedata.category(sign) != "Cc" for sign in text)
    assert text.encode().decode() == text


def test_text_is_known_even_if_cut_within_a_letter() -> None:
    assert is_text(b"a" + "ä".encode() * 5000)
    assert is_text(b"")
    assert not is_text(b"\xff\xfe")
    assert not is_text(b"a\0")
