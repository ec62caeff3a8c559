"""`ftc convert-run`."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from .conftest import Ftc

RUN = {
    "name": "Functional.usb",
    "status": "FAIL",
    "metadata": {"board": "bbb"},
    "test_sets": [{"name": "ports", "status": "FAIL", "test_cases": [{"name": "one", "status": "FAIL"}]}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    made.mkdir()
    (made / "run.json").write_text(json.dumps(RUN))
    (made / "testlog.txt").write_bytes(b"\x1b[31mnot ok\xff\n" * 10_000 + b"the end")
    return made


def test_a_run_folder_becomes_junit_xml_with_the_end_of_its_log(ftc: Ftc, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "junit.xml"
    done = ftc("convert-run", folder, "-o", out)
    assert (done.status, done.out) == (0, f"Functional.usb: {out}\n")
    document = ET.parse(out).getroot()
    assert [case.get("classname") for case in document.iter("testcase")] == ["Functional.usb.ports"]
    assert "the end" in "".join(document.itertext())
    assert out.stat().st_size < 200_000


def test_a_run_json_alone_will_do(ftc: Ftc, folder: Path, tmp_path: Path) -> None:
    done = ftc("-q", "convert-run", folder / "run.json", "-o", tmp_path / "x.xml")
    assert (done.status, done.out) == (0, f"{tmp_path / 'x.xml'}\n")


def test_a_log_that_is_a_link_is_not_followed(ftc: Ftc, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    (folder / "testlog.txt").unlink()
    (folder / "testlog.txt").symlink_to(secret)
    assert ftc("convert-run", folder, "-o", tmp_path / "x.xml").status == 0
    assert "s3cret" not in (tmp_path / "x.xml").read_text()


def test_what_is_no_run_is_one_line(ftc: Ftc, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("[]")
    done = ftc("convert-run", tmp_path / "run.json", "-o", tmp_path / "x.xml")
    assert done.status == 1
    assert done.err.count("\n") == 1
    assert not (tmp_path / "x.xml").exists()
