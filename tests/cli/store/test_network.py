"""The store's verbs against a hub that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from packed_tests import make_test, pack_binary

pytestmark = pytest.mark.slow

BINARY = '{"name": "Functional.hello", "toolchain": "debian-armhf"}'


@pytest.fixture
def as_user(network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.as_user(monkeypatch)


def test_a_test_is_put_found_fetched_and_removed(ftc, as_user, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = make_test(tmp_path, "Functional.store", description="Prüft den Speicher", tags="[Lager]")
    said = ftc("put-test", folder)
    assert "Functional.store 1.0-1 is in the store" in said.out
    assert ftc("put-test", "-q", folder).out == ftc("put-test", "-q", folder).out
    for words in (("speicher",), ("--tag", "lager"), ("FUNCTIONAL.store",)):
        assert ftc("list-tests", "-r", "-q", *words).out == "Functional.store\n"
    assert ftc("list-tests", "-r", "no", "such").err == "no such test in the store\n"
    assert "Prüft den Speicher" in ftc("show-test", "Functional.store").out
    assert ftc("show-test", "-q", "Functional.store").out == "1.0-1\n"
    assert ftc("get-test", "-t", "Functional.store").out == "Functional.store: Functional.store-1.0-1.ftp\n"
    assert (tmp_path / "Functional.store-1.0-1.ftp").is_file()
    missing = ftc("get-test", "-t", "Functional.store", "--version", "2")
    assert (missing.status, "but 1.0-1" in missing.err) == (1, True)
    assert ftc("rm-test", "-t", "Functional.store", "--version", "1.0-1").status == 0
    assert ftc("show-test", "Functional.store").status == 1


def test_other_content_needs_another_release(ftc, as_user, tmp_path: Path) -> None:
    ftc("put-test", make_test(tmp_path / "a", "Functional.release"))
    refused = ftc("put-test", make_test(tmp_path / "b", "Functional.release", body="false"))
    assert (refused.status, "raise version or fuego_release" in refused.err) == (1, True)
    new = make_test(tmp_path / "c", "Functional.release", body="false", fuego_release=2)
    assert ftc("put-test", new).status == 0
    assert ftc("show-test", "-q", "Functional.release").out.split() == ["1.0-2", "1.0-1"]


def test_a_request_takes_the_stores_package_as_it_was_when_it_was_put(ftc, network, as_user, tmp_path: Path) -> None:
    first = ftc("put-test", "-q", make_test(tmp_path, "Functional.pinned")).out.strip()
    second = ftc("put-test", "-q", make_test(tmp_path, "Functional.pinned", version="1.1")).out.strip()
    words = ("put-request", "--json", "label=pinned", "-t", "Functional.pinned")
    from fuego_jenkins_remote.client.hub import HubClient

    lab = HubClient(network.hub, (network.tokens / "lab.hub").read_text().strip())
    lab.put_board("demolab", "pinned", {"facts": {}, "labels": ["pinned"], "open_to": ["*"]})
    assert ftc(*words, "--stored").json()["requests"][0]["package"] == second
    assert ftc(*words, "--stored", "1.0").json()["requests"][0]["package"] == first
    refused = ftc(*words, "--stored", "7")
    assert (refused.status, "but 1.1-1, 1.0-1" in refused.err) == (1, True)
    assert ftc("rm-test", "-t", "Functional.pinned", "--version", "1.1-1").status == 1
    lab.rm_board("demolab", "pinned")


def test_a_labs_admin_installs_a_test(ftc, network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    network.as_user(monkeypatch)
    ftc("put-test", make_test(tmp_path / "a", "Functional.installed"))
    network.as_lab(monkeypatch)
    done = ftc("install-test", "-t", "Functional.installed")
    target = network.lab.test_folder.parent / "Functional.installed"
    assert done.out == f"Functional.installed 1.0-1: installed in {target}\n"
    assert "Functional.installed" in ftc("list-tests", "--json").out
    assert "there already" in ftc("install-test", "Functional.installed").out
    (target / "fuego_test.sh").write_text("mine")
    refused = ftc("install-test", "-t", "Functional.installed")
    assert (refused.status, "--force replaces it" in refused.err) == (1, True)
    assert "replaced" in ftc("install-test", "-t", "Functional.installed", "--force").out


def test_binaries_are_put_and_fetched(ftc, as_user, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    package = pack_binary(tmp_path, BINARY)
    assert "for debian-armhf are in the store" in ftc("put-binary-package", package).out
    assert "debian-armhf" in ftc("show-test", "Functional.hello").out
    assert ftc("get-test", "-t", "Functional.hello", "--binary", "debian-armhf").status == 0
    fetched = tmp_path / "debian-armhf-Functional.hello-binary-package.ftbp"
    assert fetched.read_bytes() == package.read_bytes()
    missing = ftc("get-test", "-t", "Functional.hello", "--binary", "other")
    assert (missing.status, "for: debian-armhf" in missing.err) == (1, True)


def test_what_is_asked_for_wrongly_is_told(ftc, as_user, tmp_path: Path) -> None:
    assert ftc("put-test", make_test(tmp_path, "Functional.bare", version=None)).status == 1
    for words in (
        ("get-test",),
        ("get-test", "-t", "hello"),
        ("get-test", "-t", "Functional.hello", "--version", "1/2"),
        ("get-test", "0" * 64, "--version", "1"),
        ("install-test",),
        ("rm-test", "-t", "Functional.hello"),
        ("show-test", "hällo"),
        ("put-request", "a:b", "-t", "Functional.hello", "--stored", "--package", "0" * 64),
    ):
        result = ftc(*words)
        assert (result.status, bool(result.err.strip())) == (2, True), words


def test_a_missing_test_is_installed_for_a_person_where_fuego_conf_says_so(
    ftc, network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network.as_user(monkeypatch)
    ftc("put-test", make_test(tmp_path, "Functional.missing", body='report "echo ok"'))
    network.as_lab(monkeypatch)
    words = ("run-test", "-b", "local1", "-t", "Functional.missing")
    assert "there is no such test" in ftc(*words).err
    conf = network.lab.conf.read_text()
    try:
        network.lab.add_settings(auto_install_test="true")
        monkeypatch.setenv("REQUEST_ID", "20261123-101500123-k3j7x2m4")
        assert "there is no such test" in ftc(*words).err, "a request installs nothing"
        monkeypatch.delenv("REQUEST_ID")
        assert "Functional.missing 1.0-1 of the network's store: installed" in ftc(*words).err
    finally:
        network.lab.conf.write_text(conf)
