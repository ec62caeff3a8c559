from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego import tar_reader
from fuego_jenkins_remote.fuego.errors import BadPackage
from fuego_jenkins_remote.fuego.packages import (
    Kind,
    Limits,
    check_package,
    file_sha256,
    kind_of,
    list_members,
    pack_run,
    pack_test,
    read_member,
    unpack,
)
from fuego_jenkins_remote.fuego.redact import Redactor

RUN_JSON = b'{"name": "Functional.bc", "status": "PASS", "metadata": {"board": "bbb", "n": 1}}'


def put(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def a_test(tmp_path: Path) -> Path:
    folder = tmp_path / "Functional.bc"
    for name, content in {"test.yaml": b"name: x\n", "fuego_test.sh": b"#!/bin/sh\n", "data/ü.txt": b"\xff"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "fuego_test.sh").chmod(0o700)
    return folder


def a_run(tmp_path: Path, **more: bytes) -> Path:
    folder = tmp_path / "bbb.default.3.3"
    folder.mkdir()
    (folder / "run.json").write_bytes(RUN_JSON)
    for name, content in {"testlog.txt": b"all is well\n", "prolog.sh": b"PASSWORD=geheim\n", **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type = kind
    header.size = len(content)
    for key, value in fields.items():
        setattr(header, key, value)
    return header


def tar_of(
    path: Path, *entries: tuple[tarfile.TarInfo, bytes], packed: bool = False, form: int = tarfile.PAX_FORMAT
) -> Path:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as tar:
        for header, content in entries:
            tar.addfile(header, io.BytesIO(content))
    data = buffer.getvalue()
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def a_tar(tmp_path: Path, *entries: tarfile.TarInfo, **options: object) -> Path:
    """A run package that would be good without these entries."""
    good = (member("run/run.json", RUN_JSON), RUN_JSON)
    return tar_of(tmp_path / "x.frp", good, *((entry, b"\0" * entry.size) for entry in entries), **options)


def refused(tmp_path: Path, package: Path, reason: str, kind: Kind = Kind.RUN, limits: Limits | None = None) -> None:
    """It is refused by every way in, and nothing is left behind."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadPackage, match=reason):
        unpack(package, tmp_path / "out", kind=kind, limits=limits)
    with pytest.raises(BadPackage, match=reason):
        check_package(package, kind, limits)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_test_is_packed_and_unpacked_with_its_modes(tmp_path):
    info = pack_test(a_test(tmp_path), tmp_path / "x.ftp")
    assert info.name == "Functional.bc"
    assert (info.sha256, info.size) == (file_sha256(info.path), info.path.stat().st_size)
    folder = unpack(info.path, tmp_path / "out", kind=Kind.TEST)
    assert folder == tmp_path / "out" / "Functional.bc"
    assert (folder / "data" / "ü.txt").read_bytes() == b"\xff"
    assert (folder / "fuego_test.sh").stat().st_mode & 0o7777 == 0o755
    assert (folder / "test.yaml").stat().st_mode & 0o7777 == 0o644
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


def test_the_same_content_gives_the_same_bytes(tmp_path):
    folder = a_test(tmp_path)
    first = pack_test(folder, tmp_path / "1.ftp").sha256
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    (folder / "test.yaml").chmod(0o600)
    assert pack_test(folder, tmp_path / "2.ftp").sha256 == first


def test_a_repository_around_a_test_stays_out(tmp_path):
    folder = a_test(tmp_path)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("url = https://user:token@example.org")
    assert not any(".git" in one.name for one in list_members(pack_test(folder, tmp_path / "x.ftp").path))


def test_what_is_no_test_is_not_packed_and_leaves_nothing(tmp_path):
    folder = a_test(tmp_path)
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(BadPackage, match="link: is neither"):
        pack_test(folder, tmp_path / "x.ftp")
    (folder / "link").unlink()
    (folder / "test.yaml").unlink()
    with pytest.raises(BadPackage, match=r"no test\.yaml"):
        pack_test(folder, tmp_path / "x.ftp")
    with pytest.raises(BadPackage, match="no full test name"):
        pack_test(folder.rename(tmp_path / "hello"), tmp_path / "x.ftp")
    assert [one.name for one in tmp_path.iterdir()] == ["hello"]


def test_a_run_is_packed_without_its_prolog_and_without_secrets(tmp_path):
    folder = a_run(
        tmp_path,
        **{
            "consolelog.txt": b"sshpass -pgeheim",
            "result/geheim.bin": b"\0geheim\xff",
            "prolog.sh~": b"geheim",
            "geheim": b"",
        },
    )
    (folder / "run.json").write_bytes(RUN_JSON.replace(b'"n": 1', b'"n": 1, "cmd": "x geheim"'))
    info = pack_run(folder, tmp_path / "x.frp", redactor=Redactor(["geheim"]))
    assert info.name == "Functional.bc"
    assert info.cut == ()
    assert [one.name for one in list_members(info.path)] == [
        "run/run.json",
        "run/consolelog.txt",
        "run/***",
        "run/result/***.bin",
        "run/testlog.txt",
    ]
    assert b"geheim" not in gzip.decompress(info.path.read_bytes())
    assert read_member(info.path, "run/result/***.bin", 100) == b"\0***\xff"
    assert json.loads(read_member(info.path, "run/run.json", 1000))["metadata"]["cmd"] == "x ***"


def test_a_password_that_is_a_number_or_the_boards_name_leaves_run_json_whole(tmp_path):
    info = pack_run(a_run(tmp_path), tmp_path / "x.frp", redactor=Redactor(["1", "bbb", "PASS"]))
    read = json.loads(read_member(info.path, "run/run.json", 1000))
    assert (read["metadata"]["board"], read["metadata"]["n"], read["status"]) == ("bbb", 1, "PASS")


def test_what_the_lab_adds_to_run_json_stands_there_as_it_is(tmp_path):
    redactor = Redactor(["timslab"])
    info = pack_run(a_run(tmp_path), tmp_path / "x.frp", redactor=redactor, metadata={"host_name": "timslab", "n": 2})
    read = json.loads(read_member(info.path, "run/run.json", 1000))["metadata"]
    assert read == {"board": "bbb", "host_name": "timslab", "n": 2}


def test_links_and_pipes_in_a_run_are_not_followed(tmp_path):
    secret = put(tmp_path / "lab", token=b"geheim")
    folder = a_run(tmp_path)
    (folder / "token").symlink_to(secret / "token")
    (folder / "lab").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    info = pack_run(folder, tmp_path / "x.frp")
    assert [one.name for one in list_members(info.path)] == ["run/run.json", "run/testlog.txt"]


def test_a_run_json_that_is_a_link_or_no_run_is_refused(tmp_path):
    folder = a_run(tmp_path)
    (folder / "run.json").write_text("{}")
    with pytest.raises(BadPackage, match=r"run\.json: the run has no name"):
        pack_run(folder, tmp_path / "x.frp")
    (folder / "run.json").unlink()
    with pytest.raises(BadPackage, match=r"run\.json: cannot be read: No such file"):
        pack_run(folder, tmp_path / "x.frp")
    (folder / "run.json").symlink_to("testlog.txt")
    with pytest.raises(BadPackage, match=r"run\.json: cannot be read"):
        pack_run(folder, tmp_path / "x.frp")
    assert not (tmp_path / "x.frp").exists()


def test_of_a_run_that_is_too_large_head_and_tail_of_the_logs_stay(tmp_path):
    log = b"first" + os.urandom(20_000).hex().encode() + b"last"
    folder = a_run(tmp_path, **{"big.txt": log, "big.bin": b"\0" * 30_000})
    info = pack_run(folder, tmp_path / "x.frp", limits=Limits(run=10_000))
    assert info.cut == ("big.bin", "big.txt")
    cut = read_member(info.path, "run/big.txt", 20_000)
    assert cut.startswith(b"first")
    assert cut.endswith(b"last")
    assert b"bytes cut ...]\n" in cut
    assert read_member(info.path, "run/big.bin", 100).strip() == b"[... 30000 bytes cut ...]"
    assert read_member(info.path, "run/testlog.txt", 100) == b"all is well\n"
    assert sum(one.size for one in list_members(info.path)) < 10_500


def test_of_too_many_files_those_at_the_top_stay(tmp_path):
    folder = a_run(tmp_path, **{f"a/{n}": b"" for n in range(5)})
    info = pack_run(folder, tmp_path / "x.frp", limits=Limits(members=4))
    assert [one.name for one in list_members(info.path)] == ["run/run.json", "run/a/0", "run/testlog.txt"]
    assert len(info.cut) == 4


def test_a_log_that_repeats_itself_is_packed_so_that_it_can_be_unpacked(tmp_path, monkeypatch):
    for module in ("packages", "tar_reader"):
        monkeypatch.setattr(f"fuego_jenkins_remote.fuego.{module}.RATIO_FLOOR", 100_000)
    info = pack_run(a_run(tmp_path, **{"log.txt": b"again\n" * 200_000}), tmp_path / "x.frp")
    assert info.cut == ("log.txt",)
    assert unpack(info.path, tmp_path / "out", kind=Kind.RUN) == tmp_path / "out" / "run"


def test_plain_tar_and_gzip_are_read_and_the_root_folder_does_no_harm(tmp_path):
    for packed in (False, True):
        path = a_tar(tmp_path, member("./", kind=tarfile.DIRTYPE), packed=packed)
        assert check_package(path, Kind.RUN).name == "Functional.bc"


def test_a_binary_package_is_recognised(tmp_path):
    path = tar_of(tmp_path / "x.ftbp", (member("./binary-package.json", b"{}"), b"{}"))
    assert kind_of(path) is Kind.BINARY
    assert check_package(path, Kind.BINARY).name == ""
    assert unpack(path, tmp_path / "out", kind=Kind.BINARY) == tmp_path / "out"
    with pytest.raises(BadPackage):
        kind_of(Path("x.tar"))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (member("/etc/passwd"), "absolute"),
        (member("run/../../x"), "no plain path"),
        (member("run//x"), "no plain path"),
        (member("run/./x"), "no plain path"),
        (member("../x", kind=tarfile.DIRTYPE), "no plain path"),
        (member("run/l", kind=tarfile.SYMTYPE, linkname="/etc/passwd"), "neither a file nor a folder"),
        (member("run/l", kind=tarfile.LNKTYPE, linkname="run/run.json"), "neither a file nor a folder"),
        (member("run/d", kind=tarfile.CHRTYPE), "neither a file nor a folder"),
        (member("run/d", kind=tarfile.BLKTYPE), "neither a file nor a folder"),
        (member("run/p", kind=tarfile.FIFOTYPE), "neither a file nor a folder"),
        (member("run/c", kind=tarfile.CONTTYPE), "neither a file nor a folder"),
        (member("run/s", kind=tarfile.GNUTYPE_SPARSE), "no honest tar"),
        (member("run/?", kind=b"?"), "neither a file nor a folder"),
        (member("run/run.json"), "twice"),
        (member("run", b"x"), "twice"),
        (member("run/run.json/x"), "as a file and as a folder"),
        (member("run/run.json", kind=tarfile.DIRTYPE), "twice"),
        (member("run/a\nb"), "control characters"),
        (member("run/" + "x" * 256), "too long"),
        (member("run/" + "x/" * 600 + "x"), "too long"),
        (member("run/\udcff"), "no UTF-8|is no tar"),
        (member("else/x"), "exactly one folder"),
    ],
)
def test_a_hostile_member_is_refused(tmp_path, entry, reason):
    refused(tmp_path, a_tar(tmp_path, entry), reason)
    refused(tmp_path, a_tar(tmp_path, entry, form=tarfile.GNU_FORMAT, packed=True), reason)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "run/x"}, "sparse"),
        ({"GNU.sparse.map": "0,1", "GNU.sparse.size": "1000000"}, "sparse"),
        ({"path": "../../x"}, "no plain path"),
        ({"path": "/x"}, "absolute"),
        ({"path": "run/a\0b"}, "control characters"),
        ({"size": "-5"}, "larger than|damaged|no sense"),
        ({"size": "99999999999999"}, "larger than|damaged"),
        ({"comment": "x" * 70_000}, "64 KiB"),
    ],
)
def test_pax_headers_do_not_get_around_the_checks(tmp_path, headers, reason):
    refused(tmp_path, a_tar(tmp_path, member("run/x", b"y", pax_headers=headers)), reason)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_headers_without_end_are_refused(tmp_path, kind):
    content = b"13 path=run/x\n"
    one = member("x", content, kind).tobuf() + content.ljust(512, b"\0")
    (tmp_path / "x.frp").write_bytes(one * 5000)
    refused(tmp_path, tmp_path / "x.frp", "makes no sense|damaged")


def test_a_header_with_a_length_beyond_all_bounds_is_refused(tmp_path):
    content = b"9" * 30 + b" a=b\n"
    (tmp_path / "x.frp").write_bytes(member("x", content, tarfile.XHDTYPE).tobuf() + content.ljust(512, b"\0"))
    refused(tmp_path, tmp_path / "x.frp", "makes no sense|damaged")


def test_a_negative_size_is_refused(tmp_path):
    path = a_tar(tmp_path, member("run/x", b"y"))
    data = bytearray(path.read_bytes())
    at = data.index(b"run/x\0")
    data[at + 124 : at + 136] = b"\xff" * 11 + b"\x00"
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    path.write_bytes(data)
    refused(tmp_path, path, "no honest tar")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(members=2), "more than 2 members"),
        (Limits(file=999), "larger than 999 bytes"),
        (Limits(unpacked=1500), "unpacks to more than 1500 bytes"),
        (Limits(package=50), "larger than 50 bytes"),
    ],
)
def test_a_package_beyond_a_limit_is_refused(tmp_path, limits, reason):
    path = a_tar(tmp_path, member("run/a", b"x" * 1000), member("run/b", b"x" * 1000), packed=True)
    refused(tmp_path, path, reason, limits=limits)


def test_a_bomb_is_refused_by_its_ratio(tmp_path, monkeypatch):
    monkeypatch.setattr(tar_reader, "RATIO_FLOOR", 10_000)
    path = a_tar(tmp_path, member("run/a", b"\0" * 1_000_000), packed=True)
    refused(tmp_path, path, "times its size")


@pytest.mark.parametrize(
    "data",
    [b"", b"no tar at all", b"\x1f\x8b", b"\x1f\x8b\x08\0garbage" * 100, b"x" * 1024, b"\0" * 1024, b"BZh91AY&SY"],
)
def test_what_is_no_tar_is_refused(tmp_path, data):
    (tmp_path / "x.frp").write_bytes(data)
    refused(tmp_path, tmp_path / "x.frp", "no tar|exactly one folder")


def test_a_package_that_ends_too_early_or_is_damaged_is_refused(tmp_path):
    plain = a_tar(tmp_path, member("run/a", b"x" * 3000)).read_bytes()
    packed = gzip.compress(plain)
    damaged = plain[:1024] + b"garbage" + plain[1031:]
    wrong_sum = packed[:-8] + b"\0\0\0\0" + packed[-4:]
    for data in [plain[:1400], plain[:3000], packed[: len(packed) // 2], packed[:-8], damaged, wrong_sum]:
        (tmp_path / "x.frp").write_bytes(data)
        refused(tmp_path, tmp_path / "x.frp", "no tar, or a damaged one")


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        (Kind.TEST, "Functional.bc/fuego_test.sh", r"Functional\.bc/test\.yaml is missing"),
        (Kind.TEST, "bc/test.yaml", "no full test name"),
        (Kind.RUN, "run/testlog.txt", r"run/run\.json is missing"),
        (Kind.RUN, "run/run.json", r"run/run\.json is no JSON"),
        (Kind.BINARY, "data", r"binary-package\.json is missing"),
    ],
)
def test_a_package_without_what_makes_it_one_is_refused(tmp_path, kind, name, reason):
    path = tar_of(tmp_path / "x", (member(name), b""))
    with pytest.raises(BadPackage, match=reason):
        check_package(path, kind)


def test_nothing_is_unpacked_over_what_is_there(tmp_path):
    path = a_tar(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ["there", "link"]:
        with pytest.raises(BadPackage, match="there already"):
            unpack(path, tmp_path / name, kind=Kind.RUN)
    with pytest.raises(BadPackage, match="No such file"):
        unpack(path, tmp_path / "absent" / "out", kind=Kind.RUN)
    with pytest.raises(BadPackage, match=r"absent\.frp: cannot be read or unpacked"):
        unpack(tmp_path / "absent.frp", tmp_path / "out", kind=Kind.RUN)


def test_a_member_that_is_absent_a_folder_or_too_large_is_not_read(tmp_path):
    path = a_tar(tmp_path, member("run/d", kind=tarfile.DIRTYPE))
    assert read_member(path, "run/run.json", 1000) == RUN_JSON
    for name, most in [("run/absent", 9), ("run/d", 9), ("run/run.json", 9)]:
        with pytest.raises(BadPackage):
            read_member(path, name, most)


names = st.text(alphabet="aB.-ü _1", min_size=1, max_size=6).filter(lambda name: name not in {".", "..", ".git"})
trees = st.dictionaries(st.lists(names, min_size=1, max_size=3).map("/".join), st.binary(max_size=2000), max_size=6)


@given(trees)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_whatever_is_packed_comes_out_the_same(tmp_path_factory, files):
    tmp_path = tmp_path_factory.mktemp("tree")
    folder = put(tmp_path / "Functional.x", **{"test.yaml": b""})
    written = {"test.yaml": b""}
    for name, content in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError:  # a file where another has its folder
            continue
        written[name] = content
    info = pack_test(folder, tmp_path / "x.ftp")
    out = unpack(info.path, tmp_path / "out", kind=Kind.TEST)
    assert {str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*") if one.is_file()} == written
    assert pack_test(out, tmp_path / "y.ftp").sha256 == info.sha256


@given(st.integers(0, 3000), st.integers(1, 255))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_flipped_byte_never_gets_anything_outside_of_the_folder(tmp_path_factory, at, flip):
    tmp_path = tmp_path_factory.mktemp("flip")
    data = bytearray(a_tar(tmp_path, member("run/d", kind=tarfile.DIRTYPE), member("run/d/x", b"y")).read_bytes())
    data[at] ^= flip
    (tmp_path / "x.frp").write_bytes(data)
    try:
        unpack(tmp_path / "x.frp", tmp_path / "out", kind=Kind.RUN)
    except BadPackage:
        assert not (tmp_path / "out").exists()
    assert {one.name for one in tmp_path.iterdir()} <= {"x.frp", "out"}
    assert not any(one.is_symlink() for one in tmp_path.rglob("*"))
