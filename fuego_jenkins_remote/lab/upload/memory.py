"""What was last uploaded to a Jenkins, by the names of jobs and views: so that an edit by hand is seen as one.

A file in state_dir, for its owner alone. What is about to be uploaded is written down before, beside what was there: a
run that dies half-way leaves both, and the next one takes either for ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.upload.config_xml import JobConfig, Tree, compact, expand, is_same

_MOST_FORMS = 4
_LARGEST = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """One upload: the digest of its text, the compact tree, and the digest of its token (empty: none)."""

    text: str
    form: tuple[object, ...]
    token: str

    @classmethod
    def of(cls, xml: str) -> Uploaded:
        """What is remembered of an upload of `xml`."""
        config = JobConfig.parse(xml)
        form = compact(config.tree) if config.tree else []
        return cls(text=digest(xml), form=tuple(form), token=digest(config.token))


class UploadedJobs:
    """The file, for one Jenkins. Without a file it remembers for as long as it lives."""

    def __init__(self, path: Path | None, url: str = "") -> None:
        """Read it; one that cannot be read is as good as none. `url` is the Jenkins'."""
        self._path = path
        self._url = url
        self._all = _read(path)
        self._jobs = {name: found for name, one in self._all.pop(url, {}).items() if (found := _uploads(one))}

    def is_known(self, name: str) -> bool:
        """Whether it is known what was uploaded under this name."""
        return any(_tree_of(one) for one in self._jobs.get(name, ()))

    def is_last(self, name: str, xml: str) -> bool:
        """Whether this very text is what was uploaded last."""
        found = self._jobs.get(name, [])
        return len(found) == 1 and found[0].text == digest(xml)

    def has_uploaded(self, name: str, config: JobConfig) -> bool:
        """Whether what Jenkins has is what was uploaded."""
        there = _plain(config.tree)
        return any(is_same(_tree_of(one), there) for one in self._jobs.get(name, ()))

    def has_token(self, name: str, token: str) -> bool:
        """Whether the last upload, as far as it is known to be the last, had this token."""
        found = self._jobs.get(name, [])
        return len(found) == 1 and found[0].token == digest(token)

    def change_token(self, names: Iterable[str], token: str) -> None:
        """Write down that these jobs have another token, and nothing else has changed."""
        for name in names:
            found = self._jobs.get(name, [])
            self._jobs[name] = [replace(one, text="", token=digest(token)) for one in found]
        self._write()

    def expect(self, uploads: dict[str, Uploaded]) -> None:
        """Write down what is about to be uploaded."""
        for name, upload in uploads.items():
            self._jobs[name] = [*self._jobs.get(name, []), upload][-_MOST_FORMS:]
        if uploads:
            self._write()

    def settle(self, now: dict[str, Uploaded], gone: Iterable[str] = ()) -> None:
        """Write down what Jenkins has now; nothing is written where all is known already."""
        before = {name: list(found) for name, found in self._jobs.items()}
        for name, upload in now.items():
            self._jobs[name] = [upload]
        for name in gone:
            self._jobs.pop(name, None)
        if self._jobs != before:
            self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        jobs = {
            name: [{"text": one.text, "form": one.form, "token": one.token} for one in found]
            for name, found in self._jobs.items()
        }
        text = json.dumps({**self._all, self._url: jobs}, separators=(",", ":"))
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, prefix=".jobs-", delete=False) as file:
                file.write(text)
            os.replace(file.name, self._path)  # noqa: PTH105 - both names are in one folder
        except OSError as error:
            raise LabError(f"{error.filename or self._path}: {error.strerror}") from error


def lab_memory(state_dir: Path, jenkins_url: str) -> UploadedJobs:
    """What the lab with this state_dir has uploaded to this Jenkins."""
    return UploadedJobs(state_dir / "jobs.json", jenkins_url)


def digest(text: str) -> str:
    """What is remembered of a text; empty for none."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def _read(path: Path | None) -> dict[str, dict[str, object]]:
    try:
        if path is None or path.stat().st_size > _LARGEST:
            return {}
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {str(url): jobs for url, jobs in data.items() if isinstance(jobs, dict)}


def _uploads(data: object) -> list[Uploaded]:
    found: list[Uploaded] = []
    for one in data if isinstance(data, list) else ():
        try:
            found.append(Uploaded(text=str(one["text"]), form=tuple(one["form"]), token=str(one["token"])))
        except (KeyError, TypeError):
            continue
    return found


def _tree_of(upload: Uploaded) -> Tree | None:
    try:
        return expand(list(upload.form))
    except (ValueError, RecursionError):
        return None


def _plain(tree: Tree | None) -> Tree | None:
    """The tree with its long texts by their digests, as the remembered ones are."""
    return expand(compact(tree)) if tree else None
