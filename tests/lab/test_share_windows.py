"""When a lab shares its boards, as boards.yaml says it."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import BadLabFile
from fuego_jenkins_remote.network.share_windows import ShareWindows


def shared(window: str) -> ShareWindows:
    return ShareWindows.from_yaml({"time_zone": "UTC", "windows": [window]})


def test_all_boards_may_have_the_same_windows_and_one_its_own(lab: LabConfig) -> None:
    (lab.conf_dir / "boards.yaml").write_text(
        'share: {time_zone: UTC, windows: ["Mon-Fri 18:00-08:00"]}\n'
        'boards: {bbb: {share: {time_zone: UTC, windows: ["Sat 10:00-12:00"]}}, ccc: {}}\n'
    )
    found = lab.share_windows(["bbb", "ccc"])
    assert found == {
        "bbb": shared("Sat 10:00-12:00"),
        "ccc": shared("Mon-Fri 18:00-08:00"),
    }


def test_without_windows_a_board_is_shared_always(lab: LabConfig) -> None:
    assert lab.share_windows(["bbb"]) == {}
    (lab.conf_dir / "boards.yaml").write_text("boards: {bbb: {type: x}}\n")
    assert lab.share_windows(["bbb"]) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("boards: {bbb: {share: {time_zone: UTC, windows: [x]}}}\n", "board bbb: share: windows: 'x' is no window"),
        ("share: {time_zone: x, windows: [Mon 01:00-02:00]}\n", "share: time_zone: 'x' is no time zone"),
    ],
)
def test_a_mistake_is_named_with_file_board_and_key(lab: LabConfig, text: str, said: str) -> None:
    (lab.conf_dir / "boards.yaml").write_text(text)
    with pytest.raises(BadLabFile, match=rf"boards\.yaml: {said}"):
        lab.share_windows(["bbb"])
