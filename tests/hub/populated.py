"""A hub in which something goes on: two labs, requests in every stage. For the tests of pages."""

from __future__ import annotations

from fuego_jenkins_remote.hub import approvals, records
from fuego_jenkins_remote.network.states import State

from .conftest import World

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def populate(world: World) -> dict[str, str]:
    """Fill the world; gives the ids of the requests by what became of them."""
    ann, tim = world.add_user("ann", "annslab", email="ann@example.org"), world.add_user("tim", "timslab:admin")
    world.add_lab("timslab", notify=("board-admins@example.org",))
    world.add_lab("demolab")
    facts = {"arch": "arm", "cpu": "cortex-a8", "type": "bbb", "toolchain": "debian-armhf"}
    options = {f"config.CONFIG_USB_{name}": "y" for name in ("GADGET", "SERIAL", "STORAGE")}
    world.put_board(
        "timslab",
        "bbb",
        facts={**facts, **options},
        labels=("usb-gadget", "grüne-box"),
        description="BeagleBone Black, Regal 3",
    )
    world.put_board("timslab", "rpi4", facts={"arch": "arm64", "type": "rpi4"}, open_to=("annslab",))
    world.put_board("timslab", "old", facts={"arch": "powerpc"}, online=False, open_to=())
    world.put_board("timslab", "worn", facts={"arch": "riscv64"})
    world.health("timslab", "worn", "broken", "no answer on <b>ttyUSB0</b>")
    world.put_board("demolab", "qemu", facts={"arch": "x86_64", "transport": "local"}, labels=("kvm",))
    world.put_board("demolab", "qemu2", facts={"arch": "x86_64", "transport": "local"})
    ids = {}

    ids["done"] = world.put(
        ann, "timslab:bbb", test="Benchmark.Dhrystone", variables={"BENCHMARK_DHRYSTONE_LOOPS": "100"}
    ).id
    which = world.running("timslab", "bbb")
    world.clock.forward(seconds=34)
    world.tested("timslab", which)
    world.done("timslab", which)

    ids["error"] = world.put(ann, "arch=x86_64", retries=1, notes="grüße\nzweite Zeile").id
    world.error("demolab", world.running("demolab", "qemu"))
    world.error("demolab", world.running("demolab", "qemu2"))

    git = records.GitSource(
        url="https://git.example.org/kernel/tests.git", ref="main", path="Functional.LTP", commit=COMMIT
    )
    switches = records.Options(reboot=True, postcleanup=False)
    ids["held"] = world.put(ann, "arch=arm64", test="Functional.LTP", spec="quickhit", git=git, options=switches).id
    which = world.claim("timslab", "rpi4")
    assert which
    world.give_back("timslab", which, "tests of other teams are asked for", approval="requested")

    ids["rejected"] = world.put(ann, "type=rpi4", test="Functional.reboot").id
    with world.hub.change() as change:
        approvals.answer(change, tim, ids["rejected"], "timslab", given="rejected", reason="not on this board, bitte")

    ids["cancelled"] = world.put(ann, "demolab:qemu").id
    world.cancel(ann, ids["cancelled"])

    ids["running"] = world.put(tim, "type=bbb", test="Functional.größe").id
    which = world.running("timslab", "bbb")
    world.heartbeat("timslab", which, log_tail="+ make -j2\n<script>alert(1)</script>\nübersetze hello.c …\n")
    ids["assigned"] = world.put(ann, "demolab:qemu").id
    which = world.claim("demolab", "qemu")
    assert which
    world.heartbeat("demolab", which, queue_why="Waiting for next available executor on 'qemu'")
    for request in world.put_all(ann, "arch=x86_64 or arch=arm", count="each", test="Functional.hello"):
        ids["pending"] = request.id
    assert world.get(ids["held"]).held
    assert world.get(ids["rejected"]).state == State.REJECTED
    return ids
