"""`ftc hub doctor` says what is well, what is dangerous, and what to do."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import hub_folders
from fake_server import FakeServer
from fuego_jenkins_remote.cli.findings import Finding, State
from fuego_jenkins_remote.cli.operating.doctor.examining import CHECKS, Patient, examine
from fuego_jenkins_remote.cli.program import ftc
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.hub import admin, backups
from git_https import certificate_for


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A hub with an admin, a lab and a backup."""
    folder = tmp_path / "hub"
    hub_folders.init(folder)
    engine = admin.open_data(folder)
    admin.add_user(engine, "root", network_admin=True)
    admin.add_lab(engine, "demolab")
    engine.dispose()
    backups.back_up(folder, tmp_path / "kept")
    return folder


def found(folder: Path, **values: Any) -> dict[str, Finding]:
    return {one.what: one for one in examine(Session(), Patient(data_dir=folder, **values))}


def change(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "hub.sqlite") as database:
        database.execute(statement)
    database.close()


def test_each_thing_is_looked_at_and_a_fresh_hub_has_nothing_bad(data: Path) -> None:
    said = found(data)
    assert list(said) == list(CHECKS)
    assert {one.state for one in said.values()} <= {State.OK, State.WARN}
    assert said["admins"].text == "root"
    assert said["integrity"].text == "quick_check is ok"


def test_without_data_the_rest_is_not_looked_at(tmp_path: Path) -> None:
    said = found(tmp_path / "none")
    assert said["data"].state is State.BAD
    assert "ftc hub init" in said["data"].text
    assert said["tokens"].state is State.SKIPPED


def test_tables_of_another_version_are_bad(data: Path) -> None:
    change(data, "UPDATE alembic_version SET version_num = '0001'")
    said = found(data)
    assert said["database"].state is State.BAD
    assert "ftc hub init" in said["database"].text


@pytest.mark.parametrize(
    ("statement", "what", "words"),
    [
        ("UPDATE users SET network_admin = 0", "admins", "ftc hub set-user"),
        ("UPDATE tokens SET created_at = '2020-01-01T00:00:00.000000+00:00'", "tokens", "not used for half a year"),
        ("UPDATE labs SET bridge_seen = '2020-01-01T00:00:00.000000+00:00'", "labs", "demolab (since 2020-01-01)"),
        ("UPDATE labs SET version = '0.0.9'", "labs", "demolab (0.0.9): their people are to update"),
        ("UPDATE audit SET at = '2999-01-01T00:00:00.000000+00:00'", "clock", "did the clock go back?"),
    ],
)
def test_what_should_not_stay_so_is_told_with_what_to_do(data: Path, statement: str, what: str, words: str) -> None:
    change(data, statement)
    said = found(data)[what]
    assert said.state is State.WARN
    assert words in said.text


def test_a_folder_that_others_can_look_into_is_dangerous(data: Path) -> None:
    data.chmod(0o755)
    said = found(data)["data"]
    assert said.state is State.WARN
    assert "chmod" in said.text


def test_a_package_without_its_file_is_told(data: Path) -> None:
    at = "2026-01-01T00:00:00.000000+00:00"
    change(data, f"INSERT INTO packages (sha256, size, uploaded_by, at) VALUES ('{'0' * 64}', 1, 'root', '{at}')")
    assert "1 of 1 have no file" in found(data)["packages"].text


def test_a_backup_that_is_old_or_was_never_made_is_told(data: Path) -> None:
    assert found(data)["backup"].state is State.OK
    later = datetime.now(UTC) + timedelta(days=3)
    assert "does its timer still run?" in found(data, clock=lambda: later)["backup"].text
    (data / "last-backup.json").unlink()
    assert "none was ever made" in found(data)["backup"].text


def test_several_workers_on_sqlite_are_bad(data: Path) -> None:
    assert found(data, workers=4)["engine"].state is State.BAD


def test_an_address_where_nothing_answers_is_bad(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        said = found(data, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")["address"]
    assert said.state is State.BAD
    assert "cannot be reached" in said.text


class FakeHub(FakeServer):
    """Says that it is a hub, and ready."""

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        self.answer(asked, 200, '{"service": "hub"}')


@pytest.fixture
def over_https(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Something that answers as a hub, and the certificate that it made itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    certificate, key = certificate_for(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    hub = FakeHub(context)
    yield hub.url, certificate
    hub.close()


def test_an_address_whose_certificate_nobody_knows_is_bad(data: Path, over_https: tuple[str, Path]) -> None:
    said = found(data, base_url=over_https[0])["address"]
    assert said.state is State.BAD
    assert "FUEGO_CA_FILE" in said.text


def test_an_address_is_trusted_by_the_file_with_its_ca(data: Path, over_https: tuple[str, Path]) -> None:
    url, certificate = over_https
    said = found(data, base_url=url, ca_file=certificate)["address"]
    assert f"the certificate of {url} ends on" in said.text


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_an_address_is_trusted_by_what_is_in_the_place_of_the_system_s_cas(
    data: Path, over_https: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    url, certificate = over_https
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)  # the one that counts more
    monkeypatch.setenv(name, str(certificate))
    assert f"the certificate of {url} ends on" in found(data, base_url=url)["address"].text


def test_the_verb_takes_the_ca_from_the_settings(
    data: Path, over_https: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = over_https
    monkeypatch.setenv("FUEGO_CA_FILE", str(certificate))
    said = CliRunner().invoke(ftc, ["hub", "doctor", "--data", str(data), "--base-url", url, "--json"])
    (address,) = (one for one in json.loads(said.stdout) if one["what"] == "address")
    assert f"the certificate of {url} ends on" in address["text"]


def test_the_mail_server_is_asked_only_when_that_is_wanted(data: Path) -> None:
    assert found(data)["mail"].text == "not asked (--mail)"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        said = found(data, mail=f"smtp://127.0.0.1:{taken.getsockname()[1]}?from=a@b.example")["mail"]
    assert said.state is State.BAD


def test_the_exit_status_says_whether_something_is_bad(data: Path) -> None:
    runner = CliRunner()
    well = runner.invoke(ftc, ["hub", "doctor", "--data", str(data), "--json"], standalone_mode=False)
    assert well.return_value == 0
    assert {one["what"] for one in json.loads(well.stdout)} == set(CHECKS)
    bad = runner.invoke(ftc, ["hub", "doctor", "--data", str(data), "--workers", "3"])
    assert "the hub is not well" in str(bad.exception)
