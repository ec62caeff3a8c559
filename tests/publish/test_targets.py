"""What all targets share: handing over, and the filter `since`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.publish.making import GROUP, BadTarget, Conf, known, make_target
from fuego_jenkins_remote.publish.targets import Handed, NotDelivered, RunPackage, hand_over, since_of


class Forgetful:
    """Takes many in one go, and tells of the first one alone."""

    name = "forgetful"

    def deliver(self, run: RunPackage) -> str:
        return f"https://x/{run.key}"

    def deliver_many(self, runs: Sequence[RunPackage]) -> dict[str, Handed]:
        return {runs[0].key: Handed(url=self.deliver(runs[0]))}


def test_a_run_of_which_a_target_says_nothing_waits() -> None:
    runs = [RunPackage(key=key, path=Path("x.frp"), sha256="0" * 64) for key in ("a", "b")]
    (first, told), (second, silent) = hand_over(Forgetful(), runs)
    assert ([first, second], told.url) == (runs, "https://x/a")
    assert isinstance(silent.error, NotDelivered)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package of docs/targets.md, as pip leaves it."""
    page = (Path(__file__).parents[2] / "docs" / "targets.md").read_text()
    site = tmp_path / "site-packages"
    (site / "my_targets-1.dist-info").mkdir(parents=True)
    (site / "my_targets.py").write_text(page.partition("```python\n")[2].partition("```")[0])
    (site / "my_targets-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: my_targets\nVersion: 1\n")
    names = "folder = my_targets:make\nbroken = my_targets:nothing\nlost = no_such_module:make\n"
    (site / "my_targets-1.dist-info" / "entry_points.txt").write_text(f"[{GROUP}]\n{names}")
    monkeypatch.syspath_prepend(str(site))


@pytest.mark.usefixtures("installed")
def test_a_package_brings_a_target_as_the_docs_say(tmp_path: Path) -> None:
    assert known()[-3:] == ["broken", "folder", "lost"]
    target = make_target("folder", Conf(values={"folder_dir": str(tmp_path / "runs")}))
    run = RunPackage(key="demolab/20261123-101500123-k3j7x2m4.1", path=tmp_path / "x.frp", sha256="0" * 64)
    run.path.write_bytes(b"package")
    with pytest.raises(NotDelivered):
        target.deliver(run)
    there = tmp_path / "runs" / "demolab_20261123-101500123-k3j7x2m4.1.frp"
    there.parent.mkdir()
    assert [target.deliver(run) for _ in range(2)] == [there.as_uri()] * 2
    assert [file.read_bytes() for file in there.parent.iterdir()] == [b"package"]


@pytest.mark.usefixtures("installed")
def test_a_setting_of_its_own_that_is_missing_is_named() -> None:
    with pytest.raises(BadTarget, match=r"folder_dir is not set in fuego\.conf"):
        make_target("folder", Conf(values={}))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["broken", "lost"])
def test_a_package_that_cannot_be_loaded_is_said(name: str) -> None:
    with pytest.raises(BadTarget, match=f"the target {name} cannot be loaded: .*(nothing|no_such_module)"):
        make_target(name, Conf(values={}))


class Broken:
    """One that somebody else has written: it has a mistake."""

    name = "broken"

    def deliver(self, run: RunPackage) -> str:
        raise KeyError(run.key)


class BrokenForMany(Broken):
    """The same of one that takes many."""

    def deliver_many(self, runs: Sequence[RunPackage]) -> dict[str, Handed]:
        raise ZeroDivisionError


@pytest.mark.parametrize(("target", "what"), [(Broken(), "KeyError: 'a'"), (BrokenForMany(), "ZeroDivisionError")])
def test_a_target_that_breaks_does_not_have_the_run_and_takes_nobody_along(target: Broken, what: str) -> None:
    runs = [RunPackage(key=key, path=Path("x.frp"), sha256="0" * 64) for key in ("a", "b")]
    told = [came.error for _, came in hand_over(target, runs)]
    assert [type(error) for error in told] == [NotDelivered, NotDelivered]
    assert f"the target {target.name} broke: {what}" in str(told[0])


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2026-11-23", "2026-11-23T00:00:00+00:00"), ("2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00+01:00")],
)
def test_since_is_a_day_or_a_time_with_its_offset(text: str, moment: str) -> None:
    found = since_of({"since": text})
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize(("text", "said"), [("2026-11-23T10:00:00", "has no offset"), ("soon", "neither a date nor")])
def test_another_since_is_refused(text: str, said: str) -> None:
    with pytest.raises(ClientError, match=said):
        since_of({"since": text})
