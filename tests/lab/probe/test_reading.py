"""What a probe's log says, whatever stands in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.lab.probe.options import MAX_TOLD, told
from fuego_jenkins_remote.lab.probe.reading import MAX_BYTES, MAX_OPTIONS, Found, read_log
from fuego_jenkins_remote.network import selectors

BEAGLEBONE = b"""\
@@fuego-probe uname
Linux 4.4.155-ti-r155 armv7l
@@fuego-probe cpuinfo
processor\t: 0
model name\t: ARMv7 Processor rev 2 (v7l)
CPU implementer\t: 0x41
CPU part\t: 0xc08

Hardware\t: Generic AM33XX (Flattened Device Tree)
@@fuego-probe compatible
ti,am335x-bone-black\0ti,am335x-bone\0ti,am33xx\0
@@fuego-probe config
#
# Automatically generated file; DO NOT EDIT.
CONFIG_ARM=y
CONFIG_USB_GADGET=m
# CONFIG_PREEMPT_RT is not set
CONFIG_CMDLINE="root=/dev/nfs password=hunter2"
CONFIG_HZ=250
@@fuego-probe end
"""


def test_a_beaglebone() -> None:
    assert read_log(BEAGLEBONE) == Found(
        facts={"arch": "arm", "cpu": "cortex-a8", "kernel": "4.4.155-ti-r155", "type": "am335x-bone-black"},
        options={"CONFIG_ARM": "y", "CONFIG_USB_GADGET": "m", "CONFIG_PREEMPT_RT": "n"},
    )


def log(**answers: str) -> bytes:
    return "".join(f"@@fuego-probe {name}\n{answer}\n" for name, answer in answers.items()).encode()


@pytest.mark.parametrize(
    ("answers", "facts"),
    [
        ({"uname": "Linux 6.1.0-13-amd64 x86_64"}, {"arch": "x86_64", "kernel": "6.1.0-13-amd64"}),
        ({"uname": "Linux 5.10.1 aarch64"}, {"arch": "arm64", "kernel": "5.10.1"}),
        ({"uname": "Linux 5.10.1 i686"}, {"arch": "ia32", "kernel": "5.10.1"}),
        ({"uname": "Linux 5.10.1 brainfuck"}, {"kernel": "5.10.1"}),
        ({"uname": "NuttX 12.0 arm"}, {}),
        ({"uname": "bash: uname: not found"}, {}),
        ({"cpuinfo": "cpu\t\t: e500v2\nclock\t\t: 800MHz"}, {"cpu": "e500v2"}),
        ({"cpuinfo": "cpu model\t\t: MIPS 24Kc V5.0"}, {"cpu": "24kc"}),
        ({"cpuinfo": "model name\t: Intel(R) Xeon(R)"}, {}),
        ({"cpuinfo": "CPU implementer : 0x41\nCPU part : 0xfff"}, {}),
        ({"cpuinfo": "CPU implementer : 0x41\nCPU part : $(id)"}, {}),
        ({"cpuinfo": "CPU implementer: 0x41\nCPU part: 0xd03\nCPU part: 0xd08"}, {"cpu": "cortex-a72"}),
        ({"compatible": "raspberrypi,4-model-b\0brcm,bcm2711\0"}, {"type": "4-model-b"}),
        ({"compatible": "<b>,x"}, {}),
        ({"compatible": "no vendor"}, {}),
        ({}, {}),
    ],
)
def test_what_is_not_understood_is_left_out(answers: dict[str, str], facts: dict[str, str]) -> None:
    assert read_log(log(**answers)).facts == facts


def test_what_fuego_prints_around_it_is_no_answer() -> None:
    assert read_log(b"some banner\n" + BEAGLEBONE).facts == read_log(BEAGLEBONE).facts
    assert read_log(b"x" * MAX_BYTES + BEAGLEBONE) == Found()


def test_options_are_bounded_and_nothing_but_y_m_n_is_kept() -> None:
    many = "\n".join(f"CONFIG_A{number}=y" for number in range(MAX_OPTIONS + 5))
    assert len(read_log(log(config=many)).options) == MAX_OPTIONS
    hostile = 'CONFIG_X="y"\nCONFIG_Y=y; reboot\nCONFIG_Z=0x1\nconfig_a=y\n CONFIG_B=y\nCONFIG_' + "C" * 91 + "=y"
    assert read_log(log(config=hostile)).options == {}


fragments = st.lists(
    st.sampled_from(
        ["@@fuego-probe ", "uname\n", "cpuinfo\n", "config\n", "compatible\n", "Linux ", "CPU part: ", "\0"]
    )
    | st.text(max_size=20),
    max_size=30,
).map("".join)


@given(fragments.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=300))
def test_whatever_a_board_prints_what_comes_of_it_is_plain(printed: bytes) -> None:
    found = read_log(printed)
    assert set(found.facts) <= {"arch", "cpu", "kernel", "type"}
    for key, value in {**found.facts, **told(found.options)}.items():
        assert re.fullmatch(r"[A-Za-z0-9][\w.+~-]{0,63}", value, re.ASCII)
        assert key.isascii()
    assert set(found.options.values()) <= {"y", "m", "n"}


def test_the_usual_options_are_told_and_those_that_the_lab_names() -> None:
    options = {"CONFIG_USB_GADGET": "m", "CONFIG_MY_DRIVER": "y", "CONFIG_OTHER": "y", "CONFIG_PREEMPT_RT": "n"}
    assert told(options) == {"config.CONFIG_PREEMPT_RT": "n", "config.CONFIG_USB_GADGET": "m"}
    assert told(options, ["CONFIG_MY_*"])["config.CONFIG_MY_DRIVER"] == "y"
    assert "config.CONFIG_OTHER" not in told(options, ["CONFIG_MY_*"])


def test_no_more_are_told_than_a_board_may_have_and_the_labs_own_come_first() -> None:
    options = {"CONFIG_MINE": "y", **{f"CONFIG_CAN_{number}": "y" for number in range(2 * MAX_TOLD)}}
    found = told(options, ["CONFIG_MINE"])
    assert len(found) == MAX_TOLD
    assert "config.CONFIG_MINE" in found


def test_what_is_told_can_be_asked_for() -> None:
    found = read_log(BEAGLEBONE)
    board = selectors.Board(host="lab", name="bbb", facts={**found.facts, **told(found.options)})
    wanted = 'type=am335x-bone-black and cpu=cortex-a8 and kernel="4.4.155-ti-r155" and config.CONFIG_USB_GADGET=m'
    assert selectors.parse(wanted).matches(board)
