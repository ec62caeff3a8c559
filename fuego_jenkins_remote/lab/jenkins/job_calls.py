"""The calls about jobs."""

from __future__ import annotations

from fuego_jenkins_remote.lab.jenkins.link import JenkinsLink


class JobCalls(JenkinsLink):
    """Jobs, by their names."""

    def list_jobs(self, prefix: str) -> list[str]:
        """Names of the jobs at the top level that begin with `prefix`."""
        return self._call(
            lambda: [
                str(job["name"])
                for job in self._get("api/json?tree=jobs[name]").get("jobs", ())
                if str(job["name"]).startswith(prefix)
            ]
        )

    def get_job_config(self, name: str) -> str | None:
        """A job's config.xml."""
        return self._or_none(lambda: str(self._server.get_job_config(name)))

    def create_job(self, name: str, xml: str) -> None:
        """Make a job."""
        self._call(lambda: self._server.create_job(name, xml))

    def reconfig_job(self, name: str, xml: str) -> None:
        """Give a job another config.xml."""
        self._call(lambda: self._server.reconfig_job(name, xml))

    def delete_job(self, name: str) -> None:
        """Remove a job; one that is not there is removed already."""
        self._or_none(lambda: self._server.delete_job(name))
