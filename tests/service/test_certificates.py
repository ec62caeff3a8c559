"""A certificate whose time is not now is said at the start, and served all the same: the clock may be wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fuego_jenkins_remote.service.certificates import wrong_time

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")

CONF = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
[any]
commonName = supplied
"""
Dated = Callable[[int, int], tuple[str, str]]


@pytest.fixture
def dated(tmp_path: Path) -> Dated:
    """A certificate that is good from one day to another, counted from today, and its key."""

    def make(since: int, until: int) -> tuple[str, str]:
        key, asked, certificate, conf = (tmp_path / name for name in ("key.pem", "asked.csr", "hub.pem", "ca.conf"))
        conf.write_text(CONF.format(folder=tmp_path))
        (tmp_path / "index.txt").touch()
        (tmp_path / "serial").write_text("01")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        begin, end = (f"{datetime.now(UTC) + timedelta(days=days):%Y%m%d%H%M%SZ}" for days in (since, until))
        for command in (
            ("req", *curve, "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", asked),
            ("ca", "-batch", "-notext", "-selfsign", "-config", conf, "-keyfile", key, "-in", asked,
             "-out", certificate, "-startdate", begin, "-enddate", end),
        ):  # fmt: skip
            subprocess.run(["openssl", *command], check=True, capture_output=True)
        return str(certificate), str(key)

    return make


@pytest.mark.parametrize(
    ("since", "until", "words"), [(-2, 2, ""), (-3, -1, "has expired"), (1, 3, "is not valid yet")]
)
def test_what_is_wrong_with_its_time_is_said(dated: Dated, since: int, until: int, words: str) -> None:
    said = wrong_time(*dated(since, until))
    assert said.startswith(words)
    assert bool(said) is bool(words)


def test_what_is_no_certificate_is_for_others_to_say(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nonsense")
    assert wrong_time(str(tmp_path / "x.pem"), str(tmp_path / "none")) == ""


@pytest.mark.slow
@pytest.mark.parametrize("service", ["hub", "vision"])
def test_a_service_with_an_expired_one_says_so_and_serves(dated: Dated, tmp_path: Path, service: str) -> None:
    certificate, key = dated(-3, -1)
    ftc = [sys.executable, "-c", "from fuego_jenkins_remote.cli.main import main; main()", service]
    subprocess.run([*ftc, "init", "--data", tmp_path / "data"], check=True, capture_output=True)
    command = [*ftc, "serve", "--data", tmp_path / "data", "--port", "0", "--tls-cert", certificate, "--tls-key", key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "ready at https://" in process.stdout.readline()
        process.terminate()
        _, log = process.communicate(timeout=90)
    (said,) = (line for line in map(json.loads, log.splitlines()) if line["level"] == "warning")
    assert f"the certificate {certificate} has expired" in said["event"]
