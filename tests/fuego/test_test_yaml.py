from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego.errors import BadTestYaml
from fuego_jenkins_remote.fuego.test_yaml import read_test_yaml

EXAMPLE = """\
fuego_package_version: 1
name: Functional.größe
description: |
    Says hello.
    Twice.
license: BSD-3-Clause
author: Jürgen <j@example.org>
version: 1.10
fuego_release: 2
type: Functional
tags: ['hello', "world"]
tarball_src: hello.tgz
host_dependencies:
    Debian: libtool
params:
    - LOOPS:
        optional: no
data_files:
    - fuego_test.sh
    - spec.json
needs: [arch=arm, "label=usb-gadget or label=usb-otg", config.CONFIG_X=y]
odd: yes
""".encode()


def test_every_field_is_read():
    info = read_test_yaml(EXAMPLE)
    assert info.name == "Functional.größe"
    assert info.description == "Says hello.\nTwice."
    assert info.version == "1.10"
    assert (info.fuego_package_version, info.fuego_release) == (1, 2)
    assert info.tags == ("hello", "world")
    assert info.tarball_src == ("hello.tgz",)
    assert info.data_files == ("fuego_test.sh", "spec.json")
    assert info.host_dependencies == {"Debian": "libtool"}
    assert info.params == [{"LOOPS": {"optional": "no"}}]
    assert info.extra == {"odd": "yes"}


def test_needs_are_selectors_as_they_were_written():
    assert read_test_yaml(EXAMPLE).needs == ("arch=arm", "label=usb-gadget or label=usb-otg", "config.CONFIG_X=y")


def test_what_is_missing_is_empty_and_the_name_is_the_folders(tmp_path):
    path = tmp_path / "Functional.bc" / "test.yaml"
    path.parent.mkdir()
    path.write_text("version:\ntags:\nneeds:\n")
    info = read_test_yaml(path)
    assert (info.name, info.version, info.tags, info.fuego_release, info.needs) == ("Functional.bc", "", (), None, ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no list of keys"),
        (b"- a\n", "no list of keys"),
        (b"name: a\nb: [\n", "^line 3: is no YAML"),
        (b"version: 1\n", "has no name"),
        (b"name: [a]\n", "name is no text"),
        (b"name: a\nfuego_release: one\n", "fuego_release is no whole number"),
        (b"name: a\nneeds: x\n", "needs is no list like"),
        (b"name: a\nneeds: {arch: arm}\n", "needs is no list like"),
        (b"name: a\nneeds: [[x]]\n", "needs is no text"),
        (b"name: a\nneeds: [" + b"a=b, " * 21 + b"]\n", "more than 20 needs"),
        (b"name: &a [x]\nb: [*a, *a]\n", "^line 2: is no YAML: aliases are not read"),
        (b"a: " + b"[" * 5000, "is no YAML"),
        (b"name: \x00\n", "is no YAML"),
        (b"[a]: b\n", "is no YAML"),
        (b"#" * (256 * 1024 + 1), "larger"),
    ],
)
def test_what_describes_no_test_is_refused(data, reason):
    with pytest.raises(BadTestYaml, match=reason):
        read_test_yaml(data)


def test_a_tag_makes_nothing_but_text():
    assert read_test_yaml(b"name: !!python/name:os.system x\n").name == "x"


def test_the_file_and_the_line_are_named(tmp_path):
    path = tmp_path / "test.yaml"
    with pytest.raises(BadTestYaml, match=r"test\.yaml: cannot be read"):
        read_test_yaml(path)
    path.write_text("name: a\n\tb: c\n")
    with pytest.raises(BadTestYaml, match=r"test\.yaml:2: is no YAML"):
        read_test_yaml(path)


@given(st.text(alphabet="ab:-[]{}!&*|>?'\"\n #,", max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(BadTestYaml):
        read_test_yaml(f"name: a\n{text}".encode())
