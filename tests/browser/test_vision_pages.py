"""Vision's pages in a real browser: they load without a complaint, in light and dark, wide and narrow."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.vision import admin

from .layout import leaving

PROGRAM = """
import sys
from pathlib import Path
from typing import Any
from fuego_jenkins_remote.vision.serve import serve
serve(Path(sys.argv[1]), host="127.0.0.1", port=0, json_ready=True)
"""
KEYS = [f"demolab/20261123-1015{at:05}-k3j7x2m4.1" for at in range(4)]


def package(at: int) -> bytes:
    benchmark = at % 2 == 0
    status = "FAIL" if at == 1 else "PASS"
    measurements = [
        {"name": "Score", "status": "PASS", "measure": 4_951_220.5 + at, "unit": "Dhry/s"},
        {"name": "Größe", "status": "PASS", "measure": 0.25 * at, "unit": "MiB"},
    ]
    cases = [{"name": f"prüfung-{n}", "status": status if n == 2 else "PASS"} for n in range(5)]
    if benchmark:
        cases[0]["measurements"] = measurements  # type: ignore[assignment]
    run = {
        "name": "Benchmark.Dhrystone" if benchmark else "Functional.größe",
        "status": status,
        "duration_ms": 33915 * (at + 1),
        "metadata": {
            "board": "bbb", "test_spec": "default", "build_number": str(at), "kernel_version": "6.1.0-13-armmp",
            "toolchain": "debian-armhf", "timestamp": f"2026-11-23T10:0{at}:00+0000",
            "batch_id": "c-20261123-101500123-a2b3c4d5",
        },
        "test_sets": [{"name": "default", "status": status, "test_cases": cases}],
    }  # fmt: skip
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        log = "".join(f"{n:5}: ok ✓ 温度 = {n % 90} °C\n" for n in range(300))
        for name, data in (("run/run.json", json.dumps(run).encode()), ("run/testlog.txt", log.encode())):
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return packed.getvalue()


@dataclass(frozen=True)
class Served:
    url: str
    reader: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir = tmp_path_factory.mktemp("vision")
    admin.init_data(data_dir)
    engine = admin.open_data(data_dir)
    lab, reader = admin.add_token(engine, "demolab"), admin.add_token(engine, "tim", kind="read")
    engine.dispose()
    command = [sys.executable, "-c", PROGRAM, str(data_dir)]
    with (
        (data_dir / "log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        for at, key in enumerate(KEYS):
            data = package(at)
            request = urllib.request.Request(
                f"{url}/api/v1/runs/{key}?sha256={hashlib.sha256(data).hexdigest()}",
                data=data,
                method="PUT",
                headers={"Authorization": f"Bearer {lab}", "Content-Type": "application/octet-stream"},
            )
            urllib.request.urlopen(request, timeout=20).close()
        yield Served(url=url, reader=reader)
        process.terminate()
        assert process.wait(timeout=90) == 0, (data_dir / "log").read_text()


@pytest.fixture(params=["light-wide", "dark-wide", "light-narrow"])
def page(request: pytest.FixtureRequest, browser: Any, served: Served) -> Iterator[Any]:
    """A page of somebody who has signed in; what the console complains about is a failure."""
    scheme, _, width = request.param.partition("-")
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 1280 if width == "wide" else 390, "height": 850}
    )
    context.set_default_timeout(90_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{served.url}/runs")
    page.fill("input[name=token]", served.reader)
    page.click("main button")
    page.wait_for_selector("table")
    yield page
    context.close()
    assert complaints == []


def picture(page: Any, name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Leave a picture in the test's folder, for whoever looks after a failure."""
    file = tmp_path / f"{name}-{request.node.callspec.id}.png"
    page.screenshot(path=file, full_page=True)


def hidden_cells(page: Any) -> list[str]:
    """The cells of the page's table that are not on the screen until somebody scrolls to the side."""
    script = "cells => cells.filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.innerText)"
    found: list[str] = page.locator("tbody :is(th, td)").evaluate_all(script)
    return found


def fits(page: Any) -> bool:
    """Say whether nothing sticks out to the side: tables scroll by themselves."""
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(page.evaluate(script))


def test_the_list_shows_and_filters(page: Any, served: Served, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    assert page.title() == "Runs · Fuego vision"
    assert page.inner_text("h1") == "Runs"
    assert page.locator("tbody tr").count() == 4
    assert fits(page)
    assert leaving(page) == []
    picture(page, "runs", request, tmp_path)

    page.select_option("#status", "FAIL")
    page.click("form.filters button")
    page.wait_for_url("**status=FAIL**")
    assert page.locator("tbody tr").count() == 1
    assert "Functional.größe" in page.inner_text("tbody")


def test_all_of_a_run_is_seen_in_the_list_however_narrow_it_is(page: Any) -> None:
    assert hidden_cells(page) == []
    assert "6.1.0-13-armmp" in page.inner_text("tbody tr >> nth=0")


def test_a_run_shows_its_cases_and_leads_on(
    page: Any, served: Served, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page.goto(f"{served.url}/runs/{KEYS[2]}")
    assert page.title() == "Benchmark.Dhrystone on demolab:bbb · Fuego vision"
    assert page.inner_text("h1") == "Benchmark.Dhrystone"
    headings = page.locator("h2").all_inner_texts()
    assert headings == ["Results", "testlog.txt", "Files"]
    assert fits(page)
    assert leaving(page) == []
    picture(page, "run", request, tmp_path)

    page.click("text=prüfung-0")
    page.wait_for_url("**/history**")
    assert page.inner_text("h1") == "prüfung-0"
    picture(page, "history", request, tmp_path)
    assert hidden_cells(page) == []
    page.goto(f"{served.url}/runs/{KEYS[2]}/log/testlog.txt")
    assert "温度 = 29 °C" in page.inner_text("pre")
    assert fits(page)


def test_a_file_is_downloaded_under_its_name(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/runs/{KEYS[0]}")
    with page.expect_download() as waited:
        page.click("a[aria-label='Download testlog.txt']")

    assert waited.value.suggested_filename == "testlog.txt"
