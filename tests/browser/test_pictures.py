"""The pictures of README.md, of a network that is made up: `make pictures` takes them anew into docs/pictures."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from fuego_jenkins_remote.hub import admin, approvals, attempts, records
from fuego_jenkins_remote.hub.campaigns import putting
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.vision import admin as vision_admin
from fuego_jenkins_remote.vision.app import make_app as make_vision

from ..hub.conftest import World, open_world
from .conftest import Served, answering, serving

KEPT = Path(__file__).parents[2] / "docs" / "pictures"
TAKEN_ANEW = bool(os.environ.get("UPDATE_PICTURES"))

BOARDS: Mapping[str, tuple[dict[str, str], tuple[str, ...], str]] = {
    "bench-berlin:mpc8315": ({"arch": "powerpc", "type": "mpc8315"}, (), "old but loved"),
    "bench-berlin:qemu-x86": ({"arch": "x86_64", "transport": "local"}, ("kvm",), "QEMU on the rack server"),
    "bench-berlin:starfive": ({"arch": "riscv64", "cpu": "u74", "type": "visionfive2"}, (), "VisionFive 2"),
    "kyoto-lab:imx6": ({"arch": "arm", "cpu": "cortex-a9", "type": "imx6q"}, ("can", "gpio"), "i.MX6 quad"),
    "kyoto-lab:renesas-m3": ({"arch": "arm64", "cpu": "cortex-a57", "type": "m3ulcb"}, ("can",), "R-Car M3"),
    "timslab:bbb": ({"arch": "arm", "cpu": "cortex-a8", "type": "bbb"}, ("usb-gadget",), "BeagleBone Black, shelf 3"),
    "timslab:rpi4-1": ({"arch": "arm64", "cpu": "cortex-a72", "type": "rpi4"}, ("usb-gadget", "can"), "Raspberry Pi 4"),
    "timslab:rpi4-2": ({"arch": "arm64", "cpu": "cortex-a72", "type": "rpi4"}, (), "Raspberry Pi 4, 8 GiB"),
}
CAMPAIGN = {
    "Benchmark.Dhrystone": ("kyoto-lab:imx6", "kyoto-lab:renesas-m3", "timslab:bbb", "timslab:rpi4-2"),
    "Functional.LTP": ("kyoto-lab:renesas-m3", "timslab:rpi4-2"),
    "Functional.can_loopback": ("kyoto-lab:renesas-m3", "kyoto-lab:imx6"),
    "Functional.usb_gadget": ("timslab:bbb",),
}
CONSOLE = "".join(
    f"  CC      drivers/net/can/{name}.o\n"
    for name in ("dev/bittiming", "dev/calc_bittiming", "dev/dev", "dev/netlink", "dev/skb", "slcan/slcan-core",
                 "usb/gs_usb", "m_can/m_can", "m_can/m_can_platform", "spi/mcp251xfd/mcp251xfd-core")
)  # fmt: skip
ARRIVED = datetime(2026, 12, 3, 14, 22, 11, tzinfo=UTC)
RUN_KEY = "timslab/20261203-142207318-k3j7x2m4.1"


@dataclass(frozen=True)
class Story:
    """A hub in the middle of a working day, as ann of kernel-team sees it."""

    served: Served
    request: str
    campaign: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    world = open_world(tmp_path_factory.mktemp("hub") / "hub")
    world.clock.forward(days=10, hours=4, minutes=34)
    ann, tim = world.add_user("ann", "kernel-team"), world.add_user("tim", "timslab:maintainer")
    for host in ("bench-berlin", "kyoto-lab", "timslab"):
        world.add_lab(host)
    for place, (facts, labels, description) in BOARDS.items():
        world.put_board(*place.split(":"), facts=facts, labels=labels, description=description)
    campaign = _campaign(world, ann)
    request = _approved(world, ann, tim)
    world.health("timslab", "rpi4-2", "broken", "no login prompt on ttyUSB1 after 120 s")
    for host in ("bench-berlin", "kyoto-lab", "timslab"):  # all bridges are at work
        assert (
            world.take(host, *(place.partition(":")[2] for place in BOARDS if place.startswith(host))).assignments == ()
        )
    with serving(world, {}, admin.add_token(world.hub.engine, "ann")) as served:
        yield Story(served=served, request=request, campaign=campaign)
    world.hub.engine.dispose()


def _campaign(world: World, ann: records.Caller) -> str:
    """Most of it has ended; one test runs, and what is on a broken board waits."""
    parts = tuple(
        records.NewRequest(selector=board, test=test, variables={}, call_id=world.call_id(), team=None)
        for test, boards in CAMPAIGN.items()
        for board in boards
    )
    wanted = records.NewCampaign(parts=parts, call_id=world.call_id(), team=None, name="6.12-rc3 on all arm boards")
    with world.hub.change() as change:
        campaign = putting.put(change, ann, wanted)
    for host, board, times in (("kyoto-lab", "renesas-m3", 2), ("kyoto-lab", "imx6", 1), ("timslab", "bbb", 2)):
        for _ in range(times):
            which = world.running(host, board)
            world.clock.forward(minutes=4)
            world.tested(host, which)
            world.done(host, which)
    world.error("kyoto-lab", world.running("kyoto-lab", "imx6"))
    world.running("kyoto-lab", "renesas-m3")
    return campaign.id


def _approved(world: World, ann: records.Caller, tim: records.Caller) -> str:
    request = world.put(
        ann,
        "arch=arm64 and label=can and type=rpi4",
        test="Functional.kernel_build",
        spec="allmodconfig",
        variables={"KERNEL_REF": "v6.12-rc3"},
        retries=1,
        notes="Bisecting the CAN regression; runs about 25 minutes.",
    ).id
    world.clock.forward(seconds=3)
    which = world.claim("timslab", "rpi4-1")
    assert which is not None
    world.give_back("timslab", which, "tests of other teams are asked for", approval="requested")
    world.clock.forward(minutes=14)
    with world.hub.change() as change:
        reason = "go ahead, the board is free until 18:00"
        approvals.answer(change, tim, request, "timslab", given="approved", reason=reason)
    world.clock.forward(seconds=2)
    which = world.claim("timslab", "rpi4-1")
    assert which == AttemptId(request, 2)
    with world.hub.change() as change:
        build = {"build_url": "http://jenkins.timslab.example/job/remote-request-rpi4-1/7/", "build_number": "7"}
        attempts.start(change, "timslab", which, call_id=world.call_id(), **build)
    world.clock.forward(minutes=10, seconds=7)
    world.heartbeat("timslab", which, log_tail=CONSOLE)
    return request


@pytest.fixture(scope="module")
def vision(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a vision with the run of a benchmark, and a token that reads it."""
    folder = tmp_path_factory.mktemp("vision")
    vision_admin.init_data(folder)
    engine = vision_admin.open_data(folder)
    lab, reader = vision_admin.add_token(engine, "timslab"), vision_admin.add_token(engine, "ann", kind="read")
    data = _run()
    with answering(make_vision(engine, folder, clock=lambda: ARRIVED)) as url:
        address = f"{url}/api/v1/runs/{RUN_KEY}?sha256={hashlib.sha256(data).hexdigest()}"
        requests.put(address, data, headers={"Authorization": f"Bearer {lab}"}, timeout=20).raise_for_status()
        yield url, reader
    engine.dispose()


