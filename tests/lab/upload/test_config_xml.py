"""What counts as a difference between two config.xml, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.lab.upload.config_xml import (
    MARK,
    JobConfig,
    Tree,
    compact,
    expand,
    is_same,
    is_same_text,
    lines_of,
    set_token,
    to_post,
)

OURS = """<?xml version="1.0" encoding="utf-8"?>
<project>
  <description>Made by ftc lab jobs (fuego-jenkins-remote).</description>
  <keepDependencies>false</keepDependencies>
  <disabled>false</disabled>
  <authToken>word</authToken>
  <quietPeriod>0</quietPeriod>
  <properties>
    <org.jenkins.plugins.lockableresources.RequiredResourcesProperty>
      <resourceNames>power-1</resourceNames>
      <labelName/>
      <resourceMatchScript><sandbox>false</sandbox></resourceMatchScript>
    </org.jenkins.plugins.lockableresources.RequiredResourcesProperty>
  </properties>
  <builders>
    <hudson.tasks.Shell><command>one</command></hudson.tasks.Shell>
    <hudson.tasks.Shell><command>two</command></hudson.tasks.Shell>
  </builders>
  <publishers>
    <hudson.tasks.junit.JUnitResultArchiver plugin="junit">
      <testResults>run/junit.xml</testResults>
      <skipMarkingBuildUnstable>true</skipMarkingBuildUnstable>
    </hudson.tasks.junit.JUnitResultArchiver>
  </publishers>
  <buildWrappers>
    <hudson.plugins.timestamper.TimestamperBuildWrapper/>
  </buildWrappers>
</project>
"""

# The same job, after a Jenkins 2.528.3 with junit 1.20 has saved it by itself.
SAVED = """<?xml version='1.1' encoding='UTF-8'?>
<project>
  <actions/>
  <description>Made by ftc lab jobs (fuego-jenkins-remote).</description>
  <keepDependencies>false</keepDependencies>
  <properties>
    <org.jenkins.plugins.lockableresources.RequiredResourcesProperty plugin="lockable-resources@2.18">
      <resourceNames>power-1</resourceNames>
      <resourceNamesVar></resourceNamesVar>
      <labelName></labelName>
    </org.jenkins.plugins.lockableresources.RequiredResourcesProperty>
  </properties>
  <quietPeriod>0</quietPeriod>
  <disabled>false</disabled>
  <authToken>{AQAAABAAAAAQeTss87IR/98o8mvTJBP9BJPBXANCwOJiCcCG98OiyjI=}</authToken>
  <triggers/>
  <builders>
    <hudson.tasks.Shell><command>one</command><configuredLocalRules/></hudson.tasks.Shell>
    <hudson.tasks.Shell><command>two</command><configuredLocalRules/></hudson.tasks.Shell>
  </builders>
  <publishers>
    <hudson.tasks.junit.JUnitResultArchiver plugin="junit@1.20">
      <testResults>run/junit.xml</testResults>
      <testDataPublishers/>
      <healthScaleFactor>1.0</healthScaleFactor>
    </hudson.tasks.junit.JUnitResultArchiver>
  </publishers>
  <buildWrappers>
    <hudson.plugins.timestamper.TimestamperBuildWrapper plugin="timestamper@1.13"/>
  </buildWrappers>
