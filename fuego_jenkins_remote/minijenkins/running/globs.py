"""Ant's file patterns, as Jenkins' artifact archiver reads them: `*`, `?`, `**`, lists with commas."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

# What Ant leaves out by default; the part that can be found in a workspace of today.
DEFAULT_EXCLUDES = (
    "**/*~,**/#*#,**/.#*,**/%*%,**/._*,**/CVS,**/CVS/**,**/.cvsignore,**/.svn,**/.svn/**,**/.DS_Store,"
    "**/.git,**/.git/**,**/.gitattributes,**/.gitignore,**/.gitmodules,**/.hg,**/.hg/**,**/.hgignore,"
    "**/.bzr,**/.bzr/**,**/.bzrignore"
)


def compile_globs(patterns: str, *, case_sensitive: bool = True) -> list[re.Pattern[str]]:
    """Patterns of a comma-separated list; each matches a whole relative path with `/`."""
    flags = 0 if case_sensitive else re.IGNORECASE
    return [re.compile(_regex(part), flags) for part in (p.strip() for p in patterns.split(",")) if part]


def matches(path: str, globs: list[re.Pattern[str]]) -> bool:
    """Whether any of the patterns matches the relative path."""
    return any(glob.fullmatch(path) for glob in globs)


def find_files(folder: Path, include: str, exclude: str = "", *, case_sensitive: bool = True) -> Iterator[str]:
    """Relative paths of the regular files below `folder` that match, sorted. Symbolic links are never followed."""
    wanted = compile_globs(include, case_sensitive=case_sensitive)
    unwanted = compile_globs(exclude, case_sensitive=case_sensitive)
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(base, name)
            relative = path.relative_to(folder).as_posix()
            if matches(relative, wanted) and not matches(relative, unwanted) and _is_plain(path):
                yield relative


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _regex(pattern: str) -> str:
    pattern = pattern.replace("\\", "/").lstrip("/")
    if pattern.endswith("/"):
        pattern += "**"
    parts = re.sub(r"(?:\*\*/)+", "**/", pattern).split("/")
    out = ""
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if part == "**":
            # `a/**` matches a's contents at any depth, `**/a` matches a at any depth, the top included.
            out += r".*" if last else r"(?:[^/]+/)*"
            continue
        out += "".join({"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)) for char in part)
        out += "" if last else "/"
    return out