def _run() -> bytes:
    def case(name: str, **measured: tuple[float, str]) -> dict[str, Any]:
        some = [
            {"name": one, "status": "PASS", "measure": value, "unit": unit} for one, (value, unit) in measured.items()
        ]
        return {"name": name, "status": "PASS", "measurements": some}

    cases = [case("memory", copy=(3419.11, "MiB/s"), fill=(8573.22, "MiB/s")), case("sort", time=(136.725, "ms"))]
    run = {
        "name": "Benchmark.memory_and_sort",
        "status": "PASS",
        "duration_ms": 1687,
        "metadata": {
            "board": "rpi4-1",
            "test_spec": "default",
            "build_number": "6",
            "kernel_version": "6.12.0-rc3",
            "toolchain": "debian-arm64",
            "timestamp": "2026-12-03T14:22:09+0000",
        },
        "test_sets": [{"name": "default", "status": "PASS", "test_cases": cases}],
    }
    log = "memory copy 3419.11 MiB/s\nmemory fill 8573.22 MiB/s\nsort time 136.725 ms\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in (("run/run.json", json.dumps(run)), ("run/testlog.txt", log)):
            header = tarfile.TarInfo(name)
            header.size = len(text)
            tar.addfile(header, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture
def picture(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Take a picture of a page, as somebody who has signed in sees it."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, color_scheme="light")
    page = context.new_page()

    def take(name: str, url: str, path: str, token: str) -> None:
        page.goto(f"{url}/sign-in")
        page.fill("input[name=token]", token)
        page.click("main button")
        page.goto(f"{url}{path}")
        page.wait_for_selector("h1:not(form *)")
        page.screenshot(path=(KEPT if TAKEN_ANEW else tmp_path) / f"{name}.png", full_page=True)
        assert (KEPT / f"{name}.png").is_file(), "README.md shows it"

    yield take
    context.close()


def test_the_pictures_of_the_hub_can_be_taken(story: Story, picture: Any) -> None:
    for name, path in (
        ("request-page", f"/requests/{story.request}"),
        ("campaign-page", f"/campaigns/{story.campaign}"),
        ("boards-page", "/boards"),
    ):
        picture(name, story.served.url, path, story.served.secret)


def test_the_picture_of_a_run_can_be_taken(vision: tuple[str, str], picture: Any) -> None:
    url, token = vision
    picture("run-page", url, f"/runs/{RUN_KEY}", token)