</project>
"""


def _same(one: str, other: str) -> bool:
    return is_same(JobConfig.parse(one).tree, JobConfig.parse(other).tree)


def test_what_jenkins_makes_of_a_job_when_it_saves_it_is_no_difference() -> None:
    assert _same(OURS, SAVED)
    assert _same(SAVED, OURS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<quietPeriod>0<", "<quietPeriod>5<"),
        ("power-1", "power-2"),
        ("<command>one<", "<command>1<"),
        ("    <hudson.tasks.Shell><command>two</command><configuredLocalRules/></hudson.tasks.Shell>\n", ""),
        ('    <hudson.plugins.timestamper.TimestamperBuildWrapper plugin="timestamper@1.13"/>\n', ""),
        ("<keepDependencies>false<", "<keepDependencies>true<"),
        ("<testResults>run/junit.xml<", "<testResults>other.xml<"),
        (
            "<triggers/>",
            "<triggers><hudson.triggers.TimerTrigger><spec>H</spec></hudson.triggers.TimerTrigger></triggers>",
        ),
    ],
)
def test_an_edit_by_hand_is_a_difference(old: str, new: str) -> None:
    assert old in SAVED
    assert not _same(OURS, SAVED.replace(old, new))


def test_the_order_of_steps_is_a_difference() -> None:
    swapped = OURS.replace(">one<", ">x<").replace(">two<", ">one<").replace(">x<", ">two<")
    assert not _same(OURS, swapped)


def test_whether_a_job_is_disabled_and_its_token_are_kept_apart() -> None:
    config = JobConfig.parse(SAVED)
    assert (config.disabled, config.token_is_hidden) == (False, True)
    assert _same(OURS, SAVED.replace("<disabled>false<", "<disabled>true<"))


def test_what_is_no_xml_is_never_ours_and_like_nothing() -> None:
    config = JobConfig.parse("<project")
    assert (config.tree, config.is_ours) == (None, False)
    assert not is_same(config.tree, config.tree)


def test_how_a_document_is_declared_is_no_difference_of_texts() -> None:
    bare = OURS.partition("?>")[2]
    assert is_same_text(OURS, f'<?xml version="1.0" encoding="UTF-8"?>{bare.strip()}')
    assert not is_same_text(OURS, bare.replace("one", "two"))


def test_what_is_posted_again_is_xml_1_0() -> None:
    assert to_post(SAVED).startswith('<?xml version="1.0" encoding="utf-8"?>\n<project>')
    assert is_same_text(to_post(SAVED), SAVED)


@pytest.mark.parametrize("there", ["<authToken>old</authToken>", "<authToken/>", "<authToken></authToken>", ""])
def test_a_token_takes_the_place_of_any_other(there: str) -> None:
    xml = f"<project>\n  <a/>\n  {there}\n</project>"
    assert JobConfig.parse(set_token(xml, "new")).token == "new"
    assert "authToken" not in set_token(xml, "")


_names = st.sampled_from(["project", "a", "b", "hudson.tasks.Shell"])
_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12) | st.just("x" * 300)
_trees = st.recursive(
    st.builds(Tree, tag=_names, text=_texts, by_plugin=st.booleans()),
    lambda inner: st.builds(
        Tree,
        tag=_names,
        attributes=st.just((("class", "x"),)) | st.just(()),
        by_plugin=st.booleans(),
        children=st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=12,
)


@given(_trees)
def test_what_is_remembered_is_like_what_it_was_made_of(tree: Tree) -> None:
    remembered = expand(compact(tree))
    assert is_same(remembered, expand(compact(tree)))
    assert compact(remembered) == compact(tree)


@given(_trees, _trees)
def test_likeness_works_both_ways_and_shows_no_lines_where_there_is_none(one: Tree, other: Tree) -> None:
    assert is_same(one, other) == is_same(other, one)
    assert is_same(one, one)
    assert list(lines_of(one))


@pytest.mark.parametrize(
    "data", [None, [], ["a", {}, "", 0], ["a", [], "", 0, []], [1, {}, "", 0, []], ["a", {}, "", 0, 1]]
)
def test_what_is_no_memory_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="no tree"):
        expand(data)


@pytest.mark.parametrize("depth", [200, 5000, 200_000])
def test_elements_within_each_other_without_end_are_nobodys_job(depth: int) -> None:
    nested = "<a>" * depth + "</a>" * depth
    config = JobConfig.parse(f"<project><description>{MARK}</description>{nested}</project>")
    assert config.tree is None
    assert not config.is_ours
