"""The calls about jobs, the folder they are in, the views that show them, and the plugins that they may use.

Names are full ones: FOLDER/NAME in a folder.
"""

from __future__ import annotations

from fuego_jenkins_remote.lab.errors import ControllerRefused
from fuego_jenkins_remote.lab.jenkins.link import JenkinsLink, job_path


class JobCalls(JenkinsLink):
    """Jobs and views, by their full names."""

    def list_jobs(self, prefix: str) -> list[str]:
        """Full names of the jobs that begin with `prefix`, which may begin with a folder's name and a slash."""
        return self._names("jobs", prefix)

    def list_views(self, prefix: str) -> list[str]:
        """Full names of the views that begin with `prefix`, which may begin with a folder's name and a slash."""
        return self._names("views", prefix)

    def _names(self, what: str, prefix: str) -> list[str]:
        folder, _, start = prefix.rpartition("/")
        path = f"{job_path(folder)}/" if folder else ""
        before = f"{folder}/" if folder else ""

        def ask() -> list[str]:
            found = self._get(f"{path}api/json?tree={what}[name]").get(what) or ()
            return [before + str(one["name"]) for one in found if str(one["name"]).startswith(start)]

        return (self._or_none(ask) or []) if folder else self._call(ask)

    def get_job_config(self, name: str) -> str | None:
        """A job's config.xml."""
        return self._or_none(lambda: str(self._server.get_job_config(name)))

    def create_job(self, name: str, xml: str) -> None:
        """Make a job."""
        self._call(lambda: self._server.create_job(name, xml))

    def reconfig_job(self, name: str, xml: str) -> None:
        """Give a job another config.xml."""
        self._call(lambda: self._server.reconfig_job(name, xml))

    def disable_job(self, name: str) -> None:
        """Let a job start no more builds; one that is not there starts none."""
        self._or_none(lambda: self._server.disable_job(name))

    def delete_job(self, name: str) -> None:
        """Remove a job; one that is not there is removed already."""
        self._or_none(lambda: self._server.delete_job(name))

    def create_folder(self, name: str) -> None:
        """Make a folder; one that is there stays as it is."""
        self._call(lambda: self._server.create_folder(name, ignore_failures=True))

    def get_view_config(self, name: str) -> str | None:
        """A view's config.xml."""
        return self._or_none(lambda: str(self._server.get_view_config(name)))

    def create_view(self, name: str, xml: str) -> None:
        """Make a view."""
        self._call(lambda: self._server.create_view(name, xml))

    def reconfig_view(self, name: str, xml: str) -> None:
        """Give a view another config.xml."""
        self._call(lambda: self._server.reconfig_view(name, xml))

    def delete_view(self, name: str) -> None:
        """Remove a view; one that is not there is removed already."""
        self._or_none(lambda: self._server.delete_view(name))

    def plugins(self) -> dict[str, str] | None:
        """The versions of the plugins that are at work, by their short names; None where we may not ask."""
        path = "pluginManager/api/json?tree=plugins[shortName,version,active,enabled]"

        def ask() -> dict[str, str]:
            return {
                str(one["shortName"]): str(one.get("version", ""))
                for one in self._get(path).get("plugins") or ()
                if one.get("active", True) and one.get("enabled", True)
            }

        try:
            return self._call(ask)
        except ControllerRefused:
            return None
