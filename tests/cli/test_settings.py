"""Where settings come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.settings import find_conf, load_settings


def _conf(folder: Path, text: str) -> Path:
    file = folder / "conf" / "fuego.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _token(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "token"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_file_that_fuego_conf_names_counts_before_all(tmp_path: Path) -> None:
    named = _conf(tmp_path / "a", "host_name=a\n")
    _conf(tmp_path / "b", "host_name=b\n")
    settings = load_settings({"FUEGO_CONF": str(named), "FUEGO_RO": str(tmp_path / "b")})
    assert settings.host_name == "a"


def test_without_it_the_one_in_fuego_ro_counts(tmp_path: Path) -> None:
    file = _conf(tmp_path, "host_name=b\n")
    assert find_conf({"FUEGO_RO": str(tmp_path)}) == file


def test_the_environment_wins_over_the_file_and_an_option_over_both(tmp_path: Path) -> None:
    file = _conf(tmp_path, "hub_url=https://file\n")
    environ = {"FUEGO_CONF": str(file)}
    assert load_settings(environ).get("hub_url") == "https://file"
    environ["FUEGO_HUB_URL"] = "https://environment"
    assert load_settings(environ).get("hub_url") == "https://environment"
    assert load_settings(environ, {"hub_url": "https://option"}).get("hub_url") == "https://option"


def test_the_view_alone_may_be_set_to_nothing(tmp_path: Path) -> None:
    assert load_settings({}).get("jenkins_view") == "Fuego network"
    conf = _conf(tmp_path, "jenkins_view=\njob_prefix=\n")
    settings = load_settings({"FUEGO_CONF": str(conf)})
    assert (settings.get("jenkins_view"), settings.get("job_prefix")) == ("", "remote-request")


def test_lab_dir_is_below_fuego_rw_dir_unless_it_is_set() -> None:
    assert load_settings({"FUEGO_RW": "/rw"}).path("lab_dir") == Path("/rw/remote")
    assert load_settings({"FUEGO_RW": "/rw", "FUEGO_LAB_DIR": "/lab"}).path("lab_dir") == Path("/lab")


def test_boards_yaml_and_policy_stand_beside_fuego_conf(tmp_path: Path) -> None:
    file = _conf(tmp_path, "")
    assert load_settings({"FUEGO_CONF": str(file)}).conf_dir == file.parent
    assert load_settings({"FUEGO_RO": "/nowhere"}).conf_dir == Path("/nowhere/conf")


def test_what_is_missing_is_told_with_the_ways_to_set_it() -> None:
    with pytest.raises(Failed, match=r"hub_url is not set: .*fuego\.conf.*FUEGO_HUB_URL"):
        load_settings({}).needed("hub_url")


def test_a_token_is_read_from_its_file(tmp_path: Path) -> None:
    file = _token(tmp_path, "  abcdef\n")
    assert load_settings({"FUEGO_HUB_TOKEN_FILE": str(file)}).token("hub") == "abcdef"


def test_the_token_in_the_environment_wins_over_files(tmp_path: Path) -> None:
    file = _token(tmp_path, "from-file")
    environ = {"FUEGO_HUB_TOKEN_FILE": str(file), "FUEGO_HUB_TOKEN": "from-environment"}
    assert load_settings(environ).token("hub") == "from-environment"


def test_no_token_is_no_mistake() -> None:
    assert load_settings({}).token("vision") == ""


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_token_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    file = _token(tmp_path, "abcdef", mode)
    with pytest.raises(Failed, match=f"chmod 600 {file}"):
        load_settings({"FUEGO_HUB_TOKEN_FILE": str(file)}).token("hub")


@pytest.mark.parametrize("content", ["", "\n", "two words", "two\nlines", "ümlaut", "x" * 5000])
def test_a_file_that_holds_no_token_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    file = _token(tmp_path, content)
    with pytest.raises(Failed, match="holds no token") as caught:
        load_settings({"FUEGO_HUB_TOKEN_FILE": str(file)}).token("hub")
    assert not content.strip() or content.strip() not in str(caught.value)


def test_a_missing_token_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="No such file"):
        load_settings({"FUEGO_HUB_TOKEN_FILE": str(tmp_path / "none")}).token("hub")


def test_config_shows_a_value_bare(ftc, lab) -> None:
    assert ftc("config", "host_name").out == "demolab\n"


def test_config_shows_all_with_their_source_and_no_secret(ftc, lab) -> None:
    lab.add_settings(server_squad_token="hidden-value")
    shown = ftc("config")
    assert str(lab.conf) in next(line for line in shown.out.splitlines() if line.startswith("host_name"))
    assert "hidden-value" not in shown.out


def test_real_fuego_conf_is_read(shared_data: Path, ftc, monkeypatch: pytest.MonkeyPatch) -> None:
    file = next((shared_data / "fuego").rglob("fuego.conf"))
    monkeypatch.setenv("FUEGO_CONF", str(file))
    assert ftc("config", "host_name").out == "fuegohost\n"
