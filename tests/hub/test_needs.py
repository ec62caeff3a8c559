"""What a test needs of its board: from its requester, and from the package that it comes in."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import Any

import pytest

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.errors import Conflict, NoBoard, Refused
from fuego_jenkins_remote.network.selectors import SelectorError
from fuego_jenkins_remote.network.states import State

from .conftest import Service, World


@pytest.fixture
def gadgets(world: World) -> World:
    """Two boards, one of which has a USB gadget."""
    world.add_lab("demolab")
    world.put_board("demolab", "plain")
    world.put_board("demolab", "gadget", labels=("usb-gadget",))
    return world


def test_a_test_never_lands_on_a_board_without_what_it_needs(gadgets: World, ann: records.Caller) -> None:
    request = gadgets.put(ann, "arch=x86_64", needs=("label=usb-gadget",))
    assert gadgets.claim("demolab", "plain") is None
    which = gadgets.claim("demolab", "gadget")
    assert which is not None
    assert (which.request, request.selector) == (request.id, "arch=x86_64")


def test_each_is_each_that_has_it(gadgets: World, ann: records.Caller) -> None:
    made = gadgets.put_all(ann, "arch=x86_64", count="each", needs=("label=usb-gadget",))
    assert [one.selector for one in made] == ["demolab:gadget"]


def test_a_board_that_loses_it_serves_the_request_no_more(gadgets: World, ann: records.Caller) -> None:
    request = gadgets.put(ann, "arch=x86_64", needs=("label=usb-gadget",))
    gadgets.put_board("demolab", "gadget")
    assert gadgets.get(request.id).state is State.REJECTED


def test_a_refusal_says_which_need_failed_on_which_board(gadgets: World, ann: records.Caller) -> None:
    with pytest.raises(NoBoard) as refused:
        gadgets.put(ann, "arch=x86_64", needs=("label=usb-gagdet",))
    assert str(refused.value).splitlines() == [
        "no board may run this: label=usb-gagdet (perhaps label=usb-gadget?) does not match any of the 2 boards",
        "  demolab:gadget, demolab:plain: the test needs label=usb-gagdet: it has no label usb-gagdet",
    ]


def test_a_need_that_cannot_be_read_and_too_many_are_refused(gadgets: World, ann: records.Caller) -> None:
    with pytest.raises(SelectorError):
        gadgets.put(ann, "arch=x86_64", needs=("usb",))
    with pytest.raises(SelectorError, match="more than 20"):
        gadgets.put(ann, "arch=x86_64", needs=("arch=x86_64",) * 21)
    with pytest.raises(SelectorError, match="longer than"):
        gadgets.put(ann, "arch=x86_64", needs=tuple(f'label="{number}{"x" * 200}"' for number in range(9)))


def test_outsiders_ask_for_no_longer_than_the_terms_let_them(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    with pytest.raises(NoBoard, match="outsiders have it for 2h at most, not for 3h"):
        world.put(ann, "demolab:one", timeout=3 * 3600)
    tim = world.add_user("tim", "demolab")
    assert world.put(tim, "demolab:one", timeout=3 * 3600).state is State.PENDING


def test_terms_that_become_shorter_end_what_waits_in_vain(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one", timeout=3600)
    world.put_board("demolab", "one", terms=records.Terms(max_time=600))
    assert world.get(request.id).state is State.REJECTED


def test_the_same_key_is_the_same_request_though_time_and_branch_have_moved(
    gadgets: World, ann: records.Caller
) -> None:
    def put(commit: str, hours: int, **more: Any) -> str:
        git = records.GitSource(url="https://git.example/t", ref="main", commit=commit)
        deadline = gadgets.clock.at.replace(hour=hours)
        return gadgets.put(ann, "arch=x86_64", call_id="my-key-1", git=git, deadline=deadline, **more).id

    first = put("a" * 40, 20)
    assert put("b" * 40, 21) == first
    with pytest.raises(Conflict, match="already used for another request"):
        put("a" * 40, 20, test="Functional.other")


def test_who_may_not_see_a_private_request_cannot_be_told_of_it(gadgets: World, ann: records.Caller) -> None:
    gadgets.add_user("eve", "evesteam")
    gadgets.add_user("amy", "annslab:guest")
    assert gadgets.put(ann, "arch=x86_64", notify=("eve", "amy")).notify == ("eve", "amy")
    assert gadgets.put(ann, "arch=x86_64", notify=("amy",), private=True).notify == ("amy",)
    with pytest.raises(Refused, match="eve may not see a private request of the team annslab"):
        gadgets.put(ann, "arch=x86_64", notify=("eve",), private=True)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"min_version": "1.2", "git": records.GitSource(url="https://x/y", ref="main")}, "of an installed test"),
        ({"notify": ("nobody",)}, "there is no user nobody"),
    ],
)
def test_what_makes_no_sense_is_refused(gadgets: World, ann: records.Caller, values: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        gadgets.put(ann, "arch=x86_64", **values)


# -- over HTTP


def package(test_yaml: str) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, text in (("fuego_test.sh", "test_run() { :; }"), ("test.yaml", test_yaml)):
            member = tarfile.TarInfo(f"Functional.mine/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return written.getvalue()


def put_package(service: Service, content: bytes) -> Any:
    sha256 = hashlib.sha256(content).hexdigest()
    return service.call("ann", "PUT", f"/packages/{sha256}", content=content), sha256


def wanted(**more: Any) -> dict[str, Any]:
    return {"call_id": "put-needs-1", "selector": "arch=x86_64", "test": "Functional.mine", **more}


def test_what_a_package_needs_counts_whatever_its_requester_says(service: Service) -> None:
    answer, sha256 = put_package(service, package('name: Functional.mine\nneeds: ["label=usb-gadget"]\n'))
    assert answer.status_code == 201
    refused = service.call("ann", "POST", "/requests", json=wanted(package=sha256))
    assert refused.status_code == 422
    assert "the test needs label=usb-gadget: it has no label usb-gadget" in refused.json()["detail"]
    service.ok(
        "demolab",
        "PUT",
        "/boards/demolab/qemu",
        json={"facts": {"arch": "x86_64"}, "labels": ["usb-gadget"], "open_to": ["*"]},
    )
    [request] = service.ok("ann", "POST", "/requests", 201, json=wanted(package=sha256))["requests"]
    assert request["needs"] == ["label=usb-gadget"]


@pytest.mark.parametrize("needs", ["{arch: arm}", "[usb]", "[" + "a=b, " * 21 + "]"])
def test_a_package_whose_needs_cannot_be_read_is_refused(service: Service, needs: str) -> None:
    answer, _ = put_package(service, package(f"name: Functional.mine\nneeds: {needs}\n"))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-package")


def test_a_package_that_is_none_needs_nothing(service: Service) -> None:
    assert put_package(service, b"no tar at all")[0].status_code == 201
    assert put_package(service, package("- no: [test"))[0].status_code == 201


def test_a_put_says_that_it_waits_and_for_how_long_outsiders_may(service: Service) -> None:
    assert service.ok("ann", "POST", "/requests", 201, json=wanted())["told"] == [
        "Outsiders have demolab:qemu for 2h at most; this may take 30m."
    ]
    service.ok("demolab", "PUT", "/boards/demolab/qemu/maintenance", json={"reason": "moving"})
    told = service.ok("ann", "POST", "/requests", 201, json=wanted(call_id="put-needs-2"))["told"]
    assert told[0] == (
        "It waits, since no board that may run it is to be had now: "
        "demolab:qemu is in maintenance (moving, says demolab)."
    )


def test_new_fields_come_back(service: Service) -> None:
    said = {"min_version": "1.2", "notify": ["tim"], "needs": ["arch=x86_64"], "private": True}
    [request] = service.ok("ann", "POST", "/requests", 201, json=wanted(**said))["requests"]
    assert {key: request[key] for key in said} == said
    for wrong in ({"min_version": "; rm"}, {"notify": ["a/b"]}, {"needs": ["("]}, {"needs": ["a=b"] * 21}):
        assert service.call("ann", "POST", "/requests", json=wanted(**wrong)).status_code == 422
    git = {"url": "https://git.example/t", "ref": "main", "commit": "not-hex"}
    assert service.call("ann", "POST", "/requests", json=wanted(git=git)).status_code == 422
