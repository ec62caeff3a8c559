"""Delivery to vision: what is tried again, and what never will be."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.client.errors import Answered, ClientError, Conflict, Invalid, NotAllowed, Unreachable
from fuego_jenkins_remote.client.vision import Delivered, VisionClient
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage
from fuego_jenkins_remote.publish.vision import VisionTarget

RUN = RunPackage(key="demolab/20261123-101500123-k3j7x2m4.1", path=Path("run.frp"), sha256="0" * 64)


class Vision:
    """A client whose vision answers in one way."""

    def __init__(self, error: ClientError | None = None) -> None:
        self._error = error
        self.got: list[tuple[str, Path, str]] = []

    def put_run(self, key: str, package: Path, sha256: str) -> Delivered:
        if self._error:
            raise self._error
        self.got.append((key, package, sha256))
        return Delivered(key=key, url=f"http://vision/runs/{key}", status="PASS")


def _target(vision: Vision) -> VisionTarget:
    return VisionTarget(lambda: vision)  # type: ignore[arg-type,return-value]


def test_a_run_is_put_under_its_key_and_its_page_comes_back() -> None:
    vision = Vision()
    assert _target(vision).deliver(RUN) == f"http://vision/runs/{RUN.key}"
    assert vision.got == [(RUN.key, RUN.path, RUN.sha256)]


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("nothing answers there"),
        NotAllowed("the token has expired", status=401),
        NotAllowed("not for this host", status=403),
        Answered("no room", status=507),
        Answered("trouble", status=500),
    ],
)
def test_what_people_can_put_right_is_tried_again(error: ClientError) -> None:
    with pytest.raises(NotDelivered, match=str(error)):
        _target(Vision(error)).deliver(RUN)


@pytest.mark.parametrize(
    "error", [Conflict("another run has this key", status=409), Invalid("no run package", status=422)]
)
def test_what_vision_will_never_take_is_given_up(error: ClientError) -> None:
    with pytest.raises(NeverDelivered, match=str(error)):
        _target(Vision(error)).deliver(RUN)


def test_a_lab_without_a_vision_keeps_its_runs() -> None:
    with pytest.raises(NotDelivered, match="vision address"):
        VisionTarget(lambda: VisionClient("", "")).deliver(RUN)
